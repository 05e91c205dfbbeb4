//! Numbers within bounds.

use std::fmt;

use aqueduct_jvm::number::java_f64;

use super::wrong_class;
use crate::{ConfigError, ConfigValueData};

/// A bound of a range. It prints as it was written: `1`, or `0.5`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Double(f64),
}

impl Number {
    fn as_double(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "ranges compare as double, as Java's do")]
            Self::Integer(value) => value as f64,
            Self::Double(value) => value,
        }
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Double(value) => f.write_str(java_f64(*value).as_str()),
        }
    }
}

pub(super) fn ensure_within(
    min: Option<Number>,
    max: Option<Number>,
    name: &str,
    value: &ConfigValueData,
) -> Result<(), ConfigError> {
    if value.is_null() {
        return Err(ConfigError::invalid(name, value, "Value must be non-null"));
    }
    let Some(number) = value.as_number() else {
        return Err(wrong_class(value, "java.lang.Number"));
    };
    if let Some(min) = min.filter(|min| number < min.as_double()) {
        return Err(ConfigError::invalid(name, value, format_args!("Value must be at least {min}")));
    }
    if let Some(max) = max.filter(|max| number > max.as_double()) {
        return Err(ConfigError::invalid(name, value, format_args!("Value must be no more than {max}")));
    }
    Ok(())
}

pub(super) fn describe(min: Option<Number>, max: Option<Number>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (min, max) {
        (None, None) => f.write_str("[...]"),
        (None, Some(max)) => write!(f, "[...,{max}]"),
        (Some(min), None) => write!(f, "[{min},...]"),
        (Some(min), Some(max)) => write!(f, "[{min},...,{max}]"),
    }
}
