//! `connect-coordinator-metrics`: a worker as a member of its group.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::{Bean, BeanName, Meter, Registration, Registry, Spread, Window};

/// Requests of one kind to the coordinator.
struct Requests {
    count: Meter,
    time: Spread,
}

impl Requests {
    fn new(window: Window) -> Self {
        Self { count: Meter::new(window), time: Spread::new(window) }
    }

    fn answered(&self, after: Duration) {
        self.count.mark(1);
        self.time.record(millis(after));
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// `kafka.connect:type=connect-coordinator-metrics,client-id=…`
pub struct CoordinatorMetrics {
    heartbeats: Requests,
    joins: Requests,
    syncs: Requests,
    rebalances: Requests,
    latency: Mutex<f64>,
    failures: Meter,
    last_heartbeat: Mutex<Option<Instant>>,
    last_rebalance: Mutex<Option<Instant>>,
    connectors: AtomicUsize,
    tasks: AtomicUsize,
}

impl CoordinatorMetrics {
    /// Instruments that nobody sees yet; rates, means and extremes look back over `window`.
    pub fn new(window: Window) -> Self {
        Self {
            heartbeats: Requests::new(window),
            joins: Requests::new(window),
            syncs: Requests::new(window),
            rebalances: Requests::new(window),
            latency: Mutex::new(0.0),
            failures: Meter::new(window),
            last_heartbeat: Mutex::new(None),
            last_rebalance: Mutex::new(None),
            connectors: AtomicUsize::new(0),
            tasks: AtomicUsize::new(0),
        }
    }

    /// A heartbeat was answered.
    pub fn heartbeat(&self, after: Duration) {
        self.heartbeats.answered(after);
        *self.last_heartbeat.lock() = Some(Instant::now());
    }

    /// The coordinator has let the member join.
    pub fn joined(&self, after: Duration) {
        self.joins.answered(after);
    }

    /// The coordinator has told the member its assignment.
    pub fn synced(&self, after: Duration) {
        self.syncs.answered(after);
    }

    /// A rebalance has ended so long after the member began to join.
    pub fn rebalanced(&self, after: Duration) {
        self.rebalances.answered(after);
        *self.latency.lock() += millis(after);
        *self.last_rebalance.lock() = Some(Instant::now());
    }

    /// An attempt to join came to nothing.
    pub fn rebalance_failed(&self) {
        self.failures.mark(1);
    }

    /// What the group has this worker run.
    pub fn assigned(&self, connectors: usize, tasks: usize) {
        self.connectors.store(connectors, Ordering::Relaxed);
        self.tasks.store(tasks, Ordering::Relaxed);
    }

    /// Shows the member with this client id.
    pub fn show(self: &Arc<Self>, registry: &Registry, client_id: &str) -> Registration {
        let at = |of: fn(&Self, Instant) -> f64| {
            let metrics = Arc::clone(self);
            move |now| of(&metrics, now)
        };
        let total = |of: fn(&Self) -> f64| {
            let metrics = Arc::clone(self);
            move || of(&metrics)
        };
        let bean = Bean::new(BeanName::new("connect-coordinator-metrics").tag("client-id", client_id))
            .gauge(
                "assigned-connectors",
                "Connector instances that this worker is to run.",
                at(|m, _| m.connectors.load(Ordering::Relaxed) as f64),
            )
            .gauge(
                "assigned-tasks",
                "Tasks that this worker is to run.",
                at(|m, _| m.tasks.load(Ordering::Relaxed) as f64),
            )
            .gauge(
                "heartbeat-response-time-max",
                "The longest wait for the answer to a heartbeat lately, in milliseconds.",
                at(|m, now| m.heartbeats.time.max(now)),
            )
            .gauge("heartbeat-rate", "Heartbeats for each second.", at(|m, now| m.heartbeats.count.rate(now)))
            .counter("heartbeat-total", "Heartbeats.", total(|m| m.heartbeats.count.total()))
            .gauge(
                "join-time-avg",
                "The mean wait for the other members, in milliseconds.",
                at(|m, now| m.joins.time.avg(now)),
            )
            .gauge(
                "join-time-max",
                "The longest wait for the other members lately, in milliseconds.",
                at(|m, now| m.joins.time.max(now)),
            )
            .gauge("join-rate", "Joins for each second.", at(|m, now| m.joins.count.rate(now)))
            .counter("join-total", "Joins.", total(|m| m.joins.count.total()))
            .gauge(
                "sync-time-avg",
                "The mean wait for the assignment, in milliseconds.",
                at(|m, now| m.syncs.time.avg(now)),
            )
            .gauge(
                "sync-time-max",
                "The longest wait for the assignment lately, in milliseconds.",
                at(|m, now| m.syncs.time.max(now)),
            )
            .gauge("sync-rate", "Assignments for each second.", at(|m, now| m.syncs.count.rate(now)))
            .counter("sync-total", "Assignments.", total(|m| m.syncs.count.total()))
            .gauge(
                "rebalance-latency-avg",
                "The mean time of a rebalance, in milliseconds.",
                at(|m, now| m.rebalances.time.avg(now)),
            )
            .gauge(
                "rebalance-latency-max",
                "The longest rebalance lately, in milliseconds.",
                at(|m, now| m.rebalances.time.max(now)),
            )
            .counter(
                "rebalance-latency-total",
                "The time of all rebalances, in milliseconds.",
                total(|m| *m.latency.lock()),
            )
            .counter("rebalance-total", "Rebalances that succeeded.", total(|m| m.rebalances.count.total()))
            .gauge(
                "rebalance-rate-per-hour",
                "Rebalances that succeeded, for each hour.",
                at(|m, now| 3600.0 * m.rebalances.count.rate(now)),
            )
            .counter("failed-rebalance-total", "Rebalances that failed.", total(|m| m.failures.total()))
            .gauge(
                "failed-rebalance-rate-per-hour",
                "Rebalances that failed, for each hour.",
                at(|m, now| 3600.0 * m.failures.rate(now)),
            )
            .gauge(
                "last-heartbeat-seconds-ago",
                "Seconds since the last heartbeat, -1 before the first.",
                at(|m, now| seconds_since(&m.last_heartbeat, now)),
            )
            .gauge(
                "last-rebalance-seconds-ago",
                "Seconds since the last rebalance, -1 before the first.",
                at(|m, now| seconds_since(&m.last_rebalance, now)),
            );
        registry.register(bean)
    }
}

/// Whole seconds, as Java counts them.
fn seconds_since(event: &Mutex<Option<Instant>>, now: Instant) -> f64 {
    event.lock().map_or(-1.0, |at| now.saturating_duration_since(at).as_secs() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_member_shows_what_it_went_through() {
        let registry = Registry::default();
        let metrics = Arc::new(CoordinatorMetrics::new(registry.window()));
        let _shown = metrics.show(&registry, "connect-here:8083");
        let read = |attribute: &str| {
            let readings = registry.read();
            let found = readings.iter().find(|reading| reading.attribute == attribute).unwrap();
            assert_eq!(
                found.bean.to_string(),
                "kafka.connect:type=connect-coordinator-metrics,client-id=\"connect-here:8083\""
            );
            match found.value {
                Value::Number(number) => number,
                Value::Text(_) => panic!("{attribute} is a text"),
            }
        };
        assert_eq!(read("last-heartbeat-seconds-ago"), -1.0);
        assert!(read("join-time-avg").is_nan());
        let tenth = Duration::from_millis(100);
        metrics.joined(tenth);
        metrics.synced(tenth);
        metrics.rebalanced(2 * tenth);
        metrics.rebalanced(4 * tenth);
        metrics.heartbeat(tenth);
        metrics.assigned(1, 2);
        assert_eq!((read("assigned-connectors"), read("assigned-tasks")), (1.0, 2.0));
        assert_eq!((read("join-total"), read("sync-time-max"), read("heartbeat-total")), (1.0, 100.0, 1.0));
        assert_eq!((read("rebalance-total"), read("rebalance-latency-total")), (2.0, 600.0));
        assert_eq!((read("rebalance-latency-avg"), read("failed-rebalance-total")), (300.0, 0.0));
        assert_eq!(read("last-rebalance-seconds-ago"), 0.0);
    }
}
