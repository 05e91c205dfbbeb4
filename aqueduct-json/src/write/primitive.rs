//! Texts, numbers and bytes, as Jackson writes them.

use aqueduct_data::{Decimal, JavaObject, Type, Value};
use aqueduct_jvm::number::{few_digits, java_f32, java_f64};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Writer;
use crate::scan;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

impl Writer<'_> {
    #[inline]
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.raw(bytes);
    }

    /// A string: control characters, quotes and backslashes are escaped, and what is beyond U+FFFF, as a surrogate
    /// pair; everything else stays as it is.
    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        let plain = self.out.plain_text(text.as_bytes());
        if plain < text.len() {
            self.rest_of_text(&text[plain..]);
            self.raw(b"\"");
        }
    }

    fn rest_of_text(&mut self, mut text: &str) {
        while let Some(c) = text.chars().next() {
            self.escaped(c);
            text = &text[c.len_utf8()..];
            let plain = scan::plain(text.as_bytes());
            self.raw(&text.as_bytes()[..plain]);
            text = &text[plain..];
        }
    }

    fn escaped(&mut self, c: char) {
        match c {
            '"' => self.raw(b"\\\""),
            '\\' => self.raw(b"\\\\"),
            '\n' => self.raw(b"\\n"),
            '\r' => self.raw(b"\\r"),
            '\t' => self.raw(b"\\t"),
            '\u{8}' => self.raw(b"\\b"),
            '\u{c}' => self.raw(b"\\f"),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let digit = |shift: u16| HEX[usize::from(*unit >> shift & 0xf)];
                    self.raw(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
                }
            }
        }
    }

    #[inline]
    pub(crate) fn integer(&mut self, value: impl Into<i64>) {
        self.out.integer(value.into());
    }

    /// A value without parts whose class is the type's; answers false for others.
    #[inline]
    pub(crate) fn primitive(&mut self, r#type: Type, value: &Value) -> bool {
        match (r#type, value) {
            (Type::Int8, Value::Int8(n)) => self.integer(*n),
            (Type::Int16, Value::Int16(n)) => self.integer(*n),
            (Type::Int32, Value::Int32(n)) => self.integer(*n),
            (Type::Int64, Value::Int64(n)) => self.integer(*n),
            (Type::Float32, Value::Float32(n)) => self.float(*n),
            (Type::Float64, Value::Float64(n)) => self.double(*n),
            (Type::Boolean, Value::Boolean(b)) => self.raw(if *b { b"true" } else { b"false" }),
            (Type::String, Value::String(text)) => self.text(text),
            (Type::Bytes, Value::Bytes(bytes)) => self.base64(bytes),
            (_, Value::Java(object)) => return self.java_object(r#type, object),
            _ => return false,
        }
        true
    }

    /// What of Java's other objects is as good as a value of a type; answers false for the rest.
    #[cold]
    fn java_object(&mut self, r#type: Type, object: &JavaObject) -> bool {
        match (r#type, object) {
            (Type::Bytes, JavaObject::ByteBuffer(bytes)) => self.base64(bytes),
            (Type::String, JavaObject::CharSequence { text, .. }) => self.text(text),
            _ => return false,
        }
        true
    }

    /// A float; what JSON has no number for becomes a string.
    fn float(&mut self, value: f32) {
        let finite = value.is_finite();
        self.number(java_f32(value).as_str(), finite);
    }

    /// A double; what JSON has no number for becomes a string.
    fn double(&mut self, value: f64) {
        match few_digits(value) {
            Some(few) => self.out.few_digits(few),
            None => self.number(java_f64(value).as_str(), value.is_finite()),
        }
    }

    fn number(&mut self, text: &str, finite: bool) {
        if finite { self.raw(text.as_bytes()) } else { self.text(text) }
    }

    /// A decimal as a number.
    pub(crate) fn decimal(&mut self, value: &Decimal) {
        self.raw(value.to_string().as_bytes());
    }

    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        // Three bytes become four characters, and what is left over is padded.
        let length = bytes.len().div_ceil(3) * 4;
        self.raw(b"\"");
        self.out.filled(length, |room| {
            BASE64_STANDARD.encode_slice(bytes, room).expect("the slice is as long as the encoded text");
        });
        self.raw(b"\"");
    }
}
