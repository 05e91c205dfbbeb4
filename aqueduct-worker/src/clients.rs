//! The settings of the Kafka clients that tasks use: which keys of the worker and the connector reach which client, and
//! what Connect sets by itself.

use std::collections::BTreeMap;

use aqueduct_api::{ClientKind, ConfigMap, ConnectError, OverrideRequest};
use aqueduct_config::client_config;
use aqueduct_config::worker_config::{distributed, standalone};
use aqueduct_kafka::ClientSettings;
use aqueduct_kafka::client_config::scopes::WorkerScopes;

use crate::TaskId;
use crate::settings::{WorkerSettings, behind};

/// Overrides of one kind of client, after the policy has agreed.
fn overrides(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    kind: ClientKind,
    is_source: bool,
) -> Result<ConfigMap, ConnectError> {
    let prefix = match kind {
        ClientKind::Producer => "producer.override.",
        ClientKind::Consumer => "consumer.override.",
        ClientKind::Admin => "admin.override.",
    };
    let overrides = behind(connector, prefix);
    let text = |key: &str| connector.get(key).map(String::as_str).unwrap_or_default();
    let request = OverrideRequest {
        client: kind,
        overrides: &overrides,
        connector: text("name"),
        connector_class: text("connector.class"),
        is_source,
    };
    let refused = worker.override_policy.validate(&request);
    if refused.is_empty() {
        return Ok(overrides);
    }
    let reasons: Vec<String> = refused.into_iter().map(|(_, reason)| reason).collect();
    Err(ConnectError::connect(format!("Client Config Overrides not allowed [{}]", reasons.join(", "))))
}

fn bootstrap(worker: &WorkerSettings) -> (String, String) {
    let key = "bootstrap.servers".to_owned();
    let servers = worker.originals.get(&key).cloned().unwrap_or_default();
    (key, servers)
}

/// The settings of the producer of a source connector or of one of its tasks, which is in the client id.
///
/// # Errors
/// When the override policy refuses one of the connector's `producer.override.` keys.
pub fn producer_settings(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    client_id: String,
) -> Result<ClientSettings, ConnectError> {
    producer(worker, connector, client_id, true)
}

/// The settings of the producer of a source task that writes exactly once.
///
/// # Errors
/// As [`producer_settings`].
pub(crate) fn transactional_settings(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    client_id: String,
    transactional_id: &str,
) -> Result<ClientSettings, ConnectError> {
    overrides(worker, connector, ClientKind::Producer, true)?;
    let scopes = WorkerScopes::new(&worker.originals);
    let mut forced = scopes.transactional_producer(connector, &client_id, transactional_id);
    warn_of(&forced.warnings);
    forced.settings.retain(|key| key != "sharing");
    Ok(forced.settings)
}

/// The settings of the consumer that reads a source connector's own offsets topic.
///
/// # Errors
/// As [`producer_settings`], for `consumer.override.` keys.
pub(crate) fn offsets_consumer_settings(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    name: &str,
    client_id: String,
    exactly_once: bool,
) -> Result<ClientSettings, ConnectError> {
    overrides(worker, connector, ClientKind::Consumer, true)?;
    let scopes = WorkerScopes::new(&worker.originals);
    let forced = scopes.offsets_consumer(connector, name, &client_id, exactly_once);
    warn_of(&forced.warnings);
    Ok(forced.settings)
}

fn warn_of(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// The settings of the producer of a sink task's dead letters.
pub(crate) fn dead_letter_settings(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    id: &TaskId,
) -> Result<ClientSettings, ConnectError> {
    producer(worker, connector, format!("connector-dlq-producer-{id}"), false)
}

fn producer(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    client_id: String,
    is_source: bool,
) -> Result<ClientSettings, ConnectError> {
    let base = BTreeMap::from([
        bootstrap(worker),
        ("max.block.ms".into(), i64::MAX.to_string()),
        ("enable.idempotence".into(), "false".into()),
        ("acks".into(), "all".into()),
        ("max.in.flight.requests.per.connection".into(), "1".into()),
        ("delivery.timeout.ms".into(), i32::MAX.to_string()),
        ("client.id".into(), client_id),
    ]);
    let mut user = behind(&worker.originals, "producer.");
    user.extend(overrides(worker, connector, ClientKind::Producer, is_source)?);
    user.remove("sharing");
    Ok(ClientSettings::new(base, user))
}

/// The consumer group of a sink connector, overrides applied.
///
/// # Errors
/// As [`producer_settings`], for `consumer.override.` keys.
pub fn sink_group_id(worker: &WorkerSettings, connector: &ConfigMap, name: &str) -> Result<String, ConnectError> {
    let settings = consumer_settings(worker, connector, &TaskId::new(name, 0))?;
    Ok(settings.get("group.id").unwrap_or_default().to_owned())
}

/// The settings of a sink task's consumer.
pub(crate) fn consumer_settings(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    id: &TaskId,
) -> Result<ClientSettings, ConnectError> {
    let base = BTreeMap::from([
        bootstrap(worker),
        ("group.id".into(), format!("connect-{}", id.connector)),
        ("client.id".into(), format!("connector-consumer-{id}")),
        ("enable.auto.commit".into(), "false".into()),
        ("auto.offset.reset".into(), "earliest".into()),
    ]);
    let mut user = behind(&worker.originals, "consumer.");
    user.extend(overrides(worker, connector, ClientKind::Consumer, false)?);
    Ok(ClientSettings::new(base, user))
}

/// The settings of a connector's admin client: the worker's own keys first, so that a `client.id` there wins.
///
/// # Errors
/// As [`producer_settings`], for `admin.override.` keys.
pub fn admin_settings(
    worker: &WorkerSettings,
    connector: &ConfigMap,
    client_id: String,
    is_source: bool,
) -> Result<ClientSettings, ConnectError> {
    let base = BTreeMap::from([bootstrap(worker), ("client.id".into(), client_id)]);
    let mut user = own_client_keys(&worker.originals);
    user.extend(behind(&worker.originals, "admin."));
    user.extend(overrides(worker, connector, ClientKind::Admin, is_source)?);
    Ok(ClientSettings::new(base, user))
}

/// The keys of a worker that its own Kafka clients read: neither those of its connectors' clients, nor those that are about
/// the worker itself, of which a client would only say that it has no use for them.
pub fn own_client_keys(originals: &ConfigMap) -> ConfigMap {
    const OTHERS: [&str; 3] = ["admin.", "producer.", "consumer."];
    const WORKER: [&str; 10] = [
        "key.converter",
        "value.converter",
        "header.converter",
        "internal.key.converter",
        "internal.value.converter",
        "config.storage.",
        "offset.storage.",
        "status.storage.",
        "config.providers",
        "plugin.",
    ];
    let (workers, client) = ([standalone(), distributed()], client_config::admin());
    let of_worker = |key: &str| workers.iter().any(|worker| worker.key(key).is_some());
    originals
        .iter()
        .filter(|(key, _)| !OTHERS.iter().chain(&WORKER).any(|prefix| key.starts_with(prefix)))
        .filter(|(key, _)| !of_worker(key) || client.key(key).is_some())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_the_worker_gets_what_clients_read_and_nothing_else() {
        let check = |key: &str, kept: bool| {
            let originals = ConfigMap::from([(key.to_owned(), "1".to_owned())]);
            assert_eq!(own_client_keys(&originals).contains_key(key), kept, "{key}");
        };
        for key in ["bootstrap.servers", "retry.backoff.ms", "security.protocol", "sasl.jaas.config", "of.a.plugin"] {
            check(key, true);
        }
        for key in [
            "group.id",
            "session.timeout.ms",
            "config.storage.topic",
            "offset.storage.partitions",
            "status.storage.cleanup.policy",
            "scheduled.rebalance.max.delay.ms",
            "offset.storage.file.filename",
            "key.converter.schemas.enable",
            "producer.acks",
        ] {
            check(key, false);
        }
    }
}
