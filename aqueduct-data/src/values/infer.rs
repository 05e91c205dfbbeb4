//! The schema that a value without one has.

use crate::{DataError, DataErrorKind, Schema, SchemaBuilder, SchemaRef, Type, Value};

/// The schema of a value as far as it shows: nothing for null, decimals and dates, and for lists and maps that are empty
/// or mixed.
///
/// Elements, keys and values are only told by their type, so that the schema of a list in a list lacks its elements.
///
/// # Errors
/// `SchemaBuilderException` for a list of nulls, or a map of null keys or values.
pub fn infer_schema(value: &Value) -> Result<Option<SchemaRef>, DataError> {
    Ok(Some(match value {
        Value::Null | Value::Decimal(_) | Value::Date(_) => return Ok(None),
        Value::Int8(_) => Schema::int8(),
        Value::Int16(_) => Schema::int16(),
        Value::Int32(_) => Schema::int32(),
        Value::Int64(_) => Schema::int64(),
        Value::Float32(_) => Schema::float32(),
        Value::Float64(_) => Schema::float64(),
        Value::Boolean(_) => Schema::boolean(),
        Value::String(_) => Schema::string(),
        Value::Bytes(_) => Schema::bytes(),
        Value::Struct(fields) => fields.schema().clone(),
        Value::Java(_) if value.as_bytes().is_some() => Schema::bytes(),
        Value::Java(_) => return Ok(None),
        Value::Array(items) => {
            let mut elements = Detector::default();
            for item in items.iter() {
                if !elements.detects(item)? {
                    return Ok(None);
                }
            }
            if items.is_empty() {
                return Ok(None);
            }
            SchemaBuilder::array(elements.schema()?).build()?
        }
        Value::Map(map) => {
            let (mut keys, mut values) = (Detector::default(), Detector::default());
            for (key, value) in map.iter() {
                if !keys.detects(key)? || !values.detects(value)? {
                    return Ok(None);
                }
            }
            if map.is_empty() {
                return Ok(None);
            }
            SchemaBuilder::map(keys.schema()?, values.schema()?).build()?
        }
    }))
}

/// Finds the type that all parts of a list or map have in common.
#[derive(Debug, Default)]
struct Detector {
    known: Option<Type>,
    optional: bool,
}

impl Detector {
    /// Whether the part can be among the others.
    fn detects(&mut self, part: &Value) -> Result<bool, DataError> {
        if part.is_null() {
            self.optional = true;
            return Ok(true);
        }
        let Some(schema) = infer_schema(part)? else { return Ok(false) };
        Ok(*self.known.get_or_insert(schema.r#type()) == schema.r#type())
    }

    fn schema(&self) -> Result<SchemaRef, DataError> {
        let known = self.known.ok_or_else(|| DataError::new(DataErrorKind::SchemaBuilder, "type cannot be null"))?;
        let builder = SchemaBuilder::new(known);
        if self.optional { builder.optional().build() } else { builder.build() }
    }
}
