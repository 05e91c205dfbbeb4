//! `StringConverter`: texts in a character set, UTF-8 unless it is configured otherwise.

use aqueduct_api::data::{Bytes, Payload, Schema, SchemaAndValue, Value};
use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Plugin};

use crate::charset::Charset;
use crate::plain::{self, PlainConverter, Usage};
use crate::{config, serialization_error};

/// Writes any value as Java prints it, and reads strings. Under UTF-8 a string's bytes are not copied.
#[derive(Debug)]
pub(crate) struct StringConverter {
    writes: Charset,
    reads: Charset,
    out: Vec<u8>,
}

impl StringConverter {
    /// A converter for this usage.
    fn configure(props: &ConfigMap, usage: Usage) -> Result<Self, ConnectError> {
        let parsed = config::parse(&config::string(), props, usage)?;
        let encoding = parsed.string(config::ENCODING)?;
        let prefix = if usage == Usage::Key { "key" } else { "value" };
        // Kafka's serializers look at these keys of their own first.
        let charset = |role: &str| {
            let own = props.get(&format!("{prefix}.{role}.encoding"));
            charset(own.map_or(encoding, String::as_str))
        };
        Ok(Self { writes: charset("serializer")?, reads: charset("deserializer")?, out: Vec::new() })
    }
}

fn charset(name: &str) -> Result<Charset, ConnectError> {
    Charset::of_name(name).ok_or_else(|| {
        let is_legal = name.bytes().enumerate().all(|(i, byte)| {
            byte.is_ascii_alphanumeric() || (i > 0 && matches!(byte, b'-' | b'+' | b':' | b'_' | b'.'))
        });
        let class = if is_legal && !name.is_empty() {
            "java.nio.charset.UnsupportedCharsetException"
        } else {
            "java.nio.charset.IllegalCharsetNameException"
        };
        let cause = ConnectError::with_kind(ErrorKind::Other, name).with_class(class);
        serialization_error(format!("Unsupported encoding {name}")).caused_by(cause)
    })
}

impl PlainConverter for StringConverter {
    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        let text = match &data.value {
            Value::Null => return Ok(None),
            Value::String(text) => text.clone(),
            other if self.writes == Charset::Utf8 => {
                self.out.clear();
                other.write_java_text(&mut self.out);
                return Ok(Some(Payload::copy_from_slice(&self.out)));
            }
            other => other.to_string().into(),
        };
        Ok(Some(self.writes.encode(text)))
    }

    fn write_owned(&mut self, data: &mut SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        match &mut data.value {
            Value::String(text) => Ok(Some(self.writes.encode(std::mem::take(text)))),
            _ => self.write(data),
        }
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError> {
        let value = match bytes {
            Some(bytes) => Value::String(self.reads.decode(bytes)),
            None => Value::Null,
        };
        Ok(SchemaAndValue { schema: Some(Schema::optional_string()), value })
    }
}

/// The plugins of this module.
pub(crate) fn plugins() -> [Plugin; 2] {
    plain::plugins("org.apache.kafka.connect.storage.StringConverter", config::string, StringConverter::configure)
}
