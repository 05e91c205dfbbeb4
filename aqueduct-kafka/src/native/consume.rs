//! Taking records from a consumer's queue, many at a time.
//!
//! Keys and values below [`LARGE`] bytes are copied into one buffer per batch and handed out as slices of it: one
//! allocation, and librdkafka's memory is free again at once. Larger values stay in librdkafka's memory, which is
//! released when the last user drops the value.

use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use aqueduct_data::ByteString;
use bytes::Bytes;

use super::ffi::*;
use super::produce::{bytes_at, owned_headers};
use super::{Client, Queue, text};
use crate::codes;
use crate::record::{ConsumerRecord, TimestampType, TopicPartition};

/// From this size on a value is not copied.
const LARGE: usize = 4096;

/// An error that came in place of a record.
#[derive(Debug)]
pub(crate) struct ConsumeError {
    pub(crate) code: i32,
    pub(crate) text: String,
    /// The partition (-1: all of the topic's) it is about, if about one.
    pub(crate) partition: Option<TopicPartition>,
}

/// Reads batches of a size fixed at the start.
pub(crate) struct Batch {
    slots: Vec<*mut rd_kafka_message_t>,
    /// The topic of the last record, so that its name is looked up and shared once per run of records.
    last_topic: ByteString,
}

// SAFETY: the slots are empty (null) between calls of `read`.
unsafe impl Send for Batch {}
// SAFETY: a shared reference gives no access to the slots.
unsafe impl Sync for Batch {}

impl Batch {
    /// Up to `size` records at a time, at least one.
    pub(crate) fn new(size: usize) -> Batch {
        Batch { slots: vec![null_mut(); size.max(1)], last_topic: ByteString::new() }
    }

    /// Takes what is there without waiting, after serving the callbacks of what is no record. Errors go to `errors`; where
    /// a partition was read to its end goes to `ends`, if the client was started to tell.
    pub(crate) fn read(
        &mut self,
        queue: &Queue,
        errors: &mut Vec<ConsumeError>,
        ends: &mut Vec<(TopicPartition, i64)>,
    ) -> Vec<ConsumerRecord> {
        // SAFETY: the queue is a consumer's; the array has as many slots as we say.
        let count = unsafe { rd_kafka_consume_batch_queue(queue.raw(), 0, self.slots.as_mut_ptr(), self.slots.len()) };
        let messages: Vec<Message> = match usize::try_from(count) {
            Ok(0) | Err(_) => return Vec::new(),
            // SAFETY: the first `count` slots were filled with messages that are ours.
            Ok(count) => self.slots[..count].iter_mut().filter_map(|slot| unsafe { Message::take(slot) }).collect(),
        };
        let mut small = SmallBytes::copy(&messages);
        let mut records = Vec::with_capacity(messages.len());
        let mut last_topic = null_mut();
        for message in messages {
            let topic = message.topic_pointer();
            if topic != last_topic {
                last_topic = topic;
                // Pointers are compared within one batch only, whose messages keep their topics alive.
                let name = message.topic_name();
                if self.last_topic != name.as_str() {
                    self.last_topic = name.into();
                }
            }
            match message.code() {
                codes::NONE => records.push(message.into_record(self.last_topic.clone(), &mut small, queue.client())),
                codes::PARTITION_EOF => {
                    ends.push((TopicPartition::new(self.last_topic.clone(), message.partition()), message.offset()));
                }
                code => errors.push(ConsumeError {
                    code,
                    text: message.error_text(),
                    partition: (!topic.is_null())
                        .then(|| TopicPartition::new(self.last_topic.clone(), message.partition())),
                }),
            }
        }
        records
    }
}

/// A message that is ours.
struct Message(NonNull<rd_kafka_message_t>);

// SAFETY: rule 2: a message has one owner and no tie to a thread.
unsafe impl Send for Message {}
// SAFETY: shared, it is only read.
unsafe impl Sync for Message {}

impl Message {
    /// # Safety
    /// `slot` is null or a message that belongs to the caller.
    unsafe fn take(slot: &mut *mut rd_kafka_message_t) -> Option<Message> {
        NonNull::new(std::mem::replace(slot, null_mut())).map(Message)
    }

    fn raw(&self) -> *mut rd_kafka_message_t {
        self.0.as_ptr()
    }

    fn code(&self) -> i32 {
        // SAFETY: the message is valid; rule 4.
        unsafe { (&raw const (*self.raw()).err).cast::<c_int>().read() }
    }

    fn topic_pointer(&self) -> *mut rd_kafka_topic_t {
        // SAFETY: the message is valid.
        unsafe { (*self.raw()).rkt }
    }

    fn topic_name(&self) -> String {
        let topic = self.topic_pointer();
        if topic.is_null() {
            return String::new();
        }
        // SAFETY: the message keeps its topic alive; rule 3.
        unsafe { text::owned(rd_kafka_topic_name(topic)) }
    }

    fn partition(&self) -> i32 {
        // SAFETY: the message is valid.
        unsafe { (*self.raw()).partition }
    }

    /// The offset of a record, or of the end that was reached.
    fn offset(&self) -> i64 {
        // SAFETY: the message is valid.
        unsafe { (*self.raw()).offset }
    }

    /// The text of a message that is an error.
    fn error_text(&self) -> String {
        // SAFETY: the message is valid; the text belongs to it, or is static.
        unsafe { text::owned(rd_kafka_message_errstr(self.raw())) }
    }

    fn key(&self) -> Option<&[u8]> {
        // SAFETY: the message is valid and borrowed; pointer and length belong together.
        unsafe { bytes_at((*self.raw()).key, (*self.raw()).key_len) }
    }

    fn value(&self) -> Option<&[u8]> {
        // SAFETY: as for `key`.
        unsafe { bytes_at((*self.raw()).payload, (*self.raw()).len) }
    }

    fn into_record(self, topic: ByteString, small: &mut SmallBytes, client: &Arc<Client>) -> ConsumerRecord {
        let mut kind = rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        let mut headers = null_mut();
        // SAFETY: the message is valid; the headers stay with it and are copied.
        let (timestamp, offset, headers) = unsafe {
            let timestamp = rd_kafka_message_timestamp(self.raw(), &raw mut kind);
            let has_headers = rd_kafka_message_headers(self.raw(), &raw mut headers) == codes::NONE;
            let headers = if has_headers { owned_headers(headers) } else { Vec::new() };
            (timestamp, (*self.raw()).offset, headers)
        };
        let timestamp_type = match kind {
            rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => TimestampType::NoTimestampType,
            rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => TimestampType::CreateTime,
            rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => TimestampType::LogAppendTime,
        };
        let partition = self.partition();
        let key = self.key().map(|key| small.next(key.len()));
        let value = match self.value() {
            None => None,
            Some(value) if value.len() < LARGE => Some(small.next(value.len())),
            Some(_) => Some(Bytes::from_owner(LargeValue { message: self, _client: Arc::clone(client) })),
        };
        ConsumerRecord { topic, partition, offset, timestamp, timestamp_type, key, value, headers }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: the message is ours and not used any more.
        unsafe { rd_kafka_message_destroy(self.raw()) };
    }
}

/// Keeps a message, and the instance it came from (rule 1), for the sake of its value.
struct LargeValue {
    // Dropped in this order: the message first.
    message: Message,
    _client: Arc<Client>,
}

impl AsRef<[u8]> for LargeValue {
    fn as_ref(&self) -> &[u8] {
        self.message.value().unwrap_or_default()
    }
}

/// The small keys and values of a batch, one after the other in one buffer.
struct SmallBytes {
    all: Bytes,
    at: usize,
}

impl SmallBytes {
    fn copy(messages: &[Message]) -> SmallBytes {
        let parts = || {
            messages.iter().filter(|message| message.code() == codes::NONE).flat_map(|message| {
                // Keys are always copied: a large one is rare, and only the value can own the message.
                let value = message.value().filter(|value| value.len() < LARGE);
                message.key().into_iter().chain(value)
            })
        };
        let mut all = Vec::with_capacity(parts().map(<[u8]>::len).sum());
        parts().for_each(|part| all.extend_from_slice(part));
        SmallBytes { all: all.into(), at: 0 }
    }

    /// The next part, which has `size` bytes: the calls follow the order of `copy`.
    fn next(&mut self, size: usize) -> Bytes {
        let part = self.all.slice(self.at..self.at + size);
        self.at += size;
        part
    }
}
