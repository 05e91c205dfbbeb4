//! What a consumer asks of librdkafka: subscriptions, partitions, positions, commits.

use std::ptr::null_mut;

use super::client::{check, take_error};
use super::ffi::*;
use super::{Client, PartitionList, PartitionOffset, Queue, text};
use crate::codes;
use crate::error::KafkaError;
use crate::record::TopicPartition;

/// What the group does with partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupChangeKind {
    /// Gives them to us.
    Assigned,
    /// Wants them back.
    Revoked,
    /// Has taken them away already.
    Lost,
}

/// A rebalance, waiting for our answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupChange {
    pub(crate) kind: GroupChangeKind,
    pub(crate) partitions: Vec<TopicPartition>,
    /// Whether only these partitions change hands (a cooperative protocol) or all of ours (an eager one).
    pub(crate) cooperative: bool,
}

impl GroupChange {
    /// # Safety
    /// `handle` is a consumer inside its rebalance callback.
    pub(super) unsafe fn read(handle: *mut rd_kafka_t, code: c_int, partitions: &[PartitionOffset]) -> GroupChange {
        // SAFETY: the handle is a consumer; the protocol is a static text.
        let (lost, protocol) =
            unsafe { (rd_kafka_assignment_lost(handle) != 0, text::owned(rd_kafka_rebalance_protocol(handle))) };
        GroupChange {
            kind: match code {
                codes::ASSIGN_PARTITIONS => GroupChangeKind::Assigned,
                _ if lost => GroupChangeKind::Lost,
                _ => GroupChangeKind::Revoked,
            },
            partitions: partitions.iter().map(|entry| entry.partition.clone()).collect(),
            cooperative: protocol == "COOPERATIVE",
        }
    }
}

/// Consumers only.
impl Client {
    /// Joins the group for `topics`, or leaves it when there are none.
    pub(crate) fn subscribe(&self, topics: &[&str]) -> Result<(), KafkaError> {
        if topics.is_empty() {
            // SAFETY: the handle is a consumer.
            return check(unsafe { rd_kafka_unsubscribe(self.raw()) }, "unsubscribing");
        }
        let list = PartitionList::of_topics(topics.iter().copied())?;
        // SAFETY: the handle is a consumer; the list is copied.
        check(unsafe { rd_kafka_subscribe(self.raw(), list.raw()) }, "subscribing")
    }

    /// Starts reading `partitions` (in addition when `incremental`, else instead), from the offsets in the list.
    pub(crate) fn take_partitions(&self, partitions: &PartitionList, incremental: bool) -> Result<(), KafkaError> {
        // SAFETY: the handle is a consumer; the list is copied; the error object is ours.
        unsafe {
            if incremental {
                take_error(rd_kafka_incremental_assign(self.raw(), partitions.raw()))
            } else {
                check(rd_kafka_assign(self.raw(), partitions.raw()), "starting to read")
            }
        }
    }

    /// Stops reading `partitions`, or with `None` all of them.
    pub(crate) fn give_back_partitions(&self, partitions: Option<&PartitionList>) -> Result<(), KafkaError> {
        // SAFETY: as for `take_partitions`; null means none.
        unsafe {
            match partitions {
                Some(partitions) => take_error(rd_kafka_incremental_unassign(self.raw(), partitions.raw())),
                None => check(rd_kafka_assign(self.raw(), std::ptr::null()), "giving partitions back"),
            }
        }
    }

    /// Fills in the offset after the last record taken from the queue; partitions without one keep
    /// [`OFFSET_INVALID`](super::partitions::OFFSET_INVALID).
    pub(crate) fn fill_positions(&self, partitions: &mut PartitionList) -> Result<(), KafkaError> {
        // SAFETY: the handle is a consumer; the list is ours and borrowed mutably.
        check(unsafe { rd_kafka_position(self.raw(), partitions.raw()) }, "reading positions")
    }

    /// Fills in the offsets that the group has committed; partitions without one keep
    /// [`OFFSET_INVALID`](super::partitions::OFFSET_INVALID). Blocks for `timeout_ms` at most.
    pub(crate) fn fill_committed(&self, partitions: &mut PartitionList, timeout_ms: i32) -> Result<(), KafkaError> {
        // SAFETY: the handle is a consumer; the list is ours and borrowed mutably until the call is over.
        check(unsafe { rd_kafka_committed(self.raw(), partitions.raw(), timeout_ms) }, "fetching committed offsets")
    }

    /// Stops (or starts again) reading `partitions` without giving them back.
    pub(crate) fn set_paused(&self, partitions: &mut PartitionList, paused: bool) -> Result<(), KafkaError> {
        // SAFETY: the handle is valid; the list is ours and borrowed mutably.
        unsafe {
            if paused {
                check(rd_kafka_pause_partitions(self.raw(), partitions.raw()), "pausing")
            } else {
                check(rd_kafka_resume_partitions(self.raw(), partitions.raw()), "resuming")
            }
        }
    }

    /// Goes on reading at the offsets in the list, which afterwards has a result for each partition. Records of these
    /// partitions that wait in the queue are thrown away.
    pub(crate) fn seek(&self, partitions: &mut PartitionList, timeout_ms: i32) -> Result<(), KafkaError> {
        // SAFETY: the handle is a consumer; the list is ours and borrowed mutably; the error object is ours.
        unsafe { take_error(rd_kafka_seek_partitions(self.raw(), partitions.raw(), timeout_ms)) }
    }

    /// Starts a commit; the answer comes to `replies` with `token`.
    pub(crate) fn commit(&self, offsets: &PartitionList, replies: &Queue, token: u64) -> Result<(), KafkaError> {
        // SAFETY: the handle is a consumer; the list is copied; no callback, so the answer is an event; the token is a
        // number in the place of a pointer that nobody follows.
        let code = unsafe {
            rd_kafka_commit_queue(self.raw(), offsets.raw(), replies.raw(), None, token as usize as *mut c_void)
        };
        check(code, "committing offsets")
    }

    /// Leaves the group. Blocks the thread until the group knows; rebalances are answered through the observer.
    pub(crate) fn leave_group(&self) -> Result<(), KafkaError> {
        // SAFETY: the handle is a consumer.
        check(unsafe { rd_kafka_consumer_close(self.raw()) }, "leaving the group")
    }

    /// All topics that we may see, with their partitions. Blocks the thread.
    pub(crate) fn list_topics(&self, timeout_ms: i32) -> Result<Vec<(String, Vec<i32>)>, KafkaError> {
        let mut metadata = std::ptr::null();
        // SAFETY: the handle is valid; null stands for no special topic; on success the metadata is ours.
        let code = unsafe { rd_kafka_metadata(self.raw(), 1, null_mut(), &raw mut metadata, timeout_ms) };
        check(code, "listing topics")?;
        let mut topics = Vec::new();
        // SAFETY: the metadata is valid; its arrays have as many entries as it says; codes are read as integers (rule 4).
        unsafe {
            for at in 0..usize::try_from((*metadata).topic_cnt).unwrap_or(0) {
                let topic = (*metadata).topics.add(at);
                if (&raw const (*topic).err).cast::<c_int>().read() != codes::NONE {
                    continue;
                }
                let count = usize::try_from((*topic).partition_cnt).unwrap_or(0);
                let partitions = (0..count).map(|at| (*(*topic).partitions.add(at)).id).collect();
                topics.push((text::owned((*topic).topic), partitions));
            }
            rd_kafka_metadata_destroy(metadata);
        }
        Ok(topics)
    }
}
