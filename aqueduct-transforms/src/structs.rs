//! From one struct to the next: what of a schema is kept, and how a field's value is read and put.

use aqueduct_api::ConnectError;
use aqueduct_config::{ConfigKey, Importance, Type};
use aqueduct_data::{Field, Schema, SchemaBuilder, Struct, Value};

/// The key that says whether null fields are read as their default (KIP-1040).
pub(crate) const REPLACE_NULL_WITH_DEFAULT: &str = "replace.null.with.default";

/// The definition of [`REPLACE_NULL_WITH_DEFAULT`].
pub(crate) fn replace_null_with_default() -> ConfigKey {
    ConfigKey::new(REPLACE_NULL_WITH_DEFAULT, Type::Boolean)
        .default(true)
        .importance(Importance::Medium)
        .doc("Whether fields that are null get their default when they have one.")
}

/// A builder with name, version, documentation and parameters of a schema; whether it is optional and what its default
/// is are left out.
pub(crate) fn with_basics(mut builder: SchemaBuilder, schema: &Schema) -> SchemaBuilder {
    if let Some(name) = schema.name() {
        builder = builder.name(name.clone());
    }
    if let Some(version) = schema.version() {
        builder = builder.version(version);
    }
    if let Some(doc) = schema.doc() {
        builder = builder.doc(doc);
    }
    builder.parameters(schema.parameters().into_iter().flatten())
}

/// The value of a field, or its default when it is null and that is asked for.
pub(crate) fn value_at(from: &Struct, at: usize, replace_null: bool) -> &Value {
    if replace_null { from.get_at(at) } else { &from.values()[at] }
}

/// Values that stay in their fields, or go on in fields of the same schemas: nulls become defaults where that is asked for,
/// and have to be allowed otherwise. All other values were checked when they were put.
pub(crate) fn settle(fields: &mut Struct, replace_null: bool) -> Result<(), ConnectError> {
    let (schema, values) = fields.parts_mut();
    settle_values(schema, values, replace_null)
}

/// As [`settle`], for values that are to be those of a schema.
pub(crate) fn settle_values(schema: &Schema, values: &mut [Value], replace_null: bool) -> Result<(), ConnectError> {
    for (field, value) in schema.fields().iter().zip(values) {
        if value.is_null() {
            settle_null(field, value, replace_null)?;
        }
    }
    Ok(())
}

/// As [`settle`], for one null.
#[cold]
pub(crate) fn settle_null(field: &Field, value: &mut Value, replace_null: bool) -> Result<(), ConnectError> {
    if let Some(default) = field.schema().default_value().filter(|_| replace_null) {
        *value = default.clone();
    }
    if value.is_null() {
        field.schema().validate_field(Some(field.name()), value)?;
    }
    Ok(())
}

/// Checks a value that another struct already held in a field of the same schema. It needs no check unless it is null: a
/// field that was never put may be null although it must not.
#[inline]
pub(crate) fn check_null(field: &Field, value: &Value) -> Result<(), ConnectError> {
    if value.is_null() {
        field.schema().validate_field(Some(field.name()), value)?;
    }
    Ok(())
}
