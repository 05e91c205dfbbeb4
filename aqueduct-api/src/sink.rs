//! Sink tasks: they write records into a system.
//!
//! Life of a sink task: `start`; then `open` for the partitions that the task was given, `put` for each batch (also for
//! an empty one, at least once every commit interval), `pre_commit` when offsets are due, `close` for partitions that
//! are taken away; at the end `close` for the rest, and `stop`. Calls never overlap, and each is awaited to its end: a
//! sink call is never cancelled by dropping it, except when the task was abandoned after
//! `task.shutdown.graceful.timeout.ms`.
//!
//! What a task asks of the runtime through its [`SinkTaskContext`] is collected and carried out after the call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{BoxFuture, ConfigMap, ConnectError, SinkRecord, TopicPartition, ready};

/// A batch of records. The runtime keeps it until `put` succeeds, so it is shared rather than copied.
pub type SinkBatch = Arc<Vec<SinkRecord>>;

/// Offsets of a consumer group: for each partition the offset of the next record to be consumed.
pub type SinkOffsets = BTreeMap<TopicPartition, i64>;

/// A sink task.
pub trait SinkTask: Send {
    /// Opens the destination. Partitions come later, with [`SinkTask::open`].
    ///
    /// # Errors
    /// Fails the task.
    fn start(&mut self, context: SinkTaskContext, config: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// The task was given these partitions, beside those that it has. This is the place to set offsets that the
    /// destination knows better than Kafka, with [`SinkTaskContext::offset`].
    fn open(&mut self, _partitions: Vec<TopicPartition>) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }

    /// Takes a batch: writes it, or buffers it until [`SinkTask::flush`].
    ///
    /// # Errors
    /// After a retriable error the same batch is put again: after [`SinkTaskContext::timeout`] when the task set one,
    /// else when the next commit is due; until then nothing is consumed. Any other error fails the task.
    fn put(&mut self, records: SinkBatch) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// Pushes everything that was put to the destination and waits until it is safe there.
    ///
    /// # Errors
    /// The offsets are not committed, and the records since the last commit are delivered again.
    fn flush(&mut self, _offsets: SinkOffsets) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }

    /// Called when offsets are due; answers those that are safe to commit. The default flushes and answers all.
    ///
    /// # Errors
    /// As [`SinkTask::flush`].
    fn pre_commit(&mut self, offsets: SinkOffsets) -> BoxFuture<'_, Result<SinkOffsets, ConnectError>> {
        let flushed = self.flush(offsets.clone());
        Box::pin(async move { flushed.await.map(|()| offsets) })
    }

    /// The task loses these partitions; what it holds for them must be written or dropped now. No record of theirs
    /// comes after it.
    fn close(&mut self, _partitions: Vec<TopicPartition>) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }

    /// Closes the destination. Called once, also after an error, even when `start` was never called.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>>;
}

/// What a sink task asked of the runtime since it was asked last.
#[derive(Debug, Default)]
pub struct SinkRequests {
    /// Offsets to consume from instead.
    pub offsets: BTreeMap<TopicPartition, i64>,
    /// How long to wait at most before `put` is called again.
    pub timeout: Option<Duration>,
    /// Commit offsets soon.
    pub commit: bool,
}

#[derive(Default)]
struct Shared {
    requests: SinkRequests,
    config: ConfigMap,
    assignment: BTreeSet<TopicPartition>,
    paused: BTreeSet<TopicPartition>,
    reporter: Option<ErrantRecordReporter>,
}

/// A sink task's line to the runtime. Cheap to clone, usable from any thread.
#[derive(Clone, Default)]
pub struct SinkTaskContext(Arc<Mutex<Shared>>);

impl SinkTaskContext {
    /// A context for a task; the reporter is there when bad records have somewhere to go.
    pub fn new(config: ConfigMap, reporter: Option<ErrantRecordReporter>) -> Self {
        Self(Arc::new(Mutex::new(Shared { config, reporter, ..Shared::default() })))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The task's configuration as it is now, with variables resolved anew.
    pub fn config(&self) -> ConfigMap {
        self.with(|shared| shared.config.clone())
    }

    /// Consumes from this offset instead, from the next batch on.
    pub fn offset(&self, partition: TopicPartition, offset: i64) {
        self.with(|shared| shared.requests.offsets.insert(partition, offset));
    }

    /// Bounds the wait before the next `put`: the back-off after a retriable error. It counts once.
    pub fn timeout(&self, timeout: Duration) {
        self.with(|shared| shared.requests.timeout = Some(timeout));
    }

    /// The partitions that the task has.
    pub fn assignment(&self) -> BTreeSet<TopicPartition> {
        self.with(|shared| shared.assignment.clone())
    }

    /// Stops consuming these partitions until they are resumed.
    ///
    /// # Errors
    /// `IllegalWorkerStateException` when the task does not have one of them; nothing is paused then.
    pub fn pause(&self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        self.with(|shared| {
            owned(shared, partitions, "pause")?;
            shared.paused.extend(partitions.iter().cloned());
            Ok(())
        })
    }

    /// Consumes these partitions again.
    ///
    /// # Errors
    /// `IllegalWorkerStateException` when the task does not have one of them; nothing is resumed then.
    pub fn resume(&self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        self.with(|shared| {
            owned(shared, partitions, "resume")?;
            shared.paused.retain(|partition| !partitions.contains(partition));
            Ok(())
        })
    }

    /// Asks for an offset commit soon, ahead of the interval.
    pub fn request_commit(&self) {
        self.with(|shared| shared.requests.commit = true);
    }

    /// Where records go that the destination refuses; `None` unless a dead letter queue or error logging is set up
    /// (KIP-610).
    pub fn errant_record_reporter(&self) -> Option<ErrantRecordReporter> {
        self.with(|shared| shared.reporter.clone())
    }

    /// Takes what was asked since the last call. For the runtime.
    pub fn take_requests(&self) -> SinkRequests {
        self.with(|shared| std::mem::take(&mut shared.requests))
    }

    /// The partitions that the task paused. For the runtime.
    pub fn paused(&self) -> BTreeSet<TopicPartition> {
        self.with(|shared| shared.paused.clone())
    }

    /// Tells what the task has now; partitions that it lost are no longer paused. For the runtime.
    pub fn set_assignment(&self, assignment: BTreeSet<TopicPartition>) {
        self.with(|shared| {
            shared.paused.retain(|partition| assignment.contains(partition));
            shared.assignment = assignment;
        });
    }

    /// Replaces the configuration that [`SinkTaskContext::config`] answers. For the runtime.
    pub fn set_config(&self, config: ConfigMap) {
        self.with(|shared| shared.config = config);
    }
}

fn owned(shared: &Shared, partitions: &[TopicPartition], what: &str) -> Result<(), ConnectError> {
    if partitions.iter().all(|partition| shared.assignment.contains(partition)) {
        return Ok(());
    }
    let message = format!("SinkTasks may not {what} partitions that are not currently assigned to them.");
    Err(ConnectError::with_kind(crate::ErrorKind::IllegalState, message)
        .with_class("org.apache.kafka.connect.errors.IllegalWorkerStateException"))
}

/// Where refused records go; implemented by the runtime, and by tests.
pub trait ErrantSink: Send + Sync {
    /// Takes a record; the answer is ready when the record is safe in the dead letter queue or log.
    fn report(&self, record: &SinkRecord, error: ConnectError) -> BoxFuture<'static, Result<(), ConnectError>>;
}

/// Reports records that the destination refuses (`ErrantRecordReporter`, KIP-610). The runtime waits for the reports
/// before it commits the offsets of their partitions.
#[derive(Clone)]
pub struct ErrantRecordReporter(Arc<dyn ErrantSink>);

impl ErrantRecordReporter {
    /// A reporter on top of a sink.
    pub fn new(sink: Arc<dyn ErrantSink>) -> Self {
        Self(sink)
    }

    /// Reports a record. Waiting for the answer is optional.
    pub fn report(&self, record: &SinkRecord, error: ConnectError) -> BoxFuture<'static, Result<(), ConnectError>> {
        self.0.report(record, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_assigned_partitions_can_be_paused() {
        let context = SinkTaskContext::default();
        let mine = TopicPartition::new("t", 0);
        context.set_assignment([mine.clone()].into());
        assert!(context.pause(std::slice::from_ref(&mine)).is_ok());
        let error = context.pause(&[TopicPartition::new("t", 1)]).unwrap_err();
        assert_eq!(
            error.message(),
            Some("SinkTasks may not pause partitions that are not currently assigned to them.")
        );
        assert_eq!(context.paused(), [mine].into());
        context.set_assignment(BTreeSet::new());
        assert!(context.paused().is_empty());
    }

    #[test]
    fn requests_are_taken_once() {
        let context = SinkTaskContext::default();
        context.request_commit();
        context.timeout(Duration::from_secs(1));
        let requests = context.take_requests();
        assert!(requests.commit && requests.timeout.is_some());
        assert!(!context.take_requests().commit);
    }
}
