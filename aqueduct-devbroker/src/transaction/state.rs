//! What is known of one transactional id, and the rules by which it changes.
//!
//! Pure: a change is made on a copy, which the coordinator stores before it takes effect.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::ResponseError;
use serde::{Deserialize, Serialize};

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Empty,
    Ongoing,
    PrepareCommit,
    PrepareAbort,
    CompleteCommit,
    CompleteAbort,
}

/// One transactional id, as the log remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    /// The epoch before the last change, with which a client may ask again when an answer was lost.
    pub(crate) last_epoch: i16,
    pub(crate) timeout_ms: i32,
    pub(crate) state: State,
    /// When the open transaction began, in milliseconds since 1970.
    pub(crate) started: Option<i64>,
    pub(crate) partitions: BTreeSet<(String, i32)>,
    pub(crate) groups: BTreeSet<String>,
}

// === impl State ===

impl State {
    pub(crate) const ALL: [State; 6] = [
        State::Empty,
        State::Ongoing,
        State::PrepareCommit,
        State::PrepareAbort,
        State::CompleteCommit,
        State::CompleteAbort,
    ];

    /// As Kafka's tools show it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::Ongoing => "Ongoing",
            State::PrepareCommit => "PrepareCommit",
            State::PrepareAbort => "PrepareAbort",
            State::CompleteCommit => "CompleteCommit",
            State::CompleteAbort => "CompleteAbort",
        }
    }
}

// === impl Transaction ===

impl Transaction {
    /// A transactional id that was never seen before.
    pub(crate) fn new(producer_id: i64, timeout_ms: i32) -> Transaction {
        Transaction {
            producer_id,
            producer_epoch: 0,
            last_epoch: -1,
            timeout_ms,
            state: State::Empty,
            started: None,
            partitions: BTreeSet::new(),
            groups: BTreeSet::new(),
        }
    }

    /// Checks that the transactional id belongs to this producer and that no newer one has taken over.
    pub(crate) fn check(&self, producer_id: i64, producer_epoch: i16) -> Result<(), ResponseError> {
        if self.producer_id != producer_id {
            Err(ResponseError::InvalidProducerIdMapping)
        } else if self.producer_epoch != producer_epoch {
            Err(ResponseError::ProducerFenced)
        } else {
            Ok(())
        }
    }

    /// Opens a transaction, or goes on with the open one.
    pub(crate) fn go_on(&mut self, now: i64) -> Result<(), ResponseError> {
        match self.state {
            State::Ongoing => {}
            State::PrepareCommit | State::PrepareAbort => return Err(ResponseError::ConcurrentTransactions),
            State::Empty | State::CompleteCommit | State::CompleteAbort => {
                self.partitions.clear();
                self.groups.clear();
                self.started = Some(now);
                self.state = State::Ongoing;
            }
        }
        Ok(())
    }

    /// Decides how the open transaction ends. False when it ended so before: the client asks again.
    pub(crate) fn prepare(&mut self, commit: bool) -> Result<bool, ResponseError> {
        match (self.state, commit) {
            (State::Ongoing, true) => self.state = State::PrepareCommit,
            (State::Ongoing, false) => self.state = State::PrepareAbort,
            (State::CompleteCommit, true) | (State::CompleteAbort, false) => return Ok(false),
            (State::PrepareCommit, true) | (State::PrepareAbort, false) => {
                return Err(ResponseError::ConcurrentTransactions);
            }
            _ => return Err(ResponseError::InvalidTxnState),
        }
        Ok(true)
    }

    /// All markers are written.
    pub(crate) fn complete(&mut self) {
        self.state = if self.state == State::PrepareCommit { State::CompleteCommit } else { State::CompleteAbort };
        self.started = None;
        self.partitions.clear();
        self.groups.clear();
    }

    /// Whether a client that names this id and epoch may take over: it is the last one, or asks once more.
    pub(crate) fn may_take_over(&self, producer_id: i64, producer_epoch: i16) -> bool {
        producer_id == self.producer_id && (producer_epoch == self.producer_epoch || producer_epoch == self.last_epoch)
    }

    /// Shuts out the producer with the present epoch. False when epochs are used up.
    pub(crate) fn bump(&mut self) -> bool {
        // The last epoch is left for the markers of the transaction that is open then.
        if self.producer_epoch >= i16::MAX - 1 {
            return false;
        }
        self.last_epoch = self.producer_epoch;
        self.producer_epoch += 1;
        true
    }

    pub(crate) fn is_overdue(&self, now: i64) -> bool {
        let started = self.started.filter(|_| self.state == State::Ongoing);
        started.is_some_and(|started| started + i64::from(self.timeout_ms) < now)
    }
}

/// All ids of transactional producers by producer id.
pub(crate) type ByProducer = BTreeMap<i64, String>;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(state: State) -> Transaction {
        Transaction { state, ..Transaction::new(7, 1000) }
    }

    #[test]
    fn a_transaction_ends_once_and_in_one_way() {
        let check = |state, commit, expect| assert_eq!(at(state).prepare(commit), expect, "{state:?} {commit}");
        check(State::Ongoing, true, Ok(true));
        check(State::Ongoing, false, Ok(true));
        check(State::CompleteCommit, true, Ok(false));
        check(State::CompleteCommit, false, Err(ResponseError::InvalidTxnState));
        check(State::CompleteAbort, true, Err(ResponseError::InvalidTxnState));
        check(State::Empty, true, Err(ResponseError::InvalidTxnState));
        check(State::PrepareCommit, true, Err(ResponseError::ConcurrentTransactions));
        check(State::PrepareCommit, false, Err(ResponseError::InvalidTxnState));
    }

    #[test]
    fn a_new_epoch_shuts_out_the_old_one() {
        let mut known = at(State::Empty);
        assert!(known.bump());
        assert_eq!(known.check(7, 0), Err(ResponseError::ProducerFenced));
        assert_eq!(known.check(7, 1), Ok(()));
        assert_eq!(known.check(8, 1), Err(ResponseError::InvalidProducerIdMapping));
        assert!(known.may_take_over(7, 0) && known.may_take_over(7, 1) && !known.may_take_over(8, 1));
    }

    #[test]
    fn epochs_end() {
        let mut known = Transaction { producer_epoch: i16::MAX - 1, ..at(State::Empty) };
        assert!(!known.bump());
    }

    #[test]
    fn only_an_open_transaction_is_overdue() {
        let mut known = at(State::Empty);
        known.go_on(0).unwrap();
        assert!(!known.is_overdue(1000) && known.is_overdue(1001));
        known.prepare(true).unwrap();
        assert!(!known.is_overdue(9999));
    }
}
