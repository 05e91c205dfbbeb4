//! What the handles, the lanes and the delivery thread of one producer share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use parking_lot::RwLock;
use tokio::sync::Notify;

use super::lanes::Lanes;
use crate::client_config::LibrdkafkaConfig;
use crate::connection::Connection;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, Queue};

/// Whether records are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Gate {
    /// Yes.
    Open = 0,
    /// Not now: the records of one instance are being handed to its successor.
    Waiting = 1,
    /// No, never again.
    Closed = 2,
}

/// One librdkafka instance of a producer. There is a second one only after idempotence was refused.
pub(super) struct Engine {
    pub(super) client: Arc<Client>,
    /// Deliveries and errors.
    pub(super) events: Queue,
}

impl Engine {
    pub(super) fn new(client: Arc<Client>) -> Arc<Engine> {
        Arc::new(Engine { events: Queue::main(&client), client })
    }
}

/// How many full batches a lane may have under way, see [`Core::window`].
const BATCHES: u64 = 4;

/// How long one look for partitions takes at most, in milliseconds.
const LOOK_MS: i32 = 10_000;

pub(super) struct Core {
    pub(super) config: LibrdkafkaConfig,
    pub(super) connection: Arc<Connection>,
    pub(super) lanes: Lanes,
    /// How much each lane may have under way, in bytes: a few batches, so that one is on the wire while others fill.
    /// More would only wait in librdkafka, cost memory, and keep its thread busy: with idempotence it sends one batch per
    /// partition at a time, and does not sleep while the next one has waited for longer than `linger.ms`.
    pub(super) window: u64,
    engine: RwLock<Arc<Engine>>,
    /// Grows when `engine` changes, so that lanes notice without a lock.
    generation: AtomicU32,
    gate: AtomicU8,
    /// Whether the delivery threads should end.
    stopping: AtomicBool,
    /// Whether the cluster is being asked for partitions.
    looking: AtomicBool,
    /// Notified after every event that the delivery thread has dealt with.
    pub(super) progress: Notify,
}

impl Core {
    pub(super) fn new(config: LibrdkafkaConfig, connection: Arc<Connection>, engine: Arc<Engine>) -> Core {
        let batch_size = config.properties.get("batch.size").and_then(|size| size.parse().ok()).unwrap_or(1 << 20);
        Core {
            window: (BATCHES * batch_size).min(config.producer.buffer_memory as u64),
            config,
            connection,
            lanes: Lanes::default(),
            engine: RwLock::new(engine),
            generation: AtomicU32::new(0),
            gate: AtomicU8::new(Gate::Open as u8),
            stopping: AtomicBool::new(false),
            looking: AtomicBool::new(false),
            progress: Notify::new(),
        }
    }

    pub(super) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine.read())
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn replace_engine(&self, engine: Arc<Engine>) {
        *self.engine.write() = engine;
        self.generation.fetch_add(1, Ordering::Release);
    }

    pub(super) fn gate(&self) -> Gate {
        match self.gate.load(Ordering::Acquire) {
            0 => Gate::Open,
            1 => Gate::Waiting,
            _ => Gate::Closed,
        }
    }

    /// Opens or shuts the gate; a closed one stays closed.
    pub(super) fn set_gate(&self, gate: Gate) {
        self.gate.fetch_max(gate as u8, Ordering::AcqRel);
        if gate == Gate::Open {
            let _ =
                self.gate.compare_exchange(Gate::Waiting as u8, Gate::Open as u8, Ordering::AcqRel, Ordering::Acquire);
        }
        self.lanes.notify_all();
        self.progress.notify_waiters();
    }

    /// Why no record is taken just now, if so.
    pub(super) fn check_gate(&self) -> Result<(), KafkaError> {
        match self.gate() {
            Gate::Open => Ok(()),
            Gate::Waiting => Err(KafkaError::new(ErrorKind::QueueFull, "the producer is being set up anew")),
            Gate::Closed => Err(self.connection.fault().unwrap_or_else(|| {
                KafkaError::new(ErrorKind::Closed, "Cannot perform operation after producer has been closed")
            })),
        }
    }

    /// Asks the cluster for topics and partitions, beside the caller: a record was for a partition that is not known.
    ///
    /// librdkafka refuses such a record and looks again minutes later only; Java asks at once.
    pub(super) fn look_for_partitions(self: &Arc<Self>) {
        if self.looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = core.engine().client.list_topics(LOOK_MS) {
                tracing::debug!(client = core.connection.client_id(), "looking for partitions: {error}");
            }
            core.looking.store(false, Ordering::Release);
        });
    }

    /// Ends the producer: what is queued is dropped, the delivery thread goes home.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.set_gate(Gate::Closed);
        self.engine().events.wake();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
