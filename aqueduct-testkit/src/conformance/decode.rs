//! From the corpus encoding to `aqueduct-data`: values, schemas, bytes and configurations.

use std::collections::BTreeMap;

use aqueduct_data::{Bytes, Decimal, JavaObject, SchemaBuilder, SchemaRef, Struct, Type, Value, ValueMap};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Json, NotCompared};

/// A recorded configuration; a key may be present with a null value.
pub type Config = BTreeMap<String, Option<String>>;

fn malformed(what: &str, json: &Json) -> NotCompared {
    NotCompared::Malformed(format!("{what}: {json}"))
}

fn text<'a>(json: &'a Json, what: &str) -> Result<&'a str, NotCompared> {
    json.as_str().ok_or_else(|| malformed(what, json))
}

fn list<'a>(json: &'a Json, what: &str) -> Result<&'a [Json], NotCompared> {
    json.as_array().map(Vec::as_slice).ok_or_else(|| malformed(what, json))
}

fn integer<T: TryFrom<i64>>(json: &Json) -> Result<T, NotCompared> {
    json.as_i64().and_then(|n| T::try_from(n).ok()).ok_or_else(|| malformed("integer", json))
}

/// A pair of a `map` or `struct`, which are lists of two.
fn pair(json: &Json) -> Result<(&Json, &Json), NotCompared> {
    match list(json, "pair")? {
        [first, second] => Ok((first, second)),
        _ => Err(malformed("pair", json)),
    }
}

fn decode_base64(json: &Json) -> Result<Bytes, NotCompared> {
    let decoded = BASE64_STANDARD.decode(text(json, "base64")?).map_err(|_| malformed("base64", json))?;
    Ok(decoded.into())
}

/// A value; `context` is the schema that stands beside it, which structs without one of their own take.
///
/// # Errors
/// [`NotCompared::Unrepresentable`] for texts with half a surrogate pair, and for what only configurations hold.
pub fn value(json: &Json, context: Option<&SchemaRef>) -> Result<Value, NotCompared> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    let members = json.as_object().ok_or_else(|| malformed("value", json))?;
    let (tag, content) = members
        .iter()
        .find(|(name, _)| !matches!(name.as_str(), "java" | "schema" | "toString"))
        .ok_or_else(|| malformed("value", json))?;
    Ok(match tag.as_str() {
        "int8" => Value::Int8(integer(content)?),
        "int16" => Value::Int16(integer(content)?),
        "int32" => Value::Int32(integer(content)?),
        "int64" => Value::Int64(integer(content)?),
        "float32" => Value::Float32(text(content, tag)?.parse().map_err(|_| malformed(tag, content))?),
        "float64" => Value::Float64(text(content, tag)?.parse().map_err(|_| malformed(tag, content))?),
        "boolean" => Value::Boolean(content.as_bool().ok_or_else(|| malformed(tag, content))?),
        "string" => Value::from(text(content, tag)?),
        "bytes" if members.get("java").is_some_and(|class| class == "ByteBuffer") => {
            JavaObject::ByteBuffer(decode_base64(content)?).into()
        }
        "bytes" => Value::Bytes(decode_base64(content)?),
        "decimal" => Value::from(decimal(content)?),
        "epochms" => Value::Date(integer(content)?),
        "array" => {
            let elements = context.and_then(|schema| schema.value_schema());
            let items: Result<Vec<Value>, _> = list(content, tag)?.iter().map(|item| value(item, elements)).collect();
            Value::from(items?)
        }
        "map" => Value::from(map(content, context)?),
        "struct" => Value::from(structure(content, members.get("schema"), context)?),
        "bigint" => {
            let number = text(content, tag)?.parse().map_err(|_| malformed(tag, content))?;
            JavaObject::BigInteger(number).into()
        }
        "java_object" => java_object(text(content, tag)?, text(&json["toString"], tag)?).into(),
        "string_utf16" | "class" | "password" => {
            return Err(NotCompared::Unrepresentable(tag.clone()));
        }
        _ => return Err(malformed("value", json)),
    })
}

fn java_object(class: &str, text: &str) -> JavaObject {
    match class {
        "java.lang.StringBuilder" | "java.lang.StringBuffer" | "java.nio.HeapCharBuffer" => {
            JavaObject::CharSequence { class: class.to_owned(), text: text.into() }
        }
        _ => JavaObject::Other { class: class.to_owned(), text: text.to_owned() },
    }
}

fn decimal(json: &Json) -> Result<Decimal, NotCompared> {
    let unscaled = text(&json["unscaled"], "decimal")?.parse().map_err(|_| malformed("decimal", json))?;
    Ok(Decimal::new(unscaled, integer(&json["scale"])?))
}

fn map(json: &Json, context: Option<&SchemaRef>) -> Result<ValueMap, NotCompared> {
    let keys = context.and_then(|schema| schema.key_schema());
    let values = context.and_then(|schema| schema.value_schema());
    let mut map = ValueMap::new();
    for entry in list(json, "map")? {
        let (key, content) = pair(entry)?;
        map.insert(value(key, keys)?, value(content, values)?);
    }
    Ok(map)
}

/// A struct as it was stored, valid or not: recorded inputs are taken as they are.
fn structure(json: &Json, own: Option<&Json>, context: Option<&SchemaRef>) -> Result<Struct, NotCompared> {
    let own = own.map(schema).transpose()?.flatten();
    let schema = own.as_ref().or(context).ok_or_else(|| malformed("struct without a schema", json))?;
    let entries = list(json, "struct")?;
    if schema.r#type() != Type::Struct || entries.len() != schema.fields().len() {
        return Err(malformed("struct that is not of its schema", json));
    }
    let mut values = Vec::with_capacity(entries.len());
    for (entry, field) in entries.iter().zip(schema.fields()) {
        let (name, content) = pair(entry)?;
        if text(name, "field")? != &**field.name() {
            return Err(malformed("field out of order", entry));
        }
        values.push(value(content, Some(field.schema()))?);
    }
    Ok(Struct::from_values(schema.clone(), values))
}

const TYPES: [Type; 12] = [
    Type::Int8,
    Type::Int16,
    Type::Int32,
    Type::Int64,
    Type::Float32,
    Type::Float64,
    Type::Boolean,
    Type::String,
    Type::Bytes,
    Type::Array,
    Type::Map,
    Type::Struct,
];

/// The type of this name, such as `INT8`.
///
/// # Errors
/// When it is no name of a type.
pub fn schema_type(json: &Json) -> Result<Type, NotCompared> {
    let name = text(json, "type")?;
    TYPES.into_iter().find(|t| t.name() == name).ok_or_else(|| malformed("type", json))
}

/// A schema, or none for null.
///
/// # Errors
/// When a default value cannot be represented.
pub fn schema(json: &Json) -> Result<Option<SchemaRef>, NotCompared> {
    if json.is_null() {
        return Ok(None);
    }
    let plain = undecorated(json)?;
    let default = &json["default"];
    if default.is_null() {
        return build(decorated(plain, json)?, json).map(Some);
    }
    let context = build(plain.clone(), json)?;
    // The default was checked when it was recorded, and against the schema as it was then, which may have got its name
    // only afterwards.
    let default = value(default, Some(&context))?;
    build(decorated(plain, json)?.default_unchecked(default), json).map(Some)
}

fn build(builder: SchemaBuilder, json: &Json) -> Result<SchemaRef, NotCompared> {
    builder.build().map_err(|error| malformed(error.message(), json))
}

/// The type and the parts of a schema.
fn undecorated(json: &Json) -> Result<SchemaBuilder, NotCompared> {
    let kind = schema_type(&json["type"])?;
    Ok(match kind {
        Type::Array => SchemaBuilder::array_of(schema(&json["valueSchema"])?),
        Type::Map => SchemaBuilder::map_of(schema(&json["keySchema"])?, schema(&json["valueSchema"])?),
        Type::Struct => {
            let mut builder = SchemaBuilder::structure();
            for field in list(&json["fields"], "fields")? {
                let of = schema(&field["schema"])?.ok_or_else(|| malformed("field", field))?;
                builder = builder.field(text(&field["name"], "field")?, of);
            }
            builder
        }
        _ => SchemaBuilder::new(kind),
    })
}

fn decorated(mut builder: SchemaBuilder, json: &Json) -> Result<SchemaBuilder, NotCompared> {
    if json["optional"] == true {
        builder = builder.optional();
    }
    if let Some(name) = json["name"].as_str() {
        builder = builder.name(name);
    }
    if !json["version"].is_null() {
        builder = builder.version(integer(&json["version"])?);
    }
    if let Some(doc) = json["doc"].as_str() {
        builder = builder.doc(doc);
    }
    if let Some(parameters) = json["parameters"].as_object() {
        let pairs: Result<Vec<_>, _> = parameters.iter().map(|(k, v)| Ok((k.clone(), text(v, "parameter")?))).collect();
        builder = builder.parameters(pairs?);
    }
    Ok(builder)
}

/// A schema that must be there.
pub(super) fn present_schema(json: &Json) -> Result<SchemaRef, NotCompared> {
    schema(json)?.ok_or_else(|| malformed("schema", json))
}

/// The bytes of a converter: null, `{"utf8": …}` or `{"base64": …}`.
///
/// # Errors
/// When they are none of these.
pub fn bytes(json: &Json) -> Result<Option<Bytes>, NotCompared> {
    if json.is_null() {
        return Ok(None);
    }
    if let Some(text) = json["utf8"].as_str() {
        return Ok(Some(Bytes::copy_from_slice(text.as_bytes())));
    }
    decode_base64(&json["base64"]).map(Some)
}

/// A configuration: an object of strings, or null for a key that is present without a value.
///
/// # Errors
/// When it is anything else.
pub fn config(json: &Json) -> Result<Config, NotCompared> {
    let members = json.as_object().ok_or_else(|| malformed("config", json))?;
    let entry = |(key, value): (&String, &Json)| {
        let value = if value.is_null() { None } else { Some(text(value, "config")?.to_owned()) };
        Ok((key.clone(), value))
    };
    members.iter().map(entry).collect()
}
