//! What a request asks for: the path as decoded segments, and the query.
//!
//! Matrix parameters (`;x=y`) are cut off, percent escapes are decoded once as UTF-8, a slash at the end does not
//! count. A path that two readers could understand differently is refused, as Java's server does: empty segments, dots,
//! slashes and percent signs that are written as escapes, and characters that no path should hold.

use hyper::Uri;

/// A path and a query, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    segments: Vec<String>,
    query: Vec<(String, String)>,
}

/// Why a path is refused, as the page to the user says it.
pub(crate) type BadPath = &'static str;

const SEPARATOR: BadPath = "Ambiguous URI path separator";
const ENCODING: BadPath = "Ambiguous URI path encoding";
const SEGMENT: BadPath = "Ambiguous URI path segment";
const PARAMETER: BadPath = "Ambiguous URI path parameter";
const EMPTY: BadPath = "Ambiguous URI empty segment";
const SUSPICIOUS: BadPath = "Suspicious Path Character";
const BAD_UTF8: BadPath = "Bad UTF-8 encoding";
const BAD_ESCAPE: BadPath = "Bad URI";

impl Target {
    pub(crate) fn parse(uri: &Uri) -> Result<Self, BadPath> {
        let query = uri.query().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        Ok(Self { segments: segments(uri.path())?, query })
    }

    /// The segments of the path; none for `/`.
    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Names the connector, where the path holds `placeholder` instead; answers whether it does.
    pub(crate) fn name_connector(&mut self, placeholder: &str, name: &str) -> bool {
        match &mut self.segments[..] {
            [collection, connector, ..] if collection == "connectors" && connector == placeholder => {
                name.clone_into(connector);
                true
            }
            _ => false,
        }
    }

    /// The first value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a query parameter.
    pub(crate) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter as Java reads a boolean: only `true`, in any case, is true.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.parameter(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }
}

fn segments(path: &str) -> Result<Vec<String>, BadPath> {
    let mut segments: Vec<String> = Vec::new();
    let mut rest = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(part) = rest.next() {
        let (raw, has_parameter) = part.split_once(';').map_or((part, false), |(raw, _)| (raw, true));
        match raw {
            "" if rest.peek().is_some() => return Err(EMPTY),
            "." | ".." if has_parameter => return Err(PARAMETER),
            "" | "." => {}
            ".." => drop(segments.pop().ok_or(BAD_ESCAPE)?),
            _ => segments.push(decode(raw)?),
        }
    }
    Ok(segments)
}

fn decode(raw: &str) -> Result<String, BadPath> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let byte = escape(&mut bytes).ok_or(BAD_ESCAPE)?;
            match byte {
                b'/' => return Err(SEPARATOR),
                b'%' => return Err(ENCODING),
                _ => byte,
            }
        } else {
            byte
        };
        if byte == b'\\' || byte.is_ascii_control() {
            return Err(SUSPICIOUS);
        }
        decoded.push(byte);
    }
    // Dots that were not written as escapes never come here.
    if decoded == b"." || decoded == b".." {
        return Err(SEGMENT);
    }
    String::from_utf8(decoded).map_err(|_| BAD_UTF8)
}

/// The byte of an escape, after its percent sign.
fn escape(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut digit = || u8::try_from(char::from(bytes.next()?).to_digit(16)?).ok();
    Some(digit()? << 4 | digit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expect: Result<&[&str], BadPath>) {
        let got = segments(path);
        assert_eq!(
            got.as_ref().map(|got| got.iter().map(String::as_str).collect::<Vec<_>>()).map_err(|e| *e),
            expect.map(<[_]>::to_vec),
            "{path}"
        );
    }

    #[test]
    fn paths_are_decoded_once() {
        check("/", Ok(&[]));
        check("/connectors", Ok(&["connectors"]));
        check("/connectors/", Ok(&["connectors"]));
        check("/connectors/a%20b", Ok(&["connectors", "a b"]));
        check("/connectors/a+b", Ok(&["connectors", "a+b"]));
        check("/connectors/%E2%82%AC", Ok(&["connectors", "€"]));
        check("/connectors/%e2%82%ac/status", Ok(&["connectors", "€", "status"]));
        check("/connectors/..%20", Ok(&["connectors", ".. "]));
        check("/connectors/...", Ok(&["connectors", "..."]));
        check("/connectors/%3B%3F%23", Ok(&["connectors", ";?#"]));
        check("*", Ok(&["*"]));
    }

    #[test]
    fn matrix_parameters_are_cut_off() {
        check("/connectors/a;b", Ok(&["connectors", "a"]));
        check("/connectors;x=1/a;y=2;z/status", Ok(&["connectors", "a", "status"]));
        check("/connectors/;b", Ok(&["connectors"]));
        check("/;x/connectors", Err(EMPTY));
    }

    #[test]
    fn plain_dots_are_followed() {
        check("/connectors/./a", Ok(&["connectors", "a"]));
        check("/connectors/../health", Ok(&["health"]));
        check("/connectors/.", Ok(&["connectors"]));
        check("/..", Err(BAD_ESCAPE));
    }

    #[test]
    fn paths_with_two_meanings_are_refused() {
        check("//connectors", Err(EMPTY));
        check("/connectors//", Err(EMPTY));
        check("/connectors//a", Err(EMPTY));
        check("/connectors/a%2Fb", Err(SEPARATOR));
        check("/connectors/a%2fb", Err(SEPARATOR));
        check("/connectors/%25", Err(ENCODING));
        check("/connectors/a%2525b", Err(ENCODING));
        check("/connectors/a%5Cb", Err(SUSPICIOUS));
        check("/connectors/a\\b", Err(SUSPICIOUS));
        check("/connectors/%00", Err(SUSPICIOUS));
        check("/connectors/%2E%2E", Err(SEGMENT));
        check("/connectors/.%2e/a", Err(SEGMENT));
        check("/connectors/%2e", Err(SEGMENT));
        check("/connectors/..;a", Err(PARAMETER));
        check("/connectors/%", Err(BAD_ESCAPE));
        check("/connectors/%4", Err(BAD_ESCAPE));
        check("/connectors/%zz", Err(BAD_ESCAPE));
        check("/connectors/%u0041", Err(BAD_ESCAPE));
        check("/connectors/%ff", Err(BAD_UTF8));
    }

    #[test]
    fn queries_are_forms() {
        let target = Target::parse(&"/a?expand=info&expand=a+b%26&x=&FLAG=True&y=bogus&z".parse().unwrap()).unwrap();
        assert_eq!(target.parameters("expand").collect::<Vec<_>>(), ["info", "a b&"]);
        assert_eq!(target.parameter("z"), Some(""));
        assert_eq!(target.parameter("none"), None);
        let flags = ["FLAG", "x", "y", "none"].map(|name| target.flag(name, true));
        assert_eq!(flags, [true, false, false, true]);
    }
}
