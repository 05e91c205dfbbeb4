//! The JSON of the internal topics: what Java's `JsonConverter` writes with `schemas.enable=false`.

use aqueduct_api::{ConfigMap, ConnectError, Converter};
use aqueduct_data::{Bytes, SchemaAndValue, Value, ValueMap};
use aqueduct_json::JsonConverter;
use parking_lot::Mutex;

/// Reads and writes the values of one topic.
pub(crate) struct TopicJson(Mutex<JsonConverter>);

impl TopicJson {
    pub(crate) fn new() -> Self {
        let config = ConfigMap::from([("schemas.enable".into(), "false".into())]);
        let converter = JsonConverter::configure(&config, false);
        Self(Mutex::new(converter.expect("the configuration is a valid one")))
    }

    /// The bytes of a map; members are in the map's order.
    pub(crate) fn write(&self, map: ValueMap) -> Bytes {
        let data = SchemaAndValue { schema: None, value: map.into() };
        let bytes = self.0.lock().from_connect_data("", &mut Vec::new(), &data);
        let bytes = bytes.expect("texts, numbers, booleans and maps of them can be expressed in JSON");
        bytes.expect("only null has no bytes").into_bytes()
    }

    /// What these bytes say; null for a tombstone, and for JSON's null.
    ///
    /// # Errors
    /// When they are no JSON.
    pub(crate) fn read(&self, bytes: Option<Bytes>) -> Result<Value, ConnectError> {
        Ok(self.0.lock().to_connect_data("", &Vec::new(), bytes)?.value)
    }
}

/// What a Java log would call a value of the wrong type.
pub(crate) fn class_of(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "null".into(),
        Some(value) => format!("class {}", value.java_class()),
    }
}
