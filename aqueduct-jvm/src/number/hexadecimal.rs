//! Hexadecimal floating-point numbers, such as `0x1.8p3`, from behind the `0x`.

/// A positive number `significand × 2^exponent`, a little more if `more` says so.
#[derive(Debug, Clone, Copy)]
struct Hexadecimal {
    significand: u64,
    exponent: i64,
    /// Digits that did not fit, not all of them zero, follow the significand.
    more: bool,
}

/// The nearest double.
pub(super) fn double(text: &str) -> Option<f64> {
    Some(f64::from_bits(read(text)?.bits(52, 1023)))
}

/// The nearest float.
pub(super) fn float(text: &str) -> Option<f32> {
    let bits = read(text)?.bits(23, 127);
    u32::try_from(bits).ok().map(f32::from_bits)
}

/// Digits with a point, `p`, an exponent, and perhaps a suffix.
fn read(text: &str) -> Option<Hexadecimal> {
    let text = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    if before.is_empty() && behind.is_empty() {
        return None;
    }
    let mut number = Hexadecimal { significand: 0, exponent: read_exponent(exponent)?, more: false };
    for (digit, fraction) in before.chars().map(|c| (c, false)).chain(behind.chars().map(|c| (c, true))) {
        let value = u64::from(digit.to_digit(16)?);
        if number.significand >> 60 == 0 {
            number.significand = number.significand << 4 | value;
            number.exponent = number.exponent.saturating_sub(if fraction { 4 } else { 0 });
        } else {
            number.more |= value != 0;
            number.exponent = number.exponent.saturating_add(if fraction { 0 } else { 4 });
        }
    }
    Some(number)
}

/// A sign and decimal digits; what does not fit is as good as infinite.
fn read_exponent(text: &str) -> Option<i64> {
    /// Beyond what any number of digits that fits into memory could make up for.
    const LIMIT: i64 = 1 << 60;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for c in digits.chars() {
        value = (value * 10 + i64::from(c.to_digit(10)?)).min(LIMIT / 16);
    }
    Some(if text.starts_with('-') { -value } else { value })
}

impl Hexadecimal {
    /// The nearest number in a format with so many bits behind the point, and with this bias.
    fn bits(self, fraction_bits: u32, bias: i64) -> u64 {
        if self.significand == 0 {
            return 0;
        }
        let infinity = (2 * bias as u64 + 1) << fraction_bits;
        // As a number between 2^63 and 2^64.
        let shift = self.significand.leading_zeros();
        let significand = self.significand << shift;
        let exponent = self.exponent.saturating_add(63 - i64::from(shift));
        if exponent > bias {
            return infinity;
        }
        // Numbers below the smallest normal one have fewer bits.
        let missing = (1 - bias - exponent).max(0);
        let drop = 63 - i64::from(fraction_bits) + missing;
        if drop > 64 {
            return 0;
        }
        let (kept, rest) = match u32::try_from(drop) {
            Ok(64) | Err(_) => (0, significand),
            Ok(drop) => (significand >> drop, significand << (64 - drop)),
        };
        let half = 1 << 63;
        let up = rest > half || (rest == half && (self.more || kept & 1 == 1));
        // The leading bit of a normal number counts one up in the exponent, as a carry does.
        let base = if missing > 0 { 0 } else { (exponent + bias - 1) as u64 };
        (base << fraction_bits) + kept + u64::from(up)
    }
}
