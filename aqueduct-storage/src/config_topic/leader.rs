//! The leader's way to the config topic where a former leader must not write any more (`exactly.once.source.support`): a
//! producer with the group's transactional id. Claiming the right to write shuts out whoever had it before, and each write
//! is a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConnectError, ErrorKind, ready};
use aqueduct_data::{ByteString, Bytes};
use aqueduct_kafka::{ClientSettings, ErrorKind as KafkaErrorKind, KafkaError, TransactionalWriter};
use parking_lot::Mutex;
use tokio::time::timeout;

use crate::MemoryTopic;
use crate::kafka_error::connect_error;

/// `max.block.ms` where nobody set it.
const MAX_BLOCK: Duration = Duration::from_secs(60);

/// Keys and values of one write.
pub(super) type Records = Vec<(Bytes, Option<Bytes>)>;

/// Writes as the only leader.
pub(super) trait LeaderWriter: Send + Sync {
    /// Shuts out all other leaders. Does nothing when this worker has the right already, as far as it knows.
    fn claim(&self) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// Whether this worker has the right, as far as it knows.
    fn has_claim(&self) -> bool;

    /// Gives the right up, be it that it is lost.
    fn release(&self);

    /// Writes all records or none.
    fn write(&self, records: Records) -> BoxFuture<'_, Result<(), ConnectError>>;
}

fn unclaimed() -> ConnectError {
    let message = "Cannot produce to config topic without claiming write privileges first";
    ConnectError::with_kind(ErrorKind::IllegalState, message)
}

/// The way of a real worker.
pub(super) struct KafkaLeader {
    topic: ByteString,
    settings: ClientSettings,
    claimed: Mutex<Option<Arc<TransactionalWriter>>>,
}

impl KafkaLeader {
    pub(super) fn new(topic: &str, settings: ClientSettings) -> Self {
        Self { topic: topic.into(), settings, claimed: Mutex::default() }
    }

    async fn take_over(&self) -> Result<TransactionalWriter, KafkaError> {
        let patience = self.settings.millis("max.block.ms").unwrap_or(MAX_BLOCK);
        timeout(patience, TransactionalWriter::take_over(&self.settings)).await.unwrap_or_else(|_| {
            let message = format!("Timeout expired after {} ms while awaiting InitProducerId", patience.as_millis());
            Err(KafkaError::new(KafkaErrorKind::Timeout, message))
        })
    }
}

impl LeaderWriter for KafkaLeader {
    fn claim(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            let sound = self.claimed.lock().as_ref().is_some_and(|writer| writer.fault().is_none());
            if sound {
                return Ok(());
            }
            self.release();
            let writer = self.take_over().await.map_err(|error| {
                ConnectError::connect("Failed to create and initialize secure producer for config topic")
                    .caused_by(connect_error(&error))
            })?;
            *self.claimed.lock() = Some(Arc::new(writer));
            Ok(())
        })
    }

    fn has_claim(&self) -> bool {
        self.claimed.lock().is_some()
    }

    fn release(&self) {
        self.claimed.lock().take();
    }

    fn write(&self, records: Records) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            let writer = self.claimed.lock().clone().ok_or_else(unclaimed)?;
            writer.write(&self.topic, records).await.map_err(|error| connect_error(&error))
        })
    }
}

/// The way of a worker on a topic in memory.
pub(super) struct MemoryLeader {
    topic: MemoryTopic,
    /// The claim that this one made; 0 for none.
    claim: AtomicU64,
}

impl MemoryLeader {
    pub(super) fn new(topic: &MemoryTopic) -> Self {
        Self { topic: topic.clone(), claim: AtomicU64::new(0) }
    }
}

impl LeaderWriter for MemoryLeader {
    fn claim(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        if !self.has_claim() {
            self.claim.store(self.topic.claim(), Ordering::Release);
        }
        ready(Ok(()))
    }

    fn has_claim(&self) -> bool {
        self.claim.load(Ordering::Acquire) != 0
    }

    fn release(&self) {
        self.claim.store(0, Ordering::Release);
    }

    fn write(&self, records: Records) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(match self.claim.load(Ordering::Acquire) {
            0 => Err(unclaimed()),
            claim => self.topic.append_claimed(claim, records).map_err(|error| connect_error(&error)),
        })
    }
}
