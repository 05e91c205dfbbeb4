//! `Filter` drops every record; a predicate chooses which ones it is given.

use aqueduct_api::{ConnectError, Fate, Record, Transform};
use aqueduct_config::ConfigDef;

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
}

pub(crate) struct Filter;

impl Transform for Filter {
    fn apply(&mut self, _record: &mut Record) -> Result<Fate, ConnectError> {
        Ok(Fate::Dropped)
    }
}
