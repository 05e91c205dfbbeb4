//! What a transform makes of the schemas that come in, each made once.

use aqueduct_data::SchemaRef;

/// How many are kept; Java keeps as many.
const CAPACITY: usize = 16;

/// A small cache by the schema that came in, the one used last in front. It holds the schema that goes out, or that
/// schema with whatever the transform wants to know beside it.
#[derive(Debug)]
pub(crate) struct SchemaCache<M = SchemaRef>(Vec<(SchemaRef, M)>);

impl<M> Default for SchemaCache<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M> SchemaCache<M> {
    /// What `make` makes of a schema, or made of it before.
    pub(crate) fn get<E>(
        &mut self,
        schema: &SchemaRef,
        make: impl FnOnce(&SchemaRef) -> Result<M, E>,
    ) -> Result<&M, E> {
        // Records of one source mostly share one schema, so the first look is at a pointer.
        if !self.0.first().is_some_and(|(known, _)| known.is_same(schema)) {
            self.bring_to_front(schema, make)?;
        }
        Ok(&self.0[0].1)
    }

    #[cold]
    fn bring_to_front<E>(
        &mut self,
        schema: &SchemaRef,
        make: impl FnOnce(&SchemaRef) -> Result<M, E>,
    ) -> Result<(), E> {
        if let Some(at) = self.0.iter().position(|(known, _)| known == schema) {
            self.0[..=at].rotate_right(1);
            // An equal schema in another place is likely to come again from there.
            self.0[0].0 = schema.clone();
            return Ok(());
        }
        let made = make(schema)?;
        self.0.truncate(CAPACITY - 1);
        self.0.insert(0, (schema.clone(), made));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_data::{ByteString, Schema, SchemaBuilder};

    use super::*;

    fn named(name: String) -> SchemaRef {
        SchemaBuilder::structure().name(ByteString::from(name)).build().unwrap()
    }

    #[test]
    fn an_equal_schema_is_made_once() {
        let mut cache = SchemaCache::default();
        for _ in 0..3 {
            let made = cache.get(&named("a".into()), |_| Ok::<_, ()>(Schema::string())).unwrap();
            assert_eq!(*made, Schema::string());
            cache.get(&named("a".into()), |_| Err("made again")).unwrap();
        }
    }

    #[test]
    fn the_schemas_used_last_are_kept() {
        let mut cache = SchemaCache::default();
        for n in 0..=CAPACITY {
            cache.get(&named(n.to_string()), |_| Ok::<_, ()>(n)).unwrap();
            cache.get(&named("0".into()), |_| Err("dropped")).unwrap();
        }
        assert_eq!(cache.0.len(), CAPACITY);
        assert_eq!(cache.get(&named("1".into()), |_| Err("dropped")), Err("dropped"));
    }
}
