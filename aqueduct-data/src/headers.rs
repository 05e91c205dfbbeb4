//! Headers of a record: an ordered list in which a key may come several times.

use crate::{ByteString, SchemaAndValue, SchemaRef, Value};

/// One header of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Header {
    /// The header's key.
    pub key: ByteString,
    /// The header's value with its schema, if there is one.
    pub content: SchemaAndValue,
}

/// The headers of a record, in order. Empty headers cost no allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a header at the end.
    #[inline]
    pub fn add(&mut self, key: impl Into<ByteString>, schema: Option<SchemaRef>, value: impl Into<Value>) {
        self.push(Header { key: key.into(), content: SchemaAndValue { schema, value: value.into() } });
    }

    /// Makes room for so many more, and for no others.
    pub fn reserve(&mut self, more: usize) {
        if self.0.capacity() == 0 {
            // A new vector is made more quickly than an empty one grows.
            self.0 = Vec::with_capacity(more);
        } else {
            self.0.reserve_exact(more);
        }
    }

    /// Adds a header at the end.
    #[inline]
    pub fn push(&mut self, header: Header) {
        if self.0.capacity() == 0 {
            // Most records have one, or all of theirs at once.
            self.0 = Vec::with_capacity(1);
        }
        self.0.push(header);
    }

    /// Adds a header of this key at the end, without a value yet, and answers its content.
    #[inline]
    pub fn add_empty(&mut self, key: &ByteString) -> &mut SchemaAndValue {
        self.push(Header { key: ByteString::new(), content: SchemaAndValue::NULL });
        let last = self.0.len() - 1;
        let last = &mut self.0[last];
        last.key.clone_from(key);
        &mut last.content
    }

    /// Removes every header of this key.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|header| header.key != *key);
    }

    /// Keeps the headers for which `keep` answers true, in order.
    pub fn retain(&mut self, keep: impl FnMut(&Header) -> bool) {
        self.0.retain(keep);
    }

    /// The last header of this key.
    pub fn last_with_name(&self, key: &str) -> Option<&Header> {
        self.0.iter().rfind(|header| header.key == *key)
    }

    /// All headers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// The number of headers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Headers {
    type Item = Header;
    type IntoIter = std::vec::IntoIter<Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}
