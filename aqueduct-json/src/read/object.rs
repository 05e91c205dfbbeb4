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
    /// The place of the name on the tape.
    pub(super) fn name_index(self) -> u32 {
        self.name
    }

    /// Adds the name to what an object looks like.
    pub(super) fn look(self, so_far: u64) -> u64 {
        (so_far ^ u64::from(self.hash)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23)
    }

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
        let first = self.places.len();
        if let Some(shape) = self.shapes.of(node, &mut self.places) {
            let mut pairs = Vec::with_capacity(shape.iter().len());
            for (name, place) in shape.iter() {
                let value = self.free(node.document().node(self.places[first + place]));
                pairs.push((Value::String(name.clone()), value));
            }
            self.places.truncate(first);
            return ValueMap::of_distinct(pairs);
        }
        let from = self.gather_sorted(node);
        self.shapes.learn(node, &self.members[from..]);
        let mut pairs = Vec::with_capacity(self.members.len() - from);
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

    /// Brings the members from there on in the order of Java's `HashMap`: by bucket, and in one as they were put.
    fn sort(&mut self, from: usize) {
        let members = &mut self.members[from..];
        let buckets = hash_order::buckets(members.len());
        if members.len() <= FEW {
            members.sort_unstable_by_key(|member| (hash_order::bucket(member.hash, buckets), member.name));
            return;
        }
        // Where each bucket starts: there are up to twice as many as members, and no two members need to be compared.
        self.starts.clear();
        self.starts.resize(buckets as usize + 1, 0);
        for member in &*members {
            self.starts[hash_order::bucket(member.hash, buckets) as usize + 1] += 1;
        }
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
        self.unsorted.clear();
        self.unsorted.extend_from_slice(members);
        for member in &self.unsorted {
            let place = &mut self.starts[hash_order::bucket(member.hash, buckets) as usize];
            members[*place as usize] = *member;
            *place += 1;
        }
    }

    /// Puts an object's members behind those that are there; answers where they start. Each name is there once.
    pub(super) fn gather(&mut self, node: Node<'_>) -> usize {
        let from = self.put_members(node);
        if has_equal_hashes(&self.members[from..]) {
            self.keep_last_values(node, from);
        }
        from
    }

    /// As [`Reader::gather`], in the order of Java's `HashMap`.
    fn gather_sorted(&mut self, node: Node<'_>) -> usize {
        let from = self.put_members(node);
        self.sort(from);
        let buckets = hash_order::buckets(self.members.len() - from);
        if has_equal_neighbours(&self.members[from..], buckets) {
            self.keep_last_values(node, from);
            self.sort(from);
        }
        from
    }

    fn put_members(&mut self, node: Node<'_>) -> usize {
        let from = self.members.len();
        for (name, value) in node.members() {
            self.members.push(Member { hash: hash_of(name), name: name.index(), value: value.index() });
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

/// Whether names may be the same.
fn has_equal_hashes(members: &[Member]) -> bool {
    if members.len() <= FEW {
        return members
            .iter()
            .enumerate()
            .any(|(i, member)| members[..i].iter().any(|other| other.hash == member.hash));
    }
    let mut hashes: Vec<u32> = members.iter().map(|member| member.hash).collect();
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair[0] == pair[1])
}

/// As [`has_equal_hashes`], of members that are sorted by bucket.
fn has_equal_neighbours(members: &[Member], buckets: u32) -> bool {
    let bucket = |member: &Member| hash_order::bucket(member.hash, buckets);
    members.chunk_by(|a, b| bucket(a) == bucket(b)).any(|same| same.len() > 1 && has_equal_hashes(same))
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
