//! `source-task-metrics`: what a source task read and wrote.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::task_bean;
use crate::{Bean, Meter, Registration, Registry, Spread};

/// `kafka.connect:type=source-task-metrics,connector=…,task=…`
pub struct SourceTaskMetrics {
    polled: Meter,
    written: Meter,
    poll_time: Spread,
    active: AtomicU64,
    active_spread: Spread,
    transaction_size: Spread,
}

impl SourceTaskMetrics {
    /// Shows a source task.
    pub fn register(registry: &Registry, connector: &str, task: u32) -> (Arc<Self>, Registration) {
        let window = registry.window();
        let metrics = Arc::new(Self {
            polled: Meter::new(window),
            written: Meter::new(window),
            poll_time: Spread::new(window),
            active: AtomicU64::new(0),
            active_spread: Spread::new(window),
            transaction_size: Spread::new(window),
        });
        let m = || Arc::clone(&metrics);
        let (a, b, c, d, e, f, g, h, i, j, k, l) = (m(), m(), m(), m(), m(), m(), m(), m(), m(), m(), m(), m());
        let bean = Bean::new(task_bean("source-task-metrics", connector, task))
            .gauge(
                "source-record-poll-rate",
                "Records that the task read, before transforms, for each second.",
                move |now| a.polled.rate(now),
            )
            .counter("source-record-poll-total", "Records that the task has read, before transforms.", move || {
                b.polled.total()
            })
            .gauge(
                "source-record-write-rate",
                "Records that arrived in Kafka, after transforms, for each second.",
                move |now| c.written.rate(now),
            )
            .counter("source-record-write-total", "Records that have arrived in Kafka, after transforms.", move || {
                d.written.total()
            })
            .gauge("poll-batch-max-time-ms", "The longest wait for a batch lately, in milliseconds.", move |now| {
                e.poll_time.max(now)
            })
            .gauge("poll-batch-avg-time-ms", "The mean wait for a batch, in milliseconds.", move |now| {
                f.poll_time.avg(now)
            })
            .gauge("source-record-active-count", "Records that were read and are not in Kafka yet.", move |_| {
                g.active.load(Ordering::Relaxed) as f64
            })
            .gauge("source-record-active-count-max", "The most records under way lately.", move |now| {
                h.active_spread.max(now)
            })
            .gauge("source-record-active-count-avg", "The mean number of records under way.", move |now| {
                i.active_spread.avg(now)
            })
            .gauge("transaction-size-min", "The fewest records in a transaction lately.", move |now| {
                j.transaction_size.min(now)
            })
            .gauge("transaction-size-max", "The most records in a transaction lately.", move |now| {
                k.transaction_size.max(now)
            })
            .gauge("transaction-size-avg", "The mean number of records in a transaction.", move |now| {
                l.transaction_size.avg(now)
            });
        (metrics, registry.register(bean))
    }

    /// A poll that began then has answered this many records.
    pub fn polled(&self, records: usize, began: Instant) {
        self.poll_time.record_since(began);
        self.polled.mark(records as u64);
        let active = self.active.fetch_add(records as u64, Ordering::Relaxed) + records as u64;
        self.active_spread.record(active as f64);
    }

    /// Records have come to their end: so many in Kafka, so many dropped on the way.
    pub fn finished(&self, written: usize, dropped: usize) {
        if written + dropped == 0 {
            return;
        }
        self.written.mark(written as u64);
        let done = (written + dropped) as u64;
        let left = |active: u64| Some(active.saturating_sub(done));
        let before =
            self.active.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).unwrap_or_else(|before| before);
        self.active_spread.record(before.saturating_sub(done) as f64);
    }

    /// A transaction of this many records was committed.
    pub fn transaction(&self, records: usize) {
        self.transaction_size.record(records as f64);
    }
}
