//! `RegexRouter` gives a record another topic when its topic matches a regular expression.
//!
//! With `regex=(.*)-raw` and `replacement=$1`, a record for `orders-raw` goes to `orders`; one for `orders` stays.

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type, Validator};
use aqueduct_data::ByteString;
use aqueduct_jvm::regex::{JavaRegex, MatchLimitError, Replacement, ReplacementError};

const REGEX: &str = "regex";
const REPLACEMENT: &str = "replacement";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(REGEX, Type::String)
                .required()
                .validator(Validator::Regex)
                .importance(Importance::High)
                .doc("The regular expression that the whole topic has to match."),
        )
        .define(
            ConfigKey::new(REPLACEMENT, Type::String)
                .required()
                .importance(Importance::High)
                .doc("The new topic; `$1` stands for the first group."),
        )
}

pub(crate) struct RegexRouter {
    regex: JavaRegex,
    replacement: Replacement,
    /// The last topic and what became of it: most records in a row have the same.
    last: Option<(ByteString, ByteString)>,
}

impl RegexRouter {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let pattern = config.string(REGEX)?;
        let regex = JavaRegex::new(pattern)
            .map_err(|error| ConfigError::invalid(REGEX, pattern, format_args!("Invalid regex: {error}")))?;
        Ok(Self { regex, replacement: Replacement::parse(config.string(REPLACEMENT)?), last: None })
    }

    fn route(&self, topic: &ByteString) -> Result<ByteString, ConnectError> {
        let gave_up = |error: MatchLimitError| ConnectError::connect(error.to_string());
        if !self.regex.try_matches(topic).map_err(gave_up)? {
            return Ok(topic.clone());
        }
        let replaced = self.regex.replace_first(topic, &self.replacement);
        replaced.map(ByteString::from).map_err(|error| {
            let class = match &error {
                ReplacementError::IllegalArgument(_) => "java.lang.IllegalArgumentException",
                ReplacementError::IndexOutOfBounds(_) => "java.lang.IndexOutOfBoundsException",
                ReplacementError::GaveUp(error) => return gave_up(error.clone()),
            };
            ConnectError::with_kind(ErrorKind::Other, error.to_string()).with_class(class)
        })
    }
}

impl Transform for RegexRouter {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        if let Some((topic, routed)) = &self.last
            && *topic == record.topic
        {
            record.topic = routed.clone();
            return Ok(Fate::Kept);
        }
        let routed = self.route(&record.topic)?;
        self.last = Some((std::mem::replace(&mut record.topic, routed.clone()), routed));
        Ok(Fate::Kept)
    }
}
