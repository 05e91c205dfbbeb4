//! Any value as a number, as far as it is one.

use crate::logical::{date_to_days, time_to_millis};
use num_traits::ToPrimitive;

use crate::{DataError, DataErrorKind, Decimal, JavaObject, LogicalType, Schema, Value};

/// The error for a value that is not what is wanted.
pub(super) fn cannot_convert(value: &Value, to: impl std::fmt::Display) -> DataError {
    DataError::data(format!("Unable to convert {value} (class {}) to {to}", value.java_class()))
}

/// Something was expected in a text that says `null`; Java stumbles over it.
pub(super) fn null_pointer() -> DataError {
    DataError::new(DataErrorKind::NullPointer, "the text stands for no value")
}

/// The integer, without its fraction and its high bits where it has more.
///
/// Dates, times and timestamps are numbers by what their schema says they are.
pub(super) fn as_long(value: &Value, schema: Option<&Schema>) -> Result<i64, DataError> {
    #[expect(clippy::cast_possible_truncation, reason = "Java's narrowing of floats saturates the same way")]
    let cause = match value {
        Value::Int8(n) => return Ok((*n).into()),
        Value::Int16(n) => return Ok((*n).into()),
        Value::Int32(n) => return Ok((*n).into()),
        Value::Int64(n) => return Ok(*n),
        Value::Float32(n) => return Ok(*n as i64),
        Value::Float64(n) => return Ok(*n as i64),
        Value::Decimal(decimal) => return Ok(decimal.to_i64_wrapping()),
        Value::String(text) => match text.parse::<Decimal>() {
            Ok(decimal) => return Ok(decimal.to_i64_wrapping()),
            Err(cause) => Some(cause),
        },
        Value::Date(millis) => match schema.and_then(Schema::logical_type) {
            Some(LogicalType::Date) => return date_to_days(*millis).map(Into::into),
            Some(LogicalType::Time) => return time_to_millis(*millis).map(Into::into),
            Some(LogicalType::Timestamp) => return Ok(*millis),
            _ => None,
        },
        Value::Java(object) => match &**object {
            JavaObject::BigInteger(number) => return Ok(Decimal::new(number.clone(), 0).to_i64_wrapping()),
            _ => None,
        },
        _ => None,
    };
    let error = match schema {
        Some(schema) => cannot_convert(value, schema),
        None => cannot_convert(value, "a number"),
    };
    Err(match cause {
        Some(cause) => error.with_cause(cause),
        None => error,
    })
}

/// The nearest floating-point number.
pub(super) fn as_double(value: &Value, schema: Option<&Schema>) -> Result<f64, DataError> {
    match value {
        Value::Float32(n) => Ok((*n).into()),
        Value::Float64(n) => Ok(*n),
        Value::Decimal(decimal) => Ok(decimal.to_f64()),
        Value::String(text) => match text.parse::<Decimal>() {
            Ok(decimal) => Ok(decimal.to_f64()),
            Err(_) => as_long(value, schema).map(|n| n as f64),
        },
        Value::Java(object) => match &**object {
            // What is too large is infinite.
            JavaObject::BigInteger(number) => Ok(number.to_f64().unwrap_or(f64::NAN)),
            _ => as_long(value, schema).map(|n| n as f64),
        },
        _ => as_long(value, schema).map(|n| n as f64),
    }
}
