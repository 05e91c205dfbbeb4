//! Values as Java prints them (`toString`): what the file sink writes, and what messages quote.
//!
//! [`Value::write_java_text`] is the fast way, into bytes; [`Value`], [`Struct`] and [`ValueMap`] also have `Display`.

use std::fmt;
use std::hash::BuildHasher;

use aqueduct_jvm::number::{java_f32, java_f64};
use foldhash::fast::FixedState;

use crate::calendar::java_date;
use crate::{Struct, Value, ValueMap};

/// Where text goes: bytes on the record path, strings elsewhere.
trait Out {
    fn push(&mut self, text: &str);
}

impl Out for Vec<u8> {
    fn push(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

impl Out for String {
    fn push(&mut self, text: &str) {
        self.push_str(text);
    }
}

impl Value {
    /// Appends the value as `String.valueOf` prints it: strings raw, null as `null`, lists as `[1, 2]`, maps as
    /// `{k=v, k2=v2}`, structs as `Struct{a=1,b=x}` without the fields that are null.
    ///
    /// Bytes print as Java prints an array, as `[B@` and some hash.
    ///
    /// ```
    /// use aqueduct_data::Value;
    ///
    /// let mut line = b"items: ".to_vec();
    /// Value::array([1i32.into(), "x".into(), Value::Null]).write_java_text(&mut line);
    /// assert_eq!(line, b"items: [1, x, null]");
    /// ```
    pub fn write_java_text(&self, out: &mut Vec<u8>) {
        write_value(self, out);
    }

    /// Appends the value to a string as `String.valueOf` prints it; see [`Value::write_java_text`].
    pub fn push_java_text(&self, out: &mut String) {
        write_value(self, out);
    }
}

fn write_value(value: &Value, out: &mut impl Out) {
    match value {
        Value::Null => out.push("null"),
        Value::Int8(n) => out.push(itoa::Buffer::new().format(*n)),
        Value::Int16(n) => out.push(itoa::Buffer::new().format(*n)),
        Value::Int32(n) => out.push(itoa::Buffer::new().format(*n)),
        Value::Int64(n) => out.push(itoa::Buffer::new().format(*n)),
        Value::Float32(n) => out.push(java_f32(*n).as_str()),
        Value::Float64(n) => out.push(java_f64(*n).as_str()),
        Value::Boolean(b) => out.push(if *b { "true" } else { "false" }),
        Value::String(text) => out.push(text),
        Value::Bytes(bytes) => {
            let hash = FixedState::default().hash_one(bytes) >> 32;
            out.push(&format!("[B@{hash:x}"));
        }
        Value::Decimal(decimal) => out.push(&decimal.to_string()),
        Value::Date(millis) => out.push(&java_date(*millis)),
        Value::Array(items) => {
            out.push("[");
            for (index, item) in items.iter().enumerate() {
                out.push(if index > 0 { ", " } else { "" });
                write_value(item, out);
            }
            out.push("]");
        }
        Value::Map(map) => write_map(map, out),
        Value::Struct(fields) => write_struct(fields, out),
        Value::Java(object) => out.push(&object.to_string()),
    }
}

fn write_map(map: &ValueMap, out: &mut impl Out) {
    out.push("{");
    for (index, (key, value)) in map.iter().enumerate() {
        out.push(if index > 0 { ", " } else { "" });
        write_value(key, out);
        out.push("=");
        write_value(value, out);
    }
    out.push("}");
}

fn write_struct(fields: &Struct, out: &mut impl Out) {
    out.push("Struct{");
    let mut separator = "";
    for (field, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        out.push(separator);
        out.push(field.name());
        out.push("=");
        write_value(value, out);
        separator = ",";
    }
    out.push("}");
}

fn display(f: &mut fmt::Formatter<'_>, write: impl FnOnce(&mut String)) -> fmt::Result {
    let mut text = String::new();
    write(&mut text);
    f.write_str(&text)
}

/// As Java prints it; see [`Value::write_java_text`].
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            _ => display(f, |out| self.push_java_text(out)),
        }
    }
}

/// As Java prints it: `Struct{a=1,b=x}`, without the fields that are null.
impl fmt::Display for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, |out| write_struct(self, out))
    }
}

/// As Java prints it: `{k=v, k2=v2}`.
impl fmt::Display for ValueMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, |out| write_map(self, out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bytes, Decimal, Schema, SchemaBuilder};

    fn check(value: impl Into<Value>, expect: &str) {
        let value = value.into();
        let mut bytes = Vec::new();
        value.write_java_text(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), expect);
        assert_eq!(value.to_string(), expect);
    }

    #[test]
    fn scalars_print_as_java_prints_them() {
        check(Value::Null, "null");
        check(-5i8, "-5");
        check(i64::MIN, "-9223372036854775808");
        check(true, "true");
        check("raw \"text\"", "raw \"text\"");
        check(1.0f32, "1.0");
        check(1e10, "1.0E10");
        check(0.001, "0.001");
        check(-0.0, "-0.0");
        check(f64::NAN, "NaN");
        check(f32::NEG_INFINITY, "-Infinity");
        check(Decimal::new(1.into(), -3), "1E+3");
        check(Value::Date(0), "Thu Jan 01 00:00:00 UTC 1970");
        check(Value::Date(1_700_000_000_123), "Tue Nov 14 22:13:20 UTC 2023");
        check(Value::Date(-1), "Wed Dec 31 23:59:59 UTC 1969");
    }

    #[test]
    fn parts_print_inside_each_other() {
        check(Value::array([]), "[]");
        check(Value::array(["a".into(), Value::Null, 1.5.into()]), "[a, null, 1.5]");
        check(ValueMap::from_iter([("a", 1), ("b", 2)]), "{a=1, b=2}");
        check(ValueMap::new(), "{}");
        let schema = SchemaBuilder::structure()
            .field("x", Schema::int32())
            .field("y", Schema::optional_string())
            .field("z", Schema::optional_string())
            .build()
            .unwrap();
        let mut fields = Struct::new(schema).unwrap();
        check(fields.clone(), "Struct{}");
        fields.put("x", 1).unwrap().put("z", "").unwrap();
        check(Value::array([fields.into()]), "[Struct{x=1,z=}]");
    }

    #[test]
    fn bytes_print_as_an_array_of_java() {
        let text = Value::from(Bytes::from_static(b"abc")).to_string();
        let hash = text.strip_prefix("[B@").expect(&text);
        assert!((1..=8).contains(&hash.len()) && hash.bytes().all(|c| c.is_ascii_hexdigit()), "{text}");
    }
}
