//! The only crate that knows a Kafka client library. It speaks of producers, consumers and admin clients in terms of
//! bytes, topics and groups; librdkafka does the work underneath and shows nowhere in the public interface. What it cannot do
//! is in [`raw`].
//!
//! Data enters as [`ProducerRecord`]s through a [`ProducerLane`] and leaves as [`ConsumerRecord`]s from
//! [`Consumer::poll`]. Clients are configured with the Java clients' keys ([`ClientSettings`]); failures are values
//! ([`KafkaError`]) with a kind to act on. Needs a tokio runtime with time enabled around the asynchronous calls.

pub mod client_config;

mod admin;
mod ask;
mod brokers;
mod codes;
mod connection;
mod consumer;
mod error;
#[cfg(test)]
mod log_capture;
mod lost_brokers;
mod native;
mod outage;
mod producer;
pub mod raw;
mod record;
mod settings;
mod start;
mod statistics;

pub use admin::{Admin, ConfigEntry, NewTopic, TopicDescription};
pub use consumer::{Consumer, ConsumerEvent, Offsets, StartOffset, TopicFilter, WakeupHandle};
pub use error::{ErrorKind, KafkaError};
pub use producer::pool::{ProducerPool, ProducerSharing};
pub use producer::{Delivery, DeliverySink, Producer, ProducerLane, TransactionalWriter};
pub use raw::OffsetSpec;
pub use record::{
    ConsumerRecord, Header, OffsetAndMetadata, ProducerRecord, RecordMetadata, TimestampType, TopicPartition,
};
pub use settings::ClientSettings;
pub use statistics::{ClientStatistics, StatisticsListener, Timing, TopicStatistics};
