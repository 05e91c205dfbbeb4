//! Java's narrowing casts.
//!
//! Between integers the upper bits fall away. From floating-point numbers the fraction falls away, and what is too large
//! becomes the largest; but only to `int` and `long`: to `byte` and `short` the way leads over `int`, whose upper bits then
//! fall away. NaN becomes zero.

/// `(byte)` of a `long`.
pub const fn long_to_byte(n: i64) -> i8 {
    n as i8
}

/// `(short)` of a `long`.
pub const fn long_to_short(n: i64) -> i16 {
    n as i16
}

/// `(int)` of a `long`.
pub const fn long_to_int(n: i64) -> i32 {
    n as i32
}

/// `(byte)` of a `double`, or of a `float`, which is a double of the same value.
pub const fn double_to_byte(n: f64) -> i8 {
    n as i32 as i8
}

/// `(short)` of a `double`.
pub const fn double_to_short(n: f64) -> i16 {
    n as i32 as i16
}

/// `(int)` of a `double`.
pub const fn double_to_int(n: f64) -> i32 {
    n as i32
}

/// `(long)` of a `double`.
pub const fn double_to_long(n: f64) -> i64 {
    n as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(n: f64, expect: (i8, i16, i32, i64)) {
        let narrowed = (double_to_byte(n), double_to_short(n), double_to_int(n), double_to_long(n));
        assert_eq!(narrowed, expect, "{n}");
    }

    #[test]
    fn doubles_stop_at_int_and_long_and_wrap_below() {
        check(1.9, (1, 1, 1, 1));
        check(-1.9, (-1, -1, -1, -1));
        check(f64::NAN, (0, 0, 0, 0));
        check(200.0, (-56, 200, 200, 200));
        check(70_000.0, (112, 4464, 70_000, 70_000));
        check(3e9, (-1, -1, i32::MAX, 3_000_000_000));
        check(-3e9, (0, 0, i32::MIN, -3_000_000_000));
        check(f64::INFINITY, (-1, -1, i32::MAX, i64::MAX));
        check(f64::NEG_INFINITY, (0, 0, i32::MIN, i64::MIN));
        check(1e300, (-1, -1, i32::MAX, i64::MAX));
    }

    #[test]
    fn integers_wrap() {
        let n = 0x1234_5678_9ABC_DEF0;
        assert_eq!((long_to_byte(n), long_to_short(n), long_to_int(n)), (-16, -8464, -1_698_898_192));
    }
}
