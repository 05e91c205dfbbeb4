//! Connectors whose names no path can hold: those with `%`, `/` or `\`, and `.` and `..`.
//!
//! Java Connect creates them and can then not be asked about them, because its server refuses such paths as ambiguous. Here
//! a request for [`PLACEHOLDER`] with the header [`HEADER`] means the connector that the header names, percent-encoded.
//! Clients do that, and workers among themselves.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The header that names a connector.
pub const HEADER: &str = "aqueduct-connector-name";

/// What stands in the path instead of the name, decoded. Names are trimmed, so that no connector is called like that: a
/// worker that does not know the header finds none.
pub const PLACEHOLDER: &str = " ";

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whether no path can hold a name.
pub fn is_odd(name: &str) -> bool {
    matches!(name, "." | "..") || name.contains(['%', '/', '\\']) || name.contains(|c: char| c.is_ascii_control())
}

/// A name as it stands in a path or in the header.
pub fn encode(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

/// The segment of the path that means a connector, and the header that it needs.
pub fn segment(name: &str) -> (String, Option<(&'static str, String)>) {
    if is_odd(name) { (encode(PLACEHOLDER), Some((HEADER, encode(name)))) } else { (encode(name), None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_go_into_the_header() {
        assert_eq!(segment("a b"), ("a%20b".to_owned(), None));
        assert_eq!(segment("a/b"), ("%20".to_owned(), Some((HEADER, "a%2Fb".to_owned()))));
        assert_eq!(segment(".."), ("%20".to_owned(), Some((HEADER, "..".to_owned()))));
    }
}
