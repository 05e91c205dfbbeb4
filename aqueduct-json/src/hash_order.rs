//! The order in which Java's `HashMap` lists its entries.
//!
//! `JsonConverter` makes a `HashMap` of every JSON object without a struct schema, and users see its order: in what
//! the file sink writes, and in JSON that is made of the map again. So maps are put together in that order here: by
//! hash bucket, and within a bucket as they were put.

use aqueduct_data::{Decimal, Value};
use aqueduct_jvm::hash_order::string_hash;

/// How many buckets a map has that grew to `entries` entries.
pub(crate) fn buckets(entries: usize) -> u32 {
    let mut buckets = 16;
    while entries > buckets / 4 * 3 {
        buckets *= 2;
    }
    buckets as u32
}

/// The bucket of a hash.
#[inline]
pub(crate) fn bucket(hash: u32, buckets: u32) -> u32 {
    aqueduct_jvm::hash_order::bucket(hash.cast_signed(), buckets as usize) as u32
}

/// `String.hashCode`.
pub(crate) fn of_text(text: &str) -> u32 {
    string_hash(text).cast_unsigned()
}

/// `String.hashCode` of an ASCII text that need not be checked again.
#[inline]
pub(crate) fn of_ascii(text: &[u8]) -> u32 {
    text.iter().fold(0, |hash, &byte| step(hash, byte.into()))
}

/// The hash of a key; none when Java's depends on the object's identity, or on more than its content.
pub(crate) fn of_value(value: &Value) -> Option<u32> {
    Some(match value {
        Value::Null => 0,
        Value::Int8(n) => i32::from(*n) as u32,
        Value::Int16(n) => i32::from(*n) as u32,
        Value::Int32(n) => *n as u32,
        Value::Int64(n) | Value::Date(n) => folded(*n as u64),
        Value::Float32(n) => {
            if n.is_nan() {
                0x7fc0_0000
            } else {
                n.to_bits()
            }
        }
        Value::Float64(n) => folded(if n.is_nan() { 0x7ff8_0000_0000_0000 } else { n.to_bits() }),
        Value::Boolean(true) => 1231,
        Value::Boolean(false) => 1237,
        Value::String(text) => of_text(text),
        Value::Decimal(decimal) => of_decimal(decimal),
        Value::Array(items) => {
            let mut hash = 1;
            for item in items.iter() {
                hash = step(hash, of_value(item)?);
            }
            hash
        }
        Value::Map(map) => {
            let mut hash = 0u32;
            for (key, value) in map.iter() {
                hash = hash.wrapping_add(of_value(key)? ^ of_value(value)?);
            }
            hash
        }
        Value::Bytes(_) | Value::Struct(_) | Value::Java(_) => return None,
    })
}

fn of_decimal(decimal: &Decimal) -> u32 {
    let (sign, words) = decimal.unscaled().to_u32_digits();
    let magnitude = words.iter().rev().fold(0, |hash, &word| step(hash, word));
    let unscaled = if sign == num_bigint::Sign::Minus { magnitude.wrapping_neg() } else { magnitude };
    step(unscaled, decimal.scale() as u32)
}

#[inline]
fn step(hash: u32, next: u32) -> u32 {
    hash.wrapping_mul(31).wrapping_add(next)
}

fn folded(bits: u64) -> u32 {
    (bits ^ (bits >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_grow_at_three_quarters() {
        for (entries, expect) in [(0, 16), (12, 16), (13, 32), (24, 32), (25, 64), (48, 64), (49, 128)] {
            assert_eq!(buckets(entries), expect, "{entries}");
        }
    }

    #[test]
    fn hashes_are_javas() {
        for (value, expect) in [
            (Value::Null, 0),
            (Value::from("hello"), 99_162_322),
            (Value::from("Aa"), 2112),
            (Value::from("é"), 233),
            (Value::from("😀"), 1_772_899),
            (Value::Int8(-1), -1),
            (Value::Int64(-1), 0),
            (Value::Int64(1 << 32), 1),
            (Value::Boolean(true), 1231),
            (Value::Float64(1.5), 1_073_217_536),
            (Value::array([Value::from("a"), Value::Int32(1)]), 3969),
            (Decimal::new(1234.into(), 2).into(), 38256),
            (Decimal::new((-1234).into(), 2).into(), -38252),
        ] {
            assert_eq!(of_value(&value), Some(expect as u32), "{value:?}");
        }
    }
}
