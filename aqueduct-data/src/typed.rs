//! Typed reading of a struct's fields (`Struct.getInt32` and its like).
//!
//! The type that counts is that of the field's schema. As in Java these answer what was put, and never a default.

use bytes::Bytes;

use crate::{ByteString, DataError, DataErrorKind, Shared, Struct, Type, Value, ValueMap};

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($value:ident) -> $to:ty = $read:expr;)*) => {
        impl Struct {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// `DataException` when there is no such field, or its schema is of another type.
                pub fn $name(&self, field: &str) -> Result<Option<$to>, DataError> {
                    match self.of_type(field, Type::$variant)? {
                        Value::Null => Ok(None),
                        Value::$variant($value) => Ok(Some($read)),
                        other => Err(class_cast(other, Type::$variant)),
                    }
                }
            )*
        }
    };
}

getters! {
    /// The 8-bit integer of a field, if it was put.
    int8: Int8(n) -> i8 = *n;
    /// The 16-bit integer of a field, if it was put.
    int16: Int16(n) -> i16 = *n;
    /// The 32-bit integer of a field, if it was put.
    int32: Int32(n) -> i32 = *n;
    /// The 64-bit integer of a field, if it was put.
    int64: Int64(n) -> i64 = *n;
    /// The 32-bit floating-point number of a field, if it was put.
    float32: Float32(n) -> f32 = *n;
    /// The 64-bit floating-point number of a field, if it was put.
    float64: Float64(n) -> f64 = *n;
    /// The boolean of a field, if it was put.
    boolean: Boolean(b) -> bool = *b;
    /// The text of a field, if it was put.
    string: String(text) -> &ByteString = text;
    /// The bytes of a field, if they were put.
    bytes: Bytes(bytes) -> &Bytes = bytes;
    /// The list of a field, if it was put.
    array: Array(items) -> &[Value] = items;
    /// The map of a field, if it was put.
    map: Map(map) -> &ValueMap = map;
    /// The struct of a field, if it was put.
    structure: Struct(fields) -> &Shared<Struct> = fields;
}

impl Struct {
    fn of_type(&self, name: &str, r#type: Type) -> Result<&Value, DataError> {
        let value = self.get_without_default(name)?;
        match self.schema().field(name) {
            Some(field) if field.schema().r#type() == r#type => Ok(value),
            _ => Err(DataError::data(format!("Field '{name}' is not of type {type}"))),
        }
    }
}

/// A field of a logical type holds another class than its encoded type says.
fn class_cast(value: &Value, wanted: Type) -> DataError {
    DataError::new(DataErrorKind::ClassCast, format!("class {} is no value of type {wanted}", value.java_class()))
}
