//! `task-error-metrics`: what went wrong on the way of a task's records.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::task_bean;
use crate::{Bean, Registration, Registry};

/// `kafka.connect:type=task-error-metrics,connector=…,task=…`
#[derive(Debug, Default)]
pub struct TaskErrorMetrics {
    failures: AtomicU64,
    errors: AtomicU64,
    skipped: AtomicU64,
    retries: AtomicU64,
    logged: AtomicU64,
    letters: AtomicU64,
    lost_letters: AtomicU64,
    last_error: AtomicU64,
}

impl TaskErrorMetrics {
    /// Shows a task's errors.
    pub fn register(registry: &Registry, connector: &str, task: u32) -> (Arc<Self>, Registration) {
        let metrics = Arc::new(Self::default());
        let read = |of: fn(&Self) -> &AtomicU64| {
            let metrics = Arc::clone(&metrics);
            move || of(&metrics).load(Ordering::Relaxed) as f64
        };
        let last_error = read(|m| &m.last_error);
        let bean = Bean::new(task_bean("task-error-metrics", connector, task))
            .counter("total-record-failures", "Steps that failed, retries included.", read(|m| &m.failures))
            .counter("total-record-errors", "Records that failed for good.", read(|m| &m.errors))
            .counter("total-records-skipped", "Records that were dropped because of errors.", read(|m| &m.skipped))
            .counter("total-retries", "Steps that were tried again.", read(|m| &m.retries))
            .counter("total-errors-logged", "Errors that were written to the log.", read(|m| &m.logged))
            .counter("deadletterqueue-produce-requests", "Letters to the dead letter queue.", read(|m| &m.letters))
            .counter(
                "deadletterqueue-produce-failures",
                "Letters that could not be written.",
                read(|m| &m.lost_letters),
            )
            .gauge("last-error-timestamp", "When the latest error came, in milliseconds since 1970.", move |_| {
                last_error()
            });
        (metrics, registry.register(bean))
    }

    /// A step failed.
    pub fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// A record failed for good.
    pub fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// The moment of an error is to be kept.
    pub fn error_seen(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        self.last_error.store(u64::try_from(now).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// A record was dropped.
    pub fn skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// A step is tried again.
    pub fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// An error was written to the log.
    pub fn logged(&self) {
        self.logged.fetch_add(1, Ordering::Relaxed);
    }

    /// A letter was sent to the dead letter queue.
    pub fn letter(&self) {
        self.letters.fetch_add(1, Ordering::Relaxed);
    }

    /// A letter could not be written.
    pub fn letter_lost(&self) {
        self.lost_letters.fetch_add(1, Ordering::Relaxed);
    }
}
