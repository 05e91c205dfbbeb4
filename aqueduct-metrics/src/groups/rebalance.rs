//! `connect-worker-rebalance-metrics`: how a worker follows the rounds of its group.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::{Bean, BeanName, Registration, Registry, Spread};

/// What the last round has decided.
struct Round {
    leader: String,
    epoch: i32,
    protocol: &'static str,
    /// When the worker had last followed one.
    completed: Option<Instant>,
}

/// `kafka.connect:type=connect-worker-rebalance-metrics`
pub struct RebalanceMetrics {
    round: Mutex<Round>,
    completed: AtomicU64,
    /// Rounds that are being followed.
    under_way: AtomicUsize,
    time: Spread,
}

/// A round that is being followed, until this is dropped.
pub struct Following {
    metrics: Arc<RebalanceMetrics>,
    began: Instant,
    started: AtomicBool,
}

impl Following {
    /// All that the round wants is being started. It has succeeded when that is done, that is, when this is dropped.
    pub fn starts(&self) {
        self.started.store(true, Ordering::Relaxed);
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let metrics = &self.metrics;
        metrics.under_way.fetch_sub(1, Ordering::Relaxed);
        if self.started.load(Ordering::Relaxed) {
            metrics.round.lock().completed = Some(Instant::now());
            metrics.completed.fetch_add(1, Ordering::Relaxed);
            metrics.time.record_since(self.began);
        }
    }
}

impl RebalanceMetrics {
    /// Shows a worker that has been in no round yet, and would like this protocol.
    pub fn register(registry: &Registry, protocol: &'static str) -> (Arc<Self>, Registration) {
        let round = Round { leader: String::new(), epoch: -1, protocol, completed: None };
        let metrics = Arc::new(Self {
            round: Mutex::new(round),
            completed: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
            time: Spread::new(registry.window()),
        });
        let text = |of: fn(&Round) -> String| {
            let metrics = Arc::clone(&metrics);
            move || of(&metrics.round.lock())
        };
        let at = |of: fn(&Self, Instant) -> f64| {
            let metrics = Arc::clone(&metrics);
            move |now| of(&metrics, now)
        };
        let counted = Arc::clone(&metrics);
        let bean = Bean::new(BeanName::new("connect-worker-rebalance-metrics"))
            .text("connect-protocol", "The protocol of the group.", text(|round| round.protocol.to_owned()))
            .text("leader-name", "The REST address of the group's leader.", text(|round| round.leader.clone()))
            .gauge("epoch", "The generation of the group.", at(|m, _| f64::from(m.round.lock().epoch)))
            .gauge(
                "rebalancing",
                "Whether this worker is following a round.",
                at(|m, _| if m.under_way.load(Ordering::Relaxed) > 0 { 1.0 } else { 0.0 }),
            )
            .counter("completed-rebalances-total", "Rounds that this worker has followed.", move || {
                counted.completed.load(Ordering::Relaxed) as f64
            })
            .gauge(
                "rebalance-max-time-ms",
                "The longest time that following a round took lately, in milliseconds.",
                at(|m, now| m.time.max(now)),
            )
            .gauge(
                "rebalance-avg-time-ms",
                "The mean time that following a round takes, in milliseconds.",
                at(|m, now| m.time.avg(now)),
            )
            .gauge(
                "time-since-last-rebalance-ms",
                "Milliseconds since this worker had followed the last round.",
                at(|m, now| {
                    let completed = m.round.lock().completed;
                    completed.map_or(f64::INFINITY, |at| now.saturating_duration_since(at).as_millis() as f64)
                }),
            );
        (metrics, registry.register(bean))
    }

    /// A round has been decided; none means that the protocol stays.
    pub fn started(self: &Arc<Self>, leader: &str, epoch: i32, protocol: Option<&'static str>) -> Following {
        let mut round = self.round.lock();
        leader.clone_into(&mut round.leader);
        round.epoch = epoch;
        round.protocol = protocol.unwrap_or(round.protocol);
        self.under_way.fetch_add(1, Ordering::Relaxed);
        Following { metrics: Arc::clone(self), began: Instant::now(), started: AtomicBool::new(false) }
    }

    /// The worker is in no group.
    pub fn no_leader(&self) {
        self.round.lock().leader.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_round_counts_when_it_was_followed() {
        let registry = Registry::default();
        let (metrics, _shown) = RebalanceMetrics::register(&registry, "SESSIONED");
        let read = |attribute: &str| {
            let found = registry.read().into_iter().find(|reading| reading.attribute == attribute);
            found.unwrap().value
        };
        let number = |attribute: &str| match read(attribute) {
            Value::Number(number) => number,
            Value::Text(text) => panic!("{attribute}: {text}"),
        };
        assert_eq!(number("time-since-last-rebalance-ms"), f64::INFINITY);
        assert_eq!(read("connect-protocol"), Value::Text("SESSIONED".to_owned()));
        // The leader had to be told that others know more.
        drop(metrics.started("http://leader:8083/", 6, Some("COMPATIBLE")));
        assert_eq!((number("rebalancing"), number("completed-rebalances-total")), (0.0, 0.0));
        let following = metrics.started("http://leader:8083/", 7, None);
        assert_eq!((number("rebalancing"), number("epoch")), (1.0, 7.0));
        assert_eq!(read("leader-name"), Value::Text("http://leader:8083/".to_owned()));
        assert_eq!(read("connect-protocol"), Value::Text("COMPATIBLE".to_owned()));
        following.starts();
        drop(following);
        assert_eq!((number("rebalancing"), number("completed-rebalances-total")), (0.0, 1.0));
        assert!(number("rebalance-max-time-ms") >= 0.0 && number("time-since-last-rebalance-ms") < 60_000.0);
    }
}
