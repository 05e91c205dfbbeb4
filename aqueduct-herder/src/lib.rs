//! Decides what runs where.
//!
//! Commands come in through the [`Herder`] trait, from REST or from the command line; they leave as instructions to the
//! worker. There is one event loop for each mode: [`standalone`] here, and the distributed one beside it when it comes.
//! This crate knows no HTTP: [`HerderError`] says what kind of failure it was, and who answers over REST chooses the
//! status.

mod error;
mod herder;
mod info;
mod restarts;
pub mod standalone;
mod validate;

pub use aqueduct_worker::TaskId;
pub use error::{HerderError, HerderErrorKind};
pub use herder::{Created, Herder, NewConnector, PluginLookup, RestartRequest};
pub use info::{
    ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo, ConnectorInfo, ConnectorKind, ConnectorOffset,
    ConnectorStatus, InitialState, InstanceStatus, PluginInfo, Restarts, ServerInfo, TaskInfo, TaskStatus,
};
