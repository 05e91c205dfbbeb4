//! `ExtractField` replaces the key or value by one of its fields.
//!
//! With `field=id`, the value `{id=1, name=Ann}` becomes `1`. With `field.syntax.version=V2` and
//! `field=address.city`, the value `{id=1, address={city=Ulm}}` becomes `Ulm`.

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{SchemaAndValue, Value};

use crate::field_path::{FIELD_SYNTAX_VERSION, FieldPath, field_syntax_version};
use crate::part::{Part, map, structure};
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default};

const FIELD: &str = "field";
const PURPOSE: &str = "field extraction";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(FIELD, Type::String)
                .required()
                .importance(Importance::Medium)
                .doc("The field to extract: its name, or a path as the syntax version says."),
        )
        .define(replace_null_with_default())
        .define(field_syntax_version())
}

pub(crate) struct ExtractField {
    part: Part,
    /// The path as it was given, for the message.
    text: String,
    path: FieldPath,
    replace_null: bool,
}

impl ExtractField {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let text = config.optional_string(FIELD)?.unwrap_or_default().to_owned();
        let path = FieldPath::parse(&text, config.string(FIELD_SYNTAX_VERSION)?)?;
        Ok(Self { part, path, text, replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)? })
    }

    fn extracted(&self, from: &SchemaAndValue) -> Result<SchemaAndValue, ConnectError> {
        let Some(schema) = &from.schema else {
            let value = match &from.value {
                Value::Null => Value::Null,
                value => self.path.in_map(map(value, PURPOSE)?)?,
            };
            return Ok(SchemaAndValue::schemaless(value));
        };
        let value = match &from.value {
            Value::Null => None,
            value => Some(structure(value, PURPOSE)?),
        };
        let field = self.path.field(schema)?.ok_or_else(|| {
            ConnectError::with_kind(ErrorKind::Other, format!("Unknown field: {}", self.text))
                .with_class("java.lang.IllegalArgumentException")
        })?;
        let value = match value {
            None => Value::Null,
            Some(value) => self.path.in_struct(value, self.replace_null)?,
        };
        Ok(SchemaAndValue::new(field.schema().clone(), value))
    }
}

impl Transform for ExtractField {
    fn apply(&mut self, mut record: Record) -> Result<Option<Record>, ConnectError> {
        let part = self.part.of(&mut record);
        *part = self.extracted(part)?;
        Ok(Some(record))
    }
}
