//! A map of offsets by the bytes of their keys, which also finds a key by its meaning.
//!
//! Stores compare keys as bytes, and the bytes depend on the member order of the JSON text: a Java connector that kept
//! its partition in a `HashMap` wrote another order than we might. So a key that is not there as bytes is looked up by
//! its parsed value, and the bytes that were there first are kept.

use std::collections::HashMap;

use aqueduct_data::{Bytes, Value, ValueMap};
use aqueduct_json::offsets::parse_offset_key;

/// Offsets by key.
#[derive(Debug, Clone, Default)]
pub(crate) struct OffsetMap {
    entries: Vec<(Option<Bytes>, Option<Bytes>)>,
    by_bytes: HashMap<Option<Bytes>, usize>,
    by_meaning: HashMap<(String, Value), usize>,
}

impl OffsetMap {
    /// The value of a key.
    pub(crate) fn get(&self, key: &Bytes) -> Option<Bytes> {
        self.position(key).and_then(|at| self.entries[at].1.clone())
    }

    /// The bytes under which this key is kept: its own, unless the same partition is there in another form.
    pub(crate) fn key_of(&self, key: Bytes) -> Bytes {
        self.position(&key).and_then(|at| self.entries[at].0.clone()).unwrap_or(key)
    }

    /// Puts a value under the bytes that its key already has, or under the new ones. Answers false for a key that is not
    /// of the form that connectors write; it is kept all the same.
    pub(crate) fn insert(&mut self, key: Option<Bytes>, value: Option<Bytes>) -> bool {
        if let Some(at) = key.as_ref().and_then(|key| self.position(key)) {
            self.entries[at].1 = value;
            return true;
        }
        if let Some(&at) = self.by_bytes.get(&key) {
            self.entries[at].1 = value;
            return false;
        }
        let at = self.entries.len();
        let meaning = key.as_deref().and_then(meaning);
        let well_formed = meaning.is_some();
        if let Some(meaning) = meaning {
            self.by_meaning.insert(meaning, at);
        }
        self.by_bytes.insert(key.clone(), at);
        self.entries.push((key, value));
        well_formed
    }

    /// Every entry, in the order in which the keys came.
    pub(crate) fn entries(&self) -> &[(Option<Bytes>, Option<Bytes>)] {
        &self.entries
    }

    /// The partitions of a connector that have an offset.
    pub(crate) fn partitions(&self, connector: &str) -> Vec<ValueMap> {
        let mut found: Vec<(usize, &Value)> = self
            .by_meaning
            .iter()
            .filter(|((name, _), at)| name == connector && self.entries[**at].1.is_some())
            .map(|((_, partition), at)| (*at, partition))
            .collect();
        found.sort_unstable_by_key(|(at, _)| *at);
        found.into_iter().filter_map(|(_, partition)| partition.as_map().cloned()).collect()
    }

    fn position(&self, key: &Bytes) -> Option<usize> {
        // The clone shares the bytes; the map wants an owned key to compare with.
        self.by_bytes
            .get(&Some(key.clone()))
            .or_else(|| meaning(key).and_then(|meaning| self.by_meaning.get(&meaning)))
            .copied()
    }
}

fn meaning(key: &[u8]) -> Option<(String, Value)> {
    let (connector, partition) = parse_offset_key(key).ok()?;
    Some((connector, partition.into()))
}
