//! `HeaderFrom` copies or moves fields of the key or value to headers.
//!
//! With `fields=trace`, `headers=trace-id` and `operation=move`, the value `{id=1, trace=x}` becomes `{id=1}` and the
//! record gets the header `trace-id` with the value `x`.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths: `fields=address.zip` reads the field `zip`
//! inside of the field `address`, and `move` takes it away there.

use std::sync::Arc;

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{ByteString, Header, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value};

use crate::part::{Part, map, map_mut, structure};
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, kept, replace_null_with_default, value_at, with_basics};

pub(crate) const FIELDS: &str = "fields";
pub(crate) const HEADERS: &str = "headers";
pub(crate) const OPERATION: &str = "operation";
pub(crate) const MOVE: &str = "move";
const COPY: &str = "copy";

pub(crate) fn definition() -> ConfigDef {
    let list = |name, doc| {
        let not_empty = Validator::lambda(
            |name, value| match value.as_list() {
                Some(items) if !items.is_empty() => Ok(()),
                _ => Err(ConfigError::invalid(name, value, "Empty list")),
            },
            "non-empty list",
        );
        ConfigKey::new(name, Type::List).validator(not_empty).importance(Importance::High).doc(doc)
    };
    ConfigDef::new()
        .define(list(FIELDS, "The fields whose values go to headers."))
        .define(list(HEADERS, "The keys of the headers, one for each field and in the same order."))
        .define(
            ConfigKey::new(OPERATION, Type::String)
                .validator(Validator::one_of([MOVE, COPY]))
                .importance(Importance::High)
                .doc("`move` takes the fields away from the key or value, `copy` leaves them there."),
        )
        .define(replace_null_with_default())
}

pub(crate) struct HeaderFrom {
    part: Part,
    /// Fields with the keys of their headers.
    pairs: Vec<(ByteString, ByteString)>,
    moves: bool,
    replace_null: bool,
    schemas: SchemaCache,
}

impl HeaderFrom {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let (fields, headers) = (config.list(FIELDS)?, config.list(HEADERS)?);
        if fields.len() != headers.len() {
            return Err(ConnectError::config(format!(
                "'{FIELDS}' config must have the same number of elements as '{HEADERS}' config."
            )));
        }
        let pairs = fields.iter().zip(headers).map(|(field, header)| (field.as_str().into(), header.as_str().into()));
        Ok(Self {
            part,
            pairs: pairs.collect(),
            moves: config.string(OPERATION)? == MOVE,
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            schemas: SchemaCache::default(),
        })
    }

    pub(crate) fn purpose(&self) -> &'static str {
        if self.moves { "header move" } else { "header copy" }
    }

    fn of_map(&self, value: &mut Value) -> Result<Vec<Header>, ConnectError> {
        // All are read before any is moved, because a field may go to several headers.
        let from = map(value, self.purpose())?;
        let header = |(field, key): &(ByteString, ByteString)| {
            let value = from.get_str(field).cloned().unwrap_or_default();
            Header { key: key.clone(), content: SchemaAndValue::schemaless(value) }
        };
        let headers = self.pairs.iter().map(header).collect();
        if self.moves {
            let map = map_mut(value, self.purpose())?;
            for (field, _) in &self.pairs {
                map.remove(&Value::String(field.clone()));
            }
        }
        Ok(headers)
    }

    fn of_struct(&mut self, schema: &SchemaRef, part: &mut SchemaAndValue) -> Result<Vec<Header>, ConnectError> {
        let before = structure(&part.value, self.purpose())?;
        let mut headers = Vec::with_capacity(self.pairs.len());
        for (name, key) in &self.pairs {
            let field = before.schema().field(name).ok_or_else(|| {
                ConnectError::with_kind(ErrorKind::Other, format!("There is no field {name}"))
                    .with_class("java.lang.NullPointerException")
            })?;
            let value = value_at(before, field.index(), self.replace_null).clone();
            if value.is_null() && !field.schema().is_optional() {
                let schema = field.schema();
                let message = format!("A null value requires an optional schema but was {schema}");
                return Err(ConnectError::data(message));
            }
            headers.push(Header { key: key.clone(), content: SchemaAndValue::new(field.schema().clone(), value) });
        }
        if self.moves {
            let pairs = &self.pairs;
            let left = self.schemas.get(schema, |schema| without(schema, pairs))?;
            let mut values = Vec::with_capacity(left.fields().len());
            for field in before.schema().fields().iter().filter(|field| left.field(field.name()).is_some()) {
                values.push(kept(field, value_at(before, field.index(), self.replace_null))?);
            }
            let moved = Struct::from_values(left.clone(), values);
            *part = SchemaAndValue::new(left.clone(), Value::Struct(Arc::new(moved)));
        }
        Ok(headers)
    }
}

/// A schema without the fields that are moved.
fn without(schema: &Schema, moved: &[(ByteString, ByteString)]) -> Result<SchemaRef, ConnectError> {
    let mut builder = with_basics(SchemaBuilder::structure(), schema);
    for field in schema.fields() {
        if !moved.iter().any(|(name, _)| name == field.name()) {
            builder = builder.field(field.name().clone(), field.schema().clone());
        }
    }
    Ok(builder.build()?)
}

impl Transform for HeaderFrom {
    fn apply(&mut self, mut record: Record) -> Result<Option<Record>, ConnectError> {
        let part = self.part.of(&mut record);
        let headers = match part.schema.clone() {
            None => self.of_map(&mut part.value)?,
            Some(schema) => self.of_struct(&schema, part)?,
        };
        for header in headers {
            record.headers.push(header);
        }
        Ok(Some(record))
    }
}
