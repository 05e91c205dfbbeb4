//! Records, as they look to connectors and transforms.
//!
//! The type changes at every stage of the record path, so that none can be skipped: a [`SourceRecord`] becomes a
//! producer record, a consumer record becomes a [`SinkRecord`]. What transforms see of both is the [`Record`] inside.

use std::sync::Arc;

use aqueduct_data::{ByteString, Bytes, Headers, SchemaAndValue, ValueMap};

use crate::RawHeaders;

/// What sources, sinks and transforms share of a record (`ConnectRecord`).
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The topic that the record is for, or comes from.
    pub topic: ByteString,
    /// The partition; for a source record `None` leaves the choice to the producer.
    pub partition: Option<i32>,
    /// The key with its schema.
    pub key: SchemaAndValue,
    /// The value with its schema.
    pub value: SchemaAndValue,
    /// Milliseconds since the epoch; none is given by the producer.
    pub timestamp: Option<i64>,
    /// The headers.
    pub headers: Headers,
    /// Which way the record goes.
    pub origin: Origin,
}

impl Record {
    /// A record without key, headers, partition and timestamp, on its way from a source.
    pub fn new(topic: impl Into<ByteString>, value: SchemaAndValue) -> Self {
        Self {
            topic: topic.into(),
            partition: None,
            key: SchemaAndValue::NULL,
            value,
            timestamp: None,
            headers: Headers::new(),
            origin: Origin::Source,
        }
    }
}

/// Which way a record goes; some transforms only make sense on one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a source connector to Kafka.
    Source,
    /// From Kafka to a sink connector.
    Sink {
        /// The record's offset in its partition.
        offset: i64,
    },
}

/// A record that a source task read, with the place to go on from (`SourceRecord`).
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRecord {
    /// Which part of the source the record came from, such as `{"filename": "…"}`. Records of one part share one map:
    /// the runtime compares pointers first. Values are primitives.
    pub source_partition: Arc<ValueMap>,
    /// Where to go on after this record, such as `{"position": 42}`. Values are primitives.
    pub source_offset: ValueMap,
    /// The record itself.
    pub record: Record,
}

/// What a message's timestamp means (`TimestampType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimestampType {
    /// The message has no timestamp.
    #[default]
    NoTimestampType,
    /// When the producer made the message.
    CreateTime,
    /// When the broker stored the message.
    LogAppendTime,
}

impl TimestampType {
    /// Java's text for it, such as `CreateTime`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoTimestampType => "NoTimestampType",
            Self::CreateTime => "CreateTime",
            Self::LogAppendTime => "LogAppendTime",
        }
    }
}

/// A record for a sink task (`SinkRecord`).
#[derive(Debug, Clone, PartialEq)]
pub struct SinkRecord {
    /// The record, as the transforms left it.
    pub record: Record,
    /// What the record's timestamp means.
    pub timestamp_type: TimestampType,
    /// The topic and partition that the record was consumed from, whatever the transforms made of them (KIP-793).
    pub original: TopicPartition,
    /// The offset that the record was consumed from (KIP-793).
    pub original_offset: i64,
    /// The record as the topic has it; kept only where a bad record has somewhere to go.
    pub consumed: Option<Arc<ConsumedBytes>>,
}

/// A consumed record before anything was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumedBytes {
    /// The key.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: RawHeaders,
    /// Milliseconds since the epoch; -1 for none.
    pub timestamp: i64,
}

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic.
    pub topic: ByteString,
    /// The partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// A partition of a topic.
    pub fn new(topic: impl Into<ByteString>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

/// `topic-partition`, as Java prints it.
impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Where a source record ended up in Kafka (`RecordMetadata`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The topic, after the transforms.
    pub topic: ByteString,
    /// The partition.
    pub partition: i32,
    /// The offset; none when the producer runs without acknowledgements.
    pub offset: Option<i64>,
}
