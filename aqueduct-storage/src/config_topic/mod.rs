//! The config store of the distributed mode: a topic that every worker reads and the leader writes
//! (`KafkaConfigBackingStore`).
//!
//! Bytes become [`record::ConfigRecord`]s, those change a [`state::ConfigState`], which is handed out as immutable
//! [`ClusterConfigState`]s and tells what changed as [`ConfigEvent`]s. [`KafkaConfigStore`] joins the three to a topic.

mod leader;
mod record;
mod snapshot;
mod state;
#[cfg(test)]
mod state_tests;
mod store;
#[cfg(test)]
mod store_tests;

pub use record::{RestartRequest, SessionKey};
pub use snapshot::ClusterConfigState;
pub use store::{ConfigEvents, ConfigWriteError, KafkaConfigStore, RefreshError};

/// What a record of the config topic changed. Only records that are read after the first read of the whole topic are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigEvent {
    /// A connector has a new configuration, or the same once more.
    ConnectorConfigUpdated(String),
    /// A connector was deleted.
    ConnectorConfigRemoved(String),
    /// A set of task configurations was committed.
    TaskConfigsUpdated {
        /// The connector.
        connector: String,
        /// The tasks whose configurations came with it: none when the set is incomplete.
        tasks: Vec<u32>,
    },
    /// The state that the user wants a connector to be in has changed.
    TargetStateChanged(String),
    /// The leader made a new key for requests between workers.
    SessionKeyUpdated(SessionKey),
    /// Somebody wants a connector, and perhaps its tasks, to be restarted.
    Restart(RestartRequest),
    /// The level of a logger is to be set on every worker.
    LoggerLevelUpdated {
        /// The logger's name.
        logger: String,
        /// The level's name.
        level: String,
    },
}
