//! `Flatten` lifts the fields of nested structs and maps up to one level.
//!
//! The value `{id=1, address={city=Ulm, geo={lat=48.4}}}` becomes `{id=1, address.city=Ulm, address.geo.lat=48.4}`;
//! `delimiter` is what the names are joined with. Arrays stay as they are, and so does what is in them.

use aqueduct_api::{ConfigMap, ConnectError, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Type as SchemaType, Value, ValueMap};

use crate::part::{Part, map, structure};
use crate::schema_cache::SchemaCache;
use crate::structs::{kept, with_basics};

const DELIMITER: &str = "delimiter";
const PURPOSE: &str = "flattening";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new(DELIMITER, Type::String)
            .default(".")
            .importance(Importance::Medium)
            .doc("What stands between the names of a field and of those that it is in."),
    )
}

pub(crate) struct Flatten {
    part: Part,
    delimiter: String,
    schemas: SchemaCache,
}

impl Flatten {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let delimiter = definition().parse(props)?.string(DELIMITER)?.to_owned();
        Ok(Self { part, delimiter, schemas: SchemaCache::default() })
    }
}

/// The name of a field within a prefix, which is empty at the top.
fn name(prefix: &str, delimiter: &str, field: &str) -> String {
    if prefix.is_empty() { field.to_owned() } else { format!("{prefix}{delimiter}{field}") }
}

fn flatten_map(from: &ValueMap, prefix: &str, delimiter: &str, into: &mut ValueMap) -> Result<(), ConnectError> {
    for (key, value) in from.iter() {
        let Value::String(key) = key else {
            let class = key.java_class();
            return Err(ConnectError::data(format!("class {class} cannot be cast to class java.lang.String"))
                .with_class("java.lang.ClassCastException"));
        };
        let field = name(prefix, delimiter, key);
        match value {
            Value::Map(map) => flatten_map(map, &field, delimiter, into)?,
            Value::Struct(_) => {
                let class = value.java_class();
                return Err(ConnectError::data(format!(
                    "Flatten transformation does not support class {class} for record without schemas \
                     (for field {field})."
                )));
            }
            Value::Java(_) if value.as_bytes().is_some() => {
                into.insert(field, value.clone());
            }
            Value::Decimal(_) | Value::Date(_) | Value::Java(_) => {
                let class = value.java_class();
                return Err(ConnectError::data(format!(
                    "Flatten transformation was passed a value of type class {class} which is not supported by \
                     Connect's data API"
                )));
            }
            _ => {
                into.insert(field, value.clone());
            }
        }
    }
    Ok(())
}

/// Adds the flat fields of a struct schema. A field is optional if any struct around it is, and its default is its own
/// or that of its place in the default of a struct around it.
fn flatten_schema(
    schema: &Schema,
    (prefix, delimiter): (&str, &str),
    (optional, default): (bool, Option<&Struct>),
    mut into: SchemaBuilder,
) -> Result<SchemaBuilder, ConnectError> {
    for field in schema.fields() {
        let (of_field, field_name) = (field.schema(), name(prefix, delimiter, field.name()));
        let optional = optional || of_field.is_optional();
        let inherited = default.and_then(|default| default.get(field.name()).ok()).filter(|value| !value.is_null());
        let default = of_field.default_value().or(inherited);
        into = match of_field.r#type() {
            SchemaType::Struct => {
                let default = default.and_then(Value::as_struct);
                flatten_schema(of_field, (&field_name, delimiter), (optional, default), into)?
            }
            SchemaType::Map => return Err(map_in_schema(&field_name)),
            _ => into.field(field_name, flat_field(of_field, optional, default)?),
        };
    }
    Ok(into)
}

fn flat_field(schema: &SchemaRef, optional: bool, default: Option<&Value>) -> Result<SchemaRef, ConnectError> {
    if schema.is_optional() == optional && schema.default_value() == default {
        return Ok(schema.clone());
    }
    let builder = match schema.r#type() {
        SchemaType::Array => SchemaBuilder::array_of(schema.value_schema().cloned()),
        primitive => SchemaBuilder::new(primitive),
    };
    let mut builder = with_basics(builder, schema);
    if optional {
        builder = builder.optional();
    }
    if let Some(default) = default {
        builder = builder.default_value(default.clone());
    }
    Ok(builder.build()?)
}

fn map_in_schema(field: &str) -> ConnectError {
    ConnectError::data(format!(
        "Flatten transformation does not support MAP for record with schemas (for field {field})."
    ))
}

/// Puts the values of a struct's flat fields; none where there is no struct. The default of a struct that is null is
/// not looked at, as it is not in Java.
fn flatten_values(
    schema: &Schema,
    from: Option<&Struct>,
    flat: &Schema,
    into: &mut Vec<Value>,
) -> Result<(), ConnectError> {
    for field in schema.fields() {
        match field.schema().r#type() {
            SchemaType::Struct => {
                let inner = from.and_then(|from| from.values()[field.index()].as_struct());
                flatten_values(field.schema(), inner, flat, into)?;
            }
            _ => into.push(match from {
                Some(from) => kept(&flat.fields()[into.len()], from.get_at(field.index()))?,
                None => Value::Null,
            }),
        }
    }
    Ok(())
}

impl Flatten {
    fn flat_struct(&mut self, schema: &SchemaRef, value: &Value) -> Result<SchemaAndValue, ConnectError> {
        let before = structure(value, PURPOSE)?;
        let delimiter = &self.delimiter;
        let flat = self.schemas.get(schema, |schema| {
            let builder = with_basics(SchemaBuilder::structure(), schema);
            let default = schema.default_value().and_then(Value::as_struct);
            let builder = flatten_schema(schema, ("", delimiter), (schema.is_optional(), default), builder)?;
            Ok::<_, ConnectError>(builder.build()?)
        })?;
        let mut values = Vec::with_capacity(flat.fields().len());
        flatten_values(schema, Some(before), flat, &mut values)?;
        Ok(SchemaAndValue::new(flat.clone(), Struct::from_values(flat.clone(), values)))
    }
}

impl Transform for Flatten {
    fn apply(&mut self, mut record: Record) -> Result<Option<Record>, ConnectError> {
        let part = self.part.of(&mut record);
        if !part.value.is_null() {
            *part = match part.schema.clone() {
                None => {
                    let before = map(&part.value, PURPOSE)?;
                    let mut flat = ValueMap::with_capacity(before.len());
                    flatten_map(before, "", &self.delimiter, &mut flat)?;
                    SchemaAndValue::schemaless(flat)
                }
                Some(schema) => self.flat_struct(&schema, &part.value)?,
            };
        }
        Ok(Some(record))
    }
}
