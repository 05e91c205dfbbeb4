//! `ValueToKey` makes a record's key of fields of its value.
//!
//! With `fields=id`, a record of the value `{id=1, name=Ann}` gets the key `{id=1}`, whatever its key was.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths, and the key's fields have the names that the
//! paths end with: `fields=address.zip` makes the key `{zip=89073}`.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{ByteString, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};

use crate::part::{map, structure};
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, check_null, replace_null_with_default, value_at};

pub(crate) const FIELDS: &str = "fields";
pub(crate) const PURPOSE: &str = "copying fields from value to key";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(FIELDS, Type::List)
                .validator(Validator::any_non_duplicate_values(false, false))
                .importance(Importance::High)
                .doc("The fields of the value that make up the key."),
        )
        .define(replace_null_with_default())
}

/// The key of values of a schema.
struct Key {
    schema: SchemaRef,
    /// Where the values are in the value.
    from: Vec<usize>,
}

pub(crate) struct ValueToKey {
    fields: Vec<ByteString>,
    replace_null: bool,
    keys: SchemaCache<Key>,
}

impl ValueToKey {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        Ok(Self {
            fields: config.list(FIELDS)?.iter().map(|name| name.as_str().into()).collect(),
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            keys: SchemaCache::default(),
        })
    }

    fn of_map(&self, value: &Value, key: &mut SchemaAndValue) -> Result<(), ConnectError> {
        let map = map(value, PURPOSE)?;
        let mut pairs: Vec<_> = self.fields.iter().map(|_| (Value::Null, Value::Null)).collect();
        for (name, (key, value)) in self.fields.iter().zip(&mut pairs) {
            key.set_text(name);
            if let Some(found) = map.get_str(name) {
                value.clone_from(found);
            }
        }
        // No field is named twice: the configuration is checked for that.
        key.value.set(Value::Map(ValueMap::shared_of_distinct(pairs)));
        key.schema = None;
        Ok(())
    }

    fn of_struct(&mut self, value: &Value, key: &mut SchemaAndValue) -> Result<(), ConnectError> {
        let value = structure(value, PURPOSE)?;
        let fields = &self.fields;
        let Key { schema, from } = self.keys.get(value.schema(), |schema| key_of(schema, fields))?;
        let mut values: Vec<_> = from.iter().map(|_| Value::Null).collect();
        for ((field, &at), copy) in schema.fields().iter().zip(from).zip(&mut values) {
            let value = value_at(value, at, self.replace_null);
            check_null(field, value)?;
            copy.clone_from(value);
        }
        key.value.set(Struct::from_values(schema.clone(), values).into());
        key.schema = Some(schema.clone());
        Ok(())
    }
}

fn missing(name: &str) -> ConnectError {
    ConnectError::data(format!("Field does not exist: {name}"))
}

fn key_of(schema: &Schema, fields: &[ByteString]) -> Result<Key, ConnectError> {
    let mut builder = SchemaBuilder::structure();
    let mut from = Vec::with_capacity(fields.len());
    for name in fields {
        let field = schema.field(name).ok_or_else(|| missing(name))?;
        builder = builder.field(name.clone(), field.schema().clone());
        from.push(field.index());
    }
    Ok(Key { schema: builder.build()?.lasting(), from })
}

impl Transform for ValueToKey {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        match record.value.schema {
            None => self.of_map(&record.value.value, &mut record.key)?,
            Some(_) => self.of_struct(&record.value.value, &mut record.key)?,
        }
        Ok(Fate::Kept)
    }
}
