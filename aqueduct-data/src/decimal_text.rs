//! Decimals as text: read as Java's constructor of `BigDecimal` reads them, written as its `toString` does.

use std::fmt;
use std::str::FromStr;

use num_bigint::{BigInt, Sign};
use num_traits::Signed;

use crate::{DataError, DataErrorKind, Decimal};

/// Up to this many characters Java reads a number on a path of its own, which has other messages.
const COMPACT: usize = 18;

/// More digits than this, without leading zeros, are no exponent.
const EXPONENT_DIGITS: usize = 10;

/// As `java.math.BigDecimal(String)` reads it: digits with a point and an exponent where wanted, and nothing else, not
/// even spaces. Digits of any script count.
impl FromStr for Decimal {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let (sign, unsigned) = match text.as_bytes().first() {
            // Java stumbles over its array's end here and gives no message.
            None => return Err(error("")),
            Some(b'-') => (Sign::Minus, &text[1..]),
            Some(b'+') => (Sign::Plus, &text[1..]),
            Some(_) => (Sign::Plus, text),
        };
        let mut digits = Vec::with_capacity(unsigned.len());
        let mut point = false;
        let mut scale: i64 = 0;
        for (at, c) in unsigned.char_indices() {
            if let Some(digit) = digit_of(c) {
                digits.push(digit);
                scale += i64::from(point);
            } else if c == '.' {
                if point {
                    return Err(error("Character array contains more than one decimal point."));
                }
                point = true;
            } else if matches!(c, 'e' | 'E') {
                let exponent = parse_exponent(&unsigned[at + 1..])?;
                if i32::try_from(exponent).is_err() {
                    return Err(error("Exponent overflow."));
                }
                scale -= exponent;
                break;
            } else {
                return Err(unexpected(c, unsigned));
            }
        }
        if digits.is_empty() {
            return Err(error("No digits found."));
        }
        let scale = i32::try_from(scale).map_err(|_| error("Scale out of range."))?;
        Ok(Self::new(unscaled(sign, &digits), scale))
    }
}

/// The number of these digits. Most are short, and a machine word gathers those faster.
fn unscaled(sign: Sign, digits: &[u8]) -> BigInt {
    if digits.len() <= COMPACT {
        let value = digits.iter().fold(0, |value: i64, &digit| value * 10 + i64::from(digit));
        return BigInt::from(if sign == Sign::Minus { -value } else { value });
    }
    BigInt::from_radix_be(sign, digits, 10).expect("every digit is below ten")
}

fn error(message: impl Into<String>) -> DataError {
    DataError::new(DataErrorKind::NumberFormat, message)
}

fn unexpected(c: char, unsigned: &str) -> DataError {
    if unsigned.encode_utf16().count() <= COMPACT {
        error(format!(
            "Character {c} is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
        ))
    } else {
        error("Character array is missing \"e\" notation exponential mark.")
    }
}

/// The exponent after its mark.
fn parse_exponent(text: &str) -> Result<i64, DataError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        // The array's end again.
        return Err(error(""));
    }
    let count = digits.encode_utf16().count();
    let superfluous = count.saturating_sub(EXPONENT_DIGITS);
    let zeros = digits.chars().take(superfluous).take_while(|&c| digit_of(c) == Some(0)).count();
    if zeros < superfluous {
        return Err(error("Too many nonzero exponent digits."));
    }
    let value = digits.chars().skip(zeros).try_fold(0i64, |value, c| Some(value * 10 + i64::from(digit_of(c)?)));
    let value = value.ok_or_else(|| error("Not a digit."))?;
    Ok(if negative { -value } else { value })
}

/// The zeros of the scripts whose decimal digits Java knows in a single `char`; the other nine follow each.
const ZEROS: [u16; 37] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

/// The value of a decimal digit of any script (`Character.digit(c, 10)`).
pub(crate) fn digit_of(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let unit = u16::try_from(u32::from(c)).ok()?;
    let zero = ZEROS[ZEROS.partition_point(|&zero| zero <= unit).checked_sub(1)?];
    u8::try_from(unit - zero).ok().filter(|&digit| digit < 10)
}

/// As `BigDecimal.toString` writes it: with an exponent when the scale is negative or the number very small.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.unscaled().magnitude().to_str_radix(10);
        let sign = if self.unscaled().is_negative() { "-" } else { "" };
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let adjusted = length - 1 - i64::from(self.scale());
        if self.scale() >= 0 && adjusted >= -6 {
            return write_plain(f, sign, &digits, self.scale());
        }
        let (first, rest) = digits.split_at(1);
        write!(f, "{sign}{first}")?;
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        if adjusted != 0 {
            write!(f, "E{adjusted:+}")?;
        }
        Ok(())
    }
}

impl Decimal {
    /// The number without an exponent (`toPlainString`). As long as the scale says, which may be very long.
    pub fn to_plain_string(&self) -> String {
        let mut digits = self.unscaled().magnitude().to_str_radix(10);
        let sign = if self.unscaled().is_negative() { "-" } else { "" };
        let mut text = String::new();
        let scale = if self.scale() < 0 {
            if digits != "0" {
                digits.extend(std::iter::repeat_n('0', self.scale().unsigned_abs() as usize));
            }
            0
        } else {
            self.scale()
        };
        write_plain(&mut text, sign, &digits, scale).expect("a string takes every text");
        text
    }
}

/// Digits with the decimal point where a scale that is not negative puts it.
fn write_plain(out: &mut impl fmt::Write, sign: &str, digits: &str, scale: i32) -> fmt::Result {
    let scale = scale.unsigned_abs() as usize;
    match digits.len().checked_sub(scale) {
        _ if scale == 0 => write!(out, "{sign}{digits}"),
        Some(point) if point > 0 => write!(out, "{sign}{}.{}", &digits[..point], &digits[point..]),
        _ => write!(out, "{sign}0.{digits:0>scale$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_scale() {
        for (text, unscaled, scale) in [
            ("0", 0, 0),
            ("-0.0", 0, 1),
            ("+1.50", 150, 2),
            ("5.", 5, 0),
            (".5", 5, 1),
            ("1e3", 1, -3),
            ("1.5E-10", 15, 11),
            ("00012", 12, 0),
            ("1e+0000000000000003", 1, -3),
            ("٣.١", 31, 1),
            ("12345678901234567890123", 12_345_678_901_234_567_890_123_i128, 0),
            ("1e2147483647", 1, -2_147_483_647),
        ] {
            assert_eq!(text.parse(), Ok(Decimal::new(unscaled.into(), scale)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        let neither = |c: char| {
            format!(
                "Character {c} is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
            )
        };
        let missing = "Character array is missing \"e\" notation exponential mark.".to_owned();
        for (text, message) in [
            ("", String::new()),
            ("+", "No digits found.".into()),
            (".", "No digits found.".into()),
            ("e5", "No digits found.".into()),
            ("1.2.3", "Character array contains more than one decimal point.".into()),
            ("1e", String::new()),
            ("1e-", String::new()),
            ("1e5x", "Not a digit.".into()),
            ("1e99999999999", "Too many nonzero exponent digits.".into()),
            ("1e9999999999", "Exponent overflow.".into()),
            ("0.1e-2147483647", "Scale out of range.".into()),
            ("--1", neither('-')),
            ("1_000", neither('_')),
            (" 5", neither(' ')),
            ("2024-01-02T03:04:05.678Z", missing),
        ] {
            let error = text.parse::<Decimal>().unwrap_err();
            assert_eq!((error.kind(), error.message()), (DataErrorKind::NumberFormat, &*message), "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_java_does() {
        for (unscaled, scale, text, plain) in [
            (0, 0, "0", "0"),
            (0, 2, "0.00", "0.00"),
            (0, -2, "0E+2", "0"),
            (0, 8, "0E-8", "0.00000000"),
            (125, 2, "1.25", "1.25"),
            (-125, 3, "-0.125", "-0.125"),
            (-5, 3, "-0.005", "-0.005"),
            (1, 6, "0.000001", "0.000001"),
            (1, 7, "1E-7", "0.0000001"),
            (12, 8, "1.2E-7", "0.00000012"),
            (1, -3, "1E+3", "1000"),
            (-12, -3, "-1.2E+4", "-12000"),
            (12, 0, "12", "12"),
        ] {
            let decimal = Decimal::new(unscaled.into(), scale);
            assert_eq!((&*decimal.to_string(), &*decimal.to_plain_string()), (text, plain));
        }
    }

    #[test]
    fn digits_of_every_script_count() {
        for (c, digit) in [('0', Some(0)), ('9', Some(9)), ('/', None), (':', None), ('٣', Some(3)), ('９', Some(9))]
        {
            assert_eq!(digit_of(c), digit, "{c}");
        }
        assert_eq!(digit_of('²'), None);
        assert_eq!(digit_of('𝟎'), None, "not a single char in Java");
    }
}
