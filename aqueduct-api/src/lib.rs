//! What the author of a connector, transform, predicate, converter, configuration provider or override policy needs,
//! and nothing else.
//!
//! A plugin crate depends on this crate alone (and on the data model and configuration definitions that it
//! re-exports), and exports a table of [`Plugin`] descriptors. The runtime meets the plugin only through the
//! object-safe traits here; plain data crosses the border, never borrowed or generic types. Any call into a plugin
//! may be slow, fail, panic or never return: the runtime stays in charge.
//!
//! Authors who read or write with blocking code use the adaptors of [`blocking`], which give it a thread of its own.

pub mod blocking;
pub mod connector;
pub mod converter;
pub mod error;
pub mod extension;
pub mod partitions;
pub mod plugin;
pub mod record;
pub mod sink;
pub mod source;
pub mod transform;

pub use aqueduct_config as config;
pub use aqueduct_data as data;

pub use connector::{Connector, ConnectorContext, ConnectorHost, ExactlyOnceSupport, SinkConnector, SourceConnector};
pub use converter::{Converter, HeaderConverter, RawHeaders};
pub use error::{ConnectError, ErrorKind};
pub use extension::{ClientKind, ConfigData, ConfigProvider, OverridePolicy, OverrideRequest};
pub use partitions::group_partitions;
pub use plugin::{Factory, Plugin, PluginKind};
pub use record::{
    ConsumedBytes, Origin, Record, RecordMetadata, SinkRecord, SourceRecord, TimestampType, TopicPartition,
};
pub use sink::{ErrantRecordReporter, ErrantSink, SinkBatch, SinkOffsets, SinkRequests, SinkTask, SinkTaskContext};
pub use source::{
    OffsetReader, SourceControl, SourceHost, SourcePoller, SourceTask, SourceTaskContext, StartedSource,
    TransactionContext, TransactionRequests,
};
pub use transform::{Fate, Predicate, Transform};

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// The configuration of a connector, task, converter or transform: a flat map of texts.
pub type ConfigMap = BTreeMap<String, String>;

/// A future in a box, as object-safe asynchronous methods answer it: one box for a batch costs nothing.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A future that is ready at once.
pub fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

/// The code of the guide for authors, built and run by `cargo test --doc`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/writing-a-connector.md")]
pub struct Guide;
