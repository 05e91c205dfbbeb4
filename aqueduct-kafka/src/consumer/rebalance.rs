//! Taking and giving back partitions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Consumer, ConsumerEvent, StartOffset};
use crate::error::KafkaError;
use crate::native::{GroupChange, GroupChangeKind, OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, PartitionList};
use crate::record::TopicPartition;

/// What is ours, and what the group wants to change about it.
#[derive(Default)]
pub(super) struct Membership {
    assigned: BTreeSet<TopicPartition>,
    /// Shown to the caller and not yet completed.
    pending: Option<GroupChange>,
}

impl Consumer {
    /// Starts reading the partitions of the last [`ConsumerEvent::Assigned`], each from its committed offset (or where
    /// `auto.offset.reset` says), or from the offset given in `positions`. `paused` ones stay silent until
    /// [`Consumer::resume`]. Without such an event this does nothing.
    ///
    /// With the offsets from [`Consumer::positions`] the first records come a tenth of a second sooner than when
    /// librdkafka has to look them up.
    pub fn complete_assignment(
        &mut self,
        positions: &BTreeMap<TopicPartition, i64>,
        paused: &[TopicPartition],
    ) -> Result<(), KafkaError> {
        let Some(change) = self.membership.pending.take_if(|change| change.kind == GroupChangeKind::Assigned) else {
            return Ok(());
        };
        let start = |partition| positions.get(partition).copied().unwrap_or(OFFSET_STORED);
        let list = PartitionList::of(change.partitions.iter().map(|partition| (partition, start(partition))))?;
        self.client.take_partitions(&list, change.cooperative)?;
        if !change.cooperative {
            self.membership.assigned.clear();
        }
        self.membership.assigned.extend(change.partitions);
        self.pause(paused)
    }

    /// Gives back the partitions of the last [`ConsumerEvent::Revoked`] or [`ConsumerEvent::Lost`]. Without such an event
    /// this does nothing.
    pub fn complete_revocation(&mut self) -> Result<(), KafkaError> {
        let Some(change) = self.membership.pending.take_if(|change| change.kind != GroupChangeKind::Assigned) else {
            return Ok(());
        };
        let gone: BTreeSet<TopicPartition> = if change.cooperative {
            change.partitions.iter().cloned().collect()
        } else {
            std::mem::take(&mut self.membership.assigned)
        };
        // A pause ends with the assignment; librdkafka would remember it for the next one.
        let paused: Vec<TopicPartition> = self.paused.intersection(&gone).cloned().collect();
        self.resume(&paused)?;
        self.membership.assigned.retain(|partition| !gone.contains(partition));
        self.seeks.retain(|partition, _| !gone.contains(partition));
        if change.cooperative {
            let list = PartitionList::of(change.partitions.iter().map(|partition| (partition, OFFSET_STORED)))?;
            self.client.give_back_partitions(Some(&list))
        } else {
            self.client.give_back_partitions(None)
        }
    }

    /// Reads chosen partitions from the given offsets, without a group's help, in place of what was read before.
    pub fn assign(&mut self, positions: &BTreeMap<TopicPartition, StartOffset>) -> Result<(), KafkaError> {
        let list = PartitionList::of(positions.iter().map(|(partition, start)| {
            let offset = match start {
                StartOffset::Beginning => OFFSET_BEGINNING,
                StartOffset::End => OFFSET_END,
                StartOffset::At(offset) => *offset,
            };
            (partition, offset)
        }))?;
        let paused: Vec<TopicPartition> = self.paused.iter().cloned().collect();
        self.resume(&paused)?;
        self.seeks.clear();
        self.ends.clear();
        self.client.take_partitions(&list, false)?;
        self.membership.assigned = positions.keys().cloned().collect();
        Ok(())
    }

    /// The partitions that are ours now.
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.membership.assigned.iter().cloned().collect()
    }

    /// Whether `partition` is ours now.
    pub fn is_assigned(&self, partition: &TopicPartition) -> bool {
        self.membership.assigned.contains(partition)
    }

    /// Shows the next rebalance to the caller, if there is one.
    pub(super) fn next_change(&mut self) -> Option<ConsumerEvent> {
        let change = self.connection.next_group_change()?;
        let partitions = change.partitions.clone();
        let kind = change.kind;
        self.membership.pending = Some(change);
        Some(match kind {
            GroupChangeKind::Assigned => ConsumerEvent::Assigned(partitions),
            GroupChangeKind::Revoked => ConsumerEvent::Revoked(partitions),
            GroupChangeKind::Lost => ConsumerEvent::Lost(partitions),
        })
    }

    /// Completes what the caller was shown and went on without completing, as returning from Java's callbacks does.
    pub(super) fn complete_pending(&mut self) -> Result<(), KafkaError> {
        self.complete_assignment(&BTreeMap::new(), &[])?;
        self.complete_revocation()
    }

    /// Answers all rebalances, those to come included, so that leaving the group waits for nobody.
    pub(super) fn answer_everything(&mut self) {
        let mut last = self.complete_pending();
        while self.next_change().is_some() {
            last = self.complete_pending();
        }
        self.connection.stop_group_changes();
        // One may have come in between; nothing comes after.
        if let Err(error) = last {
            tracing::debug!(client = self.connection.client_id(), "completing a rebalance before leaving: {error}");
        }
    }
}
