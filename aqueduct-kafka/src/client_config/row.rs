//! The table of Java's client keys: what Kafka's clients define, and what becomes of each key here.
//!
//! One row for a key, in the file of its group ([`super::common`], [`super::security`], [`super::producer`],
//! [`super::consumer`]); a key with different defaults in different clients has a row for each. Type, default and
//! validator are those of Kafka 4.3.1 and are checked against it (`testdata/client_keys.jsonl`). A definition
//! ([`definition`]) comes out of them, which parses properties with Java's messages.

use std::sync::{Arc, LazyLock};

use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Type, Validator};

use super::kind::Clients;
use super::{ClientKind, common, consumer, producer, security};

/// The largest number of Java's `int`, and of most of librdkafka's numbers.
pub(super) const INT: i64 = i32::MAX as i64;

/// One key.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) clients: Clients,
    value_type: Type,
    default: Default,
    check: Check,
    pub(super) meaning: Meaning,
}

/// The value when none is given.
#[derive(Clone, Copy)]
pub(super) enum Default {
    /// The key has to be given.
    Required,
    /// There is none.
    Null,
    /// This text, parsed.
    Text(&'static str),
}

/// What must hold for a value beyond its type.
#[derive(Clone, Copy)]
pub(super) enum Check {
    Anything,
    AtLeast(i64),
    Between(i64, i64),
    BetweenDoubles(f64, f64),
    OneOf(&'static [&'static str]),
    OneOfAnyCase(&'static [&'static str]),
    NotEmpty,
    /// Distinct items that are not empty.
    Items {
        empty_allowed: bool,
    },
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

pub(super) const fn row(
    name: &'static str,
    clients: Clients,
    value_type: Type,
    default: Default,
    check: Check,
    meaning: Meaning,
) -> Row {
    Row { name, clients, value_type, default, check, meaning }
}

/// All rows of a client.
pub(super) fn rows(client: ClientKind) -> impl Iterator<Item = &'static Row> {
    [common::ROWS, security::ROWS, producer::ROWS, consumer::ROWS]
        .into_iter()
        .flatten()
        .filter(move |row| row.clients.contains(client))
}

/// The keys of a client, as `ProducerConfig.configDef()` and the like. Classes are not looked up: every name passes.
pub fn definition(client: ClientKind) -> Arc<ConfigDef> {
    static DEFINITIONS: LazyLock<[Arc<ConfigDef>; 3]> = LazyLock::new(|| {
        [ClientKind::Producer, ClientKind::Consumer, ClientKind::Admin]
            .map(|client| Arc::new(ConfigDef::new().define_all(rows(client).map(Row::key))))
    });
    Arc::clone(match client {
        ClientKind::Producer => &DEFINITIONS[0],
        ClientKind::Consumer => &DEFINITIONS[1],
        ClientKind::Admin => &DEFINITIONS[2],
    })
}

impl Row {
    fn key(&self) -> ConfigKey {
        let key = ConfigKey::new(self.name, self.value_type);
        let key = match self.default {
            Default::Required => key,
            Default::Null => key.default_null(),
            Default::Text(text) => key.default(text),
        };
        match self.check.validator() {
            Some(validator) => key.validator(validator),
            None => key,
        }
    }
}

impl Check {
    fn validator(self) -> Option<Validator> {
        Some(match self {
            Self::Anything => return None,
            Self::AtLeast(min) => Validator::at_least(min),
            Self::Between(min, max) => Validator::between(min, max),
            Self::BetweenDoubles(min, max) => Validator::between(min, max),
            Self::OneOf(texts) => Validator::one_of(texts.iter().copied()),
            Self::OneOfAnyCase(texts) => Validator::one_of_ignoring_case(texts),
            Self::NotEmpty => Validator::NonEmptyString,
            Self::Items { empty_allowed } => Validator::any_non_duplicate_values(empty_allowed, false),
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
