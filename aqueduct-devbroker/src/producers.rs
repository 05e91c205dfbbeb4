//! What a partition knows of the producers that number their batches: their epoch, their latest batches, and whether a
//! transaction of theirs is open.
//!
//! Batch headers enter, before the append to be checked and after it to be remembered; the log's headers are replayed
//! through the same door when it is opened.

use std::collections::{HashMap, VecDeque};

use crate::storage::batch::{BatchHeader, increment_sequence};

/// So many batches of each producer are remembered, to tell a repeated one; a client has no more requests in flight.
const REMEMBERED: usize = 5;

/// How a batch stands to what the producer wrote before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is next in order.
    Append,
    /// It was written before, with this first offset and time stamp.
    Duplicate { base_offset: i64, timestamp: i64 },
    /// A batch before it is missing.
    OutOfOrder,
    /// A producer with a newer epoch has taken over.
    Fenced,
}

#[derive(Debug, Clone, Copy)]
struct Written {
    first_sequence: i32,
    last_sequence: i32,
    base_offset: i64,
    timestamp: i64,
}

/// One producer in one partition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Producer {
    pub(crate) epoch: i16,
    pub(crate) last_timestamp: i64,
    /// The first offset of its open transaction.
    pub(crate) transaction_start: Option<i64>,
    pub(crate) coordinator_epoch: i32,
    /// When it was first seen to be idle, in milliseconds since 1970.
    idle_since: Option<i64>,
    batches: VecDeque<Written>,
}

/// A transaction that was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aborted {
    pub(crate) producer_id: i64,
    pub(crate) first_offset: i64,
    /// The offset of its marker.
    pub(crate) last_offset: i64,
}

/// All producers of a partition, and its aborted transactions.
#[derive(Debug, Default)]
pub(crate) struct Producers {
    known: HashMap<i64, Producer>,
    aborted: Vec<Aborted>,
}

// === impl Producers ===

impl Producers {
    /// Checks a batch that comes from a client.
    pub(crate) fn check(&self, batch: &BatchHeader) -> Verdict {
        let Some(producer) = self.known.get(&batch.producer_id) else {
            // A producer whose batches were all deleted goes on with its numbers.
            return Verdict::Append;
        };
        if batch.producer_epoch < producer.epoch {
            return Verdict::Fenced;
        }
        if batch.producer_epoch > producer.epoch {
            return if batch.base_sequence == 0 { Verdict::Append } else { Verdict::OutOfOrder };
        }
        let repeated = |written: &&Written| {
            written.first_sequence == batch.base_sequence && written.last_sequence == batch.last_sequence()
        };
        if let Some(written) = producer.batches.iter().find(repeated) {
            return Verdict::Duplicate { base_offset: written.base_offset, timestamp: written.timestamp };
        }
        match producer.batches.back() {
            None => Verdict::Append,
            Some(last) if batch.base_sequence == increment_sequence(last.last_sequence, 1) => Verdict::Append,
            Some(_) => Verdict::OutOfOrder,
        }
    }

    /// Remembers a batch that was appended. `commit` is given for a marker: how it ended the transaction.
    pub(crate) fn appended(&mut self, batch: &BatchHeader, commit: Option<bool>) {
        if !batch.has_producer() {
            return;
        }
        let producer = self.known.entry(batch.producer_id).or_default();
        if batch.producer_epoch != producer.epoch {
            producer.batches.clear();
            producer.epoch = batch.producer_epoch;
        }
        producer.last_timestamp = batch.max_timestamp;
        producer.idle_since = None;
        if let Some(commit) = commit {
            if let Some(first_offset) = producer.transaction_start.take()
                && !commit
            {
                let last_offset = batch.base_offset;
                self.aborted.push(Aborted { producer_id: batch.producer_id, first_offset, last_offset });
            }
            return;
        }
        if batch.is_transactional() {
            producer.transaction_start.get_or_insert(batch.base_offset);
        }
        if producer.batches.len() == REMEMBERED {
            producer.batches.pop_front();
        }
        producer.batches.push_back(Written {
            first_sequence: batch.base_sequence,
            last_sequence: batch.last_sequence(),
            base_offset: batch.base_offset,
            timestamp: batch.max_timestamp,
        });
    }

    /// The first offset that belongs to an open transaction.
    pub(crate) fn first_open_offset(&self) -> Option<i64> {
        self.known.values().filter_map(|producer| producer.transaction_start).min()
    }

    /// The aborted transactions that have a record in `from..until`.
    pub(crate) fn aborted_in(&self, from: i64, until: i64) -> Vec<Aborted> {
        let within = |aborted: &&Aborted| aborted.last_offset >= from && aborted.first_offset < until;
        self.aborted.iter().filter(within).copied().collect()
    }

    /// Whether the batch of `producer_id` at `offset` belongs to an aborted transaction.
    pub(crate) fn is_aborted(&self, producer_id: i64, offset: i64) -> bool {
        self.aborted.iter().any(|aborted| {
            aborted.producer_id == producer_id && (aborted.first_offset..aborted.last_offset).contains(&offset)
        })
    }

    /// Forgets aborted transactions that ended before `start`.
    pub(crate) fn forget_before(&mut self, start: i64) {
        self.aborted.retain(|aborted| aborted.last_offset >= start);
    }

    /// Forgets producers that have no open transaction and wrote nothing for `age` milliseconds. Counted from the first
    /// call after their last batch: the time stamps of records say nothing of when they were written.
    pub(crate) fn forget_idle(&mut self, now: i64, age: i64) {
        self.known.retain(|_, producer| {
            let idle = now - *producer.idle_since.get_or_insert(now);
            producer.transaction_start.is_some() || idle < age
        });
    }

    /// All known producers by id, with the last sequence number of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Producer, i32)> {
        self.known
            .iter()
            .map(|(&id, producer)| (id, producer, producer.batches.back().map_or(-1, |last| last.last_sequence)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::batch::{Origin, RawRecord, build, record_body};

    fn header(epoch: i16, sequence: i32, offset: i64) -> BatchHeader {
        let record = RawRecord { offset_delta: 0, timestamp: 1, body: record_body(None, None) };
        let origin = Origin { producer_id: 7, producer_epoch: epoch, base_sequence: sequence };
        BatchHeader::parse(&build(offset, 0, 0x10, 0, origin, &[record])).unwrap()
    }

    fn check(written: &[(i16, i32)], next: (i16, i32), expect: Verdict) {
        let mut producers = Producers::default();
        for (offset, &(epoch, sequence)) in written.iter().enumerate() {
            producers.appended(&header(epoch, sequence, offset as i64), None);
        }
        assert_eq!(producers.check(&header(next.0, next.1, 99)), expect, "{written:?} then {next:?}");
    }

    #[test]
    fn sequences_are_checked() {
        check(&[], (0, 0), Verdict::Append);
        check(&[(0, 0)], (0, 1), Verdict::Append);
        check(&[(0, 0)], (0, 2), Verdict::OutOfOrder);
        check(&[(0, 0), (0, 1)], (0, 0), Verdict::Duplicate { base_offset: 0, timestamp: 1 });
        check(&[(1, 0)], (0, 1), Verdict::Fenced);
        check(&[(0, 5)], (1, 0), Verdict::Append);
        check(&[(0, 5)], (1, 6), Verdict::OutOfOrder);
        check(&[(0, i32::MAX)], (0, 0), Verdict::Append);
    }

    #[test]
    fn a_seventh_batch_makes_the_first_one_unknown() {
        check(&[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6)], (0, 0), Verdict::OutOfOrder);
    }

    #[test]
    fn an_abort_marker_closes_the_transaction_and_is_listed() {
        let mut producers = Producers::default();
        producers.appended(&header(0, 0, 3), None);
        assert_eq!(producers.first_open_offset(), Some(3));
        producers.appended(&header(0, -1, 4), Some(false));
        assert_eq!(producers.first_open_offset(), None);
        assert_eq!(producers.aborted_in(0, 10), [Aborted { producer_id: 7, first_offset: 3, last_offset: 4 }]);
        assert!(producers.is_aborted(7, 3) && !producers.is_aborted(7, 4));
    }
}
