//! Any value as text that [`parse_string`](super::parse_string) can mostly read again.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::{ByteString, Struct, Value};

use super::temporal::write_date;

/// The value as text, nothing for null: a string as it is, bytes in base64, lists, maps and structs like JSON.
pub fn convert_to_string(value: &Value) -> Option<ByteString> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        _ => {
            let mut text = String::new();
            write_string(&mut text, value);
            Some(text.into())
        }
    }
}

/// Appends the text of a value; that of null is `null`.
pub fn write_string(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(text),
        _ => match value.as_bytes() {
            Some(bytes) => BASE64_STANDARD.encode_string(bytes, out),
            None => write_embedded(out, value),
        },
    }
}

/// Appends a value as it is inside others: strings are in quotes there.
fn write_embedded(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(out, index);
                write_embedded(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                separate(out, index);
                write_embedded(out, key);
                out.push(':');
                write_embedded(out, value);
            }
            out.push('}');
        }
        Value::Struct(fields) => write_struct(out, fields),
        Value::Date(millis) => write_date(out, *millis),
        _ => match value.as_bytes() {
            Some(bytes) => {
                out.push('"');
                BASE64_STANDARD.encode_string(bytes, out);
                out.push('"');
            }
            None => value.push_java_text(out),
        },
    }
}

fn write_struct(out: &mut String, fields: &Struct) {
    out.push('{');
    for (field, _) in fields.iter() {
        separate(out, field.index());
        write_quoted(out, field.name());
        out.push(':');
        write_embedded(out, fields.get_at(field.index()));
    }
    out.push('}');
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '\\' | '"') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}
