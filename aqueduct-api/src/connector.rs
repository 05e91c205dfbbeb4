//! Connectors: they describe their configuration and split a job into tasks. They copy no data themselves.
//!
//! Life of a connector: made by its factory; [`Connector::config_def`] and [`Connector::validate`] may be called at any
//! time on an instance that was never started; then `start`, `task_configs` as often as the runtime likes, `stop`.
//! After `stop` the same instance may be started again (a paused connector is a stopped instance). Calls never
//! overlap. A call that does not return within five seconds while the connector is being stopped is abandoned: the
//! instance is dropped when the call ends, and nothing that it says afterwards counts.

use std::sync::Arc;

use aqueduct_config::{ConfigDef, ConfigValue};
use aqueduct_data::ValueMap;

use crate::{BoxFuture, ConfigMap, ConnectError, OffsetReader, TopicPartition, ready};

/// What source and sink connectors have in common.
pub trait Connector: Send {
    /// The definition of the connector's own configuration keys.
    fn config_def(&self) -> ConfigDef;

    /// Checks a configuration and answers one value for each key, with errors and recommended values.
    ///
    /// The default is what [`Connector::config_def`] says. It runs before the connector is created and on
    /// `PUT /connector-plugins/…/config/validate`; it may look at outside systems, and is given time for it.
    ///
    /// # Errors
    /// Only when the check itself could not be made; a bad value is part of the answer.
    fn validate(&self, props: &ConfigMap) -> Result<Vec<ConfigValue>, ConnectError> {
        Ok(self.config_def().validate(props))
    }

    /// Begins, or begins again after [`Connector::stop`].
    fn start(&mut self, context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// Splits the job into at most `max_tasks` configurations, one for each task.
    fn task_configs(&mut self, max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>>;

    /// Ends what `start` began: threads, watches, connections.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>>;
}

/// Whether a source connector can be exactly-once with a configuration (KIP-618).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExactlyOnceSupport {
    /// It can.
    Supported,
    /// It cannot.
    Unsupported,
}

/// The offsets of a source connector that a user wants to set: partitions, and the offsets to go on from. `None`
/// forgets the partition (KIP-875).
pub type SourceOffsets = Vec<(Option<ValueMap>, Option<ValueMap>)>;

/// A connector that copies a system into Kafka.
pub trait SourceConnector: Connector {
    /// Whether the connector is exactly-once with this configuration; `None` when it does not say (KIP-618).
    fn exactly_once_support(&self, _props: &ConfigMap) -> Result<Option<ExactlyOnceSupport>, ConnectError> {
        Ok(None)
    }

    /// Whether the connector can define transaction boundaries with this configuration (KIP-618).
    fn can_define_transaction_boundaries(&self, _props: &ConfigMap) -> Result<bool, ConnectError> {
        Ok(false)
    }

    /// Checks offsets that a user wants to set, and changes them in the source system when it keeps them itself
    /// (KIP-875). Answers whether the connector took part: false says that it keeps no eye on its offsets.
    ///
    /// # Errors
    /// When the offsets cannot be; nothing is changed then.
    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        _offsets: SourceOffsets,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(Ok(false))
    }
}

/// A connector that copies topics into a system.
pub trait SinkConnector: Connector {
    /// As [`SourceConnector::alter_offsets`], for consumer group offsets; `None` removes one.
    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        _offsets: Vec<(TopicPartition, Option<i64>)>,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(Ok(false))
    }
}

/// What the runtime does for a connector; implemented by the runtime, and by tests.
pub trait ConnectorHost: Send + Sync {
    /// Asks for [`Connector::task_configs`] to be called again, soon.
    fn request_task_reconfiguration(&self) -> Result<(), ConnectError>;

    /// Fails the connector: its status becomes FAILED with this error.
    fn raise_error(&self, error: ConnectError) -> Result<(), ConnectError>;

    /// Reads the source offsets that were stored for this connector; `None` for a sink.
    fn offset_reader(&self) -> Option<Arc<dyn OffsetReader>>;
}

/// A connector's line to the runtime. Cheap to clone, and usable from any thread until the connector is stopped.
#[derive(Clone)]
pub struct ConnectorContext(Arc<dyn ConnectorHost>);

impl ConnectorContext {
    /// A context on top of a host.
    pub fn new(host: Arc<dyn ConnectorHost>) -> Self {
        Self(host)
    }

    /// Asks the runtime to call [`Connector::task_configs`] again because the job changed: new tables, new partitions.
    ///
    /// # Errors
    /// When this instance was already shut down.
    pub fn request_task_reconfiguration(&self) -> Result<(), ConnectError> {
        self.0.request_task_reconfiguration()
    }

    /// Fails the connector from a thread of its own: its status becomes FAILED with this error.
    ///
    /// # Errors
    /// When this instance was already shut down.
    pub fn raise_error(&self, error: ConnectError) -> Result<(), ConnectError> {
        self.0.raise_error(error)
    }

    /// Reads the source offsets that were stored for this connector; `None` for a sink.
    pub fn offset_reader(&self) -> Option<Arc<dyn OffsetReader>> {
        self.0.offset_reader()
    }
}
