//! `SimpleHeaderConverter`: headers as texts, whose type is guessed when they are read.

use aqueduct_api::data::values::{convert_to_string, parse_string};
use aqueduct_api::data::{ByteString, Bytes, SchemaAndValue};
use aqueduct_api::{ConnectError, HeaderConverter, Plugin};
use aqueduct_config::ConfigDef;
use aqueduct_jvm::utf8;

use crate::VERSION;

/// Writes header values as texts, and guesses what texts stand for: a number, a boolean, a date, a list, a map.
#[derive(Debug)]
pub struct SimpleHeaderConverter;

impl SimpleHeaderConverter {
    pub(crate) fn plugin() -> Plugin {
        let class = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
        Plugin::header_converter(class, VERSION, ConfigDef::new, |_props| Ok(Self))
    }
}

impl HeaderConverter for SimpleHeaderConverter {
    fn from_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        data: &SchemaAndValue,
    ) -> Result<Option<Bytes>, ConnectError> {
        Ok(convert_to_string(&data.value).map(ByteString::into_bytes))
    }

    fn to_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError> {
        let Some(bytes) = bytes else { return Ok(SchemaAndValue::NULL) };
        let parsed = match std::str::from_utf8(&bytes) {
            Ok(text) => parse_string(text),
            Err(_) => parse_string(&utf8::decode(&bytes)),
        };
        Ok(parsed.unwrap_or(SchemaAndValue::NULL))
    }
}
