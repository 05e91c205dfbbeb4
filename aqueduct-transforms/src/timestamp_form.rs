//! The forms that a timestamp can have, and the way from each to an instant and back.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_data::{LogicalType, Schema, SchemaBuilder, SchemaRef, Type as SchemaType, Value};
use aqueduct_jvm::date_format::SimpleDateFormat;

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// What a timestamp is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text by a pattern.
    Text,
    /// A number since the epoch.
    Unix,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// An instant in milliseconds.
    Timestamp,
}

impl Form {
    pub(crate) const ALL: [Self; 5] = [Self::Text, Self::Unix, Self::Date, Self::Time, Self::Timestamp];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Unix => "unix",
            Self::Date => "Date",
            Self::Time => "Time",
            Self::Timestamp => "Timestamp",
        }
    }

    /// The form of a name that was validated.
    pub(crate) fn of_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|form| form.name() == name).unwrap_or(Self::Timestamp)
    }

    /// The form of values of a schema.
    pub(crate) fn of_schema(schema: &Schema) -> Result<Self, ConnectError> {
        match (schema.logical_type(), schema.r#type()) {
            (Some(LogicalType::Timestamp), _) => Ok(Self::Timestamp),
            (Some(LogicalType::Date), _) => Ok(Self::Date),
            (Some(LogicalType::Time), _) => Ok(Self::Time),
            (_, SchemaType::String) => Ok(Self::Text),
            (_, SchemaType::Int64) => Ok(Self::Unix),
            _ => Err(ConnectError::connect(format!(
                "Schema {schema} does not correspond to a known timestamp type format"
            ))),
        }
    }

    /// The form of a value without a schema; a date can be any of three, and is taken for an instant.
    pub(crate) fn of_value(value: &Value) -> Result<Self, ConnectError> {
        match value {
            Value::Date(_) => Ok(Self::Timestamp),
            Value::Int64(_) => Ok(Self::Unix),
            Value::String(_) => Ok(Self::Text),
            other => {
                let class = other.java_class();
                Err(ConnectError::data(format!(
                    "TimestampConverter does not support class {class} objects as timestamps"
                )))
            }
        }
    }

    /// The schema of values of this form.
    pub(crate) fn schema(self, optional: bool) -> Result<SchemaRef, ConnectError> {
        let builder = match self {
            Self::Text => SchemaBuilder::new(SchemaType::String),
            Self::Unix => SchemaBuilder::new(SchemaType::Int64),
            Self::Date => SchemaBuilder::date(),
            Self::Time => SchemaBuilder::time(),
            Self::Timestamp => SchemaBuilder::timestamp(),
        };
        Ok(if optional { builder.optional() } else { builder }.build()?.lasting())
    }
}

/// What Unix time counts (KIP-808).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
}

impl Precision {
    pub(crate) const ALL: [Self; 4] = [Self::Nanoseconds, Self::Microseconds, Self::Milliseconds, Self::Seconds];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "nanoseconds",
            Self::Microseconds => "microseconds",
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
        }
    }

    /// The precision of a name that was validated.
    pub(crate) fn of_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|precision| precision.name() == name).unwrap_or(Self::Milliseconds)
    }

    /// Milliseconds; fractions are cut off, and what is too large becomes the largest number.
    fn to_millis(self, time: i64) -> i64 {
        match self {
            Self::Nanoseconds => time / 1_000_000,
            Self::Microseconds => time / 1000,
            Self::Milliseconds => time,
            Self::Seconds => time.saturating_mul(1000),
        }
    }

    fn of_millis(self, millis: i64) -> i64 {
        match self {
            Self::Nanoseconds => millis.saturating_mul(1_000_000),
            Self::Microseconds => millis.saturating_mul(1000),
            Self::Milliseconds => millis,
            Self::Seconds => millis / 1000,
        }
    }
}

/// Java reads and writes texts without a pattern until it stumbles over that.
fn no_pattern(method: &str) -> ConnectError {
    let message = format!("Cannot invoke \"java.text.SimpleDateFormat.{method}\" because \"config.format\" is null");
    ConnectError::with_kind(ErrorKind::Other, message).with_class("java.lang.NullPointerException")
}

/// The instant of a timestamp, in milliseconds since the epoch.
pub(crate) fn instant_of(
    value: &Value,
    form: Form,
    format: Option<&SimpleDateFormat>,
    precision: Precision,
) -> Result<i64, ConnectError> {
    let unexpected = |what: &str| {
        let class = value.java_class();
        Err(ConnectError::data(format!("Expected {what}, but found class {class}")))
    };
    match (form, value) {
        (Form::Text, Value::String(text)) => {
            let format = format.ok_or_else(|| no_pattern("parse(String)"))?;
            format.parse(text).map_err(|error| {
                let cause = ConnectError::with_kind(ErrorKind::Other, error.to_string());
                let pattern = format.pattern();
                ConnectError::data(format!(
                    "Could not parse timestamp: value ({text}) does not match pattern ({pattern})"
                ))
                .caused_by(cause.with_class("java.text.ParseException"))
            })
        }
        (Form::Unix, Value::Int64(time)) => Ok(precision.to_millis(*time)),
        (Form::Date | Form::Time | Form::Timestamp, Value::Date(instant)) => Ok(*instant),
        (Form::Text, _) => unexpected("string timestamp to be a String"),
        (Form::Unix, _) => unexpected("Unix timestamp to be a Long"),
        (Form::Date | Form::Time | Form::Timestamp, _) => {
            let name = form.name();
            unexpected(&format!("{name} to be a java.util.Date"))
        }
    }
}

/// A timestamp of a form; `text` is room to make texts in.
pub(crate) fn value_of(
    instant: i64,
    form: Form,
    format: Option<&SimpleDateFormat>,
    precision: Precision,
    text: &mut String,
) -> Result<Value, ConnectError> {
    Ok(match form {
        Form::Text => {
            let format = format.ok_or_else(|| no_pattern("format(java.util.Date)"))?;
            text.clear();
            format.format_into(instant, text);
            Value::from(text.as_str())
        }
        Form::Unix => Value::Int64(precision.of_millis(instant)),
        Form::Date => Value::Date(instant.wrapping_sub(instant.rem_euclid(MILLIS_PER_DAY))),
        Form::Time => Value::Date(instant.rem_euclid(MILLIS_PER_DAY)),
        Form::Timestamp => Value::Date(instant),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Into<Value>, from: Form, to: Form, precision: Precision, expect: &str) {
        let format = SimpleDateFormat::new("yyyy-MM-dd HH:mm:ss.SSS").unwrap();
        let converted = instant_of(&value.into(), from, Some(&format), precision)
            .and_then(|instant| value_of(instant, to, Some(&format), precision, &mut String::new()));
        let text =
            converted.map_or_else(|error| error.message().unwrap_or_default().to_owned(), |value| format!("{value:?}"));
        assert_eq!(text, expect);
    }

    #[test]
    fn every_form_leads_to_every_other() {
        use Form::{Date, Text, Time, Timestamp, Unix};
        use Precision::{Microseconds, Milliseconds, Nanoseconds, Seconds};
        check("2023-11-14 22:13:20.123", Text, Unix, Milliseconds, "Int64(1700000000123)");
        check(1_700_000_000_123_i64, Unix, Date, Milliseconds, "Date(1699920000000)");
        check(1_700_000_000_123_i64, Unix, Time, Milliseconds, "Date(80000123)");
        check(Value::Date(-1), Timestamp, Time, Milliseconds, "Date(86399999)");
        check(Value::Date(-1), Timestamp, Date, Milliseconds, "Date(-86400000)");
        check(Value::Date(-1), Timestamp, Unix, Seconds, "Int64(0)");
        check(1_999_i64, Unix, Timestamp, Microseconds, "Date(1)");
        check(i64::MAX, Unix, Timestamp, Seconds, "Date(9223372036854775807)");
        check(Value::Date(i64::MIN), Timestamp, Unix, Nanoseconds, "Int64(-9223372036854775808)");
        check("x", Unix, Date, Seconds, "Expected Unix timestamp to be a Long, but found class java.lang.String");
        check(1_i64, Time, Date, Seconds, "Expected Time to be a java.util.Date, but found class java.lang.Long");
    }
}
