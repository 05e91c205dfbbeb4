//! Source tasks: they read records from a system.
//!
//! Life of a source task: made by its factory, then [`SourceTask::start`] splits it into a [`SourcePoller`], which
//! belongs to the task's loop, and a [`SourceControl`], which may be called beside it. The loop calls `poll` again and
//! again, never two at a time. When the task is to stop, [`SourceTaskContext::stopping`] becomes ready and a waiting
//! `poll` is dropped; then `stop` is called once, and the poller is dropped.
//!
//! Dropping the future of `poll` is how the runtime cancels it: it must be safe at every await. Records that a dropped
//! poll had read but not returned were never seen by anyone: their offsets are not stored, so they are read again after
//! the next start.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_data::ValueMap;

use crate::{BoxFuture, ConfigMap, ConnectError, RecordMetadata, SourceRecord, ready};

/// A source task before it is started.
pub trait SourceTask: Send {
    /// Opens the source and finds the place to go on from, with [`SourceTaskContext::offset_reader`].
    ///
    /// # Errors
    /// Fails the task: its status becomes FAILED with this error.
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>>;
}

/// The two halves of a started source task.
pub struct StartedSource {
    /// The half that reads.
    pub poller: Box<dyn SourcePoller>,
    /// The half that is told what became of the records.
    pub control: Arc<dyn SourceControl>,
}

/// The half of a source task that reads.
pub trait SourcePoller: Send {
    /// Waits for records and answers them; `None` or an empty batch when there are none at the moment.
    ///
    /// The runtime calls again at once, so a poll without records must have waited: for data, for a while with
    /// [`SourceTaskContext::sleep`]. Ready futures that never wait starve other tasks.
    ///
    /// # Errors
    /// A retriable error is logged and `poll` is called again; any other fails the task.
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>>;

    /// Closes the source. Called once, after the last `poll` has returned or was dropped, also after an error.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }
}

/// The half of a source task that is told what became of its records; called beside `poll`.
pub trait SourceControl: Send + Sync {
    /// Offsets were committed: everything that was acknowledged before is safe in Kafka. Errors are logged.
    fn commit(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }

    /// Whether [`SourceControl::commit_record`] is to be called at all. It costs keeping each record until then.
    fn wants_commit_record(&self) -> bool {
        false
    }

    /// A record was acknowledged by Kafka, or (without metadata) dropped on the way there. Errors are logged.
    fn commit_record(&self, _record: &SourceRecord, _metadata: Option<&RecordMetadata>) -> Result<(), ConnectError> {
        Ok(())
    }
}

/// The control half of a task that has no use for one.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoControl;

impl SourceControl for NoControl {}

/// Reads the offsets that were stored for a connector (`OffsetStorageReader`).
pub trait OffsetReader: Send + Sync {
    /// The offsets of these partitions, in the same order; `None` where nothing was stored.
    ///
    /// # Errors
    /// When the store cannot be read, or the task is stopped meanwhile.
    fn offsets(&self, partitions: Vec<ValueMap>) -> BoxFuture<'_, Result<Vec<Option<ValueMap>>, ConnectError>>;
}

/// What the runtime does for a source task; implemented by the runtime, and by tests.
pub trait SourceHost: Send + Sync {
    /// The task's configuration as it is now, with variables resolved anew.
    fn config(&self) -> ConfigMap;

    /// Reads the offsets that were stored for the connector.
    fn offset_reader(&self) -> Arc<dyn OffsetReader>;

    /// The transactions that the task may shape; only with `transaction.boundary=connector`.
    fn transaction_context(&self) -> Option<TransactionContext>;

    /// Waits for a while.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Waits until the task is to stop.
    fn stopping(&self) -> BoxFuture<'static, ()>;

    /// Whether the task is to stop.
    fn is_stopping(&self) -> bool;
}

/// A source task's line to the runtime. Cheap to clone, usable from any thread.
#[derive(Clone)]
pub struct SourceTaskContext(Arc<dyn SourceHost>);

impl SourceTaskContext {
    /// A context on top of a host.
    pub fn new(host: Arc<dyn SourceHost>) -> Self {
        Self(host)
    }

    /// The task's configuration as it is now, with variables resolved anew.
    pub fn config(&self) -> ConfigMap {
        self.0.config()
    }

    /// Reads the offsets that were stored for the connector.
    pub fn offset_reader(&self) -> Arc<dyn OffsetReader> {
        self.0.offset_reader()
    }

    /// The offset that was stored for one partition of the source.
    ///
    /// # Errors
    /// When the store cannot be read, or the task is stopped meanwhile.
    pub async fn offset(&self, partition: ValueMap) -> Result<Option<ValueMap>, ConnectError> {
        let offsets = self.offset_reader().offsets(vec![partition]).await?;
        Ok(offsets.into_iter().next().flatten())
    }

    /// The transactions that the task may shape; `None` unless `transaction.boundary=connector` (KIP-618).
    pub fn transaction_context(&self) -> Option<TransactionContext> {
        self.0.transaction_context()
    }

    /// Waits for a while; a task that is to stop does not wait to the end, because its `poll` is dropped.
    pub fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }

    /// Waits until the task is to stop.
    pub fn stopping(&self) -> BoxFuture<'static, ()> {
        self.0.stopping()
    }

    /// Whether the task is to stop, for code that works in steps.
    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping()
    }
}

/// What a task asked of its transactions; the runtime takes it after each batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransactionRequests {
    /// Commit after the batch.
    pub commit_batch: bool,
    /// Abort after the batch.
    pub abort_batch: bool,
    /// Commit after each of these records.
    pub commit_records: Vec<SourceRecord>,
    /// Abort after each of these records.
    pub abort_records: Vec<SourceRecord>,
}

/// Lets a source task define the boundaries of its transactions (`TransactionContext`, KIP-618).
#[derive(Debug, Clone, Default)]
pub struct TransactionContext(Arc<std::sync::Mutex<TransactionRequests>>);

impl TransactionContext {
    fn with<T>(&self, change: impl FnOnce(&mut TransactionRequests) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Requests a commit after the next batch that `poll` answers.
    pub fn commit_transaction(&self) {
        self.with(|requests| requests.commit_batch = true);
    }

    /// Requests a commit after this record is processed; it must be one of those that the next `poll` answers.
    pub fn commit_transaction_after(&self, record: SourceRecord) {
        self.with(|requests| requests.commit_records.push(record));
    }

    /// Requests that the transaction be aborted after the next batch. The offsets of the discarded records are
    /// committed all the same.
    pub fn abort_transaction(&self) {
        self.with(|requests| requests.abort_batch = true);
    }

    /// Requests that the transaction be aborted after this record.
    pub fn abort_transaction_after(&self, record: SourceRecord) {
        self.with(|requests| requests.abort_records.push(record));
    }

    /// What was asked since the last call. For the runtime.
    pub fn take(&self) -> TransactionRequests {
        self.with(std::mem::take)
    }
}
