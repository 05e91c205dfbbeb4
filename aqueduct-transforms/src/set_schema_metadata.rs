//! `SetSchemaMetadata` gives the schema of the key or value another name, another version, or both.
//!
//! With `schema.name=Order` and `schema.version=2`, a struct of the schema `Record` version 1 becomes one of the schema
//! `Order` version 2 with the same fields. As in Kafka, only struct schemas can be changed.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type};
use aqueduct_data::{ByteString, Schema, SchemaBuilder, SchemaRef, Type as SchemaType, Value};

use crate::part::{Part, struct_mut};
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle};

const SCHEMA_NAME: &str = "schema.name";
const SCHEMA_VERSION: &str = "schema.version";

pub(crate) fn definition() -> ConfigDef {
    let key =
        |name, value_type, doc| ConfigKey::new(name, value_type).default_null().importance(Importance::High).doc(doc);
    ConfigDef::new()
        .define(key(SCHEMA_NAME, Type::String, "The name that the schema gets."))
        .define(key(SCHEMA_VERSION, Type::Int, "The version that the schema gets."))
        .define(replace_null_with_default())
}

/// What the schema gets; what is not given stays.
struct Metadata {
    name: Option<ByteString>,
    version: Option<i32>,
}

pub(crate) struct SetSchemaMetadata {
    part: Part,
    metadata: Metadata,
    replace_null: bool,
    schemas: SchemaCache,
}

impl SetSchemaMetadata {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let name = config.optional_string(SCHEMA_NAME)?.map(ByteString::from);
        let version = config.optional_int(SCHEMA_VERSION)?;
        if name.is_none() && version.is_none() {
            return Err(ConfigError::new("Neither schema name nor version configured").into());
        }
        Ok(Self {
            part,
            metadata: Metadata { name, version },
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            schemas: SchemaCache::default(),
        })
    }
}

impl Metadata {
    fn set(&self, schema: &Schema) -> Result<SchemaRef, ConnectError> {
        if schema.r#type() != SchemaType::Struct {
            return Err(ConnectError::data("Cannot list fields on non-struct type"));
        }
        let mut builder = SchemaBuilder::structure();
        if schema.is_optional() {
            builder = builder.optional();
        }
        if let Some(name) = self.name.as_ref().or(schema.name()) {
            builder = builder.name(name.clone());
        }
        if let Some(version) = self.version.or(schema.version()) {
            builder = builder.version(version);
        }
        if let Some(doc) = schema.doc() {
            builder = builder.doc(doc);
        }
        builder = builder.parameters(schema.parameters().into_iter().flatten());
        for field in schema.fields() {
            builder = builder.field(field.name().clone(), field.schema().clone());
        }
        if let Some(default) = schema.default_value() {
            builder = builder.default_unchecked(default.clone());
        }
        Ok(builder.build()?.lasting())
    }
}

impl Transform for SetSchemaMetadata {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        let Some(schema) = &part.schema else {
            if part.value.is_null() {
                return Ok(Fate::Kept);
            }
            return Err(ConnectError::data("Schema required for [updating schema metadata]"));
        };
        let metadata = &self.metadata;
        let updated = self.schemas.get(schema, |schema| metadata.set(schema))?;
        if matches!(part.value, Value::Struct(_)) {
            let fields = struct_mut(&mut part.value, "updating schema metadata")?;
            settle(fields, self.replace_null)?;
            fields.reshape(updated.clone(), |_| Ok::<(), ConnectError>(()))?;
        }
        part.schema = Some(updated.clone());
        Ok(Fate::Kept)
    }
}
