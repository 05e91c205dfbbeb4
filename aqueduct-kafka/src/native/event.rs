//! What comes out of a queue.

use std::ptr::NonNull;
use std::sync::Arc;

use super::client::describe;
use super::ffi::*;
use super::{Client, DeliveredMessage, PartitionList, PartitionOffset, text};
use crate::codes;
use crate::error::KafkaError;

/// What an [`Event`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// Records have come to their end.
    Deliveries,
    /// An error that belongs to no call.
    Error,
    /// The answer to a commit.
    Committed,
    /// What the instance has done so far.
    Statistics,
    /// Anything else: the answer to an admin request.
    Reply,
}

/// An event, with everything that belongs to it.
pub(crate) struct Event {
    pointer: NonNull<rd_kafka_event_t>,
    _client: Arc<Client>,
}

// SAFETY: rule 2: an event has one owner and no tie to a thread.
unsafe impl Send for Event {}

impl Event {
    /// Takes over an event; `None` for null.
    ///
    /// # Safety
    /// `pointer` is null or an event of `client` that belongs to the caller.
    pub(super) unsafe fn take(pointer: *mut rd_kafka_event_t, client: &Arc<Client>) -> Option<Event> {
        NonNull::new(pointer).map(|pointer| Event { pointer, _client: Arc::clone(client) })
    }

    pub(super) fn raw(&self) -> *mut rd_kafka_event_t {
        self.pointer.as_ptr()
    }

    /// What it is about.
    pub(crate) fn kind(&self) -> EventKind {
        // SAFETY: the event is valid.
        match unsafe { rd_kafka_event_type(self.raw()) } {
            RD_KAFKA_EVENT_DR => EventKind::Deliveries,
            RD_KAFKA_EVENT_ERROR => EventKind::Error,
            RD_KAFKA_EVENT_OFFSET_COMMIT => EventKind::Committed,
            RD_KAFKA_EVENT_STATS => EventKind::Statistics,
            _ => EventKind::Reply,
        }
    }

    /// The code of the error that it carries, 0 for none.
    pub(crate) fn code(&self) -> i32 {
        // SAFETY: the event is valid.
        unsafe { rd_kafka_event_error(self.raw()) }
    }

    /// Whether the error makes the instance useless.
    pub(crate) fn is_fatal(&self) -> bool {
        // SAFETY: the event is valid.
        unsafe { rd_kafka_event_error_is_fatal(self.raw()) != 0 }
    }

    /// The text of the error that it carries.
    pub(crate) fn text(&self) -> String {
        // SAFETY: the event is valid; its text lives as long as it.
        unsafe { text::owned(rd_kafka_event_error_string(self.raw())) }
    }

    /// The JSON of a [`EventKind::Statistics`].
    pub(crate) fn statistics(&self) -> String {
        // SAFETY: the event is valid; its text (or null) lives as long as it.
        unsafe { text::owned(rd_kafka_event_stats(self.raw())) }
    }

    /// The error that it carries.
    pub(crate) fn error(&self) -> Result<(), KafkaError> {
        match self.code() {
            codes::NONE => Ok(()),
            code => {
                let text = self.text();
                let text = if text.is_empty() { describe(code) } else { text };
                Err(KafkaError::from_code(code, text))
            }
        }
    }

    /// The number given along with the request that this answers.
    pub(crate) fn token(&self) -> u64 {
        // SAFETY: the event is valid. The opaque pointer is a number of ours, never followed.
        unsafe { rd_kafka_event_opaque(self.raw()) as usize as u64 }
    }

    /// The partitions of a [`EventKind::Committed`], each with its own result.
    pub(crate) fn partitions(&self) -> Vec<PartitionOffset> {
        // SAFETY: the event is valid; the list (or null) belongs to it.
        unsafe { PartitionList::read(rd_kafka_event_topic_partition_list(self.raw())) }
    }

    /// Hands each message of [`EventKind::Deliveries`] to `each`, in order. A second call finds none.
    pub(crate) fn deliveries(&mut self, mut each: impl FnMut(&mut DeliveredMessage<'_>)) {
        // SAFETY: the event is valid and borrowed mutably; the messages belong to it and live until it is destroyed.
        while let Some(mut message) = unsafe { DeliveredMessage::wrap(rd_kafka_event_message_next(self.raw())) } {
            each(&mut message);
        }
    }

    /// How many messages [`Event::deliveries`] will hand out.
    pub(crate) fn delivery_count(&self) -> usize {
        // SAFETY: the event is valid.
        unsafe { rd_kafka_event_message_count(self.raw()) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event is ours and not used any more.
        unsafe { rd_kafka_event_destroy(self.raw()) };
    }
}
