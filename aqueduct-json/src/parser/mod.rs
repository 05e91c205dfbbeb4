//! Parses JSON onto a [`Tape`], with Jackson's grammar, limits and messages.
//!
//! The grammar is RFC 8259's with what Kafka's deserializer allows: leading zeros of numbers, and anything behind the
//! first value (which a number has to be separated from by white space). The parser works on UTF-8; the text is checked
//! as a whole before any of it is converted, so that a malformed text fails the same way whatever its schema says.

mod literal;
mod number;
mod string;

use crate::fault::{Fault, location};
use crate::tape::{Kind, Tape, Token};

/// How deep arrays and objects may be nested.
const MAX_DEPTH: usize = 1000;
/// How long a text may be, in bytes.
const MAX_LENGTH: usize = i32::MAX as usize;

/// Parses a text that starts at `start`.
pub(crate) fn parse(text: &[u8], start: usize, tape: &mut Tape) -> Result<(), Fault> {
    // Tokens count bytes in 32 bits. No message of Kafka is as long.
    if text.len() > MAX_LENGTH {
        return Err(Fault::limit("Document length", text.len(), MAX_LENGTH, "getMaxDocumentLength"));
    }
    let mut parser = Parser::new(text, start, 0, tape);
    match parser.skip_space()? {
        Some(first) => parser.whole_value(first),
        None => {
            parser.push(Kind::Missing, false, text.len(), text.len());
            Ok(())
        }
    }
}

/// Parses the value of an object's last member, from behind the colon, and the end of the object. Answers false when
/// the object goes on.
pub(crate) fn parse_last_member(text: &[u8], start: usize, tape: &mut Tape) -> Result<bool, Fault> {
    if text.len() > MAX_LENGTH {
        return Ok(false);
    }
    let mut parser = Parser::new(text, start, 1, tape);
    let Some(first) = parser.skip_space()? else { return Ok(false) };
    parser.whole_value(first)?;
    Ok(parser.skip_space()? == Some(b'}'))
}

/// Parses a value that stands inside of so many arrays and objects; answers where it ends.
pub(crate) fn parse_inside(text: &[u8], start: usize, outer: usize, tape: &mut Tape) -> Result<usize, Fault> {
    let mut parser = Parser::new(text, start, outer, tape);
    let Some(first) = parser.skip_space()? else { return Err(Fault::end("", start)) };
    parser.whole_value(first)?;
    Ok(parser.at)
}

struct Parser<'a> {
    text: &'a [u8],
    /// The next byte to read.
    at: usize,
    /// How many objects around the text were opened before.
    outer: usize,
    tokens: &'a mut Vec<Token>,
    open: &'a mut Vec<u32>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], at: usize, outer: usize, tape: &'a mut Tape) -> Self {
        tape.clear();
        Self { text, at, outer, tokens: &mut tape.tokens, open: &mut tape.open }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn is_root(&self) -> bool {
        self.outer == 0 && self.open.is_empty()
    }

    fn whole_value(&mut self, first: u8) -> Result<(), Fault> {
        self.value(first)?;
        while let Some(&open) = self.open.last() {
            self.inside(open)?;
        }
        Ok(())
    }

    /// Skips white space and reads the byte after it; none at the end.
    #[inline]
    fn skip_space(&mut self) -> Result<Option<u8>, Fault> {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'/' => return Err(self.comment()),
                0x21.. => return Ok(Some(byte)),
                b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => {
                    let message = format!(
                        "Illegal character ((CTRL-CHAR, code {byte})): only regular white space (\\r, \\n, \\t) is \
                         allowed between tokens"
                    );
                    return Err(Fault::parse(message, self.at));
                }
            }
        }
        Ok(None)
    }

    #[cold]
    fn comment(&self) -> Fault {
        let why = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled \
                   for parser)";
        Fault::character('/', why, self.at - 1)
    }

    /// A value whose first byte was read. Arrays and objects are only opened.
    #[inline]
    fn value(&mut self, first: u8) -> Result<(), Fault> {
        match first {
            b'"' => self.text_value(),
            b'0'..=b'9' | b'-' => self.number(first),
            b'{' => self.open(Kind::Object),
            b'[' => self.open(Kind::Array),
            b't' => self.literal("true", Kind::True),
            b'f' => self.literal("false", Kind::False),
            b'n' => self.literal("null", Kind::Null),
            _ => Err(self.unexpected_value(first)),
        }
    }

    /// Puts a token without parts on the tape.
    #[inline]
    fn push(&mut self, kind: Kind, escaped: bool, start: usize, end: usize) {
        let next = self.tokens.len() as u32 + 1;
        self.tokens.push(Token { kind, escaped, start: start as u32, end: end as u32, next, count: 0 });
    }

    fn open(&mut self, kind: Kind) -> Result<(), Fault> {
        let depth = self.outer + self.open.len() + 1;
        if depth > MAX_DEPTH {
            return Err(Fault::limit("Document nesting depth", depth, MAX_DEPTH, "getMaxNestingDepth"));
        }
        self.open.push(self.tokens.len() as u32);
        self.push(kind, false, self.at - 1, 0);
        Ok(())
    }

    /// The next element or member of the innermost array or object, or its end.
    #[inline]
    fn inside(&mut self, open: u32) -> Result<(), Fault> {
        let Token { kind, count, .. } = self.tokens[open as usize];
        let Some(mut byte) = self.skip_space()? else { return Err(self.unclosed(open)) };
        if byte == b']' || byte == b'}' {
            return self.close(open, byte);
        }
        if count > 0 {
            if byte != b',' {
                let comment = format!("was expecting comma to separate {} entries", title(kind));
                return Err(Fault::character(byte.into(), &comment, self.at - 1));
            }
            let Some(next) = self.skip_space()? else {
                let message = format!("Unexpected end-of-input within/between {} entries", title(kind));
                return Err(Fault::parse(message, self.at));
            };
            byte = next;
        }
        self.tokens[open as usize].count = count + 1;
        if kind == Kind::Object {
            self.name(byte)?;
            byte = self.colon()?;
        }
        self.value(byte)
    }

    /// Skips the colon behind a name and reads the first byte of the value.
    #[inline]
    fn colon(&mut self) -> Result<u8, Fault> {
        match self.skip_space()? {
            Some(b':') => {}
            Some(byte) => {
                let why = "was expecting a colon to separate field name and value";
                return Err(Fault::character(byte.into(), why, self.at - 1));
            }
            None => return Err(Fault::end(" within/between Object entries", self.at)),
        }
        self.skip_space()?.ok_or_else(|| Fault::end(" within/between Object entries", self.at))
    }

    #[inline]
    fn close(&mut self, open: u32, byte: u8) -> Result<(), Fault> {
        let next = self.tokens.len() as u32;
        let token = &mut self.tokens[open as usize];
        if (byte == b'}') != (token.kind == Kind::Object) {
            return Err(self.mismatched(open, byte));
        }
        token.end = self.at as u32;
        token.next = next;
        self.open.pop();
        Ok(())
    }

    #[cold]
    fn mismatched(&self, open: u32, byte: u8) -> Fault {
        let Token { kind, start, .. } = self.tokens[open as usize];
        let expected = if kind == Kind::Object { '}' } else { ']' };
        let message = format!(
            "Unexpected close marker '{}': expected '{expected}' (for {} starting at {})",
            char::from(byte),
            title(kind),
            location(self.text, start as usize),
        );
        Fault::parse(message, self.at - 1)
    }

    #[cold]
    fn unclosed(&self, open: u32) -> Fault {
        let Token { kind, start, .. } = self.tokens[open as usize];
        let start = location(self.text, start as usize);
        Fault::end(format!(": expected close marker for {} (start marker at {start})", title(kind)), self.at)
    }

    /// The name of the token that Jackson has read last, as its messages show it.
    fn current_token(&self) -> &'static str {
        let Some(&open) = self.open.last() else { return if self.outer > 0 { "FIELD_NAME" } else { "null" } };
        let Token { kind, count, .. } = self.tokens[open as usize];
        if kind == Kind::Object {
            return "FIELD_NAME";
        }
        if count == 1 {
            return "START_ARRAY";
        }
        let mut at = open + 1;
        for _ in 2..count {
            at = self.tokens[at as usize].next;
        }
        match self.tokens[at as usize].kind {
            Kind::Missing | Kind::Null => "VALUE_NULL",
            Kind::False => "VALUE_FALSE",
            Kind::True => "VALUE_TRUE",
            Kind::Integer => "VALUE_NUMBER_INT",
            Kind::Fraction => "VALUE_NUMBER_FLOAT",
            Kind::Text => "VALUE_STRING",
            Kind::Array => "END_ARRAY",
            Kind::Object => "END_OBJECT",
        }
    }
}

/// Jackson's word for what is open.
fn title(kind: Kind) -> &'static str {
    if kind == Kind::Object { "Object" } else { "Array" }
}
