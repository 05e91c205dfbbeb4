//! Objects of Java that have no type of their own in the data model.
//!
//! Connectors of Java can put any object into a record, and transforms carry it on. What meets such an object refuses it
//! by the name of its class, or knows it all the same: a `ByteBuffer` is as good as a byte array, a `BigInteger` is a
//! number, and any `CharSequence` is written by a schema of texts. Nothing of Aqueduct's own makes one.

use std::fmt;
use std::hash::{Hash, Hasher};

use aqueduct_jvm::number::parse_integer;
use bytes::Bytes;
use num_bigint::BigInt;

use crate::{ByteString, DataError, DataErrorKind};

/// An object by what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JavaObject {
    /// A `java.nio.ByteBuffer`, by the bytes from its position to its limit.
    ByteBuffer(Bytes),
    /// A `java.math.BigInteger`.
    BigInteger(BigInt),
    /// A `java.lang.CharSequence` that is no `String`.
    CharSequence {
        /// The name of its class.
        class: String,
        /// Its text.
        text: ByteString,
    },
    /// Any other object.
    Other {
        /// The name of its class.
        class: String,
        /// What its `toString` answers.
        text: String,
    },
}

impl JavaObject {
    /// The name of the class.
    pub fn class(&self) -> &str {
        match self {
            Self::ByteBuffer(_) => "java.nio.HeapByteBuffer",
            Self::BigInteger(_) => "java.math.BigInteger",
            Self::CharSequence { class, .. } | Self::Other { class, .. } => class,
        }
    }
}

/// The digits that Java reads at once.
const GROUP: usize = 9;

/// A `BigInteger` as its constructor reads it: decimal digits behind a sign or none.
///
/// # Errors
/// `NumberFormatException` with Java's words.
pub fn parse_big_integer(text: &str) -> Result<BigInt, DataError> {
    let wrong = |message: &str| DataError::new(DataErrorKind::NumberFormat, message);
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.is_empty() {
        return Err(wrong("Zero length BigInteger"));
    }
    if unsigned.contains(['-', '+']) {
        return Err(wrong("Illegal embedded sign character"));
    }
    let digits: Vec<char> = unsigned.trim_start_matches('0').chars().collect();
    // The first group is the one that may be short.
    let (first, rest) = digits.split_at(digits.len() % GROUP);
    let mut number = BigInt::ZERO;
    for group in std::iter::once(first).filter(|first| !first.is_empty()).chain(rest.chunks(GROUP)) {
        let group: String = group.iter().collect();
        let value = parse_integer(&group).map_err(|error| wrong(&error.to_string()))?;
        number = number * 10_u32.pow(GROUP as u32) + value;
    }
    Ok(if text.starts_with('-') { -number } else { number })
}

/// What `toString` answers.
impl fmt::Display for JavaObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteBuffer(bytes) => {
                write!(f, "java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]", length = bytes.len())
            }
            Self::BigInteger(number) => number.fmt(f),
            Self::CharSequence { text, .. } => f.write_str(text),
            Self::Other { text, .. } => f.write_str(text),
        }
    }
}

impl Hash for JavaObject {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::ByteBuffer(bytes) => bytes.hash(state),
            Self::BigInteger(number) => number.hash(state),
            Self::CharSequence { text, .. } => text.hash(state),
            Self::Other { text, .. } => text.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let parsed = parse_big_integer(text);
        let got = parsed.map_or_else(|error| error.message().to_owned(), |number| number.to_string());
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn big_integers_are_read_as_java_reads_them() {
        check("0", "0");
        check("-0", "0");
        check("+000123456789012345678901234567890", "123456789012345678901234567890");
        check("-1000000000", "-1000000000");
        check("", "Zero length BigInteger");
        check("-", "Zero length BigInteger");
        check("1-2", "Illegal embedded sign character");
        check("--2", "Illegal embedded sign character");
        check("0x1F", "For input string: \"x1F\"");
        check("1234567890.5", "For input string: \"4567890.5\"");
    }

    #[test]
    fn objects_print_as_in_java() {
        let text = |object: JavaObject| format!("{object} of {}", object.class());
        assert_eq!(
            text(JavaObject::ByteBuffer(Bytes::from_static(b"ab"))),
            "java.nio.HeapByteBuffer[pos=0 lim=2 cap=2] of java.nio.HeapByteBuffer"
        );
        assert_eq!(text(JavaObject::BigInteger(7.into())), "7 of java.math.BigInteger");
    }
}
