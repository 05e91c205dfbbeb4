//! Writing records. A [`Producer`] is one connection to a cluster, possibly shared; a [`ProducerLane`] is one task's
//! use of it, with its own room for unacknowledged records and its own [`DeliverySink`] for the results.
//!
//! Records enter with [`ProducerLane::send`], which copies them into librdkafka without waiting. Their results come back
//! on the producer's delivery thread (`deliveries`), which sorts them by lane with the number that travelled along.

mod core;
mod deliveries;
mod failure;
mod fallback;
mod lane;
mod lanes;
pub(crate) mod pool;
mod record_size;
#[cfg(test)]
mod tests;
mod transactional_writer;
mod transactions;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use self::core::{Core, Engine, Gate};
use crate::client_config::ClientKind;
use crate::error::{ErrorKind, KafkaError};
use crate::record::RecordMetadata;
use crate::settings::ClientSettings;
use crate::start::start;
use crate::statistics::StatisticsListener;

pub use lane::ProducerLane;
pub use transactional_writer::TransactionalWriter;

/// Where the results of a lane's records go.
pub trait DeliverySink: Send + Sync {
    /// Some records came to their end, in the order in which the results arrived; those of one partition are in the
    /// order of [`ProducerLane::send`]. Called from the producer's own thread, which also serves the other lanes:
    /// take the results and return, never wait. No call begins after the lane was dropped.
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

/// A cloneable handle on a producer. The connection is closed, dropping what was not yet written, when the last
/// handle and lane are gone.
#[derive(Clone)]
pub struct Producer(Arc<Handle>);

/// Ends the producer when nobody holds it any more; the delivery thread only holds the core.
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.stop();
    }
}

/// `linger.ms` of a producer with idempotence.
const IDEMPOTENT_LINGER: Duration = Duration::from_millis(20);
/// Flushing asks librdkafka not to wait for `linger.ms` if that is longer than this.
const LONG_LINGER: Duration = Duration::from_millis(50);
/// How long closing waits for the results of records that it gave up.
const LAST_RESULTS: Duration = Duration::from_secs(2);

impl Producer {
    /// Starts a producer. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Producer, KafkaError> {
        Producer::observed(settings, None)
    }

    /// The same for a producer whose figures go to `statistics`.
    fn observed(
        settings: &ClientSettings,
        statistics: Option<Arc<dyn StatisticsListener>>,
    ) -> Result<Producer, KafkaError> {
        let started = start(ClientKind::Producer, settings, statistics, |config| {
            // Each lane limits what it has under way (see `ProducerLane`), so librdkafka's own limits, which all lanes
            // would share, are out of the way.
            config.properties.insert("queue.buffering.max.messages".into(), "0".into());
            config.properties.insert("queue.buffering.max.kbytes".into(), i32::MAX.to_string());
            // As said at `Core::window`: a batch that waits for the one before it costs CPU once it is older than this.
            // So it is longer than most brokers take to answer, unless a person chose.
            if config.producer.idempotence.enabled && settings.get("linger.ms").is_none() {
                config.properties.insert("linger.ms".into(), IDEMPOTENT_LINGER.as_millis().to_string());
            }
            // Java waits for a topic to appear as long as sending may block. librdkafka counts in microseconds, in 32 bits:
            // more than this overflows, and then it does not wait at all.
            let patience = config.producer.max_block.as_millis().min(2_000_000);
            config.properties.insert("topic.metadata.propagation.max.ms".into(), patience.to_string());
        })?;
        let engine = Engine::new(started.client);
        let core = Arc::new(Core::new(started.config, started.connection, Arc::clone(&engine)));
        deliveries::spawn(Arc::clone(&core), engine)?;
        Ok(Producer(Arc::new(Handle { core })))
    }

    fn core(&self) -> &Arc<Core> {
        &self.0.core
    }

    /// Opens a lane whose results go to `sink`. Lanes share the connection but not the room: each may hold
    /// few batches of unacknowledged records, so that one that is stuck does not stop the others. Fails when
    /// the producer has failed or was closed.
    pub fn register(&self, sink: Arc<dyn DeliverySink>) -> Result<ProducerLane, KafkaError> {
        if self.core().gate() == Gate::Closed {
            self.core().check_gate()?;
        }
        ProducerLane::open(self.clone(), sink)
    }

    /// The error that ended this producer, if one did: authentication failed, a newer producer took over, … It fails
    /// every record from then on; make a new one to try again.
    pub fn fault(&self) -> Option<KafkaError> {
        self.core().connection.fault()
    }

    /// Waits until the producer has failed, see [`Producer::fault`].
    pub async fn faulted(&self) -> KafkaError {
        let next = self.core().connection.next_fault();
        match self.fault() {
            Some(fault) => fault,
            None => next.await,
        }
    }

    /// Waits until every record of every lane has come to its end, at most `timeout` (else an error of kind
    /// [`Timeout`](crate::ErrorKind::Timeout)).
    pub async fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        self.hurry(timeout);
        let deadline = deadline(timeout);
        loop {
            let progress = self.core().progress.notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if self.core().engine().client.queue_length() == 0 && self.core().gate() != Gate::Waiting {
                return Ok(());
            }
            if timeout_at(deadline, progress).await.is_err() {
                let message = format!("records were still under way after {} ms", timeout.as_millis());
                return Err(KafkaError::new(ErrorKind::Timeout, message));
            }
        }
    }

    /// Takes no more records, waits up to `timeout` for those under way, then closes the connection. Records left
    /// over end with [`Closed`](crate::ErrorKind::Closed). Lanes and other handles stay valid but refuse records.
    pub async fn close(&self, timeout: Duration) {
        self.core().set_gate(Gate::Closed);
        if self.flush(timeout).await.is_err() {
            let engine = self.core().engine();
            // Purging waits for librdkafka's threads.
            let _ = tokio::task::spawn_blocking(move || engine.client.purge()).await;
            let _ = self.flush(LAST_RESULTS).await;
        }
        self.core().stop();
    }

    /// The `client.id` in use.
    pub fn client_id(&self) -> &str {
        self.core().connection.client_id()
    }

    /// `max.block.ms`: how long a sender should wait for room before it gives up.
    pub fn max_block(&self) -> Duration {
        self.core().config.producer.max_block
    }

    /// Makes records go that would otherwise wait for `linger.ms`.
    fn hurry(&self, timeout: Duration) {
        let linger = self.core().config.properties.get("linger.ms").and_then(|millis| millis.parse::<f64>().ok());
        if linger.is_none_or(|millis| millis <= LONG_LINGER.as_secs_f64() * 1000.0) {
            return;
        }
        let engine = self.core().engine();
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        tokio::task::spawn_blocking(move || engine.client.flush(timeout));
    }
}

/// `timeout` from now, as far as time goes.
fn deadline(timeout: Duration) -> Instant {
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + timeout.min(LONGEST)
}
