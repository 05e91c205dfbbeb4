//! The loop of a sink task: consume, convert and transform, put, and commit what the destination has.
//!
//! ```text
//! consumer → pipeline → put          pre_commit → consumer commit
//! ```
//!
//! Rebalances come as events of the consumer and are answered in the same loop, so nothing here is called from two
//! places at once. An offset is committed only after the task said that it is safe.

mod dead_letters;
mod errant;
mod offsets;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{
    ConfigMap, ConnectError, ErrantRecordReporter, SinkBatch, SinkOffsets, SinkRecord, SinkTask, SinkTaskContext,
    TimestampType, TopicPartition,
};
use aqueduct_data::ByteString;
use aqueduct_kafka::{Admin, Consumer, ConsumerEvent, ConsumerRecord, TopicFilter};
use aqueduct_pipeline::{ConsumedRecord, SinkOutcome, SinkPipeline};
use aqueduct_storage::StatusState;
use tokio::time::Instant;

use crate::errors::connect_error;
use crate::metering::SinkFeeds;
use crate::status::TaskStatusReporter;
use crate::task::TaskSignals;
pub(crate) use dead_letters::{DeadLetterQueue, DeadLetterReporter};
pub(crate) use errant::ErrantRecords;
use offsets::{Positions, from_kafka, to_kafka, to_kafka_offsets};

/// How long a position may be asked for before it is asked for again.
const POSITION_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last commit of a partition may take.
const LAST_COMMIT_TIMEOUT: Duration = Duration::from_secs(30);

/// What a sink task consumes.
pub(crate) enum Subscription {
    /// These topics.
    Topics(Vec<String>),
    /// Every topic that fits.
    Pattern(TopicFilter),
}

/// The parts of a sink task, made and checked, not yet running.
pub(crate) struct SinkRun {
    pub(crate) task: Box<dyn SinkTask>,
    pub(crate) config: ConfigMap,
    pub(crate) pipeline: SinkPipeline,
    pub(crate) consumer: Consumer,
    pub(crate) subscription: Subscription,
    pub(crate) status: TaskStatusReporter,
    pub(crate) track_topics: bool,
    pub(crate) flush_interval: Duration,
    pub(crate) flush_timeout: Duration,
    pub(crate) bad_records: BadRecords,
    pub(crate) feeds: SinkFeeds,
}

/// Where bad records go, beside the log.
#[derive(Default)]
pub(crate) struct BadRecords {
    /// The dead letter queue, with what makes its topic.
    pub(crate) queue: Option<Arc<DeadLetterQueue>>,
    pub(crate) set_up: Option<QueueSetUp>,
    /// Takes those that the task finds.
    pub(crate) errant: Option<Arc<ErrantRecords>>,
}

/// How to make a dead letter queue's topic.
pub(crate) struct QueueSetUp {
    pub(crate) admin: Admin,
    pub(crate) replication_factor: i16,
}

impl SinkRun {
    /// Runs the task to its end.
    pub(crate) async fn run(self: Box<Self>, mut signals: TaskSignals) -> Result<(), ConnectError> {
        let Self {
            mut task,
            config,
            pipeline,
            mut consumer,
            subscription,
            status,
            track_topics,
            flush_interval,
            flush_timeout,
            bad_records: BadRecords { queue, set_up, errant },
            feeds,
        } = *self;
        if signals.is_paused() {
            status.report(StatusState::Paused);
            if !signals.resumed().await {
                return stop(task.as_mut(), consumer).await;
            }
        }
        let reporter = errant.as_ref().map(|errant| ErrantRecordReporter::new(Arc::clone(errant) as _));
        let context = SinkTaskContext::new(config.clone(), reporter);
        let begun = async {
            if let (Some(queue), Some(QueueSetUp { admin, replication_factor })) = (&queue, set_up) {
                dead_letters::prepare(&admin, &queue.form.topic, replication_factor).await?;
            }
            match subscription {
                Subscription::Topics(topics) => {
                    let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
                    consumer.subscribe(&topics)
                }
                Subscription::Pattern(filter) => consumer.subscribe_pattern(filter),
            }
            .map_err(|error| connect_error(&error))?;
            task.start(context.clone(), config).await
        };
        if let Err(error) = begun.await {
            let _ = stop(task.as_mut(), consumer).await;
            return Err(error);
        }
        status.report(StatusState::Running);
        let mut sink = Box::new(Loop {
            task,
            pipeline,
            consumer,
            context,
            status,
            signals,
            track_topics,
            tracked: BTreeSet::new(),
            positions: Positions::default(),
            batch: None,
            spare: Vec::new(),
            paused: false,
            paused_for_redelivery: false,
            held: BTreeSet::new(),
            commit: Commit { running: false, seqno: 0, started: Instant::now(), requested: false },
            next_commit: Instant::now() + flush_interval,
            flush_interval,
            flush_timeout,
            queue,
            errant,
            feeds,
        });
        let outcome = sink.consume().await;
        // What was delivered is committed, also when the task has failed.
        let rest = sink.positions.delivered_partitions();
        let closed = sink.commit_and_close(&rest).await;
        let Loop { mut task, consumer, .. } = *sink;
        let _ = stop(task.as_mut(), consumer).await;
        outcome.and(closed)
    }
}

async fn stop(task: &mut dyn SinkTask, consumer: Consumer) -> Result<(), ConnectError> {
    if let Err(error) = task.stop().await {
        tracing::warn!("Could not stop task: {}", error.trace().trim_end());
    }
    consumer.close(LAST_COMMIT_TIMEOUT).await;
    Ok(())
}

struct Commit {
    running: bool,
    seqno: u64,
    started: Instant,
    requested: bool,
}

struct Loop {
    task: Box<dyn SinkTask>,
    pipeline: SinkPipeline,
    consumer: Consumer,
    context: SinkTaskContext,
    status: TaskStatusReporter,
    signals: TaskSignals,
    track_topics: bool,
    tracked: BTreeSet<ByteString>,
    positions: Positions,
    /// Records that were converted and are not delivered yet.
    batch: Option<SinkBatch>,
    /// The room of the last batch, for the next.
    spare: Vec<SinkRecord>,
    /// The target state is PAUSED and the consumer knows.
    paused: bool,
    paused_for_redelivery: bool,
    /// The partitions that the task paused, as the consumer knows them.
    held: BTreeSet<TopicPartition>,
    commit: Commit,
    next_commit: Instant,
    flush_interval: Duration,
    flush_timeout: Duration,
    queue: Option<Arc<DeadLetterQueue>>,
    errant: Option<Arc<ErrantRecords>>,
    feeds: SinkFeeds,
}

impl Loop {
    /// Consumes and delivers until the task is to stop.
    async fn consume(&mut self) -> Result<(), ConnectError> {
        loop {
            if self.signals.stop.is_cancelled() {
                return Ok(());
            }
            self.follow_target()?;
            self.commit_when_due().await?;
            let wait = self.take_requests()?;
            let event = tokio::select! {
                biased;
                () = self.signals.stop.cancelled() => return Ok(()),
                changed = self.signals.target.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    continue;
                }
                event = self.consumer.poll(wait) => event.map_err(|error| connect_error(&error))?,
            };
            match event {
                ConsumerEvent::Records(records) => {
                    self.convert(records)?;
                    self.deliver().await?;
                }
                ConsumerEvent::Idle => self.deliver().await?,
                ConsumerEvent::Woken | ConsumerEvent::ReachedEnd(_) => {}
                ConsumerEvent::Assigned(partitions) => self.assigned(&from_kafka(&partitions)).await?,
                ConsumerEvent::Revoked(partitions) => self.revoked(&from_kafka(&partitions)).await?,
                ConsumerEvent::Lost(partitions) => self.lost(&from_kafka(&partitions)).await?,
                ConsumerEvent::Committed { seqno, result } => self.committed(seqno, result),
            }
        }
    }

    /// Pauses or resumes consumption as the user wants it. Polling goes on while paused, to stay in the group.
    fn follow_target(&mut self) -> Result<(), ConnectError> {
        let paused = self.signals.is_paused();
        if paused == self.paused {
            return Ok(());
        }
        self.paused = paused;
        if paused {
            let all = self.consumer.assignment();
            self.consumer.pause(&all).map_err(|error| connect_error(&error))?;
            self.status.report(StatusState::Paused);
            self.commit.requested = true;
        } else {
            self.resume_what_may_run()?;
            self.status.report(StatusState::Running);
        }
        Ok(())
    }

    /// Resumes every partition that neither the task nor the user nor a pending redelivery holds back.
    fn resume_what_may_run(&mut self) -> Result<(), ConnectError> {
        if self.paused || self.paused_for_redelivery {
            return Ok(());
        }
        self.held = self.context.paused();
        let held = &self.held;
        let mut free = self.consumer.assignment();
        free.retain(|tp| !held.contains(&TopicPartition { topic: tp.topic.clone(), partition: tp.partition }));
        self.consumer.resume(&free).map_err(|error| connect_error(&error))
    }

    /// Carries out what the task asked for; answers how long to wait for records.
    fn take_requests(&mut self) -> Result<Duration, ConnectError> {
        let requests = self.context.take_requests();
        self.commit.requested |= requests.commit;
        for (partition, offset) in requests.offsets {
            self.consumer.seek(&to_kafka(&partition), offset);
            self.positions.rewind(&partition, offset);
        }
        let held = self.context.paused();
        if held != self.held && !self.paused && !self.paused_for_redelivery {
            let silent: Vec<_> = held.iter().map(to_kafka).collect();
            self.consumer.pause(&silent).map_err(|error| connect_error(&error))?;
            self.resume_what_may_run()?;
        }
        let until_commit = self.next_commit.saturating_duration_since(Instant::now());
        let until_commit = if self.commit.requested && !self.commit.running { Duration::ZERO } else { until_commit };
        Ok(requests.timeout.map_or(until_commit, |timeout| timeout.min(until_commit)))
    }

    fn convert(&mut self, records: Vec<ConsumerRecord>) -> Result<(), ConnectError> {
        let mut converted = match self.batch.take() {
            Some(batch) => Arc::unwrap_or_clone(batch),
            None => std::mem::take(&mut self.spare),
        };
        converted.reserve(records.len());
        self.feeds.sink.read(records.len());
        // A topic is in use from its first readable record on.
        let mut untracked = None;
        for record in records {
            let begins_run = self.positions.consumed(&record.topic, record.partition, record.offset + 1);
            if begins_run {
                let is_new = self.track_topics && !self.tracked.contains(&record.topic);
                untracked = is_new.then(|| record.topic.clone());
            }
            let outcome = self.pipeline.process(consumed_record(record), &mut converted)?;
            if outcome != SinkOutcome::Unreadable
                && let Some(topic) = untracked.take()
            {
                self.status.listener.topic_used(&self.status.id, &topic);
                self.tracked.insert(topic);
            }
        }
        self.feeds.sink.active(self.positions.uncommitted());
        self.batch = Some(Arc::new(converted));
        Ok(())
    }

    /// Puts the batch, empty or not. A batch that the task could not take for now is kept and put again.
    async fn deliver(&mut self) -> Result<(), ConnectError> {
        let batch = self.batch.take().unwrap_or_default();
        let (began, count) = (std::time::Instant::now(), batch.len());
        match self.task.put(Arc::clone(&batch)).await {
            Ok(()) => {
                self.feeds.sink.put(count, began);
                self.feeds.task.batch(count);
                if let Some(error) = self.errant.as_ref().and_then(|errant| errant.take_failure()) {
                    return Err(error);
                }
                self.positions.delivered();
                if let Some(mut records) = Arc::into_inner(batch) {
                    records.clear();
                    self.spare = records;
                }
                if self.paused_for_redelivery {
                    self.paused_for_redelivery = false;
                    self.resume_what_may_run()?;
                }
                Ok(())
            }
            Err(error) if error.is_retriable() => {
                tracing::error!(
                    "RetriableException from SinkTask, will put the batch again: {}",
                    error.trace().trim_end()
                );
                self.batch = Some(batch);
                if !self.paused_for_redelivery {
                    self.paused_for_redelivery = true;
                    let all = self.consumer.assignment();
                    self.consumer.pause(&all).map_err(|error| connect_error(&error))?;
                }
                Ok(())
            }
            Err(error) => {
                Err(ConnectError::connect("Exiting WorkerSinkTask due to unrecoverable exception.").caused_by(error))
            }
        }
    }

    async fn commit_when_due(&mut self) -> Result<(), ConnectError> {
        let now = Instant::now();
        if self.commit.running && now >= self.commit.started + self.flush_timeout {
            tracing::warn!("Commit of offsets timed out");
            self.commit.running = false;
        }
        if !self.commit.running && (self.commit.requested || now >= self.next_commit) {
            self.commit.requested = false;
            self.next_commit = now + self.flush_interval;
            self.start_commit().await?;
        }
        Ok(())
    }

    /// Asks the task what is safe and commits that, without waiting for the answer.
    async fn start_commit(&mut self) -> Result<(), ConnectError> {
        let assigned: Vec<TopicPartition> = from_kafka(&self.consumer.assignment());
        if let Some(queue) = &self.queue {
            tokio::select! {
                // Then the last commit waits for them.
                () = self.signals.stop.cancelled() => return Ok(()),
                settled = queue.settled(&assigned) => settled?,
            }
        }
        let offered = self.positions.deliverable(&assigned);
        if offered.is_empty() {
            return Ok(());
        }
        self.commit.seqno += 1;
        self.feeds.sink.commit_started(self.commit.seqno);
        let began = std::time::Instant::now();
        let safe = match self.task.pre_commit(offered.clone()).await {
            Ok(safe) => safe,
            Err(error) => {
                tracing::error!(
                    "Offset commit failed, rewinding to last committed offsets: {}",
                    error.trace().trim_end()
                );
                for (partition, offset) in self.positions.last_committed(&assigned) {
                    self.consumer.seek(&to_kafka(&partition), offset);
                    self.positions.rewind(&partition, offset);
                }
                self.feeds.task.commit(began, false);
                // What was converted and not delivered comes again too.
                self.batch = None;
                return Ok(());
            }
        };
        if let Some(offsets) = self.positions.to_commit(&offered, safe) {
            self.commit.running = true;
            self.commit.started = Instant::now();
            if let Err(error) = self.consumer.commit_async(&to_kafka_offsets(&offsets), self.commit.seqno) {
                self.commit.running = false;
                tracing::error!(
                    "Commit of offsets threw an unexpected exception for sequence number {}: {error}",
                    self.commit.seqno
                );
                return Ok(());
            }
            self.positions.committing(offsets);
        }
        Ok(())
    }

    fn committed(&mut self, seqno: u64, result: Result<(), aqueduct_kafka::KafkaError>) {
        if seqno != self.commit.seqno {
            self.feeds.sink.commit_skipped();
            tracing::debug!("Skipping the answer to commit {seqno}, which is not the latest");
            return;
        }
        self.commit.running = false;
        self.feeds.task.commit(self.commit.started.into_std(), result.is_ok());
        match result {
            Ok(()) => {
                self.positions.committed();
                self.committed_well();
            }
            Err(error) => {
                tracing::error!("Commit of offsets threw an unexpected exception for sequence number {seqno}: {error}");
            }
        }
    }

    fn committed_well(&self) {
        self.feeds.sink.commit_completed();
        self.feeds.sink.active(self.positions.uncommitted());
    }

    /// The last commit of partitions that the task gives up, and the task's farewell to them.
    async fn commit_and_close(&mut self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        let offered = self.positions.deliverable(partitions);
        if partitions.is_empty() || offered.is_empty() {
            return Ok(());
        }
        self.commit.seqno += 1;
        self.feeds.sink.commit_started(self.commit.seqno);
        self.commit.running = false;
        let letters = match &self.queue {
            Some(queue) => last_letters(queue, partitions).await,
            None => Ok(()),
        };
        let safe = self.task.pre_commit(offered.clone()).await;
        let closed = self.task.close(partitions.to_vec()).await;
        match safe {
            Ok(mut safe) => {
                safe.retain(|partition, _| self.queue.as_ref().is_none_or(|queue| !queue.is_open(partition)));
                if let Some(offsets) = self.positions.to_commit(&offered, safe) {
                    let answer = self.consumer.commit_sync(&to_kafka_offsets(&offsets), LAST_COMMIT_TIMEOUT).await;
                    match answer {
                        Ok(()) => {
                            self.positions.committing(offsets);
                            self.positions.committed();
                            self.committed_well();
                        }
                        Err(error) => tracing::error!(
                            "Commit of offsets threw an unexpected exception for sequence number {}: {error}",
                            self.commit.seqno
                        ),
                    }
                }
            }
            Err(error) => tracing::warn!("Offset commit failed during close: {}", error.trace().trim_end()),
        }
        letters.and(closed)
    }

    async fn assigned(&mut self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        let wanted: Vec<_> = partitions.iter().map(to_kafka).collect();
        let positions = loop {
            let asked = tokio::select! {
                () = self.signals.stop.cancelled() => return Ok(()),
                asked = self.consumer.positions(&wanted, POSITION_TIMEOUT) => asked,
            };
            match asked {
                Ok(positions) => break positions,
                Err(error) if error.is_retriable() => {
                    tracing::warn!("Could not find out where to begin, will try again: {error}");
                }
                Err(error) => return Err(connect_error(&error)),
            }
        };
        let mut begin: SinkOffsets = positions
            .into_iter()
            .map(|(tp, offset)| (TopicPartition { topic: tp.topic, partition: tp.partition }, offset))
            .collect();
        for (partition, offset) in &begin {
            self.positions.rewind(partition, *offset);
        }
        let mut all: BTreeSet<TopicPartition> = from_kafka(&self.consumer.assignment()).into_iter().collect();
        all.extend(partitions.iter().cloned());
        self.feeds.sink.assigned(all.len());
        self.context.set_assignment(all);
        if !partitions.is_empty() {
            self.task.open(partitions.to_vec()).await?;
        }
        // Offsets that the task knows better than the group take effect before the first record.
        let requests = self.context.take_requests();
        self.commit.requested |= requests.commit;
        let mut elsewhere = Vec::new();
        for (partition, offset) in requests.offsets {
            self.positions.rewind(&partition, offset);
            match begin.get_mut(&partition) {
                Some(position) => *position = offset,
                None => elsewhere.push((partition, offset)),
            }
        }
        let hold = self.paused || self.paused_for_redelivery;
        let held = self.context.paused();
        let paused: Vec<_> =
            partitions.iter().filter(|partition| hold || held.contains(partition)).map(to_kafka).collect();
        let positions = begin.iter().map(|(partition, offset)| (to_kafka(partition), *offset)).collect();
        self.consumer.complete_assignment(&positions, &paused).map_err(|error| connect_error(&error))?;
        for (partition, offset) in elsewhere {
            self.consumer.seek(&to_kafka(&partition), offset);
        }
        tracing::debug!("Assigned {} partitions", partitions.len());
        Ok(())
    }

    async fn revoked(&mut self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        let closed = self.commit_and_close(partitions).await;
        self.forget(partitions);
        self.consumer.complete_revocation().map_err(|error| connect_error(&error))?;
        closed
    }

    async fn lost(&mut self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        let closed = self.task.close(partitions.to_vec()).await;
        self.forget(partitions);
        self.consumer.complete_revocation().map_err(|error| connect_error(&error))?;
        closed
    }

    fn forget(&mut self, partitions: &[TopicPartition]) {
        self.positions.forget(partitions);
        if let Some(queue) = &self.queue {
            queue.forget(partitions);
        }
        if let Some(batch) = self.batch.take() {
            let mut records = Arc::unwrap_or_clone(batch);
            records.retain(|record| !partitions.contains(&record.original));
            if records.is_empty() && self.paused_for_redelivery {
                self.paused_for_redelivery = false;
            } else {
                self.batch = Some(Arc::new(records));
            }
        }
        let mut assignment = self.context.assignment();
        assignment.retain(|partition| !partitions.contains(partition));
        self.feeds.sink.assigned(assignment.len());
        self.context.set_assignment(assignment);
    }
}

/// Waits for the dead letters of partitions that the task gives up. What is not safe in time is not committed.
async fn last_letters(queue: &DeadLetterQueue, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
    if let Ok(settled) = tokio::time::timeout(LAST_COMMIT_TIMEOUT, queue.settled(partitions)).await {
        return settled;
    }
    tracing::warn!("Dead letters are still under way; the offsets of their partitions are not committed");
    Ok(())
}

fn consumed_record(record: ConsumerRecord) -> ConsumedRecord {
    let ConsumerRecord { topic, partition, offset, timestamp, timestamp_type, key, value, headers } = record;
    let timestamp_type = match timestamp_type {
        aqueduct_kafka::TimestampType::NoTimestampType => TimestampType::NoTimestampType,
        aqueduct_kafka::TimestampType::CreateTime => TimestampType::CreateTime,
        aqueduct_kafka::TimestampType::LogAppendTime => TimestampType::LogAppendTime,
    };
    ConsumedRecord { topic, partition, offset, timestamp, timestamp_type, key, value, headers }
}
