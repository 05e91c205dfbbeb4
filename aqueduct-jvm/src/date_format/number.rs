//! Reads whole numbers as Java's `DecimalFormat` for integers does (`NumberFormat.getIntegerInstance`, without groups).

use crate::number::digit_value;

/// More digits before the point than a number of 64 bits has.
const LONG_DIGITS: i64 = 19;

/// The number at a place in a text, and where it ends; none if there is no number.
///
/// Digits are those of any script, an exponent behind `E` counts, and what does not fit is narrowed as Java's
/// `Number.intValue` narrows it: whole numbers of 64 bits to their low half, others to the nearest end.
pub(super) fn read(text: &[u16], at: usize) -> Option<(i32, usize)> {
    const NAN: [u16; 3] = [0x4E, 0x61, 0x4E];
    const INFINITY: u16 = 0x221E;
    if text.get(at..)?.starts_with(&NAN) {
        return Some((0, at + NAN.len()));
    }
    let negative = text.get(at) == Some(&u16::from(b'-'));
    let start = at + usize::from(negative);
    if text.get(start) == Some(&INFINITY) {
        return Some((if negative { i32::MIN } else { i32::MAX }, start + 1));
    }
    let digits_end = digits(text, start)?;
    let mut end = digits_end;
    let mut exponent = 0;
    if text.get(end) == Some(&u16::from(b'E')) {
        let sign = text.get(end + 1) == Some(&u16::from(b'-'));
        let first = end + 1 + usize::from(sign);
        if let Some(behind) = digits(text, first) {
            // An exponent that is no number of 64 bits is none.
            if let Some(value) = value(&text[first..behind]).filter(|value| *value <= i64::MAX.into()) {
                exponent = if sign { narrow(value).wrapping_neg() } else { narrow(value) };
                end = behind;
            }
        }
    }
    Some((scaled(&text[start..digits_end], exponent, negative), end))
}

fn digit(unit: u16) -> Option<u32> {
    digit_value(char::from_u32(unit.into())?)
}

/// Where the digits at a place end; none if there are none.
fn digits(text: &[u16], at: usize) -> Option<usize> {
    let count = text.get(at..)?.iter().take_while(|unit| digit(**unit).is_some()).count();
    (count > 0).then_some(at + count)
}

/// The value of digits, up to what 128 bits hold.
fn value(digits: &[u16]) -> Option<i128> {
    digits.iter().try_fold(0_i128, |value, unit| value.checked_mul(10)?.checked_add(digit(*unit)?.into()))
}

#[expect(clippy::cast_possible_truncation, reason = "Java narrows whole numbers this way")]
fn narrow(value: i128) -> i32 {
    value as i32
}

fn scaled(digits: &[u16], exponent: i32, negative: bool) -> i32 {
    let signed = |value: i128| if negative { -value } else { value };
    let limit = i128::from(i64::MAX) + i128::from(negative);
    if exponent == 0
        && let Some(value) = value(digits)
    {
        return if value <= limit { narrow(signed(value)) } else { saturated(negative) };
    }
    let zeros = digits.iter().take_while(|unit| digit(**unit) == Some(0)).count();
    let digits: Vec<u32> = digits[zeros..].iter().filter_map(|unit| digit(*unit)).collect();
    let used = digits.iter().rposition(|digit| *digit > 0).map_or(0, |last| last + 1);
    let before_point = i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_add(exponent.into());
    if used == 0 || before_point <= 0 {
        return 0;
    }
    if before_point > LONG_DIGITS {
        return saturated(negative);
    }
    // What is behind the point is cut off.
    let digit_at = |at: i64| usize::try_from(at).ok().and_then(|at| digits.get(at)).copied().unwrap_or(0);
    let value = (0..before_point).fold(0_i128, |value, at| value * 10 + i128::from(digit_at(at)));
    let whole = i64::try_from(used).is_ok_and(|used| used <= before_point);
    if whole && value <= limit {
        return narrow(signed(value));
    }
    // A number with a fraction is narrowed as a floating-point number.
    i32::try_from(signed(value)).unwrap_or_else(|_| saturated(negative))
}

fn saturated(negative: bool) -> i32 {
    if negative { i32::MIN } else { i32::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(i32, usize)>) {
        let units: Vec<u16> = text.encode_utf16().collect();
        assert_eq!(read(&units, 0), expect, "{text}");
    }

    #[test]
    fn numbers_are_read_and_narrowed_as_by_java() {
        check("12x", Some((12, 2)));
        check("-12", Some((-12, 3)));
        check("+12", None);
        check("--1", None);
        check("", None);
        check("-", None);
        check("٢٠٢٤", Some((2024, 4)));
        check("1,000", Some((1, 1)));
        check("1.5", Some((1, 1)));
        check("1e3", Some((1, 1)));
        check("1E3", Some((1000, 3)));
        check("1E-", Some((1, 1)));
        check("12345E-2", Some((123, 8)));
        check("0E99999999999", Some((0, 13)));
        check("1E99999999999999999999", Some((1, 1)));
        check("NaN", Some((0, 3)));
        check("∞", Some((i32::MAX, 1)));
        check("-∞", Some((i32::MIN, 2)));
        check("99999999999", Some((1_215_752_191, 11)));
        check("9223372036854775807", Some((-1, 19)));
        check("9223372036854775808", Some((i32::MAX, 19)));
        check("-9223372036854775808", Some((0, 20)));
        check("-9223372036854775809", Some((i32::MIN, 20)));
        check(&"9".repeat(500), Some((i32::MAX, 500)));
        check(&format!("{}7", "0".repeat(500)), Some((7, 501)));
        check("1E19", Some((i32::MAX, 4)));
        check("1E18", Some((narrow(1_000_000_000_000_000_000), 4)));
    }
}
