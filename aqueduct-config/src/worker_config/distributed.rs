//! The keys of a distributed worker: group membership, internal topics, requests between workers, and the Kafka
//! clients that serve them.

use super::shared_keys::{common, key};
use super::*;
use crate::Importance::{High, Low, Medium};
use crate::client_security::sasl_keys;
use crate::connector_config::{partitions_validator, replication_factor_validator};
use crate::{ClassResolver, ConfigDef, ConfigError, ConfigKey, Originals, ParsedConfig, Properties, Type, Validator};

/// The definition of a distributed worker's configuration.
pub fn distributed() -> ConfigDef {
    common()
        .define_all(group_keys())
        .define_all(client_keys())
        .define_all(sasl_keys())
        .define_all(sync_keys())
        .define_all(internal_topic_keys())
        .define_all(protocol_keys())
        .define_all(recovery_keys())
}

/// Parses a distributed worker's properties, and checks what holds between keys.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse_distributed<P: Properties + ?Sized>(
    props: &P,
    classes: &dyn ClassResolver,
) -> Result<ParsedConfig, ConfigError> {
    let mut config = distributed().parse_with(props, classes)?;
    lift_reconnect_backoff(&mut config);
    warn_of_static_backoff(&config, RETRY_BACKOFF_MS, RETRY_BACKOFF_MAX_MS, "backoff")?;
    warn_of_static_backoff(
        &config,
        SOCKET_CONNECTION_SETUP_TIMEOUT_MS,
        SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS,
        "connection setup timeout",
    )?;
    mac::ensure_key_size(
        config.string(INTER_WORKER_KEY_GENERATION_ALGORITHM)?,
        config.optional_int(INTER_WORKER_KEY_SIZE)?,
    )?;
    mac::ensure_listed(
        INTER_WORKER_SIGNATURE_ALGORITHM,
        config.string(INTER_WORKER_SIGNATURE_ALGORITHM)?,
        config.list(INTER_WORKER_VERIFICATION_ALGORITHMS)?,
    )?;
    Ok(config)
}

/// The topic settings that a worker's properties ask for behind `config.storage.`, `offset.storage.` or
/// `status.storage.`. Internal topics are always compacted, and the config topic has always one partition: a setting
/// that says otherwise is dropped with a warning.
pub fn internal_topic_settings(config: &ParsedConfig, prefix: &str) -> Originals {
    let mut settings = config.originals_with_prefix(prefix);
    if prefix == "config.storage."
        && let Some(partitions) = settings.get("partitions").map(|value| value.as_deref().unwrap_or("null"))
    {
        tracing::warn!("Ignoring '{prefix}partitions={partitions}' setting, since config topic partitions is always 1");
    }
    if let Some(Some(policy)) = settings.shift_remove("cleanup.policy") {
        tracing::warn!("Ignoring '{prefix}cleanup.policy={policy}' setting, since compaction is always used");
    }
    for defined in ["topic", "replication.factor", "partitions"] {
        settings.shift_remove(defined);
    }
    settings
}

fn warn_of_static_backoff(config: &ParsedConfig, first: &str, longest: &str, what: &str) -> Result<(), ConfigError> {
    let (first_ms, longest_ms) = (config.long(first)?, config.long(longest)?);
    if first_ms > longest_ms {
        tracing::warn!(
            "Configuration '{first}' with value '{first_ms}' is greater than configuration '{longest}' with value \
             '{longest_ms}'. A static {what} with value '{longest_ms}' will be applied."
        );
    }
    Ok(())
}

fn group_keys() -> Vec<ConfigKey> {
    let millis = |name, default: i32, doc| key(name, Type::Int, High, doc).default(default);
    vec![
        key(GROUP_ID, Type::String, High, "The name of the group of workers; no consumer group may have it too."),
        millis(SESSION_TIMEOUT_MS, 10_000, "After how long without a heartbeat a worker counts as gone."),
        millis(REBALANCE_TIMEOUT_MS, 60_000, "How long a worker may take to join a rebalance."),
        millis(HEARTBEAT_INTERVAL_MS, 3_000, "How often a worker sends a heartbeat; well below the session timeout."),
        key(
            EXACTLY_ONCE_SOURCE_SUPPORT,
            Type::String,
            High,
            "Whether source connectors may be exactly-once. Set all workers to `preparing` before any is `enabled`.",
        )
        .default("disabled")
        .validator(Validator::one_of_ignoring_case(["disabled", "preparing", "enabled"])),
    ]
}

fn client_keys() -> Vec<ConfigKey> {
    let millis =
        |name, default: i64, doc| key(name, Type::Long, Low, doc).default(default).validator(Validator::at_least(0));
    let bytes =
        |name, default: i32, doc| key(name, Type::Int, Medium, doc).default(default).validator(Validator::at_least(-1));
    vec![
        millis(METADATA_MAX_AGE_MS, 300_000, "After how long metadata is fetched again."),
        key(CLIENT_ID, Type::String, Low, "The name under which the worker's clients appear at brokers.").default(""),
        bytes(SEND_BUFFER_BYTES, 131_072, "The size of the sockets' send buffers; -1 leaves it to the system."),
        bytes(RECEIVE_BUFFER_BYTES, 32_768, "The size of the sockets' receive buffers; -1 leaves it to the system."),
        millis(RECONNECT_BACKOFF_MS, 50, "The first pause before a broker is connected to again."),
        millis(RECONNECT_BACKOFF_MAX_MS, 1000, "The longest pause before a broker is connected to again."),
        millis(SOCKET_CONNECTION_SETUP_TIMEOUT_MS, 10_000, "How long setting up a connection may take at first."),
        millis(SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS, 30_000, "How long setting up a connection may take at most."),
        millis(RETRY_BACKOFF_MS, 100, "The first pause before a request is tried again."),
        millis(RETRY_BACKOFF_MAX_MS, 1000, "The longest pause before a request is tried again."),
        key(REQUEST_TIMEOUT_MS, Type::Int, Medium, "How long to wait for the answer to a request.")
            .default(40_000)
            .validator(Validator::at_least(0)),
        key(CONNECTIONS_MAX_IDLE_MS, Type::Long, Medium, "After how long idle connections are closed.")
            .default(540_000_i64),
        key(SECURITY_PROTOCOL, Type::String, Medium, "How to talk to brokers.")
            .default("PLAINTEXT")
            .validator(Validator::one_of_ignoring_case(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])),
    ]
}

fn sync_keys() -> Vec<ConfigKey> {
    let millis = |name, default: i32, doc| key(name, Type::Int, Medium, doc).default(default);
    vec![
        millis(WORKER_SYNC_TIMEOUT_MS, 3000, "How long a worker that is behind on configurations tries to catch up."),
        millis(WORKER_UNSYNC_BACKOFF_MS, 300_000, "How long a worker that did not catch up stays out of the group."),
    ]
}

fn internal_topic_keys() -> Vec<ConfigKey> {
    let topic = |name, doc| key(name, Type::String, High, doc);
    let partitions = |name, default: i32| {
        key(name, Type::Int, Low, "The number of partitions when the topic is created.")
            .default(default)
            .validator(partitions_validator())
    };
    let replication = |name| {
        key(name, Type::Short, Low, "The replication factor when the topic is created.")
            .default(3_i16)
            .validator(replication_factor_validator())
    };
    vec![
        topic(OFFSET_STORAGE_TOPIC, "The topic that source offsets are stored in."),
        partitions(OFFSET_STORAGE_PARTITIONS, 25),
        replication(OFFSET_STORAGE_REPLICATION_FACTOR),
        topic(CONFIG_STORAGE_TOPIC, "The topic that connector configurations are stored in."),
        replication(CONFIG_STORAGE_REPLICATION_FACTOR),
        topic(STATUS_STORAGE_TOPIC, "The topic that the status of connectors and tasks is stored in."),
        partitions(STATUS_STORAGE_PARTITIONS, 5),
        replication(STATUS_STORAGE_REPLICATION_FACTOR),
    ]
}

fn protocol_keys() -> Vec<ConfigKey> {
    const PROTOCOLS: [&str; 3] = ["eager", "compatible", "sessioned"];
    let protocol = Validator::lambda(
        |name, value| match value.as_str() {
            Some(text) if PROTOCOLS.iter().any(|protocol| protocol.eq_ignore_ascii_case(text)) => Ok(()),
            _ => Err(ConfigError::invalid(name, value, "Invalid Connect protocol compatibility")),
        },
        "[eager, compatible, sessioned]",
    );
    let millis = |name, default: i32, doc| {
        key(name, Type::Int, Low, doc).default(default).validator(Validator::between(0, i32::MAX))
    };
    vec![
        key(CONNECT_PROTOCOL, Type::String, Low, "How workers agree on who runs what.")
            .default("sessioned")
            .validator(protocol),
        millis(
            SCHEDULED_REBALANCE_MAX_DELAY_MS,
            300_000,
            "How long connectors and tasks of a worker that is gone wait for its return.",
        ),
        millis(INTER_WORKER_KEY_TTL_MS, 3_600_000, "How long a key for requests between workers is used."),
        key(INTER_WORKER_KEY_GENERATION_ALGORITHM, Type::String, Low, "The algorithm that such keys are made with.")
            .default("HmacSHA256")
            .validator(mac::key_generator_validator()),
        key(INTER_WORKER_KEY_SIZE, Type::Int, Low, "The size of such keys, in bits; unset means the usual one.")
            .default_null(),
        key(INTER_WORKER_SIGNATURE_ALGORITHM, Type::String, Low, "The algorithm that requests are signed with.")
            .default("HmacSHA256")
            .validator(mac::signature_validator()),
        key(INTER_WORKER_VERIFICATION_ALGORITHMS, Type::List, Low, "The algorithms that requests may be signed with.")
            .default(["HmacSHA256"])
            .validator(mac::verification_validator()),
    ]
}

fn recovery_keys() -> Vec<ConfigKey> {
    vec![
        key(METADATA_RECOVERY_STRATEGY, Type::String, Low, "What to do when no known broker can be reached.")
            .default("rebootstrap")
            .validator(Validator::one_of_ignoring_case(["none", "rebootstrap"])),
        key(METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS, Type::Long, Low, "After how long that is done.")
            .default(300_000_i64)
            .validator(Validator::at_least(0)),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::AnyClass;

    fn parse(more: &[(&'static str, &'static str)]) -> Result<ParsedConfig, ConfigError> {
        let mut props = BTreeMap::from([
            (BOOTSTRAP_SERVERS, "b:9092"),
            (KEY_CONVERTER, "a.Converter"),
            (VALUE_CONVERTER, "a.Converter"),
            (GROUP_ID, "g"),
            (CONFIG_STORAGE_TOPIC, "c"),
            (OFFSET_STORAGE_TOPIC, "o"),
            (STATUS_STORAGE_TOPIC, "s"),
        ]);
        props.extend(more.iter().copied());
        parse_distributed(&props, &AnyClass)
    }

    #[track_caller]
    fn refuses(key: &'static str, value: &'static str, expect: &str) {
        assert_eq!(parse(&[(key, value)]).unwrap_err().message(), expect);
    }

    #[test]
    fn the_definition_is_sound() {
        assert_eq!(distributed().defects(), []);
        assert_eq!(parse(&[]).unwrap().int(OFFSET_STORAGE_PARTITIONS).unwrap(), 25);
    }

    #[test]
    fn values_are_checked_with_javas_messages() {
        refuses(
            OFFSET_STORAGE_PARTITIONS,
            "0",
            "Invalid value 0 for configuration offset.storage.partitions: \
             Number of partitions must be positive, or -1 to use the broker's default",
        );
        refuses(
            CONFIG_STORAGE_REPLICATION_FACTOR,
            "-2",
            "Invalid value -2 for configuration config.storage.replication.factor: Replication factor must be positive \
             and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
        );
        refuses(
            CONNECT_PROTOCOL,
            "lazy",
            "Invalid value lazy for configuration connect.protocol: Invalid Connect protocol compatibility",
        );
        refuses(
            INTER_WORKER_KEY_SIZE,
            "39",
            "Unable to create key generator with algorithm HmacSHA256 and key size 39: \
             Key length must be at least 40 bits",
        );
        refuses(
            INTER_WORKER_VERIFICATION_ALGORITHMS,
            "",
            "Invalid value [] for configuration inter.worker.verification.algorithms: \
             At least one signature verification algorithm must be provided",
        );
        refuses(
            INTER_WORKER_SIGNATURE_ALGORITHM,
            "HmacSHA512",
            "Invalid value HmacSHA512 for configuration inter.worker.signature.algorithm: \
             Signature algorithm must be present in inter.worker.verification.algorithms list",
        );
    }

    #[test]
    fn the_longest_reconnect_pause_is_lifted_to_the_first_if_only_that_was_set() {
        let config = parse(&[(RECONNECT_BACKOFF_MS, "5000")]).unwrap();
        assert_eq!(config.long(RECONNECT_BACKOFF_MAX_MS).unwrap(), 5000);
        let config = parse(&[(RECONNECT_BACKOFF_MS, "5000"), (RECONNECT_BACKOFF_MAX_MS, "7000")]).unwrap();
        assert_eq!(config.long(RECONNECT_BACKOFF_MAX_MS).unwrap(), 7000);
    }

    #[test]
    fn topic_settings_leave_out_what_is_fixed() {
        let config = parse(&[
            ("config.storage.partitions", "7"),
            ("config.storage.cleanup.policy", "delete"),
            ("config.storage.min.insync.replicas", "2"),
        ])
        .unwrap();
        let settings = internal_topic_settings(&config, "config.storage.");
        assert_eq!(
            settings.into_iter().collect::<Vec<_>>(),
            [("min.insync.replicas".to_owned(), Some("2".to_owned()))]
        );
    }
}
