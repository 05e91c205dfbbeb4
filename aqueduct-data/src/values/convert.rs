//! Conversions to the types that are not logical.

use crate::{DataError, LogicalType, Schema, SchemaAndValue, Shared, Struct, Type, Value, ValueMap};

use super::logical::{to_date, to_decimal, to_time, to_timestamp};
use super::number::{as_double, as_long, cannot_convert, null_pointer};
use super::parse::parse_string;
use super::print::convert_to_string;

/// Null where null is asked for and cannot be.
pub(super) fn null_refused() -> DataError {
    DataError::data("Unable to convert a null value to a schema that requires a value")
}

/// The value that a text stands for.
pub(super) fn parsed(text: &str) -> Result<SchemaAndValue, DataError> {
    parse_string(text).ok_or_else(null_pointer)
}

/// The value as a boolean: a boolean, the text of one, or whether a number is not zero.
///
/// # Errors
/// `DataException` when it is none of these.
pub fn convert_to_boolean(schema: Option<&Schema>, value: &Value) -> Result<Option<bool>, DataError> {
    match value {
        Value::Null => return Ok(None),
        Value::Boolean(b) => return Ok(Some(*b)),
        Value::String(text) => {
            if let Value::Boolean(b) = parsed(text)?.value {
                return Ok(Some(b));
            }
        }
        _ => {}
    }
    Ok(Some(as_long(value, schema)? != 0))
}

macro_rules! integers {
    ($($(#[$doc:meta])* $name:ident -> $to:ty;)*) => {
        $(
            $(#[$doc])*
            ///
            /// Fractions are dropped, and so are the high bits of numbers that are too large. The schema tells what a
            /// date or time is.
            ///
            /// # Errors
            /// `DataException` when the value is no number and no text of one.
            pub fn $name(schema: Option<&Schema>, value: &Value) -> Result<Option<$to>, DataError> {
                if value.is_null() {
                    return Ok(None);
                }
                #[allow(clippy::cast_possible_truncation, reason = "Java narrows numbers this way")]
                as_long(value, schema).map(|n| Some(n as $to))
            }
        )*
    };
}

integers! {
    /// The value as an integer of 8 bits.
    convert_to_byte -> i8;
    /// The value as an integer of 16 bits.
    convert_to_short -> i16;
    /// The value as an integer of 32 bits.
    convert_to_integer -> i32;
    /// The value as an integer of 64 bits.
    convert_to_long -> i64;
}

/// The value as a floating-point number of 32 bits.
///
/// # Errors
/// `DataException` when the value is no number and no text of one.
pub fn convert_to_float(schema: Option<&Schema>, value: &Value) -> Result<Option<f32>, DataError> {
    match value {
        Value::Null => Ok(None),
        Value::Float32(n) => Ok(Some(*n)),
        #[expect(clippy::cast_possible_truncation, reason = "Java rounds twice, too")]
        _ => as_double(value, schema).map(|n| Some(n as f32)),
    }
}

/// The value as a floating-point number of 64 bits.
///
/// # Errors
/// `DataException` when the value is no number and no text of one.
pub fn convert_to_double(schema: Option<&Schema>, value: &Value) -> Result<Option<f64>, DataError> {
    if value.is_null() {
        return Ok(None);
    }
    as_double(value, schema).map(Some)
}

/// The value as a list: a list, or the text of one.
///
/// # Errors
/// `DataException` when it is none of these.
pub fn convert_to_list(value: &Value) -> Result<Shared<Vec<Value>>, DataError> {
    match text_or_value(value)?.as_ref().unwrap_or(value) {
        Value::Null => Err(null_refused()),
        Value::Array(items) => Ok(items.clone()),
        other => Err(cannot_convert(other, "Schema{ARRAY}")),
    }
}

/// The value as a map: a map, or the text of one.
///
/// # Errors
/// `DataException` when it is none of these.
pub fn convert_to_map(value: &Value) -> Result<Shared<ValueMap>, DataError> {
    match text_or_value(value)?.as_ref().unwrap_or(value) {
        Value::Null => Err(null_refused()),
        Value::Map(map) => Ok(map.clone()),
        other => Err(cannot_convert(other, "Schema{MAP}")),
    }
}

/// What a text stands for; nothing when the value is no text.
fn text_or_value(value: &Value) -> Result<Option<Value>, DataError> {
    match value {
        Value::String(text) => Ok(Some(parsed(text)?.value)),
        _ => Ok(None),
    }
}

/// The value as a struct, which it must be: no text tells the schema of one.
///
/// # Errors
/// `DataException` when it is none.
pub fn convert_to_struct(value: &Value) -> Result<Shared<Struct>, DataError> {
    match value {
        Value::Null => Err(null_refused()),
        Value::Struct(fields) => Ok(fields.clone()),
        _ => Err(cannot_convert(value, "Schema{STRUCT}")),
    }
}

/// The value as one of the schema's type; parts of lists and maps stay what they are.
pub(super) fn convert_to(to: &Schema, from: Option<&Schema>, value: Value) -> Result<Value, DataError> {
    if value.is_null() {
        return if to.is_optional() { Ok(Value::Null) } else { Err(null_refused()) };
    }
    fn or_null<T: Into<Value>>(converted: Option<T>) -> Value {
        converted.map_or(Value::Null, Into::into)
    }
    match (to.r#type(), to.logical_type()) {
        (Type::Bytes, Some(LogicalType::Decimal)) => to_decimal(to, &value).map(Value::Decimal),
        (Type::Int32, Some(LogicalType::Date)) => to_date(from, &value).map(Value::Date),
        (Type::Int32, Some(LogicalType::Time)) => to_time(from, &value).map(Value::Date),
        (Type::Int64, Some(LogicalType::Timestamp)) => to_timestamp(from, &value).map(Value::Date),
        (Type::Int8, _) => convert_to_byte(from, &value).map(or_null),
        (Type::Int16, _) => convert_to_short(from, &value).map(or_null),
        (Type::Int32, _) => convert_to_integer(from, &value).map(or_null),
        (Type::Int64, _) => convert_to_long(from, &value).map(or_null),
        (Type::Float32, _) => convert_to_float(from, &value).map(or_null),
        (Type::Float64, _) => convert_to_double(from, &value).map(or_null),
        (Type::Boolean, _) => convert_to_boolean(from, &value).map(or_null),
        (Type::String, _) => Ok(or_null(convert_to_string(&value))),
        (Type::Bytes, _) if matches!(value, Value::Bytes(_)) => Ok(value),
        (Type::Array, _) => convert_to_list(&value).map(Value::Array),
        (Type::Map, _) => convert_to_map(&value).map(Value::Map),
        (Type::Struct, _) => convert_to_struct(&value).map(Value::Struct),
        (Type::Bytes, _) => Err(cannot_convert(&value, to)),
    }
}
