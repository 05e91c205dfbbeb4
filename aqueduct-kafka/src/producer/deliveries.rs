//! The delivery thread: waits for librdkafka's events, hands results to the lanes and judges errors. It sleeps while
//! nothing happens.

use std::sync::Arc;

use super::core::{Core, Engine, Gate};
use super::fallback::Fallback;
use super::lanes::{LaneState, Token};
use super::{Delivery, failure};
use crate::error::{ErrorKind, KafkaError};
use crate::native::{DeliveredMessage, Event, EventKind, Observer, Reply};
use crate::record::RecordMetadata;

/// About what a record takes in a batch besides its bytes.
const RECORD_OVERHEAD: u64 = 32;

/// How long to wait for an answer that only matters if it comes soon.
const GREETING_PATIENCE_MS: i32 = 1_000;

/// How much of a lane's window a record takes while it is under way.
pub(super) fn weight(key: Option<&[u8]>, value: Option<&[u8]>, headers: usize) -> u64 {
    let bytes = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers;
    RECORD_OVERHEAD + bytes as u64
}

/// Starts the delivery thread of `engine`.
pub(super) fn spawn(core: Arc<Core>, engine: Arc<Engine>) -> Result<(), KafkaError> {
    let wake = Arc::downgrade(&engine);
    core.connection.on_connected(move || {
        if let Some(engine) = wake.upgrade() {
            engine.events.wake();
        }
    });
    let deliveries =
        Deliveries { core, engine, batch: Vec::new(), freed: 0, lane: None, fallback: None, delivered: false };
    std::thread::Builder::new()
        .name("kafka-producer".into())
        .spawn(move || deliveries.run())
        .map(|_| ())
        .map_err(|error| KafkaError::new(ErrorKind::Other, format!("starting the delivery thread: {error}")))
}

struct Deliveries {
    core: Arc<Core>,
    engine: Arc<Engine>,
    /// Results of `lane` that were not yet handed over, and how much of its window they give back.
    batch: Vec<Delivery>,
    freed: u64,
    lane: Option<Arc<LaneState>>,
    /// Set once idempotence was refused: this engine's records move to another one.
    fallback: Option<Fallback>,
    /// Whether any record has come to its end.
    delivered: bool,
}

impl Deliveries {
    fn run(mut self) {
        loop {
            match self.engine.events.wait() {
                Some(event) => self.handle(event),
                None if self.core.is_stopping() => break,
                None => self.greet(),
            }
            if self.fallback.is_some() && self.engine.client.queue_length() == 0 {
                break;
            }
        }
        if let Some(fallback) = self.fallback.take() {
            // The successor has a thread of its own; lanes may send again.
            return fallback.finish(&self.core);
        }
        self.engine.client.purge();
        while let Some(event) = self.engine.events.try_next() {
            self.handle(event);
        }
    }

    /// A broker is there. An idempotent producer now needs an id from it, and looks for a broker to ask only every half
    /// second and whenever a broker has told about the cluster: so ask about the cluster.
    fn greet(&self) {
        if self.core.config.producer.idempotence.enabled && !self.delivered {
            let reply = Reply { queue: &self.engine.events, timeout_ms: GREETING_PATIENCE_MS };
            self.engine.client.describe_cluster(reply);
        }
    }

    fn handle(&mut self, mut event: Event) {
        match event.kind() {
            EventKind::Deliveries => {
                self.delivered = true;
                self.batch.reserve(event.delivery_count());
                event.deliveries(|message| self.ended(message));
                self.hand_over();
            }
            EventKind::Error => {
                if !(event.is_fatal() && self.fall_back()) {
                    self.core.connection.error_event(&event);
                }
                if self.core.gate() != Gate::Closed && self.core.connection.fault().is_some() {
                    // Nothing will be written any more: let the records end now rather than at their time-out.
                    self.core.set_gate(Gate::Closed);
                    self.engine.client.purge();
                }
            }
            EventKind::Statistics => self.core.connection.statistics(event.statistics().as_bytes()),
            EventKind::Committed | EventKind::Reply => {}
        }
        // First let go of the records, then tell who waits for their memory to be free.
        drop(event);
        self.core.progress.notify_waiters();
    }

    fn ended(&mut self, message: &mut DeliveredMessage<'_>) {
        let token = Token(message.token());
        if message.code() != 0 && message.is_not_persisted() && self.fall_back() {
            let passed_on = self.fallback.as_mut().is_some_and(|fallback| fallback.pass_on(message, token));
            if passed_on {
                return;
            }
        }
        if self.lane.as_ref().is_none_or(|lane| lane.id() != token.lane()) {
            self.hand_over();
            self.lane = self.core.lanes.get(token.lane());
        }
        self.freed += weight(message.key(), message.value(), message.headers_size());
        let outcome = match message.code() {
            0 => Ok(RecordMetadata {
                partition: message.partition(),
                offset: message.offset(),
                timestamp: message.timestamp(),
            }),
            code => Err(failure::of_delivery(code, message, &self.engine.client, &self.core.connection)),
        };
        self.batch.push(Delivery { sequence: token.sequence(), outcome });
    }

    fn hand_over(&mut self) {
        if let Some(lane) = self.lane.take()
            && !self.batch.is_empty()
        {
            self.core.lanes.deliver(&lane, &self.batch, self.freed);
        }
        self.batch.clear();
        self.freed = 0;
    }

    /// Whether records of this engine are to be passed on to another one, because the broker does not let us be
    /// idempotent and nobody asked for it.
    fn fall_back(&mut self) -> bool {
        if self.fallback.is_none() {
            self.fallback = Fallback::begin(&self.core, &self.engine);
        }
        self.fallback.is_some()
    }
}
