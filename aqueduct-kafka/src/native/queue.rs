//! Event queues. They can be waited on with a thread, or asynchronously: librdkafka then signals when an empty queue
//! gets its first event.

use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::ffi::*;
use super::{Client, Event};

/// A queue of an instance.
pub(crate) struct Queue {
    pointer: NonNull<rd_kafka_queue_t>,
    /// Signalled when the empty queue gets an event, if [`Queue::signalled`] was asked for.
    signal: Option<Arc<Notify>>,
    client: Arc<Client>,
}

// SAFETY: rule 2: queues have a lock inside.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    /// A new queue, for replies.
    pub(crate) fn new(client: &Arc<Client>) -> Queue {
        // SAFETY: the instance is valid.
        Queue::wrap(client, unsafe { rd_kafka_queue_new(client.raw()) })
    }

    /// The queue on which an instance reports errors and deliveries.
    pub(crate) fn main(client: &Arc<Client>) -> Queue {
        // SAFETY: the instance is valid.
        Queue::wrap(client, unsafe { rd_kafka_queue_get_main(client.raw()) })
    }

    /// The queue with everything that a consumer gets. Only for consumers with a group.
    pub(crate) fn consumer(client: &Arc<Client>) -> Queue {
        // SAFETY: the instance is valid, and a consumer with a group (else the answer were null).
        Queue::wrap(client, unsafe { rd_kafka_queue_get_consumer(client.raw()) })
    }

    fn wrap(client: &Arc<Client>, pointer: *mut rd_kafka_queue_t) -> Queue {
        let pointer = NonNull::new(pointer).expect("this kind of instance has this queue");
        Queue { pointer, signal: None, client: Arc::clone(client) }
    }

    /// The same queue, able to be waited on with [`Queue::next`] and [`Queue::signal`].
    pub(crate) fn signalled(mut self) -> Queue {
        let signal = Arc::new(Notify::new());
        // SAFETY: the opaque pointer stays valid as long as the callback is set: `self` owns the `Arc` and unsets the
        // callback before it lets go of it. librdkafka calls back and sets with the queue's lock held, so no call is
        // under way once it is unset.
        unsafe {
            rd_kafka_queue_cb_event_enable(
                self.raw(),
                Some(on_first_event),
                Arc::as_ptr(&signal).cast_mut().cast::<c_void>(),
            );
        }
        self.signal = Some(signal);
        self
    }

    /// The next event if there is one.
    pub(crate) fn try_next(&self) -> Option<Event> {
        self.poll(0)
    }

    /// Waits for an event with the calling thread; `None` when [`Queue::wake`] was called.
    pub(crate) fn wait(&self) -> Option<Event> {
        self.poll(-1)
    }

    /// Waits for an event with the calling thread, for so long.
    pub(crate) fn wait_for(&self, timeout: Duration) -> Option<Event> {
        self.poll(c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX))
    }

    /// Waits for an event without a thread. Losing the future loses no event.
    pub(crate) async fn next(&self) -> Event {
        loop {
            if let Some(event) = self.try_next() {
                return event;
            }
            self.signal().notified().await;
        }
    }

    /// Signalled when the queue may have something. Signals are not counted and can be stale: look first, then wait.
    pub(crate) fn signal(&self) -> &Notify {
        self.signal.as_ref().expect("only queues made with `signalled` are waited on")
    }

    /// Makes a thread inside [`Queue::wait`] return.
    pub(crate) fn wake(&self) {
        // SAFETY: the queue is valid.
        unsafe { rd_kafka_queue_yield(self.raw()) };
    }

    /// The instance it belongs to.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    pub(super) fn raw(&self) -> *mut rd_kafka_queue_t {
        self.pointer.as_ptr()
    }

    fn poll(&self, timeout_ms: c_int) -> Option<Event> {
        // SAFETY: the queue is valid; the event that is answered is ours.
        unsafe { Event::take(rd_kafka_queue_poll(self.raw(), timeout_ms), &self.client) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the queue is ours and not used any more; see `signalled` for the order.
        unsafe {
            if self.signal.is_some() {
                rd_kafka_queue_cb_event_enable(self.raw(), None, std::ptr::null_mut());
            }
            rd_kafka_queue_destroy(self.raw());
        }
    }
}

unsafe extern "C" fn on_first_event(_handle: *mut rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: see `signalled`. `notify_one` does not panic: it wakes a task, nothing else.
    unsafe { &*opaque.cast::<Notify>() }.notify_one();
}
