//! A struct: a value for each field of a struct schema (`org.apache.kafka.connect.data.Struct`).

use crate::{DataError, Field, SchemaRef, Type, Value};

/// A value of a struct schema. Fields that were never put are null, or their default when read with [`Struct::get`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Struct {
    schema: SchemaRef,
    values: Vec<Value>,
}

impl Struct {
    /// A struct of this schema with every field unset.
    ///
    /// # Errors
    /// `DataException` when the schema is not of type STRUCT.
    pub fn new(schema: SchemaRef) -> Result<Self, DataError> {
        if schema.r#type() != Type::Struct {
            return Err(DataError::data(format!("Not a struct schema: {schema}")));
        }
        let values = vec![Value::Null; schema.fields().len()];
        Ok(Self { schema, values })
    }

    /// A struct whose values the caller vouches for: one for each field, in order, each valid for its field.
    ///
    /// Transforms use it to build a struct in one pass; [`Struct::put`] is the checked way.
    ///
    /// # Panics
    /// When the number of values is not the number of fields.
    #[inline]
    pub fn from_values(schema: SchemaRef, values: Vec<Value>) -> Self {
        assert_eq!(schema.fields().len(), values.len(), "one value for each field");
        Self { schema, values }
    }

    /// Sets a field by name.
    ///
    /// # Errors
    /// `DataException` when there is no such field, or the value does not fit it.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) -> Result<&mut Self, DataError> {
        let index = self.lookup(name)?.index();
        self.put_at(index, value.into())
    }

    /// Sets a field by its position.
    ///
    /// # Errors
    /// `DataException` when the value does not fit the field.
    pub fn put_at(&mut self, index: usize, value: Value) -> Result<&mut Self, DataError> {
        let field = &self.schema.fields()[index];
        field.schema().validate_field(Some(field.name()), &value)?;
        self.values[index] = value;
        Ok(self)
    }

    /// The schema.
    #[inline]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The value of a field; its default when it is null and has one.
    ///
    /// # Errors
    /// `DataException` when there is no such field.
    pub fn get(&self, name: &str) -> Result<&Value, DataError> {
        Ok(self.get_at(self.lookup(name)?.index()))
    }

    /// The value at a position; the field's default when it is null and has one.
    #[inline]
    pub fn get_at(&self, index: usize) -> &Value {
        match &self.values[index] {
            Value::Null => self.schema.fields()[index].schema().default_value().unwrap_or(&Value::Null),
            value => value,
        }
    }

    /// The value of a field as it was put, no default filled in.
    ///
    /// # Errors
    /// `DataException` when there is no such field.
    pub fn get_without_default(&self, name: &str) -> Result<&Value, DataError> {
        Ok(&self.values[self.lookup(name)?.index()])
    }

    /// The values as they were put, in the order of the fields.
    #[inline]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The schema and the values as they were put, to change them in place.
    ///
    /// The caller vouches for what it puts: each value has to be valid for its field.
    #[inline]
    pub fn parts_mut(&mut self) -> (&SchemaRef, &mut [Value]) {
        (&self.schema, &mut self.values)
    }

    /// Makes this a struct of another schema; `change` makes the values fit it, one for each field, in order.
    ///
    /// As with [`Struct::from_values`] nothing is checked but their number. If `change` fails, every field is unset.
    ///
    /// # Errors
    /// Those of `change`.
    ///
    /// # Panics
    /// When the number of values is not the number of fields.
    #[inline]
    pub fn reshape<E>(
        &mut self,
        schema: SchemaRef,
        change: impl FnOnce(&mut Vec<Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let outcome = change(&mut self.values);
        if outcome.is_err() {
            self.values = vec![Value::Null; schema.fields().len()];
        }
        assert_eq!(schema.fields().len(), self.values.len(), "one value for each field");
        self.schema = schema;
        outcome
    }

    /// The schema, and the values as they were put, in the order of the fields.
    #[inline]
    pub fn into_parts(self) -> (SchemaRef, Vec<Value>) {
        (self.schema, self.values)
    }

    /// The fields with their values as they were put.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Field, &Value)> {
        self.schema.fields().iter().zip(&self.values)
    }

    /// Checks that every field that must have a value has one, and that all values fit.
    ///
    /// # Errors
    /// `DataException` for the first field whose value does not fit; a missing value with a default does.
    pub fn validate(&self) -> Result<(), DataError> {
        self.iter().try_for_each(|(field, value)| {
            let schema = field.schema();
            if value.is_null() && (schema.is_optional() || schema.default_value().is_some()) {
                return Ok(());
            }
            schema.validate_field(Some(field.name()), value)
        })
    }

    fn lookup(&self, name: &str) -> Result<&Field, DataError> {
        self.schema.field(name).ok_or_else(|| DataError::data(format!("{name} is not a valid field name")))
    }
}
