//! A log of keyed records that several workers write and each reads in full (`KafkaBasedLog`): what the stores of the
//! distributed mode are built on.
//!
//! Records enter with [`TopicLog::send`] and come out through the [`LogReader`] that the log was opened with, those of
//! other workers as well as our own. The log is a compacted Kafka topic ([`kafka`]) or, for tests, a list in memory
//! ([`memory`]).

mod create;
mod follower;
pub(crate) mod kafka;
pub(crate) mod memory;
mod sender;

use aqueduct_api::BoxFuture;
use aqueduct_data::Bytes;
use aqueduct_kafka::KafkaError;

/// A record of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its offset in its partition.
    pub offset: i64,
    /// The key, in JSON or plain text.
    pub key: Option<Bytes>,
    /// The value in JSON; none for a tombstone.
    pub value: Option<Bytes>,
}

/// Takes the records of a log, those of a partition in order. It is called between reads, so it must not wait. The second
/// argument tells whether the record is new: false while the log is read for the first time up to the end that it had then.
pub(crate) type LogReader = Box<dyn FnMut(LogRecord, bool) + Send>;

/// How a record came to its end.
pub(crate) type Sent = BoxFuture<'static, Result<(), KafkaError>>;

/// A log that is open.
pub(crate) trait TopicLog: Send + Sync {
    /// Writes a record, behind those of earlier calls. The record is on its way when this returns; the future tells when
    /// it is safe, and need not be awaited.
    fn send(&self, key: Bytes, value: Option<Bytes>) -> Sent;

    /// Waits until the reader has been given everything that is in the log now. While no broker answers this waits.
    ///
    /// # Errors
    /// When the log was stopped.
    fn read_to_end(&self) -> BoxFuture<'_, Result<(), KafkaError>>;

    /// Waits until each record that was sent has come to its end.
    fn flush(&self) -> BoxFuture<'_, ()>;

    /// Waits a while for records under way, then stops reading and writing.
    fn stop(&self) -> BoxFuture<'_, ()>;
}
