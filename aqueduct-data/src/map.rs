//! An insertion-ordered map of values, as schemaless records and source offsets use it.
//!
//! Most maps of records are small, so entries live in one vector and are searched one by one; only larger maps get a
//! hash index. One allocation serves a small map, which matters because every record may carry several.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::OnceLock;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::{ByteString, Shared, Value};

/// Up to this many entries, comparing keys one by one beats hashing.
const LINEAR: usize = 12;

/// A map from values to values that keeps the order of insertion (`java.util.LinkedHashMap`).
///
/// Putting a key that is there replaces its value and keeps its place. Two maps are equal when they hold the same
/// pairs, in any order.
#[derive(Debug, Clone, Default)]
pub struct ValueMap {
    entries: Vec<(Value, Value)>,
    /// Positions by key hash; only for a large map, and only once a key is looked for.
    index: OnceLock<Box<HashTable<usize>>>,
}

fn hash_of(key: &Value) -> u64 {
    FixedState::default().hash_one(key)
}

/// [`hash_of`] a string value.
fn hash_of_text(text: &str) -> u64 {
    struct Text<'a>(&'a str);
    impl Hash for Text<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            Value::hash_text(self.0, state);
        }
    }
    FixedState::default().hash_one(Text(text))
}

#[inline]
fn is_text(key: &Value, text: &str) -> bool {
    matches!(key, Value::String(have) if have.as_bytes() == text.as_bytes())
}

impl ValueMap {
    /// An empty map.
    #[inline]
    pub const fn new() -> Self {
        Self { entries: Vec::new(), index: OnceLock::new() }
    }

    /// An empty map with room for `n` entries.
    #[inline]
    pub fn with_capacity(n: usize) -> Self {
        Self { entries: Vec::with_capacity(n), index: OnceLock::new() }
    }

    /// A map of pairs whose keys differ, which the caller vouches for.
    #[inline]
    pub fn of_distinct(pairs: Vec<(Value, Value)>) -> Self {
        let map = Self { entries: pairs, index: OnceLock::new() };
        debug_assert!((0..map.len()).all(|at| map.position(&map.entries[at].0) == Some(at)), "a key is there twice");
        map
    }

    /// As [`ValueMap::of_distinct`], made where it stays: see [`Value::set`].
    #[inline]
    pub fn shared_of_distinct(pairs: Vec<(Value, Value)>) -> Shared<Self> {
        let mut map = Shared::new(Self::new());
        if let Some(map) = Shared::get_mut(&mut map) {
            map.entries = pairs;
            debug_assert!(
                (0..map.len()).all(|at| map.position(&map.entries[at].0) == Some(at)),
                "a key is there twice"
            );
        }
        map
    }

    /// Puts a pair; answers the value that the key had before.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if let Some(at) = self.position(&key) {
            return Some(std::mem::replace(&mut self.entries[at].1, value));
        }
        self.entries.push((key, value));
        self.index_last();
        None
    }

    /// The value of a string key, to change it in place. A key that is not there is put behind the others, with null.
    #[inline]
    pub fn place_of(&mut self, key: &ByteString) -> &mut Value {
        match self.position_of_text(key) {
            Some(at) => &mut self.entries[at].1,
            None => self.push_distinct(key),
        }
    }

    /// Puts a string key behind the others, with null, and answers its value, to change it in place. The caller vouches for
    /// that the key is not there.
    #[inline]
    pub fn push_distinct(&mut self, key: &ByteString) -> &mut Value {
        debug_assert!(self.position_of_text(key).is_none(), "a key is there twice");
        self.entries.push((Value::Null, Value::Null));
        let last = self.entries.len() - 1;
        self.entries[last].0.set_text(key);
        self.index_last();
        &mut self.entries[last].1
    }

    /// Removes a key, keeping the order of the others; answers its value.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        let at = self.position(key)?;
        let (_, value) = self.entries.remove(at);
        self.index = OnceLock::new();
        Some(value)
    }

    /// Keeps the pairs for which `keep` answers true, in order.
    pub fn retain(&mut self, mut keep: impl FnMut(&Value, &Value) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
        self.index = OnceLock::new();
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.position(key).map(|at| &self.entries[at].1)
    }

    /// The value of a string key.
    #[inline]
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.position_of_text(key).map(|at| &self.entries[at].1)
    }

    /// The value of a string key, to change it in place.
    #[inline]
    pub fn get_str_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.position_of_text(key).map(|at| &mut self.entries[at].1)
    }

    /// Removes a string key, keeping the order of the others; answers its value.
    pub fn remove_str(&mut self, key: &str) -> Option<Value> {
        let at = self.position_of_text(key)?;
        let (_, value) = self.entries.remove(at);
        self.index = OnceLock::new();
        Some(value)
    }

    /// Puts another key in the place of a string key. Answers false, and changes nothing, when the other one is there
    /// already.
    pub fn rename(&mut self, key: &str, to: impl Into<Value>) -> bool {
        let Some(at) = self.position_of_text(key) else { return true };
        let to = to.into();
        if self.contains_key(&to) {
            return false;
        }
        self.entries[at].0 = to;
        self.index = OnceLock::new();
        true
    }

    /// The value of a key, to change it in place.
    pub fn get_mut(&mut self, key: &Value) -> Option<&mut Value> {
        self.position(key).map(|at| &mut self.entries[at].1)
    }

    /// Whether a key is there.
    pub fn contains_key(&self, key: &Value) -> bool {
        self.position(key).is_some()
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> + DoubleEndedIterator {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The number of pairs.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[inline]
    fn position_of_text(&self, key: &str) -> Option<usize> {
        if self.entries.len() <= LINEAR {
            return self.entries.iter().position(|(have, _)| is_text(have, key));
        }
        let index = self.index.get_or_init(|| index_of(&self.entries));
        index.find(hash_of_text(key), |&at| is_text(&self.entries[at].0, key)).copied()
    }

    fn position(&self, key: &Value) -> Option<usize> {
        if let Value::String(text) = key {
            return self.position_of_text(text);
        }
        if self.entries.len() <= LINEAR {
            return self.entries.iter().position(|(have, _)| have == key);
        }
        let index = self.index.get_or_init(|| index_of(&self.entries));
        index.find(hash_of(key), |&at| self.entries[at].0 == *key).copied()
    }

    fn index_last(&mut self) {
        if let Some(index) = self.index.get_mut() {
            let at = self.entries.len() - 1;
            let entries = &self.entries;
            index.insert_unique(hash_of(&entries[at].0), at, |&other| hash_of(&entries[other].0));
        }
    }
}

#[cold]
fn index_of(entries: &Vec<(Value, Value)>) -> Box<HashTable<usize>> {
    // As much room as the entries have: whoever builds a map builds its index once.
    let mut index = HashTable::with_capacity(entries.capacity());
    for (at, (key, _)) in entries.iter().enumerate() {
        index.insert_unique(hash_of(key), at, |&other: &usize| hash_of(&entries[other].0));
    }
    Box::new(index)
}

impl PartialEq for ValueMap {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl Eq for ValueMap {}

impl Hash for ValueMap {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal in any order, so the pairs' hashes are added up.
        let sum = self.entries.iter().fold(0u64, |sum, pair| sum.wrapping_add(FixedState::default().hash_one(pair)));
        state.write_u64(sum);
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for ValueMap {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let mut map = Self::with_capacity(pairs.size_hint().0);
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

impl IntoIterator for ValueMap {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: i64) -> ValueMap {
        (0..n).map(|i| (format!("k{i}"), i)).collect()
    }

    #[test]
    fn small_and_large_maps_find_their_keys_in_order() {
        for n in [0, 1, 12, 13, 14, 500] {
            let map = numbers(n);
            assert_eq!(map.len(), n as usize);
            for i in 0..n {
                assert_eq!(map.get_str(&format!("k{i}")), Some(&Value::Int64(i)));
            }
            assert_eq!(map.get_str("nope"), None);
            assert_eq!(map.get(&Value::from("k0")).is_some(), n > 0);
            assert!(map.iter().map(|(_, v)| v.as_i64().unwrap()).eq(0..n));
        }
    }

    #[test]
    fn a_replaced_value_keeps_its_place() {
        let mut map = numbers(20);
        assert_eq!(map.insert("k3", 33i64), Some(Value::Int64(3)));
        assert_eq!(map.iter().nth(3), Some((&Value::from("k3"), &Value::Int64(33))));
        assert_eq!(map.len(), 20);
    }

    #[test]
    fn a_renamed_key_keeps_its_place_and_takes_nobodys() {
        for n in [3, 20] {
            let mut map = numbers(n);
            assert!(map.rename("k1", "one") && map.rename("k1", "absent"));
            assert!(!map.rename("k2", "k0"));
            assert_eq!(map.iter().nth(1), Some((&Value::from("one"), &Value::Int64(1))));
            assert_eq!((map.get_str("k1"), map.get_str("k2")), (None, Some(&Value::Int64(2))));
        }
    }

    #[test]
    fn removing_keeps_the_order_and_the_index() {
        let mut map = numbers(20);
        assert_eq!(map.remove(&Value::from("k0")), Some(Value::Int64(0)));
        assert_eq!(map.remove(&Value::from("k0")), None);
        assert_eq!(map.get_str("k19"), Some(&Value::Int64(19)));
        assert_eq!(map.iter().next().unwrap().0, &Value::from("k1"));
    }

    #[test]
    fn maps_are_equal_in_any_order() {
        let forward = numbers(15);
        let backward: ValueMap = (0..15i64).rev().map(|i| (format!("k{i}"), i)).collect();
        assert_eq!(forward, backward);
        assert_eq!(hash_of(&forward.clone().into()), hash_of(&backward.into()));
        assert_ne!(forward, numbers(14));
    }
}
