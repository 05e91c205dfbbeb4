//! The lanes of a producer, as its delivery thread sees them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Delivery, DeliverySink};
use crate::error::{ErrorKind, KafkaError};

/// How many bits of a token are the record's sequence number; the rest is the lane.
const SEQUENCE_BITS: u32 = 48;
/// The largest sequence number.
const MAX_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;
/// Stands for "still open" in [`LaneState::closed_at`].
const OPEN: u64 = u64::MAX;

/// What travels with a record through librdkafka and comes back with its result: lane and sequence number.
#[derive(Clone, Copy)]
pub(super) struct Token(pub(super) u64);

impl Token {
    pub(super) fn new(lane: u16, sequence: u64) -> Result<Token, KafkaError> {
        if sequence > MAX_SEQUENCE {
            let message = format!("sequence number {sequence} is larger than {MAX_SEQUENCE}");
            return Err(KafkaError::new(ErrorKind::InvalidRecord, message));
        }
        Ok(Token((u64::from(lane) << SEQUENCE_BITS) | sequence))
    }

    pub(super) fn lane(self) -> u16 {
        (self.0 >> SEQUENCE_BITS) as u16
    }

    pub(super) fn sequence(self) -> u64 {
        self.0 & MAX_SEQUENCE
    }
}

/// The half of a lane that the delivery thread writes. The lane counts what it sends, this what has ended; both only
/// grow, so that neither side waits for the other.
pub(super) struct LaneState {
    id: u16,
    sink: Arc<dyn DeliverySink>,
    /// Records that have come to their end.
    finished: AtomicU64,
    /// What of the lane's window they gave back.
    freed: AtomicU64,
    /// How many records had been sent when the lane was dropped, or [`OPEN`].
    closed_at: AtomicU64,
    /// Notified when something has ended.
    progress: Notify,
}

impl LaneState {
    pub(super) fn id(&self) -> u16 {
        self.id
    }

    pub(super) fn finished(&self) -> u64 {
        self.finished.load(Ordering::Acquire)
    }

    pub(super) fn freed(&self) -> u64 {
        self.freed.load(Ordering::Acquire)
    }

    pub(super) fn progress(&self) -> &Notify {
        &self.progress
    }
}

/// The lanes by number. A number is used again only after every record of its lane has ended.
#[derive(Default)]
pub(super) struct Lanes(Mutex<Table>);

#[derive(Default)]
struct Table {
    lanes: Vec<Option<Arc<LaneState>>>,
    free: Vec<u16>,
}

impl Lanes {
    pub(super) fn open(&self, sink: Arc<dyn DeliverySink>) -> Result<Arc<LaneState>, KafkaError> {
        let mut table = self.0.lock();
        let id = match table.free.pop() {
            Some(id) => id,
            None => {
                let id = u16::try_from(table.lanes.len())
                    .map_err(|_| KafkaError::new(ErrorKind::Other, "too many users of one producer"))?;
                table.lanes.push(None);
                id
            }
        };
        let lane = Arc::new(LaneState {
            id,
            sink,
            finished: AtomicU64::new(0),
            freed: AtomicU64::new(0),
            closed_at: AtomicU64::new(OPEN),
            progress: Notify::new(),
        });
        table.lanes[usize::from(id)] = Some(Arc::clone(&lane));
        Ok(lane)
    }

    pub(super) fn get(&self, id: u16) -> Option<Arc<LaneState>> {
        self.0.lock().lanes.get(usize::from(id)).cloned().flatten()
    }

    /// The lane was dropped after it had sent `sent` records.
    pub(super) fn close(&self, lane: &LaneState, sent: u64) {
        lane.closed_at.store(sent, Ordering::Release);
        self.forget_if_done(lane);
    }

    /// Passes results on and accounts for them.
    pub(super) fn deliver(&self, lane: &LaneState, deliveries: &[Delivery], freed: u64) {
        let is_open = lane.closed_at.load(Ordering::Acquire) == OPEN;
        if is_open && catch_unwind(AssertUnwindSafe(|| lane.sink.delivered(deliveries))).is_err() {
            // The panic's message is in the log already. Other lanes depend on this thread.
            tracing::error!("the receiver of a producer's results panicked; {} results are lost", deliveries.len());
        }
        lane.freed.fetch_add(freed, Ordering::Release);
        lane.finished.fetch_add(deliveries.len() as u64, Ordering::Release);
        lane.progress.notify_waiters();
        if lane.closed_at.load(Ordering::Acquire) != OPEN {
            self.forget_if_done(lane);
        }
    }

    /// Something else has changed that waiting lanes should look at.
    pub(super) fn notify_all(&self) {
        for lane in self.0.lock().lanes.iter().flatten() {
            lane.progress.notify_waiters();
        }
    }

    fn forget_if_done(&self, lane: &LaneState) {
        let mut table = self.0.lock();
        let done = lane.finished() == lane.closed_at.load(Ordering::Acquire);
        let slot = &mut table.lanes[usize::from(lane.id)];
        // Both the lane's drop and its last delivery may get here: only the first one finds it.
        if done && slot.as_deref().is_some_and(|present| std::ptr::eq(present, lane)) {
            *slot = None;
            table.free.push(lane.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordMetadata;

    #[derive(Default)]
    struct Seen(Mutex<Vec<u64>>);

    impl DeliverySink for Seen {
        fn delivered(&self, deliveries: &[Delivery]) {
            self.0.lock().extend(deliveries.iter().map(|delivery| delivery.sequence));
        }
    }

    fn deliveries(sequences: &[u64]) -> Vec<Delivery> {
        let outcome = Ok(RecordMetadata { partition: 0, offset: 0, timestamp: 0 });
        sequences.iter().map(|sequence| Delivery { sequence: *sequence, outcome: outcome.clone() }).collect()
    }

    #[test]
    fn tokens_carry_lane_and_sequence() {
        let check = |lane, sequence| {
            let token = Token::new(lane, sequence).unwrap();
            assert_eq!((token.lane(), token.sequence()), (lane, sequence));
        };
        check(0, 0);
        check(u16::MAX, MAX_SEQUENCE);
        check(7, 1 << 40);
        assert!(Token::new(0, MAX_SEQUENCE + 1).is_err());
    }

    #[test]
    fn results_of_a_dropped_lane_are_thrown_away_and_its_number_is_free_after_the_last() {
        let (lanes, seen) = (Lanes::default(), Arc::new(Seen::default()));
        let lane = lanes.open(seen.clone()).unwrap();
        lanes.deliver(&lane, &deliveries(&[0]), 10);
        lanes.close(&lane, 3);
        assert_ne!(lanes.open(seen.clone()).unwrap().id(), lane.id(), "two records are under way");
        lanes.deliver(&lane, &deliveries(&[1, 2]), 20);
        assert_eq!(*seen.0.lock(), [0]);
        assert_eq!(lane.freed(), 30);
        assert_eq!(lanes.open(seen).unwrap().id(), lane.id());
    }

    #[test]
    fn a_lane_without_records_under_way_is_forgotten_at_once() {
        let (lanes, seen) = (Lanes::default(), Arc::new(Seen::default()));
        let lane = lanes.open(seen.clone()).unwrap();
        lanes.close(&lane, 0);
        assert!(lanes.get(lane.id()).is_none());
        assert_eq!(lanes.open(seen).unwrap().id(), lane.id());
    }
}
