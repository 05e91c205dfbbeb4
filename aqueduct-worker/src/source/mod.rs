//! The loop of a source task: poll, transform and convert, send, and commit what was acknowledged.
//!
//! ```text
//! poll → pipeline → producer        acknowledged → submitted → offset writer → offset store
//! ```
//!
//! Everything here runs in the task's own loop but the acknowledgements, which the producer's thread leaves in [`Acks`].
//! At least once: an offset is stored only after its record, and all before it, are safe in Kafka. Tasks that write exactly
//! once have a loop of their own, [`exactly_once`].

mod acks;
mod exactly_once;
mod host;
mod submitted;
mod topics;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{
    ConfigMap, ConnectError, RecordMetadata, SourceControl, SourcePoller, SourceRecord, SourceTask, SourceTaskContext,
};
use aqueduct_data::ByteString;
use aqueduct_kafka::{ErrorKind, Producer, ProducerLane, ProducerRecord};
use aqueduct_pipeline::{EncodedRecord, Original, SourceOutcome, SourcePipeline, Stage, Tolerance};
use aqueduct_storage::{OffsetStore, OffsetWriter, StatusState, StoredOffsets};
use tokio::time::Instant;

use crate::errors::connect_error;
use crate::metering::SourceFeeds;
use crate::status::TaskStatusReporter;
use crate::task::TaskSignals;
use acks::Acks;
use host::Host;
use submitted::Submitted;

pub use exactly_once::ExactlyOnceGate;
pub(crate) use exactly_once::ExactlyOnceRun;
use topics::Ensured;
pub(crate) use topics::TopicCreator;

/// The class that Java names when a record could not be produced.
const PRODUCING_CLASS: &str = "org.apache.kafka.connect.runtime.WorkerSourceTask";
/// How long to wait before a record is tried again that could not be sent for a passing reason.
const SEND_BACKOFF: Duration = Duration::from_millis(100);

/// The parts of a source task, made and checked, not yet running.
pub(crate) struct SourceRun {
    pub(crate) task: Box<dyn SourceTask>,
    pub(crate) config: ConfigMap,
    pub(crate) pipeline: SourcePipeline,
    pub(crate) producer: Producer,
    pub(crate) topics: Option<TopicCreator>,
    pub(crate) offsets: Arc<dyn OffsetStore>,
    pub(crate) status: TaskStatusReporter,
    pub(crate) track_topics: bool,
    pub(crate) flush_interval: Duration,
    pub(crate) flush_timeout: Duration,
    pub(crate) feeds: SourceFeeds,
}

/// What stays with a record until it is acknowledged.
struct Kept {
    topic: ByteString,
    record: Option<Box<SourceRecord>>,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    On,
    Stop,
}

impl SourceRun {
    /// Runs the task to its end. The parts are boxed, and the loop: what a future holds across a wait it holds twice when it
    /// moves it.
    pub(crate) async fn run(self: Box<Self>, mut signals: TaskSignals) -> Result<(), ConnectError> {
        let Self {
            task,
            config,
            pipeline,
            producer,
            topics,
            offsets,
            status,
            track_topics,
            flush_interval,
            flush_timeout,
            feeds,
        } = *self;
        if signals.is_paused() {
            status.report(StatusState::Paused);
            if !signals.resumed().await {
                return Ok(());
            }
        }
        let connector = status.id.connector.clone();
        let host = Host {
            config: config.clone(),
            offsets: Arc::new(StoredOffsets::new(&connector, Arc::clone(&offsets))),
            transactions: None,
            stop: signals.stop.clone(),
            runtime: tokio::runtime::Handle::current(),
        };
        let started = task.start(SourceTaskContext::new(Arc::new(host)), config).await?;
        status.report(StatusState::Running);

        let wants_record = started.control.wants_commit_record();
        let acks = Arc::new(Acks::new(wants_record));
        let lane = producer.register(Arc::clone(&acks) as _).map_err(|error| connect_error(&error))?;
        let mut source = Box::new(Loop {
            pipeline,
            lane,
            acks,
            submitted: Submitted::new(),
            lost: 0,
            writer: OffsetWriter::new(&connector, offsets),
            control: started.control,
            topics,
            status,
            track_topics,
            tracked: HashMap::new(),
            wants_record,
            next_commit: Instant::now() + flush_interval,
            flush_interval,
            flush_timeout,
            signals,
            feeds,
            dropped: 0,
        });
        let mut poller = started.poller;
        let outcome = source.read(poller.as_mut()).await;
        source.finish().await;
        if let Err(error) = poller.stop().await {
            tracing::warn!("Could not stop task: {}", error.trace().trim_end());
        }
        outcome
    }
}

struct Loop {
    pipeline: SourcePipeline,
    lane: ProducerLane,
    acks: Arc<Acks>,
    submitted: Submitted<Kept>,
    /// Records that failed for good and stay unacknowledged.
    lost: usize,
    writer: OffsetWriter,
    control: Arc<dyn SourceControl>,
    topics: Option<TopicCreator>,
    status: TaskStatusReporter,
    track_topics: bool,
    tracked: HashMap<ByteString, ()>,
    wants_record: bool,
    next_commit: Instant,
    flush_interval: Duration,
    flush_timeout: Duration,
    signals: TaskSignals,
    feeds: SourceFeeds,
    /// Records that ended on the way and are not counted yet.
    dropped: usize,
}

impl Loop {
    /// Polls and sends until the task is to stop.
    async fn read(&mut self, poller: &mut dyn SourcePoller) -> Result<(), ConnectError> {
        while !self.signals.stop.is_cancelled() {
            self.collect()?;
            let began = std::time::Instant::now();
            let batch = {
                let mut poll = poller.poll();
                loop {
                    if self.signals.is_paused() && self.wait_while_paused().await == Flow::Stop {
                        return Ok(());
                    }
                    // A poll that waits is kept while offsets are committed, and dropped only when the task stops.
                    tokio::select! {
                        biased;
                        () = self.signals.stop.cancelled() => return Ok(()),
                        batch = &mut poll => break batch,
                        _ = self.signals.target.changed() => {}
                        () = self.acks.arrived() => self.collect()?,
                        error = fault(&self.lane) => return Err(send_failure(error)),
                        () = tokio::time::sleep_until(self.next_commit) => self.commit_when_due().await?,
                    }
                }
            };
            for record in polled(batch, &self.feeds, began)? {
                if self.send(record).await? == Flow::Stop {
                    return Ok(());
                }
            }
            // A source that always has data would never let the branch above commit.
            if Instant::now() >= self.next_commit {
                self.commit_when_due().await?;
            }
        }
        Ok(())
    }

    async fn wait_while_paused(&mut self) -> Flow {
        self.status.report(StatusState::Paused);
        tracing::info!("The task is paused");
        while self.signals.is_paused() {
            tokio::select! {
                () = self.signals.stop.cancelled() => return Flow::Stop,
                changed = self.signals.target.changed() => if changed.is_err() { return Flow::Stop },
                () = tokio::time::sleep_until(self.next_commit) => {
                    if let Err(error) = self.commit_when_due().await {
                        // The loop meets the same failure again as soon as it goes on.
                        tracing::warn!("A record failed while the task is paused: {error}");
                    }
                }
            }
        }
        self.status.report(StatusState::Running);
        Flow::On
    }

    /// Takes one record through the pipeline and hands it to the producer.
    async fn send(&mut self, source: SourceRecord) -> Result<Flow, ConnectError> {
        let kept = self.wants_record.then(|| Box::new(source.clone()));
        let SourceRecord { source_partition, source_offset, record } = source;
        let encoded = match self.pipeline.process(&source_partition, &source_offset, record)? {
            SourceOutcome::Send(encoded) => encoded,
            SourceOutcome::Dropped => {
                self.dropped += 1;
                // The offset of a dropped record is not tracked: it is committed with the next record that is sent.
                if let Some(record) = kept {
                    tell_task(&*self.control, &record, None);
                }
                return Ok(Flow::On);
            }
        };
        if let Some(topics) = &mut self.topics
            && topics.ensure_unless(&encoded.topic, &self.signals.stop).await? == Ensured::Stopped
        {
            return Ok(Flow::Stop);
        }
        let kept = Kept { topic: encoded.topic.clone(), record: kept };
        let sequence = self.submitted.submit(source_partition, source_offset, kept);
        let record = producer_record(encoded);
        loop {
            let Err(error) = self.lane.send(sequence, &record) else {
                return Ok(Flow::On);
            };
            match error.kind() {
                ErrorKind::QueueFull => {
                    if self.wait_for_room().await? == Flow::Stop {
                        self.submitted.withdraw_last();
                        return Ok(Flow::Stop);
                    }
                }
                _ if error.is_retriable() => {
                    tracing::warn!("Failed to send record to topic '{}', will try again: {error}", record.topic);
                    tokio::select! {
                        () = self.signals.stop.cancelled() => {
                            self.submitted.withdraw_last();
                            return Ok(Flow::Stop);
                        }
                        () = tokio::time::sleep(SEND_BACKOFF) => {}
                    }
                }
                _ => {
                    self.failed(sequence, &error)?;
                    return Ok(Flow::On);
                }
            }
        }
    }

    /// Waits until the producer takes records again; offsets are committed meanwhile.
    async fn wait_for_room(&mut self) -> Result<Flow, ConnectError> {
        tokio::select! {
            () = self.signals.stop.cancelled() => return Ok(Flow::Stop),
            () = self.lane.ready() => self.collect()?,
            error = fault(&self.lane) => return Err(send_failure(error)),
            () = tokio::time::sleep_until(self.next_commit) => self.commit_when_due().await?,
        }
        Ok(Flow::On)
    }

    /// Takes the results that have arrived; a record that failed for good fails the task, unless that is tolerated.
    fn collect(&mut self) -> Result<(), ConnectError> {
        let delivered = self.acks.take();
        let outstanding = self.submitted.outstanding();
        let mut metadata = delivered.metadata.into_iter().peekable();
        for run in delivered.acknowledged {
            let (control, status, tracked) = (&self.control, &self.status, &mut self.tracked);
            let track = self.track_topics;
            self.submitted.acknowledge(run, |sequence, kept| {
                if track && !tracked.contains_key(&kept.topic) {
                    status.listener.topic_used(&status.id, &kept.topic);
                    tracked.insert(kept.topic.clone(), ());
                }
                if let Some(record) = &kept.record {
                    while metadata.next_if(|(other, _)| *other < sequence).is_some() {}
                    let landed = metadata.next_if(|(other, _)| *other == sequence).map(|(_, landed)| RecordMetadata {
                        topic: kept.topic.clone(),
                        partition: landed.partition,
                        offset: u64::try_from(landed.offset).ok().map(|_| landed.offset),
                    });
                    tell_task(&**control, record, landed.as_ref());
                }
            });
        }
        let written = outstanding - self.submitted.outstanding();
        self.feeds.source.finished(written, std::mem::take(&mut self.dropped));
        // Acknowledged records make room here, not at the next commit: a source reads millions of them in between.
        let writer = &mut self.writer;
        self.submitted.committable(|partition, offset| writer.put(partition, Some(offset)));
        let mut first = Ok(());
        for (sequence, error) in delivered.failed {
            first = first.and(self.failed(sequence, &error));
        }
        first
    }

    /// A record will never be in Kafka.
    fn failed(&mut self, sequence: u64, error: &aqueduct_kafka::KafkaError) -> Result<(), ConnectError> {
        if self.pipeline.operator().tolerance() == Tolerance::None {
            // The record stays unacknowledged for ever, so no offset behind it is ever committed.
            self.lost += 1;
            return Err(send_failure(error.clone()));
        }
        let failure = connect_error(error);
        self.pipeline.operator().report(Stage::KafkaProduce, PRODUCING_CLASS, Original::Unknown, failure)?;
        self.dropped += 1;
        let control = &self.control;
        self.submitted.acknowledge(sequence..sequence + 1, |_, kept| {
            if let Some(record) = &kept.record {
                tell_task(&**control, record, None);
            }
        });
        Ok(())
    }

    async fn commit_when_due(&mut self) -> Result<(), ConnectError> {
        self.next_commit = Instant::now() + self.flush_interval;
        self.collect()?;
        self.commit(self.flush_timeout).await;
        Ok(())
    }

    /// Stores the committable offsets. A failure is logged, and they go with the next commit.
    async fn commit(&mut self, timeout: Duration) {
        let began = std::time::Instant::now();
        let flushed = self.writer.flush(timeout).await;
        self.feeds.task.commit(began, flushed.is_ok());
        let committed = match flushed {
            Ok(partitions) => {
                tracing::debug!("Committed the offsets of {partitions} source partitions");
                self.control.commit().await
            }
            Err(error) => {
                tracing::error!(
                    "Failed to commit offsets, will try again with the next commit: {}",
                    error.trace().trim_end()
                );
                return;
            }
        };
        if let Err(error) = committed {
            tracing::error!("Exception thrown while calling task.commit(): {}", error.trace().trim_end());
        }
    }

    /// Waits for what is on its way, then commits for the last time. Done also when the task has failed: what was
    /// acknowledged need not be read again.
    async fn finish(&mut self) {
        let deadline = Instant::now() + self.flush_timeout;
        loop {
            if let Err(error) = self.collect() {
                tracing::warn!("A record failed while the task ends: {error}");
            }
            if self.submitted.outstanding() <= self.lost {
                break;
            }
            let acks = Arc::clone(&self.acks);
            if self.lane.producer().fault().is_some()
                || tokio::time::timeout_at(deadline, acks.arrived()).await.is_err()
            {
                tracing::warn!(
                    "{} records were not acknowledged within {} ms (offset.flush.timeout.ms); they are read again after the \
                     next start",
                    self.submitted.outstanding(),
                    self.flush_timeout.as_millis()
                );
                break;
            }
        }
        self.commit(self.flush_timeout).await;
    }
}

/// The records of a poll that began then, counted. A source that can be read later has none for now.
fn polled(
    batch: Result<Option<Vec<SourceRecord>>, ConnectError>,
    feeds: &SourceFeeds,
    began: std::time::Instant,
) -> Result<Vec<SourceRecord>, ConnectError> {
    match batch {
        Ok(Some(batch)) => {
            feeds.source.polled(batch.len(), began);
            feeds.task.batch(batch.len());
            Ok(batch)
        }
        Ok(None) => Ok(Vec::new()),
        Err(error) if error.is_retriable() => {
            tracing::warn!("The source could not be read, will try again: {}", error.trace().trim_end());
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

async fn fault(lane: &ProducerLane) -> aqueduct_kafka::KafkaError {
    lane.producer().faulted().await
}

fn send_failure(error: aqueduct_kafka::KafkaError) -> ConnectError {
    ConnectError::connect("Unrecoverable exception from producer send callback").caused_by(connect_error(&error))
}

fn tell_task(control: &dyn SourceControl, record: &SourceRecord, metadata: Option<&RecordMetadata>) {
    if let Err(error) = control.commit_record(record, metadata) {
        tracing::error!("Exception thrown while calling task.commitRecord(): {}", error.trace().trim_end());
    }
}

/// A record as the producer takes it.
pub(crate) fn producer_record(encoded: EncodedRecord) -> ProducerRecord {
    let EncodedRecord { topic, partition, key, value, timestamp, headers } = encoded;
    ProducerRecord { topic, partition, key, value, timestamp, headers }
}
