//! The table of Java's client keys: what must hold for each, and what becomes of it here.
//!
//! Names, types and defaults are those of [`aqueduct_config::client_config`]. A row adds a key's validator, which clients
//! have and Connect's own checks have not, and its meaning for librdkafka. Rows stand in the file of their group
//! ([`super::common`], [`super::security`], [`super::producer`], [`super::consumer`]). Out of both comes a definition
//! ([`definition`]) that parses properties with Java's messages; it is checked against Kafka 4.3.1's own
//! (`testdata/client_keys.jsonl`).

use std::sync::{Arc, LazyLock};

use aqueduct_config::client_config;
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Validator};

use super::{ClientKind, connection_keys, consumer, producer, security};

/// The largest number of Java's `int`, and of most of librdkafka's numbers.
pub(super) const INT: i64 = i32::MAX as i64;

/// One key.
pub(super) struct Row {
    pub(super) name: &'static str,
    check: Check,
    pub(super) meaning: Meaning,
}

/// What must hold for a value beyond its type.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// Nothing more than the definition has.
    Anything,
    AtLeast(i64),
    Between(i64, i64),
    OneOf(&'static [&'static str]),
    OneOfAnyCase(&'static [&'static str]),
    NotEmpty,
    /// Distinct items that are not empty; none at all only where the key may be left out.
    Items,
    /// -1, or 1 to 9.
    GzipLevel,
    /// `earliest`, `latest`, `none`, `by_duration:…`.
    OffsetReset,
}

/// What becomes of a value.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// librdkafka has a property of this name that takes the same values.
    Is(&'static str),
    /// The same, for a number that has to be moved into librdkafka's range. What lies beyond makes no difference to a
    /// person: weeks instead of years, a millisecond instead of none.
    Clamped(&'static str, i64, i64),
    /// The code of the group decides.
    Own,
    /// There is nothing to decide here, as a rule because the JVM or the broker would.
    Ignored,
    /// The same, and whoever sets it should know; the text says why.
    Warned(&'static str),
}

pub(super) const fn row(name: &'static str, check: Check, meaning: Meaning) -> Row {
    Row { name, check, meaning }
}

fn all_rows() -> impl Iterator<Item = &'static Row> {
    [connection_keys::ROWS, security::ROWS, producer::ROWS, consumer::ROWS].into_iter().flatten()
}

/// The rows of a client.
pub(super) fn rows(client: ClientKind) -> impl Iterator<Item = &'static Row> {
    let definition = definition(client);
    all_rows().filter(move |row| definition.key(row.name).is_some())
}

/// The keys of a client, as `ProducerConfig.configDef()` and the like. Classes are not looked up: every name passes.
pub fn definition(client: ClientKind) -> Arc<ConfigDef> {
    static DEFINITIONS: LazyLock<[Arc<ConfigDef>; 3]> = LazyLock::new(|| {
        [client_config::producer(), client_config::consumer(), client_config::admin()]
            .map(|keys| Arc::new(ConfigDef::new().define_all(keys.config_keys().map(with_validator))))
    });
    Arc::clone(match client {
        ClientKind::Producer => &DEFINITIONS[0],
        ClientKind::Consumer => &DEFINITIONS[1],
        ClientKind::Admin => &DEFINITIONS[2],
    })
}

fn with_validator(key: &ConfigKey) -> ConfigKey {
    // Java insists on a serializer; here records are bytes.
    let is_serializer = key.name.ends_with(".serializer") || key.name.ends_with(".deserializer");
    let key = if is_serializer { key.clone().default_null() } else { key.clone() };
    let check = all_rows().find(|row| row.name == key.name).map_or(Check::Anything, |row| row.check);
    match check.validator(key.has_default()) {
        Some(validator) => key.validator(validator),
        None => key,
    }
}

impl Check {
    fn validator(self, has_default: bool) -> Option<Validator> {
        Some(match self {
            Self::Anything => return None,
            Self::AtLeast(min) => Validator::at_least(min),
            Self::Between(min, max) => Validator::between(min, max),
            Self::OneOf(texts) => Validator::one_of(texts.iter().copied()),
            Self::OneOfAnyCase(texts) => Validator::one_of_ignoring_case(texts),
            Self::NotEmpty => Validator::NonEmptyString,
            Self::Items => Validator::any_non_duplicate_values(has_default, false),
            Self::GzipLevel => Validator::lambda(check_gzip_level, "[1,...,9] or -1"),
            Self::OffsetReset => {
                Validator::lambda(consumer::check_offset_reset, "[latest, earliest, none, by_duration:PnDTnHnMn.nS]")
            }
        })
    }
}

fn check_gzip_level(name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    match value {
        ConfigValueData::Int(-1 | 1..=9) => Ok(()),
        _ => Err(ConfigError::invalid(name, value, "Value must be between 1 and 9 or equal to -1")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_has_one_row_and_every_row_a_key() {
        let mut names = BTreeSet::new();
        for row in all_rows() {
            assert!(names.insert(row.name), "{} has two rows", row.name);
        }
        let mut keys = BTreeSet::new();
        for client in [ClientKind::Producer, ClientKind::Consumer, ClientKind::Admin] {
            let definition = definition(client);
            keys.extend(definition.config_keys().filter(|key| !key.internal).map(|key| key.name.to_string()));
        }
        assert_eq!(names, keys.iter().map(String::as_str).collect());
    }
}
