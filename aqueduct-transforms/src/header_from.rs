//! `HeaderFrom` copies or moves fields of the key or value to headers.
//!
//! With `fields=trace`, `headers=trace-id` and `operation=move`, the value `{id=1, trace=x}` becomes `{id=1}` and the
//! record gets the header `trace-id` with the value `x`.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths: `fields=address.zip` reads the field `zip`
//! inside of the field `address`, and `move` takes it away there.

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{ByteString, Field, Headers, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Value};

use crate::part::{Part, map, map_mut, struct_mut, structure};
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle_values, value_at, with_basics};

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
    plans: SchemaCache<Plan>,
}

/// What is done with structs of a schema.
struct Plan {
    /// Where the fields are, with their schemas; none for one that does not exist.
    from: Vec<Option<(usize, SchemaRef)>>,
    /// What is left when the fields are moved, and whether each field stays.
    left: Option<(SchemaRef, Vec<bool>)>,
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
            plans: SchemaCache::default(),
        })
    }

    pub(crate) fn purpose(&self) -> &'static str {
        if self.moves { "header move" } else { "header copy" }
    }

    fn of_map(&self, value: &mut Value, headers: &mut Headers) -> Result<(), ConnectError> {
        // All are read before any is moved, because a field may go to several headers.
        let from = map(value, self.purpose())?;
        headers.reserve(self.pairs.len());
        for (field, key) in &self.pairs {
            let content = headers.add_empty(key);
            if let Some(value) = from.get_str(field) {
                content.value.clone_from(value);
            }
        }
        if self.moves {
            let map = map_mut(value, self.purpose())?;
            for (field, _) in &self.pairs {
                map.remove_str(field);
            }
        }
        Ok(())
    }

    fn of_struct(&mut self, part: &mut SchemaAndValue, headers: &mut Headers) -> Result<(), ConnectError> {
        let before = structure(&part.value, self.purpose())?;
        let (pairs, moves) = (&self.pairs, self.moves);
        let plan = self.plans.get(before.schema(), |schema| plan(schema, pairs, moves))?;
        headers.reserve(pairs.len());
        for ((name, key), from) in pairs.iter().zip(&plan.from) {
            let (at, schema) = from.as_ref().ok_or_else(|| no_field(name))?;
            let value = value_at(before, *at, self.replace_null);
            if value.is_null() && !schema.is_optional() {
                let message = format!("A null value requires an optional schema but was {schema}");
                return Err(ConnectError::data(message));
            }
            let content = headers.add_empty(key);
            content.schema = Some(schema.clone());
            content.value.clone_from(value);
        }
        if let Some((left, stays)) = &plan.left {
            let fields = struct_mut(&mut part.value, "header move")?;
            fields.reshape(left.clone(), |values| {
                let mut stays = stays.iter();
                values.retain(|_| stays.next().is_none_or(|&stays| stays));
                settle_values(left, values, self.replace_null)
            })?;
            part.schema = Some(left.clone());
        }
        Ok(())
    }
}

fn of_field(field: &Field) -> (usize, SchemaRef) {
    (field.index(), field.schema().clone())
}

#[cold]
fn no_field(name: &str) -> ConnectError {
    ConnectError::with_kind(ErrorKind::Other, format!("There is no field {name}"))
        .with_class("java.lang.NullPointerException")
}

fn plan(schema: &Schema, pairs: &[(ByteString, ByteString)], moves: bool) -> Result<Plan, ConnectError> {
    let from = pairs.iter().map(|(name, _)| schema.field(name).map(of_field)).collect();
    let left = moves.then(|| {
        let left = without(schema, pairs)?;
        let stays = schema.fields().iter().map(|field| left.field(field.name()).is_some()).collect();
        Ok::<_, ConnectError>((left, stays))
    });
    Ok(Plan { from, left: left.transpose()? })
}

/// A schema without the fields that are moved.
fn without(schema: &Schema, moved: &[(ByteString, ByteString)]) -> Result<SchemaRef, ConnectError> {
    let mut builder = with_basics(SchemaBuilder::structure(), schema);
    for field in schema.fields() {
        if !moved.iter().any(|(name, _)| name == field.name()) {
            builder = builder.field(field.name().clone(), field.schema().clone());
        }
    }
    Ok(builder.build()?.lasting())
}

impl Transform for HeaderFrom {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = match self.part {
            Part::Key => &mut record.key,
            Part::Value => &mut record.value,
        };
        match part.schema {
            None => self.of_map(&mut part.value, &mut record.headers)?,
            Some(_) => self.of_struct(part, &mut record.headers)?,
        }
        Ok(Fate::Kept)
    }
}
