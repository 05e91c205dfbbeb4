//! The names of the keys that connectors share, each written once.

macro_rules! keys {
    ($($name:ident = $text:literal;)*) => {
        $(
            #[doc = concat!("The connector's key `", $text, "`.")]
            pub const $name: &str = $text;
        )*
    };
}

keys! {
    NAME = "name";
    CONNECTOR_CLASS = "connector.class";
    CONNECTOR_VERSION = "connector.plugin.version";
    TASKS_MAX = "tasks.max";
    TASKS_MAX_ENFORCE = "tasks.max.enforce";
    KEY_CONVERTER = "key.converter";
    KEY_CONVERTER_VERSION = "key.converter.plugin.version";
    VALUE_CONVERTER = "value.converter";
    VALUE_CONVERTER_VERSION = "value.converter.plugin.version";
    HEADER_CONVERTER = "header.converter";
    HEADER_CONVERTER_VERSION = "header.converter.plugin.version";
    TRANSFORMS = "transforms";
    PREDICATES = "predicates";
    CONFIG_ACTION_RELOAD = "config.action.reload";
    ERRORS_RETRY_TIMEOUT = "errors.retry.timeout";
    ERRORS_RETRY_DELAY_MAX_MS = "errors.retry.delay.max.ms";
    ERRORS_TOLERANCE = "errors.tolerance";
    ERRORS_LOG_ENABLE = "errors.log.enable";
    ERRORS_LOG_INCLUDE_MESSAGES = "errors.log.include.messages";
    ERRORS_RESTART_POLICY = "errors.restart.policy";
    ERRORS_RESTART_MAX_ATTEMPTS = "errors.restart.max.attempts";
    ERRORS_RESTART_WINDOW_MS = "errors.restart.window.ms";
    ERRORS_RESTART_DELAY_MS = "errors.restart.delay.ms";
    ERRORS_RESTART_DELAY_MAX_MS = "errors.restart.delay.max.ms";

    TOPICS = "topics";
    TOPICS_REGEX = "topics.regex";
    DLQ_TOPIC_NAME = "errors.deadletterqueue.topic.name";
    DLQ_TOPIC_REPLICATION_FACTOR = "errors.deadletterqueue.topic.replication.factor";
    DLQ_CONTEXT_HEADERS_ENABLE = "errors.deadletterqueue.context.headers.enable";

    TOPIC_CREATION_GROUPS = "topic.creation.groups";
    EXACTLY_ONCE_SUPPORT = "exactly.once.support";
    TRANSACTION_BOUNDARY = "transaction.boundary";
    TRANSACTION_BOUNDARY_INTERVAL_MS = "transaction.boundary.interval.ms";
    OFFSETS_STORAGE_TOPIC = "offsets.storage.topic";
}

/// What the settings of topics that a source connector's tasks create begin with.
pub const TOPIC_CREATION_PREFIX: &str = "topic.creation.";
/// The group of topics that no other group takes.
pub const DEFAULT_TOPIC_CREATION_GROUP: &str = "default";
/// What overrides of producer settings begin with.
pub const PRODUCER_OVERRIDE_PREFIX: &str = "producer.override.";
/// What overrides of consumer settings begin with.
pub const CONSUMER_OVERRIDE_PREFIX: &str = "consumer.override.";
/// What overrides of admin client settings begin with.
pub const ADMIN_OVERRIDE_PREFIX: &str = "admin.override.";
