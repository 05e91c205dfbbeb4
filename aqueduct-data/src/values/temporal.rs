//! Dates and times as ISO 8601 texts, read as leniently as `SimpleDateFormat` reads them.

use std::fmt::Write;

use crate::calendar::{Civil, year_of_era};
use crate::decimal_text::digit_of;
use crate::{SchemaAndValue, SchemaBuilder, Value};

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// No text that is longer in bytes is a date: 24 characters with every colon escaped.
const MAX_BYTES: usize = 128;

/// Appends a date: a time of the epoch's day or before as a time, midnight as a day, anything else as a timestamp.
pub(super) fn write_date(out: &mut String, millis: i64) {
    let date = Civil::of_instant(millis);
    let (hours, minutes, seconds, fraction) = date.time();
    let (year, month, day) = (year_of_era(date.year), date.month, date.day);
    let written = if millis < MILLIS_PER_DAY {
        write!(out, "{hours:02}:{minutes:02}:{seconds:02}.{fraction:03}Z")
    } else if date.millis == 0 {
        write!(out, "{year:04}-{month:02}-{day:02}")
    } else {
        write!(out, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{fraction:03}Z")
    };
    written.expect("a string takes every text");
}

/// The date, time or timestamp that these parts together are the text of. The length tells which it can be.
pub(super) fn parse_temporal(parts: &[&str]) -> Option<SchemaAndValue> {
    if parts.iter().map(|part| part.len()).sum::<usize>() > MAX_BYTES {
        return None;
    }
    let text = parts.concat().replace(r"\:", ":");
    let mut rest = text.as_str();
    let (schema, instant) = match text.encode_utf16().count() {
        10 => (SchemaBuilder::date(), date(&mut rest)?.to_instant()),
        13 => {
            let millis = time(&mut rest)?;
            (SchemaBuilder::time(), Civil { year: 1970, month: 1, day: 1, millis }.to_instant())
        }
        24 => {
            let date = date(&mut rest)?;
            literal(&mut rest, 'T')?;
            let millis = time(&mut rest)?;
            (SchemaBuilder::timestamp(), Civil { millis, ..date }.to_instant())
        }
        _ => return None,
    };
    let schema = schema.build().expect("nothing is wrong with these schemas");
    Some(SchemaAndValue::new(schema, Value::Date(instant)))
}

/// `yyyy-MM-dd`; what follows the day's digits is left.
fn date(rest: &mut &str) -> Option<Civil> {
    let year = number(rest)?;
    literal(rest, '-')?;
    let month = number(rest)?;
    literal(rest, '-')?;
    let day = number(rest)?;
    Some(Civil { year, month, day, millis: 0 })
}

/// `HH:mm:ss.SSS'Z'`, in milliseconds.
fn time(rest: &mut &str) -> Option<i64> {
    let hours = number(rest)?;
    literal(rest, ':')?;
    let minutes = number(rest)?;
    literal(rest, ':')?;
    let seconds = number(rest)?;
    literal(rest, '.')?;
    let millis = number(rest)?;
    literal(rest, 'Z')?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
}

fn literal(rest: &mut &str, expected: char) -> Option<()> {
    *rest = rest.strip_prefix(expected)?;
    Some(())
}

/// A number of any length, with spaces before it and a sign if it is negative; Java keeps its low 32 bits.
fn number(rest: &mut &str) -> Option<i64> {
    let text = rest.trim_start_matches([' ', '\t']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut value: i64 = 0;
    let mut length = 0;
    for (digit, c) in digits.chars().map_while(|c| Some((digit_of(c)?, c))) {
        value = value.saturating_mul(10).saturating_add(digit.into());
        length += c.len_utf8();
    }
    if length == 0 {
        return None;
    }
    *rest = &digits[length..];
    #[expect(clippy::cast_possible_truncation, reason = "Java narrows the number this way")]
    Some(i64::from(if negative { -value as i32 } else { value as i32 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(millis: i64) -> String {
        let mut out = String::new();
        write_date(&mut out, millis);
        out
    }

    #[test]
    fn the_instant_decides_what_is_written() {
        for (millis, text) in [
            (0, "00:00:00.000Z"),
            (45_296_789, "12:34:56.789Z"),
            (-1, "23:59:59.999Z"),
            (86_400_000, "1970-01-02"),
            (86_400_001, "1970-01-02T00:00:00.001Z"),
            (1_704_164_645_678, "2024-01-02T03:04:05.678Z"),
        ] {
            assert_eq!(written(millis), text);
        }
    }

    #[test]
    fn dates_are_read_leniently() {
        for (text, millis) in [
            ("2024-01-02", Some(1_704_153_600_000)),
            ("2024-01-0a", Some(1_703_980_800_000)),
            ("2024-1--02", Some(1_703_808_000_000)),
            ("2024-aa-01", None),
            ("20240-1-2x", Some(576_545_558_400_000)),
            ("24:00:00.000Z", Some(86_400_000)),
            ("1: 2:3.00040Z", Some(3_723_040)),
            ("12:34:56.789X", None),
            ("2024-01-02T25:04:05.678Z", Some(1_704_243_845_678)),
            ("2024-01-02 03:04:05.678Z", None),
        ] {
            let found = parse_temporal(&[text]).map(|found| found.value);
            assert_eq!(found, millis.map(Value::Date), "{text}");
        }
    }
}
