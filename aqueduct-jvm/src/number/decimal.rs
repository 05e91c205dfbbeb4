//! `Double.parseDouble` and `Float.parseFloat`.
//!
//! A sign, decimal digits with a point, an exponent and a suffix, or hexadecimal notation; blanks and control characters
//! around it are left out. The value is the nearest one, ties going to the even.

use super::{NumberFormatError, hexadecimal};

/// `Double.parseDouble`.
///
/// # Errors
/// When the text is no number.
///
/// ```
/// use aqueduct_jvm::number::parse_double;
///
/// assert_eq!(parse_double(" 1.5e3d\n"), Ok(1500.0));
/// assert_eq!(parse_double("0x1.8p1"), Ok(3.0));
/// assert_eq!(parse_double("1,5").unwrap_err().to_string(), "For input string: \"1,5\"");
/// ```
pub fn parse_double(text: &str) -> Result<f64, NumberFormatError> {
    parse(text, f64::NAN, f64::INFINITY, hexadecimal::double)
}

/// `Float.parseFloat`.
///
/// # Errors
/// When the text is no number.
pub fn parse_float(text: &str) -> Result<f32, NumberFormatError> {
    parse(text, f32::NAN, f32::INFINITY, hexadecimal::float)
}

fn parse<T>(
    text: &str,
    nan: T,
    infinity: T,
    hexadecimal: impl FnOnce(&str) -> Option<T>,
) -> Result<T, NumberFormatError>
where
    T: std::str::FromStr + std::ops::Neg<Output = T>,
{
    let text = text.trim_matches(|c| c <= ' ');
    if text.is_empty() {
        return Err(NumberFormatError { message: "empty String".into() });
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value = match unsigned {
        "NaN" => Some(nan),
        "Infinity" => Some(infinity),
        _ if unsigned.starts_with("0x") || unsigned.starts_with("0X") => hexadecimal(&unsigned[2..]),
        _ => {
            let digits = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
            // What is left is a subset of what Rust reads; its names of infinity and others are not in it.
            let plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            let signed = digits.starts_with(['+', '-']);
            if plain && !signed { digits.parse().ok() } else { None }
        }
    };
    let value = value.ok_or_else(|| {
        let digits_and_points = unsigned.bytes().take_while(|&byte| byte.is_ascii_digit() || byte == b'.');
        if digits_and_points.filter(|&byte| byte == b'.').count() > 1 {
            return NumberFormatError { message: "multiple points".into() };
        }
        NumberFormatError::of_text(text)
    })?;
    Ok(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{java_f32, java_f64};

    #[track_caller]
    fn check(text: &str, double: &str, float: &str) {
        let printed = parse_double(text).map(|n| java_f64(n).as_str().to_owned());
        assert_eq!(printed.unwrap_or_else(|error| error.to_string()), double, "{text:?}");
        let printed = parse_float(text).map(|n| java_f32(n).as_str().to_owned());
        assert_eq!(printed.unwrap_or_else(|error| error.to_string()), float, "{text:?}");
    }

    #[test]
    fn decimal_numbers_are_read_as_java_reads_them() {
        for (text, both) in [
            ("1", "1.0"),
            ("-0", "-0.0"),
            ("+1.5", "1.5"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("1f", "1.0"),
            ("1.D", "1.0"),
            ("1e3D", "1000.0"),
            ("1E+03", "1000.0"),
            ("  7\t\n\0", "7.0"),
            ("1e400", "Infinity"),
            ("-1e400", "-Infinity"),
            ("1e-400", "0.0"),
            ("1e99999999999999999999", "Infinity"),
            ("0e99999999999999999999", "0.0"),
            ("1e-99999999999999999999", "0.0"),
            ("-Infinity", "-Infinity"),
            ("+NaN", "NaN"),
            ("00000000000000000000000000001", "1.0"),
        ] {
            check(text, both, both);
        }
        check("0.1", "0.1", "0.1");
        check("1e39", "1.0E39", "Infinity");
        check("3.4028236e38", "3.4028236E38", "Infinity");
        check("1.17549429e-38", "1.17549429E-38", "1.17549435E-38");
        // Rounding twice, to double and then to float, would give 16777218.
        check("16777217.0000000000001", "1.6777217E7", "1.6777218E7");
    }

    #[test]
    fn what_is_no_number_is_named() {
        for text in [
            ".", "e5", ".e5", "1e", "1e+", "inf", "nan", "infinity", "1L", "--1", "+-1", "1_0", "f", "+", "1ff", "NaNf",
        ] {
            let message = format!("For input string: \"{text}\"");
            check(text, &message, &message);
            check(&format!(" {text} "), &message, &message);
        }
        check("", "empty String", "empty String");
        check(" \t", "empty String", "empty String");
        check("1.0.0", "multiple points", "multiple points");
        check("-..x", "multiple points", "multiple points");
        check("1.x.", "For input string: \"1.x.\"", "For input string: \"1.x.\"");
        check("\u{A0}1", "For input string: \"\u{A0}1\"", "For input string: \"\u{A0}1\"");
        check("\u{0661}", "For input string: \"\u{0661}\"", "For input string: \"\u{0661}\"");
    }

    #[test]
    fn hexadecimal_numbers_need_an_exponent() {
        for (text, both) in [
            ("0x1p0", "1.0"),
            ("0X1.8P1", "3.0"),
            ("-0x.8p1f", "-1.0"),
            ("0x1.p-1", "0.5"),
            ("0x0p99999999999999999999", "0.0"),
            ("-0x0p0", "-0.0"),
            ("0x1p99999999999999999999", "Infinity"),
            ("0x1p-99999999999999999999D", "0.0"),
            ("0x00000000000000000000000001p0", "1.0"),
        ] {
            check(text, both, both);
        }
        check("0x1p-1074", "4.9E-324", "0.0");
        check("0x1p-1075", "0.0", "0.0");
        check("0x1.00000000000000000000001p-1075", "4.9E-324", "0.0");
        check("0x1.8p-149", "2.1019476964872256E-45", "2.8E-45");
        check("0x1.fffffffffffff8p1023", "Infinity", "Infinity");
        check("0x1.ffffffp127", "3.4028235677973366E38", "Infinity");
        check("0x1.fffffeffffp127", "3.4028235677957892E38", "3.4028235E38");
        check("0x1.00000000000008p0", "1.0", "1.0");
        check("0x1.00000000000008000000000000000001p0", "1.0000000000000002", "1.0");
        check("0x1.000001p0", "1.0000000596046448", "1.0");
        check("0x1.0000010000000000000001p0", "1.0000000596046448", "1.0000001");
        for text in ["0x", "0x1", "0xp1", "0x.p1", "0x1p", "0x1p+", "0xgp1", "0x1.2.3p1", "0x1p1L", "0x1p1ff"] {
            let message = format!("For input string: \"{text}\"");
            check(text, &message, &message);
        }
    }
}
