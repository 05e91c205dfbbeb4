//! Values: what a record's key, value and headers hold.
//!
//! A [`Value`] is small and cheap to clone: strings and bytes are slices of shared buffers, arrays, maps and structs
//! are shared and copied only when a shared one is changed (`Shared::make_mut`). Equality is Java's: floats are compared
//! by their bits (all NaNs are equal, `-0.0` differs from `0.0`), maps in any order, decimals with their scale. Only a
//! buffer of Java's equals a byte array here: both are the same Connect value.

use bytes::Bytes;
use std::hash::{Hash, Hasher};

use crate::{ByteString, Decimal, JavaObject, SchemaRef, Shared, Struct, ValueMap};

/// A value of the data model, with or without a schema beside it.
///
/// What it holds starts at a whole word, so that moving a value that was just made moves the words that were just written:
/// a processor is slow to read a word that was written in parts.
#[derive(Debug, Default)]
#[repr(u64)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// An 8-bit integer.
    Int8(i8),
    /// A 16-bit integer.
    Int16(i16),
    /// A 32-bit integer.
    Int32(i32),
    /// A 64-bit integer.
    Int64(i64),
    /// A 32-bit floating-point number.
    Float32(f32),
    /// A 64-bit floating-point number.
    Float64(f64),
    /// A boolean.
    Boolean(bool),
    /// A text in a shared buffer.
    String(ByteString),
    /// Bytes in a shared buffer.
    Bytes(Bytes),
    /// A decimal number (logical type `Decimal`).
    Decimal(Shared<Decimal>),
    /// Milliseconds since the epoch (`java.util.Date`): of logical type `Date`, `Time` or `Timestamp`, as the schema
    /// beside it says; without a schema an instant.
    Date(i64),
    /// A list of values.
    Array(Shared<Vec<Value>>),
    /// A map, in insertion order.
    Map(Shared<ValueMap>),
    /// A struct with its schema.
    Struct(Shared<Struct>),
    /// An object that only connectors of Java have.
    Java(Shared<JavaObject>),
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Int8(n) => Self::Int8(*n),
            Self::Int16(n) => Self::Int16(*n),
            Self::Int32(n) => Self::Int32(*n),
            Self::Int64(n) => Self::Int64(*n),
            Self::Float32(n) => Self::Float32(*n),
            Self::Float64(n) => Self::Float64(*n),
            Self::Boolean(b) => Self::Boolean(*b),
            Self::String(text) => Self::String(text.clone()),
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Decimal(decimal) => Self::Decimal(decimal.clone()),
            Self::Date(millis) => Self::Date(*millis),
            Self::Array(items) => Self::Array(items.clone()),
            Self::Map(map) => Self::Map(map.clone()),
            Self::Struct(fields) => Self::Struct(fields.clone()),
            Self::Java(object) => Self::Java(object.clone()),
        }
    }

    /// Puts the copy where it belongs, without a stop on the way.
    #[inline]
    fn clone_from(&mut self, source: &Self) {
        match source {
            Self::Int32(n) => self.set_int32(*n),
            Self::Int64(n) => self.set_int64(*n),
            Self::Float64(n) => self.set_float64(*n),
            Self::Boolean(b) => self.set_boolean(*b),
            Self::String(text) => self.set_text(text),
            other => self.set(other.clone()),
        }
    }
}

/// What is put in the place of a value, and made there.
///
/// A processor waits, some five nanoseconds, when it moves what was just written in parts, as every value is that was put
/// together elsewhere. Those of the most frequent kinds have functions of their own, which are not inlined: in one function
/// all kinds would be put together in one spot of the stack, and moved from there.
impl Value {
    /// Puts another value in the place of this one. Where this one is mostly null, that is quicker than to assign it.
    #[inline(always)]
    pub fn set(&mut self, value: Value) {
        if !self.is_null() {
            drop(std::mem::take(self));
        }
        // Null needs no end.
        std::mem::forget(std::mem::replace(self, value));
    }

    /// Puts a 32-bit integer here.
    #[inline(never)]
    pub fn set_int32(&mut self, n: i32) {
        self.set(Self::Int32(n));
    }

    /// Puts a 64-bit integer here.
    #[inline(never)]
    pub fn set_int64(&mut self, n: i64) {
        self.set(Self::Int64(n));
    }

    /// Puts a 64-bit floating-point number here.
    #[inline(never)]
    pub fn set_float64(&mut self, n: f64) {
        self.set(Self::Float64(n));
    }

    /// Puts a boolean here.
    #[inline(never)]
    pub fn set_boolean(&mut self, b: bool) {
        self.set(Self::Boolean(b));
    }

    /// Puts a copy of a text here.
    #[inline]
    pub fn set_text(&mut self, text: &ByteString) {
        text.copy_to(self);
    }
}

impl Value {
    /// A string value.
    #[inline]
    pub fn string(text: impl Into<ByteString>) -> Self {
        Self::String(text.into())
    }

    /// A list value.
    #[inline]
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Array(Shared::new(items.into_iter().collect()))
    }

    /// The name of the Java class that holds such a value, as Kafka Connect's messages name it.
    ///
    /// Bytes are a byte array; lists and maps are of the classes that Connect itself makes.
    pub fn java_class(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Int8(_) => "java.lang.Byte",
            Self::Int16(_) => "java.lang.Short",
            Self::Int32(_) => "java.lang.Integer",
            Self::Int64(_) => "java.lang.Long",
            Self::Float32(_) => "java.lang.Float",
            Self::Float64(_) => "java.lang.Double",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::String(_) => "java.lang.String",
            Self::Bytes(_) => "[B",
            Self::Decimal(_) => "java.math.BigDecimal",
            Self::Date(_) => "java.util.Date",
            Self::Array(_) => "java.util.ArrayList",
            Self::Map(_) => "java.util.LinkedHashMap",
            Self::Struct(_) => "org.apache.kafka.connect.data.Struct",
            Self::Java(object) => object.class(),
        }
    }

    /// Whether this is null.
    #[inline]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, when this is a string.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when this is an integer of any width.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Int8(n) => Some(n.into()),
            Self::Int16(n) => Some(n.into()),
            Self::Int32(n) => Some(n.into()),
            Self::Int64(n) => Some(n),
            _ => None,
        }
    }

    /// The bytes, when this is a byte array or a buffer of Java's.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Java(object) => match &**object {
                JavaObject::ByteBuffer(bytes) => Some(bytes),
                _ => None,
            },
            _ => None,
        }
    }

    /// The map, when this is one.
    #[inline]
    pub fn as_map(&self) -> Option<&ValueMap> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The struct, when this is one.
    #[inline]
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Self::Struct(fields) => Some(fields),
            _ => None,
        }
    }
}

fn same_f32(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn same_f64(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Int8(a), Self::Int8(b)) => a == b,
            (Self::Int16(a), Self::Int16(b)) => a == b,
            (Self::Int32(a), Self::Int32(b)) => a == b,
            (Self::Int64(a), Self::Int64(b)) | (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Float32(a), Self::Float32(b)) => same_f32(*a, *b),
            (Self::Float64(a), Self::Float64(b)) => same_f64(*a, *b),
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => Shared::ptr_eq(a, b) || a == b,
            (Self::Map(a), Self::Map(b)) => Shared::ptr_eq(a, b) || a == b,
            (Self::Struct(a), Self::Struct(b)) => Shared::ptr_eq(a, b) || a == b,
            (Self::Java(a), Self::Java(b)) => Shared::ptr_eq(a, b) || a == b,
            // A buffer is the same Connect value as the array of its bytes.
            (Self::Java(_), Self::Bytes(bytes)) => self.as_bytes() == Some(bytes),
            (Self::Bytes(bytes), Self::Java(_)) => other.as_bytes() == Some(bytes),
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Value {
    /// The hash of a string value, from its text alone.
    pub(crate) fn hash_text<H: Hasher>(text: &str, state: &mut H) {
        text.hash(state);
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Self::String(text) = self {
            return Self::hash_text(text, state);
        }
        if let (Self::Java(_), Some(bytes)) = (self, self.as_bytes()) {
            return Self::Bytes(bytes.clone()).hash(state);
        }
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null | Self::String(_) => {}
            Self::Int8(n) => n.hash(state),
            Self::Int16(n) => n.hash(state),
            Self::Int32(n) => n.hash(state),
            Self::Int64(n) | Self::Date(n) => n.hash(state),
            Self::Float32(n) => (if n.is_nan() { f32::NAN } else { *n }).to_bits().hash(state),
            Self::Float64(n) => (if n.is_nan() { f64::NAN } else { *n }).to_bits().hash(state),
            Self::Boolean(b) => b.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
            Self::Decimal(decimal) => decimal.hash(state),
            Self::Array(items) => items.hash(state),
            Self::Map(map) => map.hash(state),
            Self::Struct(fields) => fields.hash(state),
            Self::Java(object) => object.hash(state),
        }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident;)*) => {
        $(impl From<$from> for Value {
            #[inline]
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from! {
    i8 => Int8;
    i16 => Int16;
    i32 => Int32;
    i64 => Int64;
    f32 => Float32;
    f64 => Float64;
    bool => Boolean;
    &str => String;
    String => String;
    ByteString => String;
    Bytes => Bytes;
    Decimal => Decimal;
    Vec<Value> => Array;
    ValueMap => Map;
    Struct => Struct;
    JavaObject => Java;
}

/// A value and the schema that describes it; without a schema the value is schemaless data.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct SchemaAndValue {
    /// The schema, if there is one.
    pub schema: Option<SchemaRef>,
    /// The value.
    pub value: Value,
}

impl Clone for SchemaAndValue {
    #[inline]
    fn clone(&self) -> Self {
        Self { schema: self.schema.clone(), value: self.value.clone() }
    }

    #[inline]
    fn clone_from(&mut self, source: &Self) {
        self.schema.clone_from(&source.schema);
        self.value.clone_from(&source.value);
    }
}

impl SchemaAndValue {
    /// Neither schema nor value: a tombstone's value, an absent key.
    pub const NULL: Self = Self { schema: None, value: Value::Null };

    /// A value with its schema.
    #[inline]
    pub fn new(schema: impl Into<Option<SchemaRef>>, value: impl Into<Value>) -> Self {
        Self { schema: schema.into(), value: value.into() }
    }

    /// A value without a schema.
    #[inline]
    pub fn schemaless(value: impl Into<Value>) -> Self {
        Self { schema: None, value: value.into() }
    }
}
