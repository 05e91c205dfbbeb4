//! Schemas that a transform makes of those that come in, each made once.

use std::sync::Arc;

use aqueduct_data::SchemaRef;

/// How many are kept; Java keeps as many.
const CAPACITY: usize = 16;

/// A small cache by the schema that came in, the one used last in front.
#[derive(Debug, Default)]
pub(crate) struct SchemaCache(Vec<(SchemaRef, SchemaRef)>);

impl SchemaCache {
    /// What `make` makes of a schema, or made of it before.
    pub(crate) fn get<E>(
        &mut self,
        schema: &SchemaRef,
        make: impl FnOnce(&SchemaRef) -> Result<SchemaRef, E>,
    ) -> Result<SchemaRef, E> {
        // Records of one source mostly share one schema, so the first look is at a pointer.
        if let Some((known, made)) = self.0.first()
            && Arc::ptr_eq(known, schema)
        {
            return Ok(made.clone());
        }
        if let Some(at) = self.0.iter().position(|(known, _)| known == schema) {
            self.0[..=at].rotate_right(1);
            return Ok(self.0[0].1.clone());
        }
        let made = make(schema)?;
        self.0.truncate(CAPACITY - 1);
        self.0.insert(0, (schema.clone(), made.clone()));
        Ok(made)
    }
}
