//! Numbers as Java prints, reads and narrows them.
//!
//! Texts go in and out of [`java_f64`], [`java_f32`] and the `parse_…` functions, whose errors carry the messages of Java
//! 17's `NumberFormatException`; [`narrow`] has the casts between types. Nothing here allocates but error messages.

mod decimal;
mod float_text;
mod hexadecimal;
mod integer;
pub mod narrow;

use std::fmt;

pub use decimal::{parse_double, parse_float};
pub use float_text::{FewDigits, FloatText, few_digits, java_f32, java_f64};
pub use integer::{digit_value, parse_byte, parse_integer, parse_long, parse_short};

/// A text that is no number (`NumberFormatException`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormatError {
    message: String,
}

impl NumberFormatError {
    fn of_text(text: &str) -> Self {
        Self { message: format!("For input string: \"{text}\"") }
    }
}

/// As Java's message reads.
impl fmt::Display for NumberFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NumberFormatError {}

/// `Boolean.parseBoolean`: true is `true` in any case, everything else is false.
pub fn parse_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}
