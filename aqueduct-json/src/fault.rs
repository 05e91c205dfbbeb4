//! What is wrong with a JSON text, told as Jackson tells it.
//!
//! Java Connect reads JSON with Jackson, whose messages end up in task traces and dead letter headers. A [`Fault`]
//! carries such a message with the place in the text; line and column are only counted when the fault is reported.

use aqueduct_api::{ConnectError, ErrorKind};

const PARSE: &str = "com.fasterxml.jackson.core.JsonParseException";
const END: &str = "com.fasterxml.jackson.core.io.JsonEOFException";
const LIMIT: &str = "com.fasterxml.jackson.core.exc.StreamConstraintsException";
const NUMBER_FORMAT: &str = "java.lang.NumberFormatException";
const ENCODING: &str = "java.io.CharConversionException";

/// Why a text is not JSON.
#[derive(Debug)]
pub(crate) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    class: &'static str,
    message: String,
    /// Where in the text, in bytes from its start; `None` when Jackson names no place.
    at: Option<usize>,
}

impl Fault {
    fn new(class: &'static str, message: impl Into<String>, at: Option<usize>) -> Self {
        Self(Box::new(Inner { class, message: message.into(), at }))
    }

    /// The text breaks the grammar.
    pub(crate) fn parse(message: impl Into<String>, at: usize) -> Self {
        Self::new(PARSE, message, Some(at))
    }

    /// The text ends too early.
    pub(crate) fn end(what: impl std::fmt::Display, at: usize) -> Self {
        Self::new(END, format!("Unexpected end-of-input{what}"), Some(at))
    }

    /// A character that cannot come here.
    pub(crate) fn character(c: char, comment: &str, at: usize) -> Self {
        Self::parse(format!("Unexpected character ({}): {comment}", described(c)), at)
    }

    /// A character that cannot come here, in a number.
    pub(crate) fn number_character(c: u8, comment: &str, at: usize) -> Self {
        Self::parse(format!("Unexpected character ({}) in numeric value: {comment}", described(c.into())), at)
    }

    /// Something is longer or deeper than Jackson's limits allow.
    pub(crate) fn limit(what: &str, got: usize, limit: usize, name: &str) -> Self {
        let message =
            format!("{what} ({got}) exceeds the maximum allowed ({limit}, from `StreamReadConstraints.{name}()`)");
        Self::new(LIMIT, message, None)
    }

    /// A number that no `java.math.BigDecimal` can hold.
    pub(crate) fn decimal(text: &str, reason: &str) -> Self {
        let message = format!("Value \"{text}\" can not be deserialized as `java.math.BigDecimal`, reason:  {reason}");
        Self::new(NUMBER_FORMAT, message, None)
    }

    /// The text is in UTF-32 with shuffled bytes.
    pub(crate) fn shuffled_utf32(order: &str) -> Self {
        Self::new(ENCODING, format!("Unsupported UCS-4 endianness ({order}) detected"), None)
    }

    /// The error that Kafka's deserializer throws for it: a `SerializationException` with Jackson's as its cause.
    pub(crate) fn into_error(self, text: &[u8]) -> ConnectError {
        let Inner { class, mut message, at } = *self.0;
        if let Some(at) = at {
            message.push_str("\n at ");
            message.push_str(&location(text, at));
        }
        let jackson = ConnectError::with_kind(ErrorKind::Other, message).with_class(class);
        ConnectError::with_kind(ErrorKind::Data, jackson.to_string())
            .with_class("org.apache.kafka.common.errors.SerializationException")
            .caused_by(jackson)
    }
}

/// A character as Jackson's messages show it.
pub(crate) fn described(c: char) -> String {
    let code = u32::from(c);
    match code {
        0..0x20 | 0x7f..0xa0 => format!("(CTRL-CHAR, code {code})"),
        0x100.. => format!("'{c}' (code {code} / 0x{code:x})"),
        _ => format!("'{c}' (code {code})"),
    }
}

/// A place in the text, counted in bytes, as Jackson's messages show it.
pub(crate) fn location(text: &[u8], at: usize) -> String {
    let before = &text[..at.min(text.len())];
    let (mut line, mut start) = (1, 0);
    for (i, &byte) in before.iter().enumerate() {
        let ends_line = byte == b'\n' || (byte == b'\r' && text.get(i + 1) != Some(&b'\n'));
        if ends_line {
            line += 1;
            start = i + 1;
        }
    }
    let column = at - start + 1;
    format!(
        "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
    )
}
