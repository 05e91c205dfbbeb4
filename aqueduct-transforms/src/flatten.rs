//! `Flatten` lifts the fields of nested structs and maps up to one level.
//!
//! The value `{id=1, address={city=Ulm, geo={lat=48.4}}}` becomes `{id=1, address.city=Ulm, address.geo.lat=48.4}`;
//! `delimiter` is what the names are joined with. Arrays stay as they are, and so does what is in them.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{
    Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Shared, Struct, Type as SchemaType, Value, ValueMap,
};

use crate::part::{Part, map_mut, struct_mut};
use crate::schema_cache::SchemaCache;
use crate::structs::{check_null, with_basics};

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

/// A flat map under construction.
struct FlatMap<'a> {
    delimiter: &'a str,
    pairs: Vec<(Value, Value)>,
    /// Two names may be the same: that takes a name that is empty or holds the delimiter, or a delimiter that can overlap.
    ambiguous: bool,
}

impl FlatMap<'_> {
    /// Whether the delimiter is in a name. Looking for one byte is quick.
    #[inline]
    fn is_in(&self, key: &str) -> bool {
        match *self.delimiter.as_bytes() {
            [byte] => key.as_bytes().contains(&byte),
            _ => key.contains(self.delimiter),
        }
    }

    /// Adds the entries of a map whose names begin with a prefix, which is empty at the top.
    fn add(&mut self, from: ValueMap, prefix: &mut String) -> Result<(), ConnectError> {
        for pair in from {
            // Most entries at the top stay as they are, and are moved once.
            if prefix.is_empty()
                && let (Value::String(key), value) = &pair
                && is_leaf(value)
            {
                self.ambiguous |= key.is_empty() || self.is_in(key);
                self.pairs.push(pair);
                continue;
            }
            let (key, value) = pair;
            let nameless = key.is_null();
            let outer = prefix.len();
            let key = match key {
                Value::String(key) => key,
                // Java calls it null inside of another, and leaves it alone at the top.
                Value::Null if outer > 0 || value.as_map().is_none() => "null".into(),
                key => {
                    let class = key.java_class();
                    return Err(ConnectError::data(format!("class {class} cannot be cast to class java.lang.String"))
                        .with_class("java.lang.ClassCastException"));
                }
            };
            self.ambiguous |= key.is_empty() || self.is_in(&key);
            if outer > 0 {
                prefix.push_str(self.delimiter);
            }
            match value {
                Value::Map(map) => {
                    prefix.push_str(&key);
                    self.add(Shared::unwrap_or_clone(map), prefix)?;
                }
                Value::Struct(_) => {
                    let class = value.java_class();
                    return Err(ConnectError::data(format!(
                        "Flatten transformation does not support class {class} for record without schemas \
                         (for field {prefix}{key})."
                    )));
                }
                Value::Java(_) | Value::Decimal(_) | Value::Date(_) if value.as_bytes().is_none() => {
                    let class = value.java_class();
                    return Err(ConnectError::data(format!(
                        "Flatten transformation was passed a value of type class {class} which is not supported by \
                         Connect's data API"
                    )));
                }
                _ if outer == 0 => self.pairs.push((if nameless { Value::Null } else { Value::String(key) }, value)),
                _ => {
                    prefix.push_str(&key);
                    self.pairs.push((Value::from(prefix.as_str()), value));
                }
            }
            prefix.truncate(outer);
        }
        Ok(())
    }

    fn of(from: ValueMap, delimiter: &str) -> Result<ValueMap, ConnectError> {
        let pairs = Vec::with_capacity(from.iter().map(|(_, value)| value.as_map().map_or(1, ValueMap::len)).sum());
        let mut flat = FlatMap { delimiter, pairs, ambiguous: delimiter.len() != 1 };
        flat.add(from, &mut String::with_capacity(64))?;
        Ok(if flat.ambiguous { flat.pairs.into_iter().collect() } else { ValueMap::of_distinct(flat.pairs) })
    }
}

/// Whether a value surely has a place in a flat map, without a closer look.
fn is_leaf(value: &Value) -> bool {
    !matches!(value, Value::Map(_) | Value::Struct(_) | Value::Java(_) | Value::Decimal(_) | Value::Date(_))
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
    Ok(builder.build()?.lasting())
}

fn map_in_schema(field: &str) -> ConnectError {
    ConnectError::data(format!(
        "Flatten transformation does not support MAP for record with schemas (for field {field})."
    ))
}

/// Moves the values of a struct to its flat fields; none where there is no struct. The default of a struct that is null is
/// not looked at, as it is not in Java.
fn flatten_values(
    schema: &Schema,
    mut from: Option<&mut [Value]>,
    flat: &Schema,
    into: &mut Vec<Value>,
) -> Result<(), ConnectError> {
    for field in schema.fields() {
        let value = from.as_mut().map(|from| &mut from[field.index()]);
        match field.schema().r#type() {
            SchemaType::Struct => {
                let inner = match value {
                    Some(Value::Struct(inner)) => Some(Shared::make_mut(inner).parts_mut().1),
                    _ => None,
                };
                flatten_values(field.schema(), inner, flat, into)?;
            }
            _ => match value {
                Some(value) => {
                    if value.is_null() {
                        *value = field.schema().default_value().cloned().unwrap_or_default();
                        check_null(&flat.fields()[into.len()], value)?;
                    }
                    into.push(std::mem::take(value));
                }
                None => into.push(Value::Null),
            },
        }
    }
    Ok(())
}

impl Flatten {
    fn flat_struct(&mut self, schema: &SchemaRef, part: &mut SchemaAndValue) -> Result<(), ConnectError> {
        let fields = struct_mut(&mut part.value, PURPOSE)?;
        let delimiter = &self.delimiter;
        let flat = self.schemas.get(schema, |schema| {
            let builder = with_basics(SchemaBuilder::structure(), schema);
            let default = schema.default_value().and_then(Value::as_struct);
            let builder = flatten_schema(schema, ("", delimiter), (schema.is_optional(), default), builder)?;
            Ok::<_, ConnectError>(builder.build()?.lasting())
        })?;
        fields.reshape(flat.clone(), |values| {
            let mut before = std::mem::replace(values, Vec::with_capacity(flat.fields().len()));
            flatten_values(schema, Some(&mut before), flat, values)
        })?;
        part.schema = Some(flat.clone());
        Ok(())
    }
}

impl Transform for Flatten {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        if !part.value.is_null() {
            match part.schema.clone() {
                None => {
                    let map = map_mut(&mut part.value, PURPOSE)?;
                    *map = FlatMap::of(std::mem::take(map), &self.delimiter)?;
                }
                Some(schema) => self.flat_struct(&schema, part)?,
            }
        }
        Ok(Fate::Kept)
    }
}
