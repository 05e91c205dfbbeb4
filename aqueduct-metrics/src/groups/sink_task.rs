//! `sink-task-metrics`: what a sink task consumed, put and committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::task_bean;
use crate::{Bean, Meter, Registration, Registry, Spread};

/// `kafka.connect:type=sink-task-metrics,connector=…,task=…`
pub struct SinkTaskMetrics {
    read: Meter,
    sent: Meter,
    put_time: Spread,
    completions: Meter,
    skips: Meter,
    partitions: AtomicU64,
    seqno: AtomicU64,
    active: AtomicU64,
    active_spread: Spread,
}

impl SinkTaskMetrics {
    /// Shows a sink task.
    pub fn register(registry: &Registry, connector: &str, task: u32) -> (Arc<Self>, Registration) {
        let window = registry.window();
        let metrics = Arc::new(Self {
            read: Meter::new(window),
            sent: Meter::new(window),
            put_time: Spread::new(window),
            completions: Meter::new(window),
            skips: Meter::new(window),
            partitions: AtomicU64::new(0),
            seqno: AtomicU64::new(0),
            active: AtomicU64::new(0),
            active_spread: Spread::new(window),
        });
        let m = || Arc::clone(&metrics);
        let (a, b, c, d, e, f, g, h) = (m(), m(), m(), m(), m(), m(), m(), m());
        let (i, j, k, l, n, o, p) = (m(), m(), m(), m(), m(), m(), m());
        let bean = Bean::new(task_bean("sink-task-metrics", connector, task))
            .gauge(
                "sink-record-read-rate",
                "Records that were consumed, before transforms, for each second.",
                move |now| a.read.rate(now),
            )
            .counter("sink-record-read-total", "Records that have been consumed, before transforms.", move || {
                b.read.total()
            })
            .gauge(
                "sink-record-send-rate",
                "Records that the task was given, after transforms, for each second.",
                move |now| c.sent.rate(now),
            )
            .counter("sink-record-send-total", "Records that the task has been given, after transforms.", move || {
                d.sent.total()
            })
            .gauge("partition-count", "Partitions that the task has.", move |_| {
                e.partitions.load(Ordering::Relaxed) as f64
            })
            .gauge("offset-commit-seq-no", "The number of the latest commit of offsets.", move |_| {
                f.seqno.load(Ordering::Relaxed) as f64
            })
            .gauge("offset-commit-completion-rate", "Commits of offsets that went well, for each second.", move |now| {
                g.completions.rate(now)
            })
            .counter("offset-commit-completion-total", "Commits of offsets that went well.", move || {
                h.completions.total()
            })
            .gauge("offset-commit-skip-rate", "Answers to commits that came too late, for each second.", move |now| {
                i.skips.rate(now)
            })
            .counter("offset-commit-skip-total", "Answers to commits that came too late.", move || j.skips.total())
            .gauge("put-batch-max-time-ms", "The longest put lately, in milliseconds.", move |now| k.put_time.max(now))
            .gauge("put-batch-avg-time-ms", "The mean time of a put, in milliseconds.", move |now| l.put_time.avg(now))
            .gauge("sink-record-active-count", "Records that were consumed and are not committed yet.", move |_| {
                n.active.load(Ordering::Relaxed) as f64
            })
            .gauge("sink-record-active-count-max", "The most records under way lately.", move |now| {
                o.active_spread.max(now)
            })
            .gauge("sink-record-active-count-avg", "The mean number of records under way.", move |now| {
                p.active_spread.avg(now)
            });
        (metrics, registry.register(bean))
    }

    /// Records were consumed.
    pub fn read(&self, records: usize) {
        self.read.mark(records as u64);
    }

    /// Records were put; the put began then.
    pub fn put(&self, records: usize, began: Instant) {
        self.sent.mark(records as u64);
        self.put_time.record_since(began);
    }

    /// The task has so many partitions.
    pub fn assigned(&self, partitions: usize) {
        self.partitions.store(partitions as u64, Ordering::Relaxed);
    }

    /// A commit of this number was started.
    pub fn commit_started(&self, seqno: u64) {
        self.seqno.store(seqno, Ordering::Relaxed);
    }

    /// A commit went well.
    pub fn commit_completed(&self) {
        self.completions.mark(1);
    }

    /// The answer to a commit came when a later one had been started.
    pub fn commit_skipped(&self) {
        self.skips.mark(1);
    }

    /// So many records are consumed and not committed.
    pub fn active(&self, records: u64) {
        self.active.store(records, Ordering::Relaxed);
        self.active_spread.record(records as f64);
    }
}
