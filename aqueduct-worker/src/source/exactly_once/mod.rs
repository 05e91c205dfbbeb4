//! The loop of a source task that writes exactly once (KIP-618): what it sends and the offsets behind it go into one
//! transaction, so that either both are there or none.
//!
//! ```text
//! poll → pipeline → producer ─┐
//!             offset writer ──┴→ commit → told to the task
//! ```
//!
//! Before the first transaction the [gate](ExactlyOnceGate) has to let the task through. The producer is the task's alone. A
//! record that was not written fails the commit and with it the task, whatever `errors.tolerance` says: going on would lose it.

mod boundary;
mod failure;
mod gate;
mod pending;

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, SourceControl, SourcePoller, SourceRecord, SourceTask, SourceTaskContext};
use aqueduct_data::ByteString;
use aqueduct_kafka::{ErrorKind, KafkaError, Producer, ProducerLane, ProducerRecord};
use aqueduct_pipeline::{SourceOutcome, SourcePipeline};
use aqueduct_storage::{OffsetWriter, StatusState, StoredOffsets};
use tokio::time::Instant;

use super::acks::Acks;
use super::host::Host;
use super::topics::{Ensured, TopicCreator};
use super::{SEND_BACKOFF, fault, polled, producer_record};
use crate::errors::connect_error;
use crate::metering::SourceFeeds;
use crate::offsets::TaskOffsets;
use crate::status::TaskStatusReporter;
use crate::task::TaskSignals;
use boundary::{Boundary, Verdict};
use failure::{commit_failure, send_failure};
pub use gate::ExactlyOnceGate;
use pending::Pending;

/// How long a task that ends waits for the transaction that it leaves open to be aborted.
const LAST_ABORT: Duration = Duration::from_secs(30);

/// The parts of a source task, made and checked, not yet running.
pub(crate) struct ExactlyOnceRun {
    pub(crate) task: Box<dyn SourceTask>,
    pub(crate) config: ConfigMap,
    pub(crate) pipeline: SourcePipeline,
    /// The task's own, with its transactional id.
    pub(crate) producer: Producer,
    pub(crate) topics: Option<TopicCreator>,
    pub(crate) offsets: TaskOffsets,
    pub(crate) gate: Arc<dyn ExactlyOnceGate>,
    pub(crate) boundary: crate::settings::TransactionBoundary,
    pub(crate) interval: Duration,
    pub(crate) status: TaskStatusReporter,
    pub(crate) track_topics: bool,
    pub(crate) feeds: SourceFeeds,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    On,
    Stop,
}

impl ExactlyOnceRun {
    /// Runs the task to its end.
    pub(crate) async fn run(self, mut signals: TaskSignals) -> Result<(), ConnectError> {
        if signals.is_paused() {
            self.status.report(StatusState::Paused);
            if !signals.resumed().await {
                return Ok(());
            }
        }
        // A task that is to stop meanwhile has shut out nobody yet.
        let stop = signals.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            let_through = pass(&*self.gate, &self.producer) => let_through?,
        }
        let boundary = Boundary::new(self.boundary, self.interval);
        let connector = self.status.id.connector.clone();
        self.offsets.open().await?;
        let host = Host {
            config: self.config.clone(),
            offsets: Arc::new(StoredOffsets::new(&connector, self.offsets.store())),
            transactions: boundary.context(),
            stop: signals.stop.clone(),
            runtime: tokio::runtime::Handle::current(),
        };
        let started = self.task.start(SourceTaskContext::new(Arc::new(host)), self.config).await?;
        self.status.report(StatusState::Running);

        let wants_record = started.control.wants_commit_record();
        let acks = Arc::new(Acks::new(wants_record));
        let register = |acks: &Arc<Acks>| self.producer.register(Arc::clone(acks) as _).map_err(|e| connect_error(&e));
        let offset_acks = Arc::new(Acks::new(false));
        let mut source = Loop {
            pipeline: self.pipeline,
            lane: register(&acks)?,
            acks,
            offset_lane: register(&offset_acks)?,
            offset_acks,
            writer: OffsetWriter::new(&connector, self.offsets.store()),
            producer: self.producer,
            offsets: self.offsets,
            open: false,
            next: 0,
            pending: Pending::new(wants_record),
            lost: None,
            boundary,
            control: started.control,
            topics: self.topics,
            status: self.status,
            track_topics: self.track_topics,
            signals,
            feeds: self.feeds,
        };
        let mut poller = started.poller;
        let mut outcome = source.read(poller.as_mut()).await;
        if outcome.is_ok() {
            outcome = source.end_transaction_at(Boundary::at_end).await;
        }
        if let Err(error) = poller.stop().await {
            tracing::warn!("Could not stop task: {}", error.trace().trim_end());
        }
        source.close().await;
        outcome
    }
}

/// Everything that has to be so before the first transaction.
async fn pass(gate: &dyn ExactlyOnceGate, producer: &Producer) -> Result<(), ConnectError> {
    gate.fence().await?;
    producer.init_transactions().await.map_err(|error| connect_error(&error))?;
    gate.verify().await
}

struct Loop {
    pipeline: SourcePipeline,
    producer: Producer,
    lane: ProducerLane,
    acks: Arc<Acks>,
    /// The lane of the offsets, whose results concern nobody but the commit.
    offset_lane: ProducerLane,
    offset_acks: Arc<Acks>,
    writer: OffsetWriter,
    offsets: TaskOffsets,
    /// A transaction is open.
    open: bool,
    /// The number of the next record.
    next: u64,
    /// What the task is told with the next commit.
    pending: Pending,
    /// Why the first record of the transaction was lost, with which it cannot be committed any more.
    lost: Option<KafkaError>,
    boundary: Boundary,
    control: Arc<dyn SourceControl>,
    topics: Option<TopicCreator>,
    status: TaskStatusReporter,
    track_topics: bool,
    signals: TaskSignals,
    feeds: SourceFeeds,
}

impl Loop {
    /// Polls and sends until the task is to stop.
    async fn read(&mut self, poller: &mut dyn SourcePoller) -> Result<(), ConnectError> {
        self.boundary.begin();
        while !self.signals.stop.is_cancelled() {
            self.collect();
            let began = std::time::Instant::now();
            let batch = {
                let mut poll = poller.poll();
                loop {
                    if self.signals.is_paused() && self.wait_while_paused().await? == Flow::Stop {
                        return Ok(());
                    }
                    // Nothing is due in a transaction that holds nothing.
                    let due = self.boundary.due().filter(|_| self.has_something_to_commit());
                    // A poll that waits is kept, and dropped only when the task stops.
                    tokio::select! {
                        biased;
                        () = self.signals.stop.cancelled() => return Ok(()),
                        batch = &mut poll => break batch,
                        _ = self.signals.target.changed() => {}
                        () = self.acks.arrived() => self.collect(),
                        error = fault(&self.lane) => return Err(self.failed_commit(error)),
                        () = at(due) => self.end_transaction_at(Boundary::after_batch).await?,
                    }
                }
            };
            for record in polled(batch, &self.feeds, began)? {
                if self.send(record).await? == Flow::Stop {
                    return Ok(());
                }
            }
            self.end_transaction_at(Boundary::after_batch).await?;
        }
        Ok(())
    }

    async fn wait_while_paused(&mut self) -> Result<Flow, ConnectError> {
        self.status.report(StatusState::Paused);
        // Else the transaction would run out while nothing happens.
        self.end_transaction_at(Boundary::at_end).await?;
        tracing::info!("The task is paused");
        if !self.signals.resumed().await {
            return Ok(Flow::Stop);
        }
        self.boundary.begin();
        self.status.report(StatusState::Running);
        Ok(Flow::On)
    }

    /// Takes one record through the pipeline and hands it to the producer.
    async fn send(&mut self, source: SourceRecord) -> Result<Flow, ConnectError> {
        let named = self.boundary.names_records();
        let kept = (named || self.pending.keeps_records()).then(|| Box::new(source.clone()));
        let SourceRecord { source_partition, source_offset, record } = source;
        match self.pipeline.process(&source_partition, &source_offset, record)? {
            SourceOutcome::Send(encoded) => {
                let record = producer_record(encoded);
                if self.dispatch(&record).await? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
                self.writer.put(source_partition, Some(source_offset));
                self.pending.sent(self.next - 1, record.topic, kept.clone());
            }
            // The offset of a dropped record is not written: it is committed with the next record that is sent.
            SourceOutcome::Dropped => self.pending.dropped(kept.clone()),
        }
        if let Some(record) = kept.filter(|_| named) {
            self.end_transaction_at(|boundary| boundary.after_record(&record)).await?;
        }
        Ok(Flow::On)
    }

    /// Hands a record to the producer, in a transaction.
    async fn dispatch(&mut self, record: &ProducerRecord) -> Result<Flow, ConnectError> {
        if let Some(lost) = self.lost.take() {
            return Err(send_failure(&self.status.id, &lost));
        }
        if let Some(topics) = &mut self.topics
            && topics.ensure_unless(&record.topic, &self.signals.stop).await? == Ensured::Stopped
        {
            return Ok(Flow::Stop);
        }
        if *record.topic == *self.offsets.topic() {
            // The task would wait for itself: it reads the topic to its end, which an open transaction hides.
            return Err(ConnectError::connect(
                "Source tasks may not produce to their own offsets topics when exactly-once support is enabled",
            ));
        }
        self.ensure_open().await?;
        while let Err(error) = self.lane.send(self.next, record) {
            match error.kind() {
                ErrorKind::QueueFull => tokio::select! {
                    () = self.signals.stop.cancelled() => return Ok(Flow::Stop),
                    () = self.lane.ready() => self.collect(),
                    error = fault(&self.lane) => return Err(self.failed_commit(error)),
                },
                _ if error.is_retriable() => {
                    tracing::warn!("Failed to send record to topic '{}', will try again: {error}", record.topic);
                    tokio::select! {
                        () = self.signals.stop.cancelled() => return Ok(Flow::Stop),
                        () = tokio::time::sleep(SEND_BACKOFF) => {}
                    }
                }
                // The record can never be written: the transaction cannot be committed, only aborted.
                ErrorKind::RecordTooLarge | ErrorKind::InvalidRecord | ErrorKind::Authorization => {
                    self.lost.get_or_insert(error);
                    break;
                }
                _ => {
                    self.collect();
                    let error = self.lost.take().unwrap_or(error);
                    return Err(send_failure(&self.status.id, &error));
                }
            }
        }
        self.next += 1;
        Ok(Flow::On)
    }

    async fn ensure_open(&mut self) -> Result<(), ConnectError> {
        if !self.open {
            self.producer.begin_transaction().await.map_err(|error| send_failure(&self.status.id, &error))?;
            self.open = true;
        }
        Ok(())
    }

    fn has_something_to_commit(&self) -> bool {
        self.open || self.writer.pending() > 0
    }

    /// Takes the results that have arrived.
    fn collect(&mut self) {
        let delivered = self.acks.take();
        let written: u64 = delivered.acknowledged.iter().map(|run| run.end - run.start).sum();
        let (status, track) = (&self.status, self.track_topics);
        let used = |topic: &ByteString| {
            if track {
                status.listener.topic_used(&status.id, topic);
            }
        };
        self.pending.acknowledged(&delivered.acknowledged, delivered.metadata, used);
        let dropped = self.pending.take_dropped_count() + delivered.failed.len();
        self.feeds.source.finished(usize::try_from(written).unwrap_or(usize::MAX), dropped);
        let lost = delivered.failed.into_iter().chain(self.offset_acks.take().failed).next();
        if let Some((_, error)) = lost {
            self.lost.get_or_insert(error);
        }
    }

    /// Ends the transaction if that is due here.
    async fn end_transaction_at(
        &mut self,
        place: impl FnOnce(&mut Boundary) -> Result<Verdict, ConnectError>,
    ) -> Result<(), ConnectError> {
        match place(&mut self.boundary)? {
            Verdict::GoOn => Ok(()),
            Verdict::Commit => self.commit().await,
            Verdict::Abort => {
                self.abort().await?;
                self.commit().await
            }
        }
    }

    /// Commits the transaction with the offsets behind its records.
    async fn commit(&mut self) -> Result<(), ConnectError> {
        let began = std::time::Instant::now();
        if self.has_something_to_commit() {
            let records = self.pending.count();
            let committed = self.commit_transaction().await;
            self.feeds.task.commit(began, committed.is_ok());
            let offsets = committed?;
            self.feeds.source.transaction(records);
            tracing::debug!("Committed {records} records and the offsets of {} source partitions", offsets.len());
            self.offsets.committed(offsets).await;
        } else {
            self.feeds.task.commit(began, true);
        }
        self.pending.tell(&*self.control);
        if let Err(error) = self.control.commit().await {
            tracing::error!("Exception thrown while calling task.commit(): {}", error.trace().trim_end());
        }
        Ok(())
    }

    async fn commit_transaction(&mut self) -> Result<aqueduct_storage::OffsetEntries, ConnectError> {
        // After an abort only the offsets are left, which need a transaction too.
        self.ensure_open().await?;
        let entries = match self.writer.unstored() {
            Ok(entries) => entries,
            Err(error) => return Err(commit_failure(&self.status.id, error)),
        };
        if let Err(error) = self.write_offsets(&entries).await {
            return Err(self.failed_commit(error));
        }
        // It waits until all of it is written.
        if self.lost.is_none()
            && let Err(error) = self.producer.commit_transaction().await
        {
            return Err(self.failed_commit(error));
        }
        self.collect();
        if let Some(lost) = self.lost.take() {
            return Err(self.failed_commit(lost));
        }
        self.open = false;
        self.writer.stored();
        Ok(entries)
    }

    async fn write_offsets(&mut self, entries: &aqueduct_storage::OffsetEntries) -> Result<(), KafkaError> {
        for (sequence, (key, value)) in (0..).zip(entries) {
            let record = ProducerRecord {
                topic: self.offsets.topic().into(),
                partition: None,
                key: Some(key.clone().into()),
                value: value.clone().map(Into::into),
                timestamp: None,
                headers: Vec::new(),
            };
            while let Err(error) = self.offset_lane.send(sequence, &record) {
                match error.kind() {
                    ErrorKind::QueueFull => self.offset_lane.ready().await,
                    _ if error.is_retriable() => tokio::time::sleep(SEND_BACKOFF).await,
                    _ => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Drops what the transaction holds, as the task wishes.
    async fn abort(&mut self) -> Result<(), ConnectError> {
        if !self.open {
            tracing::warn!("Ignoring request by task to abort transaction as the current transaction is empty");
            return Ok(());
        }
        self.producer
            .abort_transaction()
            .await
            .map_err(|error| commit_failure(&self.status.id, connect_error(&error)))?;
        self.open = false;
        self.collect();
        // What was lost would have been dropped anyway.
        self.lost = None;
        self.pending.aborted();
        Ok(())
    }

    /// The failure of a commit, with the reason that says most.
    fn failed_commit(&mut self, error: KafkaError) -> ConnectError {
        self.collect();
        let error = self.lost.take().filter(|_| error.kind() != ErrorKind::Fenced).unwrap_or(error);
        tracing::error!("Failed to commit producer transaction: {error}");
        commit_failure(&self.status.id, connect_error(&error))
    }

    /// Aborts what is left open, so that readers need not wait until the brokers do.
    async fn close(self) {
        if !self.open || self.producer.fault().is_some() {
            return;
        }
        tracing::info!("Aborting incomplete transaction due to shutdown");
        match tokio::time::timeout(LAST_ABORT, self.producer.abort_transaction()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("The transaction was not aborted, the brokers will do it: {error}"),
            Err(_) => tracing::warn!("The transaction was not aborted in time, the brokers will do it"),
        }
    }
}

/// Waits until then; for ever if there is no such time.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
