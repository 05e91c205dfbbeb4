//! Building schemas (`org.apache.kafka.connect.data.SchemaBuilder`).
//!
//! Calls are chained; the first one that no schema can follow from is remembered, and [`SchemaBuilder::build`] answers
//! it. What Java refuses when an argument is null, the methods here refuse for `None`.

use crate::schema::SchemaParts;
use crate::{ByteString, DataError, DataErrorKind, Field, Schema, SchemaRef, Type, Value};

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
    /// Whether `optional` or `required` was called, after which the other may not be.
    optional_is_set: bool,
    error: Option<DataError>,
}

impl SchemaBuilder {
    /// A builder for a schema of this type.
    pub fn new(r#type: Type) -> Self {
        Self { r#type, parts: SchemaParts::default(), optional_is_set: false, error: None }
    }

    /// A builder for a struct schema.
    pub fn structure() -> Self {
        Self::new(Type::Struct)
    }

    /// A builder for an array of such elements.
    pub fn array(elements: impl Into<Option<SchemaRef>>) -> Self {
        let elements = elements.into();
        let missing = elements.is_none();
        let mut builder = Self::array_of(elements);
        if missing {
            builder.fail("valueSchema cannot be null.");
        }
        builder
    }

    /// A builder for a map of such keys and values.
    pub fn map(keys: impl Into<Option<SchemaRef>>, values: impl Into<Option<SchemaRef>>) -> Self {
        let (keys, values) = (keys.into(), values.into());
        let missing = if keys.is_none() {
            Some("keySchema cannot be null.")
        } else if values.is_none() {
            Some("valueSchema cannot be null.")
        } else {
            None
        };
        let mut builder = Self::map_of(keys, values);
        if let Some(message) = missing {
            builder.fail(message);
        }
        builder
    }

    /// A builder for an array whose elements need not have a schema.
    ///
    /// Parsing a text such as `[]` leads to such a schema; a valid value of it is empty.
    pub fn array_of(elements: Option<SchemaRef>) -> Self {
        let mut builder = Self::new(Type::Array);
        builder.parts.value_schema = elements;
        builder
    }

    /// A builder for a map whose keys and values need not have a schema.
    ///
    /// Parsing a text such as `{}` leads to such a schema; a valid value of it is empty.
    pub fn map_of(keys: Option<SchemaRef>, values: Option<SchemaRef>) -> Self {
        let mut builder = Self::new(Type::Map);
        builder.parts.key_schema = keys;
        builder.parts.value_schema = values;
        builder
    }

    /// Lets values be null.
    #[must_use]
    pub fn optional(self) -> Self {
        self.optionality(true)
    }

    /// Lets no value be null, as is the case when nothing is said.
    #[must_use]
    pub fn required(self) -> Self {
        self.optionality(false)
    }

    fn optionality(mut self, optional: bool) -> Self {
        if self.optional_is_set && self.parts.optional != optional {
            self.fail_set_before("optional");
        }
        self.optional_is_set = true;
        self.parts.optional = optional;
        self
    }

    /// Names the schema.
    #[must_use]
    pub fn name(mut self, name: impl Into<ByteString>) -> Self {
        let name = Some(name.into());
        if self.parts.name.is_some() && self.parts.name != name {
            self.fail_set_before("name");
        }
        self.parts.name = name;
        self
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: i32) -> Self {
        if self.parts.version.is_some_and(|before| before != version) {
            self.fail_set_before("version");
        }
        self.parts.version = Some(version);
        self
    }

    /// Documents the schema.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<String>) -> Self {
        let doc = Some(doc.into());
        if self.parts.doc.is_some() && self.parts.doc != doc {
            self.fail_set_before("doc");
        }
        self.parts.doc = doc;
        self
    }

    /// Sets a parameter; setting one again replaces its value.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.parameters.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Sets parameters. Without any, the schema's parameters stay absent.
    #[must_use]
    pub fn parameters<N: Into<String>, V: Into<String>>(self, pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        pairs.into_iter().fold(self, |builder, (name, value)| builder.parameter(name, value))
    }

    /// Sets the value that stands in for a missing one; null sets none, and is only valid for an optional schema.
    ///
    /// The value is checked against the schema as it is at this point, so that a name that makes it a logical type, and
    /// the fields, must have been set before. As in Java, no finished struct is valid as the default of a struct schema,
    /// because the schema of the struct cannot be the one that is being built.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        let value = value.into();
        if self.parts.default.as_ref().is_some_and(|before| *before != value) {
            self.fail_set_before("default");
        }
        if self.error.is_some() {
            return self;
        }
        // A struct of any schema is another schema's: the one that is being built has no structs yet.
        let checked = if self.r#type == Type::Struct && matches!(value, Value::Struct(_)) {
            Err(DataError::data("Struct schemas do not match."))
        } else {
            Schema::from_parts(self.r#type, self.parts.clone()).validate(&value)
        };
        if let Err(cause) = checked {
            self.error = Some(builder_error("Invalid default value").with_cause(cause));
            return self;
        }
        self.default_unchecked(value)
    }

    /// Sets the value that stands in for a missing one, which the caller vouches for.
    ///
    /// It serves for schemas from a place that has checked them, and for the default of a struct schema.
    #[must_use]
    pub fn default_unchecked(mut self, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.parts.default = (!value.is_null()).then_some(value);
        self
    }

    /// Adds a field at the end of a struct schema.
    #[must_use]
    pub fn field(mut self, name: impl Into<ByteString>, schema: impl Into<Option<SchemaRef>>) -> Self {
        let name = name.into();
        if self.r#type != Type::Struct {
            self.fail(format!("Cannot create fields on type {}", self.r#type));
        } else if name.is_empty() {
            self.fail("fieldName cannot be null.");
        } else if self.parts.positions.contains_key(&name) {
            self.fail(format!("Cannot create field because of field name duplication {name}"));
        } else if let Some(schema) = schema.into() {
            let index = self.parts.fields.len();
            self.parts.positions.insert(name.clone(), index);
            self.parts.fields.push(Field::new(name, index, schema));
        } else {
            self.fail(format!("fieldSchema for field {name} cannot be null."));
        }
        self
    }

    /// The finished schema.
    ///
    /// # Errors
    /// `SchemaBuilderException` for the first thing that was wrong with a call before.
    pub fn build(self) -> Result<SchemaRef, DataError> {
        match self.error {
            Some(error) => Err(error),
            None => {
                // Plain types have one schema each, wherever it was described.
                let plain = Schema::of_plain(self.r#type, self.parts.optional).filter(|_| self.parts.are_plain());
                Ok(plain.unwrap_or_else(|| SchemaRef::new(Schema::from_parts(self.r#type, self.parts))))
            }
        }
    }

    fn fail_set_before(&mut self, property: &str) {
        self.fail(format!("Invalid SchemaBuilder call: {property} has already been set."));
    }

    fn fail(&mut self, message: impl Into<String>) {
        self.error.get_or_insert_with(|| builder_error(message));
    }
}

fn builder_error(message: impl Into<String>) -> DataError {
    DataError::new(DataErrorKind::SchemaBuilder, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Struct;

    fn message(builder: SchemaBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), DataErrorKind::SchemaBuilder);
        error.message().to_owned()
    }

    #[test]
    fn the_first_wrong_call_is_answered() {
        let builder = SchemaBuilder::new(Type::Int32).name("a").name("b").field("x", Schema::int8());
        assert_eq!(message(builder), "Invalid SchemaBuilder call: name has already been set.");
    }

    #[test]
    fn setting_the_same_again_is_no_error() {
        let twice = SchemaBuilder::new(Type::Int32).name("a").name("a").version(1).version(1).optional().optional();
        assert!(twice.doc("d").doc("d").default_value(1).default_value(1).build().is_ok());
    }

    #[test]
    fn a_name_decides_which_default_is_valid() {
        assert!(SchemaBuilder::date().default_value(Value::Date(0)).build().is_ok());
        assert_eq!(message(SchemaBuilder::date().default_value(5)), "Invalid default value");
    }

    #[test]
    fn a_finished_struct_is_only_a_default_on_trust() {
        let builder = SchemaBuilder::structure().field("a", Schema::optional_int8());
        let default = Struct::new(builder.clone().build().unwrap()).unwrap();
        assert_eq!(message(builder.clone().default_value(default.clone())), "Invalid default value");
        let schema = builder.default_unchecked(default.clone()).build().unwrap();
        assert_eq!(schema.default_value(), Some(&default.into()));
    }
}
