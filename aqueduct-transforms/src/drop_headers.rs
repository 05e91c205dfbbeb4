//! `DropHeaders` removes headers.
//!
//! With `headers=trace,debug`, a record with the headers `id`, `trace`, `trace` and `debug` keeps `id`.

use std::collections::HashSet;

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};
use aqueduct_data::ByteString;

const HEADERS: &str = "headers";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new(HEADERS, Type::List)
            .validator(Validator::any_non_duplicate_values(false, false))
            .importance(Importance::High)
            .doc("The keys of the headers to remove."),
    )
}

pub(crate) struct DropHeaders(HashSet<ByteString>);

impl DropHeaders {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        Ok(Self(config.list(HEADERS)?.iter().map(|key| key.as_str().into()).collect()))
    }
}

impl Transform for DropHeaders {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        record.headers.retain(|header| !self.0.contains(&header.key));
        Ok(Fate::Kept)
    }
}
