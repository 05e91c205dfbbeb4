//! `HoistField` wraps the key or value in a field.
//!
//! With `field=line`, the value `"foo"` becomes the struct `Struct{line=foo}`, or without a schema the map `{line=foo}`.
//!
//! With `field.syntax.version=V2`, which Java does not have here, `hoisted` is the path to what is wrapped instead of the
//! whole: with `hoisted=address.zip`, the value `{address={zip=89073}}` becomes `{address={zip={line=89073}}}`.

use aqueduct_api::{ConfigMap, ConnectError, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{ByteString, DataError, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};

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
    SchemaBuilder::structure().field(field.clone(), schema.clone()).build()
}

impl Transform for HoistField {
    fn apply(&mut self, mut record: Record) -> Result<Option<Record>, ConnectError> {
        let SchemaAndValue { schema, value } = std::mem::take(self.part.of(&mut record));
        let hoisted = match schema {
            None => {
                let mut map = ValueMap::with_capacity(2);
                map.insert(self.field.clone(), value);
                SchemaAndValue::schemaless(map)
            }
            Some(schema) => {
                let field = &self.field;
                let updated = self.schemas.get(&schema, |schema| hoisted(schema, field))?;
                let mut hoisted = Struct::new(updated.clone())?;
                hoisted.put_at(0, value)?;
                SchemaAndValue::new(updated.clone(), Value::from(hoisted))
            }
        };
        *self.part.of(&mut record) = hoisted;
        Ok(Some(record))
    }
}

impl Reshape for HoistField {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        let field = &self.field;
        Ok(self.schemas.get(schema, |schema| hoisted(schema, field))?.clone())
    }
}
