//! Which part of a record a transform works on, and what it must be.

use aqueduct_api::{ConnectError, Record};
use aqueduct_data::{SchemaAndValue, SchemaRef, Shared, Struct, Value, ValueMap};

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

/// The map that a value without a schema must be; it is copied when others hold it, too.
pub(crate) fn map_mut<'a>(value: &'a mut Value, purpose: &str) -> Result<&'a mut ValueMap, ConnectError> {
    match value {
        Value::Map(map) => Ok(Shared::make_mut(map)),
        other => Err(not_a_map(purpose, other)),
    }
}

/// The map that a value without a schema must be, to look at.
pub(crate) fn map<'a>(value: &'a Value, purpose: &str) -> Result<&'a ValueMap, ConnectError> {
    value.as_map().ok_or_else(|| not_a_map(purpose, value))
}

/// The struct that a value with a schema must be.
pub(crate) fn structure<'a>(value: &'a Value, purpose: &str) -> Result<&'a Struct, ConnectError> {
    value.as_struct().ok_or_else(|| not_a_struct(purpose, value))
}

/// The struct that a value with a schema must be; it is copied when others hold it, too.
pub(crate) fn struct_mut<'a>(value: &'a mut Value, purpose: &str) -> Result<&'a mut Struct, ConnectError> {
    match value {
        Value::Struct(fields) => Ok(Shared::make_mut(fields)),
        other => Err(not_a_struct(purpose, other)),
    }
}

/// Takes a struct apart. Its values are moved, unless others hold the struct too; nothing is checked.
pub(crate) fn take_struct(value: &mut Value, purpose: &str) -> Result<(SchemaRef, Vec<Value>), ConnectError> {
    match std::mem::take(value) {
        Value::Struct(fields) => Ok(Shared::unwrap_or_clone(fields).into_parts()),
        other => Err(not_a_struct(purpose, &other)),
    }
}

fn not_a_struct(purpose: &str, value: &Value) -> ConnectError {
    let found = value.java_class();
    ConnectError::data(format!("Only Struct objects supported for [{purpose}], found: {found}"))
}

fn not_a_map(purpose: &str, value: &Value) -> ConnectError {
    let found = value.java_class();
    ConnectError::data(format!("Only Map objects supported in absence of schema for [{purpose}], found: {found}"))
}
