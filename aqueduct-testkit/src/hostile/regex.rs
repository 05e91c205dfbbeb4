//! Regular expressions of Java: a pattern, a text and a replacement, divided by zero bytes.

use aqueduct_jvm::regex::{JavaRegex, Replacement};

/// Bytes above which an input says nothing new and only takes long.
const MOST: usize = 600;

/// Compiles, matches, searches and replaces.
pub(super) fn read(bytes: &[u8]) {
    let [pattern, input, replacement] = super::texts::<3>(&bytes[..bytes.len().min(MOST)]);
    let regex = match JavaRegex::new(&pattern) {
        Ok(regex) => regex,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let Ok(matches) = regex.try_matches(&input) else { return };
    assert_eq!(matches, regex.groups(&input).is_some());
    let replacement = Replacement::parse(&replacement);
    if let Ok(replaced) = regex.replace_first_if_matches(&input, &replacement) {
        assert!(replaced.is_none() || matches);
    }
    if let Ok(replaced) = regex.replace_first(&input, &replacement) {
        assert!(replaced == input || regex.is_found(&input));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [
        "(.*)-raw\0orders-raw\0clean.$1",
        "(?<name>[a-z&&[^aeiou]]+)(\\d{2,4})?+\\k<name>\\2\0bcd12bcd12\0${name}",
        "(?i)[\\p{L}\\p{InGreek}\\x{1F600}\\u0041]+(?=b|c)\0AB\0${name}\\$",
        "(?<=a{1,3})b|(?<!x)(?>y+)(?:z)*?$\0aab\0$0",
        "\\Qa.b\\E|^(?m)\\b\\R\\h\\v\\X\\G\\Z\0a.b\0\\\\",
        "[^\\s\\S]|(a+)+$\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaab\0x",
        "(x?)(a|aa)+\\1c\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\0$2",
        "\\N{WHITE SMILING FACE}\\cA\\07\\e\\t[\\[-\\]]\0\u{263a}\0",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
