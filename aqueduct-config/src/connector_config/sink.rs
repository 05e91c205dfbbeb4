//! The keys of sinks, and the rules between them.

use aqueduct_jvm::regex::JavaRegex;
use indexmap::IndexMap;

use super::shared_keys::{COMMON_GROUP, ERROR_GROUP, Shown, common_def_with, key};
use super::*;
use crate::Importance::{High, Medium};
use crate::parse::{java_trim, split_list};
use crate::validator::distinct;
use crate::{ConfigDef, ConfigError, ConfigErrorKind, ConfigValue, Properties, Type, Validator, Width};

/// The definition of a sink connector's shared keys.
///
/// ```
/// use aqueduct_config::connector_config::{TOPICS, sink_def};
/// assert_eq!(sink_def().key(TOPICS).unwrap().display_name, "Topics");
/// ```
pub fn sink_def() -> ConfigDef {
    sink_def_with(&ConnectorDefaults::default())
}

/// As [`sink_def`], with what is really used where the connector says nothing.
pub fn sink_def_with(defaults: &ConnectorDefaults) -> ConfigDef {
    common_def_with(defaults)
        .define(
            key(TOPICS, Type::List, High, "The topics to read. Either this or `topics.regex` has to be set.")
                .default([""; 0])
                .validator(Validator::any_non_duplicate_values(true, false))
                .shown(COMMON_GROUP, 4, Width::Long, "Topics"),
        )
        .define(
            key(
                TOPICS_REGEX,
                Type::String,
                High,
                "A regular expression (of Java) that the names of the topics to read match as a whole.",
            )
            .default("")
            .validator(Validator::Regex)
            .shown(COMMON_GROUP, 4, Width::Long, "Topics regex"),
        )
        .define(
            key(
                DLQ_TOPIC_NAME,
                Type::String,
                Medium,
                "The topic that records go to which cannot be processed; empty means none. It may not be one of the \
                 topics to read.",
            )
            .default("")
            .shown(ERROR_GROUP, 6, Width::Medium, "Dead Letter Queue Topic Name"),
        )
        .define(
            key(
                DLQ_TOPIC_REPLICATION_FACTOR,
                Type::Short,
                Medium,
                "The replication factor when that topic is created.",
            )
            .default(3_i16)
            .shown(ERROR_GROUP, 7, Width::Medium, "Dead Letter Queue Topic Replication Factor"),
        )
        .define(
            key(
                DLQ_CONTEXT_HEADERS_ENABLE,
                Type::Boolean,
                Medium,
                "Whether records there get headers that tell what went wrong; their names begin with \
                 `__connect.errors.`.",
            )
            .default(false)
            .shown(ERROR_GROUP, 8, Width::Medium, "Enable Error Context Headers"),
        )
}

/// Checks what holds between `topics`, `topics.regex` and the dead letter queue, and adds errors to the verdicts.
///
/// # Errors
/// When `topics.regex` does not compile and a dead letter queue would have to be compared with it.
pub fn check_topics<P: Properties + ?Sized>(
    props: &P,
    verdicts: &mut IndexMap<String, ConfigValue>,
) -> Result<(), ConfigError> {
    let text = |key: &str| props.property(key).flatten();
    let mut add = |key: &str, message: String| {
        let verdict = verdicts.entry(key.to_owned()).or_insert_with(|| {
            let mut verdict = ConfigValue::new(key);
            verdict.value = text(key).into();
            verdict
        });
        verdict.add_error(message);
    };
    let topics = text(TOPICS).filter(|topics| !java_trim(topics).is_empty());
    let regex = text(TOPICS_REGEX).filter(|regex| !java_trim(regex).is_empty());
    let between = match (topics, regex) {
        (Some(_), Some(_)) => {
            Some(format!("{TOPICS} and {TOPICS_REGEX} are mutually exclusive options, but both are set."))
        }
        (None, None) => Some(format!("Must configure one of {TOPICS} or {TOPICS_REGEX}")),
        _ => None,
    };
    if let Some(message) = between {
        add(TOPICS, message.clone());
        add(TOPICS_REGEX, message);
    }

    let dlq = java_trim(text(DLQ_TOPIC_NAME).unwrap_or_default());
    if dlq.is_empty() {
        return Ok(());
    }
    if topics.is_some() {
        let topics = topics_list(props);
        if topics.iter().any(|topic| topic == dlq) {
            add(
                TOPICS,
                format!(
                    "The DLQ topic '{dlq}' may not be included in the list of topics ('{TOPICS}=[{}]') consumed by the \
                     connector",
                    topics.join(", ")
                ),
            );
        }
    }
    if let Some(regex) = regex {
        let pattern = JavaRegex::new(regex)
            .map_err(|error| ConfigError::with_kind(ConfigErrorKind::PatternSyntax, error.to_string()))?;
        if pattern.matches(dlq) {
            add(
                TOPICS_REGEX,
                format!(
                    "The DLQ topic '{dlq}' may not be matched by the regex for the topics ('{TOPICS_REGEX}={regex}') \
                     consumed by the connector"
                ),
            );
        }
    }
    Ok(())
}

/// As [`check_topics`], when a connector or a task starts: the first error is the outcome.
///
/// # Errors
/// When one of the rules does not hold.
///
/// ```
/// use aqueduct_config::connector_config::ensure_valid_topics;
/// use std::collections::BTreeMap;
///
/// let error = ensure_valid_topics(&BTreeMap::from([("name", "s")])).unwrap_err();
/// assert_eq!(
///     error.message(),
///     "Invalid value null for configuration topics: Must configure one of topics or topics.regex"
/// );
/// ```
pub fn ensure_valid_topics<P: Properties + ?Sized>(props: &P) -> Result<(), ConfigError> {
    let mut verdicts = IndexMap::new();
    check_topics(props, &mut verdicts)?;
    match verdicts.values().find_map(|verdict| Some((verdict, verdict.error_messages.first()?))) {
        Some((verdict, message)) => Err(ConfigError::invalid(&verdict.name, &verdict.value, message)),
        None => Ok(()),
    }
}

/// The topics that `topics` lists, each once, without empty items.
pub fn topics_list<P: Properties + ?Sized>(props: &P) -> Vec<String> {
    let mut topics = split_list(props.property(TOPICS).flatten().unwrap_or_default());
    topics.retain(|topic| !topic.is_empty());
    distinct(&topics).unwrap_or(topics)
}
