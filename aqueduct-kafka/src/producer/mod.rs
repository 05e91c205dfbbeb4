//! Writing records. A [`Producer`] is one connection to a cluster, possibly shared; a [`ProducerLane`] is one task's
//! use of it, with its own room for unacknowledged records and its own [`DeliverySink`] for the results.

pub mod pool;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::KafkaError;
use crate::record::{ProducerRecord, RecordMetadata};
use crate::settings::ClientSettings;

/// Where the results of a lane's records go.
pub trait DeliverySink: Send + Sync {
    /// Some records came to their end, in the order in which the results arrived; those of one partition are in the
    /// order of [`ProducerLane::send`]. Called from the producer's own thread, which also serves the other lanes:
    /// take the results and return, never wait. Never called again after the lane was dropped.
    fn delivered(&self, deliveries: &[Delivery]);
}

/// The end of one record.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The number given to [`ProducerLane::send`].
    pub sequence: u64,
    /// Where the record landed, or why it never will: the client has already retried all that can be retried.
    pub outcome: Result<RecordMetadata, KafkaError>,
}

/// A record that was not taken.
pub struct SendRejected {
    /// The record, unchanged.
    pub record: ProducerRecord,
    /// Why. [`QueueFull`](crate::ErrorKind::QueueFull): wait for [`ProducerLane::ready`], then send it again.
    pub error: KafkaError,
}

/// A cloneable handle on a producer. The connection is closed, dropping what was not yet written, when the last
/// handle and lane are gone.
#[derive(Clone)]
pub struct Producer {}

impl Producer {
    /// Starts a producer. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Producer, KafkaError> {
        unimplemented!()
    }

    /// Opens a lane whose results go to `sink`. Lanes share the connection but not the room: each may hold
    /// `buffer.memory` bytes of unacknowledged records, so that one that is stuck does not stop the others.
    pub fn register(&self, sink: Arc<dyn DeliverySink>) -> ProducerLane {
        unimplemented!()
    }

    /// The error that ended this producer, if one did: authentication failed, a newer producer took over, … It fails
    /// every record from then on; make a new one to try again.
    pub fn fault(&self) -> Option<KafkaError> {
        unimplemented!()
    }

    /// Waits until the producer has failed, see [`Producer::fault`].
    pub async fn faulted(&self) -> KafkaError {
        unimplemented!()
    }

    /// Waits until every record of every lane has come to its end, at most `timeout` (else an error of kind
    /// [`Timeout`](crate::ErrorKind::Timeout)).
    pub async fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Takes no more records, waits up to `timeout` for those under way, then closes the connection. Records left
    /// over end with [`Closed`](crate::ErrorKind::Closed). Lanes and other handles stay valid but refuse records.
    pub async fn close(&self, timeout: Duration) {
        unimplemented!()
    }

    /// The `client.id` in use.
    pub fn client_id(&self) -> &str {
        unimplemented!()
    }
}

/// One task's use of a [`Producer`]. Dropping it means that nobody wants the results any longer: records under way are
/// still written but their results are thrown away.
pub struct ProducerLane {}

impl ProducerLane {
    /// Hands `record` over without waiting; `sequence` comes back with its result and must be below 2^48. Records of
    /// one partition are written in the order of the calls. A record that can never be sent (too large, a topic that
    /// we may not write to, …) is rejected with an error that is not retriable.
    pub fn send(&self, sequence: u64, record: ProducerRecord) -> Result<(), SendRejected> {
        unimplemented!()
    }

    /// Waits until the lane has room again (immediately when it has), or the producer failed.
    pub async fn ready(&self) {
        unimplemented!()
    }

    /// How many records were taken and have no result yet.
    pub fn outstanding(&self) -> u64 {
        unimplemented!()
    }

    /// Waits until every record of this lane has its result, at most `timeout` (else an error of kind
    /// [`Timeout`](crate::ErrorKind::Timeout)).
    pub async fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// The producer that this lane belongs to.
    pub fn producer(&self) -> &Producer {
        unimplemented!()
    }
}

impl fmt::Debug for SendRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}
