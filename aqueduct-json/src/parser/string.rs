//! Strings: values and names of members.

use super::Parser;
use crate::fault::{Fault, described};
use crate::scan::plain_ascii;
use crate::tape::Kind;
use crate::text::{self, sequence_length};

/// The longest string value, in UTF-16 units.
const MAX_TEXT: usize = 20_000_000;
/// The longest name of a member.
const MAX_NAME: usize = 50_000;

impl Parser<'_> {
    /// A string value whose opening quote was read.
    #[inline]
    pub(super) fn text_value(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += plain_ascii(&self.text[self.at..]);
        let escaped = if self.peek() == Some(b'"') { false } else { self.rest_of_text()? };
        let end = self.at;
        self.at += 1;
        if end - start > MAX_TEXT {
            self.check_length(start, end)?;
        }
        self.push(Kind::Text, escaped, start, end);
        Ok(())
    }

    /// Goes on to the closing quote; answers whether there are escapes.
    fn rest_of_text(&mut self) -> Result<bool, Fault> {
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => return Ok(escaped),
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(byte @ 0..0x20) => return Err(self.control(byte, "string value")),
                Some(byte @ 0x80..) => self.sequence(byte)?,
                Some(_) => self.at += plain_ascii(&self.text[self.at..]),
                None => return Err(Fault::end(" in VALUE_STRING", self.at)),
            }
        }
    }

    #[cold]
    fn control(&self, byte: u8, place: &str) -> Fault {
        let message = format!(
            "Illegal unquoted character ((CTRL-CHAR, code {byte})): has to be escaped using backslash to be included \
             in {place}"
        );
        Fault::parse(message, self.at)
    }

    #[cold]
    fn check_length(&self, start: usize, end: usize) -> Result<(), Fault> {
        let length = text::decoded(&self.text[start..end]).encode_utf16().count();
        if length > MAX_TEXT {
            return Err(Fault::limit("String value length", length, MAX_TEXT, "getMaxStringLength"));
        }
        Ok(())
    }

    /// Skips a UTF-8 sequence of more than one byte in a string value, checked as loosely as Jackson does.
    fn sequence(&mut self, lead: u8) -> Result<(), Fault> {
        let Some(length) = sequence_length(lead) else { return Err(bad_start(lead, self.at + 1)) };
        for i in 1..length {
            match self.text.get(self.at + i) {
                Some(0x80..0xc0) => {}
                Some(&byte) => return Err(bad_middle(byte.into(), self.at + i + 1)),
                None => return Err(Fault::end(" in VALUE_STRING", self.text.len())),
            }
        }
        if let &[0xed, second @ 0xa0..=0xff, third, ..] = &self.text[self.at..] {
            return Err(surrogate(second, third, self.at + 3));
        }
        self.at += length;
        Ok(())
    }

    /// Skips an escape whose backslash is next; answers the UTF-16 unit that it stands for.
    fn escape(&mut self) -> Result<u16, Fault> {
        let start = self.at;
        self.at += 1;
        let end = || Fault::end(" in character escape sequence", self.text.len());
        match self.peek().ok_or_else(end)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(text::escape(&self.text[start..]).0)
            }
            b'u' => {
                self.at += 1;
                let digits = &self.text[self.at..self.text.len().min(self.at + 4)];
                if let Some(i) = digits.iter().position(|digit| !digit.is_ascii_hexdigit()) {
                    let why = "expected a hex-digit for character escape sequence";
                    return Err(Fault::character(digits[i].into(), why, self.at + i));
                }
                if digits.len() < 4 {
                    return Err(end());
                }
                self.at += 4;
                Ok(text::escape(&self.text[start..]).0)
            }
            byte => {
                self.at += 1;
                let c = self.character_for_message(byte)?;
                Err(Fault::parse(format!("Unrecognized character escape {}", described(c)), self.at - 1))
            }
        }
    }

    /// The name of a member; its first byte was read.
    #[inline]
    pub(super) fn name(&mut self, first: u8) -> Result<(), Fault> {
        if first != b'"' {
            return Err(self.odd_name(first));
        }
        let start = self.at;
        self.at += plain_ascii(&self.text[self.at..]);
        let escaped = if self.peek() == Some(b'"') { false } else { self.rest_of_name(start)? };
        let end = self.at;
        self.at += 1;
        if end - start > MAX_NAME {
            return Err(Fault::limit("Name length", end - start, MAX_NAME, "getMaxNameLength"));
        }
        self.push(Kind::Text, escaped, start, end);
        Ok(())
    }

    #[cold]
    fn odd_name(&mut self, first: u8) -> Fault {
        match self.character_for_message(first) {
            Ok(c) => Fault::character(c, "was expecting double-quote to start field name", self.at - 1),
            Err(fault) => fault,
        }
    }

    /// Goes on to the closing quote; answers whether there are escapes. Jackson looks at the UTF-8 only when it has the
    /// whole name, which shows in where it finds faults.
    fn rest_of_name(&mut self, start: usize) -> Result<bool, Fault> {
        let (mut escaped, mut ascii) = (false, true);
        loop {
            match self.peek() {
                Some(b'"') if ascii => return Ok(escaped),
                Some(b'"') => return self.check_name(start).map(|()| escaped),
                Some(b'\\') => {
                    escaped = true;
                    match self.escape()? {
                        0xd800..=0xdbff => self.low_surrogate()?,
                        low @ 0xdc00..=0xdfff => {
                            let message = format!("Unexpected low surrogate in field name: 0x{low:x}");
                            return Err(Fault::parse(message, self.at));
                        }
                        _ => {}
                    }
                }
                Some(byte @ 0..0x20) => return Err(self.control(byte, "name")),
                Some(0x80..) => {
                    ascii = false;
                    self.at += 1;
                }
                Some(_) => self.at += plain_ascii(&self.text[self.at..]),
                None if self.at == start => return Err(Fault::end(": was expecting closing '\"' for name", self.at)),
                None => return Err(Fault::end(" in field name", self.at)),
            }
        }
    }

    /// The second half of an escaped surrogate pair in a name, without which Jackson takes no name.
    fn low_surrogate(&mut self) -> Result<(), Fault> {
        let broken = |what: String, at| Fault::parse(format!("Broken surrogate pair in field name: {what}"), at);
        match self.peek() {
            Some(b'\\') => match self.escape()? {
                0xdc00..=0xdfff => Ok(()),
                other => Err(broken(format!("expected low surrogate, got 0x{other:04X}"), self.at)),
            },
            Some(byte) => Err(broken(format!("expected '\\' to start low surrogate, got 0x{byte:x}"), self.at)),
            None => Err(Fault::end(" in field name", self.at)),
        }
    }

    fn check_name(&self, start: usize) -> Result<(), Fault> {
        let name = &self.text[start..self.at];
        let after = self.at + 1;
        let mut at = 0;
        while let Some(&byte) = name.get(at) {
            if byte < 0x80 {
                at += 1;
                continue;
            }
            let Some(length) = sequence_length(byte) else { return Err(bad_start(byte, after)) };
            let Some(sequence) = name.get(at..at + length) else { return Err(Fault::end(" in field name", after)) };
            if let Some(i) = sequence.iter().skip(1).position(|byte| !(0x80..0xc0).contains(byte)) {
                return Err(bad_middle(in_group(name, at + i + 1), after));
            }
            if let &[0xed, second @ 0xa0..=0xff, third] = sequence {
                return Err(surrogate(second, third, after));
            }
            at += length;
        }
        Ok(())
    }

    /// The character that starts with `first`, which was read, to be shown in a message.
    pub(super) fn character_for_message(&mut self, first: u8) -> Result<char, Fault> {
        if first < 0x80 {
            return Ok(first.into());
        }
        let Some(length) = sequence_length(first) else { return Err(bad_start(first, self.at)) };
        let mut code = u32::from(first) & (0x7f >> length);
        for _ in 1..length {
            let Some(byte) = self.peek() else {
                return Err(Fault::end(format!(" in {}", self.current_token()), self.at));
            };
            self.at += 1;
            if !(0x80..0xc0).contains(&byte) {
                return Err(bad_middle(byte.into(), self.at));
            }
            code = code << 6 | u32::from(byte & 0x3f);
        }
        // Jackson narrows the code to a Java `char`.
        Ok(char::from_u32(code & 0xffff).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

#[cold]
pub(super) fn bad_start(byte: u8, at: usize) -> Fault {
    Fault::parse(format!("Invalid UTF-8 start byte 0x{byte:x}"), at)
}

/// A byte of a name as Jackson shows it: it holds names in groups of four bytes, and shifts, but does not mask them.
fn in_group(name: &[u8], at: usize) -> u32 {
    let start = at / 4 * 4;
    let lead = if name[start] < 0x80 { 0 } else { u32::MAX };
    name[start..=at].iter().fold(lead, |shown, &byte| shown << 8 | u32::from(byte))
}

#[cold]
pub(super) fn bad_middle(byte: u32, at: usize) -> Fault {
    Fault::parse(format!("Invalid UTF-8 middle byte 0x{byte:x}"), at)
}

#[cold]
fn surrogate(second: u8, third: u8, at: usize) -> Fault {
    let unit = 0xd000 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f);
    Fault::parse(format!("Invalid UTF-8: Illegal surrogate character 0x{unit:x}"), at)
}
