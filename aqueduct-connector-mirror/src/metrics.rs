//! The figures of mirrors, for each partition that is copied and each group in it (`kafka.connect.mirror:type=…`).
//!
//! The composition root says once where figures are shown ([`show_metrics`]); until then, and in tests, they are shown nowhere.
//! A task's figures end with the task.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aqueduct_data::ByteString;
use aqueduct_metrics::{Bean, BeanName, Meter, Registration, Registry, Spread, Window};
use parking_lot::Mutex;

use crate::settings::{Settings, keys};

static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// Shows the figures of mirrors beside those of the worker. Only the first call counts.
pub fn show_metrics(registry: Registry) {
    // A second registry would be that of a second worker in one process.
    let _ = REGISTRY.set(registry);
}

/// Under which names figures are shown (`metric.names.formats`).
#[derive(Clone)]
struct Names {
    /// The class that Java names a group after.
    class: &'static str,
    source: String,
    target: String,
    connector: String,
    task: String,
    legacy: bool,
    new: bool,
}

impl Names {
    fn of(settings: &Settings, class: &'static str) -> Self {
        let formats = settings.list(keys::METRIC_NAMES);
        let named = |format: &str| formats.iter().any(|named| named == format);
        Self {
            class,
            source: settings.source_alias.clone(),
            target: settings.target_alias.clone(),
            connector: settings.connector.clone(),
            task: settings.props().get(keys::TASK_INDEX).cloned().unwrap_or_default(),
            legacy: named("legacy"),
            new: named("new"),
        }
    }

    /// The names of the beans of something with these tags.
    fn beans(&self, tags: &[(&'static str, String)]) -> Vec<BeanName> {
        let mut names = Vec::new();
        if self.legacy {
            names.push(BeanName::of("kafka.connect.mirror", self.class));
        }
        if self.new {
            let plugins = BeanName::new("plugins");
            names.push(plugins.tag("connector", self.connector.as_str()).tag("task", self.task.as_str()));
        }
        let tagged = |name: BeanName| {
            let name = name.tag("source", self.source.as_str()).tag("target", self.target.as_str());
            tags.iter().fold(name, |name, (tag, value)| name.tag(tag, value.as_str()))
        };
        names.into_iter().map(tagged).collect()
    }
}

/// The latest of some times, and how they spread lately; in milliseconds.
struct Times {
    latest: AtomicI64,
    spread: Spread,
}

impl Times {
    fn new(window: Window) -> Self {
        Self { latest: AtomicI64::new(0), spread: Spread::new(window) }
    }

    #[allow(clippy::cast_precision_loss, reason = "milliseconds of any age are exact")]
    fn record(&self, millis: i64) {
        self.latest.store(millis, Ordering::Relaxed);
        self.spread.record(millis as f64);
    }

    /// Many at once, in order.
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of any age are exact")]
    fn record_all(&self, times: impl Iterator<Item = i64>) {
        let (mut count, mut sum, mut min, mut max) = (0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for time in times {
            self.latest.store(time, Ordering::Relaxed);
            let time = time as f64;
            (count, sum, min, max) = (count + 1, sum + time, min.min(time), max.max(time));
        }
        if count > 0 {
            self.spread.record_all(count, sum, min, max);
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "milliseconds of any age are exact")]
    fn latest(&self) -> f64 {
        self.latest.load(Ordering::Relaxed) as f64
    }
}

/// Adds the four figures of some times to a bean.
macro_rules! times {
    ($bean:expr, $metrics:expr, $field:ident, $name:literal, $of:literal) => {{
        let (latest, min, max, avg) =
            (Arc::clone(&$metrics), Arc::clone(&$metrics), Arc::clone(&$metrics), Arc::clone(&$metrics));
        $bean
            .gauge($name, concat!($of, ", the latest."), move |_: Instant| latest.$field.latest())
            .gauge(concat!($name, "-max"), concat!($of, ", at most."), move |now| max.$field.spread.max(now))
            .gauge(concat!($name, "-min"), concat!($of, ", at least."), move |now| min.$field.spread.min(now))
            .gauge(concat!($name, "-avg"), concat!($of, ", on average."), move |now| avg.$field.spread.avg(now))
    }};
}

/// The figures of one partition that is copied.
struct PartitionMetrics {
    records: Meter,
    bytes: Meter,
    age: Times,
    latency: Times,
}

impl PartitionMetrics {
    fn register(registry: &Registry, names: Vec<BeanName>) -> (Arc<Self>, Vec<Registration>) {
        let window = registry.window();
        let metrics = Arc::new(Self {
            records: Meter::new(window),
            bytes: Meter::new(window),
            age: Times::new(window),
            latency: Times::new(window),
        });
        let bean = |name| {
            let m = || Arc::clone(&metrics);
            let (a, b, c, d) = (m(), m(), m(), m());
            let bean = Bean::new(name)
                .counter("record-count", "Records that were copied.", move || a.records.total())
                .gauge("record-rate", "Records that were copied, for each second.", move |now| b.records.rate(now))
                .counter("byte-count", "Bytes of values that were read.", move || c.bytes.total())
                .gauge("byte-rate", "Bytes of values that were read, for each second.", move |now| d.bytes.rate(now));
            let bean = times!(bean, metrics, age, "record-age-ms", "How old records were when they were read");
            times!(bean, metrics, latency, "replication-latency-ms", "How old records were when they were written")
        };
        let registrations = names.into_iter().map(|name| registry.register(bean(name))).collect();
        (metrics, registrations)
    }
}

/// The figures of a task that copies, by topic and partition of the target.
#[derive(Default)]
pub(crate) struct SourceMetrics {
    partitions: HashMap<(ByteString, i32), Arc<PartitionMetrics>>,
    shown: Mutex<Vec<Registration>>,
}

impl SourceMetrics {
    /// Shows partitions of the target.
    pub(crate) fn show(settings: &Settings, partitions: impl Iterator<Item = (String, i32)>) -> Self {
        let Some(registry) = REGISTRY.get() else { return Self::default() };
        let names = Names::of(settings, "MirrorSourceConnector");
        let (mut all, mut shown) = (HashMap::new(), Vec::new());
        for (topic, partition) in partitions {
            let beans = names.beans(&[("topic", topic.clone()), ("partition", partition.to_string())]);
            let (metrics, registrations) = PartitionMetrics::register(registry, beans);
            all.insert((topic.into(), partition), metrics);
            shown.extend(registrations);
        }
        Self { partitions: all, shown: Mutex::new(shown) }
    }

    /// Records of a partition were read: their values' bytes, and how old they are in milliseconds.
    pub(crate) fn read(&self, topic: &ByteString, partition: i32, bytes: u64, ages: impl Iterator<Item = i64>) {
        if let Some(metrics) = self.of(topic, partition) {
            metrics.bytes.mark(bytes);
            metrics.age.record_all(ages);
        }
    }

    /// A record was written.
    pub(crate) fn written(&self, topic: &ByteString, partition: i32, latency: Option<i64>) {
        if let Some(metrics) = self.of(topic, partition) {
            metrics.records.mark(1);
            latency.into_iter().for_each(|latency| metrics.latency.record(latency));
        }
    }

    /// Whether anything is shown at all.
    pub(crate) fn is_shown(&self) -> bool {
        !self.partitions.is_empty()
    }

    /// Ends with the task.
    pub(crate) fn end(&self) {
        self.shown.lock().clear();
    }

    fn of(&self, topic: &ByteString, partition: i32) -> Option<&PartitionMetrics> {
        self.partitions.get(&(topic.clone(), partition)).map(AsRef::as_ref)
    }
}

/// The figures of a task that writes checkpoints, by group, topic and partition of the target.
#[derive(Default)]
pub(crate) struct CheckpointMetrics {
    names: Option<(Registry, Names)>,
    groups: Mutex<HashMap<Place, Shown>>,
}

/// A group, and a topic and partition of the target.
type Place = (String, String, i32);

/// Figures, and what keeps them in the registry.
type Shown = (Arc<GroupMetrics>, Vec<Registration>);

struct GroupMetrics {
    latency: Times,
}

impl CheckpointMetrics {
    pub(crate) fn new(settings: &Settings) -> Self {
        let names = REGISTRY.get().map(|registry| (registry.clone(), Names::of(settings, "MirrorCheckpointConnector")));
        Self { names, groups: Mutex::default() }
    }

    /// Whether anything is shown at all.
    pub(crate) fn is_shown(&self) -> bool {
        self.names.is_some()
    }

    /// A checkpoint was written; it is shown from the first one on.
    pub(crate) fn written(&self, group: &str, topic: &str, partition: i32, latency: i64) {
        let Some((registry, names)) = &self.names else { return };
        let mut groups = self.groups.lock();
        let key = (group.to_owned(), topic.to_owned(), partition);
        let (metrics, _) = groups.entry(key).or_insert_with(|| {
            let metrics = Arc::new(GroupMetrics { latency: Times::new(registry.window()) });
            let tags = [("group", group.to_owned()), ("topic", topic.to_owned()), ("partition", partition.to_string())];
            let bean = |name| {
                let what = Bean::new(name);
                times!(
                    what,
                    metrics,
                    latency,
                    "checkpoint-latency-ms",
                    "How old checkpoints were when they were written"
                )
            };
            let shown = names.beans(&tags).into_iter().map(|name| registry.register(bean(name))).collect();
            (metrics, shown)
        });
        metrics.latency.record(latency);
    }

    /// Ends with the task.
    pub(crate) fn end(&self) {
        self.groups.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_metrics::prometheus;

    use super::*;

    fn names(legacy: bool, new: bool) -> Names {
        Names {
            class: "MirrorSourceConnector",
            source: "A".into(),
            target: "B".into(),
            connector: "m".into(),
            task: "1".into(),
            legacy,
            new,
        }
    }

    #[test]
    fn figures_have_the_names_of_javas_beans() {
        let tags = [("topic", "A.t".to_owned()), ("partition", "0".to_owned())];
        let texts = |legacy, new| names(legacy, new).beans(&tags).iter().map(BeanName::to_string).collect::<Vec<_>>();
        let legacy = "kafka.connect.mirror:type=MirrorSourceConnector,source=A,target=B,topic=A.t,partition=0";
        let new = "kafka.connect:type=plugins,connector=m,task=1,source=A,target=B,topic=A.t,partition=0";
        assert_eq!(texts(true, false), [legacy]);
        assert_eq!(texts(true, true), [legacy, new]);
        assert_eq!(texts(false, true), [new]);
    }

    #[test]
    fn a_partition_shows_what_was_copied() {
        let registry = Registry::default();
        let beans = names(true, false).beans(&[("topic", "A.t".to_owned()), ("partition", "0".to_owned())]);
        let (metrics, shown) = PartitionMetrics::register(&registry, beans);
        metrics.records.mark(1);
        metrics.bytes.mark(10);
        metrics.age.record_all([9, 1, 5].into_iter());
        metrics.latency.record(7);
        metrics.latency.record(9);
        let text = prometheus::print(&registry);
        let labels = r#"{source="A",target="B",topic="A.t",partition="0"}"#;
        for figure in ["record_count", "byte_count", "record_age_ms", "record_age_ms_max", "replication_latency_ms_avg"]
            .iter()
            .zip([1, 10, 5, 9, 8])
        {
            let line = format!("kafka_connect_mirror_mirrorsourceconnector_{}{labels} {}", figure.0, figure.1);
            assert!(text.contains(&line), "{line} in\n{text}");
        }
        drop(shown);
        assert_eq!(prometheus::print(&registry), "");
    }
}
