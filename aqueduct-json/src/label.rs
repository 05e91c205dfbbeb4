//! The names of members with what stands around them, such as `,"name":`.
//!
//! The records of a topic mostly have the same names in the same order, so these are made once for each schema, or each
//! shape of objects without one. Short ones are compared and written in whole words.

use aqueduct_data::{Schema, SchemaRef};

use crate::config::DecimalFormat;
use crate::write::{Buffer, Writer};

/// How many schemas' names are remembered.
const SCHEMAS: usize = 16;

/// The text of a name in quotes with its colon, and the comma before it, if it has one.
#[derive(Debug)]
pub(crate) struct Label {
    text: Box<[u8]>,
    /// The text again, if it is short, with zeros behind it.
    short: [u8; Label::SHORT],
    /// The bits of the first half of it that count.
    mask: u128,
}

impl Label {
    /// Texts of up to so many bytes are short.
    pub(crate) const SHORT: usize = 32;

    /// The label of a name, which is escaped where JSON wants it; the first member of an object has no comma before it.
    pub(crate) fn new(name: &str, is_first: bool) -> Self {
        let mut text = Buffer::default();
        if !is_first {
            text.raw(b",");
        }
        Writer::new(&mut text, &mut LabelCache::default(), DecimalFormat::Base64, false, 0).text(name);
        text.raw(b":");
        Self::of_text(text.as_slice())
    }

    fn of_text(text: &[u8]) -> Self {
        let mut short = [0; Self::SHORT];
        if text.len() <= Self::SHORT {
            short[..text.len()].copy_from_slice(text);
        }
        let bits = text.len() as u32 * 8;
        Self { text: text.into(), short, mask: u128::MAX.checked_shr(128u32.saturating_sub(bits)).unwrap_or(0) }
    }

    /// The text.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.text
    }

    /// The text with zeros behind it, if it is short.
    #[inline]
    pub(crate) fn short(&self) -> Option<&[u8; Self::SHORT]> {
        (self.text.len() <= Self::SHORT).then_some(&self.short)
    }

    /// Whether a text starts with this one.
    #[inline]
    pub(crate) fn starts(&self, text: &[u8]) -> bool {
        if let (Some(there), Some(here), ..=16) =
            (text.first_chunk::<16>(), self.short.first_chunk::<16>(), self.text.len())
        {
            return u128::from_le_bytes(*there) & self.mask == u128::from_le_bytes(*here);
        }
        text.starts_with(&self.text)
    }
}

/// The labels of the schemas that came lately, the last one in front.
#[derive(Debug, Default)]
pub(crate) struct LabelCache(Vec<(SchemaRef, Box<[Label]>)>);

impl LabelCache {
    /// Takes out the labels of a struct's fields, to be given back. Meanwhile the labels of others may be taken: a struct is
    /// never inside one of its own schema.
    #[inline]
    pub(crate) fn take(&mut self, schema: &SchemaRef) -> Box<[Label]> {
        match self.0.first_mut() {
            Some((known, labels)) if known.is_same(schema) && labels.len() == schema.fields().len() => {
                std::mem::take(labels)
            }
            _ => self.look_up(schema),
        }
    }

    #[cold]
    fn look_up(&mut self, schema: &SchemaRef) -> Box<[Label]> {
        if let Some(at) = self.0.iter().position(|(known, _)| known.is_same(schema)) {
            self.0[..=at].rotate_right(1);
        } else {
            self.0.truncate(SCHEMAS - 1);
            self.0.insert(0, (schema.clone(), Box::default()));
        }
        let labels = std::mem::take(&mut self.0[0].1);
        // A record that failed has not given them back.
        if labels.len() == schema.fields().len() { labels } else { labels_of(schema) }
    }

    /// Gives labels back.
    #[inline]
    pub(crate) fn give_back(&mut self, schema: &SchemaRef, labels: Box<[Label]>) {
        if let Some((_, place)) = self.0.iter_mut().find(|(known, _)| known.is_same(schema)) {
            *place = labels;
        }
    }
}

fn labels_of(schema: &Schema) -> Box<[Label]> {
    schema.fields().iter().map(|field| Label::new(field.name(), field.index() == 0)).collect()
}

#[cfg(test)]
mod tests {
    use aqueduct_data::SchemaBuilder;

    use super::*;

    #[test]
    fn a_text_starts_with_its_label_and_no_other() {
        for length in [0, 1, 11, 12, 13, 27, 28, 29, 100] {
            let name = "n".repeat(length);
            let label = Label::new(&name, false);
            let text = format!(",\"{name}\":");
            assert_eq!(label.as_slice(), text.as_bytes());
            for behind in ["", "1", "{\"a\":\"some more of it\"}"] {
                assert!(label.starts(format!("{text}{behind}").as_bytes()), "{length} {behind}");
            }
            for place in 0..text.len() {
                let mut other = format!("{text}\"and what comes then\"").into_bytes();
                other[place] ^= 1;
                assert!(!label.starts(&other), "{place} of {length}");
            }
            assert!(!label.starts(&text.as_bytes()[1..]));
        }
        assert_eq!(Label::new("a\"b", true).as_slice(), br#""a\"b":"#);
    }

    #[test]
    fn labels_are_made_again_when_nobody_gave_them_back() {
        let schema = SchemaBuilder::structure().field("a", Schema::int8()).field("b", Schema::int8()).build().unwrap();
        let mut cache = LabelCache::default();
        for gives_back in [true, false, true] {
            let labels = cache.take(&schema);
            assert!(labels.iter().map(Label::as_slice).eq([&b"\"a\":"[..], b",\"b\":"]));
            if gives_back {
                cache.give_back(&schema, labels);
            }
        }
    }
}
