//! JSON objects that become maps: each name once, with its last value, in the order of Java's `HashMap`.

use aqueduct_api::ConnectError;
use aqueduct_data::{Schema, Type, Value, ValueMap};

use super::Reader;
use super::value::part;
use crate::hash_order;
use crate::tape::{Document, Kind, Node};
use crate::text;

/// One member of an object: where its name and its value are on the tape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    hash: u32,
    name: u32,
    pub(super) value: u32,
}

impl Member {
    /// The name and the value.
    pub(super) fn nodes(self, document: Document<'_>) -> [Node<'_>; 2] {
        [document.node(self.name), document.node(self.value)]
    }
}

/// Up to this many members, comparing each with each beats sorting.
const FEW: usize = 12;

impl Reader {
    /// A map without a schema.
    pub(super) fn free_map(&mut self, node: Node<'_>) -> ValueMap {
        let from = self.gather(node);
        let members = &mut self.members[from..];
        let mut pairs = Vec::with_capacity(members.len());
        let buckets = hash_order::buckets(members.len());
        members.sort_unstable_by_key(|member| (hash_order::bucket(member.hash, buckets), member.name));
        for i in from..self.members.len() {
            let Member { name, value, .. } = self.members[i];
            let value = self.free(node.document().node(value));
            pairs.push((node.document().node(name).text().into(), value));
        }
        self.members.truncate(from);
        ValueMap::of_distinct(pairs)
    }

    /// A map of a schema: an object when its keys are strings, else a list of pairs.
    pub(super) fn map(&mut self, schema: &Schema, node: Node<'_>) -> Result<ValueMap, ConnectError> {
        let (keys, values) = (part(schema, schema.key_schema())?, part(schema, schema.value_schema())?);
        let found = node.kind().name();
        if keys.r#type() == Type::String {
            if node.kind() != Kind::Object {
                return Err(ConnectError::data(format!(
                    "Maps with string fields should be encoded as JSON objects, but found {found}"
                )));
            }
            let from = self.gather(node);
            let mut entries = Vec::with_capacity(self.members.len() - from);
            for i in from..self.members.len() {
                let Member { hash, name, value } = self.members[i];
                let value = self.typed(values, Some(node.document().node(value)))?;
                entries.push((hash, node.document().node(name).text().into(), value));
            }
            self.members.truncate(from);
            return Ok(in_hash_order(entries));
        }
        if node.kind() != Kind::Array {
            return Err(ConnectError::data(format!(
                "Maps with non-string fields should be encoded as JSON array of tuples, but found {found}"
            )));
        }
        let mut map = ValueMap::with_capacity(node.count());
        for pair in node.elements() {
            if pair.kind() != Kind::Array {
                let found = pair.kind().name();
                return Err(ConnectError::data(format!("Found invalid map entry instead of array tuple: {found}")));
            }
            let mut parts = pair.elements();
            let (Some(key), Some(value), 2) = (parts.next(), parts.next(), pair.count()) else {
                let length = pair.count();
                return Err(ConnectError::data(format!(
                    "Found invalid map entry, expected length 2 but found :{length}"
                )));
            };
            let key = self.typed(keys, Some(key))?;
            let value = self.typed(values, Some(value))?;
            map.insert(key, value);
        }
        let hashes: Option<Vec<u32>> = map.iter().map(|(key, _)| hash_order::of_value(key)).collect();
        match hashes {
            Some(hashes) => Ok(in_hash_order(hashes.into_iter().zip(map).map(|(hash, (k, v))| (hash, k, v)).collect())),
            None => Ok(map),
        }
    }

    /// Puts an object's members behind those that are there; answers where they start. Each name is there once.
    pub(super) fn gather(&mut self, node: Node<'_>) -> usize {
        let from = self.members.len();
        for (name, value) in node.members() {
            self.members.push(Member { hash: hash_of(name), name: name.index(), value: value.index() });
        }
        let members = &self.members[from..];
        let repeated = if members.len() <= FEW {
            members.iter().enumerate().any(|(i, member)| members[..i].iter().any(|other| other.hash == member.hash))
        } else {
            let mut hashes: Vec<u32> = members.iter().map(|member| member.hash).collect();
            hashes.sort_unstable();
            hashes.windows(2).any(|pair| pair[0] == pair[1])
        };
        if repeated {
            self.keep_last_values(node, from);
        }
        from
    }

    /// Leaves each name once: at its first place, with its last value, as Jackson's objects have it.
    #[cold]
    fn keep_last_values(&mut self, node: Node<'_>, from: usize) {
        let mut members = self.members.split_off(from);
        members.sort_unstable_by_key(|member| (member.hash, member.name));
        for member in members {
            let name = node.document().node(member.name);
            let same = self.members[from..]
                .iter_mut()
                .rev()
                .take_while(|other| other.hash == member.hash)
                .find(|other| node.document().node(other.name).same_text(name));
            match same {
                Some(first) => first.value = member.value,
                None => self.members.push(member),
            }
        }
        self.members[from..].sort_unstable_by_key(|member| member.name);
    }
}

fn in_hash_order(mut entries: Vec<(u32, Value, Value)>) -> ValueMap {
    let buckets = hash_order::buckets(entries.len());
    entries.sort_by_key(|(hash, ..)| hash_order::bucket(*hash, buckets));
    ValueMap::of_distinct(entries.into_iter().map(|(_, key, value)| (key, value)).collect())
}

#[inline]
fn hash_of(name: Node<'_>) -> u32 {
    let raw = name.raw();
    if raw.is_ascii() && !raw.contains(&b'\\') {
        return hash_order::of_ascii(raw);
    }
    hash_order::of_text(&text::decoded(raw))
}
