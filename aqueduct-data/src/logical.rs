//! The logical types: `Decimal`, `Date`, `Time` and `Timestamp` of `org.apache.kafka.connect.data`.
//!
//! A schema is of a logical type by its name. Its values are held as [`Value::Decimal`] and [`Value::Date`], and leave
//! the data model in an encoded form, as numbers and bytes; [`LogicalType::from_logical`]
//! and [`LogicalType::to_logical`] lead from the one to the other.

use bytes::Bytes;
use num_bigint::BigInt;

use crate::{DataError, DataErrorKind, Decimal, Schema, SchemaBuilder, Type, Value};

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// The schema parameter that holds a decimal's scale.
const SCALE: &str = "scale";

/// A logical type, known by the name of its schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogicalType {
    /// A decimal number of a scale that the schema's parameter `scale` tells; encoded as big-endian bytes.
    Decimal,
    /// A day without a time; encoded as the number of days since the epoch.
    Date,
    /// A time of any day; encoded as the number of milliseconds since midnight.
    Time,
    /// An instant; encoded as the number of milliseconds since the epoch.
    Timestamp,
}

impl LogicalType {
    /// The logical type of schemas of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("org.apache.kafka.connect.data.")? {
            "Decimal" => Self::Decimal,
            "Date" => Self::Date,
            "Time" => Self::Time,
            "Timestamp" => Self::Timestamp,
            _ => return None,
        })
    }

    /// The name of the type's schemas.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decimal => "org.apache.kafka.connect.data.Decimal",
            Self::Date => "org.apache.kafka.connect.data.Date",
            Self::Time => "org.apache.kafka.connect.data.Time",
            Self::Timestamp => "org.apache.kafka.connect.data.Timestamp",
        }
    }

    /// The type of the encoded form.
    pub fn encoded_type(self) -> Type {
        match self {
            Self::Decimal => Type::Bytes,
            Self::Date | Self::Time => Type::Int32,
            Self::Timestamp => Type::Int64,
        }
    }

    /// The encoded form of a value of this logical type: [`Value::Bytes`], [`Value::Int32`] or [`Value::Int64`].
    ///
    /// `schema` is the schema of the value; its name must be that of this type, while a decimal's tells only the scale.
    ///
    /// # Errors
    /// `DataException` when the value is of another kind, a date has a time, a time has a date, or the scale of a decimal
    /// is not that of the schema.
    pub fn from_logical(self, schema: &Schema, value: &Value) -> Result<Value, DataError> {
        match (self, value) {
            (Self::Decimal, Value::Decimal(decimal)) => {
                decimal_to_bytes(decimal, decimal_scale(schema)?).map(Value::Bytes)
            }
            (Self::Date | Self::Time | Self::Timestamp, Value::Date(millis)) => {
                self.require(schema)?;
                match self {
                    Self::Date => date_to_days(*millis).map(Value::Int32),
                    Self::Time => time_to_millis(*millis).map(Value::Int32),
                    _ => Ok(Value::Int64(*millis)),
                }
            }
            _ => Err(self.unexpected(value)),
        }
    }

    /// The value of this logical type that an encoded form stands for.
    ///
    /// # Errors
    /// `DataException` when the encoded form is of another kind, or a time is not within a day;
    /// `NumberFormatException` for a decimal of no bytes.
    pub fn to_logical(self, schema: &Schema, encoded: &Value) -> Result<Value, DataError> {
        match (self, encoded) {
            // The bytes are looked at before the scale: it decides which of two errors Java names.
            (Self::Decimal, Value::Bytes(bytes)) => {
                let unscaled = unscaled_from_bytes(bytes)?;
                Ok(Decimal::new(unscaled, decimal_scale(schema)?).into())
            }
            (Self::Date, Value::Int32(days)) => {
                self.require(schema)?;
                Ok(Value::Date(days_to_date(*days)))
            }
            (Self::Time, Value::Int32(millis)) => {
                self.require(schema)?;
                millis_to_time(*millis).map(Value::Date)
            }
            (Self::Timestamp, Value::Int64(millis)) => {
                self.require(schema)?;
                Ok(Value::Date(*millis))
            }
            _ => Err(self.unexpected(encoded)),
        }
    }

    /// Java's conversions of dates refuse a schema of another name.
    fn require(self, schema: &Schema) -> Result<(), DataError> {
        if schema.logical_type() == Some(self) {
            return Ok(());
        }
        let text = format!("Requested conversion of {self:?} object but the schema does not match.");
        Err(DataError::data(text))
    }

    fn unexpected(self, value: &Value) -> DataError {
        DataError::data(format!("class {} is no value of {}", value.java_class(), self.name()))
    }
}

// === Schemas ===

impl SchemaBuilder {
    /// A builder for decimals of this scale.
    pub fn decimal(scale: i32) -> Self {
        Self::logical(LogicalType::Decimal).parameter(SCALE, scale.to_string())
    }

    /// A builder for days without a time.
    pub fn date() -> Self {
        Self::logical(LogicalType::Date)
    }

    /// A builder for times of day.
    pub fn time() -> Self {
        Self::logical(LogicalType::Time)
    }

    /// A builder for instants.
    pub fn timestamp() -> Self {
        Self::logical(LogicalType::Timestamp)
    }

    fn logical(logical: LogicalType) -> Self {
        Self::new(logical.encoded_type()).name(logical.name()).version(1)
    }
}

/// The scale of a decimal schema, from its parameter.
///
/// # Errors
/// `DataException` when there is no such parameter, or it is no number.
pub fn decimal_scale(schema: &Schema) -> Result<i32, DataError> {
    let text = schema
        .parameters()
        .and_then(|parameters| parameters.get(SCALE))
        .ok_or_else(|| DataError::data("Invalid Decimal schema: scale parameter not found."))?;
    text.parse().map_err(|_| DataError::data("Invalid scale parameter found in Decimal schema: "))
}

// === Encoded forms ===

/// The big-endian two's-complement bytes of a decimal's unscaled value.
///
/// # Errors
/// `DataException` when the decimal's scale is another one.
pub fn decimal_to_bytes(decimal: &Decimal, scale: i32) -> Result<Bytes, DataError> {
    if decimal.scale() != scale {
        return Err(DataError::data(format!(
            "Decimal value has mismatching scale for given Decimal schema. Schema has scale {scale}, value has scale {}.",
            decimal.scale()
        )));
    }
    Ok(decimal.unscaled().to_signed_bytes_be().into())
}

/// The decimal of this scale whose unscaled value these bytes are.
///
/// # Errors
/// `NumberFormatException` when there are no bytes.
pub fn decimal_from_bytes(bytes: &[u8], scale: i32) -> Result<Decimal, DataError> {
    unscaled_from_bytes(bytes).map(|unscaled| Decimal::new(unscaled, scale))
}

fn unscaled_from_bytes(bytes: &[u8]) -> Result<BigInt, DataError> {
    if bytes.is_empty() {
        return Err(DataError::new(DataErrorKind::NumberFormat, "Zero length BigInteger"));
    }
    Ok(BigInt::from_signed_bytes_be(bytes))
}

/// The days since the epoch of a date in milliseconds.
///
/// # Errors
/// `DataException` when the instant is not at midnight UTC.
pub fn date_to_days(millis: i64) -> Result<i32, DataError> {
    if millis.rem_euclid(MILLIS_PER_DAY) != 0 {
        return Err(DataError::data("Kafka Connect Date type should not have any time fields set to non-zero values."));
    }
    #[expect(clippy::cast_possible_truncation, reason = "Java narrows days the same way")]
    Ok((millis / MILLIS_PER_DAY) as i32)
}

/// The milliseconds since the epoch of a day.
pub fn days_to_date(days: i32) -> i64 {
    i64::from(days) * MILLIS_PER_DAY
}

/// The milliseconds since midnight of a time in milliseconds since the epoch; midnight of the next day is one, too.
///
/// # Errors
/// `DataException` when the instant is not on the epoch's day.
pub fn time_to_millis(millis: i64) -> Result<i32, DataError> {
    i32::try_from(millis).ok().filter(|millis| (0..=MILLIS_PER_DAY).contains(&i64::from(*millis))).ok_or_else(|| {
        DataError::data("Kafka Connect Time type should not have any date fields set to non-zero values.")
    })
}

/// The milliseconds since the epoch of a time in milliseconds since midnight.
///
/// # Errors
/// `DataException` when the time is not within a day.
pub fn millis_to_time(millis: i32) -> Result<i64, DataError> {
    let millis = i64::from(millis);
    if !(0..=MILLIS_PER_DAY).contains(&millis) {
        return Err(DataError::data(
            "Time values must use number of milliseconds greater than 0 and less than 86400000",
        ));
    }
    Ok(millis)
}
