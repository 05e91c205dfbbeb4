//! Requests about connectors whose names no path can hold ([`aqueduct_herder::odd_name`]).
//!
//! The header counts for such names alone: who guards the API by paths is not passed by.

use aqueduct_herder::odd_name::{HEADER, PLACEHOLDER, encode, is_odd};
use hyper::HeaderMap;
use percent_encoding::percent_decode;

use crate::answer::Failure;
use crate::target::Target;

/// Puts the name of the header into the target.
pub(crate) fn apply(target: &mut Target, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(given) = headers.get(HEADER) else { return Ok(()) };
    let name = percent_decode(given.as_bytes()).decode_utf8().ok().filter(|name| is_odd(name));
    match name {
        Some(name) if target.name_connector(PLACEHOLDER, &name) => Ok(()),
        _ => Err(Failure::bad_request(format!(
            "The header {HEADER} is for the path /connectors/{} and for names that no path can hold",
            encode(PLACEHOLDER)
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
