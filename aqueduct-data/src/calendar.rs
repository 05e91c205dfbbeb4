//! Java's calendar in UTC (`java.util.GregorianCalendar`): Julian before 15 October 1582, Gregorian from then on.
//!
//! It serves for the texts of dates: as `java.util.Date` prints itself, and as ISO 8601 ([`crate::values`]).

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// The first day of the Gregorian calendar, in days since the epoch.
const CUTOVER: i64 = -141_427;

const CUTOVER_YEAR: i64 = 1582;

/// A point in time by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    /// The year; 0 is 1 BC.
    pub(crate) year: i64,
    /// The month, from 1. When leading to an instant, any number.
    pub(crate) month: i64,
    /// The day of the month, from 1. When leading to an instant, any number.
    pub(crate) day: i64,
    /// The time of day in milliseconds. When leading to an instant, any number.
    pub(crate) millis: i64,
}

/// How a calendar counts days; months are counted from March, so that the leap day is the last of a year.
#[derive(Clone, Copy)]
enum Rule {
    Julian,
    Gregorian,
}

impl Rule {
    /// Days since the epoch of the first of March of a year.
    fn year_start(self, year: i64) -> i64 {
        let days = 365 * year + year.div_euclid(4);
        match self {
            Self::Julian => days - 719_470,
            Self::Gregorian => days - year.div_euclid(100) + year.div_euclid(400) - 719_468,
        }
    }

    fn days(self, year: i64, month: i64, day: i64) -> i64 {
        let months = year * 12 + month - 3;
        self.year_start(months.div_euclid(12)) + (153 * months.rem_euclid(12) + 2) / 5 + day - 1
    }

    /// Year, month and day.
    fn civil(self, days: i64) -> (i64, i64, i64) {
        // At most one too small: a mean year is a little longer than the one of the estimate is at worst.
        let estimate = match self {
            Self::Julian => ((days + 719_470) * 4).div_euclid(1461),
            Self::Gregorian => ((days + 719_468) * 400).div_euclid(146_097),
        };
        let year = (estimate - 1..=estimate + 1).rev().find(|&year| self.year_start(year) <= days).unwrap_or(estimate);
        let day_of_year = days - self.year_start(year);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
    }
}

impl Civil {
    /// The date and time of an instant, in milliseconds since the epoch.
    pub(crate) fn of_instant(instant: i64) -> Self {
        let days = instant.div_euclid(MILLIS_PER_DAY);
        let rule = if days < CUTOVER { Rule::Julian } else { Rule::Gregorian };
        let (year, month, day) = rule.civil(days);
        Self { year, month, day, millis: instant.rem_euclid(MILLIS_PER_DAY) }
    }

    /// The instant; numbers beyond their range carry over.
    pub(crate) fn to_instant(self) -> i64 {
        let overflow = self.millis.div_euclid(MILLIS_PER_DAY);
        let by = |rule: Rule| rule.days(self.year, self.month, self.day) + overflow;
        // The year as it is given decides first, even where months carry it across the change.
        let gregorian = by(Rule::Gregorian);
        let is_gregorian = self.year >= CUTOVER_YEAR && gregorian >= CUTOVER;
        let days = if is_gregorian { gregorian } else { by(Rule::Julian) };
        days.wrapping_mul(MILLIS_PER_DAY).wrapping_add(self.millis.rem_euclid(MILLIS_PER_DAY))
    }

    /// Hours, minutes, seconds and milliseconds of the time of day.
    pub(crate) fn time(self) -> (i64, i64, i64, i64) {
        (self.millis / 3_600_000, self.millis / 60_000 % 60, self.millis / 1000 % 60, self.millis % 1000)
    }
}

/// The day of the week of an instant, 0 for Sunday.
fn weekday(instant: i64) -> usize {
    usize::try_from((instant.div_euclid(MILLIS_PER_DAY) + 4).rem_euclid(7)).unwrap_or(0)
}

/// As `java.util.Date` prints itself in UTC: `Thu Jan 01 00:00:00 UTC 1970`.
pub(crate) fn java_date(instant: i64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = Civil::of_instant(instant);
    let (hours, minutes, seconds, _) = date.time();
    let month = usize::try_from(date.month - 1).unwrap_or(0);
    let (weekday, month, year) = (DAYS[weekday(instant)], MONTHS[month], year_of_era(date.year));
    format!("{weekday} {month} {:02} {hours:02}:{minutes:02}:{seconds:02} UTC {year}", date.day)
}

/// The year without its era, which Java does not print.
pub(crate) fn year_of_era(year: i64) -> i64 {
    if year > 0 { year } else { 1 - year }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: i64, day: i64, millis: i64) -> Civil {
        Civil { year, month, day, millis }
    }

    #[test]
    fn instants_have_a_date() {
        for (instant, date) in [
            (0, at(1970, 1, 1, 0)),
            (-1, at(1969, 12, 31, 86_399_999)),
            (951_782_400_000, at(2000, 2, 29, 0)),
            (-12_219_292_800_000, at(1582, 10, 15, 0)),
            (-12_219_292_800_001, at(1582, 10, 4, 86_399_999)),
            (-62_135_769_600_000, at(1, 1, 1, 0)),
            (-62_135_769_600_001, at(0, 12, 31, 86_399_999)),
            (253_402_300_799_999, at(9999, 12, 31, 86_399_999)),
        ] {
            assert_eq!(Civil::of_instant(instant), date, "{instant}");
            assert_eq!(date.to_instant(), instant, "{date:?}");
        }
    }

    #[test]
    fn every_day_of_many_years_comes_back() {
        for days in (-1_000_000..1_000_000).step_by(7).chain(CUTOVER - 800..CUTOVER + 800) {
            let instant = days * MILLIS_PER_DAY;
            assert_eq!(Civil::of_instant(instant).to_instant(), instant);
        }
    }

    #[test]
    fn numbers_beyond_their_range_carry_over() {
        assert_eq!(at(2024, 13, 1, 0).to_instant(), at(2025, 1, 1, 0).to_instant());
        assert_eq!(at(2, 24_901, 2, 0).to_instant(), 3_377_894_400_000);
        assert_eq!(at(2024, 1, 0, 0).to_instant(), at(2023, 12, 31, 0).to_instant());
        assert_eq!(at(1970, 1, 1, 362_439_999).to_instant(), 362_439_999);
        assert_eq!(at(1582, 10, 10, 0).to_instant(), at(1582, 10, 20, 0).to_instant());
    }

    #[test]
    fn dates_print_as_java_prints_them() {
        for (instant, expect) in [
            (0, "Thu Jan 01 00:00:00 UTC 1970"),
            (1_700_000_000_123, "Tue Nov 14 22:13:20 UTC 2023"),
            (-1, "Wed Dec 31 23:59:59 UTC 1969"),
            (-62_135_769_600_001, "Fri Dec 31 23:59:59 UTC 1"),
        ] {
            assert_eq!(java_date(instant), expect);
        }
    }
}
