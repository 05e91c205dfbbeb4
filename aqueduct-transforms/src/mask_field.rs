//! `MaskField` hides the values of fields: behind the null value of their type, or behind a replacement.
//!
//! With `fields=card,name`, the value `{id=1, card=4711, name=Ann}` becomes `{id=1, card=0, name=}`; with
//! `fields=name` and `replacement=xxx` it becomes `{id=1, card=4711, name=xxx}`. Replacements are for texts and numbers
//! only, and have to be numbers for numbers.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths: `fields=address.zip` masks the field `zip`
//! inside of the field `address`.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{
    ByteString, DataError, Decimal, JavaObject, SchemaRef, Value, ValueMap, parse_big_integer, values,
};

use crate::part::{Part, map_mut, struct_mut};
use crate::paths::Reshape;
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle_null, settle_values};

pub(crate) const FIELDS: &str = "fields";
const REPLACEMENT: &str = "replacement";
const PURPOSE: &str = "mask fields";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(FIELDS, Type::List)
                .validator(Validator::any_non_duplicate_values(false, false))
                .importance(Importance::High)
                .doc("The fields to mask."),
        )
        .define(
            ConfigKey::new(REPLACEMENT, Type::String)
                .default_null()
                .validator(Validator::NonEmptyString)
                .importance(Importance::Low)
                .doc("What the fields get, which have to be texts or numbers then."),
        )
        .define(replace_null_with_default())
}

pub(crate) struct MaskField {
    part: Part,
    fields: Vec<ByteString>,
    replacement: Option<ByteString>,
    replace_null: bool,
    /// Where the fields are in structs of a schema.
    positions: SchemaCache<Vec<usize>>,
}

impl MaskField {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        Ok(Self {
            part,
            fields: config.list(FIELDS)?.iter().map(|name| name.as_str().into()).collect(),
            replacement: config.optional_string(REPLACEMENT)?.map(Into::into),
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            positions: SchemaCache::default(),
        })
    }
}

/// Masks a value.
fn mask(replacement: Option<&ByteString>, value: &mut Value) -> Result<(), ConnectError> {
    match replacement {
        _ if value.is_null() => Ok(()),
        None => clear(value),
        Some(replacement) => {
            *value = replaced(value, replacement)?;
            Ok(())
        }
    }
}

/// Makes a value the null value of its type: zero, false, or empty.
fn clear(value: &mut Value) -> Result<(), ConnectError> {
    match value {
        Value::Int8(n) => *n = 0,
        Value::Int16(n) => *n = 0,
        Value::Int32(n) => *n = 0,
        Value::Int64(n) | Value::Date(n) => *n = 0,
        Value::Float32(n) => *n = 0.0,
        Value::Float64(n) => *n = 0.0,
        Value::Boolean(b) => *b = false,
        Value::String(text) => *text = ByteString::new(),
        Value::Decimal(_) => *value = Value::from(Decimal::new(0.into(), 0)),
        Value::Array(_) => *value = Value::array([]),
        Value::Map(_) => *value = Value::from(ValueMap::new()),
        Value::Java(object) if matches!(**object, JavaObject::BigInteger(_)) => {
            *value = JavaObject::BigInteger(0.into()).into();
        }
        Value::Null | Value::Bytes(_) | Value::Struct(_) | Value::Java(_) => {
            let class = value.java_class();
            return Err(ConnectError::data(format!("Cannot mask value of type: class {class}")));
        }
    }
    Ok(())
}

/// A replacement as a value of the same type.
fn replaced(value: &Value, replacement: &ByteString) -> Result<Value, ConnectError> {
    let text = Value::String(replacement.clone());
    // Nothing is read from null only, and a text is not null even where it says so.
    fn number<N: Into<Value>>(number: Result<Option<N>, DataError>) -> Result<Value, ConnectError> {
        Ok(number?.map_or(Value::Null, Into::into))
    }
    let no_number = |cause: DataError| {
        let class = text.java_class();
        ConnectError::data(format!("Unable to convert {replacement} (class {class}) to number")).caused_by(cause)
    };
    match value {
        Value::Int8(_) => number(values::convert_to_byte(None, &text)),
        Value::Int16(_) => number(values::convert_to_short(None, &text)),
        Value::Int32(_) => number(values::convert_to_integer(None, &text)),
        Value::Int64(_) => number(values::convert_to_long(None, &text)),
        Value::Float32(_) => number(values::convert_to_float(None, &text)),
        Value::Float64(_) => number(values::convert_to_double(None, &text)),
        Value::String(_) => Ok(text.clone()),
        Value::Decimal(_) => replacement.parse::<Decimal>().map(Value::from).map_err(no_number),
        Value::Java(object) if matches!(**object, JavaObject::BigInteger(_)) => {
            parse_big_integer(replacement).map(|number| JavaObject::BigInteger(number).into()).map_err(no_number)
        }
        _ => {
            let class = value.java_class();
            Err(ConnectError::data(format!("Cannot mask value of type class {class} with custom replacement.")))
        }
    }
}

impl Transform for MaskField {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        if part.schema.is_none() {
            let map = map_mut(&mut part.value, PURPOSE)?;
            for field in &self.fields {
                match map.get_str_mut(field) {
                    Some(value) => mask(self.replacement.as_ref(), value)?,
                    None => drop(map.insert(field.clone(), Value::Null)),
                }
            }
        } else {
            let (schema, values) = struct_mut(&mut part.value, PURPOSE)?.parts_mut();
            let names = &self.fields;
            let masked = self.positions.get(schema, |schema| {
                Ok::<Vec<usize>, ConnectError>(
                    names.iter().filter_map(|name| Some(schema.field(name)?.index())).collect(),
                )
            })?;
            for &at in masked {
                let (field, value) = (&schema.fields()[at], &mut values[at]);
                if value.is_null() {
                    settle_null(field, value, self.replace_null)?;
                }
                mask(self.replacement.as_ref(), value)?;
                field.schema().validate_field(Some(field.name()), value)?;
            }
            settle_values(schema, values, self.replace_null)?;
        }
        Ok(Fate::Kept)
    }
}

impl Reshape for MaskField {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        Ok(schema.clone())
    }
}
