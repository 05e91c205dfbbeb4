//! From settings to a running instance: translation, what a person should know about it, and the start.

use std::sync::Arc;

use crate::client_config::{ClientKind, LibrdkafkaConfig, translate_settings};
use crate::connection::Connection;
use crate::error::KafkaError;
use crate::native::{Client, ClientType};
use crate::settings::ClientSettings;

/// A client that was just started.
pub(crate) struct Started {
    pub(crate) client: Arc<Client>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) config: LibrdkafkaConfig,
}

/// Starts a client of `kind`. `adjust` may change the translated configuration before.
pub(crate) fn start(
    kind: ClientKind,
    settings: &ClientSettings,
    adjust: impl FnOnce(&mut LibrdkafkaConfig),
) -> Result<Started, KafkaError> {
    let mut config = translate_settings(kind, settings)?;
    adjust(&mut config);
    let connection = Arc::new(Connection::new(
        config.properties.get("client.id").map_or("", String::as_str),
        config.properties.get("bootstrap.servers").map_or("", String::as_str),
        config.oauth.clone(),
    ));
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
    Ok(Started { client, connection, config })
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
