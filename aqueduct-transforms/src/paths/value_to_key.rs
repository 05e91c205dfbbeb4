//! `ValueToKey` by paths: the fields of the key have the names that their paths end with.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::ConfigError;
use aqueduct_data::{ByteString, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};

use crate::field_path::FieldPath;
use crate::part::{map, structure};
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, check_null};
use crate::value_to_key::{self, PURPOSE};

/// A field of the key.
struct KeyField {
    /// The path as it was given.
    text: String,
    path: FieldPath,
    name: ByteString,
}

/// Makes the key of what paths lead to.
pub(crate) struct ValueToKeyPaths {
    paths: Vec<KeyField>,
    replace_null: bool,
    schemas: SchemaCache,
}

impl ValueToKeyPaths {
    pub(super) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = value_to_key::definition().parse(props)?;
        let mut paths: Vec<KeyField> = Vec::new();
        for text in config.list(value_to_key::FIELDS)? {
            let path = FieldPath::parse(text, "V2")?;
            let last = path.clone().into_names().pop();
            let name = last.ok_or_else(|| ConfigError::new(format!("The path [{text}] names no field")))?;
            if paths.iter().any(|known| known.name == name) {
                return Err(ConfigError::new(format!("Two paths to fields of the key end with the name {name}")).into());
            }
            paths.push(KeyField { text: text.clone(), path, name });
        }
        Ok(Self { paths, replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?, schemas: SchemaCache::default() })
    }

    fn of_map(&self, value: &Value) -> Result<SchemaAndValue, ConnectError> {
        let map = map(value, PURPOSE)?;
        let pairs = self.paths.iter().map(|from| Ok((from.name.clone(), from.path.in_map(map)?)));
        Ok(SchemaAndValue::schemaless(pairs.collect::<Result<ValueMap, ConnectError>>()?))
    }

    fn of_struct(&mut self, value: &Value) -> Result<SchemaAndValue, ConnectError> {
        let value = structure(value, PURPOSE)?;
        let paths = &self.paths;
        let schema = self.schemas.get(value.schema(), |schema| key_schema(schema, paths))?;
        let mut values = Vec::with_capacity(paths.len());
        for (field, from) in schema.fields().iter().zip(paths) {
            let value = from.path.in_struct(value, self.replace_null)?;
            check_null(field, &value)?;
            values.push(value);
        }
        Ok(SchemaAndValue::new(schema.clone(), Struct::from_values(schema.clone(), values)))
    }
}

fn key_schema(schema: &Schema, paths: &[KeyField]) -> Result<SchemaRef, ConnectError> {
    let mut builder = SchemaBuilder::structure();
    for from in paths {
        let missing = || ConnectError::data(format!("Field does not exist: {}", from.text));
        let field = from.path.field(schema)?.ok_or_else(missing)?;
        builder = builder.field(from.name.clone(), field.schema().clone());
    }
    Ok(builder.build()?.lasting())
}

impl Transform for ValueToKeyPaths {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        record.key = match record.value.schema {
            None => self.of_map(&record.value.value)?,
            Some(_) => self.of_struct(&record.value.value)?,
        };
        Ok(Fate::Kept)
    }
}
