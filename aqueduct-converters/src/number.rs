//! The number converters: big-endian bytes, as Kafka's serializers write them.

use std::marker::PhantomData;

use aqueduct_api::data::{Bytes, Payload, Schema, SchemaAndValue, SchemaRef, Value};
use aqueduct_api::{ConnectError, ErrorKind, Plugin};

use crate::plain::{self, PlainConverter};
use crate::{config, serialization_error};

/// A type of numbers that has a converter.
trait Number: Sized + Send + 'static {
    /// The bytes of a number.
    type Encoded: Into<Payload>;
    /// The name of the type in messages.
    const NAME: &'static str;
    /// The Java class of the values.
    const CLASS: &'static str;
    /// The name of Kafka's deserializer in messages.
    const DESERIALIZER: &'static str;

    /// The schema of everything that is read.
    fn schema() -> SchemaRef;

    /// The number's bytes, when the value is one.
    fn encode(value: &Value) -> Option<Self::Encoded>;

    /// The number, when the bytes are as many as it has.
    fn decode(bytes: &[u8]) -> Option<Value>;
}

macro_rules! numbers {
    ($($type:ty = $name:literal, $class:literal, $deserializer:literal, $variant:ident, $schema:ident;)*) => {
        $(
            impl Number for $type {
                type Encoded = [u8; size_of::<$type>()];
                const NAME: &'static str = $name;
                const CLASS: &'static str = $class;
                const DESERIALIZER: &'static str = $deserializer;

                fn schema() -> SchemaRef {
                    Schema::$schema()
                }

                fn encode(value: &Value) -> Option<Self::Encoded> {
                    match value {
                        Value::$variant(number) => Some(number.to_be_bytes()),
                        _ => None,
                    }
                }

                fn decode(bytes: &[u8]) -> Option<Value> {
                    Some(Value::$variant(<$type>::from_be_bytes(bytes.try_into().ok()?)))
                }
            }
        )*
    };
}

numbers! {
    i16 = "short", "java.lang.Short", "ShortDeserializer", Int16, optional_int16;
    i32 = "integer", "java.lang.Integer", "IntegerDeserializer", Int32, optional_int32;
    i64 = "long", "java.lang.Long", "LongDeserializer", Int64, optional_int64;
    f32 = "float", "java.lang.Float", "Deserializer", Float32, optional_float32;
    f64 = "double", "java.lang.Double", "Deserializer", Float64, optional_float64;
}

/// Converts numbers of one type; schemas are not looked at.
#[derive(Debug)]
struct NumberConverter<N>(PhantomData<N>);

impl<N: Number> PlainConverter for NumberConverter<N> {
    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        if data.value.is_null() {
            return Ok(None);
        }
        match N::encode(&data.value) {
            Some(bytes) => Ok(Some(bytes.into())),
            None => Err(class_cast::<N>(&data.value)),
        }
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError> {
        let value = match bytes {
            None => Value::Null,
            Some(bytes) => N::decode(&bytes).ok_or_else(wrong_size::<N>)?,
        };
        Ok(SchemaAndValue::new(N::schema(), value))
    }
}

fn wrong_size<N: Number>() -> ConnectError {
    let why = format!("Size of data received by {} is not {}", N::DESERIALIZER, size_of::<N>());
    ConnectError::data(format!("Failed to deserialize {}: ", N::NAME)).caused_by(serialization_error(why))
}

/// Java casts twice: to a number first, then to the number's class.
fn class_cast<N: Number>(value: &Value) -> ConnectError {
    let class = value.java_class();
    let is_number = matches!(
        value,
        Value::Int8(_)
            | Value::Int16(_)
            | Value::Int32(_)
            | Value::Int64(_)
            | Value::Float32(_)
            | Value::Float64(_)
            | Value::Decimal(_)
    );
    let wanted = if is_number { N::CLASS } else { "java.lang.Number" };
    let modules = match value {
        Value::Struct(_) => format!(
            "{class} is in unnamed module of loader 'app'; {wanted} is in module java.base of loader 'bootstrap'"
        ),
        _ => format!("{class} and {wanted} are in module java.base of loader 'bootstrap'"),
    };
    let cause = ConnectError::with_kind(
        ErrorKind::Other,
        format!("class {class} cannot be cast to class {wanted} ({modules})"),
    );
    ConnectError::data(format!("Failed to serialize to {} (was class {class}): ", N::NAME))
        .caused_by(cause.with_class("java.lang.ClassCastException"))
}

/// The plugins of this module.
pub(crate) fn plugins() -> Vec<Plugin> {
    [
        of::<i16>("org.apache.kafka.connect.converters.ShortConverter"),
        of::<i32>("org.apache.kafka.connect.converters.IntegerConverter"),
        of::<i64>("org.apache.kafka.connect.converters.LongConverter"),
        of::<f32>("org.apache.kafka.connect.converters.FloatConverter"),
        of::<f64>("org.apache.kafka.connect.converters.DoubleConverter"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of<N: Number>(class: &'static str) -> [Plugin; 2] {
    plain::plugins(class, config::plain, |props, usage| {
        config::parse(&config::plain(), props, usage).map(|_| NumberConverter::<N>(PhantomData))
    })
}
