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
    let (flags, rest) = leading_flags(pattern);
    let mut translator = Translator {
        chars: rest.chars().peekable(),
        out: String::new(),
        depth: 0,
        groups: count_groups(rest),
        names: Vec::new(),
        dot_all: flags.contains('s'),
        unix_lines: flags.contains('d'),
    };
    // The letters that mean the same; `u` asks for what is done here anyway.
    let kept: String = flags.chars().filter(|flag| "imx".contains(*flag)).collect();
    if !kept.is_empty() {
        translator.out.push_str(&format!("(?{kept})"));
    }
    translator.run()?;
    Ok(translator.out)
}

/// Flags for the whole pattern, such as `(?is)` at its beginning, and the pattern behind them.
fn leading_flags(pattern: &str) -> (&str, &str) {
    let flags = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    match flags {
        Some((flags, rest)) if !flags.is_empty() && flags.chars().all(|flag| "idmsux".contains(flag)) => (flags, rest),
        _ => ("", pattern),
    }
}

/// The number of capturing groups.
fn count_groups(pattern: &str) -> usize {
    let mut chars = pattern.chars().peekable();
    let (mut count, mut depth) = (0, 0usize);
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '(' if depth == 0 => {
                let special = chars.next_if_eq(&'?').is_some();
                let named =
                    special && chars.next_if_eq(&'<').is_some() && chars.peek().is_some_and(char::is_ascii_alphabetic);
                count += usize::from(!special || named);
            }
            _ => {}
        }
    }
    count
}

struct Translator<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
    /// How many character classes are open.
    depth: usize,
    /// How many capturing groups the whole pattern has.
    groups: usize,
    /// The names of groups so far.
    names: Vec<String>,
    dot_all: bool,
    unix_lines: bool,
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
                '{' if self.depth == 0 => self.repetition()?,
                '(' if self.depth == 0 => self.group()?,
                '.' if self.depth == 0 && self.dot_all => self.out.push_str("(?s:.)"),
                '.' if self.depth == 0 && self.unix_lines => self.out.push_str(r"[^\n]"),
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

    /// `{n}`, `{n,}` or `{n,m}`: Java knows no other brace.
    fn repetition(&mut self) -> Result<(), String> {
        let mut text = String::new();
        for c in self.chars.by_ref() {
            if c == '}' {
                let (least, most) = text.split_once(',').unwrap_or((&text, &text));
                let number = |digits: &str| digits.parse::<u32>().ok();
                let least = number(least).ok_or("Illegal repetition")?;
                if !most.is_empty() && number(most).is_none_or(|most| most < least) {
                    return Err("Illegal repetition range".into());
                }
                if self.out.is_empty() {
                    break;
                }
                self.out.push_str(&format!("{{{text}}}"));
                return Ok(());
            }
            text.push(c);
        }
        Err("Illegal repetition".into())
    }

    /// The beginning of a group; what Java does not know is refused, and names must be new.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.chars.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        match self.chars.peek() {
            Some('#' | 'P') => return Err("Unknown inline modifier".into()),
            Some('<') => {
                self.chars.next();
                self.out.push('<');
                if matches!(self.chars.peek(), Some('=' | '!')) {
                    return Ok(());
                }
                let mut name = String::new();
                while let Some(c) = self.chars.next_if(char::is_ascii_alphanumeric) {
                    name.push(c);
                }
                if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return Err("capturing group name does not start with a Latin letter".into());
                }
                if self.names.contains(&name) {
                    return Err(format!("Named capturing group <{name}> is already defined"));
                }
                self.out.push_str(&name);
                self.names.push(name);
            }
            _ => {}
        }
        Ok(())
    }

    /// A reference to a group: as many digits as there are groups for; one that is not there never matches.
    fn reference(&mut self, first: char) {
        let mut number = first.to_digit(10).unwrap_or(0) as usize;
        if number > self.groups {
            self.out.push_str("(?!)");
            return;
        }
        while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(10)) {
            let longer = number * 10 + digit as usize;
            if longer > self.groups {
                break;
            }
            number = longer;
            self.chars.next();
        }
        // In a group of its own, so that a digit behind it is not taken for part of the number.
        self.out.push_str(&format!("(?:\\{number})"));
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
            '1'..='9' => self.reference(c),
            'x' if self.chars.next_if_eq(&'{').is_some() => {
                let digits: String = self.chars.by_ref().take_while(|&c| c != '}').collect();
                let point = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                self.literal(point.ok_or("Hexadecimal codepoint is too big")?);
            }
            'x' => {
                let digits = self.hex(2).ok_or("Illegal hexadecimal escape sequence")?;
                self.literal(char::from_u32(digits).unwrap_or('\u{fffd}'));
            }
            'k' | 'b' | 'B' | 'A' | 'z' | 'G' | 't' | 'n' | 'r' | 'f' | 'a' => {
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
