//! The offsets of a group: those committed, and those that wait for the end of a transaction.
//!
//! This is what memory knows; `storage` writes each change to the log first. Of two commits for a partition the later one
//! counts, and a transaction's commits are as late as the requests that brought them, not as its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A topic and the number of a partition.
pub(crate) type TopicPartition = (String, i32);

/// A position that a group committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    /// Of the last record before the position; -1 where the client did not tell.
    pub(crate) leader_epoch: i32,
    /// What the client wants to be told with the position.
    pub(crate) metadata: String,
    /// Counts all commits of the broker: a higher one is later.
    pub(crate) sequence: u64,
}

/// A group's offsets.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    committed: BTreeMap<TopicPartition, Committed>,
    /// By producer id.
    pending: BTreeMap<i64, BTreeMap<TopicPartition, Committed>>,
}

// === impl Offsets ===

impl Offsets {
    pub(super) fn commit(&mut self, partition: TopicPartition, committed: Committed) {
        self.committed.insert(partition, committed);
    }

    pub(super) fn commit_later(&mut self, producer_id: i64, partition: TopicPartition, committed: Committed) {
        self.pending.entry(producer_id).or_default().insert(partition, committed);
    }

    pub(super) fn remove(&mut self, partition: &TopicPartition) {
        self.committed.remove(partition);
    }

    /// What of a transaction still waits for its end.
    pub(super) fn pending_of(&self, producer_id: i64) -> Vec<(TopicPartition, Committed)> {
        let pending = self.pending.get(&producer_id).into_iter().flatten();
        pending.map(|(partition, committed)| (partition.clone(), committed.clone())).collect()
    }

    pub(super) fn remove_pending(&mut self, producer_id: i64, partition: &TopicPartition) {
        if let Some(pending) = self.pending.get_mut(&producer_id) {
            pending.remove(partition);
            if pending.is_empty() {
                self.pending.remove(&producer_id);
            }
        }
    }

    pub(super) fn get(&self, partition: &TopicPartition) -> Option<&Committed> {
        self.committed.get(partition)
    }

    /// Whether a transaction may still change the partition's offset.
    pub(super) fn is_unstable(&self, partition: &TopicPartition) -> bool {
        self.pending.values().any(|pending| pending.contains_key(partition))
    }

    /// All committed offsets, in order of the partitions.
    pub(super) fn all(&self) -> impl Iterator<Item = (&TopicPartition, &Committed)> {
        self.committed.iter()
    }

    /// All partitions with a pending offset, and by which producer.
    pub(super) fn all_pending(&self) -> impl Iterator<Item = (i64, &TopicPartition)> {
        self.pending
            .iter()
            .flat_map(|(producer_id, pending)| pending.keys().map(move |partition| (*producer_id, partition)))
    }

    /// The sequence of the latest commit.
    pub(super) fn latest(&self) -> u64 {
        let committed = self.committed.values().chain(self.pending.values().flat_map(BTreeMap::values));
        committed.map(|committed| committed.sequence).max().unwrap_or(0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.committed.is_empty() && self.pending.is_empty()
    }
}
