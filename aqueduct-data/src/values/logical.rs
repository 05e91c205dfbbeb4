//! Conversions to the logical types.

use crate::logical::{date_to_days, days_to_date, decimal_from_bytes, decimal_scale, millis_to_time, time_to_millis};
use crate::{DataError, Decimal, JavaObject, LogicalType, Schema, SchemaBuilder, Shared, Value};

use super::convert::{null_refused, parsed};
use super::number::{as_double, as_long, cannot_convert};

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// The value as a decimal. Bytes are its unscaled value; other numbers and texts keep their own scale.
///
/// # Errors
/// `NumberFormatException` when a text is no number, `DataException` when the value is null or nothing like a number.
pub fn convert_to_decimal(value: &Value, scale: i32) -> Result<Shared<Decimal>, DataError> {
    to_decimal(&*SchemaBuilder::decimal(scale).build()?, value)
}

/// The value as the day of a date or timestamp, in milliseconds since the epoch; a number counts days.
///
/// Without a schema, a date stays as it is.
///
/// # Errors
/// `DataException` when the value is null, or neither a date, nor a number, nor the text of one.
pub fn convert_to_date(schema: Option<&Schema>, value: &Value) -> Result<i64, DataError> {
    to_date(schema, value)
}

/// The value as the time of a timestamp, in milliseconds since the epoch; a number counts milliseconds since midnight.
///
/// Without a schema, a date stays as it is.
///
/// # Errors
/// `DataException` when the value is null, not within a day, or neither a date, nor a number, nor the text of one.
pub fn convert_to_time(schema: Option<&Schema>, value: &Value) -> Result<i64, DataError> {
    to_time(schema, value)
}

/// The value as an instant, in milliseconds since the epoch, which is also what a number counts.
///
/// # Errors
/// `DataException` when the value is null, or neither a date, nor a number, nor the text of one.
pub fn convert_to_timestamp(schema: Option<&Schema>, value: &Value) -> Result<i64, DataError> {
    to_timestamp(schema, value)
}

pub(super) fn to_decimal(schema: &Schema, value: &Value) -> Result<Shared<Decimal>, DataError> {
    match value {
        Value::Null => Err(null_refused()),
        Value::Decimal(decimal) => Ok(decimal.clone()),
        Value::Bytes(bytes) => decimal_from_bytes(bytes, decimal_scale(schema)?).map(Shared::new),
        Value::String(text) => text.parse().map(Shared::new),
        Value::Int8(_)
        | Value::Int16(_)
        | Value::Int32(_)
        | Value::Int64(_)
        | Value::Float32(_)
        | Value::Float64(_) => {
            // Java goes by the text of the number as a double.
            Value::Float64(as_double(value, None)?).to_string().parse().map(Shared::new)
        }
        Value::Java(object) => match &**object {
            JavaObject::ByteBuffer(bytes) => decimal_from_bytes(bytes, decimal_scale(schema)?).map(Shared::new),
            JavaObject::BigInteger(_) => Value::Float64(as_double(value, None)?).to_string().parse().map(Shared::new),
            _ => Err(cannot_convert(value, schema)),
        },
        _ => Err(cannot_convert(value, schema)),
    }
}

/// A text as what it stands for.
fn resolved(value: &Value) -> Result<Value, DataError> {
    match value {
        Value::Null => Err(null_refused()),
        Value::String(text) => Ok(parsed(text)?.value),
        _ => Ok(value.clone()),
    }
}

fn logical_type(schema: Option<&Schema>) -> Option<LogicalType> {
    schema.and_then(Schema::logical_type)
}

pub(super) fn to_date(from: Option<&Schema>, value: &Value) -> Result<i64, DataError> {
    let value = resolved(value)?;
    if let Value::Date(millis) = value {
        match logical_type(from) {
            Some(LogicalType::Date) => return Ok(millis),
            #[expect(clippy::cast_possible_truncation, reason = "Java narrows days this way")]
            Some(LogicalType::Timestamp) => return Ok(days_to_date((millis / MILLIS_PER_DAY) as i32)),
            _ if from.is_none() => return Ok(millis),
            _ => {}
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "Java narrows days this way")]
    as_long(&value, from).map(|days| days_to_date(days as i32))
}

pub(super) fn to_time(from: Option<&Schema>, value: &Value) -> Result<i64, DataError> {
    let value = resolved(value)?;
    if let Value::Date(millis) = value {
        match logical_type(from) {
            Some(LogicalType::Time) => return Ok(millis),
            Some(LogicalType::Timestamp) => return Ok(millis.rem_euclid(MILLIS_PER_DAY)),
            _ if from.is_none() => return Ok(millis),
            _ => {}
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "Java narrows milliseconds this way")]
    as_long(&value, from).and_then(|millis| millis_to_time(millis as i32))
}

pub(super) fn to_timestamp(from: Option<&Schema>, value: &Value) -> Result<i64, DataError> {
    let value = resolved(value)?;
    if let Value::Date(millis) = value {
        match logical_type(from) {
            Some(LogicalType::Date) => return date_to_days(millis).map(days_to_date),
            Some(LogicalType::Time) => return time_to_millis(millis).map(Into::into),
            Some(LogicalType::Timestamp) => return Ok(millis),
            _ if from.is_none() => return Ok(millis),
            _ => {}
        }
    }
    as_long(&value, from)
}
