//! From a parsed JSON text to values, with or without a schema, and to schemas.

mod expected;
mod object;
mod schema;
mod shape;
mod value;

use aqueduct_data::SchemaRef;

use crate::label::LabelCache;

pub(crate) use schema::SchemaCache;

/// Converts parsed JSON. Its storage is used again for every record.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Whether a null becomes the schema's default (`replace.null.with.default`).
    replace_null: bool,
    /// Whether a value was made that perhaps does not fit its schema: only then structs have to check it.
    unchecked: bool,
    /// For each field of the structs under construction, where its value is on the tape.
    places: Vec<u32>,
    /// The members of the objects under construction.
    members: Vec<object::Member>,
    /// The shapes of objects without a schema.
    shapes: shape::Shapes,
    /// Room to sort members in.
    unsorted: Vec<object::Member>,
    starts: Vec<u32>,
    /// The names of fields.
    labels: LabelCache,
    luck: expected::Luck,
}

impl Reader {
    pub(crate) fn new(replace_null: bool) -> Self {
        Self {
            replace_null,
            unchecked: false,
            places: Vec::new(),
            members: Vec::new(),
            shapes: shape::Shapes::default(),
            unsorted: Vec::new(),
            starts: Vec::new(),
            labels: LabelCache::default(),
            luck: expected::Luck::default(),
        }
    }

    /// A value of the schema, or without one.
    pub(crate) fn read(
        &mut self,
        schema: Option<&SchemaRef>,
        node: crate::tape::Node<'_>,
    ) -> Result<aqueduct_data::Value, aqueduct_api::ConnectError> {
        self.clear();
        match schema {
            Some(schema) => self.typed(schema, Some(node)),
            None => Ok(self.free(node)),
        }
    }

    /// A failed record may have left something behind.
    fn clear(&mut self) {
        self.unchecked = false;
        self.places.clear();
        self.members.clear();
    }
}
