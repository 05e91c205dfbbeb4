//! Dates of Java's calendar (`java.util.GregorianCalendar`) in UTC, and their weeks as in the United States.
//!
//! The calendar is Julian before 15 October 1582 and Gregorian from then on. Weeks begin on Sunday, and the week with the
//! first of January is the first of its year.

pub(super) const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// The first day of the Gregorian calendar, in days since the epoch.
pub(super) const CUTOVER: i64 = -141_427;

/// The year of that day; it had ten days less.
pub(super) const CUTOVER_YEAR: i64 = 1582;

/// October, from 0: the month of that day.
const CUTOVER_MONTH: i64 = 9;

/// How a calendar counts days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Julian,
    Gregorian,
}

impl Rule {
    /// The rule by which a day counts.
    fn of_day(days: i64) -> Self {
        if days < CUTOVER { Self::Julian } else { Self::Gregorian }
    }

    /// Days since the epoch of the first of March of a year, so that the leap day is the last of what follows.
    fn march(self, year: i64) -> i64 {
        let days = 365 * year + year.div_euclid(4);
        match self {
            Self::Julian => days - 719_470,
            Self::Gregorian => days - year.div_euclid(100) + year.div_euclid(400) - 719_468,
        }
    }

    /// Days since the epoch of the first day of a month, which counts from 0.
    pub(super) fn month_start(self, year: i64, month: i64) -> i64 {
        let months = year * 12 + month - 2;
        self.march(months.div_euclid(12)) + (153 * months.rem_euclid(12) + 2) / 5
    }

    /// Year, month from 0, and day of the month.
    fn date(self, days: i64) -> (i64, i64, i64) {
        // At most one too small: a mean year is a little longer than the one of the estimate is at worst.
        let estimate = match self {
            Self::Julian => ((days + 719_470) * 4).div_euclid(1461),
            Self::Gregorian => ((days + 719_468) * 400).div_euclid(146_097),
        };
        let year = (estimate - 1..=estimate + 1).rev().find(|&year| self.march(year) <= days).unwrap_or(estimate);
        let day_of_year = days - self.march(year);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        if month < 10 { (year, month + 2, day) } else { (year + 1, month - 10, day) }
    }
}

/// The last day that is not later than `days` and is this day of the week, 1 for Sunday; other numbers go round.
pub(super) fn on_or_before(days: i64, day_of_week: i64) -> i64 {
    days - (days + 4 - (day_of_week - 1)).rem_euclid(7)
}

/// How many days a month of a year has, from 0 for January.
pub(super) fn month_length(year: i64, month: i64) -> i64 {
    // The month that lost ten days counts as if it had not.
    let rule = if year > CUTOVER_YEAR { Rule::Gregorian } else { Rule::Julian };
    rule.month_start(year, month + 1) - rule.month_start(year, month)
}

/// The first of January of a year; that of the year of the change was Julian.
fn january(year: i64) -> i64 {
    let rule = if year > CUTOVER_YEAR { Rule::Gregorian } else { Rule::Julian };
    rule.month_start(year, 0)
}

/// The number of the week of a day, in a period that begins with this first day.
fn week(first: i64, days: i64) -> i64 {
    (days - on_or_before(first, 1)) / 7 + 1
}

/// An instant by the calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    days: i64,
    /// The year; 0 is 1 BC.
    year: i64,
    /// The month, from 0.
    pub(super) month: i64,
    /// The day of the month.
    pub(super) day: i64,
    /// Milliseconds since midnight.
    pub(super) millis: i64,
}

impl Moment {
    /// The date and time of an instant, in milliseconds since the epoch.
    pub(super) fn of_instant(instant: i64) -> Self {
        let days = instant.div_euclid(MILLIS_PER_DAY);
        let (year, month, day) = Rule::of_day(days).date(days);
        Self { days, year, month, day, millis: instant.rem_euclid(MILLIS_PER_DAY) }
    }

    /// Whether the year counts from the birth of Christ on.
    pub(super) fn is_ad(&self) -> bool {
        self.year > 0
    }

    /// The year in its era.
    pub(super) fn year_of_era(&self) -> i64 {
        if self.is_ad() { self.year } else { 1 - self.year }
    }

    /// 1 for Sunday.
    pub(super) fn day_of_week(&self) -> i64 {
        (self.days + 4).rem_euclid(7) + 1
    }

    /// From 1; the ten days that the year of the change lacks do not count.
    pub(super) fn day_of_year(&self) -> i64 {
        self.days - january(self.year) + 1
    }

    /// The first of the month.
    fn month_start(&self) -> i64 {
        if self.year == CUTOVER_YEAR && self.month == CUTOVER_MONTH {
            return Rule::Julian.month_start(self.year, self.month);
        }
        self.days - self.day + 1
    }

    /// The week of the month.
    pub(super) fn week_of_month(&self) -> i64 {
        week(self.month_start(), self.days)
    }

    /// The how-manieth of its day of the week in the month.
    pub(super) fn day_of_week_in_month(&self) -> i64 {
        (self.days - self.month_start()) / 7 + 1
    }

    /// The week of the week year.
    pub(super) fn week_of_year(&self) -> i64 {
        // Within Java's rule the days of the year behind the last Sunday count to the next one only if that begins there.
        let next = january(self.year + 1);
        let next_week = on_or_before(next, 1);
        if next_week < next && self.days >= next_week { 1 } else { week(january(self.year), self.days) }
    }

    /// The year of [`Self::week_of_year`]; 0 is 1 BC.
    pub(super) fn week_year(&self) -> i64 {
        // Before Christ, Java asks another year on which day it begins.
        let asked = if self.is_ad() { self.year + 1 } else { -self.year };
        let before = (january(asked) + 4).rem_euclid(7);
        let left = january(self.year + 1) - self.days;
        if left <= before { self.year + 1 } else { self.year }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = MILLIS_PER_DAY;

    #[test]
    fn instants_have_a_date() {
        for (instant, year, month, day) in [
            (0, 1970, 0, 1),
            (-1, 1969, 11, 31),
            (951_782_400_000, 2000, 1, 29),
            (CUTOVER * DAY, 1582, 9, 15),
            (CUTOVER * DAY - 1, 1582, 9, 4),
            (-62_135_769_600_000, 1, 0, 1),
            (-62_135_769_600_001, 0, 11, 31),
            (i64::MAX, 292_278_994, 7, 17),
            (i64::MIN, -292_269_054, 11, 2),
        ] {
            let moment = Moment::of_instant(instant);
            assert_eq!((moment.year, moment.month, moment.day), (year, month, day), "{instant}");
        }
    }

    #[test]
    fn days_follow_each_other() {
        for days in (-1_000_000..1_000_000).step_by(13).chain(CUTOVER - 800..CUTOVER + 800) {
            let (before, moment) = (Moment::of_instant((days - 1) * DAY), Moment::of_instant(days * DAY));
            let first = moment.day_of_year() == 1;
            assert!(first || moment.day_of_year() == before.day_of_year() + 1, "{days}");
            assert_eq!(first, (moment.month, moment.day) == (0, 1), "{days}");
            assert_eq!(moment.day_of_week(), before.day_of_week() % 7 + 1, "{days}");
            let sunday = moment.day_of_week() == 1;
            assert!(sunday || moment.week_of_year() == before.week_of_year() || before.year <= 0 || first, "{days}");
            assert!((1..=54).contains(&moment.week_of_year()), "{days}");
        }
    }

    #[test]
    fn the_year_of_the_change_has_ten_days_less() {
        let last = Moment::of_instant((january(1583) - 1) * DAY);
        assert_eq!((last.year, last.month, last.day, last.day_of_year()), (1582, 11, 31, 355));
        let first_gregorian = Moment::of_instant(CUTOVER * DAY);
        assert_eq!((first_gregorian.day_of_year(), first_gregorian.day_of_week()), (278, 6));
        assert_eq!((first_gregorian.week_of_month(), first_gregorian.day_of_week_in_month()), (1, 1));
    }
}
