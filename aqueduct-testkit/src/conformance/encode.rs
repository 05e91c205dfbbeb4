//! From `aqueduct-data` back to the corpus encoding, so that differences can be read beside the recording.

use aqueduct_data::{JavaObject, Schema, SchemaRef, Struct, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, json};

use super::Json;

/// A value as the corpus writes it; `context` is the schema beside it.
pub(super) fn value(value: &Value, context: Option<&SchemaRef>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int8(n) => json!({ "int8": n }),
        Value::Int16(n) => json!({ "int16": n }),
        Value::Int32(n) => json!({ "int32": n }),
        Value::Int64(n) => json!({ "int64": n }),
        Value::Float32(n) => json!({ "float32": format!("{n:?}") }),
        Value::Float64(n) => json!({ "float64": format!("{n:?}") }),
        Value::Boolean(b) => json!({ "boolean": b }),
        Value::String(text) => json!({ "string": &**text }),
        Value::Bytes(bytes) => json!({ "bytes": BASE64_STANDARD.encode(bytes) }),
        Value::Decimal(d) => json!({ "decimal": { "scale": d.scale(), "unscaled": d.unscaled().to_string() } }),
        Value::Date(millis) => json!({ "epochms": millis }),
        Value::Array(items) => {
            let elements = context.and_then(|schema| schema.value_schema());
            json!({ "array": items.iter().map(|item| self::value(item, elements)).collect::<Vec<_>>() })
        }
        Value::Map(map) => {
            let keys = context.and_then(|schema| schema.key_schema());
            let values = context.and_then(|schema| schema.value_schema());
            json!({ "map": map.iter().map(|(k, v)| json!([self::value(k, keys), self::value(v, values)])).collect::<Vec<_>>() })
        }
        Value::Struct(fields) => structure(fields, context),
        Value::Java(object) => java_object(object),
    }
}

fn java_object(object: &JavaObject) -> Json {
    match object {
        JavaObject::ByteBuffer(bytes) => json!({ "bytes": BASE64_STANDARD.encode(bytes), "java": "ByteBuffer" }),
        JavaObject::BigInteger(number) => json!({ "bigint": number.to_string() }),
        other => json!({ "java_object": other.class(), "toString": other.to_string() }),
    }
}

fn structure(fields: &Struct, context: Option<&SchemaRef>) -> Json {
    let pairs: Vec<Json> =
        fields.iter().map(|(field, v)| json!([&**field.name(), value(v, Some(field.schema()))])).collect();
    if context == Some(fields.schema()) {
        return json!({ "struct": pairs });
    }
    json!({ "struct": pairs, "schema": schema(fields.schema()) })
}

/// A schema as the corpus writes it.
pub(super) fn schema(schema: &Schema) -> Json {
    let mut members = Map::new();
    members.insert("type".into(), schema.r#type().name().into());
    members.insert("optional".into(), schema.is_optional().into());
    if let Some(name) = schema.name() {
        members.insert("name".into(), name.to_string().into());
    }
    if let Some(version) = schema.version() {
        members.insert("version".into(), version.into());
    }
    if let Some(doc) = schema.doc() {
        members.insert("doc".into(), doc.into());
    }
    if let Some(parameters) = schema.parameters() {
        let parameters: Map<String, Json> = parameters.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
        members.insert("parameters".into(), parameters.into());
    }
    if let Some(default) = schema.default_value() {
        members.insert("default".into(), value(default, None));
    }
    if schema.r#type() == aqueduct_data::Type::Struct {
        let field = |f: &aqueduct_data::Field| json!({ "name": &**f.name(), "schema": self::schema(f.schema()) });
        members.insert("fields".into(), schema.fields().iter().map(field).collect());
    }
    for (name, part) in [("keySchema", schema.key_schema()), ("valueSchema", schema.value_schema())] {
        if let Some(part) = part {
            members.insert(name.into(), self::schema(part));
        }
    }
    members.into()
}

pub(super) fn schema_or_null(schema: Option<&SchemaRef>) -> Json {
    schema.map_or(Json::Null, |schema| self::schema(schema))
}

pub(super) fn bytes(bytes: Option<&[u8]>) -> Json {
    match bytes.map(std::str::from_utf8) {
        None => Json::Null,
        Some(Ok(text)) => json!({ "utf8": text }),
        Some(Err(_)) => json!({ "base64": BASE64_STANDARD.encode(bytes.unwrap_or_default()) }),
    }
}

/// A value in the corpus encoding, to read.
pub fn value_text(value: &Value) -> String {
    self::value(value, None).to_string()
}

/// A schema in the corpus encoding, to read.
pub fn schema_text(schema: &Schema) -> String {
    self::schema(schema).to_string()
}

/// The bytes of a converter in the corpus encoding, to read.
pub fn bytes_text(bytes: Option<&[u8]>) -> String {
    self::bytes(bytes).to_string()
}
