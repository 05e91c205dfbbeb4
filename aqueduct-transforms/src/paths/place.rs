//! A transform at one place inside of the key or value.

use aqueduct_api::{ConnectError, Fate, Record};
use aqueduct_data::{ByteString, Headers, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Type, Value};
use aqueduct_data::{Field, ValueMap};

use super::Reshape;
use crate::part::{Part, map_mut, take_struct};
use crate::schema_cache::SchemaCache;
use crate::structs::with_basics;

const PURPOSE: &str = "nested field access";

/// Where a transform works, and the transform.
pub(crate) struct Place {
    part: Part,
    way: Vec<ByteString>,
    inner: Box<dyn Reshape>,
    /// What is missing of the way is made.
    creates: bool,
    /// The transform takes anything, not only a struct or map with fields.
    takes_all: bool,
    /// The schema of the whole key or value; none where the way leads nowhere.
    schemas: SchemaCache<Option<SchemaRef>>,
}

impl Place {
    /// The place that the way leads to, for a transform that was made for the top.
    pub(crate) fn new(part: Part, way: &[ByteString], inner: impl Reshape + 'static) -> Self {
        let way = way.to_vec();
        Self { part, way, inner: Box::new(inner), creates: false, takes_all: false, schemas: SchemaCache::default() }
    }

    /// Makes what is missing of the way.
    pub(crate) fn creating(mut self) -> Self {
        self.creates = true;
        self
    }

    /// Takes whatever the way leads to.
    pub(crate) fn taking_all(mut self) -> Self {
        self.takes_all = true;
        self
    }

    /// Lets the transform do its work here.
    pub(crate) fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        if self.way.is_empty() {
            return self.inner.apply(record);
        }
        let part = std::mem::take(self.part.of(record));
        let about = About { part: self.part, record };
        let done = self.inside(part, &about)?;
        *self.part.of(record) = done;
        Ok(Fate::Kept)
    }

    fn inside(&mut self, mut part: SchemaAndValue, about: &About<'_>) -> Result<SchemaAndValue, ConnectError> {
        if part.value.is_null() {
            return Ok(part);
        }
        let Self { way, inner, creates, takes_all, schemas, .. } = self;
        let (creates, takes_all) = (*creates, *takes_all);
        let Some(before) = part.schema.take() else {
            let mut walk = Walk { inner: inner.as_mut(), about, creates, takes_all };
            walk.map(way, &mut part.value)?;
            return Ok(part);
        };
        let after = schemas.get(&before, |before| schema_at(way, before, inner.as_mut(), creates, takes_all))?.clone();
        let Some(after) = after else { return Ok(SchemaAndValue::new(before, part.value)) };
        let mut walk = Walk { inner: inner.as_mut(), about, creates, takes_all };
        let value = walk.structure(way, &before, &after, part.value)?;
        Ok(SchemaAndValue::new(after, value))
    }
}

/// The record around a place.
struct About<'a> {
    part: Part,
    record: &'a Record,
}

impl About<'_> {
    /// A record that has this for its key or value.
    fn with(&self, content: SchemaAndValue) -> Record {
        let mut record = Record {
            topic: self.record.topic.clone(),
            partition: self.record.partition,
            key: SchemaAndValue::NULL,
            value: SchemaAndValue::NULL,
            timestamp: self.record.timestamp,
            headers: Headers::new(),
            origin: self.record.origin,
        };
        *self.part.of(&mut record) = content;
        record
    }
}

/// The way to a place in a value.
struct Walk<'a> {
    inner: &'a mut dyn Reshape,
    about: &'a About<'a>,
    creates: bool,
    takes_all: bool,
}

impl Walk<'_> {
    fn transform(&mut self, content: SchemaAndValue) -> Result<SchemaAndValue, ConnectError> {
        let mut record = self.about.with(content);
        Ok(match self.inner.apply(&mut record)? {
            Fate::Kept => std::mem::take(self.about.part.of(&mut record)),
            Fate::Dropped => SchemaAndValue::NULL,
        })
    }

    /// In a value without a schema.
    fn map(&mut self, way: &[ByteString], value: &mut Value) -> Result<(), ConnectError> {
        if value.is_null() && self.creates {
            *value = ValueMap::new().into();
        }
        let Some((first, rest)) = way.split_first() else {
            if !value.is_null() || self.takes_all {
                *value = self.transform(SchemaAndValue::schemaless(std::mem::take(value)))?.value;
            }
            return Ok(());
        };
        if value.is_null() {
            return Ok(());
        }
        let map = map_mut(value, PURPOSE)?;
        if let Some(inside) = map.get_mut(&Value::String(first.clone())) {
            return self.map(rest, inside);
        }
        if self.creates {
            let mut inside = Value::from(ValueMap::new());
            self.map(rest, &mut inside)?;
            map.insert(first.clone(), inside);
        }
        Ok(())
    }

    /// In a value of a schema, which gets another one.
    fn structure(
        &mut self,
        way: &[ByteString],
        before: &SchemaRef,
        after: &SchemaRef,
        mut value: Value,
    ) -> Result<Value, ConnectError> {
        let Some((first, rest)) = way.split_first() else {
            if value.is_null() && !self.takes_all {
                return Ok(Value::Null);
            }
            let mut transformed = self.transform(SchemaAndValue::new(before.clone(), value))?.value;
            // It has the schema that the transform gave it at the top, where nothing is optional.
            let (_, values) = take_struct(&mut transformed, PURPOSE)?;
            return Ok(Struct::from_values(after.clone(), values).into());
        };
        if value.is_null() {
            return Ok(Value::Null);
        }
        let (own, mut values) = take_struct(&mut value, PURPOSE)?;
        if own.fields().len() != before.fields().len() {
            return Err(ConnectError::data("A struct is not of the schema that describes it"));
        }
        match before.field(first) {
            Some(field) => {
                let at = field.index();
                let inside = std::mem::take(&mut values[at]);
                values[at] = self.structure(rest, field.schema(), after.fields()[at].schema(), inside)?;
            }
            None => {
                let empty = SchemaBuilder::structure().build()?;
                let inside = Struct::from_values(empty.clone(), Vec::new()).into();
                values.push(self.structure(rest, &empty, after.fields()[values.len()].schema(), inside)?);
            }
        }
        Ok(Struct::from_values(after.clone(), values).into())
    }
}

/// What a schema becomes when the transform works at the end of the way; none when the way leads nowhere.
fn schema_at(
    way: &[ByteString],
    schema: &SchemaRef,
    inner: &mut dyn Reshape,
    creates: bool,
    takes_all: bool,
) -> Result<Option<SchemaRef>, ConnectError> {
    let fits = schema.r#type() == Type::Struct || (takes_all && way.is_empty());
    if !fits {
        return Err(ConnectError::data("Cannot look up fields on non-struct type"));
    }
    let Some((first, rest)) = way.split_first() else {
        let made = inner.reshaped(schema)?;
        // At the top nothing is optional afterwards; inside of a struct a null has to stay one.
        let lost = schema.is_optional() && !made.is_optional() && !takes_all;
        return Ok(Some(if lost { copy(&made, made.fields().iter().map(kept), true)? } else { made }));
    };
    let Some(field) = schema.field(first) else {
        if !creates {
            return Ok(None);
        }
        let empty = SchemaBuilder::structure().build()?;
        let Some(inside) = schema_at(rest, &empty, inner, creates, takes_all)? else { return Ok(None) };
        let fields = schema.fields().iter().map(kept).chain([(first.clone(), inside)]);
        return copy(schema, fields, schema.is_optional()).map(Some);
    };
    let Some(inside) = schema_at(rest, field.schema(), inner, creates, takes_all)? else { return Ok(None) };
    let fields = schema.fields().iter().map(|known| match known.index() == field.index() {
        true => (known.name().clone(), inside.clone()),
        false => kept(known),
    });
    copy(schema, fields, schema.is_optional()).map(Some)
}

fn kept(field: &Field) -> (ByteString, SchemaRef) {
    (field.name().clone(), field.schema().clone())
}

/// A struct schema with other fields. It has no default: that would be a struct of the old fields.
fn copy(
    schema: &Schema,
    fields: impl Iterator<Item = (ByteString, SchemaRef)>,
    optional: bool,
) -> Result<SchemaRef, ConnectError> {
    let builder = with_basics(SchemaBuilder::structure(), schema);
    let builder = fields.fold(builder, |builder, (name, schema)| builder.field(name, schema));
    Ok(if optional { builder.optional() } else { builder }.build()?.lasting())
}
