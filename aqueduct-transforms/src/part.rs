//! Which part of a record a transform works on.

use aqueduct_api::{ConnectError, Record};
use aqueduct_data::{SchemaAndValue, Value};

/// Key or value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The key: `…$Key`.
    Key,
    /// The value: `…$Value`.
    Value,
}

impl Part {
    /// The name of the nested class.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "Key",
            Self::Value => "Value",
        }
    }

    /// This part of a record.
    pub fn of(self, record: &mut Record) -> &mut SchemaAndValue {
        match self {
            Self::Key => &mut record.key,
            Self::Value => &mut record.value,
        }
    }
}

/// The error for a value that is no map where there is no schema.
pub(crate) fn not_a_map(purpose: &str, value: &Value) -> ConnectError {
    ConnectError::data(format!(
        "Only Map objects supported in absence of schema for [{purpose}], found: {}",
        value.java_class()
    ))
}

/// The error for a value that is no struct where there is a schema.
pub(crate) fn not_a_struct(purpose: &str, value: &Value) -> ConnectError {
    ConnectError::data(format!("Only Struct objects supported for [{purpose}], found: {}", value.java_class()))
}
