//! `Filter` drops every record; a predicate chooses which ones it is given.

use aqueduct_api::{ConnectError, Record, Transform};
use aqueduct_config::ConfigDef;

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
}

pub(crate) struct Filter;

impl Transform for Filter {
    fn apply(&mut self, _record: Record) -> Result<Option<Record>, ConnectError> {
        Ok(None)
    }
}
