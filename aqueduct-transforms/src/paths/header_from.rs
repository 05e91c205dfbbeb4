//! `HeaderFrom` by paths.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_data::{ByteString, Header, SchemaAndValue, Value};

use super::{Places, fields};
use crate::field_path::FieldPath;
use crate::header_from::{self, HeaderFrom};
use crate::part::{Part, map, structure};
use crate::structs::REPLACE_NULL_WITH_DEFAULT;

/// Copies or moves what paths lead to.
pub(crate) struct HeaderFromPaths {
    part: Part,
    /// Paths as they were given, what they are, and the keys of their headers.
    paths: Vec<(String, FieldPath, ByteString)>,
    purpose: &'static str,
    replace_null: bool,
    /// Leaves out what is moved.
    left: Option<Places>,
}

impl HeaderFromPaths {
    pub(super) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        // What is wrong without paths is wrong with them.
        let purpose = HeaderFrom::configure(props, part)?.purpose();
        let config = header_from::definition().parse(props)?;
        let (names, headers) = (config.list(header_from::FIELDS)?, config.list(header_from::HEADERS)?);
        let paths: Result<_, ConnectError> = names
            .iter()
            .zip(headers)
            .map(|(name, header)| Ok((name.clone(), FieldPath::parse(name, "V2")?, header.as_str().into())))
            .collect();
        let moves = config.string(header_from::OPERATION)? == header_from::MOVE;
        Ok(Self {
            part,
            paths: paths?,
            purpose,
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            left: if moves { Some(fields::without(names, props, part)?) } else { None },
        })
    }

    fn content(&self, part: &SchemaAndValue, text: &str, path: &FieldPath) -> Result<SchemaAndValue, ConnectError> {
        let Some(schema) = &part.schema else {
            return Ok(SchemaAndValue::schemaless(path.in_map(map(&part.value, self.purpose)?)?));
        };
        let from = structure(&part.value, self.purpose)?;
        let field = path.field(schema)?.ok_or_else(|| ConnectError::data(format!("Field does not exist: {text}")))?;
        let value = path.in_struct(from, self.replace_null)?;
        // A null on the way does not fit a schema that takes none.
        if value.is_null() && !field.schema().is_optional() {
            return Ok(SchemaAndValue::schemaless(Value::Null));
        }
        Ok(SchemaAndValue::new(field.schema().clone(), value))
    }
}

impl Transform for HeaderFromPaths {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        let header = |(text, path, key): &(String, FieldPath, ByteString)| {
            Ok(Header { key: key.clone(), content: self.content(part, text, path)? })
        };
        let headers: Vec<Header> = self.paths.iter().map(header).collect::<Result<_, ConnectError>>()?;
        for header in headers {
            record.headers.push(header);
        }
        match &mut self.left {
            Some(left) => left.apply(record),
            None => Ok(Fate::Kept),
        }
    }
}
