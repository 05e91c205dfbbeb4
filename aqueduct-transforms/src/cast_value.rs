//! One value cast to a type, as `Cast` does it.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_config::ConfigError;
use aqueduct_data::{ByteString, Decimal, LogicalType, Schema, Type, Value, values};
use aqueduct_jvm::number::narrow::{double_to_int, double_to_long, long_to_byte, long_to_int, long_to_short};
use aqueduct_jvm::number::{
    NumberFormatError, parse_boolean, parse_byte, parse_double, parse_float, parse_integer, parse_long, parse_short,
};

/// The types that values are cast from; those that they are cast to are the same without bytes.
const FROM: [Type; 9] = [
    Type::Int8,
    Type::Int16,
    Type::Int32,
    Type::Int64,
    Type::Float32,
    Type::Float64,
    Type::Boolean,
    Type::String,
    Type::Bytes,
];

fn list(types: &[Type]) -> String {
    let names: Vec<&str> = types.iter().map(|r#type| r#type.name()).collect();
    format!("[{}]", names.join(", "))
}

/// The error for a type that nothing is cast to.
pub(crate) fn check_target(target: Type) -> Result<(), ConfigError> {
    let to = &FROM[..FROM.len() - 1];
    if to.contains(&target) {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "Cast transformation does not support casting to {target}; supported types are {}",
        list(to)
    )))
}

fn check_source(source: Type) -> Result<(), ConnectError> {
    if FROM.contains(&source) {
        return Ok(());
    }
    Err(ConnectError::data(format!(
        "Cast transformation does not support casting from {source}; supported types are {}",
        list(&FROM)
    )))
}

/// The type of a value without a schema; none for those that only a logical type describes.
fn type_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Int8(_) => Type::Int8,
        Value::Int16(_) => Type::Int16,
        Value::Int32(_) => Type::Int32,
        Value::Int64(_) => Type::Int64,
        Value::Float32(_) => Type::Float32,
        Value::Float64(_) => Type::Float64,
        Value::Boolean(_) => Type::Boolean,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        Value::Array(_) => Type::Array,
        Value::Map(_) => Type::Map,
        Value::Struct(_) => Type::Struct,
        Value::Java(_) if value.as_bytes().is_some() => Type::Bytes,
        Value::Null | Value::Decimal(_) | Value::Date(_) | Value::Java(_) => return None,
    })
}

/// Refuses values that nothing is cast from.
pub(crate) fn check_castable(schema: Option<&Schema>, value: &Value) -> Result<(), ConnectError> {
    match schema.map(Schema::r#type).or_else(|| type_of(value)) {
        Some(source) => check_source(source),
        None => Err(ConnectError::data(format!(
            "Cast transformation was passed a value of type class {} which is not supported by Connect's data API",
            value.java_class()
        ))),
    }
}

/// Makes a value one of the target type; null stays null.
pub(crate) fn cast_in_place(schema: Option<&Schema>, value: &mut Value, target: Type) -> Result<(), ConnectError> {
    if value.is_null() {
        return Ok(());
    }
    if target != Type::String {
        *value = cast(schema, value, target)?;
        return Ok(());
    }
    check_castable(schema, value)?;
    let text = match &*value {
        Value::String(_) => return Ok(()),
        Value::Int8(n) => integer(*n),
        Value::Int16(n) => integer(*n),
        Value::Int32(n) => integer(*n),
        Value::Int64(n) => integer(*n),
        other => values::convert_to_string(other).unwrap_or_default(),
    };
    *value = Value::String(text);
    Ok(())
}

fn integer(n: impl itoa::Integer) -> ByteString {
    itoa::Buffer::new().format(n).into()
}

/// A value as one of the target type; null stays null.
pub(crate) fn cast(schema: Option<&Schema>, value: &Value, target: Type) -> Result<Value, ConnectError> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    check_castable(schema, value)?;
    if target == Type::String {
        return Ok(values::convert_to_string(value).map_or(Value::Null, Value::String));
    }
    // Days and times count as their encoded numbers; decimals are numbers already.
    let encoded = match (value, schema) {
        (Value::Date(_), Some(schema)) => match schema.logical_type() {
            Some(logical) if logical != LogicalType::Decimal => Some(logical.from_logical(schema, value)?),
            _ => None,
        },
        _ => None,
    };
    let value = encoded.as_ref().unwrap_or(value);
    let number = Number::of(value).ok_or_else(|| {
        ConnectError::data(format!("Unexpected type in Cast transformation: class {}", value.java_class()))
    })?;
    number.cast(target).map_err(|why| {
        let cause = ConnectError::with_kind(ErrorKind::Other, why.to_string());
        ConnectError::data(format!("Value ({value}) was out of range for requested data type"))
            .caused_by(cause.with_class("java.lang.NumberFormatException"))
    })
}

/// What can become a number.
enum Number<'a> {
    Integer(i64),
    Float(f64),
    Decimal(&'a Decimal),
    Boolean(bool),
    Text(&'a str),
}

impl<'a> Number<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Float32(n) => Self::Float((*n).into()),
            Value::Float64(n) => Self::Float(*n),
            Value::Decimal(decimal) => Self::Decimal(decimal),
            Value::Boolean(b) => Self::Boolean(*b),
            Value::String(text) => Self::Text(text),
            other => Self::Integer(other.as_i64()?),
        })
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "Java narrows numbers this way")]
    fn cast(&self, target: Type) -> Result<Value, NumberFormatError> {
        Ok(match target {
            Type::Boolean => Value::Boolean(match self {
                Self::Text(text) => parse_boolean(text),
                _ => self.long() != 0,
            }),
            Type::Float32 => Value::Float32(match self {
                Self::Text(text) => parse_float(text)?,
                Self::Float(n) => *n as f32,
                Self::Decimal(decimal) => decimal.to_f32(),
                _ => self.long() as f32,
            }),
            Type::Float64 => Value::Float64(match self {
                Self::Text(text) => parse_double(text)?,
                Self::Float(n) => *n,
                Self::Decimal(decimal) => decimal.to_f64(),
                _ => self.long() as f64,
            }),
            Type::Int8 => Value::Int8(match self {
                Self::Text(text) => parse_byte(text)?,
                _ => long_to_byte(self.int().into()),
            }),
            Type::Int16 => Value::Int16(match self {
                Self::Text(text) => parse_short(text)?,
                _ => long_to_short(self.int().into()),
            }),
            Type::Int32 => Value::Int32(match self {
                Self::Text(text) => parse_integer(text)?,
                _ => self.int(),
            }),
            _ => Value::Int64(match self {
                Self::Text(text) => parse_long(text)?,
                _ => self.long(),
            }),
        })
    }

    /// As a long; texts are read by their target's own rules and never come here.
    fn long(&self) -> i64 {
        match self {
            Self::Integer(n) => *n,
            Self::Float(n) => double_to_long(*n),
            Self::Decimal(decimal) => decimal.to_i64_wrapping(),
            Self::Boolean(b) => i64::from(*b),
            Self::Text(_) => 0,
        }
    }

    /// As an int, through which the narrower types go: a float that is too large becomes the largest int.
    fn int(&self) -> i32 {
        match self {
            Self::Float(n) => double_to_int(*n),
            _ => long_to_int(self.long()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_data::SchemaBuilder;

    use super::*;

    #[track_caller]
    fn check(value: impl Into<Value>, target: Type, expect: impl Into<Value>) {
        assert_eq!(cast(None, &value.into(), target).unwrap(), expect.into());
    }

    #[test]
    fn numbers_lose_what_does_not_fit() {
        check(300i32, Type::Int8, 44i8);
        check(3.9, Type::Int64, 3i64);
        check(3e9, Type::Int8, -1i8);
        check(3e9, Type::Int32, i32::MAX);
        check(f64::NAN, Type::Int16, 0i16);
        check(0.4, Type::Boolean, false);
        check(true, Type::Float32, 1f32);
    }

    #[test]
    fn texts_are_read_by_the_rules_of_the_target() {
        check("1e3", Type::Float64, 1000.0);
        check("TRUE", Type::Boolean, true);
        check("yes", Type::Boolean, false);
        let error = cast(None, &Value::from("300"), Type::Int8).unwrap_err();
        assert_eq!(error.message(), Some("Value (300) was out of range for requested data type"));
        assert_eq!(error.cause().and_then(ConnectError::message), Some("Value out of range. Value:\"300\" Radix:10"));
    }

    #[test]
    fn dates_count_as_their_encoded_numbers() {
        let days = SchemaBuilder::date().build().unwrap();
        assert_eq!(cast(Some(&days), &Value::Date(86_400_000), Type::Int32).unwrap(), Value::Int32(1));
        assert!(cast(None, &Value::Date(0), Type::Int32).is_err());
    }
}
