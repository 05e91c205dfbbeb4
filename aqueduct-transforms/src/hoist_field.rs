//! `HoistField` wraps the key or value in a field.
//!
//! With `field=line`, the value `"foo"` becomes the struct `Struct{line=foo}`, or without a schema the map `{line=foo}`.
//!
//! With `field.syntax.version=V2`, which Java does not have here, `hoisted` is the path to what is wrapped instead of the
//! whole: with `hoisted=address.zip`, the value `{address={zip=89073}}` becomes `{address={zip={line=89073}}}`.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{ByteString, DataError, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};

use crate::part::Part;
use crate::paths::Reshape;
use crate::schema_cache::SchemaCache;

const FIELD: &str = "field";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new(FIELD, Type::String)
            .required()
            .importance(Importance::Medium)
            .doc("The name of the field that the key or value goes into."),
    )
}

pub(crate) struct HoistField {
    part: Part,
    field: ByteString,
    schemas: SchemaCache,
}

impl HoistField {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let field = config.optional_string(FIELD)?.unwrap_or_default().to_owned();
        Ok(Self { part, field: field.into(), schemas: SchemaCache::default() })
    }
}

/// The schema of a struct of one field.
fn hoisted(schema: &SchemaRef, field: &ByteString) -> Result<SchemaRef, DataError> {
    Ok(SchemaBuilder::structure().field(field.clone(), schema.clone()).build()?.lasting())
}

impl Transform for HoistField {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        match &part.schema {
            None => {
                let mut pairs = vec![(Value::Null, std::mem::take(&mut part.value))];
                pairs[0].0.set_text(&self.field);
                part.value.set(Value::Map(ValueMap::shared_of_distinct(pairs)));
            }
            Some(schema) => {
                let field = &self.field;
                let updated = self.schemas.get(schema, |schema| hoisted(schema, field))?;
                schema.validate_field(Some(field), &part.value)?;
                let values = vec![std::mem::take(&mut part.value)];
                part.value.set(Struct::from_values(updated.clone(), values).into());
                part.schema = Some(updated.clone());
            }
        }
        Ok(Fate::Kept)
    }
}

impl Reshape for HoistField {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        let field = &self.field;
        Ok(self.schemas.get(schema, |schema| hoisted(schema, field))?.clone())
    }
}
