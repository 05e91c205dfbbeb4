//! `java.text.SimpleDateFormat`: dates by patterns such as `yyyy-MM-dd HH:mm:ss`, written and read as in Java 17.
//!
//! In English and UTC, and lenient, as Kafka Connect uses it. A pattern (`pattern`) is taken apart once; an instant has its
//! fields from Java's calendar (`calendar`, `format`), and what was read (`parse`) becomes an instant by Java's rules for
//! fields that contradict each other or are out of range (`fields`). Every text and every number ends in a value or an
//! error.
//!
//! Of time zones' names, those in common use are read. Java's formatter keeps a zone that it has read, and writes in it
//! from then on; this one stays in UTC.

mod calendar;
mod fields;
mod format;
mod names;
mod number;
mod parse;
mod pattern;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use calendar::Moment;
use fields::{Field, Fields};
use pattern::Item;

/// A pattern that Java does not take (`IllegalArgumentException`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError(String);

/// As Java's message reads.
impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

/// A text that is no date of a pattern (`ParseException`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateParseError {
    /// The text.
    pub text: String,
    /// Where it stops to fit, in UTF-16 units; none when there was nothing to read.
    pub offset: Option<usize>,
}

/// As Java's message reads.
impl fmt::Display for DateParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unparseable date: \"{}\"", self.text)
    }
}

impl std::error::Error for DateParseError {}

/// A date format.
#[derive(Debug, Clone)]
pub struct SimpleDateFormat {
    pattern: String,
    items: Vec<Item>,
    /// The first instant that a two-digit year can mean.
    century_start: i64,
}

impl SimpleDateFormat {
    /// The format of a pattern. Years of two digits are within the eighty years before now and the twenty after.
    ///
    /// # Errors
    /// When the pattern has a letter without a meaning, an open quote, or more than three `X`.
    ///
    /// ```
    /// use aqueduct_jvm::date_format::SimpleDateFormat;
    ///
    /// let format = SimpleDateFormat::new("yyyy-MM-dd'T'HH:mm").unwrap();
    /// assert_eq!(format.format(1_700_000_000_000), "2023-11-14T22:13");
    /// assert_eq!(format.parse("2023-11-14T22:13"), Ok(1_699_999_980_000));
    /// ```
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let items = pattern::parse(pattern)?;
        Ok(Self { pattern: pattern.to_owned(), items, century_start: eighty_years_before(now()) })
    }

    /// With two-digit years within the hundred years from an instant on (`set2DigitYearStart`), in milliseconds since the
    /// epoch.
    #[must_use]
    pub fn with_two_digit_year_start(mut self, start: i64) -> Self {
        self.century_start = start;
        self
    }

    /// The pattern.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The text of an instant, in milliseconds since the epoch.
    pub fn format(&self, instant: i64) -> String {
        let mut out = String::with_capacity(self.pattern.len() + 8);
        self.format_into(instant, &mut out);
        out
    }

    /// Appends the text of an instant, in milliseconds since the epoch.
    pub fn format_into(&self, instant: i64, out: &mut String) {
        format::write(out, &self.items, instant);
    }

    /// The instant of a text, in milliseconds since the epoch. What follows behind the date is not looked at.
    ///
    /// # Errors
    /// When the text does not fit, or the pattern reads nothing of it.
    pub fn parse(&self, text: &str) -> Result<i64, DateParseError> {
        let error = |offset| DateParseError { text: text.to_owned(), offset };
        match self.parse_prefix(text) {
            Ok((_, 0)) => Err(error(None)),
            Ok((instant, _)) => Ok(instant),
            Err(offset) => Err(error(Some(offset))),
        }
    }

    /// The instant of a text's beginning, and how much of the text it is, in UTF-16 units (`parse` from a place).
    ///
    /// # Errors
    /// Where the text does not fit, in UTF-16 units.
    pub fn parse_prefix(&self, text: &str) -> Result<(i64, usize), usize> {
        /// Dates are short.
        const SHORT: usize = 64;
        if text.len() > SHORT {
            return self.parse_units(&text.encode_utf16().collect::<Vec<_>>());
        }
        let mut units = [0; SHORT];
        let mut count = 0;
        for (place, unit) in units.iter_mut().zip(text.encode_utf16()) {
            *place = unit;
            count += 1;
        }
        self.parse_units(&units[..count])
    }

    fn parse_units(&self, text: &[u16]) -> Result<(i64, usize), usize> {
        let first_year = year_of(self.century_start);
        let mut read = parse::read(&self.items, text, first_year)?;
        let mut instant = read.fields.instant();
        if read.ambiguous_year && instant < self.century_start {
            read.fields.add_century();
            instant = read.fields.instant();
        }
        Ok((instant, read.end))
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn year_of(instant: i64) -> i32 {
    i32::try_from(Moment::of_instant(instant).year_of_era()).unwrap_or(i32::MAX)
}

fn eighty_years_before(instant: i64) -> i64 {
    let moment = Moment::of_instant(instant);
    let mut fields = Fields::default();
    for (field, value) in [
        (Field::Year, moment.year_of_era() - 80),
        (Field::Month, moment.month),
        (Field::DayOfMonth, moment.day),
        (Field::Millisecond, moment.millis),
    ] {
        fields.set(field, i32::try_from(value).unwrap_or(i32::MAX));
    }
    fields.instant()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: Result<i64, Option<usize>>) {
        let format = SimpleDateFormat::new(pattern).unwrap().with_two_digit_year_start(-757_382_400_000);
        assert_eq!(format.parse(text).map_err(|error| error.offset), expect, "{text} by {pattern}");
    }

    #[test]
    fn texts_are_read_leniently() {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        check("yyyy-MM-dd", "1970-01-32", Ok(31 * DAY));
        check("yyyy-MM-dd", "1970-1-2 and more", Ok(DAY));
        check("yyyy-MM-dd", "1970/01/02", Err(Some(4)));
        check("", "x", Err(None));
        check("yyyyMMdd", "197001", Err(Some(6)));
        check("MMM d yyyy", "fEBruary 1 1970", Ok(31 * DAY));
        check("d MMM", "1  Feb", Err(Some(3)));
        check("EEE", "\u{17F}at", Ok(2 * DAY));
        check("yyyy-DDD", "1582-278", Ok(-141_427 * DAY));
        check("yyyy-MM-dd", "1582-10-05", Ok(-141_427 * DAY));
        check("yy", "46", Ok(-757_382_400_000));
        check("yy", "45", Ok(2_366_841_600_000));
        check("YYYY-'W'ww-u", "1970-W01-0", Ok(-11 * DAY));
        check("YYYY-'W'ww-u", "1970-W01-8", Ok(4 * DAY));
        check("s", "1E3", Ok(1_000_000));
        check("Z", "GMT+1:30", Ok(-90 * 60_000));
        check("Z", "GMT", Ok(0));
        check("z", "  +0100", Ok(-3_600_000));
        check("z", "JDT", Ok(-9 * 3_600_000));
        check("z", "EDT", Ok(4 * 3_600_000));
        check("X", "+1", Err(Some(2)));
    }

    #[test]
    fn instants_are_written() {
        let check = |pattern: &str, instant: i64, expect: &str| {
            assert_eq!(SimpleDateFormat::new(pattern).unwrap().format(instant), expect, "{pattern}");
        };
        check("yyyy G", -62_135_769_600_001, "0001 BC");
        check("yy", i64::MAX, "94");
        check("yyyyyy", 0, "001970");
        check(&"s".repeat(400), 0, &"0".repeat(309));
        check("YYYY-MM-dd", 1_735_603_200_000, "2025-12-31");
        check("KK hh kk HH a", 12 * 3_600_000, "00 12 12 12 PM");
        check("yyyy-MM-dd D W F", -12_219_292_800_000, "1582-10-15 278 1 1");
    }

    #[test]
    fn a_year_that_can_be_at_both_ends_is_the_one_within() {
        let format = SimpleDateFormat::new("yy-MM-dd").unwrap().with_two_digit_year_start(-741_657_600_000);
        let year_of = |text| Moment::of_instant(format.parse(text).unwrap()).year_of_era();
        assert_eq!((year_of("46-01-01"), year_of("46-12-31"), year_of("45-12-31")), (2046, 1946, 2045));
    }

    #[test]
    fn every_text_by_every_pattern_ends() {
        const LETTERS: [&str; 23] = [
            "G", "y", "Y", "M", "L", "w", "W", "D", "d", "F", "E", "u", "a", "H", "k", "K", "h", "m", "s", "S", "z",
            "Z", "X",
        ];
        const TEXTS: [&str; 22] = [
            "1",
            "9",
            "0",
            "-",
            "+",
            " ",
            "\t",
            ":",
            "GMT",
            "AD",
            "PM",
            "Jan",
            "Monday",
            "UTC",
            "E",
            "NaN",
            "\u{221E}",
            "Z",
            "\u{1F600}",
            "\u{661}",
            "99999999999999999999",
            "-2147483648",
        ];
        let mut seed: u64 = 1;
        let mut random = move |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or(0) % below
        };
        let mut read = 0;
        for _ in 0..100_000 {
            let pattern: String =
                (0..random(5)).map(|_| LETTERS[random(LETTERS.len())].repeat(1 + random(3))).collect();
            let text: String = (0..random(12)).map(|_| TEXTS[random(TEXTS.len())]).collect();
            let Ok(format) = SimpleDateFormat::new(&pattern) else { continue };
            if let Ok((instant, end)) = format.parse_prefix(&text) {
                assert!(end <= text.encode_utf16().count());
                format.format(instant);
                read += 1;
            }
        }
        assert!(read > 1000, "{read}");
    }
}
