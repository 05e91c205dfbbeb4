//! From settings to a running instance: translation, what a person should know about it, and the start.

use std::sync::Arc;

use crate::client_config::{ClientKind, LibrdkafkaConfig, translate_settings};
use crate::connection::Connection;
use crate::error::KafkaError;
use crate::lost_brokers;
use crate::native::{Client, ClientType};
use crate::settings::ClientSettings;
use crate::statistics::{self, StatisticsListener};

/// A client that was just started.
pub(crate) struct Started {
    pub(crate) client: Arc<Client>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) config: LibrdkafkaConfig,
}

/// How often librdkafka tells what it has done.
const STATISTICS_INTERVAL: &str = "statistics.interval.ms";

/// Starts a client of `kind`, whose figures go to `statistics`. `adjust` may change the translated configuration before.
pub(crate) fn start(
    kind: ClientKind,
    settings: &ClientSettings,
    statistics: Option<Arc<dyn StatisticsListener>>,
    adjust: impl FnOnce(&mut LibrdkafkaConfig),
) -> Result<Started, KafkaError> {
    let mut config = translate_settings(kind, settings)?;
    adjust(&mut config);
    let connection = connection(&config);
    // Without a listener nothing is counted.
    if let Some(listener) = statistics {
        config.properties.insert(STATISTICS_INTERVAL.into(), statistics::INTERVAL.as_millis().to_string());
        connection.on_statistics(listener);
    }
    for warning in &config.warnings {
        tracing::warn!("{kind} {}: {warning}", connection.client_id());
    }
    if !config.unused.is_empty() {
        let names = config.unused.join(", ");
        tracing::warn!(
            "{kind} {}: these configurations were supplied but are not used: {names}",
            connection.client_id()
        );
    }
    let client = launch(kind, &config, &connection)?;
    look_for_lost_brokers(kind, &config, &connection);
    Ok(Started { client, connection, config })
}

/// Starts another client with the configuration of a [`Started`] one.
pub(crate) fn start_again(
    kind: ClientKind,
    config: &LibrdkafkaConfig,
) -> Result<(Arc<Client>, Arc<Connection>), KafkaError> {
    let connection = connection(config);
    Ok((launch(kind, config, &connection)?, connection))
}

fn connection(config: &LibrdkafkaConfig) -> Arc<Connection> {
    let property = |name| config.properties.get(name).map_or("", String::as_str);
    Arc::new(Connection::new(property("client.id"), property("bootstrap.servers"), config.oauth.clone()))
}

/// Has a scout with this configuration started when a broker may be lost.
fn look_for_lost_brokers(kind: ClientKind, config: &LibrdkafkaConfig, of: &Connection) {
    let mut config = config.clone();
    lost_brokers::make_scout(&mut config.properties);
    config.properties.remove(STATISTICS_INTERVAL);
    let config = Arc::new(config);
    of.on_trouble(move |watch| {
        let config = Arc::clone(&config);
        lost_brokers::watch(watch, move || start_again(kind, &config).map(|(client, _)| client));
    });
}

/// Starts an instance with a configuration that is translated already.
pub(crate) fn launch(
    kind: ClientKind,
    config: &LibrdkafkaConfig,
    connection: &Arc<Connection>,
) -> Result<Arc<Client>, KafkaError> {
    let kind = match kind {
        ClientKind::Producer => ClientType::Producer,
        ClientKind::Consumer => ClientType::Consumer,
        ClientKind::Admin => ClientType::Admin,
    };
    Client::start(kind, &config.properties, config.oauth.is_some(), Arc::clone(connection) as _)
}
