//! Plugins of the worker itself: configuration providers and client override policies.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{ConfigMap, ConnectError};

/// What a configuration provider answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigData {
    /// The values of the keys that were found; a missing key leaves the variable as it is.
    pub data: BTreeMap<String, String>,
    /// How long the values are good for; the connector is restarted afterwards.
    pub ttl: Option<Duration>,
}

/// Supplies values for variables such as `${file:/secrets.properties:password}` (KIP-297).
pub trait ConfigProvider: Send + Sync {
    /// The values at a path; all of them when `keys` is `None`.
    ///
    /// # Errors
    /// Fails the configuration that names the variable.
    fn get(&self, path: &str, keys: Option<&[String]>) -> Result<ConfigData, ConnectError>;
}

/// Which of a connector's Kafka clients an override is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// `producer.override.`
    Producer,
    /// `consumer.override.`
    Consumer,
    /// `admin.override.`
    Admin,
}

/// The overrides of one kind of client that a connector asks for (KIP-458).
#[derive(Debug, Clone)]
pub struct OverrideRequest<'a> {
    /// Which client.
    pub client: ClientKind,
    /// The client properties, without their prefix.
    pub overrides: &'a ConfigMap,
    /// The connector's name.
    pub connector: &'a str,
    /// The connector's class.
    pub connector_class: &'a str,
    /// Whether the connector is a source.
    pub is_source: bool,
}

/// Decides which client properties connectors may override (`ConnectorClientConfigOverridePolicy`, KIP-458).
pub trait OverridePolicy: Send + Sync {
    /// For each property that is refused, its name and why.
    fn validate(&self, request: &OverrideRequest<'_>) -> Vec<(String, String)>;
}
