//! A task's use of a producer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_data::ByteString;
use bytes::Bytes;
use tokio::time::timeout_at;

use super::core::{Engine, Gate};
use super::deliveries::weight;
use super::lanes::{LaneState, Token};
use super::record_size::serialized_size;
use super::{DeliverySink, Producer, deadline, failure};
use crate::codes;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{NativeHeaders, Topic};
use crate::record::{Header, ProducerRecord};

/// One task's use of a [`Producer`]. Dropping it means that nobody wants the results any longer: records under way are
/// still written but their results are thrown away.
pub struct ProducerLane {
    producer: Producer,
    state: Arc<LaneState>,
    /// The instance that `topics` belong to, and its number.
    engine: Arc<Engine>,
    generation: u32,
    topics: Topics,
    /// Records taken so far, and what they took of the window.
    sent: u64,
    sent_weight: u64,
    /// What the last refused record needs of it; 0 after one that was taken.
    wanted: u64,
}

impl ProducerLane {
    pub(super) fn open(producer: Producer, sink: Arc<dyn DeliverySink>) -> Result<ProducerLane, KafkaError> {
        let state = producer.core().lanes.open(sink)?;
        // The number first: if the engine changes in between, the next record notices.
        let generation = producer.core().generation();
        let engine = producer.core().engine();
        let topics = Topics::default();
        Ok(ProducerLane { producer, state, engine, generation, topics, sent: 0, sent_weight: 0, wanted: 0 })
    }

    /// Takes a copy of `record` without waiting; `sequence` comes back with its result and must be below 2^48. Records
    /// of one partition are written in the order of the calls.
    ///
    /// Errors of kind [`QueueFull`](crate::ErrorKind::QueueFull): wait for [`ProducerLane::ready`], then send it again.
    /// Other retriable errors: try again later. All others: this record can never be sent (too large, a topic that we
    /// may not write to), or the producer has failed.
    pub fn send(&mut self, sequence: u64, record: &ProducerRecord) -> Result<(), KafkaError> {
        let core = Arc::clone(self.producer.core());
        core.check_gate()?;
        check_numbers(record)?;
        self.check_size(record)?;
        let headers = record.headers.iter().map(header_size).sum();
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let weight = weight(key, value, headers);
        let used = self.used();
        if used > 0 && used + weight > core.window {
            self.wanted = weight;
            return Err(KafkaError::new(ErrorKind::QueueFull, "the producer's buffer is full"));
        }
        let token = Token::new(self.state.id(), sequence)?;
        if self.generation != core.generation() {
            self.generation = core.generation();
            self.engine = core.engine();
            self.topics = Topics::default();
        }
        let topic = self.topics.get(&self.engine, &record.topic)?;
        // 0 stands for "now" in librdkafka; the first millisecond of 1970 is as near to it as one can get.
        let timestamp = record.timestamp.map_or(0, |timestamp| if timestamp == 0 { 1 } else { timestamp });
        let headers = NativeHeaders::of(&record.headers);
        topic.produce(record.partition.unwrap_or(-1), key, value, headers, timestamp, token.0).map_err(|code| {
            if code == codes::UNKNOWN_PARTITION {
                core.look_for_partitions();
            }
            failure::of_send(code, &record.topic, &self.engine.client, &core.connection)
        })?;
        self.sent += 1;
        self.sent_weight += weight;
        self.wanted = 0;
        Ok(())
    }

    /// Waits until the lane has room again (immediately when it has), or the producer failed or was closed.
    ///
    /// After a full buffer it waits until half of it is free, so that a busy task is not woken for every record.
    pub async fn ready(&self) {
        let core = self.producer.core();
        loop {
            let progress = self.state.progress().notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            let (gate, used) = (core.gate(), self.used());
            let roomy = match self.wanted {
                0 => used < core.window,
                wanted => used == 0 || used + wanted <= core.window / 2,
            };
            if gate == Gate::Closed || (gate == Gate::Open && roomy) {
                return;
            }
            progress.await;
        }
    }

    /// How many records were taken and have no result yet.
    pub fn outstanding(&self) -> u64 {
        self.sent - self.state.finished()
    }

    /// Waits until every record of this lane has its result, at most `timeout` (else an error of kind
    /// [`Timeout`](crate::ErrorKind::Timeout)).
    pub async fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        if self.outstanding() > 0 {
            self.producer.hurry(timeout);
        }
        let deadline = deadline(timeout);
        loop {
            let progress = self.state.progress().notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if self.outstanding() == 0 {
                return Ok(());
            }
            if timeout_at(deadline, progress).await.is_err() {
                let (count, millis) = (self.outstanding(), timeout.as_millis());
                let message = format!("{count} records were still under way after {millis} ms");
                return Err(KafkaError::new(ErrorKind::Timeout, message));
            }
        }
    }

    /// The producer that this lane belongs to.
    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    /// What the records under way take of the window.
    fn used(&self) -> u64 {
        self.sent_weight - self.state.freed()
    }

    /// Refuses records that Java refuses.
    fn check_size(&self, record: &ProducerRecord) -> Result<(), KafkaError> {
        let size = serialized_size(record);
        let config = &self.producer.core().config.producer;
        let too_large = if size > config.max_request_size {
            format!(
                "The message is {size} bytes when serialized which is larger than {}, which is the value of the \
                 max.request.size configuration.",
                config.max_request_size
            )
        } else if size > config.buffer_memory {
            format!(
                "The message is {size} bytes when serialized which is larger than the total memory buffer you have \
                 configured with the buffer.memory configuration."
            )
        } else {
            return Ok(());
        };
        Err(KafkaError::new(ErrorKind::RecordTooLarge, too_large))
    }
}

impl Drop for ProducerLane {
    fn drop(&mut self) {
        self.producer.core().lanes.close(&self.state, self.sent);
    }
}

/// Refuses numbers that Java refuses.
fn check_numbers(record: &ProducerRecord) -> Result<(), KafkaError> {
    let wrong = match (record.partition, record.timestamp) {
        (Some(partition @ ..0), _) => {
            format!("Invalid partition: {partition}. Partition number should always be non-negative or null.")
        }
        (_, Some(timestamp @ ..0)) => {
            format!("Invalid timestamp: {timestamp}. Timestamp should always be non-negative or null.")
        }
        _ => return Ok(()),
    };
    Err(KafkaError::with_class(ErrorKind::InvalidRecord, "java.lang.IllegalArgumentException", wrong))
}

/// The size of a header, as it will be counted when the record has ended: librdkafka's names end at a zero character.
fn header_size((key, value): &Header) -> usize {
    key.bytes().take_while(|byte| *byte != 0).count() + value.as_ref().map_or(0, Bytes::len)
}

/// The topics that a lane has written to.
#[derive(Default)]
struct Topics {
    /// The topic of the last record: most tasks write to one.
    last: Option<(ByteString, Arc<Topic>)>,
    all: HashMap<ByteString, Arc<Topic>>,
}

impl Topics {
    /// More than this are forgotten and looked up again: topics may be made without end (one per day, for example).
    const MOST: usize = 1024;

    fn get(&mut self, engine: &Engine, name: &ByteString) -> Result<&Topic, KafkaError> {
        if self.last.as_ref().is_none_or(|(last, _)| last != name) {
            let topic = match self.all.get(name) {
                Some(topic) => Arc::clone(topic),
                None => {
                    if self.all.len() >= Topics::MOST {
                        self.all.clear();
                    }
                    let topic = Arc::new(Topic::open(&engine.client, name)?);
                    self.all.insert(name.clone(), Arc::clone(&topic));
                    topic
                }
            };
            self.last = Some((name.clone(), topic));
        }
        let (_, topic) = self.last.as_ref().expect("set above if it was not");
        Ok(topic)
    }
}
