//! What the fields of a date that were read mean together: Java's lenient `Calendar`, in UTC.
//!
//! Fields can contradict each other, or be far beyond their range. Those that were set last win, ranges carry over, and
//! numbers of 32 bits overflow as Java's do; every combination is an instant.

use super::calendar::{CUTOVER, CUTOVER_YEAR, MILLIS_PER_DAY, Moment, Rule, month_length, on_or_before};

/// A field of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// 0 before Christ, 1 after.
    Era,
    Year,
    /// From 0.
    Month,
    WeekOfYear,
    WeekOfMonth,
    DayOfMonth,
    DayOfYear,
    /// From 1 for Sunday.
    DayOfWeek,
    DayOfWeekInMonth,
    /// 0 for the morning.
    AmPm,
    /// Of half a day.
    Hour,
    HourOfDay,
    Minute,
    Second,
    Millisecond,
    /// Milliseconds east of Greenwich.
    ZoneOffset,
    /// Milliseconds of summer time.
    DstOffset,
    WeekYear,
}

const COUNT: usize = 18;

/// The year of dates that do not tell theirs.
const EPOCH_YEAR: i32 = 1970;

/// Fields in the order in which they were set.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    values: [i32; COUNT],
    /// When each was set; 0 is never.
    stamps: [u32; COUNT],
    last: u32,
}

/// How the day in the year is told.
enum Day {
    OfMonth,
    WeekOfMonth { day_of_week: bool },
    NumberInMonth { day_of_week: bool, number: bool },
    OfYear,
    WeekOfYear { day_of_week: bool },
}

impl Fields {
    pub(super) fn set(&mut self, field: Field, value: i32) {
        self.last += 1;
        self.values[field as usize] = value;
        self.stamps[field as usize] = self.last;
    }

    /// The day of the week from 1 for Monday; other numbers mean something only for week years.
    pub(super) fn set_iso_day_of_week(&mut self, value: i32) {
        self.set(Field::DayOfWeek, calendar_day(value));
    }

    pub(super) fn add_century(&mut self) {
        for field in [Field::Year, Field::WeekYear] {
            self.values[field as usize] = self.value(field).wrapping_add(100);
        }
    }

    fn value(&self, field: Field) -> i32 {
        self.values[field as usize]
    }

    fn long(&self, field: Field) -> i64 {
        self.value(field).into()
    }

    fn stamp(&self, field: Field) -> u32 {
        self.stamps[field as usize]
    }

    fn is_set(&self, field: Field) -> bool {
        self.stamp(field) > 0
    }

    /// The stamp of two fields that count only together.
    fn both(&self, one: Field, other: Field) -> u32 {
        if self.is_set(one) && self.is_set(other) { self.stamp(one).max(self.stamp(other)) } else { 0 }
    }

    /// The instant in milliseconds since the epoch.
    pub(super) fn instant(&self) -> i64 {
        if self.is_set(Field::WeekYear) && self.stamp(Field::WeekYear) > self.stamp(Field::Year) {
            return self.with_date_of_week().instant_of_fields();
        }
        self.instant_of_fields()
    }

    /// With the date that week year, week and day of the week tell.
    fn with_date_of_week(&self) -> Self {
        let mut week = if self.is_set(Field::WeekOfYear) { self.value(Field::WeekOfYear) } else { 1 };
        let mut day = if self.is_set(Field::DayOfWeek) { self.value(Field::DayOfWeek) } else { 1 };
        if !(1..=7).contains(&day) {
            if day >= 8 {
                day -= 1;
                week = week.wrapping_add(day / 7);
                day = day % 7 + 1;
            } else {
                week = week.wrapping_add(day.div_euclid(7) - i32::from(day.rem_euclid(7) == 0));
                day = (day.rem_euclid(7) + 6) % 7 + 1;
            }
            day = calendar_day(day);
        }
        let mut first = Self::default();
        first.set(Field::Year, self.value(Field::WeekYear));
        first.set(Field::WeekOfYear, 1);
        first.set(Field::DayOfWeek, 1);
        let days = i64::from(7_i32.wrapping_mul(week.wrapping_sub(1)).wrapping_add(day - 1));
        let date = Moment::of_instant(first.instant_of_fields().wrapping_add(days * MILLIS_PER_DAY));
        let mut fields = self.clone();
        fields.set(Field::Era, date.is_ad().into());
        for (field, value) in
            [(Field::Year, date.year_of_era()), (Field::Month, date.month), (Field::DayOfMonth, date.day)]
        {
            fields.set(field, i32::try_from(value).unwrap_or(i32::MAX));
        }
        fields
    }

    /// Which of the fields that tell a day were set last.
    fn day(&self) -> Day {
        let stamp = |field| self.stamp(field);
        let day_of_week = self.is_set(Field::DayOfWeek);
        let mut of_month = stamp(Field::DayOfMonth);
        let mut week_of_month = self.both(Field::WeekOfMonth, Field::DayOfWeek);
        let mut in_month = self.both(Field::DayOfWeekInMonth, Field::DayOfWeek);
        let of_year = stamp(Field::DayOfYear);
        let mut week_of_year = self.both(Field::WeekOfYear, Field::DayOfWeek);
        let mut best = of_month.max(week_of_month).max(in_month).max(of_year).max(week_of_year);
        if best == 0 {
            week_of_month = stamp(Field::WeekOfMonth);
            in_month = stamp(Field::DayOfWeekInMonth).max(stamp(Field::DayOfWeek));
            week_of_year = stamp(Field::WeekOfYear);
            best = week_of_month.max(in_month).max(week_of_year);
            if best == 0 {
                of_month = stamp(Field::Month);
                best = of_month;
            }
        }
        if best == of_month {
            return Day::OfMonth;
        }
        let not_older = |field| stamp(field) >= stamp(Field::WeekOfYear);
        let by_week = best == week_of_month && not_older(Field::WeekOfMonth);
        if by_week || (best == in_month && not_older(Field::DayOfWeekInMonth)) {
            let week = if week_of_month == in_month {
                stamp(Field::WeekOfMonth) >= stamp(Field::DayOfWeekInMonth)
            } else {
                best == week_of_month
            };
            if week {
                return Day::WeekOfMonth { day_of_week };
            }
            return Day::NumberInMonth { day_of_week, number: self.is_set(Field::DayOfWeekInMonth) };
        }
        if best == of_year { Day::OfYear } else { Day::WeekOfYear { day_of_week } }
    }

    /// The time of day, which need not be within a day.
    fn time(&self) -> i64 {
        let of_day = self.stamp(Field::HourOfDay);
        let of_half = self.both(Field::Hour, Field::AmPm);
        let hours = if of_day > of_half {
            self.long(Field::HourOfDay)
        } else {
            // Fields that were not set are 0.
            self.long(Field::Hour) + 12 * self.long(Field::AmPm)
        };
        let minutes = hours * 60 + self.long(Field::Minute);
        (minutes * 60 + self.long(Field::Second)) * 1000 + self.long(Field::Millisecond)
    }

    fn instant_of_fields(&self) -> i64 {
        let mut year = if self.is_set(Field::Year) { self.value(Field::Year) } else { EPOCH_YEAR };
        if self.is_set(Field::Era) && self.value(Field::Era) == 0 {
            year = 1_i32.wrapping_sub(year);
        }
        let (time, day) = (self.time(), self.day());
        let overflow = time.div_euclid(MILLIS_PER_DAY);
        let by = |rule| overflow + self.days(rule, year, &day);
        let days = if i64::from(year) < CUTOVER_YEAR {
            by(Rule::Julian)
        } else {
            let gregorian = by(Rule::Gregorian);
            // Counted from the beginning of the year of the change, which was Julian.
            let from_january = matches!(day, Day::OfYear | Day::WeekOfYear { .. });
            let julian = gregorian < CUTOVER || (from_january && i64::from(year) == CUTOVER_YEAR);
            if julian { by(Rule::Julian) } else { gregorian }
        };
        let local = days.wrapping_mul(MILLIS_PER_DAY).wrapping_add(time.rem_euclid(MILLIS_PER_DAY));
        let offset = self.value(Field::ZoneOffset).wrapping_add(self.value(Field::DstOffset));
        local.wrapping_sub(offset.into())
    }

    /// Days since the epoch, by one rule.
    fn days(&self, rule: Rule, year: i32, day: &Day) -> i64 {
        let in_month = !matches!(day, Day::OfYear | Day::WeekOfYear { .. });
        let (mut year, mut month) = (year, 0);
        if in_month {
            let given = self.value(Field::Month);
            year = year.wrapping_add(given.div_euclid(12));
            month = given.rem_euclid(12).into();
        }
        let start = rule.month_start(year.into(), month);
        let first_week = on_or_before(start, 1);
        let day_of_week = self.long(Field::DayOfWeek);
        match *day {
            Day::OfMonth if self.is_set(Field::DayOfMonth) => start + self.long(Field::DayOfMonth) - 1,
            Day::OfMonth => start,
            Day::WeekOfMonth { day_of_week: told } => {
                let first = if told { on_or_before(first_week + 6, day_of_week) } else { first_week };
                first + i64::from(7_i32.wrapping_mul(self.value(Field::WeekOfMonth).wrapping_sub(1)))
            }
            Day::NumberInMonth { day_of_week: told, number } => {
                let day_of_week = if told { day_of_week } else { 1 };
                let number = if number { self.value(Field::DayOfWeekInMonth) } else { 1 };
                let last = if number >= 0 {
                    i64::from(7_i32.wrapping_mul(number))
                } else {
                    month_length(year.into(), month) + i64::from(7_i32.wrapping_mul(number.wrapping_add(1)))
                };
                on_or_before(start + last - 1, day_of_week)
            }
            Day::OfYear => start + self.long(Field::DayOfYear) - 1,
            Day::WeekOfYear { day_of_week: told } => {
                let other = told && day_of_week != 1;
                let first = if other { on_or_before(first_week + 6, day_of_week) } else { first_week };
                first + 7 * (self.long(Field::WeekOfYear) - 1)
            }
        }
    }
}

/// From 1 for Monday to 1 for Sunday.
fn calendar_day(iso: i32) -> i32 {
    match iso {
        7 => 1,
        1..=6 => iso + 1,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[(Field, i32)], expect: i64) {
        let mut all = Fields::default();
        fields.iter().for_each(|(field, value)| all.set(*field, *value));
        assert_eq!(all.instant(), expect, "{fields:?}");
    }

    #[test]
    fn ranges_carry_over() {
        use Field::{DayOfMonth, HourOfDay, Minute, Month, Year};
        check(&[], 0);
        check(&[(Year, 2024), (Month, 12)], 1_735_689_600_000);
        check(&[(Year, 2024), (Month, 0), (DayOfMonth, 0)], 1_703_980_800_000);
        check(&[(HourOfDay, -1)], -3_600_000);
        check(&[(Minute, 3000)], 180_000_000);
        check(&[(Year, 1582), (Month, 9), (DayOfMonth, 10)], (CUTOVER + 5) * MILLIS_PER_DAY);
        check(&[(Year, 1582), (Month, 9), (DayOfMonth, 4)], (CUTOVER - 1) * MILLIS_PER_DAY);
        check(&[(Year, 1582), (Field::DayOfYear, 278)], CUTOVER * MILLIS_PER_DAY);
    }

    #[test]
    fn the_fields_that_were_set_last_win() {
        use Field::{DayOfMonth, DayOfWeek, DayOfYear, Month, WeekOfMonth, WeekOfYear};
        check(&[(DayOfYear, 32), (Month, 2), (DayOfMonth, 2)], 60 * MILLIS_PER_DAY);
        check(&[(Month, 2), (DayOfMonth, 2), (DayOfYear, 32)], 31 * MILLIS_PER_DAY);
        check(&[(WeekOfYear, 2)], 3 * MILLIS_PER_DAY);
        check(&[(Month, 1), (WeekOfMonth, 1)], 31 * MILLIS_PER_DAY);
        check(&[(DayOfWeek, 2)], 4 * MILLIS_PER_DAY);
    }

    #[test]
    fn the_widest_numbers_are_instants_too() {
        const FIELDS: [Field; COUNT] = [
            Field::Era,
            Field::Year,
            Field::Month,
            Field::WeekOfYear,
            Field::WeekOfMonth,
            Field::DayOfMonth,
            Field::DayOfYear,
            Field::DayOfWeek,
            Field::DayOfWeekInMonth,
            Field::AmPm,
            Field::Hour,
            Field::HourOfDay,
            Field::Minute,
            Field::Second,
            Field::Millisecond,
            Field::ZoneOffset,
            Field::DstOffset,
            Field::WeekYear,
        ];
        for value in [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX] {
            for first in FIELDS {
                for second in FIELDS {
                    for third in FIELDS {
                        let mut fields = Fields::default();
                        [first, second, third].into_iter().for_each(|field| fields.set(field, value));
                        fields.add_century();
                        Moment::of_instant(fields.instant());
                    }
                }
            }
        }
    }
}
