//! The positions of a sink task: consumed, delivered, being committed, committed.

use std::collections::BTreeMap;

use aqueduct_api::{SinkOffsets, TopicPartition};
use aqueduct_data::ByteString;
use aqueduct_kafka::{OffsetAndMetadata, Offsets};

/// Where each partition is, as the offset of the next record.
#[derive(Default)]
pub(crate) struct Positions {
    /// Consumed, not delivered yet. Records of one partition come in runs, so the last one is kept apart.
    consumed: SinkOffsets,
    run: Option<(TopicPartition, i64)>,
    delivered: SinkOffsets,
    committing: SinkOffsets,
    committed: SinkOffsets,
}

impl Positions {
    /// A record was consumed; `next` is the offset behind it. Skipped records count too. Answers whether it is the first
    /// of its partition after others.
    pub(crate) fn consumed(&mut self, topic: &ByteString, partition: i32, next: i64) -> bool {
        match &mut self.run {
            Some((tp, position)) if tp.partition == partition && tp.topic == *topic => {
                *position = next;
                false
            }
            run => {
                let tp = TopicPartition { topic: topic.clone(), partition };
                if let Some((done, position)) = run.replace((tp, next)) {
                    self.consumed.insert(done, position);
                }
                true
            }
        }
    }

    /// Everything that was consumed was delivered.
    pub(crate) fn delivered(&mut self) {
        self.delivered.append(&mut self.consumed);
        if let Some((tp, position)) = self.run.take() {
            self.delivered.insert(tp, position);
        }
    }

    /// A partition goes on from elsewhere, or is new.
    pub(crate) fn rewind(&mut self, partition: &TopicPartition, offset: i64) {
        self.consumed.remove(partition);
        if self.run.as_ref().is_some_and(|(tp, _)| tp == partition) {
            self.run = None;
        }
        self.delivered.insert(partition.clone(), offset);
        self.committed.insert(partition.clone(), offset);
    }

    /// What may be committed of these partitions.
    pub(crate) fn deliverable(&self, partitions: &[TopicPartition]) -> SinkOffsets {
        partitions.iter().filter_map(|tp| Some((tp.clone(), *self.delivered.get(tp)?))).collect()
    }

    /// The partitions that something was delivered of.
    pub(crate) fn delivered_partitions(&self) -> Vec<TopicPartition> {
        self.delivered.keys().cloned().collect()
    }

    /// The committed offsets of these partitions.
    pub(crate) fn last_committed(&self, partitions: &[TopicPartition]) -> SinkOffsets {
        partitions.iter().filter_map(|tp| Some((tp.clone(), *self.committed.get(tp)?))).collect()
    }

    /// What to commit when `offered` was offered and the task says that `safe` is safe; none when nothing changed.
    pub(crate) fn to_commit(&self, offered: &SinkOffsets, safe: SinkOffsets) -> Option<SinkOffsets> {
        let partitions: Vec<TopicPartition> = offered.keys().cloned().collect();
        let before = self.last_committed(&partitions);
        let mut offsets = before.clone();
        for (partition, offset) in safe {
            match (offsets.get_mut(&partition), offered.get(&partition)) {
                (Some(position), Some(most)) if offset <= *most => *position = offset,
                (_, Some(most)) => tracing::warn!(
                    "Ignoring invalid task provided offset {partition}/{offset} -- not yet consumed, current offset {most}"
                ),
                (_, None) => tracing::warn!(
                    "Ignoring invalid task provided offset {partition}/{offset} -- partition not assigned"
                ),
            }
        }
        (offsets != before).then_some(offsets)
    }

    /// These offsets are on their way.
    pub(crate) fn committing(&mut self, offsets: SinkOffsets) {
        self.committing = offsets;
    }

    /// They have arrived.
    pub(crate) fn committed(&mut self) {
        self.committed.append(&mut self.committing);
    }

    /// How many records were consumed of the partitions that have a committed offset, and are not committed.
    pub(crate) fn uncommitted(&self) -> u64 {
        let run = self.run.as_ref();
        let each = self.committed.iter().map(|(tp, committed)| {
            let consumed = match run {
                Some((partition, position)) if partition == tp => position,
                _ => self.consumed.get(tp).or_else(|| self.delivered.get(tp)).unwrap_or(committed),
            };
            u64::try_from(consumed - committed).unwrap_or(0)
        });
        each.sum()
    }

    /// The task lost these partitions.
    pub(crate) fn forget(&mut self, partitions: &[TopicPartition]) {
        for map in [&mut self.consumed, &mut self.delivered, &mut self.committing, &mut self.committed] {
            map.retain(|tp, _| !partitions.contains(tp));
        }
        if self.run.as_ref().is_some_and(|(tp, _)| partitions.contains(tp)) {
            self.run = None;
        }
    }
}

pub(crate) fn to_kafka(partition: &TopicPartition) -> aqueduct_kafka::TopicPartition {
    aqueduct_kafka::TopicPartition { topic: partition.topic.clone(), partition: partition.partition }
}

pub(crate) fn from_kafka(partitions: &[aqueduct_kafka::TopicPartition]) -> Vec<TopicPartition> {
    partitions.iter().map(|tp| TopicPartition { topic: tp.topic.clone(), partition: tp.partition }).collect()
}

pub(crate) fn to_kafka_offsets(offsets: &SinkOffsets) -> Offsets {
    let all: BTreeMap<_, _> =
        offsets.iter().map(|(tp, offset)| (to_kafka(tp), OffsetAndMetadata::from(*offset))).collect();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tp(partition: i32) -> TopicPartition {
        TopicPartition::new("t", partition)
    }

    fn offsets(pairs: &[(i32, i64)]) -> SinkOffsets {
        pairs.iter().map(|&(partition, offset)| (tp(partition), offset)).collect()
    }

    fn positions() -> Positions {
        let mut positions = Positions::default();
        positions.rewind(&tp(0), 5);
        positions.rewind(&tp(1), 0);
        positions
    }

    #[test]
    fn only_delivered_offsets_are_offered() {
        let mut positions = positions();
        let topic = ByteString::from("t");
        for (partition, next) in [(0, 6), (0, 7), (1, 1), (0, 8)] {
            positions.consumed(&topic, partition, next);
        }
        assert_eq!(positions.deliverable(&[tp(0), tp(1)]), offsets(&[(0, 5), (1, 0)]));
        positions.delivered();
        assert_eq!(positions.deliverable(&[tp(0), tp(1), tp(9)]), offsets(&[(0, 8), (1, 1)]));
    }

    #[test]
    fn a_task_cannot_commit_more_than_it_was_given() {
        let mut positions = positions();
        positions.consumed(&ByteString::from("t"), 0, 8);
        positions.delivered();
        let offered = positions.deliverable(&[tp(0), tp(1)]);
        assert_eq!(positions.to_commit(&offered, offsets(&[(0, 9), (1, 0)])), None);
        assert_eq!(positions.to_commit(&offered, offsets(&[(0, 7)])), Some(offsets(&[(0, 7), (1, 0)])));
        assert_eq!(positions.to_commit(&offered, offsets(&[(7, 1)])), None);
    }

    #[test]
    fn nothing_is_committed_twice() {
        let mut positions = positions();
        positions.consumed(&ByteString::from("t"), 0, 8);
        positions.delivered();
        let offered = positions.deliverable(&[tp(0)]);
        let first = positions.to_commit(&offered, offered.clone()).unwrap();
        positions.committing(first);
        positions.committed();
        assert_eq!(positions.to_commit(&offered, offered.clone()), None);
    }

    #[test]
    fn lost_partitions_are_forgotten() {
        let mut positions = positions();
        positions.consumed(&ByteString::from("t"), 0, 8);
        positions.forget(&[tp(0)]);
        positions.delivered();
        assert_eq!(positions.delivered_partitions(), [tp(1)]);
    }
}
