//! Backslashes in a pattern: what each letter behind one means, in a class and outside.

use super::char_set::CharSet;
use super::character_names;
use super::parse::{Escape, Parser, Read};
use super::property;
use super::reader::ascii;
use super::syntax::{Node, Place};

impl Parser {
    /// The escape here. In a class most places between characters are mistakes; where a range may begin, `\v` is one
    /// character.
    pub(super) fn escape(&mut self, in_class: bool, before_range: bool) -> Read<Escape> {
        let point = self.reader.skip();
        let Ok(letter) = u8::try_from(point) else {
            return Ok(Escape::Point(point));
        };
        let unicode = self.reader.flags.unicode_classes;
        let set = |set: CharSet, negated: bool| Ok(one(if negated { set.negated() } else { set }));
        match letter {
            b'0' => self.octal().map(Escape::Point),
            b'1'..=b'9' if !in_class => Ok(Escape::Node(self.numbered_reference(u32::from(letter - b'0')))),
            b'A' | b'G' if !in_class => place(Place::InputStart),
            b'Z' if !in_class => place(Place::LastLineEnd { unix: self.reader.flags.unix_lines }),
            b'z' if !in_class => place(Place::InputEnd),
            b'B' if !in_class => place(Place::WordBoundary { negated: true, unicode }),
            b'b' if !in_class => self.boundary(unicode),
            b'R' if !in_class => Ok(Escape::Node(Node::LineBreak)),
            b'X' if !in_class => Ok(Escape::Node(Node::Grapheme)),
            b'k' if !in_class => self.named_reference(),
            b'd' | b'D' => set(property::digits(unicode), letter == b'D'),
            b's' | b'S' => set(property::spaces(unicode), letter == b'S'),
            b'w' | b'W' => set(property::word(unicode), letter == b'W'),
            b'h' | b'H' => set(property::horizontal_space(), letter == b'H'),
            b'v' if before_range => Ok(Escape::Point(0x0B)),
            b'v' | b'V' => set(property::vertical_space(), letter == b'V'),
            b'a' => Ok(Escape::Point(0x07)),
            b'e' => Ok(Escape::Point(0x1B)),
            b'f' => Ok(Escape::Point(0x0C)),
            b'n' => Ok(Escape::Point(0x0A)),
            b'r' => Ok(Escape::Point(0x0D)),
            b't' => Ok(Escape::Point(0x09)),
            b'c' => self.control().map(Escape::Point),
            b'u' => self.unicode().map(Escape::Point),
            b'x' => self.hexadecimal().map(Escape::Point),
            b'N' => self.character_name().map(Escape::Point),
            other if other.is_ascii_alphanumeric() => Err("Illegal/unsupported escape sequence".into()),
            _ => Ok(Escape::Point(point)),
        }
    }

    /// `\b`, or `\b{g}`.
    fn boundary(&mut self, unicode: bool) -> Read<Escape> {
        if self.reader.peek() == ascii(b'{') {
            if self.reader.skip() == ascii(b'g') {
                if self.reader.read() == ascii(b'}') {
                    return place(Place::GraphemeBoundary);
                }
                return Err("Illegal/unsupported escape sequence".into());
            }
            self.reader.unread();
            self.reader.unread();
        }
        place(Place::WordBoundary { negated: false, unicode })
    }

    /// A further digit belongs to the number only while so many groups were begun.
    fn numbered_reference(&mut self, first: u32) -> Node {
        let mut group = first as usize;
        while let Some(digit) = char::from_u32(self.reader.peek()).and_then(|c| c.to_digit(10)) {
            let longer = group.saturating_mul(10).saturating_add(digit as usize);
            if longer > self.groups {
                break;
            }
            group = longer;
            self.reader.read();
        }
        Node::Reference { group, insensitive: self.reader.flags.case_insensitive }
    }

    fn named_reference(&mut self) -> Read<Escape> {
        if self.reader.read() != ascii(b'<') {
            return Err("\\k is not followed by '<' for named capturing group".into());
        }
        let first = self.reader.read();
        let name = self.group_name(first)?;
        match self.group_named(&name) {
            Some(group) => {
                let insensitive = self.reader.flags.case_insensitive;
                Ok(Escape::Node(Node::Reference { group, insensitive }))
            }
            None => Err(format!("named capturing group <{name}> does not exist")),
        }
    }

    fn octal(&mut self) -> Read<u32> {
        let digit = |point: u32| char::from_u32(point).and_then(|c| c.to_digit(8));
        let first = digit(self.reader.read()).ok_or("Illegal octal escape sequence")?;
        let Some(second) = digit(self.reader.read()) else {
            self.reader.unread();
            return Ok(first);
        };
        match digit(self.reader.read()) {
            Some(third) if first <= 3 => Ok(first * 64 + second * 8 + third),
            _ => {
                self.reader.unread();
                Ok(first * 8 + second)
            }
        }
    }

    fn control(&mut self) -> Read<u32> {
        if self.reader.is_at_end() {
            return Err("Illegal control escape sequence".into());
        }
        Ok(self.reader.read() ^ 64)
    }

    fn hex_digit(&mut self) -> Option<u32> {
        char::from_u32(self.reader.read()).and_then(|c| c.to_digit(16))
    }

    /// `\xhh` or `\x{h…h}`.
    fn hexadecimal(&mut self) -> Read<u32> {
        const ILLEGAL: &str = "Illegal hexadecimal escape sequence";
        let first = self.reader.read();
        if let Some(high) = char::from_u32(first).and_then(|c| c.to_digit(16)) {
            let low = self.hex_digit().ok_or(ILLEGAL)?;
            return Ok(high * 16 + low);
        }
        let hex_follows = char::from_u32(self.reader.peek()).is_some_and(|c| c.is_ascii_hexdigit());
        if first != ascii(b'{') || !hex_follows {
            return Err(ILLEGAL.into());
        }
        let mut point = 0;
        while let Some(digit) = self.hex_digit() {
            point = point * 16 + digit;
            if point > u32::from(char::MAX) {
                return Err("Hexadecimal codepoint is too big".into());
            }
        }
        if self.reader.raw(-1) == ascii(b'}') { Ok(point) } else { Err("Unclosed hexadecimal escape sequence".into()) }
    }

    /// `\N{…}`: a character by its name.
    fn character_name(&mut self) -> Read<u32> {
        if self.reader.read() != ascii(b'{') {
            return Err("Illegal character name escape sequence".into());
        }
        let start = self.reader.at();
        while self.reader.read() != ascii(b'}') {
            if self.reader.is_at_end() {
                return Err("Unclosed character name escape sequence".into());
            }
        }
        let name = self.reader.text(start, self.reader.at() - 1);
        character_names::code_point_of(&name).ok_or_else(|| format!("Unknown character name [{name}]"))
    }

    fn utf16_unit(&mut self) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.hex_digit().ok_or("Illegal Unicode escape sequence")?;
        }
        Ok(unit)
    }

    /// `\uhhhh`, or two of them for a surrogate pair.
    fn unicode(&mut self) -> Read<u32> {
        let unit = self.utf16_unit()?;
        if (0xD800..0xDC00).contains(&unit) {
            let behind = self.reader.at();
            if self.reader.read() == ascii(b'\\') && self.reader.read() == ascii(b'u') {
                let low = self.utf16_unit()?;
                if (0xDC00..0xE000).contains(&low) {
                    return Ok(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
                }
            }
            self.reader.go_to(behind);
        }
        Ok(unit)
    }

    /// `\p{…}` or `\pX`, from the letter on.
    pub(super) fn property(&mut self) -> Read<CharSet> {
        let negated = self.reader.raw(0) == ascii(b'P');
        let name = if self.reader.next() == ascii(b'{') {
            self.reader.next();
            let start = self.reader.at();
            while !self.reader.is_past_end() {
                if self.reader.read() == ascii(b'}') {
                    break;
                }
            }
            let end = self.reader.at();
            if self.reader.is_past_end() {
                return Err("Unclosed character family".into());
            }
            if start + 1 >= end {
                return Err("Empty character family".into());
            }
            self.reader.text(start, end - 1)
        } else {
            let letter = self.reader.raw(0);
            self.reader.read();
            char::from_u32(letter).map(String::from).unwrap_or_default()
        };
        let set = property::named(&name, self.reader.flags)?;
        Ok(if negated { set.negated() } else { set })
    }
}

fn one(set: CharSet) -> Escape {
    Escape::Node(Node::One(set))
}

fn place(place: Place) -> Read<Escape> {
    Ok(Escape::Node(Node::At(place)))
}
