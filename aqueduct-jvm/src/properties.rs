//! Properties files, as `java.util.Properties.load` reads them from a stream of bytes.
//!
//! The bytes are ISO-8859-1 and other characters are written `\uXXXX`, whatever an editor may have saved: Kafka's tools read
//! their files so, and a worker that read other names out of the same file would look for other files and offsets.

use std::fmt;

/// A properties file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertiesError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for PropertiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for PropertiesError {}

/// The keys and values in the order of the file. A key may come twice; the last one counts.
///
/// # Errors
/// For a malformed `\uXXXX`.
pub fn load(bytes: &[u8]) -> Result<Vec<(String, String)>, PropertiesError> {
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    load_text(&text)
}

/// As [`load`], from text whose characters are known, as `Properties.load` reads it from a `Reader`.
///
/// # Errors
/// For a malformed `\uXXXX`.
pub fn load_text(text: &str) -> Result<Vec<(String, String)>, PropertiesError> {
    let mut lines = NaturalLines { rest: text, number: 0, after_crlf: false };
    let mut pairs = Vec::new();
    while let Some((number, line)) = lines.next_logical() {
        let (key, value) = split(&line);
        let unescape = |part: &str| unescape(part).map_err(|problem| PropertiesError { line: number, problem });
        pairs.push((unescape(key)?, unescape(value)?));
    }
    Ok(pairs)
}

struct NaturalLines<'a> {
    rest: &'a str,
    number: usize,
    /// Whether the last line ended in `\r\n`.
    after_crlf: bool,
}

const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

impl<'a> NaturalLines<'a> {
    fn next_natural(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.after_crlf = rest.starts_with("\r\n");
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest);
        Some(line.trim_start_matches(BLANKS))
    }

    /// The next line that is neither blank nor a comment, with the lines that it continues on.
    fn next_logical(&mut self) -> Option<(usize, String)> {
        loop {
            let natural = self.next_natural()?;
            if natural.is_empty() || natural.starts_with(['#', '!']) {
                continue;
            }
            let mut line = natural.to_owned();
            let number = self.number;
            while ends_in_continuation(&line) {
                line.pop();
                match self.next_natural() {
                    // As long as nothing was there but backslashes, a comment may still begin.
                    Some(more) if line.is_empty() && more.starts_with(['#', '!']) => {}
                    Some(more) => line.push_str(more),
                    // A lone backslash that ends the file is an empty line, and that an empty key.
                    None if line.is_empty() && !self.after_crlf => return Some((number, line)),
                    None => break,
                }
            }
            if !line.is_empty() {
                return Some((number, line));
            }
        }
    }
}

fn ends_in_continuation(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// The key ends at the first `=`, `:` or blank that is not escaped; one `=` or `:` and blanks around it are no part of the
/// value.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line
        .char_indices()
        .find(|&(_, c)| {
            let ends = !escaped && (c == '=' || c == ':' || BLANKS.contains(&c));
            escaped = c == '\\' && !escaped;
            ends
        })
        .map_or(line.len(), |(at, _)| at);
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(BLANKS);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start_matches(BLANKS))
}

fn unescape(text: &str) -> Result<String, String> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut buffer = [0; 2];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let valid = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                    let unit = u16::from_str_radix(&digits, 16).ok().filter(|_| valid);
                    units.push(unit.ok_or_else(|| format!("Malformed \\uxxxx encoding: \\u{digits}"))?);
                    continue;
                }
                Some(other) => other,
                None => continue,
            },
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut buffer));
    }
    Ok(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let loaded = load(text.as_bytes()).unwrap();
        let loaded: Vec<(&str, &str)> = loaded.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(loaded, expect, "{text:?}");
    }

    #[test]
    fn files_are_read_as_java_reads_them() {
        check("", &[]);
        check("a=b", &[("a", "b")]);
        check("a = b ", &[("a", "b ")]);
        check("a:b\r\nc d\re", &[("a", "b"), ("c", "d"), ("e", "")]);
        check("# c\n ! d\n\n  k\t=\tv", &[("k", "v")]);
        check("a==b", &[("a", "=b")]);
        check("a : = b", &[("a", "= b")]);
        check("a\\=b=c\\:d", &[("a=b", "c:d")]);
        check("a\\ b=c", &[("a b", "c")]);
        check("a=1,\\\n   2,\\\n   3", &[("a", "1,2,3")]);
        check("a=x\\\\\nb=y", &[("a", "x\\"), ("b", "y")]);
        check("a=x\\\n# no comment\nb=y", &[("a", "x# no comment"), ("b", "y")]);
        check("a=\\t\\n\\q\\u0041\\ud83d\\ude00", &[("a", "\t\nqA😀")]);
        check("a=1\na=2", &[("a", "1"), ("a", "2")]);
        check("a=ends\\", &[("a", "ends")]);
        check("a=1\\\n\nb=2", &[("a", "1"), ("b", "2")]);
        check("\\\n", &[("", "")]);
        check("\\\r\n", &[]);
        check("\\\n ", &[]);
        check("\\\n\n\\\n# comment\\\na=1", &[("a", "1")]);
        check("=v", &[("", "v")]);
    }

    #[test]
    fn bytes_are_latin_1_even_where_they_look_like_utf_8() {
        assert_eq!(load(b"a=\xe4").unwrap(), [("a".to_owned(), "ä".to_owned())]);
        check("a=ä", &[("a", "Ã¤")]);
    }

    #[test]
    fn a_malformed_escape_names_its_line() {
        let error = load(b"a=1\n\nb=\\u00g1").unwrap_err();
        assert_eq!(error.to_string(), "line 3: Malformed \\uxxxx encoding: \\u00g1");
    }
}
