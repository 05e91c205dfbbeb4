//! `InsertField` adds fields about the record itself, or a fixed one.
//!
//! With `static.field=data_source` and `static.value=files`, the value `{line=foo}` becomes
//! `{line=foo, data_source=files}`. A field's name ends with `!` when it is required, with `?` (or nothing) when it is
//! optional; that matters only to the schema.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths: `topic.field=meta.topic` inserts the field
//! `topic` into the field `meta`, which is made where it does not exist. With a schema, a `meta` that is null stays null.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Origin, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type};
use aqueduct_data::{ByteString, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Type as SchemaType, Value};

use crate::part::{Part, map_mut, struct_mut};
use crate::paths::Reshape;
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle, with_basics};

const TOPIC_FIELD: &str = "topic.field";
const PARTITION_FIELD: &str = "partition.field";
const OFFSET_FIELD: &str = "offset.field";
const TIMESTAMP_FIELD: &str = "timestamp.field";
const STATIC_FIELD: &str = "static.field";
const STATIC_VALUE: &str = "static.value";
/// The keys that name fields.
pub(crate) const FIELDS: [&str; 5] = [TOPIC_FIELD, PARTITION_FIELD, OFFSET_FIELD, TIMESTAMP_FIELD, STATIC_FIELD];
const PURPOSE: &str = "field insertion";
const TIMESTAMP_SCHEMA: &str = "org.apache.kafka.connect.data.Timestamp";

pub(crate) fn definition() -> ConfigDef {
    let field = |name, doc| ConfigKey::new(name, Type::String).default_null().importance(Importance::Medium).doc(doc);
    ConfigDef::new()
        .define(field(TOPIC_FIELD, "The field that gets the topic. `!` behind it makes it required, `?` optional."))
        .define(field(PARTITION_FIELD, "The field that gets the partition; `!` and `?` as for the topic."))
        .define(field(OFFSET_FIELD, "The field that gets the offset, for sinks only; `!` and `?` as for the topic."))
        .define(field(TIMESTAMP_FIELD, "The field that gets the timestamp; `!` and `?` as for the topic."))
        .define(field(STATIC_FIELD, "The field that gets the fixed value; `!` and `?` as for the topic."))
        .define(field(STATIC_VALUE, "The fixed value."))
        .define(replace_null_with_default())
}

/// What a field gets.
#[derive(Debug, Clone)]
enum Source {
    Topic,
    Partition,
    Offset,
    Timestamp,
    Static(ByteString),
}

#[derive(Debug, Clone)]
struct Insertion {
    name: ByteString,
    optional: bool,
    source: Source,
}

impl Insertion {
    fn new(text: &str, source: Source) -> Self {
        let (name, optional) = match (text.strip_suffix('?'), text.strip_suffix('!')) {
            (Some(name), _) => (name, true),
            (None, Some(name)) => (name, false),
            (None, None) => (text, true),
        };
        Self { name: name.into(), optional, source }
    }

    fn schema(&self) -> Result<SchemaRef, ConnectError> {
        let plain = |required: fn() -> SchemaRef, optional: fn() -> SchemaRef| {
            Ok(if self.optional { optional() } else { required() })
        };
        match self.source {
            Source::Topic | Source::Static(_) => plain(Schema::string, Schema::optional_string),
            Source::Partition => plain(Schema::int32, Schema::optional_int32),
            Source::Offset => plain(Schema::int64, Schema::optional_int64),
            Source::Timestamp => {
                let builder = SchemaBuilder::new(SchemaType::Int64).name(TIMESTAMP_SCHEMA).version(1);
                let builder = if self.optional { builder.optional() } else { builder };
                Ok(builder.build()?.lasting())
            }
        }
    }
}

pub(crate) struct InsertField {
    part: Part,
    insertions: Vec<Insertion>,
    replace_null: bool,
    schemas: SchemaCache,
}

impl InsertField {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let fixed = config.optional_string(STATIC_VALUE)?.map(ByteString::from);
        let mut insertions = Vec::new();
        for (key, source) in [
            (TOPIC_FIELD, Some(Source::Topic)),
            (PARTITION_FIELD, Some(Source::Partition)),
            (OFFSET_FIELD, Some(Source::Offset)),
            (TIMESTAMP_FIELD, Some(Source::Timestamp)),
            (STATIC_FIELD, fixed.map(Source::Static)),
        ] {
            let Some(name) = config.optional_string(key)? else { continue };
            let Some(source) = source else {
                let why = format_args!("No value specified for static field: {name}");
                return Err(ConfigError::invalid(STATIC_VALUE, "null", why).into());
            };
            insertions.push(Insertion::new(name, source));
        }
        if insertions.is_empty() {
            return Err(ConfigError::new("No field insertion configured").into());
        }
        Ok(Self {
            part,
            insertions,
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            schemas: SchemaCache::default(),
        })
    }

    /// Puts what an insertion inserts in its place, which is only asked for where the record has something to give.
    #[inline]
    fn insert<'a>(
        insertion: &Insertion,
        about: &About<'_>,
        with_schema: bool,
        place: impl FnOnce() -> &'a mut Value,
    ) -> Result<(), ConnectError> {
        match &insertion.source {
            Source::Topic => place().set_text(about.topic),
            Source::Partition => {
                if let Some(partition) = about.partition {
                    place().set_int32(partition);
                }
            }
            Source::Offset => match about.origin {
                Origin::Sink { offset } => place().set_int64(offset),
                Origin::Source => {
                    return Err(ConnectError::data(format!(
                        "Only SinkRecord supported for [{PURPOSE}], found: org.apache.kafka.connect.source.SourceRecord"
                    )));
                }
            },
            Source::Timestamp => match about.timestamp {
                Some(timestamp) if with_schema => place().set(Value::Date(timestamp)),
                Some(timestamp) => place().set_int64(timestamp),
                None => {}
            },
            Source::Static(text) => place().set_text(text),
        }
        Ok(())
    }

    fn into_map(&self, value: &mut Value, about: &About<'_>) -> Result<(), ConnectError> {
        let map = map_mut(value, PURPOSE)?;
        for insertion in &self.insertions {
            Self::insert(insertion, about, false, || map.place_of(&insertion.name))?;
        }
        Ok(())
    }

    fn into_struct(&mut self, part: &mut SchemaAndValue, about: &About<'_>) -> Result<(), ConnectError> {
        let fields = struct_mut(&mut part.value, PURPOSE)?;
        let insertions = &self.insertions;
        let schema = part.schema.as_ref().unwrap_or(fields.schema());
        let updated = self.schemas.get(schema, |schema| extended(schema, insertions))?;
        settle(fields, self.replace_null)?;
        fields.reshape(updated.clone(), |values| {
            values.reserve_exact(insertions.len());
            let before = values.len();
            values.resize(before + insertions.len(), Value::Null);
            for (insertion, place) in insertions.iter().zip(&mut values[before..]) {
                // What is inserted is of the type that its field was made for.
                Self::insert(insertion, about, true, || place)?;
            }
            Ok::<(), ConnectError>(())
        })?;
        part.schema = Some(updated.clone());
        Ok(())
    }
}

/// A schema with the inserted fields at its end. It is not optional and has no default, whatever the old one was.
fn extended(schema: &SchemaRef, insertions: &[Insertion]) -> Result<SchemaRef, ConnectError> {
    let mut builder = with_basics(SchemaBuilder::structure(), schema);
    for field in schema.fields() {
        builder = builder.field(field.name().clone(), field.schema().clone());
    }
    for insertion in insertions {
        builder = builder.field(insertion.name.clone(), insertion.schema()?);
    }
    Ok(builder.build()?.lasting())
}

/// What a record can tell about itself.
struct About<'a> {
    topic: &'a ByteString,
    partition: Option<i32>,
    timestamp: Option<i64>,
    origin: Origin,
}

impl Transform for InsertField {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let about = About {
            topic: &record.topic,
            partition: record.partition,
            timestamp: record.timestamp,
            origin: record.origin,
        };
        let part = match self.part {
            Part::Key => &mut record.key,
            Part::Value => &mut record.value,
        };
        if part.value.is_null() {
            return Ok(Fate::Kept);
        }
        if part.schema.is_none() {
            self.into_map(&mut part.value, &about)?;
        } else {
            self.into_struct(part, &about)?;
        }
        Ok(Fate::Kept)
    }
}

impl Reshape for InsertField {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        let insertions = &self.insertions;
        self.schemas.get(schema, |schema| extended(schema, insertions)).cloned()
    }
}
