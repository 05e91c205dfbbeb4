//! Whether a value fits a schema (`ConnectSchema.validateValue`).
//!
//! A struct checks every value that is put into it, so this is on the path of every record: a valid value costs a few
//! comparisons and no allocation. The place of a wrong value is only spelled out when it is needed.

use std::fmt;

use crate::{DataError, DataErrorKind, LogicalType, Schema, SchemaRef, Type, Value};

/// Where the checked value is, in Java's words.
enum Place<'a> {
    Value,
    Field(&'a str),
    Element(&'a Place<'a>),
    Key(&'a Place<'a>),
    MapValue(&'a Place<'a>),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => f.write_str("value"),
            Self::Field(name) => write!(f, "field: \"{name}\""),
            Self::Element(of) => write!(f, "element of array {of}"),
            Self::Key(of) => write!(f, "key of map {of}"),
            Self::MapValue(of) => write!(f, "value of map {of}"),
        }
    }
}

impl Schema {
    /// Checks a value against this schema, as `ConnectSchema.validateValue` does.
    ///
    /// # Errors
    /// `DataException` when the value, or a part of it, is not what this schema describes.
    #[inline]
    pub fn validate(&self, value: &Value) -> Result<(), DataError> {
        if self.plainly_takes(value) {
            return Ok(());
        }
        self.check(value, &Place::Value)
    }

    /// Checks the value of a field of this schema; `field` is its name in messages.
    ///
    /// # Errors
    /// `DataException` when the value, or a part of it, is not what this schema describes.
    #[inline]
    pub fn validate_field(&self, field: Option<&str>, value: &Value) -> Result<(), DataError> {
        if self.plainly_takes(value) {
            return Ok(());
        }
        self.check(value, &field.map_or(Place::Value, Place::Field))
    }

    /// Whether the value is without doubt valid: of a plain type, and of its class.
    #[inline]
    pub(crate) fn plainly_takes(&self, value: &Value) -> bool {
        let of_type = match value {
            Value::Int8(_) => Type::Int8,
            Value::Int16(_) => Type::Int16,
            Value::Int32(_) => Type::Int32,
            Value::Int64(_) => Type::Int64,
            Value::Float32(_) => Type::Float32,
            Value::Float64(_) => Type::Float64,
            Value::Boolean(_) => Type::Boolean,
            Value::String(_) => Type::String,
            Value::Bytes(_) => Type::Bytes,
            _ => return false,
        };
        self.r#type() == of_type && self.logical_type().is_none()
    }

    fn check(&self, value: &Value, place: &Place<'_>) -> Result<(), DataError> {
        if value.is_null() {
            return if self.is_optional() { Ok(()) } else { Err(self.null_error(place)) };
        }
        if !self.takes(value) {
            return Err(self.type_error(value, place));
        }
        match value {
            Value::Struct(fields) => {
                if **fields.schema() != *self {
                    return Err(DataError::data("Struct schemas do not match."));
                }
                fields.validate()
            }
            Value::Array(items) => {
                let place = Place::Element(place);
                items.iter().try_for_each(|item| check_part(self.value_schema(), item, &place))
            }
            Value::Map(map) => map.iter().try_for_each(|(key, value)| {
                check_part(self.key_schema(), key, &Place::Key(place))?;
                check_part(self.value_schema(), value, &Place::MapValue(place))
            }),
            _ => match self.r#type() {
                // A logical type's name on a schema that has parts: Java takes the value by the name, and then casts it.
                parts @ (Type::Array | Type::Map | Type::Struct) => {
                    let message = format!("class {} cannot be cast to the class of {parts}", value.java_class());
                    Err(DataError::new(DataErrorKind::ClassCast, message))
                }
                _ => Ok(()),
            },
        }
    }

    /// Whether the value is of a class that Java expects for this schema: a logical type's by the schema's name, else
    /// that of the type.
    fn takes(&self, value: &Value) -> bool {
        match self.logical_type() {
            Some(LogicalType::Decimal) => matches!(value, Value::Decimal(_)),
            Some(LogicalType::Date | LogicalType::Time | LogicalType::Timestamp) => matches!(value, Value::Date(_)),
            None => {
                matches!(
                    (self.r#type(), value),
                    (Type::Int8, Value::Int8(_))
                        | (Type::Int16, Value::Int16(_))
                        | (Type::Int32, Value::Int32(_))
                        | (Type::Int64, Value::Int64(_))
                        | (Type::Float32, Value::Float32(_))
                        | (Type::Float64, Value::Float64(_))
                        | (Type::Boolean, Value::Boolean(_))
                        | (Type::String, Value::String(_))
                        | (Type::Bytes, Value::Bytes(_))
                        | (Type::Array, Value::Array(_))
                        | (Type::Map, Value::Map(_))
                        | (Type::Struct, Value::Struct(_))
                ) || (self.r#type() == Type::Bytes && value.as_bytes().is_some())
            }
        }
    }

    #[cold]
    fn null_error(&self, place: &Place<'_>) -> DataError {
        DataError::data(format!("Invalid value: null used for required {place}, schema type: {}", self.r#type()))
    }

    #[cold]
    fn type_error(&self, value: &Value, place: &Place<'_>) -> DataError {
        let (r#type, class) = (self.r#type(), value.java_class());
        DataError::data(match self.name() {
            Some(name) => {
                format!("Invalid Java object for schema \"{name}\" with type {type}: class {class} for {place}")
            }
            None => format!("Invalid Java object for schema with type {type}: class {class} for {place}"),
        })
    }
}

/// Checks an element, key or value; where the schema of those is unknown, there can be none.
fn check_part(schema: Option<&SchemaRef>, value: &Value, place: &Place<'_>) -> Result<(), DataError> {
    match schema.map(AsRef::as_ref) {
        Some(schema) => schema.check(value, place),
        None => Err(DataError::new(DataErrorKind::NullPointer, format!("there is no schema for {place}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decimal, SchemaBuilder};

    #[track_caller]
    fn check(schema: SchemaBuilder, value: impl Into<Value>, expect: &str) {
        let schema = schema.build().unwrap();
        let got = schema.validate_field(Some("f"), &value.into());
        assert_eq!(got.map_or_else(|error| error.message().to_owned(), |()| "ok".to_owned()), expect);
    }

    #[test]
    fn values_are_of_the_class_that_the_schema_says() {
        check(SchemaBuilder::new(Type::Int8), 1_i8, "ok");
        check(
            SchemaBuilder::new(Type::Int8),
            1_i16,
            "Invalid Java object for schema with type INT8: class java.lang.Short for field: \"f\"",
        );
        check(SchemaBuilder::new(Type::Int32).optional(), Value::Null, "ok");
        check(
            SchemaBuilder::new(Type::Int32),
            Value::Null,
            "Invalid value: null used for required field: \"f\", schema type: INT32",
        );
        check(
            SchemaBuilder::array(Some(SchemaBuilder::new(Type::String).build().unwrap())),
            Value::array([Value::from("a"), Value::Int32(1)]),
            "Invalid Java object for schema with type STRING: class java.lang.Integer for element of array field: \"f\"",
        );
    }

    #[test]
    fn logical_types_go_by_the_name_of_the_schema() {
        check(SchemaBuilder::date(), Value::Date(0), "ok");
        check(
            SchemaBuilder::date(),
            1_i32,
            "Invalid Java object for schema \"org.apache.kafka.connect.data.Date\" with type INT32: class \
             java.lang.Integer for field: \"f\"",
        );
        let named = SchemaBuilder::structure().name("org.apache.kafka.connect.data.Decimal").build().unwrap();
        let error = named.validate(&Value::from(Decimal::new(1.into(), 0))).unwrap_err();
        assert_eq!(error.kind(), DataErrorKind::ClassCast);
    }
}
