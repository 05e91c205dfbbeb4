//! The offset file of a standalone worker, and the keys and offsets in it.

use aqueduct_json::offsets::{offset_key, offset_value, parse_offset_key, parse_offset_value};
use aqueduct_jvm::hashmap_file;

/// Reads the bytes as a file, as a key and as an offset.
pub(super) fn read(bytes: &[u8]) {
    entry(bytes, bytes);
    let entries = match hashmap_file::read(bytes) {
        Ok(entries) => entries,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    // An entry takes a byte for each of its two halves at least.
    assert!(entries.len() * 2 <= bytes.len());
    for (key, value) in &entries {
        entry(key.as_deref().unwrap_or_default(), value.as_deref().unwrap_or_default());
    }
    let written = hashmap_file::write(entries.iter().map(|(key, value)| (key.as_deref(), value.as_deref())));
    assert_eq!(hashmap_file::read(&written), Ok(entries));
}

/// What can be read can be written, and is then the same for good: stores compare keys by their bytes.
fn entry(key: &[u8], value: &[u8]) {
    if let Ok((connector, partition)) = parse_offset_key(key)
        && let Ok(written) = offset_key(&connector, &partition)
    {
        let (connector, partition) = parse_offset_key(&written).unwrap_or_else(|error| panic!("{written:?}: {error}"));
        assert_eq!(offset_key(&connector, &partition).ok(), Some(written));
    }
    if let Ok(offset) = parse_offset_value(value) {
        let written = offset_value(offset.as_ref()).unwrap_or_else(|error| panic!("{value:?}: {error}"));
        let again = written.as_deref().map(parse_offset_value);
        let again = again.transpose().unwrap_or_else(|error| panic!("{written:?}: {error}")).flatten();
        assert_eq!(offset_value(again.as_ref()).ok(), Some(written));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let key = br#"["local-file-source",{"filename":"test.txt"}]"#.as_slice();
    let value = br#"{"position":123,"x":1.5,"y":null,"z":"\u00e9","t":true}"#.as_slice();
    let one = hashmap_file::write([(Some(key), Some(value))].into_iter());
    let many =
        hashmap_file::write([(Some(key), None), (None, Some(value)), (Some(b"raw".as_slice()), Some(key))].into_iter());
    let none = hashmap_file::write([].into_iter());
    vec![key.to_vec(), value.to_vec(), one, many, none]
}
