//! `connect-worker-metrics`: the worker as a whole, and for each connector how its tasks are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::{Bean, BeanName, Frequency, Registration, Registry};

/// How starting connectors, or tasks, went.
pub struct Startups {
    successes: AtomicU64,
    failures: AtomicU64,
    share: Frequency,
}

impl Startups {
    fn new(registry: &Registry) -> Self {
        Self { successes: AtomicU64::new(0), failures: AtomicU64::new(0), share: Frequency::new(registry.window()) }
    }

    /// One has started, or failed to.
    pub fn record(&self, success: bool) {
        let which = if success { &self.successes } else { &self.failures };
        which.fetch_add(1, Ordering::Relaxed);
        self.share.record(success);
    }

    fn successes(&self) -> f64 {
        self.successes.load(Ordering::Relaxed) as f64
    }

    fn failures(&self) -> f64 {
        self.failures.load(Ordering::Relaxed) as f64
    }
}

/// `kafka.connect:type=connect-worker-metrics`
pub struct WorkerMetrics {
    /// How starting connectors went.
    pub connectors: Startups,
    /// How starting tasks went.
    pub tasks: Startups,
}

impl WorkerMetrics {
    /// Shows the worker; the counts are asked for when they are read.
    pub fn register(
        registry: &Registry,
        connector_count: impl Fn() -> usize + Send + Sync + 'static,
        task_count: impl Fn() -> usize + Send + Sync + 'static,
    ) -> (Arc<Self>, Registration) {
        let metrics = Arc::new(Self { connectors: Startups::new(registry), tasks: Startups::new(registry) });
        let total = |of: fn(&Self) -> f64| {
            let metrics = Arc::clone(&metrics);
            move || of(&metrics)
        };
        let share = |of: fn(&Self, Instant) -> f64| {
            let metrics = Arc::clone(&metrics);
            move |now| of(&metrics, now)
        };
        let bean = Bean::new(BeanName::new("connect-worker-metrics"))
            .gauge("connector-count", "Connectors that run here.", move |_| connector_count() as f64)
            .gauge("task-count", "Tasks that run here.", move |_| task_count() as f64)
            .counter(
                "connector-startup-attempts-total",
                "Connectors that were to start.",
                total(|m| m.connectors.successes() + m.connectors.failures()),
            )
            .counter("connector-startup-success-total", "Connectors that started.", total(|m| m.connectors.successes()))
            .gauge(
                "connector-startup-success-percentage",
                "The share of connectors that started, 0 to 1.",
                share(|m, now| m.connectors.share.success(now)),
            )
            .counter(
                "connector-startup-failure-total",
                "Connectors that did not start.",
                total(|m| m.connectors.failures()),
            )
            .gauge(
                "connector-startup-failure-percentage",
                "The share of connectors that did not start, 0 to 1.",
                share(|m, now| m.connectors.share.failure(now)),
            )
            .counter(
                "task-startup-attempts-total",
                "Tasks that were to start.",
                total(|m| m.tasks.successes() + m.tasks.failures()),
            )
            .counter("task-startup-success-total", "Tasks that started.", total(|m| m.tasks.successes()))
            .gauge(
                "task-startup-success-percentage",
                "The share of tasks that started, 0 to 1.",
                share(|m, now| m.tasks.share.success(now)),
            )
            .counter("task-startup-failure-total", "Tasks that did not start.", total(|m| m.tasks.failures()))
            .gauge(
                "task-startup-failure-percentage",
                "The share of tasks that did not start, 0 to 1.",
                share(|m, now| m.tasks.share.failure(now)),
            );
        (metrics, registry.register(bean))
    }
}

/// How the tasks of a connector that this worker has are: `kafka.connect:type=connect-worker-metrics,connector=…`
pub struct TaskStates;

impl TaskStates {
    /// Shows a connector's tasks; `count` says how many are in a state, or how many there are without one.
    pub fn register(
        registry: &Registry,
        connector: &str,
        count: impl Fn(Option<&str>) -> usize + Send + Sync + 'static,
    ) -> Registration {
        let count = Arc::new(count);
        let of = |state: Option<&'static str>| {
            let count = Arc::clone(&count);
            move |_: Instant| count(state) as f64
        };
        let bean = Bean::new(BeanName::new("connect-worker-metrics").tag("connector", connector))
            .gauge("connector-total-task-count", "Tasks of the connector that this worker has.", of(None))
            .gauge("connector-running-task-count", "Those that run.", of(Some("running")))
            .gauge("connector-paused-task-count", "Those that are paused.", of(Some("paused")))
            .gauge("connector-failed-task-count", "Those that have failed.", of(Some("failed")))
            .gauge("connector-unassigned-task-count", "Those that no worker runs.", of(Some("unassigned")))
            .gauge("connector-destroyed-task-count", "Those that were removed.", of(Some("destroyed")))
            .gauge("connector-restarting-task-count", "Those that are being restarted.", of(Some("restarting")));
        registry.register(bean)
    }
}
