//! Records as Kafka sees them: bytes.

use aqueduct_api::{ConsumedBytes, RawHeaders, TimestampType};
use aqueduct_data::{ByteString, Bytes, Payload};

/// A record on its way to Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedRecord {
    /// The topic.
    pub topic: ByteString,
    /// The partition; none leaves the choice to the producer.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<Payload>,
    /// The value.
    pub value: Option<Payload>,
    /// Milliseconds since the epoch; none is given by the producer.
    pub timestamp: Option<i64>,
    /// The headers.
    pub headers: RawHeaders,
}

/// A record as it was consumed from Kafka. Cloning it shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumedRecord {
    /// The topic.
    pub topic: ByteString,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since the epoch; -1 for none.
    pub timestamp: i64,
    /// What the timestamp means.
    pub timestamp_type: TimestampType,
    /// The key.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: RawHeaders,
}

impl ConsumedRecord {
    /// What may be wanted of it later.
    pub(crate) fn bytes(&self) -> ConsumedBytes {
        let (key, value, headers) = (self.key.clone(), self.value.clone(), self.headers.clone());
        ConsumedBytes { key, value, headers, timestamp: self.timestamp }
    }
}

/// Kafka's timestamp as the data model has it: -1 is none.
///
/// # Errors
/// For any other negative number; such an error is never tolerated.
pub(crate) fn checked_timestamp(timestamp: Option<i64>) -> Result<Option<i64>, aqueduct_api::ConnectError> {
    match timestamp {
        None | Some(-1) => Ok(None),
        Some(ms) if ms >= 0 => Ok(Some(ms)),
        Some(ms) => Err(aqueduct_api::ConnectError::with_kind(
            aqueduct_api::ErrorKind::Other,
            format!("Invalid record timestamp {ms}"),
        )
        .with_class("org.apache.kafka.common.InvalidRecordException")),
    }
}
