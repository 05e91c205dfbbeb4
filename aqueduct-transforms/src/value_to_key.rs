//! `ValueToKey` makes a record's key of fields of its value.
//!
//! With `fields=id`, a record of the value `{id=1, name=Ann}` gets the key `{id=1}`, whatever its key was.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths, and the key's fields have the names that the
//! paths end with: `fields=address.zip` makes the key `{zip=89073}`.

use aqueduct_api::{ConfigMap, ConnectError, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{ByteString, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};

use crate::part::{map, structure};
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, kept, replace_null_with_default, value_at};

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

pub(crate) struct ValueToKey {
    fields: Vec<ByteString>,
    replace_null: bool,
    schemas: SchemaCache,
}

impl ValueToKey {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        Ok(Self {
            fields: config.list(FIELDS)?.iter().map(|name| name.as_str().into()).collect(),
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            schemas: SchemaCache::default(),
        })
    }

    fn of_map(&self, value: &Value) -> Result<SchemaAndValue, ConnectError> {
        let map = map(value, PURPOSE)?;
        let value_of = |name: &ByteString| map.get_str(name).cloned().unwrap_or_default();
        let key: ValueMap = self.fields.iter().map(|name| (name.clone(), value_of(name))).collect();
        Ok(SchemaAndValue::schemaless(key))
    }

    fn of_struct(&mut self, value: &Value) -> Result<SchemaAndValue, ConnectError> {
        let value = structure(value, PURPOSE)?;
        let fields = &self.fields;
        let schema = self.schemas.get(value.schema(), |schema| key_schema(schema, fields))?;
        let mut values = Vec::with_capacity(fields.len());
        for field in schema.fields() {
            let from = value.schema().field(field.name()).ok_or_else(|| missing(field.name()))?;
            values.push(kept(field, value_at(value, from.index(), self.replace_null))?);
        }
        Ok(SchemaAndValue::new(schema.clone(), Struct::from_values(schema.clone(), values)))
    }
}

fn missing(name: &str) -> ConnectError {
    ConnectError::data(format!("Field does not exist: {name}"))
}

fn key_schema(schema: &Schema, fields: &[ByteString]) -> Result<SchemaRef, ConnectError> {
    let mut builder = SchemaBuilder::structure();
    for name in fields {
        let field = schema.field(name).ok_or_else(|| missing(name))?;
        builder = builder.field(name.clone(), field.schema().clone());
    }
    Ok(builder.build()?)
}

impl Transform for ValueToKey {
    fn apply(&mut self, mut record: Record) -> Result<Option<Record>, ConnectError> {
        record.key = match record.value.schema {
            None => self.of_map(&record.value.value)?,
            Some(_) => self.of_struct(&record.value.value)?,
        };
        Ok(Some(record))
    }
}
