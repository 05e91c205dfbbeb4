//! Floating-point numbers as Java 17 prints them (`Double.toString`, `Float.toString`).
//!
//! Before Java 19 this was not always the shortest text that reads back as the same number: digits are developed until
//! what is left is less than half of the distance to the next number, with a distance that is too wide just below powers
//! of two, and with two digits at least where there is an exponent. Who compares texts, or the bytes of records, sees the
//! difference. The arithmetic is exact; the three widths in which it is done differ in how they treat a tie, as Java's do.

use num_bigint::BigUint;
use num_traits::{NumAssign, ToPrimitive};

/// The text of a number, on the stack.
///
/// ```
/// use aqueduct_jvm::number::{java_f32, java_f64};
///
/// assert_eq!(java_f64(1e10).as_str(), "1.0E10");
/// assert_eq!(java_f64(8.41e21).as_str(), "8.409999999999999E21");
/// assert_eq!(java_f32(0.1).as_str(), "0.1");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FloatText {
    bytes: [u8; 32],
    length: usize,
}

impl FloatText {
    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("digits are ASCII")
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }
}

/// The bits of a double's mantissa behind the point.
const FRACTION_BITS: i32 = 52;

/// The text of a double (`Double.toString`).
pub fn java_f64(n: f64) -> FloatText {
    let mut out = FloatText { bytes: [0; 32], length: 0 };
    if !write_short(n, &mut out) {
        write_developed(n, &mut out);
    }
    out
}

/// A double whose text has no exponent and up to three digits behind the point, as most numbers have that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FewDigits {
    /// Whether the text begins with a minus sign.
    pub is_negative: bool,
    /// What is before the point.
    pub whole: u32,
    /// The digits behind the point. Zeros at the end are left out of the text, but for the first of them all.
    pub fraction: [u8; 3],
}

/// The digits of a double, if they are few; none for others.
///
/// If a decimal number of so few digits is nearest to the double, and no shorter one is, then developing digits ends with
/// it, too: the rest is less than half of the distance to the next double.
#[inline]
pub fn few_digits(n: f64) -> Option<FewDigits> {
    let magnitude = n.abs();
    if !(1e-3..1e7).contains(&magnitude) {
        return None;
    }
    let is_negative = n.is_sign_negative();
    // Whole numbers and eighths have exactly so many digits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is below 10^8")]
    let eighths = (magnitude * 8.0) as u32;
    if f64::from(eighths) == magnitude * 8.0 {
        return Some(FewDigits::new(is_negative, u64::from(eighths) * 125));
    }
    // There is only one number of so few digits that is nearest, so it does not matter how it is found. The product is
    // rounded: with a smaller factor it may be exact where it was not with a larger one.
    let scaled = |power: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is below 10^10")]
        let scaled = (magnitude * power) as u64;
        (scaled as f64 == magnitude * power && scaled as f64 / power == magnitude).then_some(scaled)
    };
    let thousandths = scaled(1000.0).or_else(|| Some(scaled(10.0)? * 100)).or_else(|| Some(scaled(100.0)? * 10))?;
    Some(FewDigits::new(is_negative, thousandths))
}

impl FewDigits {
    #[inline]
    fn new(is_negative: bool, thousandths: u64) -> Self {
        let digit = |unit: u64| (thousandths / unit % 10) as u8;
        #[expect(clippy::cast_possible_truncation, reason = "it is below 10^7")]
        let whole = (thousandths / 1000) as u32;
        Self { is_negative, whole, fraction: [digit(100), digit(10), digit(1)] }
    }
}

fn write_short(n: f64, out: &mut FloatText) -> bool {
    let Some(FewDigits { is_negative, whole, fraction: [tenths, hundredths, thousandths] }) = few_digits(n) else {
        return false;
    };
    if is_negative {
        out.push(b'-');
    }
    out.extend(itoa::Buffer::new().format(whole).as_bytes());
    out.push(b'.');
    out.push(b'0' + tenths);
    if hundredths + thousandths > 0 {
        out.push(b'0' + hundredths);
    }
    if thousandths > 0 {
        out.push(b'0' + thousandths);
    }
    true
}

fn write_developed(n: f64, out: &mut FloatText) {
    let bits = n.to_bits();
    let exponent = i32::try_from((bits >> FRACTION_BITS) & 0x7FF).unwrap_or(0);
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let category = n.classify();
    write(out, category, n.is_sign_negative(), || Mantissa::unpack(fraction, exponent, FRACTION_BITS, 1023));
}

/// The text of a float (`Float.toString`).
pub fn java_f32(n: f32) -> FloatText {
    let bits = n.to_bits();
    let exponent = i32::try_from((bits >> 23) & 0xFF).unwrap_or(0);
    let fraction = u64::from(bits & ((1 << 23) - 1));
    let mut out = FloatText { bytes: [0; 32], length: 0 };
    write(&mut out, n.classify(), n.is_sign_negative(), || Mantissa::unpack(fraction, exponent, 23, 127));
    out
}

fn write(out: &mut FloatText, category: std::num::FpCategory, negative: bool, unpack: impl FnOnce() -> Mantissa) {
    use std::num::FpCategory::{Infinite, Nan, Normal, Subnormal, Zero};
    if negative && category != Nan {
        out.push(b'-');
    }
    match category {
        Nan => out.extend(b"NaN"),
        Infinite => out.extend(b"Infinity"),
        Zero => out.extend(b"0.0"),
        Normal | Subnormal => unpack().digits().write(out),
    }
}

/// A number as `bits × 2^(exponent - 52)`, where the bits are shifted up to a leading one at 2⁵².
#[derive(Debug, Clone, Copy)]
struct Mantissa {
    bits: u64,
    exponent: i32,
    /// So many of the bits the number's type really has.
    significant: i32,
}

/// Decimal digits, and how many of them are before the point; negative for zeros after it.
#[derive(Debug)]
struct Digits {
    digits: [u8; 24],
    count: usize,
    point: i32,
}

impl Mantissa {
    fn unpack(fraction: u64, exponent: i32, fraction_bits: i32, bias: i32) -> Self {
        let widen = FRACTION_BITS - fraction_bits;
        if exponent == 0 {
            let length = 64 - fraction.leading_zeros().cast_signed();
            let shift = fraction_bits + 1 - length;
            return Self { bits: fraction << (shift + widen), exponent: 1 - shift - bias, significant: length };
        }
        let bits = (fraction | (1 << fraction_bits)) << widen;
        Self { bits, exponent: exponent - bias, significant: fraction_bits + 1 }
    }

    fn digits(self) -> Digits {
        let trailing = self.bits.trailing_zeros().cast_signed();
        let bits_in_use = FRACTION_BITS + 1 - trailing;
        let behind_point = (bits_in_use - self.exponent - 1).max(0);
        if behind_point == 0 && self.exponent <= 62 {
            return self.integer_digits();
        }
        self.developed_digits(trailing, bits_in_use, behind_point)
    }

    /// The digits of an integer that fits into 63 bits; the last ones that its type cannot tell are rounded away.
    fn integer_digits(self) -> Digits {
        let mut value = if self.exponent >= FRACTION_BITS {
            self.bits << (self.exponent - FRACTION_BITS)
        } else {
            self.bits >> (FRACTION_BITS - self.exponent)
        };
        let mut point = 0;
        let spare_bits = (self.exponent - self.significant - 1).max(0);
        // The whole digits in that many bits.
        let spare_digits = spare_bits.unsigned_abs() * 30_103 / 100_000;
        if spare_digits > 0 {
            let unit = 10u64.pow(spare_digits);
            value = value / unit + u64::from(value % unit >= unit / 2);
            point += spare_digits.cast_signed();
        }
        while value.is_multiple_of(10) {
            value /= 10;
            point += 1;
        }
        let mut digits = Digits { digits: [0; 24], count: 0, point };
        for digit in itoa::Buffer::new().format(value).bytes() {
            digits.push(digit - b'0');
            digits.point += 1;
        }
        digits
    }

    /// The decimal exponent, or one more.
    #[expect(clippy::approx_constant, reason = "the estimate must be Java's own")]
    fn estimated_exponent(self) -> i32 {
        let mantissa = f64::from_bits((1023 << FRACTION_BITS) | (self.bits & ((1 << FRACTION_BITS) - 1)));
        let log = (mantissa - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(self.exponent) * 0.301_029_995_663_981;
        #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a double is below 400")]
        {
            log.floor() as i32
        }
    }

    /// Divides the number by its power of ten, digit by digit.
    ///
    /// The number is `b / s × 10^exponent`, and `m` is half of the distance to its neighbours, scaled like `b`. All three
    /// are held as powers of two and five first, to see how wide they are.
    fn developed_digits(self, trailing: i32, bits_in_use: i32, behind_point: i32) -> Digits {
        let exponent = self.estimated_exponent();
        let bits = self.bits >> trailing;
        let b5 = (-exponent).max(0);
        let s5 = exponent.max(0);
        let mut b2 = b5 + behind_point + self.exponent;
        let mut s2 = s5 + behind_point;
        let mut m2 = b2 - self.significant;
        b2 -= bits_in_use - 1;
        let common = b2.min(s2);
        b2 -= common;
        s2 -= common;
        m2 -= common;
        if bits_in_use == 1 {
            // Below a power of two the neighbour is half as far away.
            m2 -= 1;
        }
        if m2 < 0 {
            b2 -= m2;
            s2 -= m2;
            m2 = 0;
        }
        let (b5, s5) = (b5.unsigned_abs(), s5.unsigned_abs());
        let (b2, s2, m2) = (b2.unsigned_abs(), s2.unsigned_abs(), m2.unsigned_abs());
        let b_bits = bits_in_use.unsigned_abs() + b2 + bits_of_power_of_five(b5);
        let s_bits = s2 + 1 + bits_of_power_of_five(s5 + 1);
        let width = b_bits.max(s_bits);
        if width < 32 {
            let five = |power: u32| 5i32.pow(power);
            let bits = i32::try_from(bits).unwrap_or_default();
            develop_i32(bits.wrapping_mul(five(b5)) << b2, five(s5) << s2, five(b5) << m2, exponent)
        } else if width < 64 {
            let five = |power: u32| 5i64.pow(power);
            let bits = bits.cast_signed();
            develop_i64(bits.wrapping_mul(five(b5)) << b2, five(s5) << s2, five(b5) << m2, exponent)
        } else if width < 120 {
            let five = |power: u32| 5u128.pow(power);
            develop_wide((u128::from(bits) * five(b5)) << b2, &(five(s5) << s2), five(b5) << m2, exponent)
        } else {
            let five = |power: u32| BigUint::from(5u32).pow(power);
            develop_wide((five(b5) * bits) << b2, &(five(s5) << s2), five(b5) << m2, exponent)
        }
    }
}

/// The bits of 5^power, as Java estimates them.
fn bits_of_power_of_five(power: u32) -> u32 {
    const BITS: [u32; 27] =
        [0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61];
    BITS.get(power as usize).copied().unwrap_or(power * 3)
}

macro_rules! develop_in_words {
    ($name:ident, $word:ty) => {
        /// Develops digits in machine words, which may overflow: then the number ends with this digit.
        fn $name(b: $word, s: $word, m: $word, mut exponent: i32) -> Digits {
            let tens = s.wrapping_mul(10);
            let mut digits = Digits { digits: [0; 24], count: 0, point: 0 };
            let next = |b: $word, m: $word| ((b / s) as u8, (b % s).wrapping_mul(10), m.wrapping_mul(10));
            let (digit, mut b, mut m) = next(b, m);
            let mut low = b < m;
            let mut high = b.wrapping_add(m) > tens;
            if digit == 0 && !high {
                exponent -= 1;
            } else {
                digits.push(digit);
            }
            if needs_two_digits(exponent) {
                (low, high) = (false, false);
            }
            while !low && !high {
                let digit;
                (digit, b, m) = next(b, m);
                low = m <= 0 || b < m;
                high = m <= 0 || b.wrapping_add(m) > tens;
                digits.push(digit);
            }
            digits.point = exponent + 1;
            digits.finish(low, high, b.wrapping_shl(1).wrapping_sub(tens).cmp(&0));
            digits
        }
    };
}

develop_in_words!(develop_i32, i32);
develop_in_words!(develop_i64, i64);

/// Develops digits in numbers that are wide enough.
fn develop_wide<T>(b: T, s: &T, m: T, mut exponent: i32) -> Digits
where
    T: NumAssign + ToPrimitive + Ord + Clone + From<u32>,
{
    let ten = T::from(10);
    let tens = s.clone() * ten.clone();
    let (mut b, mut m) = (b, m);
    let next = |b: &mut T, m: &mut T| {
        let digit = (b.clone() / s.clone()).to_u8().unwrap_or_default();
        *b %= s.clone();
        *b *= ten.clone();
        *m *= ten.clone();
        (digit, *b < *m, tens <= b.clone() + m.clone())
    };
    let mut digits = Digits { digits: [0; 24], count: 0, point: 0 };
    let (digit, mut low, mut high) = next(&mut b, &mut m);
    if digit == 0 && !high {
        exponent -= 1;
    } else {
        digits.push(digit);
    }
    if needs_two_digits(exponent) {
        (low, high) = (false, false);
    }
    while !low && !high {
        let digit;
        (digit, low, high) = next(&mut b, &mut m);
        digits.push(digit);
    }
    digits.point = exponent + 1;
    digits.finish(low, high, (b.clone() + b).cmp(&tens));
    digits
}

/// Whether the number is written with an exponent, and then with a digit after the point.
fn needs_two_digits(exponent: i32) -> bool {
    !(-3..8).contains(&exponent)
}

impl Digits {
    fn push(&mut self, digit: u8) {
        self.digits[self.count] = digit;
        self.count += 1;
    }

    /// Rounds the last digit: the number is within reach from below, from above, or both.
    fn finish(&mut self, low: bool, high: bool, rest_to_half: std::cmp::Ordering) {
        let is_odd = self.digits[self.count - 1] & 1 != 0;
        if high && (!low || rest_to_half.is_gt() || (rest_to_half.is_eq() && is_odd)) {
            self.round_up();
        }
    }

    fn round_up(&mut self) {
        let nines = self.digits[..self.count].iter().rev().take_while(|&&digit| digit == 9).count();
        let keep = self.count - nines;
        if keep == 0 {
            self.digits[..self.count].fill(0);
            self.digits[0] = 1;
            self.point += 1;
        } else {
            self.digits[keep..self.count].fill(0);
            self.digits[keep - 1] += 1;
        }
    }

    fn write(mut self, out: &mut FloatText) {
        for digit in &mut self.digits {
            *digit += b'0';
        }
        let digits = &self.digits[..self.count];
        let after = |digits: &[u8], out: &mut FloatText| {
            out.push(b'.');
            out.extend(if digits.is_empty() { b"0" } else { digits });
        };
        if (1..8).contains(&self.point) {
            let point = self.point.unsigned_abs() as usize;
            let (before, rest) = digits.split_at(point.min(digits.len()));
            out.extend(before);
            for _ in before.len()..point {
                out.push(b'0');
            }
            after(rest, out);
        } else if (-2..=0).contains(&self.point) {
            out.extend(b"0.");
            for _ in self.point..0 {
                out.push(b'0');
            }
            out.extend(digits);
        } else {
            out.push(digits[0]);
            after(&digits[1..], out);
            out.push(b'E');
            out.extend(itoa::Buffer::new().format(self.point - 1).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_17_prints_them() {
        for (n, expect) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (-9.75, "-9.75"),
            (0.001, "0.001"),
            (0.002, "0.002"),
            (0.000_999, "9.99E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (12_345_678.0, "1.2345678E7"),
            (1e23, "9.999999999999999E22"),
            (8.41e21, "8.409999999999999E21"),
            (2e-5, "2.0E-5"),
            (5.684_341_886_080_802e-14, "5.6843418860808015E-14"),
            (9_007_199_254_740_993.0, "9.007199254740992E15"),
            (123_456_789_012_345_680.0, "1.2345678901234568E17"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (f64::MAX, "1.7976931348623157E308"),
            (4.9e-324, "4.9E-324"),
            (2.2e-322, "2.2E-322"),
        ] {
            assert_eq!(java_f64(n).as_str(), expect);
        }
    }

    #[test]
    fn short_texts_are_those_that_are_developed() {
        let mut tried = 0;
        for scale in [1.0, 10.0, 100.0, 1000.0, 10_000.0, 1024.0, 3.0] {
            for scaled in (0..200_000).chain((1..23).flat_map(|bit| (1 << bit) - 2..(1 << bit) + 3)) {
                for n in [f64::from(scaled) / scale, -f64::from(scaled) / scale * 64.0] {
                    let mut developed = FloatText { bytes: [0; 32], length: 0 };
                    write_developed(n, &mut developed);
                    assert_eq!(java_f64(n).as_str(), developed.as_str());
                    tried += u32::from(write_short(n, &mut FloatText { bytes: [0; 32], length: 0 }));
                }
            }
        }
        assert!(tried > 1_000_000, "{tried}");
    }

    #[test]
    fn floats_print_as_java_17_prints_them() {
        for (n, expect) in [
            (0.3, "0.3"),
            (16_777_216.0, "1.6777216E7"),
            (8.589_935e9, "8.5899346E9"),
            (f32::MAX, "3.4028235E38"),
            (f32::MIN_POSITIVE, "1.17549435E-38"),
            (1e-45, "1.4E-45"),
            (2e-44, "2.0E-44"),
            (-1.0, "-1.0"),
        ] {
            assert_eq!(java_f32(n).as_str(), expect);
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        let mut bits: u64 = 0x9E37_79B9_7F4A_7C15;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let n = f64::from_bits(bits);
            if n.is_finite() {
                assert_eq!(java_f64(n).as_str().parse(), Ok(n));
            }
        }
    }
}
