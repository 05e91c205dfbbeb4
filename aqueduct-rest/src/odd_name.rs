//! Connectors whose names no path can hold: those with `%`, `/` or `\`, and `.` and `..`.
//!
//! Java Connect creates them and can then not be asked about them, because its server refuses such paths as ambiguous. Here
//! a request for [`PLACEHOLDER`] with the header [`HEADER`] means the connector that the header names, percent-encoded. The
//! header counts for such names alone: who guards the API by paths is not passed by.

use hyper::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use crate::answer::Failure;
use crate::target::Target;

/// The header that names a connector.
pub const HEADER: &str = "aqueduct-connector-name";

/// What stands in the path instead of the name.
pub const PLACEHOLDER: &str = "-";

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whether no path can hold a name.
pub fn is_odd(name: &str) -> bool {
    matches!(name, "." | "..") || name.contains(['%', '/', '\\']) || name.contains(|c: char| c.is_ascii_control())
}

/// A name as it stands in a path or in the header.
pub fn encode(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

/// Puts the name of the header into the target.
pub(crate) fn apply(target: &mut Target, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(given) = headers.get(HEADER) else { return Ok(()) };
    let name = percent_decode(given.as_bytes()).decode_utf8().ok().filter(|name| is_odd(name));
    match name {
        Some(name) if target.name_connector(PLACEHOLDER, &name) => Ok(()),
        _ => Err(Failure::bad_request(format!(
            "The header {HEADER} is for the path /connectors/{PLACEHOLDER} and for names that no path can hold"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_those_that_no_path_can_hold() {
        let check = |name: &str, expect: bool| {
            assert_eq!(is_odd(name), expect, "{name}");
            let uri = format!("/connectors/{}", encode(name)).parse().unwrap();
            let named = Target::parse(&uri).is_ok_and(|target| target.segments().get(1).is_some_and(|s| s == name));
            assert_eq!(named, !expect, "{name}");
        };
        for odd in ["a/b", "50%", "a\\b", ".", ".."] {
            check(odd, true);
        }
        for plain in ["a", "a b", "a;b", "ä#?", "...", "-", ".a"] {
            check(plain, false);
        }
    }
}
