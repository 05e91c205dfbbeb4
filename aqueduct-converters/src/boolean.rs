//! `BooleanConverter`: one byte, 0 or 1.

use aqueduct_api::data::{Bytes, Payload, Schema, SchemaAndValue, Type, Value};
use aqueduct_api::{ConnectError, Plugin};

use crate::plain::{self, PlainConverter};
use crate::{config, serialization_error};

/// Converts booleans.
#[derive(Debug)]
pub(crate) struct BooleanConverter;

impl PlainConverter for BooleanConverter {
    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        if let Some(schema) = &data.schema
            && schema.r#type() != Type::Boolean
        {
            let message = format!("Invalid schema type for BooleanConverter: {}", schema.r#type());
            return Err(ConnectError::data(message));
        }
        match &data.value {
            Value::Null => Ok(None),
            Value::Boolean(is_true) => Ok(Some([u8::from(*is_true)].into())),
            other => Err(ConnectError::data(format!(
                "BooleanConverter is not compatible with objects of type class {}",
                other.java_class()
            ))),
        }
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError> {
        let value = match bytes.as_deref() {
            None => Value::Null,
            Some([0]) => Value::Boolean(false),
            Some([1]) => Value::Boolean(true),
            Some([other]) => {
                let other = i8::from_ne_bytes([*other]);
                return Err(invalid(format!("Unexpected byte received by BooleanDeserializer: {other}")));
            }
            Some(_) => return Err(invalid("Size of data received by BooleanDeserializer is not 1".to_owned())),
        };
        Ok(SchemaAndValue::new(Schema::optional_boolean(), value))
    }
}

fn invalid(why: String) -> ConnectError {
    ConnectError::data("Failed to deserialize boolean: ").caused_by(serialization_error(why))
}

/// The plugins of this module.
pub(crate) fn plugins() -> [Plugin; 2] {
    plain::plugins("org.apache.kafka.connect.converters.BooleanConverter", config::plain, |props, usage| {
        config::parse(&config::plain(), props, usage).map(|_| BooleanConverter)
    })
}
