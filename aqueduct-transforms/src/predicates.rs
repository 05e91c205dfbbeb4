//! The predicates: `TopicNameMatches`, `HasHeaderKey`, `RecordIsTombstone` (KIP-585).
//!
//! They live in `…connect.transforms.predicates`; Kafka's documentation also writes `…connect.predicates`, which the
//! registry of plugins understands too.

use aqueduct_api::{ConfigMap, ConnectError, Plugin, Predicate, Record};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type, Validator};
use aqueduct_jvm::regex::JavaRegex;

use crate::VERSION;

const PACKAGE: &str = "org.apache.kafka.connect.transforms.predicates";
const PATTERN: &str = "pattern";
const NAME: &str = "name";

/// The predicates.
pub(crate) fn plugins() -> Vec<Plugin> {
    let class = |name: &str| format!("{PACKAGE}.{name}");
    vec![
        Plugin::predicate(class("TopicNameMatches"), VERSION, pattern_definition, TopicNameMatches::configure),
        Plugin::predicate(class("HasHeaderKey"), VERSION, name_definition, HasHeaderKey::configure),
        Plugin::predicate(class("RecordIsTombstone"), VERSION, ConfigDef::new, |_| Ok(RecordIsTombstone)),
    ]
}

fn pattern_definition() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new(PATTERN, Type::String)
            .required()
            .validator(Validator::all_of([Validator::NonEmptyString, Validator::Regex]))
            .importance(Importance::Medium)
            .doc("The regular expression that the whole topic has to match."),
    )
}

fn name_definition() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new(NAME, Type::String)
            .required()
            .validator(Validator::NonEmptyString)
            .importance(Importance::Medium)
            .doc("The key of the header."),
    )
}

/// True for records whose topic matches.
struct TopicNameMatches(JavaRegex);

impl TopicNameMatches {
    fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = pattern_definition().parse(props)?;
        let pattern = config.string(PATTERN)?;
        let regex = JavaRegex::new(pattern);
        Ok(Self(regex.map_err(|error| ConfigError::invalid(PATTERN, pattern, error))?))
    }
}

impl Predicate for TopicNameMatches {
    fn test(&mut self, record: &Record) -> Result<bool, ConnectError> {
        self.0.try_matches(&record.topic).map_err(|error| ConnectError::connect(error.to_string()))
    }
}

/// True for records that have at least one header of a key.
struct HasHeaderKey(String);

impl HasHeaderKey {
    fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        Ok(Self(name_definition().parse(props)?.string(NAME)?.to_owned()))
    }
}

impl Predicate for HasHeaderKey {
    fn test(&mut self, record: &Record) -> Result<bool, ConnectError> {
        Ok(record.headers.last_with_name(&self.0).is_some())
    }
}

/// True for records without a value.
struct RecordIsTombstone;

impl Predicate for RecordIsTombstone {
    fn test(&mut self, record: &Record) -> Result<bool, ConnectError> {
        Ok(record.value.value.is_null())
    }
}
