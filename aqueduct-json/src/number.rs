//! What Java makes of a JSON number: integers of any width, floats and decimals.
//!
//! The texts are numbers as the parser checked them. Integers wrap as Java's narrowing does, fractions are cut off.

use aqueduct_data::Decimal;
use num_bigint::BigInt;

/// A number's text in its parts.
struct Parts<'a> {
    negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    exponent: Option<&'a [u8]>,
}

fn parts(text: &[u8]) -> Parts<'_> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.iter().position(|byte| byte | 0x20 == b'e') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (integer, fraction) = match mantissa.iter().position(|&byte| byte == b'.') {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &[][..]),
    };
    Parts { negative, integer, fraction, exponent }
}

/// The value of digits, of which only the lowest 64 bits are kept.
fn wrapping(start: u64, digits: &[u8]) -> u64 {
    digits.iter().fold(start, |value, &digit| value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
}

/// The value of the digits that a text starts with, behind those before, and how many they are. With more than 19 digits in
/// all only the lowest 64 bits are right.
#[inline]
pub(crate) fn leading_digits(before: u64, text: &[u8]) -> (u64, usize) {
    let (mut value, mut count) = (before, 0);
    if let Some(eight) = text.first_chunk().and_then(|chunk| eight_digits(*chunk)) {
        value = value.wrapping_mul(100_000_000).wrapping_add(eight);
        count = 8;
    }
    while let Some(digit @ b'0'..=b'9') = text.get(count) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        count += 1;
    }
    (value, count)
}

/// The value of eight digits, all at once: neighbours become numbers of two digits, those of four, and those of eight. None
/// when one of them is no digit.
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    let word = u64::from_le_bytes(text);
    // The high half of a digit is 3, and stays so when 6 is added.
    let is_three = |word: u64| word & 0xf0f0_f0f0_f0f0_f0f0 == 0x3030_3030_3030_3030;
    if !is_three(word) || !is_three(word.wrapping_add(0x0606_0606_0606_0606)) {
        return None;
    }
    let ones = word & 0x0f0f_0f0f_0f0f_0f0f;
    let twos = (ones.wrapping_mul(10) + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos.wrapping_mul(100) + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff)
}

/// The double nearest to a number of so many digits, of which so many are a fraction; none for more digits than a double
/// certainly holds. Both the digits and the power of ten are doubles then, and to divide them rounds once.
#[inline]
pub(crate) fn few_digits(digits: u64, count: usize, fraction: usize) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let power = POWERS.get(fraction)?;
    (count < POWERS.len()).then(|| digits as f64 / power)
}

fn signed(negative: bool, value: u64) -> i64 {
    let value = value as i64;
    if negative { value.wrapping_neg() } else { value }
}

/// The lowest 64 bits of an integer.
#[inline]
pub(crate) fn integer(text: &[u8]) -> i64 {
    match text {
        [b'-', digits @ ..] => signed(true, wrapping(0, digits)),
        digits => signed(false, wrapping(0, digits)),
    }
}

/// The lowest 64 bits of what is left of a number without its fraction.
pub(crate) fn truncated(text: &[u8]) -> i64 {
    let Parts { negative, integer, fraction, exponent } = parts(text);
    let scale = fraction.len() as i64 - exponent_value(exponent);
    let digits = (integer.len() + fraction.len()) as i64;
    // From the 64th power of ten on all 64 bits are zero.
    if scale >= digits || scale <= -64 {
        return 0;
    }
    let kept = (digits - scale.max(0)) as usize;
    let in_integer = kept.min(integer.len());
    let mut value = wrapping(0, &integer[..in_integer]);
    value = wrapping(value, &fraction[..kept - in_integer]);
    for _ in scale..0 {
        value = value.wrapping_mul(10);
    }
    signed(negative, value)
}

/// Whether an integer fits in 32 bits.
pub(crate) fn fits_i32(text: &[u8]) -> bool {
    as_str(text).parse::<i32>().is_ok()
}

/// The nearest double. A decimal zero has no sign.
pub(crate) fn float64(text: &[u8]) -> f64 {
    let value = as_str(text).parse().unwrap_or(f64::NAN);
    if value == 0.0 && is_zero(text) { 0.0 } else { value }
}

/// The nearest float. A decimal zero has no sign.
pub(crate) fn float32(text: &[u8]) -> f32 {
    let value = as_str(text).parse().unwrap_or(f32::NAN);
    if value == 0.0 && is_zero(text) { 0.0 } else { value }
}

/// The number as it is written: trailing zeros count.
pub(crate) fn decimal(text: &[u8]) -> Decimal {
    let Parts { negative, integer, fraction, exponent } = parts(text);
    let mut digits = Vec::with_capacity(text.len() + 1);
    if negative {
        digits.push(b'-');
    }
    digits.extend_from_slice(integer);
    digits.extend_from_slice(fraction);
    let unscaled = BigInt::parse_bytes(&digits, 10).unwrap_or_default();
    let scale = fraction.len() as i64 - exponent_value(exponent);
    Decimal::new(unscaled, scale as i32)
}

/// Whether `java.math.BigDecimal` can hold a number with this exponent; else the reason that Java gives.
pub(crate) fn check_exponent(text: &[u8]) -> Result<(), &'static str> {
    if text.iter().all(|byte| byte | 0x20 != b'e') {
        return Ok(());
    }
    let Parts { fraction, exponent, .. } = parts(text);
    let digits = exponent.unwrap_or_default();
    let digits = digits.strip_prefix(b"+").or_else(|| digits.strip_prefix(b"-")).unwrap_or(digits);
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    if digits.len() - zeros > 10 {
        return Err("Too many nonzero exponent digits.");
    }
    let value = exponent_value(exponent);
    if i32::try_from(value).is_err() {
        return Err("Exponent overflow.");
    }
    match i32::try_from(fraction.len() as i64 - value) {
        Ok(_) => Ok(()),
        Err(_) => Err("Scale out of range."),
    }
}

/// A number's text as Jackson keeps it, sign apart.
pub(crate) fn without_leading_zeros(text: &[u8]) -> &[u8] {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    match digits.get(zeros) {
        Some(b'0'..=b'9') => &digits[zeros..],
        _ => &digits[zeros.saturating_sub(1)..],
    }
}

fn exponent_value(exponent: Option<&[u8]>) -> i64 {
    match exponent {
        None => 0,
        Some([b'-', digits @ ..]) => signed(true, wrapping(0, digits)),
        Some([b'+', digits @ ..] | digits) => signed(false, wrapping(0, digits)),
    }
}

fn is_zero(text: &[u8]) -> bool {
    let Parts { integer, fraction, .. } = parts(text);
    integer.iter().chain(fraction).all(|&digit| digit == b'0')
}

fn as_str(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("the parser lets only ASCII into numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap() {
        for (text, expect) in [
            ("0", 0),
            ("-0", 0),
            ("-007", -7),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775808", i64::MIN),
            ("-9223372036854775809", i64::MAX),
            ("123456789012345678901234567890", -4_362_896_299_872_285_998),
        ] {
            assert_eq!(integer(text.as_bytes()), expect, "{text}");
            assert_eq!(truncated(text.as_bytes()), expect, "{text}");
        }
    }

    #[test]
    fn digits_are_read_up_to_what_is_none() {
        for length in 0..20 {
            let digits = &"98765432101234567899"[..length];
            for behind in ["", ".5", "x", "/0000000", ":00000000", "\u{b0}0000000"] {
                let text = format!("{digits}{behind}");
                let expect =
                    digits.bytes().fold(0u64, |n, digit| n.wrapping_mul(10).wrapping_add((digit - b'0').into()));
                assert_eq!(leading_digits(0, text.as_bytes()), (expect, length), "{text}");
            }
        }
        assert_eq!(leading_digits(12, b"00000345"), (1_200_000_345, 8));
        for (place, byte) in (0..8).flat_map(|place| (0..=255u8).map(move |byte| (place, byte))) {
            let mut text = *b"12345678";
            text[place] = byte;
            assert_eq!(eight_digits(text).is_some(), byte.is_ascii_digit(), "{byte} at {place}");
        }
    }

    #[test]
    fn fractions_are_cut_off() {
        for (text, expect) in [
            ("1.5", 1),
            ("-1.9", -1),
            ("1e2", 100),
            ("1.234e2", 123),
            ("1.234e1", 12),
            ("12.5e-1", 1),
            ("12.5e-2", 0),
            ("1E-5", 0),
            ("1e400", 0),
            ("1.5e63", 15u64.wrapping_mul(10u64.wrapping_pow(62)) as i64),
            ("1e2147483647", 0),
        ] {
            assert_eq!(truncated(text.as_bytes()), expect, "{text}");
        }
    }

    #[test]
    fn only_what_rounds_to_zero_keeps_its_sign() {
        for (text, expect) in [("-0", 0u64), ("-0.0", 0), ("-0.00e5", 0), ("-1e-400", 1 << 63), ("1e-400", 0)] {
            assert_eq!(float64(text.as_bytes()).to_bits(), expect, "{text}");
            assert_eq!(u64::from(float32(text.as_bytes()).to_bits()) << 32, expect, "{text}");
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        for (text, unscaled, scale) in
            [("5", 5, 0), ("-1.10", -110, 2), ("1e2", 1, -2), ("1E-7", 1, 7), ("1.5e+3", 15, -2), ("007.0", 70, 1)]
        {
            assert_eq!(decimal(text.as_bytes()), Decimal::new(unscaled.into(), scale), "{text}");
        }
    }

    #[test]
    fn exponents_have_javas_limits() {
        for (text, expect) in [
            ("1e2147483647", Ok(())),
            ("1e2147483648", Err("Exponent overflow.")),
            ("1e-2147483647", Ok(())),
            ("1e-2147483648", Err("Scale out of range.")),
            ("1.5e-2147483647", Err("Scale out of range.")),
            ("0e99999999999", Err("Too many nonzero exponent digits.")),
            ("1e00000000000000001", Ok(())),
        ] {
            assert_eq!(check_exponent(text.as_bytes()), expect, "{text}");
        }
    }
}
