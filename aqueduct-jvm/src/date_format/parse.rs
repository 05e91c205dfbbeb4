//! Reads a date by a pattern, leniently, and stops where the pattern ends.
//!
//! Places are counted in UTF-16 units, as Java counts them.

use super::fields::{Field, Fields};
use super::names::{DAYS, ERA_NAMES, HALVES, MONTHS, Name, longest, short, starts_with, zone_at};
use super::number;
use super::pattern::{Item, Letter};

/// What a text was read as.
pub(super) struct Read {
    pub(super) fields: Fields,
    /// Whether the year was of two digits and can be at either end of the hundred years.
    pub(super) ambiguous_year: bool,
    /// Where reading ended.
    pub(super) end: usize,
}

/// Reads a text; the error is where it does not fit.
pub(super) fn read(items: &[Item], text: &[u16], first_year: i32) -> Result<Read, usize> {
    let mut reader = Reader { text, first_year, fields: Fields::default(), ambiguous_year: false };
    let mut at = 0;
    for (index, item) in items.iter().enumerate() {
        at = match item {
            Item::Text(literal) => reader.literal(literal, at)?,
            Item::Field(letter, count) => {
                // In front of another number a number has as many digits as letters.
                let next = items.get(index + 1);
                let fixed = matches!(next, Some(Item::Field(next, count)) if next.is_number(*count));
                reader.field(*letter, *count, fixed, at)?
            }
        };
    }
    Ok(Read { fields: reader.fields, ambiguous_year: reader.ambiguous_year, end: at })
}

struct Reader<'a> {
    text: &'a [u16],
    /// The year that two-digit years begin with.
    first_year: i32,
    fields: Fields,
    ambiguous_year: bool,
}

/// Where reading goes on, or where it failed.
type Step = Result<usize, usize>;

impl Reader<'_> {
    fn literal(&self, literal: &str, mut at: usize) -> Step {
        for unit in literal.encode_utf16() {
            if self.text.get(at) != Some(&unit) {
                return Err(at);
            }
            at += 1;
        }
        Ok(at)
    }

    fn is(&self, at: usize, c: u8) -> bool {
        self.text.get(at) == Some(&u16::from(c))
    }

    fn field(&mut self, letter: Letter, count: usize, fixed: bool, start: usize) -> Step {
        let blank = |unit: &&u16| matches!(u8::try_from(**unit), Ok(b' ' | b'\t'));
        let at = start + self.text[start..].iter().take_while(blank).count();
        if at == self.text.len() {
            return Err(start);
        }
        match letter {
            // Names are looked for before the blanks, where they cannot be.
            Letter::Era => self.name(Field::Era, ERA_NAMES, start, at),
            Letter::AmPm => self.name(Field::AmPm, numbered(&HALVES, 0), start, at),
            Letter::Month | Letter::StandaloneMonth if count >= 3 => {
                self.name(Field::Month, with_short(&MONTHS, 0), start, at)
            }
            Letter::DayOfWeek => self.name(Field::DayOfWeek, with_short(&DAYS, 1), start, at),
            Letter::ZoneName | Letter::ZoneNumber => self.zone(start, at),
            Letter::IsoZone => self.iso_zone(count, at),
            _ => {
                let until = if fixed { start.saturating_add(count) } else { self.text.len() };
                let text = self.text.get(..until).ok_or(at)?;
                let (value, end) = number::read(text, at).ok_or(at)?;
                self.number(letter, count, value, at, end);
                Ok(end)
            }
        }
    }

    fn number(&mut self, letter: Letter, count: usize, value: i32, at: usize, end: usize) {
        let field = match letter {
            Letter::Year => return self.year(Field::Year, count, value, end - at),
            Letter::WeekYear => return self.year(Field::WeekYear, count, value, end - at),
            Letter::DayNumber => return self.fields.set_iso_day_of_week(value),
            Letter::Month | Letter::StandaloneMonth => return self.fields.set(Field::Month, value.wrapping_sub(1)),
            Letter::HourFrom1 => return self.fields.set(Field::HourOfDay, if value == 24 { 0 } else { value }),
            Letter::HalfHourFrom1 => return self.fields.set(Field::Hour, if value == 12 { 0 } else { value }),
            Letter::WeekOfYear => Field::WeekOfYear,
            Letter::WeekOfMonth => Field::WeekOfMonth,
            Letter::DayOfYear => Field::DayOfYear,
            Letter::DayOfMonth => Field::DayOfMonth,
            Letter::DayOfWeekInMonth => Field::DayOfWeekInMonth,
            Letter::Hour => Field::HourOfDay,
            Letter::HalfHour => Field::Hour,
            Letter::Minute => Field::Minute,
            Letter::Second => Field::Second,
            Letter::Millisecond => Field::Millisecond,
            Letter::Era
            | Letter::AmPm
            | Letter::DayOfWeek
            | Letter::ZoneName
            | Letter::ZoneNumber
            | Letter::IsoZone => return,
        };
        self.fields.set(field, value);
    }

    /// A year of two digits, where not more than two letters ask for it, is within a hundred years.
    fn year(&mut self, field: Field, count: usize, mut value: i32, length: usize) {
        if count <= 2 && length == 2 && (0..100).contains(&value) {
            let first = self.first_year % 100;
            self.ambiguous_year = value == first;
            value += self.first_year / 100 * 100 + if value < first { 100 } else { 0 };
        }
        self.fields.set(field, value);
    }

    fn name(&mut self, field: Field, names: impl IntoIterator<Item = Name>, start: usize, at: usize) -> Step {
        let (name, value) = longest(&self.text[start..], names).ok_or(at)?;
        self.fields.set(field, value);
        Ok(start + name.len())
    }

    fn offset(&mut self, standard: i32, summer: i32) {
        self.fields.set(Field::ZoneOffset, standard);
        self.fields.set(Field::DstOffset, summer);
    }

    /// `PST`, `Pacific Standard Time`, `GMT`, `GMT+1:00` or `+0100`.
    fn zone(&mut self, start: usize, at: usize) -> Step {
        if let Some(sign) = self.sign(at) {
            return self.hours_and_minutes(at + 1, sign, 0, false);
        }
        // Java looks for Greenwich before the blanks, too, but only where a word with G comes behind them.
        let word = self.is(at, b'G') || self.is(at, b'g');
        if word && starts_with(&self.text[start..], "GMT") {
            let behind = start + 3;
            return match self.sign(behind) {
                Some(sign) => self.hours_and_minutes(behind + 1, sign, 0, true),
                None => {
                    self.offset(0, 0);
                    Ok(behind)
                }
            };
        }
        let (offset, length) = zone_at(&self.text[at..]).ok_or(at)?;
        self.offset(offset.standard, offset.summer);
        Ok(at + length)
    }

    /// `Z`, `+01`, `+0100` or `+01:00`, as the number of letters says.
    fn iso_zone(&mut self, count: usize, at: usize) -> Step {
        if self.is(at, b'Z') {
            self.offset(0, 0);
            return Ok(at + 1);
        }
        let sign = self.sign(at).ok_or(at + 1)?;
        self.hours_and_minutes(at + 1, sign, count, count == 3)
    }

    fn sign(&self, at: usize) -> Option<i32> {
        if self.is(at, b'+') {
            Some(1)
        } else if self.is(at, b'-') {
            Some(-1)
        } else {
            None
        }
    }

    fn digit(&self, at: usize) -> Step {
        let unit = self.text.get(at).ok_or(at)?;
        unit.checked_sub(u16::from(b'0')).filter(|digit| *digit < 10).map(usize::from).ok_or(at)
    }

    /// Hours, and minutes unless `count` is 1; with a colon between them or without. Of a zone without a count, hours can
    /// be of one digit if a colon follows.
    fn hours_and_minutes(&mut self, start: usize, sign: i32, count: usize, colon: bool) -> Step {
        let mut at = start;
        let mut hours = self.digit(at)?;
        at += 1;
        match self.digit(at) {
            Ok(digit) => {
                hours = hours * 10 + digit;
                at += 1;
            }
            Err(_) if at < self.text.len() && count == 0 && colon => {}
            Err(_) => return Err(at),
        }
        if hours > 23 {
            return Err(at - 1);
        }
        let mut minutes = 0;
        if count != 1 {
            if colon {
                if !self.is(at, b':') {
                    return Err(at);
                }
                at += 1;
            }
            minutes = self.digit(at)? * 10 + self.digit(at + 1)?;
            if minutes > 59 {
                return Err(at + 1);
            }
            at += 2;
        }
        let total = i32::try_from(hours * 60 + minutes).unwrap_or(0);
        self.offset(sign * total * 60_000, 0);
        Ok(at)
    }
}

fn numbered(names: &'static [&'static str], first: i32) -> impl Iterator<Item = Name> {
    names.iter().zip(first..).map(|(name, number)| (*name, number))
}

fn with_short(names: &'static [&'static str], first: i32) -> impl Iterator<Item = Name> {
    numbered(names, first).flat_map(|(name, number)| [(short(name), number), (name, number)])
}
