//! SASL extensions (RFC 7628, section 3.1): names and values that go to the broker beside the token.

use std::collections::BTreeMap;

/// Checks extensions as Java does.
pub(super) fn checked<'a>(given: impl Iterator<Item = (&'a str, &'a str)>) -> Result<BTreeMap<String, String>, String> {
    given.map(|(name, value)| checked_one(name, value)).collect()
}

fn checked_one(name: &str, value: &str) -> Result<(String, String), String> {
    if name == "auth" {
        return Err("an extension cannot be called auth, which is the token's own place".to_owned());
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic()) {
        return Err(format!("the extension name {name} has to consist of the letters A to Z"));
    }
    if !value.chars().all(|c| matches!(c, ' '..='~' | '\t' | '\r' | '\n')) || value.is_empty() {
        return Err(format!("the value of the extension {name} has to consist of printable ASCII characters"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, accepted: bool) {
        assert_eq!(checked([(name, value)].into_iter()).is_ok(), accepted, "{name}={value}");
    }

    #[test]
    fn names_are_letters_and_values_printable() {
        check("traceId", "123", true);
        check("trace", "a b\tc", true);
        check("auth", "x", false);
        check("a_b", "x", false);
        check("", "x", false);
        check("a1", "x", false);
        check("a", "", false);
        check("a", "é", false);
    }
}
