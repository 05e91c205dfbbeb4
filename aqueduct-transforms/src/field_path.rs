//! The path to a field, in the two syntaxes of KIP-821.
//!
//! In V1 a path is the name of a field at the top. In V2 dots separate the names of fields that are in each other, and a
//! name with dots stands in backticks; a backslash in front of a backtick that would end the name makes it part of it.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_config::{ConfigError, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{ByteString, DataError, Field, Schema, Struct, Type as SchemaType, Value, ValueMap};

use crate::part::{map, structure};

/// The key that chooses the syntax.
pub(crate) const FIELD_SYNTAX_VERSION: &str = "field.syntax.version";
const PURPOSE: &str = "nested field access";

/// The definition of [`FIELD_SYNTAX_VERSION`].
pub(crate) fn field_syntax_version() -> ConfigKey {
    ConfigKey::new(FIELD_SYNTAX_VERSION, Type::String)
        .default("V1")
        .validator(Validator::one_of_ignoring_case(["V1", "V2"]))
        .importance(Importance::High)
        .doc("How fields are named: `V1` by their name at the top, `V2` by a path of names with dots between them.")
}

/// The names on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldPath(Vec<ByteString>);

impl FieldPath {
    /// The path that a text is in a version of the syntax.
    pub(crate) fn parse(text: &str, version: &str) -> Result<Self, ConfigError> {
        if version.eq_ignore_ascii_case("V2") { steps(text).map(Self) } else { Ok(Self(vec![text.into()])) }
    }

    /// The name of a field at the top, if that is all.
    pub(crate) fn top(&self) -> Option<&ByteString> {
        match &self.0[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The names, from the top.
    pub(crate) fn into_names(self) -> Vec<ByteString> {
        self.0
    }

    fn split(&self) -> Result<(&ByteString, &[ByteString]), ConnectError> {
        self.0.split_last().ok_or_else(|| {
            ConnectError::with_kind(ErrorKind::Other, "fromIndex(0) > toIndex(-1)")
                .with_class("java.lang.IllegalArgumentException")
        })
    }

    /// The field of a schema; none when it, or one on the way to it, does not exist.
    pub(crate) fn field<'a>(&self, schema: &'a Schema) -> Result<Option<&'a Field>, ConnectError> {
        let (last, way) = self.split()?;
        let mut schema = schema;
        for step in way {
            match field_of(schema, step)? {
                Some(field) => schema = field.schema(),
                None => return Ok(None),
            }
        }
        Ok(field_of(schema, last)?)
    }

    /// The value in a map; null when it, or a map on the way to it, does not exist.
    pub(crate) fn in_map(&self, top: &ValueMap) -> Result<Value, ConnectError> {
        let (last, way) = self.split()?;
        let mut current = top;
        for step in way {
            match current.get_str(step) {
                None | Some(Value::Null) => return Ok(Value::Null),
                Some(value) => current = map(value, PURPOSE)?,
            }
        }
        Ok(current.get_str(last).cloned().unwrap_or_default())
    }

    /// The value in a struct that has such a field; null when a struct on the way to it is null.
    pub(crate) fn in_struct(&self, top: &Struct, replace_null: bool) -> Result<Value, ConnectError> {
        let (last, way) = self.split()?;
        let mut current = top;
        for step in way {
            match current.get(step)? {
                Value::Null => return Ok(Value::Null),
                value => current = structure(value, PURPOSE)?,
            }
        }
        let value = if replace_null { current.get(last)? } else { current.get_without_default(last)? };
        Ok(value.clone())
    }
}

fn field_of<'a>(schema: &'a Schema, name: &str) -> Result<Option<&'a Field>, DataError> {
    match schema.r#type() {
        SchemaType::Struct => Ok(schema.field(name)),
        _ => Err(DataError::data("Cannot look up fields on non-struct type")),
    }
}

/// The names in a path of version 2.
fn steps(path: &str) -> Result<Vec<ByteString>, ConfigError> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('`');
        let (name, after) = match quoted {
            None => match rest.split_once('.') {
                Some((name, after)) => (name.into(), Some(after)),
                None => (rest.into(), None),
            },
            Some(quoted) => quoted_name(quoted).ok_or_else(|| {
                let at = path[..path.len() - rest.len()].encode_utf16().count();
                ConfigError::new(format!(
                    "Incomplete backtick pair in path: [{path}], consider adding a backslash before backtick at \
                     position {at} to escape it"
                ))
            })?,
        };
        steps.push(name);
        rest = match after {
            // What ends with a dot has an empty name behind it.
            Some("") => {
                steps.push(ByteString::new());
                ""
            }
            Some(after) => after,
            None => "",
        };
    }
    Ok(steps)
}

/// The name up to the backtick that ends it, and what follows the dot behind that; nothing when no backtick does. Only
/// one in front of a dot or the end can, unless a backslash escapes it.
fn quoted_name(text: &str) -> Option<(ByteString, Option<&str>)> {
    let mut name = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices('`') {
        let (before, after) = (&text[from..at], &text[at + 1..]);
        if !after.is_empty() && !after.starts_with('.') {
            continue;
        }
        if let Some(before) = before.strip_suffix('\\') {
            name.push_str(before);
            name.push('`');
            from = at + 1;
            continue;
        }
        name.push_str(before);
        return Some((name.into(), after.strip_prefix('.')));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expect: &[&str]) {
        let FieldPath(steps) = FieldPath::parse(path, "v2").unwrap();
        assert_eq!(steps, expect.iter().map(|&step| ByteString::from(step)).collect::<Vec<_>>(), "{path}");
    }

    #[test]
    fn dots_separate_names_except_in_backticks() {
        check("a", &["a"]);
        check("a.b", &["a", "b"]);
        check("a..b", &["a", "", "b"]);
        check("a.", &["a", ""]);
        check("`a.b`.c", &["a.b", "c"]);
        check("a.`b.c`", &["a", "b.c"]);
        check("`a`.", &["a", ""]);
        check("a`b", &["a`b"]);
        check("`a`b`", &["a`b"]);
        check(r"`a\`.b`", &["a`.b"]);
    }

    #[test]
    fn a_backtick_without_an_end_is_refused() {
        let error = FieldPath::parse("b.`c", "V2").unwrap_err();
        assert_eq!(
            error.message(),
            "Incomplete backtick pair in path: [b.`c], consider adding a backslash before backtick at position 2 to \
             escape it"
        );
    }

    #[test]
    fn version_1_knows_one_name_only() {
        assert_eq!(FieldPath::parse("a.`b", "V1").unwrap(), FieldPath(vec!["a.`b".into()]));
    }
}
