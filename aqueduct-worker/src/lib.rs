//! Runs the connectors and tasks that it is told to run; knows no cluster and no HTTP.
//!
//! The herder calls [`Worker`]. A connector instance lives in a loop of its own ([`connector`]), a task in one of its own
//! ([`source`], [`sink`]); both run on the runtime for plugins, so that no plugin ever holds up the herder. What becomes of
//! them is told to a [`StatusListener`].

mod build;
mod client_metering;
mod clients;
mod connector;
mod errors;
mod fencing;
mod ids;
mod metering;
mod offsets;
mod panics;
mod settings;
mod sink;
mod source;
mod status;
mod task;
mod variables;
mod worker;

pub use build::BuildError;
pub use clients::{admin_settings, own_client_keys, producer_settings, sink_group_id};
pub use connector::ConnectorEvents;
pub use errors::connect_error;
pub use ids::TaskId;
pub use offsets::GroupSettings;
pub use panics::install_hook;
pub use settings::{ConnectorSettings, ConverterSettings, SourceSettings, TransactionBoundary, WorkerSettings};
pub use source::ExactlyOnceGate;
pub use status::StatusListener;
pub use variables::ConfigTransformer;
pub use worker::Worker;
