//! Values: what `JsonConverter` makes of JSON for each type of schema.
//!
//! Java asks Jackson's tree for an `intValue`, a `textValue` and so on, and takes what comes: a number for a string
//! schema is null, a text for a number schema is 0. Only structs check what is put into them.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_data::{DataError, LogicalType, Schema, SchemaRef, Struct, Type, Value};

use super::Reader;
use crate::tape::{Kind, Node};
use crate::{base64_text, number};

/// No place on the tape: a field's value is missing.
const NOWHERE: u32 = u32::MAX;

impl Reader {
    /// A value without a schema.
    pub(super) fn free(&mut self, node: Node<'_>) -> Value {
        match node.kind() {
            Kind::Missing | Kind::Null => Value::Null,
            Kind::False => Value::Boolean(false),
            Kind::True => Value::Boolean(true),
            Kind::Integer => Value::Int64(number::integer(node.raw())),
            Kind::Fraction => Value::Float64(number::float64(node.raw())),
            Kind::Text => Value::String(node.text()),
            Kind::Array => {
                let mut items = Vec::with_capacity(node.count());
                items.extend(node.elements().map(|element| self.free(element)));
                items.into()
            }
            Kind::Object => self.free_map(node).into(),
        }
    }

    /// A value of a schema; no node stands for a missing member.
    pub(super) fn typed(&mut self, schema: &SchemaRef, node: Option<Node<'_>>) -> Result<Value, ConnectError> {
        let Some(node) = node.filter(|node| node.kind() != Kind::Null) else { return self.null(schema) };
        if let Some(logical) = schema.logical_type() {
            // Structs look at the type of the schema, too, and Java lets logical types be of any type.
            self.unchecked |= schema.r#type() != logical.encoded_type();
            return self.logical(logical, schema, node);
        }
        let (kind, raw) = (node.kind(), node.raw());
        Ok(match schema.r#type() {
            Type::Int8 => Value::Int8(int64(kind, raw) as i8),
            Type::Int16 => Value::Int16(int64(kind, raw) as i16),
            Type::Int32 => Value::Int32(int64(kind, raw) as i32),
            Type::Int64 => Value::Int64(int64(kind, raw)),
            Type::Float32 if is_number(kind) => Value::Float32(number::float32(raw)),
            Type::Float32 => Value::Float32(0.0),
            Type::Float64 if is_number(kind) => Value::Float64(number::float64(raw)),
            Type::Float64 => Value::Float64(0.0),
            Type::Boolean => Value::Boolean(kind == Kind::True),
            Type::String if kind == Kind::Text => Value::String(node.text()),
            Type::Bytes if kind == Kind::Text => match base64_text::decode(&node.text()) {
                Ok(bytes) => Value::Bytes(bytes),
                Err(why) => return Err(ConnectError::data("Invalid bytes field").caused_by(invalid_format(why))),
            },
            Type::String | Type::Bytes => {
                self.unchecked |= !schema.is_optional();
                Value::Null
            }
            Type::Array => self.array(schema, node)?.into(),
            Type::Map => self.map(schema, node)?.into(),
            Type::Struct => self.structure(schema, node)?.into(),
        })
    }

    #[inline]
    pub(super) fn null(&self, schema: &Schema) -> Result<Value, ConnectError> {
        match schema.default_value() {
            Some(default) if self.replace_null => Ok(default.clone()),
            _ if schema.is_optional() => Ok(Value::Null),
            _ => Err(ConnectError::data(format!("Invalid null value for required {} field", schema.r#type()))),
        }
    }

    fn logical(&self, logical: LogicalType, schema: &Schema, node: Node<'_>) -> Result<Value, ConnectError> {
        let (kind, raw) = (node.kind(), node.raw());
        let encoded = match (logical, kind) {
            (LogicalType::Decimal, Kind::Integer | Kind::Fraction) => return Ok(number::decimal(raw).into()),
            (LogicalType::Decimal, Kind::Text) => {
                let invalid =
                    |cause: ConnectError| ConnectError::data("Invalid bytes for Decimal field").caused_by(cause);
                let bytes = base64_text::decode(&node.text()).map_err(|why| invalid(invalid_format(why)))?;
                return logical.to_logical(schema, &bytes.into()).map_err(|error| invalid(error.into()));
            }
            (LogicalType::Date | LogicalType::Time, Kind::Integer) if number::fits_i32(raw) => {
                Value::Int32(number::integer(raw) as i32)
            }
            (LogicalType::Timestamp, Kind::Integer) => Value::Int64(number::integer(raw)),
            _ => return Err(not_logical(logical, kind)),
        };
        Ok(logical.to_logical(schema, &encoded)?)
    }

    fn array(&mut self, schema: &Schema, node: Node<'_>) -> Result<Vec<Value>, ConnectError> {
        let elements = part(schema, schema.value_schema())?;
        let mut items = Vec::with_capacity(node.count());
        if node.kind() == Kind::Object {
            // Java goes through the parts of whatever there is: of an object those are the values of its members.
            let from = self.gather(node);
            for i in from..self.members.len() {
                let value = node.document().node(self.members[i].value);
                items.push(self.typed(elements, Some(value))?);
            }
            self.members.truncate(from);
        } else {
            for element in node.elements() {
                items.push(self.typed(elements, Some(element))?);
            }
        }
        Ok(items)
    }

    fn structure(&mut self, schema: &SchemaRef, node: Node<'_>) -> Result<Struct, ConnectError> {
        if node.kind() != Kind::Object {
            let found = node.kind().name();
            return Err(ConnectError::data(format!("Structs should be encoded as JSON objects, but found {found}")));
        }
        let fields = schema.fields();
        let from = self.places.len();
        self.places.resize(from + fields.len(), NOWHERE);
        let mut expected = 0;
        for (name, value) in node.members() {
            // Members usually come in the order of the fields.
            let index = match fields.get(expected) {
                Some(field) if name.is_text(field.name()) => expected,
                _ => match schema.field(&name.text()) {
                    Some(field) => field.index(),
                    None => continue,
                },
            };
            self.places[from + index] = value.index();
            expected = index + 1;
        }
        let mut values = Vec::with_capacity(fields.len());
        for (i, field) in fields.iter().enumerate() {
            let at = self.places[from + i];
            let outer = std::mem::take(&mut self.unchecked);
            let value = self.typed(field.schema(), (at != NOWHERE).then(|| node.document().node(at)))?;
            if self.unchecked {
                field.schema().validate_field(Some(field.name()), &value)?;
            }
            self.unchecked = outer;
            values.push(value);
        }
        self.places.truncate(from);
        Ok(Struct::from_values(schema.clone(), values))
    }
}

/// The schema of the parts of a container, which only schemas that were made in odd ways lack.
pub(super) fn part<'a>(schema: &Schema, part: Option<&'a SchemaRef>) -> Result<&'a SchemaRef, ConnectError> {
    part.ok_or_else(|| ConnectError::data(format!("{schema} does not say what it contains")))
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Fraction)
}

#[inline]
fn int64(kind: Kind, raw: &[u8]) -> i64 {
    match kind {
        Kind::Integer => number::integer(raw),
        Kind::Fraction => number::truncated(raw),
        _ => 0,
    }
}

fn invalid_format(why: String) -> ConnectError {
    ConnectError::with_kind(ErrorKind::Other, why)
        .with_class("com.fasterxml.jackson.databind.exc.InvalidFormatException")
}

fn not_logical(logical: LogicalType, kind: Kind) -> ConnectError {
    let (name, underlying) = match logical {
        LogicalType::Decimal => ("Decimal", "numeric or bytes"),
        LogicalType::Date => ("Date", "integer"),
        LogicalType::Time => ("Time", "integer"),
        LogicalType::Timestamp => ("Timestamp", "integral"),
    };
    let found = kind.name();
    DataError::data(format!(
        "Invalid type for {name}, underlying representation should be {underlying} but was {found}"
    ))
    .into()
}
