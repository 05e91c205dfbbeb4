//! Splits the text of a value into tokens: delimiters, and what is between them.

/// A reader of tokens that looks one token ahead and can go back.
///
/// A delimiter after a backslash is not one. Spaces belong to the token around them; a token of spaces alone is skipped
/// when something particular is looked for.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The token before `at`, when it was looked at and not taken.
    ahead: Option<&'a str>,
}

/// Without the spaces at both ends, where a space is every character up to U+0020 (`String.trim`).
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, ahead: None }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Where the next token begins.
    pub(super) fn mark(&self) -> usize {
        self.at - self.ahead.map_or(0, str::len)
    }

    pub(super) fn rewind_to(&mut self, mark: usize) {
        self.at = mark;
        self.ahead = None;
    }

    pub(super) fn has_next(&self) -> bool {
        self.ahead.is_some() || self.at < self.text.len()
    }

    /// The next token; empty at the end.
    pub(super) fn next(&mut self) -> &'a str {
        self.ahead.take().unwrap_or_else(|| self.read())
    }

    /// The text of the next `n` tokens, if there are so many; else nothing is taken.
    pub(super) fn next_n(&mut self, n: usize) -> Option<&'a str> {
        let start = self.mark();
        for _ in 0..n {
            if !self.has_next() {
                self.rewind_to(start);
                return None;
            }
            self.next();
        }
        Some(&self.text[start..self.at])
    }

    /// Takes the next token if it is this one, spaces aside.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        if !self.has_next() {
            return false;
        }
        let mut token = self.next();
        while trim(token).is_empty() && self.at < self.text.len() {
            token = self.read();
        }
        if trim(token) == expected {
            return true;
        }
        self.ahead = Some(token);
        false
    }

    fn read(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let mut escaped = false;
        let mut length = rest.len();
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                b'\\' => escaped = !escaped,
                b':' | b',' | b'{' | b'}' | b'[' | b']' | b'"' if !escaped => {
                    length = at.max(1);
                    break;
                }
                _ => escaped = false,
            }
        }
        self.at += length;
        &rest[..length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let mut tokens = Tokens::new(text);
        let mut got = Vec::new();
        while tokens.has_next() {
            got.push(tokens.next());
        }
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn delimiters_are_tokens_of_their_own() {
        check("", &[]);
        check("abc", &["abc"]);
        check("[1, 2]", &["[", "1", ",", " 2", "]"]);
        check("{\"a\":1}", &["{", "\"", "a", "\"", ":", "1", "}"]);
        check("::", &[":", ":"]);
    }

    #[test]
    fn an_escaped_delimiter_is_not_one() {
        check(r"a\,b,c", &[r"a\,b", ",", "c"]);
        check(r"a\\,b", &[r"a\\", ",", "b"]);
        check(r"\[é\", &[r"\[é\"]);
    }

    #[test]
    fn spaces_before_what_is_looked_for_are_skipped() {
        let mut tokens = Tokens::new("  [ \t]x");
        assert!(tokens.take("["));
        assert!(!tokens.take("x"));
        assert_eq!(tokens.mark(), 5);
        assert!(tokens.take("]"));
        assert_eq!(tokens.next_n(2), None);
        assert_eq!(tokens.next_n(1), Some("x"));
        assert!(!tokens.take("]"));
    }
}
