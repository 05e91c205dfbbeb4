//! What a task that writes exactly once is told when its transaction is committed, and what is known of the records until
//! then.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aqueduct_api::{RecordMetadata, SourceControl, SourceRecord};
use aqueduct_data::ByteString;
use aqueduct_kafka::RecordMetadata as Landed;

use crate::source::tell_task;

/// A record that the task wants back.
struct Kept {
    record: Box<SourceRecord>,
    /// Its number and topic; none for one that was dropped on the way.
    sent: Option<(u64, ByteString)>,
}

/// The records of the present transaction.
pub(super) struct Pending {
    keeps_records: bool,
    kept: Vec<Kept>,
    landed: HashMap<u64, Landed>,
    /// Topics of which no record was acknowledged yet, with the first record of each.
    fresh: Vec<(u64, ByteString)>,
    topics: HashSet<ByteString>,
    /// Records that were sent.
    count: usize,
    /// Records that were dropped and are not counted yet.
    dropped: usize,
}

impl Pending {
    /// With `keeps_records`, the task is told of each record.
    pub(super) fn new(keeps_records: bool) -> Self {
        Self {
            keeps_records,
            kept: Vec::new(),
            landed: HashMap::new(),
            fresh: Vec::new(),
            topics: HashSet::new(),
            count: 0,
            dropped: 0,
        }
    }

    /// Whether the task is told of each record.
    pub(super) fn keeps_records(&self) -> bool {
        self.keeps_records
    }

    /// A record was sent.
    pub(super) fn sent(&mut self, number: u64, topic: ByteString, record: Option<Box<SourceRecord>>) {
        self.count += 1;
        if !self.topics.contains(&topic) {
            self.topics.insert(topic.clone());
            self.fresh.push((number, topic.clone()));
        }
        self.keep(record, Some((number, topic)));
    }

    /// A record was dropped on the way.
    pub(super) fn dropped(&mut self, record: Option<Box<SourceRecord>>) {
        self.dropped += 1;
        self.keep(record, None);
    }

    fn keep(&mut self, record: Option<Box<SourceRecord>>, sent: Option<(u64, ByteString)>) {
        if let Some(record) = record.filter(|_| self.keeps_records) {
            self.kept.push(Kept { record, sent });
        }
    }

    /// Records were acknowledged; `used` is told of topics that are used for the first time.
    pub(super) fn acknowledged(
        &mut self,
        runs: &[Range<u64>],
        metadata: Vec<(u64, Landed)>,
        mut used: impl FnMut(&ByteString),
    ) {
        self.landed.extend(metadata);
        if runs.is_empty() || self.fresh.is_empty() {
            return;
        }
        self.fresh.retain(|(number, topic)| {
            let there = runs.iter().any(|run| run.contains(number));
            if there {
                used(topic);
            }
            !there
        });
    }

    /// How many records were sent in the transaction.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many records were dropped since the last call.
    pub(super) fn take_dropped_count(&mut self) -> usize {
        std::mem::take(&mut self.dropped)
    }

    /// The transaction was aborted: its records are in nobody's way, and the task will be told so.
    pub(super) fn aborted(&mut self) {
        self.count = 0;
        // A topic of which the only record was dropped is not in use yet.
        for (_, topic) in self.fresh.drain(..) {
            self.topics.remove(&topic);
        }
    }

    /// The transaction was committed: tells the task of its records, in their order.
    pub(super) fn tell(&mut self, control: &dyn SourceControl) {
        self.count = 0;
        for Kept { record, sent } in self.kept.drain(..) {
            let landed = sent.and_then(|(number, topic)| {
                let landed = self.landed.get(&number)?;
                let offset = u64::try_from(landed.offset).ok().map(|_| landed.offset);
                Some(RecordMetadata { topic, partition: landed.partition, offset })
            });
            tell_task(control, &record, landed.as_ref());
        }
        self.landed.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aqueduct_api::{ConnectError, Record};
    use aqueduct_data::SchemaAndValue;
    use parking_lot::Mutex;

    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<Option<i64>>>);

    impl SourceControl for Told {
        fn commit_record(&self, _: &SourceRecord, metadata: Option<&RecordMetadata>) -> Result<(), ConnectError> {
            self.0.lock().push(metadata.and_then(|metadata| metadata.offset));
            Ok(())
        }
    }

    fn record() -> Option<Box<SourceRecord>> {
        Some(Box::new(SourceRecord {
            source_partition: Arc::default(),
            source_offset: Default::default(),
            record: Record::new("t", SchemaAndValue::NULL),
        }))
    }

    fn landed(offset: i64) -> Landed {
        Landed { partition: 0, offset, timestamp: 0 }
    }

    fn run(numbers: Range<u64>) -> Vec<Range<u64>> {
        vec![numbers]
    }

    #[test]
    fn the_task_is_told_in_order_when_the_transaction_is_committed() {
        let (mut pending, told) = (Pending::new(true), Told::default());
        pending.sent(0, "t".into(), record());
        pending.dropped(record());
        pending.sent(1, "t".into(), record());
        pending.acknowledged(&run(0..2), vec![(1, landed(11)), (0, landed(10))], |_| {});
        assert_eq!((pending.count(), pending.take_dropped_count()), (2, 1));
        assert!(told.0.lock().is_empty());
        pending.tell(&told);
        assert_eq!(*told.0.lock(), [Some(10), None, Some(11)]);
        pending.tell(&told);
        assert_eq!(told.0.lock().len(), 3);
    }

    #[test]
    fn a_topic_is_in_use_from_its_first_acknowledged_record() {
        let mut pending = Pending::new(false);
        let mut used = Vec::new();
        let sent = |pending: &mut Pending, number, topic: &str| pending.sent(number, topic.into(), None);
        sent(&mut pending, 0, "a");
        sent(&mut pending, 1, "b");
        pending.acknowledged(&run(0..1), Vec::new(), |topic| used.push(topic.to_string()));
        assert_eq!(used, ["a"]);
        pending.aborted();
        sent(&mut pending, 2, "b");
        pending.acknowledged(&run(2..3), Vec::new(), |topic| used.push(topic.to_string()));
        assert_eq!(used, ["a", "b"]);
        sent(&mut pending, 3, "a");
        pending.acknowledged(&run(3..4), Vec::new(), |topic| used.push(topic.to_string()));
        assert_eq!(used, ["a", "b"]);
    }
}
