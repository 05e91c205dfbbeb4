//! Reading records as a member of a consumer group. A [`Consumer`] has no thread of its own on our side: whoever polls
//! it drives it. Rebalances are data: [`Consumer::poll`] returns them as events, the group waits until the caller has
//! committed what it wants and completes them.

mod commit;
mod pattern;
mod poll;
mod positions;
mod rebalance;
#[cfg(test)]
mod tests;
mod trouble;
mod wakeup;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use self::pattern::PatternWatch;
use self::rebalance::Membership;
use self::trouble::Troubles;
use self::wakeup::Wakeup;
use crate::client_config::{ClientKind, ConsumerExtras, LibrdkafkaConfig};
use crate::connection::Connection;
use crate::error::KafkaError;
use crate::native::{Batch, Client, Queue};
use crate::record::{ConsumerRecord, OffsetAndMetadata, TopicPartition};
use crate::settings::ClientSettings;
use crate::start::start;
use crate::statistics::StatisticsListener;

pub use pattern::TopicFilter;
pub use wakeup::WakeupHandle;

/// Offsets by partition, to commit or committed.
pub type Offsets = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// What [`Consumer::poll`] brought.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// At least one record, at most `max.poll.records`; those of one partition in order.
    Records(Vec<ConsumerRecord>),
    /// The group gave us these partitions (with a cooperative protocol: in addition; possibly none). Reading starts with
    /// [`Consumer::complete_assignment`].
    Assigned(Vec<TopicPartition>),
    /// The group wants these partitions back (with an eager protocol: all of them). They are ours, and can be committed,
    /// until [`Consumer::complete_revocation`].
    Revoked(Vec<TopicPartition>),
    /// These partitions are no longer ours and cannot be committed: the group threw us out. Answer with
    /// [`Consumer::complete_revocation`].
    Lost(Vec<TopicPartition>),
    /// A commit started with [`Consumer::commit_async`] has ended.
    Committed {
        /// The number given to `commit_async`.
        seqno: u64,
        /// How it ended. Failure means that none, or only some, of the offsets are stored.
        result: Result<(), KafkaError>,
    },
    /// There is nothing more to read in these partitions now, up to these offsets: the end of the log, or with
    /// `isolation.level=read_committed` the last stable one. Unlike the offsets of records they count what is no record
    /// (the marks of transactions). Only a [`Consumer::create_to_follow`] consumer tells.
    ReachedEnd(BTreeMap<TopicPartition, i64>),
    /// [`WakeupHandle::wakeup`] was called.
    Woken,
    /// Nothing happened within the time given.
    Idle,
}

/// Where to start reading a partition, for [`Consumer::assign`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartOffset {
    /// At the first record that is still there.
    Beginning,
    /// After the last record.
    End,
    /// At this offset.
    At(i64),
}

/// A member of a consumer group, or with [`Consumer::assign`] a reader of chosen partitions. Dropping it leaves the group
/// in the background; [`Consumer::close`] waits for that.
pub struct Consumer {
    client: Arc<Client>,
    connection: Arc<Connection>,
    extras: ConsumerExtras,
    /// Records, rebalances and errors.
    events: Queue,
    batch: Batch,
    /// Answers to `commit_async`.
    commits: Queue,
    /// What the instance was started with, for another client that asks for it.
    config: LibrdkafkaConfig,
    membership: Membership,
    /// Positions asked for and not yet taken by librdkafka.
    seeks: BTreeMap<TopicPartition, i64>,
    /// Ends that were reached and not yet told.
    ends: BTreeMap<TopicPartition, i64>,
    /// What the caller has paused.
    paused: BTreeSet<TopicPartition>,
    pattern: Option<PatternWatch>,
    wakeup: Arc<Wakeup>,
    troubles: Troubles,
    /// How often librdkafka has to see us, so that it does not think that we hang.
    poll_interval: Duration,
}

/// Stands in where there is no group: librdkafka wants a name, but nothing is asked of the group.
const NO_GROUP: &str = "aqueduct-no-group";

impl Consumer {
    /// Makes a consumer. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Consumer, KafkaError> {
        Consumer::start(settings, false, None)
    }

    /// The same for a consumer whose figures go to `statistics`, as long as it is polled.
    pub fn create_observed(
        settings: &ClientSettings,
        statistics: Arc<dyn StatisticsListener>,
    ) -> Result<Consumer, KafkaError> {
        Consumer::start(settings, false, Some(statistics))
    }

    /// Makes a consumer that also tells when it has reached the end of a partition ([`ConsumerEvent::ReachedEnd`]): for
    /// whoever has to know that it has read everything.
    pub fn create_to_follow(settings: &ClientSettings) -> Result<Consumer, KafkaError> {
        Consumer::start(settings, true, None)
    }

    fn start(
        settings: &ClientSettings,
        tell_ends: bool,
        statistics: Option<Arc<dyn StatisticsListener>>,
    ) -> Result<Consumer, KafkaError> {
        let started = start(ClientKind::Consumer, settings, statistics, |config| {
            config.properties.entry("group.id".into()).or_insert_with(|| NO_GROUP.into());
            config.properties.insert("enable.partition.eof".into(), tell_ends.to_string());
        })?;
        let events = Queue::consumer(&started.client).signalled();
        let commits = Queue::new(&started.client).signalled();
        Ok(Consumer {
            events,
            commits,
            batch: Batch::new(started.config.consumer.max_poll_records),
            membership: Membership::default(),
            seeks: BTreeMap::new(),
            ends: BTreeMap::new(),
            paused: BTreeSet::new(),
            pattern: None,
            wakeup: Arc::default(),
            troubles: Troubles::new(started.config.consumer.group_id.clone()),
            poll_interval: poll_interval(&started.config),
            extras: started.config.consumer.clone(),
            config: started.config,
            client: started.client,
            connection: started.connection,
        })
    }

    /// Joins the group for these topics, in place of any former subscription. Joining happens in the background and is
    /// carried on by [`Consumer::poll`].
    pub fn subscribe(&mut self, topics: &[&str]) -> Result<(), KafkaError> {
        self.pattern = None;
        self.client.subscribe(topics)
    }

    /// Joins the group for all topics that `matches` accepts, except Kafka's internal ones (unless
    /// `exclude.internal.topics=false`). The list of topics is looked at now and every `metadata.max.age.ms`, on the
    /// tokio runtime that this is called on.
    pub fn subscribe_pattern(&mut self, matches: TopicFilter) -> Result<(), KafkaError> {
        self.client.subscribe(&[])?;
        self.pattern = Some(PatternWatch::start(Arc::clone(&self.client), matches, &self.extras));
        Ok(())
    }

    /// A handle that makes `poll` return early, usable from anywhere.
    pub fn wakeup_handle(&self) -> WakeupHandle {
        WakeupHandle::new(Arc::clone(&self.wakeup))
    }

    /// The `client.id` in use.
    pub fn client_id(&self) -> &str {
        self.connection.client_id()
    }

    /// `group.id`.
    pub fn group_id(&self) -> Option<&str> {
        self.extras.group_id.as_deref()
    }

    /// Leaves the group and closes the connection, within `timeout` as far as the caller can tell; what takes longer is
    /// finished in the background. Nothing is committed and no more events come.
    pub async fn close(mut self, timeout: Duration) {
        self.answer_everything();
        let client = Arc::clone(&self.client);
        let leaving = tokio::task::spawn_blocking(move || client.leave_group());
        match tokio::time::timeout(timeout, leaving).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::debug!(client = self.client_id(), "leaving the group: {error}"),
            Ok(Err(error)) => tracing::debug!(client = self.client_id(), "leaving the group: {error}"),
            Err(_) => tracing::warn!(
                "consumer {}: leaving the group takes longer than {} ms and goes on in the background",
                self.client_id(),
                timeout.as_millis()
            ),
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.answer_everything();
    }
}

fn poll_interval(config: &LibrdkafkaConfig) -> Duration {
    const LONGEST: Duration = Duration::from_secs(60);
    let limit = config.properties.get("max.poll.interval.ms").and_then(|millis| millis.parse().ok());
    limit.map_or(LONGEST, |millis: u64| Duration::from_millis(millis / 3).clamp(Duration::from_millis(100), LONGEST))
}
