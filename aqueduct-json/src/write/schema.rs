//! Schemas in their JSON form, and the beginning of envelopes, kept ready.

use std::collections::HashMap;

use aqueduct_api::ConnectError;
use aqueduct_data::{Schema, SchemaRef, Type};
use bytes::Bytes;

use super::{Buffer, Writer};
use crate::config::DecimalFormat;
use crate::label::LabelCache;
use crate::type_name;

impl Writer<'_> {
    /// A schema; as a struct's field with the field's name.
    fn schema(&mut self, schema: &SchemaRef, field: Option<&str>) -> Result<(), ConnectError> {
        self.open(b"{")?;
        self.raw(b"\"type\":\"");
        self.raw(type_name::of(schema.r#type()).as_bytes());
        self.raw(b"\"");
        self.parts(schema)?;
        self.raw(if schema.is_optional() { b",\"optional\":true" } else { b",\"optional\":false" });
        if let Some(name) = schema.name() {
            self.raw(b",\"name\":");
            self.text(name);
        }
        if let Some(version) = schema.version() {
            self.raw(b",\"version\":");
            self.integer(version);
        }
        if let Some(doc) = schema.doc() {
            self.raw(b",\"doc\":");
            self.text(doc);
        }
        if let Some(parameters) = schema.parameters() {
            self.raw(b",\"parameters\":");
            self.open(b"{")?;
            for (i, (name, value)) in parameters.iter().enumerate() {
                self.comma(i);
                self.text(name);
                self.raw(b":");
                self.text(value);
            }
            self.close(b"}");
        }
        if let Some(default) = schema.default_value() {
            self.raw(b",\"default\":");
            self.value(Some(schema), default)?;
        }
        if let Some(name) = field {
            self.raw(b",\"field\":");
            self.text(name);
        }
        self.close(b"}");
        Ok(())
    }

    /// The schemas of what is inside.
    fn parts(&mut self, schema: &Schema) -> Result<(), ConnectError> {
        let parts: &[(&[u8], Option<&SchemaRef>)] = match schema.r#type() {
            Type::Array => &[(b",\"items\":", schema.value_schema())],
            Type::Map => &[(b",\"keys\":", schema.key_schema()), (b",\"values\":", schema.value_schema())],
            Type::Struct => {
                self.raw(b",\"fields\":");
                self.open(b"[")?;
                for field in schema.fields() {
                    self.comma(field.index());
                    self.schema(field.schema(), Some(field.name()))?;
                }
                self.close(b"]");
                return Ok(());
            }
            _ => &[],
        };
        for (name, part) in parts {
            self.raw(name);
            self.schema_or_null(*part)?;
        }
        Ok(())
    }

    fn schema_or_null(&mut self, schema: Option<&SchemaRef>) -> Result<(), ConnectError> {
        match schema {
            Some(schema) => self.schema(schema, None),
            None => {
                self.raw(b"null");
                Ok(())
            }
        }
    }

    /// An envelope's beginning: the schema, and all that comes before the value.
    fn envelope(&mut self, schema: Option<&SchemaRef>) -> Result<(), ConnectError> {
        self.depth += 1;
        self.raw(b"{\"schema\":");
        self.schema_or_null(schema)?;
        self.raw(b",\"payload\":");
        Ok(())
    }
}

/// The beginnings of envelopes by their schemas.
///
/// Most records have the schema of the record before, the very same object; only others are looked up. When the cache
/// is full it starts anew: it should hold all schemas in use, and when it cannot, hardly any rule would help.
#[derive(Debug)]
pub(crate) struct EnvelopeCache {
    size: usize,
    last: Option<(Option<SchemaRef>, Bytes)>,
    beginnings: HashMap<SchemaRef, Bytes>,
}

impl EnvelopeCache {
    /// A cache for so many schemas (`schemas.cache.size`).
    pub(crate) fn new(size: usize) -> Self {
        Self { size, last: None, beginnings: HashMap::new() }
    }

    /// The bytes of an envelope before the value.
    #[inline]
    pub(crate) fn beginning(
        &mut self,
        schema: Option<&SchemaRef>,
        decimals: DecimalFormat,
        replace_null: bool,
    ) -> Result<&Bytes, ConnectError> {
        let is_last = match (&self.last, schema) {
            (Some((Some(last), _)), Some(schema)) => last.is_same(schema),
            (Some((None, _)), None) => true,
            _ => false,
        };
        if !is_last {
            let beginning = self.look_up(schema, decimals, replace_null)?;
            self.last = Some((schema.cloned(), beginning));
        }
        Ok(self.last.as_ref().map(|(_, beginning)| beginning).expect("it was set above"))
    }

    fn look_up(
        &mut self,
        schema: Option<&SchemaRef>,
        decimals: DecimalFormat,
        replace_null: bool,
    ) -> Result<Bytes, ConnectError> {
        if let Some(beginning) = schema.and_then(|schema| self.beginnings.get(schema)) {
            return Ok(beginning.clone());
        }
        let mut out = Buffer::default();
        Writer::new(&mut out, &mut LabelCache::default(), decimals, replace_null, 0).envelope(schema)?;
        // It is kept, and the buffer is not.
        let beginning = Bytes::copy_from_slice(out.as_slice());
        if self.beginnings.len() >= self.size {
            self.beginnings.clear();
        }
        if let Some(schema) = schema
            && self.size > 0
        {
            self.beginnings.insert(schema.clone(), beginning.clone());
        }
        Ok(beginning)
    }
}
