//! Offset files that Java wrote, read and written again.
#![cfg(test)]

use aqueduct_jvm::hashmap_file::{Entries, read, write};
use base64::Engine;
use serde_json::Value;

fn bytes(value: &Value) -> Option<Vec<u8>> {
    if value.is_null() {
        return None;
    }
    match value["utf8"].as_str() {
        Some(text) => Some(text.as_bytes().to_vec()),
        None => Some(base64::prelude::BASE64_STANDARD.decode(value["base64"].as_str().unwrap()).unwrap()),
    }
}

#[test]
fn every_recorded_file_is_read_and_written_byte_for_byte() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/offsets_file");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        count += 1;
        let name = path.display();
        let recorded: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let file = std::fs::read(path.with_extension("dat")).unwrap();
        assert!(recorded.get("error").is_none(), "{name}: no error was recorded when this was written");
        let entries = read(&file).unwrap_or_else(|error| panic!("{name}: {error}"));

        let mut expected: Entries = recorded["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (bytes(&entry["key"]), bytes(&entry["value"])))
            .collect();
        let mut sorted = entries.clone();
        expected.sort();
        sorted.sort();
        assert_eq!(sorted, expected, "{name}");

        let again = write(entries.iter().map(|(key, value)| (key.as_deref(), value.as_deref())));
        assert!(again == file, "{name}: written otherwise than Java did");
    }
    assert!(count >= 8);
}
