//! Reading records as a member of a consumer group. A [`Consumer`] has no thread of its own on our side: whoever polls
//! it drives it. Rebalances are data: [`Consumer::poll`] returns them as events, the group waits until the caller has
//! committed what it wants and completes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::error::KafkaError;
use crate::record::{ConsumerRecord, OffsetAndMetadata, TopicPartition};
use crate::settings::ClientSettings;

/// Decides about topic names, for subscriptions by pattern.
pub type TopicFilter = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Offsets by partition, to commit or committed.
pub type Offsets = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// What [`Consumer::poll`] brought.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// At least one record, at most `max.poll.records`; those of one partition in order.
    Records(Vec<ConsumerRecord>),
    /// The group gave us these partitions (with a cooperative protocol: in addition). Reading starts with
    /// [`Consumer::complete_assignment`].
    Assigned(Vec<TopicPartition>),
    /// The group wants these partitions back (with an eager protocol: all of them). They are ours, and can be committed,
    /// until [`Consumer::complete_revocation`]; no records come from them meanwhile.
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
    /// [`WakeupHandle::wakeup`] was called.
    Woken,
    /// Nothing happened within the time given.
    Idle,
}

/// Makes the current or, if there is none, the next [`Consumer::poll`] return [`ConsumerEvent::Woken`].
#[derive(Clone)]
pub struct WakeupHandle {}

impl WakeupHandle {
    /// Wakes the consumer. Several calls before it notices count as one.
    pub fn wakeup(&self) {
        unimplemented!()
    }
}

/// A member of a consumer group, or with [`Consumer::assign`] a reader of chosen partitions.
pub struct Consumer {}

impl Consumer {
    /// Makes a consumer. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Consumer, KafkaError> {
        unimplemented!()
    }

    /// Joins the group for these topics, in place of any former subscription. Joining happens in the background and is
    /// carried on by [`Consumer::poll`].
    pub fn subscribe(&mut self, topics: &[&str]) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Joins the group for all topics that `matches` accepts, except Kafka's internal ones (unless
    /// `exclude.internal.topics=false`). The list of topics is looked at now and every `metadata.max.age.ms`.
    pub fn subscribe_pattern(&mut self, matches: TopicFilter) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Waits up to `max` for the next event. Call it again soon (within `max.poll.interval.ms`, which does not run
    /// while this waits), otherwise the group gives our partitions away. Dropping the future loses nothing.
    ///
    /// Errors: authentication and authorization at once; [`NoOffset`](crate::ErrorKind::NoOffset) when there is nowhere
    /// to start and `auto.offset.reset=none`. A broker that is away is no error.
    pub async fn poll(&mut self, max: Duration) -> Result<ConsumerEvent, KafkaError> {
        unimplemented!()
    }

    /// A handle that makes `poll` return early, usable from anywhere.
    pub fn wakeup_handle(&self) -> WakeupHandle {
        unimplemented!()
    }

    /// Starts reading the partitions of the last [`ConsumerEvent::Assigned`], each from its committed offset (or where
    /// `auto.offset.reset` says), or from the offset given in `positions`. `paused` ones stay silent until
    /// [`Consumer::resume`].
    pub fn complete_assignment(
        &mut self,
        positions: &BTreeMap<TopicPartition, i64>,
        paused: &[TopicPartition],
    ) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Gives back the partitions of the last [`ConsumerEvent::Revoked`] or [`ConsumerEvent::Lost`].
    pub fn complete_revocation(&mut self) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Reads chosen partitions from the given offsets, without a group's help.
    pub fn assign(&mut self, positions: &BTreeMap<TopicPartition, StartOffset>) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// The partitions that are ours now.
    pub fn assignment(&self) -> Vec<TopicPartition> {
        unimplemented!()
    }

    /// The offset of the next record for each of `partitions`: after the last one returned by `poll`; if none was yet,
    /// the committed one; if there is none, the one that `auto.offset.reset` says.
    pub async fn positions(&self, partitions: &[TopicPartition], timeout: Duration) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        unimplemented!()
    }

    /// The offsets that the group has committed; partitions without one are left out.
    pub async fn committed(&self, partitions: &[TopicPartition], timeout: Duration) -> Result<Offsets, KafkaError> {
        unimplemented!()
    }

    /// Makes the next record of `partition` the one at `offset`. Records returned earlier are not affected.
    pub fn seek(&mut self, partition: &TopicPartition, offset: i64) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Stops records of `partitions` (already assigned) from coming, until [`Consumer::resume`].
    pub fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Undoes [`Consumer::pause`].
    pub fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Starts a commit; its end arrives as [`ConsumerEvent::Committed`] with this `seqno`.
    pub fn commit_async(&self, offsets: &Offsets, seqno: u64) {
        unimplemented!()
    }

    /// Commits and waits for the answer, at most `timeout`. Retries while the coordinator moves.
    pub async fn commit_sync(&self, offsets: &Offsets, timeout: Duration) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Leaves the group and closes the connection, within `timeout` as far as the caller can tell; what takes longer is
    /// finished in the background. Nothing is committed and no more events come.
    pub async fn close(self, timeout: Duration) {
        unimplemented!()
    }
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
