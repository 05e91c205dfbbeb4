//! Properties: what users write. Any map from text to text will do, and a key may be there without a value (a JSON
//! null), which is not the same as being absent.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use indexmap::IndexMap;

/// Properties as they were given, kept beside the parsed values.
pub type Originals = IndexMap<String, Option<String>>;

/// A map of properties.
pub trait Properties {
    /// The value of a key: `None` when the key is absent, `Some(None)` when it is there with a null.
    fn property(&self, key: &str) -> Option<Option<&str>>;

    /// Calls `visit` with every key and its value, in the map's own order.
    fn for_each_property(&self, visit: &mut dyn FnMut(&str, Option<&str>));

    /// Whether a key is there, with or without a value.
    fn has_property(&self, key: &str) -> bool {
        self.property(key).is_some()
    }

    /// A copy, in the map's own order.
    fn to_originals(&self) -> Originals {
        let mut originals = Originals::new();
        self.for_each_property(&mut |key, value| {
            originals.insert(key.to_owned(), value.map(str::to_owned));
        });
        originals
    }
}

/// A value in a map of properties: a text, or perhaps a text.
pub trait PropertyText {
    /// The text, or none for a null.
    fn text(&self) -> Option<&str>;
}

impl PropertyText for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl PropertyText for &str {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: PropertyText> PropertyText for Option<T> {
    fn text(&self) -> Option<&str> {
        self.as_ref().and_then(PropertyText::text)
    }
}

macro_rules! properties {
    ($([$($generics:tt)*] $map:ty),* $(,)?) => {
        $(impl<$($generics)*> Properties for $map {
            fn property(&self, key: &str) -> Option<Option<&str>> {
                self.get(key).map(PropertyText::text)
            }

            fn for_each_property(&self, visit: &mut dyn FnMut(&str, Option<&str>)) {
                for (key, value) in self {
                    visit(key.borrow(), value.text());
                }
            }
        })*
    };
}

properties! {
    [K: Borrow<str> + Ord, V: PropertyText] BTreeMap<K, V>,
    [K: Borrow<str> + Eq + Hash, V: PropertyText, S: BuildHasher] HashMap<K, V, S>,
    [K: Borrow<str> + Eq + Hash, V: PropertyText, S: BuildHasher] IndexMap<K, V, S>,
}

impl<P: Properties + ?Sized> Properties for &P {
    fn property(&self, key: &str) -> Option<Option<&str>> {
        (**self).property(key)
    }

    fn for_each_property(&self, visit: &mut dyn FnMut(&str, Option<&str>)) {
        (**self).for_each_property(visit);
    }
}
