//! The configuration keys of the three connectors: names, types, defaults and what they are for, in Kafka's order.

use std::sync::LazyLock;

use aqueduct_config::connector_config::{ConnectorDefaults, common_def_with};
use aqueduct_config::{ConfigDef, ConfigKey, ConfigValueData, Importance, Type, Validator, client_security};

use Importance::{High, Low, Medium};

/// The connector's name.
pub(crate) const NAME: &str = "name";
/// Whether the connector does anything at all.
pub(crate) const ENABLED: &str = "enabled";
/// What the source cluster is called.
pub(crate) const SOURCE_ALIAS: &str = "source.cluster.alias";
/// What the target cluster is called.
pub(crate) const TARGET_ALIAS: &str = "target.cluster.alias";
/// How long a piece of administration may take, in milliseconds.
pub(crate) const ADMIN_TIMEOUT: &str = "admin.timeout.ms";
/// The class that names remote topics.
pub(crate) const POLICY_CLASS: &str = "replication.policy.class";
/// What stands between alias and topic.
pub(crate) const SEPARATOR: &str = "replication.policy.separator";
/// Whether it also stands between the parts of internal topics' names.
pub(crate) const INTERNAL_SEPARATOR_ENABLED: &str = "replication.policy.internal.topic.separator.enabled";
/// The class of admin clients.
pub(crate) const FORWARDING_ADMIN_CLASS: &str = "forwarding.admin.class";
/// Topics to mirror.
pub(crate) const TOPICS: &str = "topics";
/// Topics not to mirror.
pub(crate) const TOPICS_EXCLUDE: &str = "topics.exclude";
/// The class that chooses topics.
pub(crate) const TOPIC_FILTER_CLASS: &str = "topic.filter.class";
/// Configurations of topics that are not copied.
pub(crate) const CONFIGS_EXCLUDE: &str = "config.properties.exclude";
/// The class that chooses configurations.
pub(crate) const CONFIG_FILTER_CLASS: &str = "config.property.filter.class";
/// Whose defaults are in force at the target. Only the filter defines it.
pub(crate) const USE_DEFAULTS_FROM: &str = "use.defaults.from";
/// How long a poll waits, in milliseconds.
pub(crate) const POLL_TIMEOUT: &str = "consumer.poll.timeout.ms";
/// The replication factor of remote topics.
pub(crate) const REPLICATION_FACTOR: &str = "replication.factor";
/// The replication factor of the topic of offset syncs.
pub(crate) const OFFSET_SYNCS_REPLICATION_FACTOR: &str = "offset-syncs.topic.replication.factor";
/// Which cluster has the topic of offset syncs.
pub(crate) const OFFSET_SYNCS_LOCATION: &str = "offset-syncs.topic.location";
/// How far translated offsets may lie behind.
pub(crate) const OFFSET_LAG_MAX: &str = "offset.lag.max";
/// Whether offset syncs are written.
pub(crate) const EMIT_OFFSET_SYNCS: &str = "emit.offset-syncs.enabled";
/// Whether heartbeats are mirrored whatever the filter says.
pub(crate) const HEARTBEATS_REPLICATION: &str = "heartbeats.replication.enabled";
/// How metrics are named.
pub(crate) const METRIC_NAMES: &str = "metric.names.formats";
/// Groups to write checkpoints for.
pub(crate) const GROUPS: &str = "groups";
/// Groups not to write checkpoints for.
pub(crate) const GROUPS_EXCLUDE: &str = "groups.exclude";
/// The class that chooses groups.
pub(crate) const GROUP_FILTER_CLASS: &str = "group.filter.class";
/// The replication factor of the topic of checkpoints.
pub(crate) const CHECKPOINTS_REPLICATION_FACTOR: &str = "checkpoints.topic.replication.factor";
/// The replication factor of the topic of heartbeats.
pub(crate) const HEARTBEATS_REPLICATION_FACTOR: &str = "heartbeats.topic.replication.factor";
/// The partitions of a task, `topic-partition` each.
pub(crate) const TASK_PARTITIONS: &str = "task.assigned.partitions";
/// The consumer groups of a task.
pub(crate) const TASK_GROUPS: &str = "task.assigned.groups";
/// The number of a task.
pub(crate) const TASK_INDEX: &str = "task.index";

/// Something that is done again and again, or not at all: `NAME.enabled` and `NAME.interval.seconds`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Routine {
    pub(crate) enabled: &'static str,
    pub(crate) interval: &'static str,
}

macro_rules! routine {
    ($name:literal) => {
        Routine { enabled: concat!($name, ".enabled"), interval: concat!($name, ".interval.seconds") }
    };
}

/// Looking for new topics and partitions.
pub(crate) const REFRESH_TOPICS: Routine = routine!("refresh.topics");
/// Copying the configurations of topics.
pub(crate) const SYNC_TOPIC_CONFIGS: Routine = routine!("sync.topic.configs");
/// Copying the access control lists of topics.
pub(crate) const SYNC_TOPIC_ACLS: Routine = routine!("sync.topic.acls");
/// Looking for new consumer groups.
pub(crate) const REFRESH_GROUPS: Routine = routine!("refresh.groups");
/// Writing checkpoints.
pub(crate) const EMIT_CHECKPOINTS: Routine = routine!("emit.checkpoints");
/// Storing translated offsets for groups at the target.
pub(crate) const SYNC_GROUP_OFFSETS: Routine = routine!("sync.group.offsets");
/// Writing heartbeats.
pub(crate) const EMIT_HEARTBEATS: Routine = routine!("emit.heartbeats");

pub(crate) const DEFAULT_POLICY: &str = "org.apache.kafka.connect.mirror.DefaultReplicationPolicy";
pub(crate) const IDENTITY_POLICY: &str = "org.apache.kafka.connect.mirror.IdentityReplicationPolicy";
pub(crate) const FORWARDING_ADMIN: &str = "org.apache.kafka.clients.admin.ForwardingAdmin";
pub(crate) const TOPIC_FILTER: &str = "org.apache.kafka.connect.mirror.DefaultTopicFilter";
pub(crate) const GROUP_FILTER: &str = "org.apache.kafka.connect.mirror.DefaultGroupFilter";
pub(crate) const CONFIG_FILTER: &str = "org.apache.kafka.connect.mirror.DefaultConfigPropertyFilter";

fn key(
    name: &'static str,
    value_type: Type,
    default: impl Into<ConfigValueData>,
    importance: Importance,
    doc: &'static str,
) -> ConfigKey {
    ConfigKey::new(name, value_type).default(default).importance(importance).doc(doc)
}

fn flag(name: &'static str, default: bool, doc: &'static str) -> ConfigKey {
    key(name, Type::Boolean, default, Low, doc)
}

fn class(name: &'static str, default: &'static str, doc: &'static str) -> ConfigKey {
    key(name, Type::Class, default, Low, doc)
}

fn names(name: &'static str, default: &'static str, doc: &'static str) -> ConfigKey {
    key(name, Type::List, default, High, doc).validator(Validator::any_non_duplicate_values(true, false))
}

fn replicas(name: &'static str, doc: &'static str) -> ConfigKey {
    key(name, Type::Short, 3_i16, Low, doc)
}

fn routine(routine: Routine, enabled: bool, seconds: i64, doc: &'static str, interval: &'static str) -> [ConfigKey; 2] {
    [flag(routine.enabled, enabled, doc), key(routine.interval, Type::Long, seconds, Low, interval)]
}

fn poll_timeout() -> ConfigKey {
    key(POLL_TIMEOUT, Type::Long, 1000_i64, Low, "How long one poll of the source cluster waits, in milliseconds.")
}

fn topic_filter() -> ConfigKey {
    class(TOPIC_FILTER_CLASS, TOPIC_FILTER, "The class that chooses the topics to mirror.")
}

fn offset_syncs_location() -> ConfigKey {
    key(OFFSET_SYNCS_LOCATION, Type::String, "source", Low, "Which cluster has the topic of offset syncs.")
        .validator(Validator::one_of(["source", "target"]))
}

fn metric_names() -> ConfigKey {
    key(METRIC_NAMES, Type::List, "legacy", Low, "How metrics are named: legacy, new, or both.")
        .validator(Validator::list_of(false, ["legacy", "new"]))
}

/// What all three have.
fn base() -> ConfigDef {
    common_def_with(&ConnectorDefaults::default())
        .define(flag(ENABLED, true, "Whether to mirror from the source to the target."))
        .define(
            ConfigKey::new(SOURCE_ALIAS, Type::String).required().importance(High).doc("What the source cluster is called."),
        )
        .define(key(TARGET_ALIAS, Type::String, "target", High, "What the target cluster is called."))
        .define(key(
            ADMIN_TIMEOUT,
            Type::Long,
            60_000_i64,
            Low,
            "How long a piece of administration, such as looking for new topics, may take, in milliseconds.",
        ))
        .define(class(POLICY_CLASS, DEFAULT_POLICY, "The class that says what topics are called at the target."))
        .define(key(SEPARATOR, Type::String, ".", Low, "What stands between a cluster's alias and a topic's name."))
        .define(flag(
            INTERNAL_SEPARATOR_ENABLED,
            true,
            "Whether that also stands in the names of the topics of offset syncs and checkpoints; without it a dot does.",
        ))
        .define(class(FORWARDING_ADMIN_CLASS, FORWARDING_ADMIN, "The class of admin clients; only Kafka's own is there."))
        .define(key(
            "metric.reporters",
            Type::List,
            "org.apache.kafka.common.metrics.JmxReporter",
            Low,
            "The classes that metrics are reported to.",
        ).validator(Validator::any_non_duplicate_values(true, false)))
        .define(
            key("security.protocol", Type::String, "PLAINTEXT", Medium, "How to talk to brokers.")
                .validator(Validator::one_of_ignoring_case(["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"])),
        )
        .define(
            key("config.providers", Type::List, [""; 0], Low, "The names of the providers that replace variables.")
                .validator(Validator::any_non_duplicate_values(true, false)),
        )
        .define_all(client_security::ssl_keys())
        .define_all(client_security::sasl_keys())
}

/// The keys of `MirrorSource`.
pub(crate) static SOURCE: LazyLock<ConfigDef> = LazyLock::new(|| {
    base()
        .define(names(TOPICS, ".*", "The topics to mirror: names and regular expressions."))
        .define(names(
            TOPICS_EXCLUDE,
            r"mm2.*\.internal, .*\.replica, __.*",
            "Topics that are not mirrored, even if they are among those: names and regular expressions.",
        ))
        .define(names(
            CONFIGS_EXCLUDE,
            "follower.replication.throttled.replicas, leader.replication.throttled.replicas, \
             message.timestamp.difference.max.ms, log.message.timestamp.before.max.ms, \
             log.message.timestamp.after.max.ms, message.timestamp.type, unclean.leader.election.enable, \
             min.insync.replicas",
            "Configurations of topics that are not copied: names and regular expressions.",
        ))
        .define(topic_filter())
        .define(class(CONFIG_FILTER_CLASS, CONFIG_FILTER, "The class that chooses the configurations to copy."))
        .define(poll_timeout())
        .define_all(routine(
            REFRESH_TOPICS,
            true,
            600,
            "Whether to look for new topics and partitions again and again.",
            "How often to look for new topics and partitions, in seconds.",
        ))
        .define_all(routine(
            SYNC_TOPIC_CONFIGS,
            true,
            600,
            "Whether to copy the configurations of topics again and again.",
            "How often to copy the configurations of topics, in seconds.",
        ))
        .define_all(routine(
            SYNC_TOPIC_ACLS,
            true,
            600,
            "Whether to copy the access control lists of topics again and again.",
            "How often to copy the access control lists of topics, in seconds.",
        ))
        .define(key(REPLICATION_FACTOR, Type::Int, 2, Low, "The replication factor of topics that are made."))
        .define(replicas(OFFSET_SYNCS_REPLICATION_FACTOR, "The replication factor of the topic of offset syncs."))
        .define(key(
            OFFSET_LAG_MAX,
            Type::Long,
            100_i64,
            Low,
            "How many records translated offsets may lie behind before another offset sync is written.",
        ))
        .define(offset_syncs_location())
        .define(flag(
            EMIT_OFFSET_SYNCS,
            true,
            "Whether to write which offsets stand for each other. Checkpoints cannot be made without.",
        ))
        .define(flag(
            HEARTBEATS_REPLICATION,
            true,
            "Whether to mirror topics of heartbeats even if they are not among the topics to mirror.",
        ))
        .define(metric_names())
});

/// The keys of a task of `MirrorSource`.
pub(crate) static SOURCE_TASK: LazyLock<ConfigDef> =
    LazyLock::new(|| task(SOURCE.clone(), TASK_PARTITIONS, "The partitions that the task copies."));

/// The keys of `MirrorCheckpoint`.
pub(crate) static CHECKPOINT: LazyLock<ConfigDef> = LazyLock::new(|| {
    base()
        .define(poll_timeout())
        .define(names(GROUPS, ".*", "The consumer groups to mirror: ids and regular expressions."))
        .define(names(
            GROUPS_EXCLUDE,
            "console-consumer-.*, connect-.*, __.*",
            "Groups that are not mirrored, even if they are among those: ids and regular expressions.",
        ))
        .define(class(GROUP_FILTER_CLASS, GROUP_FILTER, "The class that chooses the groups to mirror."))
        .define_all(routine(
            REFRESH_GROUPS,
            true,
            600,
            "Whether to look for new consumer groups again and again.",
            "How often to look for new consumer groups, in seconds.",
        ))
        .define_all(routine(
            EMIT_CHECKPOINTS,
            true,
            60,
            "Whether to write the translated offsets of groups to the target cluster.",
            "How often to write checkpoints, in seconds.",
        ))
        .define_all(routine(
            SYNC_GROUP_OFFSETS,
            false,
            60,
            "Whether to store translated offsets at the target for groups that have no members there.",
            "How often to store translated offsets, in seconds.",
        ))
        .define(replicas(CHECKPOINTS_REPLICATION_FACTOR, "The replication factor of the topic of checkpoints."))
        .define(offset_syncs_location())
        .define(topic_filter())
        .define(metric_names())
});

/// The keys of a task of `MirrorCheckpoint`.
pub(crate) static CHECKPOINT_TASK: LazyLock<ConfigDef> =
    LazyLock::new(|| task(CHECKPOINT.clone(), TASK_GROUPS, "The consumer groups of the task."));

/// The keys of `MirrorHeartbeat` and its task.
pub(crate) static HEARTBEAT: LazyLock<ConfigDef> = LazyLock::new(|| {
    base()
        .define_all(routine(
            EMIT_HEARTBEATS,
            true,
            1,
            "Whether to write heartbeats to the target cluster.",
            "How often to write a heartbeat, in seconds.",
        ))
        .define(replicas(HEARTBEATS_REPLICATION_FACTOR, "The replication factor of the topic of heartbeats."))
});

/// What the filters read, whichever connector they belong to: a checkpoint's topics are not among its own keys.
pub(crate) static FILTERS: LazyLock<ConfigDef> = LazyLock::new(|| {
    let source = |name: &str| SOURCE.key(name).cloned();
    let checkpoint = |name: &str| CHECKPOINT.key(name).cloned();
    ConfigDef::new()
        .define_all([TOPICS, TOPICS_EXCLUDE, CONFIGS_EXCLUDE].iter().filter_map(|name| source(name)))
        .define_all([GROUPS, GROUPS_EXCLUDE].iter().filter_map(|name| checkpoint(name)))
        .define(key(USE_DEFAULTS_FROM, Type::String, "target", Medium, "Whose defaults topics at the target have."))
});

fn task(connector: ConfigDef, work: &'static str, doc: &'static str) -> ConfigDef {
    let nothing = ConfigValueData::Null;
    connector.define(key(work, Type::List, nothing.clone(), Low, doc)).define(key(
        TASK_INDEX,
        Type::Int,
        nothing,
        Low,
        "The number of the task.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        for def in [&SOURCE, &SOURCE_TASK, &CHECKPOINT, &CHECKPOINT_TASK, &HEARTBEAT, &FILTERS] {
            assert_eq!(def.defects(), []);
        }
        assert_eq!(FILTERS.names().len(), 6);
    }
}
