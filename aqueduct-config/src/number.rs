//! Texts of numbers as Java reads and prints them.

/// The value of a decimal digit of any script, as `Character.digit` of a `char` tells it.
pub(crate) fn digit_value(c: char) -> Option<u32> {
    /// The zero of each run of ten digits in the Basic Multilingual Plane.
    const ZEROS: [u32; 37] = [
        0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
        0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
        0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ];
    let code = u32::from(c);
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= code)].last()?;
    Some(code - zero).filter(|value| *value < 10)
}

/// `Integer.parseInt` and its relatives: an optional sign and decimal digits, nothing else.
pub(crate) fn parse_integer<T: TryFrom<i64>>(text: &str) -> Option<T> {
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

/// `Double.parseDouble`, without hexadecimal notation: a sign, digits with a point, an exponent, a suffix `f` or `d`.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value = match unsigned {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => {
            let digits = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
            // What is left is a subset of what Rust reads; its names of infinity and others are not in it.
            let plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            let signed = digits.starts_with(['+', '-']);
            digits.parse().ok().filter(|_: &f64| plain && !signed)?
        }
    };
    Some(if text.starts_with('-') { -value } else { value })
}

/// `Double.toString`: at least one digit behind the point, and an exponent outside of 10^-3 to 10^7.
pub(crate) fn double_to_string(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn integer(text: &str, expect: Option<i64>) {
        assert_eq!(parse_integer::<i64>(text), expect, "{text}");
    }

    #[test]
    fn integers_are_a_sign_and_digits_of_any_script() {
        integer("0", Some(0));
        integer("-42", Some(-42));
        integer("+7", Some(7));
        integer("\u{0663}", Some(3));
        integer("\u{FF11}\u{FF12}", Some(12));
        integer("9223372036854775807", Some(i64::MAX));
        integer("-9223372036854775808", Some(i64::MIN));
        integer("9223372036854775808", None);
        integer("", None);
        integer("-", None);
        integer("--1", None);
        integer("1_000", None);
        integer("1.0", None);
        assert_eq!(parse_integer::<i16>("32768"), None);
        assert_eq!(parse_integer::<i16>("-32768"), Some(i16::MIN));
    }

    #[track_caller]
    fn double(text: &str, expect: &str) {
        assert_eq!(parse_double(text).map_or_else(|| "none".to_owned(), double_to_string), expect, "{text}");
    }

    #[test]
    fn doubles_are_read_and_printed_as_java_does() {
        double("1", "1.0");
        double("-0", "-0.0");
        double(".5", "0.5");
        double("5.", "5.0");
        double("1f", "1.0");
        double("1e3D", "1000.0");
        double("1e400", "Infinity");
        double("-Infinity", "-Infinity");
        double("NaN", "NaN");
        double("0.001", "0.001");
        double("0.0001", "1.0E-4");
        double("9999999", "9999999.0");
        double("10000000", "1.0E7");
        double("2147483648", "2.147483648E9");
        for text in ["", ".", "e5", "inf", "nan", "infinity", "1L", "--1", "+-1", "1_0", "f"] {
            double(text, "none");
        }
    }
}
