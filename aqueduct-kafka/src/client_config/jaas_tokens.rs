//! The words of a `sasl.jaas.config` text, cut as Java cuts them.
//!
//! Java reads the text with a `java.io.StreamTokenizer`, whose rules users feel: an unquoted value may not begin with a
//! digit (it would be a number), a slash starts a comment, a quoted value ends at the line's end. Text enters, tokens
//! leave; nothing is kept.

/// A token. Only words and quoted texts have a text of their own; Java sees nothing in the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// The end of the text.
    End,
    /// Letters and what may stand among them.
    Word(String),
    /// What stood between quotes, escapes resolved.
    Quoted(String),
    /// A number, whatever its value.
    Number,
    /// Any other character.
    Sign(char),
}

impl Token {
    /// The text of a word or a quoted text.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Word(text) | Self::Quoted(text) => Some(text),
            Self::End | Self::Number | Self::Sign(_) => None,
        }
    }
}

/// Cuts a text into tokens.
pub(super) struct Tokens<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.chars().peekable() }
    }

    /// The next token; [`Token::End`] again and again once the text is over.
    pub(super) fn next(&mut self) -> Token {
        loop {
            let Some(first) = self.rest.next() else { return Token::End };
            if is_white(first) {
                continue;
            }
            if is_numeric(first) {
                return self.number(first);
            }
            if is_word(first) {
                return self.word(first);
            }
            match first {
                '"' | '\'' => return Token::Quoted(self.quoted(first)),
                '/' if self.rest.next_if_eq(&'*').is_some() => self.skip_block_comment(),
                '/' => self.skip_line(),
                sign => return Token::Sign(sign),
            }
        }
    }

    fn number(&mut self, first: char) -> Token {
        if first == '-' && !self.rest.peek().is_some_and(|c| *c == '.' || c.is_ascii_digit()) {
            return Token::Sign('-');
        }
        let mut point = first == '.';
        while self.rest.next_if(|c| c.is_ascii_digit() || (*c == '.' && !point)).is_some_and(|c| {
            point |= c == '.';
            true
        }) {}
        Token::Number
    }

    fn word(&mut self, first: char) -> Token {
        let mut text = String::from(first);
        while let Some(next) = self.rest.next_if(|c| is_word(*c) || is_numeric(*c)) {
            text.push(next);
        }
        Token::Word(text)
    }

    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(next) = self.rest.next_if(|c| !matches!(c, '\n' | '\r')) {
            match next {
                end if end == quote => break,
                '\\' => text.extend(self.escaped()),
                plain => text.push(plain),
            }
        }
        text
    }

    /// The character that an escape stands for; an unknown escape stands for its own character.
    fn escaped(&mut self) -> Option<char> {
        let first = self.rest.next()?;
        Some(match first {
            '0'..='7' => self.octal(first),
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{C}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{B}',
            other => other,
        })
    }

    /// Up to three octal digits; a third only where the number stays below 256.
    fn octal(&mut self, first: char) -> char {
        let digit = |c: char| c.to_digit(8).unwrap_or(0);
        let mut code = digit(first);
        for _ in 0..if first <= '3' { 2 } else { 1 } {
            match self.rest.next_if(|c| matches!(c, '0'..='7')) {
                Some(next) => code = code * 8 + digit(next),
                None => break,
            }
        }
        char::from_u32(code).unwrap_or('\u{FFFD}')
    }

    fn skip_line(&mut self) {
        while self.rest.next_if(|c| !matches!(c, '\n' | '\r')).is_some() {}
    }

    fn skip_block_comment(&mut self) {
        let mut star = false;
        for next in self.rest.by_ref() {
            if star && next == '/' {
                return;
            }
            star = next == '*';
        }
    }
}

fn is_white(c: char) -> bool {
    c <= ' '
}

fn is_numeric(c: char) -> bool {
    c.is_ascii_digit() || c == '.' || c == '-'
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '$') || c >= '\u{A0}'
}
