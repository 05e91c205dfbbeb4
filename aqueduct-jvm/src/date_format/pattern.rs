//! Reads a pattern of letters, quotes and other characters.

use super::PatternError;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A text that stands for itself.
    Text(Box<str>),
    /// A letter, and how often it stands there.
    Field(Letter, usize),
}

/// What a letter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letter {
    Era,
    Year,
    WeekYear,
    Month,
    /// A month that stands alone, in the languages that tell the difference.
    StandaloneMonth,
    WeekOfYear,
    WeekOfMonth,
    DayOfYear,
    DayOfMonth,
    DayOfWeekInMonth,
    DayOfWeek,
    /// From 1 for Monday.
    DayNumber,
    AmPm,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    HourFrom1,
    /// 0 to 11.
    HalfHour,
    /// 1 to 12.
    HalfHourFrom1,
    Minute,
    Second,
    Millisecond,
    ZoneName,
    ZoneNumber,
    IsoZone,
}

impl Letter {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'G' => Self::Era,
            'y' => Self::Year,
            'Y' => Self::WeekYear,
            'M' => Self::Month,
            'L' => Self::StandaloneMonth,
            'w' => Self::WeekOfYear,
            'W' => Self::WeekOfMonth,
            'D' => Self::DayOfYear,
            'd' => Self::DayOfMonth,
            'F' => Self::DayOfWeekInMonth,
            'E' => Self::DayOfWeek,
            'u' => Self::DayNumber,
            'a' => Self::AmPm,
            'H' => Self::Hour,
            'k' => Self::HourFrom1,
            'K' => Self::HalfHour,
            'h' => Self::HalfHourFrom1,
            'm' => Self::Minute,
            's' => Self::Second,
            'S' => Self::Millisecond,
            'z' => Self::ZoneName,
            'Z' => Self::ZoneNumber,
            'X' => Self::IsoZone,
            _ => return None,
        })
    }

    /// Whether so many of this letter are a number, so that one in front of it knows where to end.
    pub(super) fn is_number(self, count: usize) -> bool {
        match self {
            Self::Era | Self::DayOfWeek | Self::AmPm | Self::ZoneName | Self::ZoneNumber | Self::IsoZone => false,
            Self::Month | Self::StandaloneMonth => count <= 2,
            _ => true,
        }
    }
}

/// Takes a pattern apart.
pub(super) fn parse(pattern: &str) -> Result<Vec<Item>, PatternError> {
    let mut items = Items::default();
    let mut quoted = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            if chars.next_if_eq(&'\'').is_some() {
                items.text('\'')?;
            } else {
                items.end_field()?;
                quoted = !quoted;
            }
        } else if quoted || !c.is_ascii_alphabetic() {
            items.text(c)?;
        } else {
            let letter = Letter::of(c).ok_or_else(|| PatternError(format!("Illegal pattern character '{c}'")))?;
            items.letter(letter)?;
        }
    }
    if quoted {
        return Err(PatternError("Unterminated quote".into()));
    }
    items.end_field()?;
    items.end_text();
    Ok(items.done)
}

/// Items as they grow.
#[derive(Default)]
struct Items {
    done: Vec<Item>,
    text: String,
    field: Option<(Letter, usize)>,
}

impl Items {
    fn text(&mut self, c: char) -> Result<(), PatternError> {
        self.end_field()?;
        self.text.push(c);
        Ok(())
    }

    fn letter(&mut self, letter: Letter) -> Result<(), PatternError> {
        match &mut self.field {
            Some((known, count)) if *known == letter => *count += 1,
            _ => {
                self.end_field()?;
                self.end_text();
                self.field = Some((letter, 1));
            }
        }
        Ok(())
    }

    fn end_field(&mut self) -> Result<(), PatternError> {
        match self.field.take() {
            Some((Letter::IsoZone, count)) if count > 3 => {
                Err(PatternError(format!("invalid ISO 8601 format: length={count}")))
            }
            Some((letter, count)) => {
                self.done.push(Item::Field(letter, count));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.done.push(Item::Text(std::mem::take(&mut self.text).into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expect: &str) {
        let text = match parse(pattern) {
            Ok(items) => {
                let shown = items.iter().map(|item| match item {
                    Item::Text(text) => format!("[{text}]"),
                    Item::Field(letter, count) => format!("{letter:?}{count}"),
                });
                shown.collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expect, "{pattern}");
    }

    #[test]
    fn patterns_are_letters_and_texts() {
        check("", "");
        check("yyyy-MM", "Year4 [-] Month2");
        check("yyyyMM", "Year4 Month2");
        check("y''y", "Year1 ['] Year1");
        check("y'at'y", "Year1 [at] Year1");
        check("'it''s'", "[it's]");
        check("'a''b'", "[a'b]");
        check("yyyy年MM", "Year4 [年] Month2");
        check("XXX", "IsoZone3");
    }

    #[test]
    fn mistakes_have_the_messages_of_java() {
        check("XXXX", "invalid ISO 8601 format: length=4");
        check("XXXXQ", "Illegal pattern character 'Q'");
        check("XXXX Q", "invalid ISO 8601 format: length=4");
        check("'", "Unterminated quote");
        check("'a''", "Unterminated quote");
        check("QQ", "Illegal pattern character 'Q'");
    }
}
