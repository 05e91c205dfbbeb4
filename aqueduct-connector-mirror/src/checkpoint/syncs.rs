//! The offset syncs of all partitions, as the topic has them (`OffsetSyncStore`).

use std::collections::HashMap;

use aqueduct_kafka::{ConsumerRecord, TopicPartition};
use parking_lot::Mutex;

use super::follow::Found;
use super::translation::{Pair, Syncs, Translated};
use crate::formats::OffsetSync;

/// What is known; read by the task while the topic is followed.
#[derive(Default)]
pub(crate) struct OffsetSyncStore(Mutex<State>);

#[derive(Default)]
struct State {
    syncs: HashMap<TopicPartition, Syncs>,
    /// The topic was read to its end once. Before, what it holds may be old.
    read_to_end: bool,
    /// The checkpoints of former times are known, so that none can be translated back before one of them.
    checkpoints_known: bool,
}

impl OffsetSyncStore {
    /// Whether the checkpoints of former times could be loaded; said before anything is read.
    pub(crate) fn begin(&self, checkpoints_known: bool) {
        self.0.lock().checkpoints_known = checkpoints_known;
    }

    /// Takes what was found in the topic.
    pub(crate) fn take(&self, found: &Found) {
        let mut state = self.0.lock();
        match found {
            Found::End => state.read_to_end = true,
            Found::Records(records) => records.iter().for_each(|record| state.take(record)),
        }
    }

    /// Translates an offset that a group has committed; none when nothing is known of the partition, or not yet.
    pub(crate) fn translate(&self, partition: &TopicPartition, upstream: i64) -> Option<Translated> {
        let state = self.0.lock();
        if !state.read_to_end {
            return None;
        }
        state.syncs.get(partition).map(|syncs| syncs.translate(upstream))
    }
}

impl State {
    fn take(&mut self, record: &ConsumerRecord) {
        let (Some(key), Some(value)) = (&record.key, &record.value) else { return };
        let sync = match OffsetSync::read(key, value) {
            Ok(sync) => sync,
            Err(error) => {
                tracing::warn!("Ignored invalid offset sync record at offset {}: {error}", record.offset);
                return;
            }
        };
        let pair = Pair { upstream: sync.upstream, downstream: sync.downstream };
        // A group that was translated by an old sync before must not be translated by an even older one now.
        let only_last = !self.read_to_end && !self.checkpoints_known;
        let partition = TopicPartition::new(sync.topic, sync.partition);
        match self.syncs.get_mut(&partition) {
            Some(syncs) => syncs.update(pair, only_last),
            None => drop(self.syncs.insert(partition, Syncs::new(pair))),
        }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_kafka::TimestampType;

    use super::*;

    fn records(upstreams: &[i64]) -> Found {
        let record = |upstream: &i64| {
            let sync = OffsetSync { topic: "t".into(), partition: 0, upstream: *upstream, downstream: upstream + 1000 };
            ConsumerRecord {
                topic: "mm2-offset-syncs.B.internal".into(),
                partition: 0,
                offset: 0,
                timestamp: 0,
                timestamp_type: TimestampType::CreateTime,
                key: Some(sync.key()),
                value: Some(sync.value()),
                headers: Vec::new(),
            }
        };
        Found::Records(upstreams.iter().map(record).collect())
    }

    #[test]
    fn nothing_is_translated_before_the_topic_was_read_to_its_end() {
        let store = OffsetSyncStore::default();
        let partition = TopicPartition::new("t", 0);
        store.begin(true);
        store.take(&records(&[100]));
        assert_eq!(store.translate(&partition, 100), None);
        store.take(&Found::End);
        assert_eq!(store.translate(&partition, 100), Some(Translated::To(1100)));
        assert_eq!(store.translate(&TopicPartition::new("t", 1), 100), None);
    }

    #[test]
    fn old_syncs_count_only_beside_old_checkpoints() {
        let translated = |checkpoints_known| {
            let store = OffsetSyncStore::default();
            store.begin(checkpoints_known);
            store.take(&records(&[100, 200]));
            store.take(&Found::End);
            store.translate(&TopicPartition::new("t", 0), 150)
        };
        assert_eq!(translated(true), Some(Translated::To(1101)));
        assert_eq!(translated(false), Some(Translated::TooOld));
    }

    #[test]
    fn what_is_no_sync_is_passed_over() {
        let store = OffsetSyncStore::default();
        let Found::Records(mut broken) = records(&[1, 2]) else { unreachable!() };
        broken[0].value = Some("x".into());
        broken[1].value = None;
        store.take(&Found::Records(broken));
        store.take(&Found::End);
        assert_eq!(store.translate(&TopicPartition::new("t", 0), 5), None);
    }
}
