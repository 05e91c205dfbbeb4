//! Where a source task's transactions end (`transaction.boundary`): after each batch, after a while, or where the task says.

use std::time::Duration;

use aqueduct_api::{ConnectError, ErrorKind, SourceRecord, TransactionContext, TransactionRequests};
use tokio::time::Instant;

use crate::settings::TransactionBoundary;

/// What is to be done with the present transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on.
    GoOn,
    /// It is committed.
    Commit,
    /// Its records are dropped; the offsets behind them are committed all the same, so that the task does not see them again.
    Abort,
}

/// The boundaries of one task's transactions.
pub(super) enum Boundary {
    /// After each batch that the task answers.
    Poll,
    /// After the batch with which an interval has passed.
    Interval { every: Duration, last: Instant },
    /// Where the task asks for it.
    Connector { context: TransactionContext, requests: TransactionRequests },
}

impl Boundary {
    /// The boundaries that a connector is configured to have.
    pub(super) fn new(boundary: TransactionBoundary, interval: Duration) -> Self {
        match boundary {
            TransactionBoundary::Poll => Self::Poll,
            TransactionBoundary::Interval => Self::Interval { every: interval, last: Instant::now() },
            TransactionBoundary::Connector => {
                Self::Connector { context: TransactionContext::default(), requests: TransactionRequests::default() }
            }
        }
    }

    /// What the task shapes its transactions with.
    pub(super) fn context(&self) -> Option<TransactionContext> {
        match self {
            Self::Connector { context, .. } => Some(context.clone()),
            Self::Poll | Self::Interval { .. } => None,
        }
    }

    /// The task begins, or goes on after a pause.
    pub(super) fn begin(&mut self) {
        if let Self::Interval { last, .. } = self {
            *last = Instant::now();
        }
    }

    /// When the present transaction ends though the task has no further batch.
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::Interval { every, last } => last.checked_add(*every),
            Self::Poll | Self::Connector { .. } => None,
        }
    }

    /// Whether the next record may be one that the task has named.
    pub(super) fn names_records(&mut self) -> bool {
        match self.requests() {
            Some(requests) => !requests.commit_records.is_empty() || !requests.abort_records.is_empty(),
            None => false,
        }
    }

    /// A record has been sent, or dropped on the way.
    ///
    /// # Errors
    /// When the task wants both of one record.
    pub(super) fn after_record(&mut self, record: &SourceRecord) -> Result<Verdict, ConnectError> {
        let Some(requests) = self.requests() else { return Ok(Verdict::GoOn) };
        let commit = take(&mut requests.commit_records, record);
        let abort = take(&mut requests.abort_records, record);
        match (commit, abort) {
            (true, true) => {
                let (topic, partition) = (&record.record.topic, record.record.partition);
                let partition = partition.map_or_else(|| "null".to_owned(), |partition| partition.to_string());
                Err(contradiction(format!(
                    "Connector requested both commit and abort of same record against topic/partition {topic}/{partition}"
                )))
            }
            (_, true) => {
                tracing::info!(
                    "Aborting transaction for record on topic {} as requested by connector",
                    record.record.topic
                );
                Ok(Verdict::Abort)
            }
            (true, _) => Ok(Verdict::Commit),
            (false, false) => Ok(Verdict::GoOn),
        }
    }

    /// The records of a batch are sent, or there were none.
    ///
    /// # Errors
    /// When the task wants the transaction both committed and aborted.
    pub(super) fn after_batch(&mut self) -> Result<Verdict, ConnectError> {
        match self {
            Self::Poll => Ok(Verdict::Commit),
            Self::Interval { every, last } => {
                let now = Instant::now();
                if now.duration_since(*last) < *every {
                    return Ok(Verdict::GoOn);
                }
                *last = now;
                Ok(Verdict::Commit)
            }
            Self::Connector { .. } => self.as_asked(),
        }
    }

    /// The task pauses or ends.
    ///
    /// # Errors
    /// As [`Boundary::after_batch`].
    pub(super) fn at_end(&mut self) -> Result<Verdict, ConnectError> {
        match self {
            Self::Poll | Self::Interval { .. } => Ok(Verdict::Commit),
            Self::Connector { .. } => self.as_asked(),
        }
    }

    fn as_asked(&mut self) -> Result<Verdict, ConnectError> {
        let Some(requests) = self.requests() else { return Ok(Verdict::GoOn) };
        match (std::mem::take(&mut requests.commit_batch), std::mem::take(&mut requests.abort_batch)) {
            (true, true) => {
                Err(contradiction("Connector requested both commit and abort of same transaction".to_owned()))
            }
            (false, true) => {
                tracing::info!("Aborting transaction for batch as requested by connector");
                Ok(Verdict::Abort)
            }
            (true, false) => Ok(Verdict::Commit),
            (false, false) => Ok(Verdict::GoOn),
        }
    }

    /// What the task has asked for and did not get yet.
    fn requests(&mut self) -> Option<&mut TransactionRequests> {
        let Self::Connector { context, requests } = self else { return None };
        let mut new = context.take();
        requests.commit_batch |= new.commit_batch;
        requests.abort_batch |= new.abort_batch;
        requests.commit_records.append(&mut new.commit_records);
        requests.abort_records.append(&mut new.abort_records);
        Some(requests)
    }
}

/// Takes a record out of a list; answers whether it was there.
fn take(records: &mut Vec<SourceRecord>, record: &SourceRecord) -> bool {
    let before = records.len();
    records.retain(|other| other != record);
    records.len() < before
}

fn contradiction(message: String) -> ConnectError {
    ConnectError::with_kind(ErrorKind::IllegalState, message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aqueduct_api::Record;
    use aqueduct_data::SchemaAndValue;

    use super::*;

    fn record(position: i64) -> SourceRecord {
        SourceRecord {
            source_partition: Arc::new([("p", "a")].into_iter().collect()),
            source_offset: [("o", position)].into_iter().collect(),
            record: Record::new("t", SchemaAndValue::NULL),
        }
    }

    fn by_connector() -> (Boundary, TransactionContext) {
        let boundary = Boundary::new(TransactionBoundary::Connector, Duration::ZERO);
        let context = boundary.context().unwrap();
        (boundary, context)
    }

    #[test]
    fn by_poll_each_batch_is_a_transaction() {
        let mut boundary = Boundary::new(TransactionBoundary::Poll, Duration::ZERO);
        assert_eq!(boundary.after_record(&record(1)).unwrap(), Verdict::GoOn);
        assert_eq!(boundary.after_batch().unwrap(), Verdict::Commit);
        assert_eq!(boundary.at_end().unwrap(), Verdict::Commit);
        assert!(boundary.context().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interval_ends_with_a_batch_and_begins_anew_after_a_pause() {
        let mut boundary = Boundary::new(TransactionBoundary::Interval, Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(boundary.after_batch().unwrap(), Verdict::GoOn);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(boundary.after_batch().unwrap(), Verdict::Commit);
        assert_eq!(boundary.after_batch().unwrap(), Verdict::GoOn);
        tokio::time::advance(Duration::from_secs(9)).await;
        boundary.begin();
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(boundary.after_batch().unwrap(), Verdict::GoOn);
        assert_eq!(boundary.due(), Some(Instant::now() + Duration::from_secs(1)));
        assert_eq!(boundary.at_end().unwrap(), Verdict::Commit);
    }

    #[test]
    fn a_connector_gets_what_it_asks_for_once() {
        let (mut boundary, context) = by_connector();
        assert_eq!(boundary.after_batch().unwrap(), Verdict::GoOn);
        assert_eq!(boundary.at_end().unwrap(), Verdict::GoOn);
        context.commit_transaction();
        assert_eq!(boundary.after_record(&record(1)).unwrap(), Verdict::GoOn);
        assert_eq!(boundary.after_batch().unwrap(), Verdict::Commit);
        assert_eq!(boundary.after_batch().unwrap(), Verdict::GoOn);
        context.abort_transaction();
        assert_eq!(boundary.at_end().unwrap(), Verdict::Abort);
    }

    #[test]
    fn a_record_is_known_by_what_it_holds() {
        let (mut boundary, context) = by_connector();
        assert!(!boundary.names_records());
        context.commit_transaction_after(record(2));
        context.abort_transaction_after(record(3));
        assert!(boundary.names_records());
        let verdicts = [1, 2, 3, 2].map(|position| boundary.after_record(&record(position)).unwrap());
        assert_eq!(verdicts, [Verdict::GoOn, Verdict::Commit, Verdict::Abort, Verdict::GoOn]);
        assert!(!boundary.names_records());
    }

    #[test]
    fn a_contradiction_fails_the_task() {
        let (mut boundary, context) = by_connector();
        context.commit_transaction();
        context.abort_transaction();
        let error = boundary.after_batch().unwrap_err();
        assert_eq!(error.message(), Some("Connector requested both commit and abort of same transaction"));
        context.commit_transaction_after(record(1));
        context.abort_transaction_after(record(1));
        let error = boundary.after_record(&record(1)).unwrap_err();
        let expect = "Connector requested both commit and abort of same record against topic/partition t/null";
        assert_eq!(error.message(), Some(expect));
        assert_eq!(error.class(), "java.lang.IllegalStateException");
    }
}
