//! From Java's regular expression syntax to that of `fancy-regex`.

use std::iter::Peekable;
use std::str::Chars;

const DIGIT: &str = "0-9";
const WORD: &str = "a-zA-Z_0-9";
const SPACE: &str = r" \t\n\x0B\x0C\r";
const HORIZONTAL: &str = r" \t\u{A0}\u{1680}\u{180e}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}";
const VERTICAL: &str = r"\n\x0B\x0C\r\u{85}\u{2028}\u{2029}";

/// The same pattern in the other syntax.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator { chars: pattern.chars().peekable(), out: String::new(), depth: 0 };
    translator.run()?;
    Ok(translator.out)
}

struct Translator<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
    /// How many character classes are open.
    depth: usize,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.chars.next() {
            match c {
                '\\' => self.escape()?,
                '[' => {
                    self.depth += 1;
                    self.out.push('[');
                    if self.chars.next_if_eq(&'^').is_some() {
                        self.out.push('^');
                    }
                    // A bracket that comes first closes nothing.
                    if self.chars.next_if_eq(&']').is_some() {
                        self.out.push_str("\\]");
                    }
                }
                ']' if self.depth > 0 => {
                    self.depth -= 1;
                    self.out.push(']');
                }
                ']' => self.out.push_str("\\]"),
                '}' if self.depth == 0 => self.out.push('}'),
                '.' if self.depth == 0 => self.out.push_str(r"[^\n\r\u{85}\u{2028}\u{2029}]"),
                '$' if self.depth == 0 => self.out.push_str(r"(?=(?:\r\n|[\n\r\u{85}\u{2028}\u{2029}])?\z)"),
                // These mean something in classes here, and nothing in Java's.
                '~' | '-' if self.depth > 0 && self.chars.peek() == Some(&c) => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                other => self.out.push(other),
            }
        }
        if self.depth > 0 { Err("Unclosed character class".into()) } else { Ok(()) }
    }

    fn class(&mut self, content: &str, negated: bool) {
        match (self.depth > 0, negated) {
            (true, false) => self.out.push_str(content),
            (_, true) => {
                self.out.push_str("[^");
                self.out.push_str(content);
                self.out.push(']');
            }
            (false, false) => {
                self.out.push('[');
                self.out.push_str(content);
                self.out.push(']');
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.chars.next() else {
            return Err("Unexpected internal error".into());
        };
        match c {
            'd' => self.class(DIGIT, false),
            'D' => self.class(DIGIT, true),
            'w' => self.class(WORD, false),
            'W' => self.class(WORD, true),
            's' => self.class(SPACE, false),
            'S' => self.class(SPACE, true),
            'h' => self.class(HORIZONTAL, false),
            'H' => self.class(HORIZONTAL, true),
            'v' => self.class(VERTICAL, false),
            'V' => self.class(VERTICAL, true),
            'R' => self.out.push_str(r"(?:\r\n|[\n\x0B\x0C\r\u{85}\u{2028}\u{2029}])"),
            'Z' => self.out.push_str(r"(?=(?:\r\n|[\n\r\u{85}\u{2028}\u{2029}])?\z)"),
            'e' => self.out.push_str(r"\x1B"),
            'Q' => self.quoted(),
            'E' => {}
            '0' => self.octal()?,
            'c' => {
                let control = self.chars.next().ok_or("Illegal control escape sequence")?;
                self.literal(char::from_u32(control as u32 ^ 64).unwrap_or(control));
            }
            'u' => self.unicode()?,
            'p' | 'P' => self.property(c == 'P')?,
            'x' if self.chars.peek() != Some(&'{') => {
                let digits = self.hex(2).ok_or("Illegal hexadecimal escape sequence")?;
                self.literal(char::from_u32(digits).unwrap_or('\u{fffd}'));
            }
            'k' | 'b' | 'B' | 'A' | 'z' | 'G' | 't' | 'n' | 'r' | 'f' | 'a' | 'x' | '1'..='9' => {
                self.out.push('\\');
                self.out.push(c);
            }
            letter if letter.is_ascii_alphabetic() => return Err("Illegal/unsupported escape sequence".into()),
            other => self.literal(other),
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() {
            self.out.push(c);
        } else if c.is_ascii_punctuation() {
            self.out.push('\\');
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{:02X}", c as u32));
        }
    }

    fn quoted(&mut self) {
        while let Some(c) = self.chars.next() {
            if c == '\\' && self.chars.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(c);
        }
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |n, _| Some(n * 16 + self.chars.next()?.to_digit(16)?))
    }

    fn unicode(&mut self) -> Result<(), String> {
        const ILLEGAL: &str = "Illegal Unicode escape sequence";
        let unit = self.hex(4).ok_or(ILLEGAL)?;
        if (0xD800..0xDC00).contains(&unit) && self.chars.next_if_eq(&'\\').is_some() {
            self.chars.next_if_eq(&'u').ok_or(ILLEGAL)?;
            let low = self.hex(4).ok_or(ILLEGAL)?;
            let point = 0x10000 + ((unit - 0xD800) << 10) + low.wrapping_sub(0xDC00);
            self.literal(char::from_u32(point).unwrap_or('\u{fffd}'));
            return Ok(());
        }
        self.literal(char::from_u32(unit).unwrap_or('\u{fffd}'));
        Ok(())
    }

    fn octal(&mut self) -> Result<(), String> {
        let mut digit = |n: u32| self.chars.next_if(|c| n < 32 && c.is_digit(8)).and_then(|c| c.to_digit(8));
        let first = digit(0).ok_or("Illegal octal escape sequence")?;
        let mut n = first;
        for _ in 0..2 {
            match digit(n) {
                Some(next) => n = n * 8 + next,
                None => break,
            }
        }
        self.literal(char::from_u32(n).unwrap_or('\u{fffd}'));
        Ok(())
    }

    fn property(&mut self, negated: bool) -> Result<(), String> {
        let name = match self.chars.next() {
            Some('{') => {
                let name: String = self.chars.by_ref().take_while(|&c| c != '}').collect();
                name
            }
            Some(c) => c.to_string(),
            None => return Err("Unknown character property name {}".into()),
        };
        let ascii = match name.as_str() {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x00-\x7F",
            "Alpha" => "a-zA-Z",
            "Digit" => DIGIT,
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`\{-\x7E",
            "Graph" => r"!-\x7E",
            "Print" => r"\x20-\x7E",
            "Blank" => r" \t",
            "Cntrl" => r"\x00-\x1F\x7F",
            "XDigit" => "0-9a-fA-F",
            "Space" => SPACE,
            "javaLowerCase" => r"\p{Lowercase}",
            "javaUpperCase" => r"\p{Uppercase}",
            "javaWhitespace" => r"\s",
            other => {
                let name = other.strip_prefix("Is").or_else(|| other.strip_prefix("In")).unwrap_or(other);
                let class = format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' });
                self.out.push_str(&class);
                return Ok(());
            }
        };
        self.class(ascii, negated);
        Ok(())
    }
}
