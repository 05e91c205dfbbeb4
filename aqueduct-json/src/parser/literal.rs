//! `true`, `false` and `null`, and what is no value at all.

use super::Parser;
use super::string::{bad_middle, bad_start};
use crate::fault::Fault;
use crate::tape::Kind;

const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
/// Jackson shows so many characters of a token that it does not know.
const SHOWN: usize = 256;

impl Parser<'_> {
    /// A literal whose first byte was read.
    #[inline]
    pub(super) fn literal(&mut self, word: &'static str, kind: Kind) -> Result<(), Fault> {
        let start = self.at - 1;
        self.rest_of_word(word, 1)?;
        self.push(kind, false, start, self.at);
        Ok(())
    }

    /// Reads the rest of a word, from its byte `from`.
    #[inline]
    fn rest_of_word(&mut self, word: &str, from: usize) -> Result<(), Fault> {
        for i in from..word.len() {
            if self.peek() != Some(word.as_bytes()[i]) {
                return Err(self.unknown_word(&word[..i]));
            }
            self.at += 1;
        }
        match self.peek() {
            // A closing bracket is behind the digits in ASCII, and the usual end.
            Some(byte @ b'0'..) if byte != b']' && byte != b'}' => self.end_of_word(word, byte),
            _ => Ok(()),
        }
    }

    #[cold]
    fn end_of_word(&mut self, word: &str, byte: u8) -> Result<(), Fault> {
        match byte {
            // Jackson reads the first byte of a character twice here, so it always fails.
            0xc0..0xf8 => Err(bad_middle(byte.into(), self.at + 1)),
            0x80.. => Err(bad_start(byte, self.at)),
            _ if is_part(byte.into()) => Err(self.unknown_word(word)),
            _ => Ok(()),
        }
    }

    /// A word that JSON has no number for, from its byte `from`.
    pub(super) fn non_standard(&mut self, word: &str, from: usize) -> Fault {
        if let Err(fault) = self.rest_of_word(word, from) {
            return fault;
        }
        let message =
            format!("Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow");
        Fault::parse(message, self.at)
    }

    /// The byte that was read starts no value.
    #[cold]
    pub(super) fn unexpected_value(&mut self, byte: u8) -> Fault {
        let in_array = self.open.last().is_some_and(|&open| self.tokens[open as usize].kind == Kind::Array);
        match byte {
            b'}' | b']' if self.is_root() => {
                let what = if byte == b'}' { "Object" } else { "Array" };
                let marker = char::from(byte);
                return Fault::parse(
                    format!("Unexpected close marker '{marker}': no open {what} to close"),
                    self.at - 1,
                );
            }
            b']' if !in_array => {}
            b']' | b',' | b'}' => return Fault::character(byte.into(), "expected a value", self.at - 1),
            b'N' => return self.non_standard("NaN", 1),
            b'I' => return self.non_standard("Infinity", 1),
            b'+' => return self.plus(),
            _ => {}
        }
        if is_start(byte) {
            let mut word = String::new();
            word.push(byte.into());
            return self.unknown_word(&word);
        }
        Fault::character(byte.into(), &format!("expected a valid value {VALUES}"), self.at - 1)
    }

    fn plus(&mut self) -> Fault {
        if self.peek().is_none() {
            return Fault::end(" in a Number value", self.at);
        }
        let why = "JSON spec does not allow numbers to have plus signs: enable \
                   `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow";
        Fault::number_character(b'+', why, self.at)
    }

    /// A word that means nothing; `read` is its beginning, as far as it was read.
    #[cold]
    fn unknown_word(&mut self, read: &str) -> Fault {
        let start = self.at - read.chars().count();
        let mut word = read.to_owned();
        let mut length = read.chars().count();
        while let Some(byte) = self.peek() {
            self.at += 1;
            let c = match self.character_for_message(byte) {
                Ok(c) => c,
                Err(fault) => return fault,
            };
            if !is_part(c) {
                break;
            }
            word.push(c);
            length += 1;
            if length >= SHOWN {
                word.push_str("...");
                break;
            }
        }
        Fault::parse(format!("Unrecognized token '{word}': was expecting {VALUES}"), start)
    }
}

/// `Character.isJavaIdentifierStart` for the characters up to U+00FF.
fn is_start(byte: u8) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'$' | b'_' | 0xa2..=0xa5 | 0xaa | 0xb5 | 0xba => true,
        0xd7 | 0xf7 => false,
        _ => byte >= 0xc0,
    }
}

/// `Character.isJavaIdentifierPart`, as nearly as Rust's tables tell.
fn is_part(c: char) -> bool {
    match u32::from(c) {
        code @ 0..=0xff => {
            is_start(code as u8) || matches!(code, 0..=8 | 0xe..=0x1b | 0x30..=0x39 | 0x7f..=0x9f | 0xad)
        }
        // Currency symbols are allowed, too.
        code => c.is_alphanumeric() || (0x20a0..=0x20c0).contains(&code),
    }
}
