//! One schema for all elements of a parsed list, and for all keys and values of a parsed map.

use crate::{DataError, Schema, SchemaAndValue, SchemaRef, Type, Value, ValueMap};

use super::convert::convert_to;

/// Finds the schema that fits every value it is shown.
#[derive(Debug, Default)]
pub(super) struct CommonSchema {
    schema: Option<SchemaRef>,
    /// Two values had nothing in common, so that there is no schema for all.
    mixed: bool,
}

impl CommonSchema {
    /// Takes one value more into account; null fits everything.
    pub(super) fn merge(&mut self, latest: Option<&SchemaAndValue>) {
        let Some(new) = latest.and_then(|latest| latest.schema.as_ref()).filter(|_| !self.mixed) else { return };
        self.schema = match &self.schema {
            Some(previous) => merged(previous, new),
            None => Some(new.clone()),
        };
        self.mixed = self.schema.is_none();
    }

    /// The schema, if the values have one in common; no value had any when there was none.
    pub(super) fn schema(self) -> Option<SchemaRef> {
        self.schema
    }
}

fn merged(previous: &SchemaRef, new: &SchemaRef) -> Option<SchemaRef> {
    if previous.r#type() != new.r#type() {
        return wider(previous, new).cloned();
    }
    if previous.is_optional() == new.is_optional() {
        return Some(if previous.is_optional() { previous.clone() } else { new.clone() });
    }
    None
}

/// The schema whose numbers include those of the other.
fn wider<'a>(a: &'a SchemaRef, b: &'a SchemaRef) -> Option<&'a SchemaRef> {
    match (rank(a), rank(b)) {
        (Some(from), Some(to)) => Some(if from < to { b } else { a }),
        _ => None,
    }
}

fn rank(schema: &Schema) -> Option<usize> {
    [Type::Int8, Type::Int16, Type::Int32, Type::Int64, Type::Float32, Type::Float64]
        .into_iter()
        .position(|number| number == schema.r#type())
}

/// The items as values of their common schema.
pub(super) fn align_list(schema: &Schema, items: Vec<Value>) -> Result<Vec<Value>, DataError> {
    items.into_iter().map(|item| convert_to(schema, None, item)).collect()
}

/// The entries with keys, and values where they have one, of their common schema.
pub(super) fn align_map(keys: &Schema, values: Option<&SchemaRef>, entries: ValueMap) -> Result<ValueMap, DataError> {
    let mut aligned = ValueMap::with_capacity(entries.len());
    for (key, value) in entries {
        let value = match values {
            Some(schema) => convert_to(schema, None, value)?,
            None => value,
        };
        aligned.insert(convert_to(keys, None, key)?, value);
    }
    Ok(aligned)
}
