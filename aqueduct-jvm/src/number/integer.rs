//! `Long.parseLong` and its relatives: an optional sign and decimal digits of any script, nothing else.

use super::NumberFormatError;

/// The value of a decimal digit of any script, as `Character.digit` tells it of a `char`.
///
/// Digits beyond the Basic Multilingual Plane are two `char`s in Java, and none of them a digit.
pub fn digit_value(c: char) -> Option<u32> {
    /// The zero of each run of ten digits.
    const ZEROS: [u32; 37] = [
        0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
        0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
        0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ];
    let code = u32::from(c);
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= code)].last()?;
    Some(code - zero).filter(|value| *value < 10)
}

fn parse<T: TryFrom<i64>>(text: &str) -> Option<T> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    // Counting down reaches the smallest number, which has no positive counterpart.
    let mut value = 0_i64;
    for c in digits.chars() {
        value = value.checked_mul(10)?.checked_sub(i64::from(digit_value(c)?))?;
    }
    T::try_from(if negative { value } else { value.checked_neg()? }).ok()
}

/// `Long.parseLong`.
///
/// # Errors
/// When the text is no integer, or too large.
///
/// ```
/// use aqueduct_jvm::number::parse_long;
///
/// assert_eq!(parse_long("+5"), Ok(5));
/// assert_eq!(parse_long(" 5").unwrap_err().to_string(), "For input string: \" 5\"");
/// ```
pub fn parse_long(text: &str) -> Result<i64, NumberFormatError> {
    parse(text).ok_or_else(|| NumberFormatError::of_text(text))
}

/// `Integer.parseInt`.
///
/// # Errors
/// When the text is no integer, or too large.
pub fn parse_integer(text: &str) -> Result<i32, NumberFormatError> {
    parse(text).ok_or_else(|| NumberFormatError::of_text(text))
}

/// `Short.parseShort`.
///
/// # Errors
/// When the text is no integer, or too large; what fits into 32 bits has a message of its own.
pub fn parse_short(text: &str) -> Result<i16, NumberFormatError> {
    i16::try_from(parse_integer(text)?).map_err(|_| out_of_range(text))
}

/// `Byte.parseByte`.
///
/// # Errors
/// When the text is no integer, or too large; what fits into 32 bits has a message of its own.
pub fn parse_byte(text: &str) -> Result<i8, NumberFormatError> {
    i8::try_from(parse_integer(text)?).map_err(|_| out_of_range(text))
}

fn out_of_range(text: &str) -> NumberFormatError {
    NumberFormatError { message: format!("Value out of range. Value:\"{text}\" Radix:10") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the four types make of a text: a number, or `-` for a message that names the text, or `range`.
    #[track_caller]
    fn check(text: &str, expect: [&str; 4]) {
        fn outcome<T: std::fmt::Display>(text: &str, result: Result<T, NumberFormatError>) -> String {
            match result {
                Ok(number) => number.to_string(),
                Err(error) if error.message == format!("For input string: \"{text}\"") => "-".into(),
                Err(error) if error.message == format!("Value out of range. Value:\"{text}\" Radix:10") => {
                    "range".into()
                }
                Err(error) => error.message,
            }
        }
        let outcomes = [
            outcome(text, parse_byte(text)),
            outcome(text, parse_short(text)),
            outcome(text, parse_integer(text)),
            outcome(text, parse_long(text)),
        ];
        assert_eq!(outcomes, expect, "{text:?}");
    }

    #[test]
    fn integers_are_a_sign_and_digits_of_any_script() {
        for text in ["", "-", "+", "--1", "+-1", "1_000", "1.0", " 1", "1 ", "0x10", "1L", "a", "\u{1D7D9}", "１a"] {
            check(text, ["-"; 4]);
        }
        check("0", ["0"; 4]);
        check("-0", ["0"; 4]);
        check("+7", ["7"; 4]);
        check("007", ["7"; 4]);
        check("\u{0663}", ["3"; 4]);
        check("-\u{FF11}\u{FF12}", ["-12"; 4]);
    }

    #[test]
    fn numbers_that_are_too_large_say_so_by_type() {
        check("127", ["127"; 4]);
        check("128", ["range", "128", "128", "128"]);
        check("-128", ["-128"; 4]);
        check("-129", ["range", "-129", "-129", "-129"]);
        check("32768", ["range", "range", "32768", "32768"]);
        check("-32768", ["range", "-32768", "-32768", "-32768"]);
        check("2147483647", ["range", "range", "2147483647", "2147483647"]);
        check("2147483648", ["-", "-", "-", "2147483648"]);
        check("-2147483648", ["range", "range", "-2147483648", "-2147483648"]);
        check("9223372036854775807", ["-", "-", "-", "9223372036854775807"]);
        check("-9223372036854775808", ["-", "-", "-", "-9223372036854775808"]);
        check("9223372036854775808", ["-"; 4]);
        check("99999999999999999999999999", ["-"; 4]);
    }
}
