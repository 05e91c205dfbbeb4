//! The commands that a herder takes, whatever its mode.

use std::collections::BTreeMap;

use aqueduct_api::{BoxFuture, ConfigMap, ready};
use aqueduct_storage::RestartRequest;

use crate::{
    ConfigInfos, ConfigKeyInfo, ConnectorInfo, ConnectorOffset, ConnectorStatus, HerderError, InitialState, PluginInfo,
    ServerInfo, TaskId, TaskInfo, TaskStatus,
};

/// A connector that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewConnector {
    /// Its name.
    pub name: String,
    /// Its configuration; a null value is an error of its key.
    pub config: BTreeMap<String, Option<String>>,
    /// The state to begin in; none keeps the state of a connector that exists.
    pub initial_state: Option<InitialState>,
    /// Whether a connector of this name may be there already.
    pub replace: bool,
}

/// What a create or update did.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Whether the connector is new.
    pub created: bool,
    /// The connector.
    pub info: ConnectorInfo,
}

/// A request of another worker of the cluster, with what proves that it comes from one (KIP-507).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InternalRequest {
    /// The body, byte for byte as it was sent; empty when there was none.
    pub body: Vec<u8>,
    /// `X-Connect-Authorization`: the signature of the body, in base64.
    pub signature: Option<String>,
    /// `X-Connect-Request-Signature-Algorithm`: how it was signed.
    pub algorithm: Option<String>,
}

/// Which plugins `GET /connector-plugins` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginLookup {
    /// Sources and sinks.
    Connectors,
    /// Every kind.
    All,
}

type Answer<'a, T> = BoxFuture<'a, Result<T, HerderError>>;

/// Takes commands about connectors and answers what became of them. Every method may be called at any time from any
/// task; a dropped future does not undo a command that has begun.
pub trait Herder: Send + Sync {
    /// Version, commit and cluster.
    fn server_info(&self) -> ServerInfo;

    /// Whether the worker has finished starting up.
    fn is_ready(&self) -> bool;

    /// Answers when the worker has finished starting up and takes requests (KIP-1017).
    fn health_check(&self) -> Answer<'_, ()>;

    /// The names of all connectors.
    fn connectors(&self) -> Answer<'_, Vec<String>>;

    /// A connector's configuration and tasks; 404 when it does not exist.
    fn connector_info<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorInfo>;

    /// The state of a connector and its tasks.
    fn connector_status<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorStatus>;

    /// The state of one task.
    fn task_status<'a>(&'a self, id: &'a TaskId) -> Answer<'a, TaskStatus>;

    /// The configurations of a connector's tasks.
    fn task_configs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<TaskInfo>>;

    /// Creates or replaces a connector after validating its configuration.
    fn put_connector(&self, connector: NewConnector) -> Answer<'_, Created>;

    /// Changes some keys of a configuration; `None` removes a key (KIP-477).
    fn patch_connector<'a>(
        &'a self,
        name: &'a str,
        patch: BTreeMap<String, Option<String>>,
    ) -> Answer<'a, ConnectorInfo>;

    /// Stops a connector and forgets its configuration.
    fn delete_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// Pauses a connector and its tasks.
    fn pause_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// Lets a paused or stopped connector go on.
    fn resume_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// Stops a connector and removes its tasks (KIP-875).
    fn stop_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// Restarts the connector instance only.
    fn restart_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// Restarts instances as asked and answers the status as planned.
    fn restart(&self, request: RestartRequest) -> Answer<'_, ConnectorStatus>;

    /// Restarts one task.
    fn restart_task<'a>(&'a self, id: &'a TaskId) -> Answer<'a, ()>;

    /// The topics that a connector has used since it was created or its topics were reset (KIP-558); empty for an unknown
    /// connector.
    fn active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>>;

    /// Forgets the topics that a connector has used.
    fn reset_active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// The offsets of a connector (KIP-875).
    fn offsets<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<ConnectorOffset>>;

    /// Sets offsets of a stopped connector; answers the text for the user.
    fn alter_offsets<'a>(&'a self, name: &'a str, offsets: Vec<ConnectorOffset>) -> Answer<'a, String>;

    /// Forgets all offsets of a stopped connector; answers the text for the user.
    fn reset_offsets<'a>(&'a self, name: &'a str) -> Answer<'a, String>;

    /// The plugins that this worker has.
    fn plugins(&self, which: PluginLookup) -> Vec<PluginInfo>;

    /// The definition of a plugin's configuration; 404 for an unknown one.
    fn plugin_config(&self, plugin: &str) -> Result<Vec<ConfigKeyInfo>, HerderError>;

    /// Checks a connector's configuration without creating anything.
    fn validate(&self, config: BTreeMap<String, Option<String>>) -> Answer<'_, ConfigInfos>;

    /// Checks that a request comes from a worker of this cluster. A worker alone has nobody to trust or to refuse.
    ///
    /// # Errors
    /// When the signature is missing, wrong, or made in a way that this worker does not accept.
    fn check_internal(&self, _request: &InternalRequest) -> Result<(), HerderError> {
        Ok(())
    }

    /// Task configurations that the worker which runs the connector has asked it for. Refused by a worker alone.
    fn put_task_configs<'a>(&'a self, _connector: &'a str, _tasks: Vec<ConfigMap>) -> Answer<'a, ()> {
        ready(Err(HerderError::internal(
            "Kafka Connect in standalone mode does not support externally setting task configurations.",
        )))
    }

    /// Fences the producers of a source connector's former tasks (KIP-618). Refused by a worker alone.
    fn fence_zombies<'a>(&'a self, _connector: &'a str) -> Answer<'a, ()> {
        ready(Err(HerderError::internal(
            "Kafka Connect in standalone mode does not support exactly-once source connectors.",
        )))
    }

    /// What the worker is doing, for the message of a request that took too long; a sentence without its beginning.
    fn stage(&self) -> Option<String> {
        None
    }
}

/// A configuration without null values, for answers.
pub(crate) fn present(config: &BTreeMap<String, Option<String>>) -> ConfigMap {
    config.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}
