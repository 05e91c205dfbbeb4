//! Waking a consumer from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Wakeup {
    asked: AtomicBool,
    notify: Notify,
}

impl Wakeup {
    /// Whether somebody has asked since the last call.
    pub(super) fn take(&self) -> bool {
        self.asked.swap(false, Ordering::AcqRel)
    }

    pub(super) async fn notified(&self) {
        self.notify.notified().await;
    }
}

/// Makes the current or, if there is none, the next [`Consumer::poll`](super::Consumer::poll) return
/// [`ConsumerEvent::Woken`](super::ConsumerEvent::Woken).
#[derive(Clone)]
pub struct WakeupHandle(Arc<Wakeup>);

impl WakeupHandle {
    pub(super) fn new(wakeup: Arc<Wakeup>) -> WakeupHandle {
        WakeupHandle(wakeup)
    }

    /// Wakes the consumer. Several calls before it notices count as one.
    pub fn wakeup(&self) {
        self.0.asked.store(true, Ordering::Release);
        self.0.notify.notify_one();
    }
}
