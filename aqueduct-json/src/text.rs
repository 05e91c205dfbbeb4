//! The content of JSON strings: escapes, and UTF-8 as leniently as Jackson reads it.
//!
//! Jackson takes overlong UTF-8 and sequences beyond U+10FFFF, and lone surrogates from `\u` escapes. What no Rust
//! string can hold becomes a question mark: that is also what Java writes for it in UTF-8.

const UNMAPPABLE: char = '?';

/// The content of a string whose syntax was checked by the parser.
pub(crate) fn decoded(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut units = Units { out: &mut out, high: None };
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        match byte {
            b'\\' => {
                let (unit, length) = escape(&raw[at..]);
                units.push(unit);
                at += length;
            }
            0..0x80 => {
                units.push(byte.into());
                at += 1;
            }
            _ => {
                let (code, length) = sequence(&raw[at..]);
                match code {
                    0..0x1_0000 => units.push(code as u16),
                    _ => units.push_char(char::from_u32(code)),
                }
                at += length;
            }
        }
    }
    units.end();
    out
}

/// Puts UTF-16 units together.
struct Units<'a> {
    out: &'a mut String,
    high: Option<u16>,
}

impl Units<'_> {
    fn push(&mut self, unit: u16) {
        if let (Some(high), 0xdc00..=0xdfff) = (self.high, unit) {
            self.high = None;
            let code = 0x1_0000 + ((u32::from(high) & 0x3ff) << 10) + (u32::from(unit) & 0x3ff);
            self.out.push(char::from_u32(code).unwrap_or(UNMAPPABLE));
            return;
        }
        self.end();
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => self.out.push(char::from_u32(unit.into()).unwrap_or(UNMAPPABLE)),
        }
    }

    fn push_char(&mut self, c: Option<char>) {
        self.end();
        match c {
            Some(c) => self.out.push(c),
            // Jackson makes two units of it, neither of which Java can write.
            None => self.out.extend([UNMAPPABLE; 2]),
        }
    }

    fn end(&mut self) {
        if self.high.take().is_some() {
            self.out.push(UNMAPPABLE);
        }
    }
}

/// The UTF-16 unit of an escape, and the escape's length.
pub(crate) fn escape(raw: &[u8]) -> (u16, usize) {
    let unit = match raw.get(1) {
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'n') => 10,
        Some(b'r') => 13,
        Some(b't') => 9,
        Some(b'u') => return (raw.get(2..6).map_or(0, hex), 6),
        other => other.copied().unwrap_or_default().into(),
    };
    (unit, 2)
}

/// The value of hexadecimal digits.
fn hex(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |value, &digit| value << 4 | char::from(digit).to_digit(16).unwrap_or_default() as u16)
}

/// The code of a UTF-8 sequence of more than one byte, and the sequence's length.
fn sequence(raw: &[u8]) -> (u32, usize) {
    let length = sequence_length(raw[0]).unwrap_or(1);
    let lead = u32::from(raw[0]) & (0x7f >> length);
    let code = raw.iter().take(length).skip(1).fold(lead, |code, &byte| code << 6 | u32::from(byte & 0x3f));
    (code, length)
}

/// How long a sequence is that starts with this byte from 0x80; none when no sequence starts with it.
pub(crate) fn sequence_length(lead: u8) -> Option<usize> {
    match lead {
        0xc0..=0xdf => Some(2),
        0xe0..=0xef => Some(3),
        0xf0..=0xf7 => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded() {
        for (raw, expect) in [
            (&b"plain"[..], "plain"),
            (br#"\b\f\n\r\t\"\\\/"#, "\u{8}\u{c}\n\r\t\"\\/"),
            (br"\u00e9\u20AC", "é€"),
            (br"\ud83d\ude00", "😀"),
            ("é€😀".as_bytes(), "é€😀"),
            (br"\ud83d", "?"),
            (br"\ud83dx", "?x"),
            (br"\ude00\ud83d", "??"),
            (br"\ud83d\ud83d\ude00", "?😀"),
            (b"\xc0\x80", "\0"),
            (b"\xf4\x90\x80\x80", "??"),
        ] {
            assert_eq!(decoded(raw), expect);
        }
    }
}
