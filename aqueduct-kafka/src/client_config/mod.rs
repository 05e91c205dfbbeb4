//! Java client properties, as people write them into Connect configurations, translated for librdkafka.
//!
//! Properties enter ([`translate`]); properties for librdkafka leave, together with what this crate's clients have to do
//! themselves ([`LibrdkafkaConfig`]), or else Java's own exception ([`ClientConfigError`]). Rules that hold throughout:
//!
//! - What Kafka's Java client refuses is refused with the same text.
//! - What has no meaning here is accepted with one warning; what would silently change behaviour is refused, with key,
//!   value and a way out.
//! - Where librdkafka's default is not Java's, the property is always set.
//! - Secrets are in [`LibrdkafkaConfig::properties`] and nowhere else: not in errors, warnings or debug output.
//!
//! Which keys of a worker and a connector come together for a client is told by [`scopes`].

#[cfg(test)]
mod acceptance;
mod bootstrap;
mod classes;
mod connection_keys;
mod consumer;
mod draft;
mod environment;
mod error;
mod jaas;
mod jaas_tokens;
mod keys;
mod kind;
mod oauth;
mod producer;
mod result;
mod row;
mod sasl;
pub mod scopes;
mod security;
mod sensitive;
mod stores;
mod tls;

use std::collections::BTreeMap;

use aqueduct_config::AnyClass;

pub use environment::ClientEnvironment;
pub use error::{ClientConfigError, ClientConfigErrorKind, JavaException};
pub use jaas::JaasEntry;
pub use kind::ClientKind;
pub use oauth::{OAuthToken, TokenSource};
pub use result::{ConsumerExtras, Idempotence, LibrdkafkaConfig, OffsetReset, Partitioner, ProducerExtras};
pub use row::definition;
pub use sensitive::is_sensitive;

use crate::ClientSettings;
use draft::Draft;

/// Translates the properties of a client, all of which count as chosen by a person.
///
/// It may look up host names and read stores and token files.
///
/// # Errors
/// When Java's client would refuse the properties, or when this one cannot honour them.
pub fn translate(client: ClientKind, java: &BTreeMap<String, String>) -> Result<LibrdkafkaConfig, ClientConfigError> {
    translate_in(client, java, &ClientEnvironment::of_process())
}

/// Translates settings of which some are Connect's own.
///
/// Connect's producers are set to do without idempotence, with one request at a time. That is Connect's way of keeping
/// order with brokers of any age; idempotence keeps it too and is faster, so where nobody chose either key both are left
/// out, and the producer starts with idempotence and five requests at a time
/// (see [`LibrdkafkaConfig::without_idempotence`]).
///
/// # Errors
/// As [`translate`].
pub fn translate_settings(
    client: ClientKind,
    settings: &ClientSettings,
) -> Result<LibrdkafkaConfig, ClientConfigError> {
    let mut java = settings.merged();
    let order = [keys::ENABLE_IDEMPOTENCE, keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION];
    if client == ClientKind::Producer && !order.iter().any(|key| settings.is_user_set(key)) {
        java.retain(|key, _| !order.contains(&key.as_str()));
    }
    translate(client, &java)
}

/// As [`translate`], in an environment of one's own.
///
/// # Errors
/// As [`translate`].
pub fn translate_in(
    client: ClientKind,
    java: &BTreeMap<String, String>,
    environment: &ClientEnvironment,
) -> Result<LibrdkafkaConfig, ClientConfigError> {
    let definition = definition(client);
    let config = definition.parse_with(java, &AnyClass)?;
    let mut draft = Draft { client, config, environment, properties: BTreeMap::new(), warnings: Vec::new() };
    draft.apply_table()?;
    connection_keys::translate(&mut draft)?;
    let producer = match client {
        ClientKind::Producer => producer::translate(&mut draft)?,
        _ => ProducerExtras::default(),
    };
    let consumer = match client {
        ClientKind::Consumer => consumer::translate(&mut draft)?,
        _ => ConsumerExtras::default(),
    };
    let oauth = security::translate(&mut draft)?;
    let is_known = |key: &str| definition.key(key).is_some() || PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    Ok(LibrdkafkaConfig {
        client,
        default_api_timeout: connection_keys::default_api_timeout(&draft)?,
        request_timeout: draft.millis(keys::REQUEST_TIMEOUT_MS)?,
        unused: java.keys().filter(|key| !is_known(key)).cloned().collect(),
        properties: draft.properties,
        warnings: draft.warnings,
        producer,
        consumer,
        oauth,
    })
}

/// Names that begin like this are used, although no definition has them.
const PREFIXES: [&str; 2] = ["metrics.context.", "config.providers."];
