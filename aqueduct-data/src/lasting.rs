//! Schemas that are kept for ever, once each, so that records need not count who uses them.
//!
//! Taking and giving back a share of something costs an atomic operation each, and every struct of every record has shares of
//! two schemas. Where a schema is made for many records, be it by a transform or from the text of a message, it is put here
//! instead. Schemas that are equal share one place, so making the same ones again, as restarted connectors do, takes no more
//! room; and the room is bounded, so that schemas which are different each time cannot fill the memory: later ones are
//! counted as usual.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use foldhash::fast::FixedState;

use crate::{Schema, SchemaRef, Value};

/// How many schemas are kept, those of fields counted too: some megabytes at most.
const ROOM: usize = 20_000;

#[derive(Default)]
struct Kept {
    schemas: HashSet<&'static Schema, FixedState>,
    /// How many schemas they are with those of their fields.
    weight: usize,
}

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// The schema in a place of its own for ever; none when there is no room, or when an equal schema may look different.
pub(crate) fn keep(schema: &Schema) -> Option<SchemaRef> {
    let weight = weight(schema)?;
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.schemas.get(schema) {
        return Some(SchemaRef::for_ever(known));
    }
    if kept.weight + weight > ROOM {
        return None;
    }
    let place: &'static Schema = Box::leak(Box::new(schema.clone()));
    kept.weight += weight;
    kept.schemas.insert(place);
    Some(SchemaRef::for_ever(place))
}

/// How many schemas this is, with its parts. None when it has parts that are equal in any order or to something of another
/// class: to say the same in the same words, such a schema has to stay what it is.
fn weight(schema: &Schema) -> Option<usize> {
    let in_order = schema.parameters().is_none_or(|parameters| parameters.len() < 2)
        && !matches!(schema.default_value(), Some(Value::Array(_) | Value::Map(_) | Value::Struct(_) | Value::Java(_)));
    let fields = schema.fields().iter().map(|field| &**field.schema());
    let parts = [schema.key_schema(), schema.value_schema()].into_iter().flatten().map(|part| &**part);
    in_order.then(|| fields.chain(parts).try_fold(1, |sum, part| Some(sum + weight(part)?)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SchemaBuilder;

    fn named(name: &str) -> SchemaBuilder {
        SchemaBuilder::structure().name(name).field("a", Schema::int32())
    }

    #[test]
    fn equal_schemas_last_in_one_place() {
        let of = |builder: SchemaBuilder| builder.build().unwrap().lasting();
        let (one, other) = (of(named("lasting")), of(named("lasting")));
        assert!(one.is_same(&other));
        assert_eq!(one, named("lasting").build().unwrap());
        assert!(!one.is_same(&of(named("lasting").optional())));
    }

    #[test]
    fn a_default_keeps_its_class() {
        let of = |default: Value| SchemaBuilder::new(crate::Type::Bytes).default_value(default).build().unwrap();
        let bytes = bytes::Bytes::from_static(b"lasting");
        let (array, buffer) = (of(bytes.clone().into()), of(crate::JavaObject::ByteBuffer(bytes).into()));
        assert_eq!(array, buffer);
        let class = |schema: SchemaRef| schema.lasting().default_value().unwrap().java_class().to_owned();
        assert_eq!([class(array), class(buffer)], ["[B", "java.nio.HeapByteBuffer"]);
    }

    #[test]
    fn what_looks_different_and_is_equal_stays_apart() {
        let with = |first: &str, second: &str| {
            let parameters = SchemaBuilder::new(crate::Type::Int8).parameter(first, "").parameter(second, "");
            SchemaBuilder::structure().field("f", parameters.build().unwrap()).build().unwrap()
        };
        let (one, other) = (with("x", "y"), with("y", "x"));
        assert_eq!(one, other);
        let keys =
            |schema: &Schema| schema.fields()[0].schema().parameters().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            (keys(&one.lasting()), keys(&other.lasting())),
            (vec!["x".into(), "y".into()], vec!["y".into(), "x".into()])
        );
    }
}
