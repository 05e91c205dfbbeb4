//! How a schema travels.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use crate::{Schema, Shared, lasting};

/// A schema as it travels: cheap to clone, never changed.
///
/// The schemas of plain types, such as [`Schema::string`], are there for ever and need not be counted; they are what most
/// fields, headers and texts have. Others are shared. Two that are equal may be in different places; comparing them looks at
/// the places first.
#[derive(Clone)]
pub struct SchemaRef(Place);

#[derive(Clone)]
enum Place {
    ForEver(&'static Schema),
    Shared(Shared<Schema>),
}

impl SchemaRef {
    /// A schema that was just made.
    pub(crate) fn new(schema: Schema) -> Self {
        Self(Place::Shared(Shared::new(schema)))
    }

    /// A schema that is never dropped.
    pub(crate) const fn for_ever(schema: &'static Schema) -> Self {
        Self(Place::ForEver(schema))
    }

    /// The same schema, made to last: records that use it need not count that they do. It is for schemas of many records,
    /// since what lasts is never given back. Equal schemas become the same. When there are very many of them, later ones stay
    /// as they are.
    #[must_use]
    pub fn lasting(self) -> Self {
        match &self.0 {
            Place::ForEver(_) => self,
            Place::Shared(schema) => lasting::keep(schema).unwrap_or(self),
        }
    }

    /// Whether both are the same schema in the same place, which is quicker to tell than whether they are equal.
    #[inline]
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq::<Schema>(&**self, &**other)
    }
}

impl Deref for SchemaRef {
    type Target = Schema;

    #[inline]
    fn deref(&self) -> &Schema {
        match &self.0 {
            Place::ForEver(schema) => schema,
            Place::Shared(schema) => schema,
        }
    }
}

impl AsRef<Schema> for SchemaRef {
    fn as_ref(&self) -> &Schema {
        self
    }
}

impl Borrow<Schema> for SchemaRef {
    fn borrow(&self) -> &Schema {
        self
    }
}

impl PartialEq for SchemaRef {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SchemaRef {}

impl std::hash::Hash for SchemaRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Display for SchemaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for SchemaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
