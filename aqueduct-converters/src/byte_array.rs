//! `ByteArrayConverter`: bytes as they are.

use aqueduct_api::data::{Bytes, JavaObject, Payload, Schema, SchemaAndValue, Type, Value};
use aqueduct_api::{ConnectError, Plugin};

use crate::config;
use crate::plain::{self, PlainConverter};

/// Hands bytes through.
#[derive(Debug)]
pub(crate) struct ByteArrayConverter;

impl PlainConverter for ByteArrayConverter {
    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        if let Some(schema) = &data.schema
            && schema.r#type() != Type::Bytes
        {
            let message = format!("Invalid schema type for ByteArrayConverter: {}", schema.r#type());
            return Err(ConnectError::data(message));
        }
        match &data.value {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes.clone().into())),
            Value::Java(object) if let JavaObject::ByteBuffer(bytes) = &**object => Ok(Some(bytes.clone().into())),
            other => Err(ConnectError::data(format!(
                "ByteArrayConverter is not compatible with objects of type class {}",
                other.java_class()
            ))),
        }
    }

    fn write_owned(&mut self, data: &mut SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        match data {
            SchemaAndValue { schema: Some(schema), value: Value::Bytes(bytes) } if schema.r#type() == Type::Bytes => {
                Ok(Some(std::mem::take(bytes).into()))
            }
            other => self.write(other),
        }
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError> {
        let value = bytes.map_or(Value::Null, Value::Bytes);
        Ok(SchemaAndValue::new(Schema::optional_bytes(), value))
    }
}

/// The plugins of this module.
pub(crate) fn plugins() -> [Plugin; 2] {
    plain::plugins("org.apache.kafka.connect.converters.ByteArrayConverter", config::plain, |_props, _usage| {
        Ok(ByteArrayConverter)
    })
}
