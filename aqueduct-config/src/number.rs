//! Texts of numbers as Java reads and prints them.

/// `Integer.parseInt` and its relatives: an optional sign and decimal digits of any script, nothing else.
pub(crate) fn parse_integer(text: &str, min: i64, max: i64) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i128;
    for c in digits.chars() {
        value = value * 10 + i128::from(c.to_digit(10)?);
        if value > i128::from(i64::MAX) + 1 {
            return None;
        }
    }
    let value = i64::try_from(if negative { -value } else { value }).ok()?;
    (min..=max).contains(&value).then_some(value)
}

pub(crate) fn parse_double(text: &str) -> Option<f64> {
    text.parse().ok()
}

pub(crate) fn double_to_string(value: f64) -> String {
    format!("{value:?}")
}
