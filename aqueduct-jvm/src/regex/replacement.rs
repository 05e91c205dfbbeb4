//! Replacement texts, as `Matcher.replaceFirst` reads them: `$1`, `${name}`, `\$`.

use std::fmt;

use fancy_regex::Captures;

use super::MatchLimitError;

/// A replacement that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplacementError {
    /// It is malformed, or names a named group that is not there (`IllegalArgumentException`).
    IllegalArgument(String),
    /// It names a numbered group that is not there (`IndexOutOfBoundsException`).
    IndexOutOfBounds(String),
    /// The search for what to replace was given up.
    GaveUp(MatchLimitError),
}

impl From<MatchLimitError> for ReplacementError {
    fn from(error: MatchLimitError) -> Self {
        Self::GaveUp(error)
    }
}

impl ReplacementError {
    /// The simple name of Java's exception class.
    pub fn class(&self) -> &'static str {
        match self {
            Self::IllegalArgument(_) => "IllegalArgumentException",
            Self::IndexOutOfBounds(_) => "IndexOutOfBoundsException",
            Self::GaveUp(_) => "StackOverflowError",
        }
    }
}

impl fmt::Display for ReplacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IllegalArgument(message) | Self::IndexOutOfBounds(message) => f.write_str(message),
            Self::GaveUp(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReplacementError {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Digits after a dollar sign; how many of them belong to the number depends on the groups that there are.
    Number(String),
    Name(String),
    /// Java finds the mistake only when it gets here.
    Mistake(String),
}

/// A replacement text, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement(Vec<Part>);

impl Replacement {
    /// Takes a replacement text apart. Mistakes in it show when it is used, as in Java.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let part = match c {
                '\\' => match chars.next() {
                    Some(escaped) => {
                        plain.push(escaped);
                        continue;
                    }
                    None => Part::Mistake("character to be escaped is missing".into()),
                },
                '$' => match chars.peek() {
                    None => Part::Mistake("Illegal group reference: group index is missing".into()),
                    Some('{') => {
                        chars.next();
                        let mut name = String::new();
                        while let Some(c) = chars.next_if(char::is_ascii_alphanumeric) {
                            name.push(c);
                        }
                        match (name.chars().next(), chars.next()) {
                            (None, _) => Part::Mistake("named capturing group has 0 length name".into()),
                            (Some(_), after) if after != Some('}') => {
                                Part::Mistake("named capturing group is missing trailing '}'".into())
                            }
                            (Some(first), _) if first.is_ascii_digit() => {
                                Part::Mistake(format!("capturing group name {{{name}}} starts with digit character"))
                            }
                            _ => Part::Name(name),
                        }
                    }
                    Some(digit) if digit.is_ascii_digit() => {
                        let mut digits = String::new();
                        while let Some(c) = chars.next_if(char::is_ascii_digit) {
                            digits.push(c);
                        }
                        Part::Number(digits)
                    }
                    Some(_) => Part::Mistake("Illegal group reference".into()),
                },
                other => {
                    plain.push(other);
                    continue;
                }
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(part);
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self(parts)
    }

    /// Appends the replacement for a match, whose pattern has these names.
    pub(super) fn expand(
        &self,
        captures: &Captures<'_, str>,
        names: &[(String, usize)],
        out: &mut String,
    ) -> Result<(), ReplacementError> {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Mistake(message) => return Err(ReplacementError::IllegalArgument(message.clone())),
                Part::Name(name) => {
                    let Some((_, number)) = names.iter().find(|(known, _)| known == name) else {
                        return Err(ReplacementError::IllegalArgument(format!("No group with name {{{name}}}")));
                    };
                    // A group that took no part leaves nothing.
                    out.push_str(captures.get(*number).map_or("", |group| group.as_str()));
                }
                Part::Number(digits) => numbered(digits, captures, out)?,
            }
        }
        Ok(())
    }
}

/// The first digit always counts; each further one only while there is a group of that number.
fn numbered(digits: &str, captures: &Captures<'_, str>, out: &mut String) -> Result<(), ReplacementError> {
    let digit = |byte: u8| usize::from(byte - b'0');
    let bytes = digits.as_bytes();
    let mut number = digit(bytes[0]);
    let mut used = 1;
    if number >= captures.len() {
        return Err(ReplacementError::IndexOutOfBounds(format!("No group {number}")));
    }
    while let Some(&byte) = bytes.get(used) {
        let longer = number * 10 + digit(byte);
        if longer >= captures.len() {
            break;
        }
        number = longer;
        used += 1;
    }
    if let Some(group) = captures.get(number) {
        out.push_str(group.as_str());
    }
    out.push_str(&digits[used..]);
    Ok(())
}
