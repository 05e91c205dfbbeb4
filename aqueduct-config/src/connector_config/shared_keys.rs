//! The keys of sources and sinks alike.

use std::sync::Arc;

use super::plugins::{ClassesOf, VersionsOf};
use super::*;
use crate::Importance::{High, Low, Medium};
use crate::validator::distinct;
use crate::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Importance, Type, Validator, Width};

pub(super) const COMMON_GROUP: &str = "Common";
pub(super) const TRANSFORMS_GROUP: &str = "Transforms";
pub(super) const PREDICATES_GROUP: &str = "Predicates";
pub(super) const ERROR_GROUP: &str = "Error Handling";

/// A plugin that is used when a connector names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginDefault {
    /// Its class.
    pub class: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// What a connector's configuration falls back to. The plain definitions know none of it; a validation answer shows
/// the worker's converters and the versions of what would really be used.
#[derive(Debug, Clone, Default)]
pub struct ConnectorDefaults {
    /// The version of the connector.
    pub connector_version: Option<String>,
    /// The converter of keys.
    pub key_converter: PluginDefault,
    /// The converter of values.
    pub value_converter: PluginDefault,
    /// The converter of headers.
    pub header_converter: PluginDefault,
    /// Where suggestions of classes and versions come from; without it there are none.
    pub catalogue: Option<Arc<dyn PluginCatalogue>>,
}

/// The keys of sources and sinks alike.
pub fn common_def_with(defaults: &ConnectorDefaults) -> ConfigDef {
    let mut order = 0;
    let mut next = || {
        order += 1;
        order
    };
    ConfigDef::new()
        .define(
            key(NAME, Type::String, High, "The connector's name, unique among all connectors.")
                .validator(Validator::NonEmptyStringWithoutControlChars)
                .shown(COMMON_GROUP, next(), Width::Medium, "Connector name"),
        )
        .define(
            key(
                CONNECTOR_CLASS,
                Type::String,
                High,
                "The class of the connector, or an alias: `FileStreamSink` and `FileStreamSinkConnector` both stand for \
                 org.apache.kafka.connect.file.FileStreamSinkConnector.",
            )
            .shown(COMMON_GROUP, next(), Width::Long, "Connector class"),
        )
        .define(
            key(CONNECTOR_VERSION, Type::String, Medium, "The connector's version: a version, a range or `latest`.")
                .default(defaults.connector_version.clone())
                .validator(Validator::PluginVersion)
                .recommender(VersionsOf {
                    kind: PluginKind::Connector,
                    class_key: CONNECTOR_CLASS.to_owned(),
                    always_visible: false,
                    catalogue: defaults.catalogue.clone(),
                })
                .shown(COMMON_GROUP, next(), Width::Medium, "Connector version"),
        )
        .define(
            key(TASKS_MAX, Type::Int, High, "The most tasks that the connector may split its work into.")
                .default(1)
                .validator(Validator::at_least(1))
                .shown(COMMON_GROUP, next(), Width::Short, "Tasks max"),
        )
        .define(
            key(
                TASKS_MAX_ENFORCE,
                Type::Boolean,
                Low,
                "Deprecated. Whether a connector fails that splits its work into more tasks than it may.",
            )
            .default(true)
            .shown(COMMON_GROUP, next(), Width::Short, "Enforce tasks max"),
        )
        .define_all(converter_keys(defaults, &mut next))
        .define(
            key(TRANSFORMS, Type::List, Low, "Names of the transforms that records go through, in this order.")
                .default([""; 0])
                .validator(unique_aliases("unique transformation aliases"))
                .shown(TRANSFORMS_GROUP, next(), Width::Long, "Transforms"),
        )
        .define(
            key(PREDICATES, Type::List, Low, "Names of the predicates that transforms refer to.")
                .default([""; 0])
                .validator(unique_aliases("unique predicate aliases"))
                .shown(PREDICATES_GROUP, next(), Width::Long, "Predicates"),
        )
        .define(
            key(
                CONFIG_ACTION_RELOAD,
                Type::String,
                Low,
                "What to do when a configuration provider's values expire: `restart` the connector, or `none`.",
            )
            .default("restart")
            .validator(Validator::one_of(["none", "restart"]))
            .shown(COMMON_GROUP, next(), Width::Medium, "Reload Action"),
        )
        .define_all(error_keys())
}

fn converter_keys(defaults: &ConnectorDefaults, next: &mut dyn FnMut() -> i32) -> Vec<ConfigKey> {
    let converters = [
        ("Key", KEY_CONVERTER, KEY_CONVERTER_VERSION, PluginKind::Converter, &defaults.key_converter),
        ("Value", VALUE_CONVERTER, VALUE_CONVERTER_VERSION, PluginKind::Converter, &defaults.value_converter),
        ("Header", HEADER_CONVERTER, HEADER_CONVERTER_VERSION, PluginKind::HeaderConverter, &defaults.header_converter),
    ];
    let mut keys = Vec::new();
    for (what, class_key, version_key, kind, default) in converters {
        let interface = format!("org.apache.kafka.connect.storage.{}", kind.simple_name());
        let what_lower = what.to_lowercase();
        keys.push(
            key(class_key, Type::Class, Low, "")
                .doc(format!("The converter of {what_lower}s. Unset means the worker's, with the worker's settings."))
                .default(default.class.clone().map(ConfigValueData::Class).unwrap_or_default())
                .validator(Validator::all_of([Validator::implements(interface), Validator::InstantiableClass]))
                .recommender(ClassesOf { kind, catalogue: defaults.catalogue.clone() })
                .shown(COMMON_GROUP, next(), Width::Short, format!("{what} converter class")),
        );
        keys.push(
            key(version_key, Type::String, Low, "")
                .doc(format!("The version of the {what_lower} converter: a version, a range or `latest`."))
                .default(default.version.clone())
                .validator(Validator::PluginVersion)
                .recommender(VersionsOf {
                    kind,
                    class_key: class_key.to_owned(),
                    always_visible: false,
                    catalogue: defaults.catalogue.clone(),
                })
                .shown(COMMON_GROUP, next(), Width::Short, format!("{what} converter version")),
        );
    }
    keys
}

fn error_keys() -> Vec<ConfigKey> {
    vec![
        key(
            ERRORS_RETRY_TIMEOUT,
            Type::Long,
            Medium,
            "How long a failed operation is tried again, in milliseconds. 0 means not at all, -1 without end.",
        )
        .default(0_i64)
        .shown(ERROR_GROUP, 1, Width::Medium, "Retry Timeout for Errors"),
        key(ERRORS_RETRY_DELAY_MAX_MS, Type::Long, Medium, "The longest pause between attempts, in milliseconds.")
            .default(60_000_i64)
            .shown(ERROR_GROUP, 2, Width::Medium, "Maximum Delay Between Retries for Errors"),
        key(
            ERRORS_TOLERANCE,
            Type::String,
            Medium,
            "What a record that cannot be processed does: `none` fails the task, `all` skips the record.",
        )
        .default("none")
        .validator(Validator::one_of(["none", "all"]))
        .shown(ERROR_GROUP, 3, Width::Short, "Error Tolerance"),
        key(ERRORS_LOG_ENABLE, Type::Boolean, Medium, "Whether every error is logged, tolerated ones included.")
            .default(false)
            .shown(ERROR_GROUP, 4, Width::Short, "Log Errors"),
        key(
            ERRORS_LOG_INCLUDE_MESSAGES,
            Type::Boolean,
            Medium,
            "Whether the log shows the record too. Its data then ends up in log files.",
        )
        .default(false)
        .shown(ERROR_GROUP, 5, Width::Short, "Log Error Details"),
    ]
}

pub(super) fn key(name: &'static str, value_type: Type, importance: Importance, doc: &'static str) -> ConfigKey {
    ConfigKey::new(name, value_type).importance(importance).doc(doc)
}

/// A list of names, none of them twice.
pub(super) fn unique_aliases(description: &'static str) -> Validator {
    Validator::all_of([
        Validator::NonNull,
        Validator::lambda(
            |name, value| match value.as_list().and_then(distinct) {
                Some(_) => Err(ConfigError::invalid(name, value, "Duplicate alias provided.")),
                None => Ok(()),
            },
            description,
        ),
    ])
}

/// How a key is shown, in one call: the definitions below would be twice as long.
pub(super) trait Shown {
    fn shown(
        self,
        group: &'static str,
        order: i32,
        width: Width,
        display_name: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self;
}

impl Shown for ConfigKey {
    fn shown(
        self,
        group: &'static str,
        order: i32,
        width: Width,
        display_name: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        self.group(group).order(order).width(width).display_name(display_name)
    }
}
