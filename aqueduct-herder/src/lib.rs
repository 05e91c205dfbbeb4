//! Decides what runs where.
//!
//! Commands come in through the [`Herder`] trait, from REST or from the command line; they leave as instructions to the
//! worker. There is one herder for each mode, [`standalone`] and [`distributed`]; what they share stands beside them. This
//! crate knows no HTTP: [`HerderError`] says what kind of failure it was, and who answers over REST chooses the
//! status.

pub mod distributed;
mod error;
mod failures;
mod herder;
mod info;
mod listing;
pub mod odd_name;
mod offsets;
mod peers;
mod restarts;
pub mod standalone;
mod statuses;
mod validate;

pub use aqueduct_storage::RestartRequest;
pub use aqueduct_worker::TaskId;
pub use distributed::{SIGNATURE_ALGORITHM_HEADER, SIGNATURE_HEADER};
pub use error::{HerderError, HerderErrorKind};
pub use herder::{Created, Herder, InternalRequest, NewConnector, PluginLookup};
pub use info::{
    ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo, ConnectorInfo, ConnectorKind, ConnectorOffset,
    ConnectorStatus, InitialState, InstanceStatus, PluginInfo, Restarts, ServerInfo, TaskInfo, TaskStatus,
};
pub use peers::{PeerAnswer, PeerFailure, PeerRequest, Peers};
