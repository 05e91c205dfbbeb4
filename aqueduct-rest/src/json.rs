//! Prints JSON with the bytes that Java's printer would give: no spaces, text as UTF-8, escapes in upper case,
//! floating-point numbers as Java writes them.

use std::io;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};

/// The JSON text of a value.
pub(crate) fn to_bytes(value: &impl Serialize) -> Bytes {
    let mut text = Vec::with_capacity(128);
    value
        .serialize(&mut Serializer::with_formatter(&mut text, JavaFormat))
        .expect("answers have text keys, and a vector takes every byte");
    text.into()
}

struct JavaFormat;

impl Formatter for JavaFormat {
    fn write_char_escape<W: io::Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        let text = match escape {
            CharEscape::Quote => "\\\"",
            CharEscape::ReverseSolidus => "\\\\",
            CharEscape::Solidus => "/",
            CharEscape::Backspace => "\\b",
            CharEscape::FormFeed => "\\f",
            CharEscape::LineFeed => "\\n",
            CharEscape::CarriageReturn => "\\r",
            CharEscape::Tab => "\\t",
            CharEscape::AsciiControl(byte) => return write!(writer, "\\u{byte:04X}"),
        };
        writer.write_all(text.as_bytes())
    }

    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        write_float(writer, &format!("{value:e}"))
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write_float(writer, &format!("{value:e}"))
    }
}

/// Writes a finite number, given with its shortest digits and an exponent: plain from 0.001 up to 10⁷, else with an
/// exponent; always with a digit after the point.
fn write_float<W: io::Write + ?Sized>(writer: &mut W, scientific: &str) -> io::Result<()> {
    let (number, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let digits: String = number.chars().filter(|c| *c != '.').collect();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if digits == "0" {
        return write!(writer, "{sign}0.0");
    }
    // Where the point stands among the digits.
    let point = exponent + 1;
    match usize::try_from(point) {
        Ok(0) | Err(_) if point > -3 => {
            write!(writer, "{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
        }
        Ok(point @ 1..=7) if point < digits.len() => {
            let (whole, fraction) = digits.split_at(point);
            write!(writer, "{sign}{whole}.{fraction}")
        }
        Ok(point @ 1..=7) => write!(writer, "{sign}{digits:0<point$}.0"),
        _ => {
            let (first, fraction) = digits.split_at(1);
            let fraction = if fraction.is_empty() { "0" } else { fraction };
            write!(writer, "{sign}{first}.{fraction}E{exponent}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Serialize, expect: &str) {
        assert_eq!(String::from_utf8(to_bytes(&value).to_vec()).unwrap(), expect);
    }

    #[test]
    fn text_is_escaped_as_java_does() {
        check("a\"\\/\u{8}\u{c}\n\r\t", r#""a\"\\/\b\f\n\r\t""#);
        check("\u{1}\u{1f}\u{7f}é€😀", "\"\\u0001\\u001F\u{7f}é€😀\"");
    }

    #[test]
    fn floats_are_written_as_java_does() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (100.0, "100.0"),
            (123.456, "123.456"),
            (0.001, "0.001"),
            (0.0125, "0.0125"),
            (0.5, "0.5"),
            (0.000_999, "9.99E-4"),
            (1_234_567.0, "1234567.0"),
            (9_999_999.5, "9999999.5"),
            (10_000_000.0, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (1e21, "1.0E21"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        ];
        for (value, expect) in cases {
            check(value, expect);
        }
        check(0.1_f32, "0.1");
        check(1.5e10_f32, "1.5E10");
    }
}
