//! `ExtractField` replaces the key or value by one of its fields.
//!
//! With `field=id`, the value `{id=1, name=Ann}` becomes `1`. With `field.syntax.version=V2` and
//! `field=address.city`, the value `{id=1, address={city=Ulm}}` becomes `Ulm`.

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{SchemaAndValue, SchemaRef, Shared, Value};

use crate::field_path::{FIELD_SYNTAX_VERSION, FieldPath, field_syntax_version};
use crate::part::{Part, map, struct_mut, structure};
use crate::schema_cache::SchemaCache;
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
    fields: SchemaCache<Extracted>,
}

/// The field in structs of a schema.
struct Extracted {
    schema: SchemaRef,
    /// Its position in the struct that it is in.
    at: usize,
}

impl ExtractField {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let text = config.optional_string(FIELD)?.unwrap_or_default().to_owned();
        let path = FieldPath::parse(&text, config.string(FIELD_SYNTAX_VERSION)?)?;
        let replace_null = config.boolean(REPLACE_NULL_WITH_DEFAULT)?;
        Ok(Self { part, path, text, replace_null, fields: SchemaCache::default() })
    }

    fn extract(&mut self, part: &mut SchemaAndValue) -> Result<(), ConnectError> {
        let Some(schema) = part.schema.take() else {
            part.value = self.of_map(&mut part.value)?;
            return Ok(());
        };
        if !part.value.is_null() {
            structure(&part.value, PURPOSE)?;
        }
        let (path, text) = (&self.path, &self.text);
        let field = self.fields.get(&schema, |schema| {
            let field = path.field(schema)?.ok_or_else(|| {
                ConnectError::with_kind(ErrorKind::Other, format!("Unknown field: {text}"))
                    .with_class("java.lang.IllegalArgumentException")
            })?;
            Ok::<_, ConnectError>(Extracted { schema: field.schema().clone(), at: field.index() })
        })?;
        if !part.value.is_null() {
            part.value = match path.top() {
                Some(_) => {
                    let before = struct_mut(&mut part.value, PURPOSE)?;
                    let (schema, values) = before.parts_mut();
                    let mut value = values.get_mut(field.at).map(std::mem::take).unwrap_or_default();
                    if value.is_null() && self.replace_null {
                        value = schema.fields()[field.at].schema().default_value().cloned().unwrap_or_default();
                    }
                    value
                }
                None => path.in_struct(structure(&part.value, PURPOSE)?, self.replace_null)?,
            };
        }
        part.schema = Some(field.schema.clone());
        Ok(())
    }

    /// The field of a map, which is moved out of it unless others hold the map too.
    fn of_map(&self, value: &mut Value) -> Result<Value, ConnectError> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        if let (Value::Map(shared), Some(name)) = (&mut *value, self.path.top())
            && let Some(own) = Shared::get_mut(shared)
        {
            return Ok(own.get_str_mut(name).map(std::mem::take).unwrap_or_default());
        }
        self.path.in_map(map(value, PURPOSE)?)
    }
}

impl Transform for ExtractField {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = match self.part {
            Part::Key => &mut record.key,
            Part::Value => &mut record.value,
        };
        self.extract(part)?;
        Ok(Fate::Kept)
    }
}
