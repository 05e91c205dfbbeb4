//! What Java's regular expressions did with hundreds of inputs, against ours.
#![cfg(test)]

use std::collections::BTreeSet;

use aqueduct_jvm::regex::{JavaRegex, Replacement};
use serde_json::{Value, json};

/// Patterns that do something else here, each with the reason. Whoever mends one takes it off the list: the test fails when
/// a listed pattern behaves as in Java.
const KNOWN_DIFFERENCES: [(&str, &str); 1] = [(r"\N{LATIN SMALL LETTER A}", "names of characters are not known")];

fn ours(case: &Value) -> Value {
    let (pattern, input) = (case["pattern"].as_str().unwrap(), case["input"].as_str().unwrap_or_default());
    let regex = match JavaRegex::new(pattern) {
        Ok(regex) => regex,
        Err(error) => {
            let error = json!({"class": "PatternSyntaxException", "message": error.to_string(), "phase": "compile"});
            return json!({"error": error});
        }
    };
    let mut result = json!({"matches": regex.matches(input), "find": regex.is_found(input)});
    if let Some(groups) = regex.groups(input) {
        result["groups"] = json!(groups);
    }
    if let Some(replacement) = case["replacement"].as_str() {
        let replacement = Replacement::parse(replacement);
        let replaced = regex.replace_first(input, &replacement);
        let both = regex.replace_first_if_matches(input, &replacement);
        assert_eq!(both, regex.matches(input).then(|| replaced.clone()).transpose(), "{}", case["id"]);
        match replaced {
            Ok(text) => result["replaceFirst"] = json!(text),
            Err(error) => {
                result["replaceError"] = json!({"class": error.class(), "message": error.to_string()});
            }
        }
    }
    result
}

#[test]
fn every_recorded_pattern_behaves_as_in_java() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/java_regex.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut failures, mut known) = (Vec::new(), BTreeSet::new());
    let mut count = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        count += 1;
        let (ours, expected) = (ours(&case), &case["expected"]);
        let pattern = case["pattern"].as_str().unwrap();
        if ours == *expected {
            continue;
        }
        if KNOWN_DIFFERENCES.iter().any(|(listed, _)| *listed == pattern) {
            known.insert(pattern.to_owned());
        } else {
            failures.push(format!("{}\n  expected {expected}\n  got      {ours}", case["id"]));
        }
    }
    let mended: Vec<_> = KNOWN_DIFFERENCES.iter().filter(|(listed, _)| !known.contains(*listed)).collect();
    assert!(mended.is_empty(), "no longer different: {mended:?}");
    assert!(count > 500);
    assert!(failures.is_empty(), "{} of {count} differ:\n{}", failures.len(), failures.join("\n"));
}
