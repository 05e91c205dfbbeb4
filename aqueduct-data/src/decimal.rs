//! Decimal numbers of any precision (`java.math.BigDecimal`): their parts, and what they are as other numbers.
//!
//! How they are read and written is in `decimal_text`.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

/// A decimal number of any precision: `unscaled × 10^-scale` (`java.math.BigDecimal`).
///
/// Two decimals are equal only when both parts are: `2.0` is not `2.00`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    unscaled: BigInt,
    scale: i32,
}

/// Powers of ten from this one on are multiples of 2⁶⁴, so that nothing is left of them in 64 bits.
const POWER_WITHOUT_LOW_BITS: i32 = 64;

impl Decimal {
    /// The number `unscaled × 10^-scale`.
    pub fn new(unscaled: BigInt, scale: i32) -> Self {
        Self { unscaled, scale }
    }

    /// The digits, without the decimal point.
    pub fn unscaled(&self) -> &BigInt {
        &self.unscaled
    }

    /// The number of digits after the decimal point; negative for trailing zeros before it.
    pub fn scale(&self) -> i32 {
        self.scale
    }

    /// The digits before the decimal point, of the number without leading zeros; none or less for a mere fraction.
    fn integer_digits(&self) -> i64 {
        let digits = self.unscaled.magnitude().to_str_radix(10).len();
        i64::try_from(digits).unwrap_or(i64::MAX).saturating_sub(self.scale.into())
    }

    /// The integer part's low 64 bits, as Java's `longValue()` answers them.
    pub fn to_i64_wrapping(&self) -> i64 {
        if self.scale == 0 {
            return low_bits(&self.unscaled);
        }
        if self.scale <= -POWER_WITHOUT_LOW_BITS || self.integer_digits() <= 0 {
            return 0;
        }
        low_bits(&self.integer_part())
    }

    /// The number as an integer of 64 bits, if it is exactly one.
    pub fn to_i64_exact(&self) -> Option<i64> {
        if self.scale == 0 || self.unscaled.is_zero() {
            return self.unscaled.to_i64();
        }
        // More digits than this cannot fit, and a fraction is no integer; what is left has a scale of moderate size.
        if !(1..=19).contains(&self.integer_digits()) {
            return None;
        }
        let integer = self.integer_part();
        if self.scale > 0 && &integer * power_of_ten(self.scale.unsigned_abs()) != self.unscaled {
            return None;
        }
        integer.to_i64()
    }

    /// The number without its fraction. Only for scales of moderate size.
    fn integer_part(&self) -> BigInt {
        let power = power_of_ten(self.scale.unsigned_abs());
        if self.scale > 0 { &self.unscaled / power } else { &self.unscaled * power }
    }

    /// The nearest `f32`; infinite when the number is too large (`floatValue()`).
    pub fn to_f32(&self) -> f32 {
        self.nearest()
    }

    /// The nearest `f64`; infinite when the number is too large (`doubleValue()`).
    pub fn to_f64(&self) -> f64 {
        self.nearest()
    }

    fn nearest<F: std::str::FromStr<Err = std::num::ParseFloatError>>(&self) -> F {
        let exponent = -i64::from(self.scale);
        format!("{}e{exponent}", self.unscaled).parse().expect("digits with an exponent are a number")
    }
}

/// The low 64 bits of a two's complement.
fn low_bits(integer: &BigInt) -> i64 {
    let low = integer.magnitude().iter_u64_digits().next().unwrap_or(0);
    let wrapped = i64::from_ne_bytes(low.to_ne_bytes());
    if integer.is_negative() { wrapped.wrapping_neg() } else { wrapped }
}

fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(unscaled: i128, scale: i32) -> Decimal {
        Decimal::new(unscaled.into(), scale)
    }

    #[test]
    fn wrapping_drops_the_fraction_and_the_high_bits() {
        for (decimal, expect) in [
            (of(12_345, 3), 12),
            (of(-12_345, 3), -12),
            (of(5, 1), 0),
            (of(99_999_999_999_999_999_999, 0), 7_766_279_631_452_241_919),
            (of(1, -30), 5_076_944_270_305_263_616),
            (of(-1, -30), -5_076_944_270_305_263_616),
            (of(1, -400), 0),
            (of(1, i32::MIN), 0),
            (of(1, i32::MAX), 0),
            (of(0, -5), 0),
            (of(i64::MIN.into(), 0), i64::MIN),
        ] {
            assert_eq!(decimal.to_i64_wrapping(), expect, "{decimal:?}");
        }
    }

    #[test]
    fn exact_integers_have_no_fraction_and_fit() {
        for (decimal, expect) in [
            (of(12_000, 3), Some(12)),
            (of(12_345, 3), None),
            (of(1, -3), Some(1000)),
            (of(1, -19), None),
            (of(0, 400), Some(0)),
            (of(1, i32::MIN), None),
            (of(1, i32::MAX), None),
            (of(i64::MAX.into(), 0), Some(i64::MAX)),
            (of(i128::from(i64::MAX) + 1, 0), None),
            (of(i64::MIN.into(), 0), Some(i64::MIN)),
        ] {
            assert_eq!(decimal.to_i64_exact(), expect, "{decimal:?}");
        }
    }

    #[test]
    fn floats_are_the_nearest() {
        assert_eq!(of(1, 1).to_f64(), 0.1);
        assert_eq!(of(1, -400).to_f64(), f64::INFINITY);
        assert_eq!(of(-1, -39).to_f32(), f32::NEG_INFINITY);
        assert_eq!(of(1, 400).to_f64(), 0.0);
        assert_eq!(of(1, i32::MIN).to_f64(), f64::INFINITY);
    }
}
