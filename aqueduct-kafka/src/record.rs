//! The plain data that enters a producer and leaves a consumer: records, headers, partitions and offsets.

use aqueduct_data::{ByteString, Payload};
use bytes::Bytes;

/// One record header. A key may occur several times; a value may be null.
pub type Header = (ByteString, Option<Bytes>);

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: ByteString,
    /// The partition's number.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: impl Into<ByteString>, partition: i32) -> TopicPartition {
        TopicPartition { topic: topic.into(), partition }
    }
}

impl std::fmt::Display for TopicPartition {
    /// As Java prints it: `topic-0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A record to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerRecord {
    /// The topic's name.
    pub topic: ByteString,
    /// The partition, or `None` to let the partitioner choose: by murmur2 of the key, as Java, or any for a null key.
    pub partition: Option<i32>,
    /// The serialized key.
    pub key: Option<Payload>,
    /// The serialized value; null is a tombstone.
    pub value: Option<Payload>,
    /// Milliseconds since the epoch; `None` means now.
    pub timestamp: Option<i64>,
    /// Headers in order.
    pub headers: Vec<Header>,
}

/// Where a record landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The partition it was written to.
    pub partition: i32,
    /// Its offset, or -1 when the broker does not tell (`acks=0`).
    pub offset: i64,
    /// The timestamp it was stored with, in milliseconds since the epoch, or -1 when unknown.
    pub timestamp: i64,
}

/// What a record's timestamp means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The record has none (an old message format).
    NoTimestampType,
    /// The producer set it.
    CreateTime,
    /// The broker set it on arrival.
    LogAppendTime,
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerRecord {
    /// The topic's name, shared by all records of that topic.
    pub topic: ByteString,
    /// The partition's number.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// Milliseconds since the epoch, or -1 when there is none.
    pub timestamp: i64,
    /// What the timestamp means.
    pub timestamp_type: TimestampType,
    /// The serialized key. Small ones of a batch are slices of one buffer.
    pub key: Option<Bytes>,
    /// The serialized value. Small ones of a batch are slices of one buffer, large ones belong to the client's own
    /// memory and are handed on without a copy.
    pub value: Option<Bytes>,
    /// Headers in order.
    pub headers: Vec<Header>,
}

/// A committed or to be committed position: the offset of the next record to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetAndMetadata {
    /// The offset of the next record to read.
    pub offset: i64,
    /// Free text stored with it; empty in Connect.
    pub metadata: String,
}

impl From<i64> for OffsetAndMetadata {
    fn from(offset: i64) -> OffsetAndMetadata {
        OffsetAndMetadata { offset, metadata: String::new() }
    }
}
