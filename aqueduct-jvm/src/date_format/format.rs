//! Writes an instant by a pattern.

use super::calendar::Moment;
use super::names::{DAYS, ERAS, HALVES, MONTHS, short};
use super::pattern::{Item, Letter};

/// No number is filled up to more digits than a double has.
const MAX_DIGITS: usize = 309;

/// Appends an instant.
pub(super) fn write(out: &mut String, items: &[Item], instant: i64) {
    let moment = Moment::of_instant(instant);
    for item in items {
        match item {
            Item::Text(text) => out.push_str(text),
            Item::Field(letter, count) => field(out, &moment, *letter, *count),
        }
    }
}

fn field(out: &mut String, moment: &Moment, letter: Letter, count: usize) {
    let (hours, minutes) = (moment.millis / 3_600_000, moment.millis / 60_000 % 60);
    match letter {
        Letter::Era => out.push_str(ERAS[usize::from(moment.is_ad())]),
        Letter::Year => year(out, moment.year_of_era(), count),
        Letter::WeekYear => year(out, moment.week_year(), count),
        Letter::Month | Letter::StandaloneMonth if count >= 3 => name(out, &MONTHS, moment.month, count),
        Letter::Month | Letter::StandaloneMonth => number(out, moment.month + 1, count),
        Letter::WeekOfYear => number(out, moment.week_of_year(), count),
        Letter::WeekOfMonth => number(out, moment.week_of_month(), count),
        Letter::DayOfYear => number(out, moment.day_of_year(), count),
        Letter::DayOfMonth => number(out, moment.day, count),
        Letter::DayOfWeekInMonth => number(out, moment.day_of_week_in_month(), count),
        Letter::DayOfWeek => name(out, &DAYS, moment.day_of_week() - 1, count),
        Letter::DayNumber => number(out, (moment.day_of_week() + 5) % 7 + 1, count),
        Letter::AmPm => out.push_str(HALVES[usize::from(hours >= 12)]),
        Letter::Hour => number(out, hours, count),
        Letter::HourFrom1 => number(out, if hours == 0 { 24 } else { hours }, count),
        Letter::HalfHour => number(out, hours % 12, count),
        Letter::HalfHourFrom1 => number(out, if hours % 12 == 0 { 12 } else { hours % 12 }, count),
        Letter::Minute => number(out, minutes, count),
        Letter::Second => number(out, moment.millis / 1000 % 60, count),
        Letter::Millisecond => number(out, moment.millis % 1000, count),
        Letter::ZoneName => out.push_str(if count < 4 { "UTC" } else { "Coordinated Universal Time" }),
        Letter::ZoneNumber => out.push_str("+0000"),
        Letter::IsoZone => out.push('Z'),
    }
}

fn name(out: &mut String, names: &[&'static str], number: i64, count: usize) {
    let name = usize::try_from(number).ok().and_then(|number| names.get(number)).copied().unwrap_or_default();
    out.push_str(if count >= 4 { name } else { short(name) });
}

/// Two letters are the last two digits of a year.
fn year(out: &mut String, year: i64, count: usize) {
    if count != 2 {
        return number(out, year, count);
    }
    if year < 0 {
        out.push('-');
    }
    number(out, (year % 100).abs(), 2);
}

fn number(out: &mut String, number: i64, count: usize) {
    if number < 0 {
        out.push('-');
    }
    let mut text = itoa::Buffer::new();
    let text = text.format(number.unsigned_abs());
    // Most fields are filled up by one digit, if at all.
    for _ in text.len()..count.min(MAX_DIGITS) {
        out.push('0');
    }
    out.push_str(text);
}
