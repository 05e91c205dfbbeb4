//! Projecting a value of one schema onto another (`org.apache.kafka.connect.data.SchemaProjector`).
//!
//! The schemas must be alike: the same type or a wider number, the same name and parameters. Fields that the target does
//! not have are left out, and those that only the target has get their default.

use indexmap::IndexMap;

use crate::{DataError, DataErrorKind, Schema, SchemaRef, Struct, Type, Value, ValueMap};

/// The value as a value of the target schema.
///
/// # Errors
/// `SchemaProjectorException` when the schemas do not allow it, `DataException` when a value is not of its schema.
pub fn project(source: &SchemaRef, value: &Value, target: &SchemaRef) -> Result<Value, DataError> {
    check_compatible(source, target)?;
    if source.is_optional() && !target.is_optional() {
        let default = target.default_value().ok_or_else(|| {
            error("Writer schema is optional, however, target schema does not provide a default value.")
        })?;
        return if value.is_null() { Ok(default.clone()) } else { project_present(source, value, target) };
    }
    if value.is_null() { Ok(Value::Null) } else { project_present(source, value, target) }
}

fn error(message: impl Into<String>) -> DataError {
    DataError::new(DataErrorKind::SchemaProjector, message)
}

fn check_compatible(source: &Schema, target: &Schema) -> Result<(), DataError> {
    let (from, to) = (source.r#type(), target.r#type());
    if from != to && !is_promotable(from, to) {
        return Err(error(format!("Schema type mismatch. source type: {from} and target type: {to}")));
    }
    if source.name() != target.name() {
        let text = |schema: &Schema| schema.name().map_or_else(|| "null".to_owned(), ToString::to_string);
        let (from, to) = (text(source), text(target));
        return Err(error(format!("Schema name mismatch. source name: {from} and target name: {to}")));
    }
    if source.parameters() != target.parameters() {
        let (from, to) = (parameters_text(source.parameters()), parameters_text(target.parameters()));
        let text = format!("Schema parameters not equal. source parameters: {from} and target parameters: {to}");
        return Err(error(text));
    }
    Ok(())
}

fn parameters_text(parameters: Option<&IndexMap<String, String>>) -> String {
    let Some(parameters) = parameters else { return "null".to_owned() };
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// Whether every number of the one type is one of the other, wider type.
fn is_promotable(from: Type, to: Type) -> bool {
    const NUMBERS: [Type; 6] = [Type::Int8, Type::Int16, Type::Int32, Type::Int64, Type::Float32, Type::Float64];
    let rank = |of: Type| NUMBERS.iter().position(|number| *number == of);
    matches!((rank(from), rank(to)), (Some(from), Some(to)) if from < to)
}

fn project_present(source: &SchemaRef, value: &Value, target: &SchemaRef) -> Result<Value, DataError> {
    match (target.r#type(), value) {
        (Type::Struct, Value::Struct(fields)) => project_struct(source, fields, target).map(Value::from),
        (Type::Array, Value::Array(items)) => {
            let projected = items.iter().map(|item| project_part(source.value_schema(), item, target.value_schema()));
            projected.collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        (Type::Map, Value::Map(map)) => {
            let mut projected = ValueMap::with_capacity(map.len());
            for (key, value) in map.iter() {
                let key = project_part(source.key_schema(), key, target.key_schema())?;
                projected.insert(key, project_part(source.value_schema(), value, target.value_schema())?);
            }
            Ok(projected.into())
        }
        _ if source.r#type() != target.r#type() => Ok(promoted(value, target.r#type())),
        _ => Ok(value.clone()),
    }
}

fn project_part(source: Option<&SchemaRef>, value: &Value, target: Option<&SchemaRef>) -> Result<Value, DataError> {
    match (source, target) {
        (Some(source), Some(target)) => project(source, value, target),
        _ => Err(DataError::new(DataErrorKind::NullPointer, "a part has a value and no schema")),
    }
}

fn project_struct(source: &Schema, from: &Struct, target: &SchemaRef) -> Result<Struct, DataError> {
    let mut to = Struct::new(target.clone())?;
    for field in target.fields() {
        let name = field.name();
        if let Some(source_field) = source.field(name) {
            let projected = project(source_field.schema(), from.get(name)?, field.schema());
            let value = projected.map_err(|cause| match cause.kind() {
                DataErrorKind::SchemaProjector => error(format!("Error projecting {name}")).with_cause(cause),
                _ => cause,
            })?;
            to.put_at(field.index(), value)?;
        } else if field.schema().is_optional() {
            // It stays unset.
        } else if let Some(default) = field.schema().default_value() {
            to.put_at(field.index(), default.clone())?;
        } else {
            return Err(error(format!("Required field `{name}` is missing from source schema: {source}")));
        }
    }
    Ok(to)
}

/// The number as one of a wider type; anything else stays what it is.
#[expect(clippy::cast_possible_truncation, reason = "Java's widening of numbers")]
fn promoted(value: &Value, to: Type) -> Value {
    let Some(n) = value.as_i64() else {
        return match (value, to) {
            (Value::Float32(n), Type::Float64) => Value::Float64((*n).into()),
            _ => value.clone(),
        };
    };
    match to {
        Type::Int16 => Value::Int16(n as i16),
        Type::Int32 => Value::Int32(n as i32),
        Type::Int64 => Value::Int64(n),
        Type::Float32 => Value::Float32(n as f32),
        Type::Float64 => Value::Float64(n as f64),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_only_grow() {
        assert!(is_promotable(Type::Int8, Type::Int16));
        assert!(is_promotable(Type::Int64, Type::Float32));
        assert!(!is_promotable(Type::Int64, Type::Int32));
        assert!(!is_promotable(Type::Int8, Type::Int8));
        assert!(!is_promotable(Type::Boolean, Type::Int8));
    }

    #[test]
    fn a_field_that_does_not_fit_names_itself_and_its_cause() {
        let of = |schema| crate::SchemaBuilder::structure().field("a", schema).build().unwrap();
        let (source, target) = (of(Schema::string()), of(Schema::int8()));
        let value = Struct::from_values(source.clone(), vec!["x".into()]).into();
        let error = project(&source, &value, &target).unwrap_err();
        assert_eq!(error.message(), "Error projecting a");
        assert_eq!(error.cause().unwrap().message(), "Schema type mismatch. source type: STRING and target type: INT8");
    }
}
