//! The names of the schema types in the JSON form of schemas.

use aqueduct_data::Type;

/// The name of a type.
pub(crate) fn of(r#type: Type) -> &'static str {
    match r#type {
        Type::Int8 => "int8",
        Type::Int16 => "int16",
        Type::Int32 => "int32",
        Type::Int64 => "int64",
        Type::Float32 => "float",
        Type::Float64 => "double",
        Type::Boolean => "boolean",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Array => "array",
        Type::Map => "map",
        Type::Struct => "struct",
    }
}

/// The type of a name.
pub(crate) fn parse(name: &str) -> Option<Type> {
    const TYPES: [Type; 12] = [
        Type::Int8,
        Type::Int16,
        Type::Int32,
        Type::Int64,
        Type::Float32,
        Type::Float64,
        Type::Boolean,
        Type::String,
        Type::Bytes,
        Type::Array,
        Type::Map,
        Type::Struct,
    ];
    TYPES.into_iter().find(|&r#type| of(r#type) == name)
}
