//! What Java's regular expressions did with thousands of inputs, against ours.
#![cfg(test)]

use aqueduct_jvm::regex::{JavaRegex, Replacement};
use serde_json::{Value, json};

/// Patterns that do something else here, each with the reason. Whoever mends one takes it off the list: the test fails when
/// a listed pattern behaves as in Java.
const KNOWN_DIFFERENCES: [(&str, &str); 7] = [
    (r"(?U)\w+", "the flag that makes classes follow Unicode is not known"),
    (r"\X", "grapheme clusters are not known"),
    ("\\b{g}\u{e9}", "grapheme cluster boundaries are not known"),
    ("(?i)\u{c9}", "letters outside of ASCII are compared without case, which Java does only with the flag u"),
    (r"\N{LATIN SMALL LETTER A}", "names of characters are not known"),
    ("[a&&&b]", "an ampersand beside an intersection is taken for an intersection"),
    ("[&&a]", "an intersection with nothing on its left is empty"),
];

fn ours(case: &Value) -> Value {
    let (pattern, input) = (case["pattern"].as_str().unwrap(), case["input"].as_str().unwrap_or_default());
    let Ok(regex) = JavaRegex::new(pattern) else {
        return json!({"error": true});
    };
    let mut result = json!({"matches": regex.matches(input), "find": regex.is_found(input)});
    if let Some(groups) = regex.groups(input) {
        result["groups"] = json!(groups);
    }
    if let Some(replacement) = case["replacement"].as_str() {
        match regex.replace_first(input, &Replacement::parse(replacement)) {
            Ok(text) => result["replaceFirst"] = json!(text),
            Err(error) => result["replaceError"] = json!(error.class()),
        }
    }
    result
}

fn expected(case: &Value) -> Value {
    let mut expected = case["expected"].clone();
    if expected.get("error").is_some() {
        return json!({"error": true});
    }
    if let Some(error) = expected.get("replaceError") {
        expected["replaceError"] = error["class"].clone();
    }
    expected
}

#[test]
fn every_recorded_pattern_behaves_as_in_java() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/java_regex.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut failures, mut known) = (Vec::new(), std::collections::BTreeSet::new());
    let mut count = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        count += 1;
        let (ours, expected) = (ours(&case), expected(&case));
        let pattern = case["pattern"].as_str().unwrap();
        if ours != expected && KNOWN_DIFFERENCES.iter().any(|(listed, _)| *listed == pattern) {
            known.insert(pattern.to_owned());
        } else if ours != expected {
            failures.push(format!("{}\n  expected {expected}\n  got      {ours}", case["id"]));
        }
    }
    let mended: Vec<_> = KNOWN_DIFFERENCES.iter().filter(|(listed, _)| !known.contains(*listed)).collect();
    assert!(mended.is_empty(), "no longer different: {mended:?}");
    assert!(count > 500);
    assert!(failures.is_empty(), "{} of {count} differ:\n{}", failures.len(), failures.join("\n"));
}
