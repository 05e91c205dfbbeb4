//! Values, checked against their schemas as `JsonConverter` does.

use std::collections::HashMap;

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_data::{LogicalType, Schema, SchemaRef, Struct, Type, Value, ValueMap};

use super::{Buffer, Writer};
use crate::config::DecimalFormat;

/// How deep Jackson nests arrays and objects.
const MAX_DEPTH: usize = 1000;

impl Writer<'_> {
    /// A value of the schema, or without one.
    pub(crate) fn value(&mut self, schema: Option<&SchemaRef>, value: &Value) -> Result<(), ConnectError> {
        match schema {
            Some(schema) => self.typed(schema, value),
            None => self.free(value),
        }
    }

    #[inline]
    fn typed(&mut self, schema: &SchemaRef, value: &Value) -> Result<(), ConnectError> {
        if value.is_null() {
            return self.null(schema);
        }
        if let Some(logical) = schema.logical_type() {
            return self.logical(logical, schema, value);
        }
        // Looked for first: what is in a struct goes another way.
        if let (Type::Struct, Value::Struct(fields)) = (schema.r#type(), value) {
            return self.structure(schema, fields);
        }
        if self.primitive(schema.r#type(), value) {
            return Ok(());
        }
        match (schema.r#type(), value) {
            (Type::Array, Value::Array(items)) => self.array(schema.value_schema(), items),
            (Type::Map, Value::Map(map)) => self.map(schema, map),
            (Type::Bytes, _) => Err(mismatch("bytes type", value)),
            (r#type, _) => Err(mismatch(r#type.name(), value)),
        }
    }

    /// A value without a schema, whose class says what it is.
    fn free(&mut self, value: &Value) -> Result<(), ConnectError> {
        let r#type = match value {
            Value::String(text) => {
                self.text(text);
                return Ok(());
            }
            Value::Int64(n) => {
                self.integer(*n);
                return Ok(());
            }
            Value::Null => {
                self.raw(b"null");
                return Ok(());
            }
            Value::Array(items) => return self.array(None, items),
            Value::Map(map) => return self.free_map(map),
            // There is no schema that the struct's could equal.
            Value::Struct(_) => return Err(mismatching()),
            Value::Int8(_) => Type::Int8,
            Value::Int16(_) => Type::Int16,
            Value::Int32(_) => Type::Int32,
            Value::Float32(_) => Type::Float32,
            Value::Float64(_) => Type::Float64,
            Value::Boolean(_) => Type::Boolean,
            Value::Bytes(_) => Type::Bytes,
            Value::Java(_) if value.as_bytes().is_some() => Type::Bytes,
            Value::Decimal(_) | Value::Date(_) | Value::Java(_) => {
                let class = value.java_class();
                let message = format!("Java class class {class} does not have corresponding schema type.");
                return Err(ConnectError::data(message));
            }
        };
        self.primitive(r#type, value);
        Ok(())
    }

    fn null(&mut self, schema: &SchemaRef) -> Result<(), ConnectError> {
        match schema.default_value() {
            Some(default) if self.replace_null => self.typed(schema, default),
            _ if schema.is_optional() => {
                self.raw(b"null");
                Ok(())
            }
            _ => Err(ConnectError::data(
                "Conversion error: null value for field that is required and has no default value",
            )),
        }
    }

    fn logical(&mut self, logical: LogicalType, schema: &Schema, value: &Value) -> Result<(), ConnectError> {
        let (name, class) = match logical {
            LogicalType::Decimal => ("Decimal", "BigDecimal"),
            LogicalType::Date => ("Date", "Date"),
            LogicalType::Time => ("Time", "Date"),
            LogicalType::Timestamp => ("Timestamp", "Date"),
        };
        match (logical, value) {
            (LogicalType::Decimal, Value::Decimal(decimal)) if self.decimals == DecimalFormat::Numeric => {
                self.decimal(decimal);
                return Ok(());
            }
            (LogicalType::Decimal, Value::Decimal(_))
            | (LogicalType::Date | LogicalType::Time | LogicalType::Timestamp, Value::Date(_)) => {}
            _ => {
                let got = value.java_class();
                return Err(ConnectError::data(format!(
                    "Invalid type for {name}, expected {class} but was class {got}"
                )));
            }
        }
        let encoded = logical.from_logical(schema, value)?;
        self.primitive(logical.encoded_type(), &encoded);
        Ok(())
    }

    fn array(&mut self, elements: Option<&SchemaRef>, items: &[Value]) -> Result<(), ConnectError> {
        self.open(b"[")?;
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.raw(b",");
            }
            self.value(elements, item)?;
        }
        self.close(b"]");
        Ok(())
    }

    fn structure(&mut self, schema: &SchemaRef, fields: &Struct) -> Result<(), ConnectError> {
        if fields.schema() != schema {
            return Err(mismatching());
        }
        self.open(b"{")?;
        let labels = self.labels.take(schema);
        for (label, (field, value)) in labels.iter().zip(fields.iter()) {
            self.out.label(label);
            let schema = field.schema();
            // Most fields are plain, and the others have more to do than this look costs.
            if schema.logical_type().is_some() || !self.primitive(schema.r#type(), value) {
                self.typed(schema, value)?;
            }
        }
        self.labels.give_back(schema, labels);
        self.close(b"}");
        Ok(())
    }

    /// A map of a schema: an object when its keys are strings, else a list of pairs.
    fn map(&mut self, schema: &Schema, map: &ValueMap) -> Result<(), ConnectError> {
        let Some(keys) = schema.key_schema() else {
            let message = format!("{schema} has no schema for its keys");
            return Err(ConnectError::with_kind(ErrorKind::Other, message).with_class("java.lang.NullPointerException"));
        };
        let values = schema.value_schema();
        if keys.r#type() != Type::String {
            return self.pairs(Some(keys), values, map);
        }
        let plain = keys.logical_type().is_none() && map.iter().all(|(key, _)| key.as_str().is_some());
        if !plain {
            return self.odd_names(keys, values, map);
        }
        self.object(values, map)
    }

    /// A map without a schema: an object when its keys are strings, else a list of pairs.
    pub(crate) fn free_map(&mut self, map: &ValueMap) -> Result<(), ConnectError> {
        if map.iter().all(|(key, _)| key.as_str().is_some()) {
            self.object(None, map)
        } else {
            self.pairs(None, None, map)
        }
    }

    /// A map all of whose keys are strings.
    fn object(&mut self, values: Option<&SchemaRef>, map: &ValueMap) -> Result<(), ConnectError> {
        self.open(b"{")?;
        for (i, (key, value)) in map.iter().enumerate() {
            let name = key.as_str().unwrap_or_default();
            if !self.out.plain_name(name.as_bytes(), i == 0) {
                self.comma(i);
                self.text(name);
                self.raw(b":");
            }
            self.value(values, value)?;
        }
        self.close(b"}");
        Ok(())
    }

    fn pairs(
        &mut self,
        keys: Option<&SchemaRef>,
        values: Option<&SchemaRef>,
        map: &ValueMap,
    ) -> Result<(), ConnectError> {
        self.open(b"[")?;
        for (i, (key, value)) in map.iter().enumerate() {
            self.comma(i);
            self.open(b"[")?;
            self.value(keys, key)?;
            self.raw(b",");
            self.value(values, value)?;
            self.close(b"]");
        }
        self.close(b"]");
        Ok(())
    }

    /// A map by a string schema whose keys are not all strings: null, or of a logical type. The text of each key's JSON
    /// is the name, and names that come out equal are one member, with the last value at the first place.
    #[cold]
    fn odd_names(&mut self, keys: &SchemaRef, values: Option<&SchemaRef>, map: &ValueMap) -> Result<(), ConnectError> {
        let mut members: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(map.len());
        let mut places: HashMap<Vec<u8>, usize> = HashMap::with_capacity(map.len());
        for (key, value) in map.iter() {
            let mut name = self.apart(Some(keys), key)?;
            if !name.starts_with(b"\"") {
                name = [b"\"", &name[..], b"\""].concat();
            }
            let value = self.apart(values, value)?;
            match places.get(&name) {
                Some(&first) => members[first].1 = value,
                None => {
                    places.insert(name.clone(), members.len());
                    members.push((name, value));
                }
            }
        }
        self.open(b"{")?;
        for (i, (name, value)) in members.iter().enumerate() {
            self.comma(i);
            self.raw(name);
            self.raw(b":");
            self.raw(value);
        }
        self.close(b"}");
        Ok(())
    }

    /// A value in a buffer of its own.
    fn apart(&mut self, schema: Option<&SchemaRef>, value: &Value) -> Result<Vec<u8>, ConnectError> {
        let mut out = Buffer::default();
        let (decimals, replace_null, depth) = (self.decimals, self.replace_null, self.depth);
        Writer { out: &mut out, labels: self.labels, decimals, replace_null, depth }.value(schema, value)?;
        Ok(out.as_slice().to_vec())
    }

    #[inline]
    pub(super) fn comma(&mut self, place: usize) {
        if place > 0 {
            self.raw(b",");
        }
    }

    #[inline]
    pub(super) fn open(&mut self, bracket: &[u8]) -> Result<(), ConnectError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(self.depth));
        }
        self.raw(bracket);
        Ok(())
    }

    #[inline]
    pub(super) fn close(&mut self, bracket: &[u8]) {
        self.depth -= 1;
        self.raw(bracket);
    }
}

#[cold]
fn mismatching() -> ConnectError {
    ConnectError::data("Mismatching schema.")
}

#[cold]
fn mismatch(wanted: &str, value: &Value) -> ConnectError {
    ConnectError::data(format!("Invalid type for {wanted}: class {}", value.java_class()))
}

#[cold]
fn too_deep(depth: usize) -> ConnectError {
    let message = format!(
        "Document nesting depth ({depth}) exceeds the maximum allowed ({MAX_DEPTH}, from \
         `StreamWriteConstraints.getMaxNestingDepth()`)"
    );
    let jackson = ConnectError::with_kind(ErrorKind::Other, message)
        .with_class("com.fasterxml.jackson.core.exc.StreamConstraintsException");
    let kafka = ConnectError::with_kind(ErrorKind::Data, "Error serializing JSON message")
        .with_class("org.apache.kafka.common.errors.SerializationException")
        .caused_by(jackson);
    ConnectError::data("Converting Kafka Connect data to byte[] failed due to serialization error: ").caused_by(kafka)
}
