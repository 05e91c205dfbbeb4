//! `InsertHeader` adds a header of a fixed value.
//!
//! With `header=version` and `value.literal=3`, every record gets the header `version` with the 8-bit integer 3 behind
//! those that it has, even if one of them has the same key. The type of the value is guessed from its text.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{Header, values};

const HEADER: &str = "header";
const VALUE_LITERAL: &str = "value.literal";

pub(crate) fn definition() -> ConfigDef {
    let key = |name, doc| {
        ConfigKey::new(name, Type::String).validator(Validator::NonNull).importance(Importance::High).doc(doc)
    };
    ConfigDef::new()
        .define(key(HEADER, "The key of the header."))
        .define(key(VALUE_LITERAL, "The value of the header, as text from which its type is guessed."))
}

pub(crate) struct InsertHeader(Header);

impl InsertHeader {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let content = values::parse_string(config.string(VALUE_LITERAL)?).unwrap_or_default();
        Ok(Self(Header { key: config.string(HEADER)?.into(), content }))
    }
}

impl Transform for InsertHeader {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        record.headers.add_empty(&self.0.key).clone_from(&self.0.content);
        Ok(Fate::Kept)
    }
}
