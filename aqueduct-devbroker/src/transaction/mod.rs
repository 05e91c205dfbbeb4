//! The transaction coordinator: who owns a transactional id, what its transaction touches, and how it ends.
//!
//! Requests enter through the API files; markers leave to the partitions, and committed offsets to the groups. Every
//! change is stored before it is seen, and a decision that was stored is carried out again after a restart. One lock
//! guards all: while it is held, partitions and groups are locked, never the other way round.

mod state;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::ResponseError;
use parking_lot::Mutex;

use crate::broker::Broker;
use crate::group;
use crate::partition::Refused;
use crate::storage::InternalLog;
use state::ByProducer;
pub(crate) use state::{State, Transaction};

/// `transaction.max.timeout.ms`.
const MAX_TIMEOUT_MS: i32 = 900_000;
/// How often transactions are looked through for overdue ones.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// All transactional ids.
#[derive(Debug)]
pub(crate) struct Transactions {
    log: InternalLog,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: BTreeMap<String, Transaction>,
    by_producer: ByProducer,
}

/// Who speaks: a transactional id, with the producer id and epoch that the client believes to have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Producer<'a> {
    pub(crate) transactional_id: &'a str,
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

/// What a producer says of itself when it begins: -1 and -1 unless it goes on after an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Initialise {
    pub(crate) timeout_ms: i32,
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
}

/// Carries out what a killed broker had decided, and ends transactions whose time is over.
pub(crate) fn start(broker: &Arc<Broker>) {
    broker.transactions.recover(broker);
    let weak = Arc::downgrade(broker);
    broker.spawn(async move {
        loop {
            tokio::time::sleep(CHECK_EVERY).await;
            let Some(broker) = weak.upgrade() else { return };
            broker.transactions.abort_overdue(&broker);
        }
    });
}

// === impl Transactions ===

impl Transactions {
    /// Opens what the log remembers.
    pub(crate) fn open(log: InternalLog) -> io::Result<Transactions> {
        let mut known = Known::default();
        for (id, transaction) in log.entries::<Transaction>()? {
            known.by_producer.insert(transaction.producer_id, id.clone());
            known.by_id.insert(id, transaction);
        }
        Ok(Transactions { log, known: Mutex::new(known) })
    }

    /// Flushes to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.log.sync()
    }

    /// Gives the transactional id to the producer that asks, and shuts out the one before: its transaction is aborted.
    pub(crate) fn initialise(
        &self,
        broker: &Arc<Broker>,
        id: &str,
        asked: Initialise,
    ) -> Result<(i64, i16), ResponseError> {
        if id.is_empty() {
            return Err(ResponseError::InvalidRequest);
        }
        if !(1..=MAX_TIMEOUT_MS).contains(&asked.timeout_ms) {
            return Err(ResponseError::InvalidTransactionTimeout);
        }
        let new_id = || broker.allocate_producer_id().map_err(storage);
        let mut known = self.known.lock();
        let Some(former) = known.by_id.get(id).cloned() else {
            let transaction = Transaction::new(new_id()?, asked.timeout_ms);
            let given = (transaction.producer_id, transaction.producer_epoch);
            self.put(&mut known, id, transaction)?;
            return Ok(given);
        };
        if asked.producer_id >= 0 && !former.may_take_over(asked.producer_id, asked.producer_epoch) {
            return Err(ResponseError::ProducerFenced);
        }
        if former.state == State::Ongoing {
            self.abort(broker, &mut known, id, former)?;
        }
        let mut next = known.by_id.get(id).cloned().ok_or(ResponseError::CoordinatorNotAvailable)?;
        if !next.bump() {
            known.by_producer.remove(&next.producer_id);
            next = Transaction::new(new_id()?, asked.timeout_ms);
        }
        next.timeout_ms = asked.timeout_ms;
        next.state = State::Empty;
        let given = (next.producer_id, next.producer_epoch);
        self.put(&mut known, id, next)?;
        Ok(given)
    }

    /// Makes partitions part of the producer's transaction, which begins when none is open.
    pub(crate) fn add_partitions(
        &self,
        now: i64,
        producer: Producer<'_>,
        partitions: impl Iterator<Item = (String, i32)>,
    ) -> Result<(), ResponseError> {
        self.change(now, producer, |transaction| transaction.partitions.extend(partitions))
    }

    /// Makes a group's offsets part of the producer's transaction, which begins when none is open.
    pub(crate) fn add_group(&self, now: i64, producer: Producer<'_>, group: &str) -> Result<(), ResponseError> {
        self.change(now, producer, |transaction| {
            transaction.groups.insert(group.to_owned());
        })
    }

    /// Runs `write` if the producer's transaction is open and includes the group; it stays open meanwhile.
    pub(crate) fn commit_in<T>(
        &self,
        producer: Producer<'_>,
        group: &str,
        write: impl FnOnce() -> T,
    ) -> Result<T, ResponseError> {
        let known = self.known.lock();
        let transaction = known.find(producer)?;
        match transaction.state == State::Ongoing && transaction.groups.contains(group) {
            true => Ok(write()),
            false => Err(ResponseError::InvalidTxnState),
        }
    }

    /// Runs `write` if the producer's transaction is open and includes the partition; it stays open meanwhile.
    pub(crate) fn produce_in<T>(
        &self,
        producer_id: i64,
        epoch: i16,
        topic: &str,
        partition: i32,
        write: impl FnOnce() -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let known = self.known.lock();
        let transaction = known.by_producer.get(&producer_id).and_then(|id| known.by_id.get(id));
        let (error, message) = match transaction {
            None => (ResponseError::InvalidProducerIdMapping, "no transactional id has this producer id"),
            Some(transaction) if epoch < transaction.producer_epoch => {
                (ResponseError::InvalidProducerEpoch, "a newer producer has taken over the transactional id")
            }
            Some(transaction) => {
                let open = transaction.state == State::Ongoing && epoch == transaction.producer_epoch;
                if open && transaction.partitions.iter().any(|(name, index)| name == topic && *index == partition) {
                    return write();
                }
                (ResponseError::InvalidTxnState, "the partition is not part of an open transaction")
            }
        };
        Err(Refused { error, message: format!("producer {producer_id}, epoch {epoch}: {message}") })
    }

    /// Commits or aborts the producer's transaction.
    pub(crate) fn end(&self, broker: &Arc<Broker>, producer: Producer<'_>, commit: bool) -> Result<(), ResponseError> {
        let mut known = self.known.lock();
        let mut transaction = known.find(producer)?.clone();
        if !transaction.prepare(commit)? {
            return Ok(());
        }
        self.put(&mut known, producer.transactional_id, transaction)?;
        self.finish(broker, &mut known, producer.transactional_id)
    }

    /// What is known of a transactional id.
    pub(crate) fn get(&self, id: &str) -> Option<Transaction> {
        self.known.lock().by_id.get(id).cloned()
    }

    /// All transactional ids.
    pub(crate) fn all(&self) -> Vec<(String, Transaction)> {
        self.known.lock().by_id.iter().map(|(id, transaction)| (id.clone(), transaction.clone())).collect()
    }

    fn change(
        &self,
        now: i64,
        producer: Producer<'_>,
        change: impl FnOnce(&mut Transaction),
    ) -> Result<(), ResponseError> {
        let mut known = self.known.lock();
        let former = known.find(producer)?;
        let mut transaction = former.clone();
        transaction.go_on(now)?;
        change(&mut transaction);
        if transaction == *former {
            return Ok(());
        }
        self.put(&mut known, producer.transactional_id, transaction)
    }

    fn recover(&self, broker: &Arc<Broker>) {
        let mut known = self.known.lock();
        let decided =
            |transaction: &Transaction| matches!(transaction.state, State::PrepareCommit | State::PrepareAbort);
        let ids: Vec<_> =
            known.by_id.iter().filter(|(_, transaction)| decided(transaction)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            if let Err(error) = self.finish(broker, &mut known, &id) {
                tracing::error!(transactional_id = id, %error, "ending a transaction after the restart failed");
            }
        }
    }

    fn abort_overdue(&self, broker: &Arc<Broker>) {
        let now = broker.clock.now();
        let mut known = self.known.lock();
        let overdue = known.by_id.iter().filter(|(_, transaction)| transaction.is_overdue(now));
        let overdue: Vec<_> = overdue.map(|(id, transaction)| (id.clone(), transaction.clone())).collect();
        for (id, transaction) in overdue {
            tracing::debug!(transactional_id = id, "aborting a transaction whose time is over");
            if let Err(error) = self.abort(broker, &mut known, &id, transaction) {
                tracing::error!(transactional_id = id, %error, "aborting a transaction failed");
            }
        }
    }

    /// Aborts an open transaction, with a new epoch that shuts out its producer.
    fn abort(
        &self,
        broker: &Arc<Broker>,
        known: &mut Known,
        id: &str,
        mut transaction: Transaction,
    ) -> Result<(), ResponseError> {
        if !transaction.bump() {
            transaction.producer_epoch = i16::MAX;
        }
        transaction.prepare(false)?;
        self.put(known, id, transaction)?;
        self.finish(broker, known, id)
    }

    /// Writes the markers that were decided on. Nothing is harmed when some of them are there already.
    fn finish(&self, broker: &Arc<Broker>, known: &mut Known, id: &str) -> Result<(), ResponseError> {
        let Some(mut transaction) = known.by_id.get(id).cloned() else { return Ok(()) };
        let commit = transaction.state == State::PrepareCommit;
        let (producer_id, epoch) = (transaction.producer_id, transaction.producer_epoch);
        for (topic, index) in &transaction.partitions {
            // A topic that was deleted meanwhile needs no marker.
            if let Some(partition) = broker.partition(topic, *index) {
                partition.append_marker(producer_id, epoch, commit, 0, broker.clock.now()).map_err(storage)?;
            }
        }
        for group in &transaction.groups {
            group::end_transaction(broker, group, producer_id, commit).map_err(storage)?;
        }
        transaction.complete();
        self.put(known, id, transaction)
    }

    fn put(&self, known: &mut Known, id: &str, transaction: Transaction) -> Result<(), ResponseError> {
        self.log.put(id, &transaction).map_err(storage)?;
        known.by_producer.insert(transaction.producer_id, id.to_owned());
        known.by_id.insert(id.to_owned(), transaction);
        Ok(())
    }
}

// === impl Known ===

impl Known {
    fn find(&self, producer: Producer<'_>) -> Result<&Transaction, ResponseError> {
        let transaction = self.by_id.get(producer.transactional_id).ok_or(ResponseError::InvalidProducerIdMapping)?;
        transaction.check(producer.id, producer.epoch)?;
        Ok(transaction)
    }
}

fn storage(error: io::Error) -> ResponseError {
    tracing::error!(%error, "storing a transaction failed");
    ResponseError::KafkaStorageError
}
