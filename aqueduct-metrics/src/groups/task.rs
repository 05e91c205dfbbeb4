//! `connector-task-metrics`, and the classes of a task's transforms and predicates.

use std::sync::Arc;
use std::time::Instant;

use super::task_bean;
use crate::{Bean, Frequency, Registration, Registry, Spread, StateTime};

/// A plugin's class and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginClass {
    /// The full class name.
    pub class: String,
    /// Its version.
    pub version: String,
}

/// The classes that a task is made of.
#[derive(Debug, Clone, Default)]
pub struct TaskClasses {
    /// `source` or `sink`
    pub kind: &'static str,
    /// The connector.
    pub connector: PluginClass,
    /// The task.
    pub task: PluginClass,
    /// The converter of keys.
    pub key_converter: PluginClass,
    /// The converter of values.
    pub value_converter: PluginClass,
    /// The converter of headers.
    pub header_converter: PluginClass,
    /// The transforms and predicates.
    pub links: Vec<LinkClasses>,
}

/// A transform or predicate of a task: its alias and class.
#[derive(Debug, Clone)]
pub struct LinkClasses {
    /// Whether it is a predicate.
    pub is_predicate: bool,
    /// The name that the configuration gives it.
    pub alias: String,
    /// Its class.
    pub class: PluginClass,
}

/// `kafka.connect:type=connector-task-metrics,connector=…,task=…`
pub struct TaskMetrics {
    /// The state of the task.
    pub state: StateTime,
    batch_size: Spread,
    commit_time: Spread,
    commits: Frequency,
}

impl TaskMetrics {
    /// Shows a task, its transforms and its predicates.
    pub fn register(
        registry: &Registry,
        connector: &str,
        task: u32,
        classes: &TaskClasses,
    ) -> (Arc<Self>, Vec<Registration>) {
        let window = registry.window();
        let metrics = Arc::new(Self {
            state: StateTime::default(),
            batch_size: Spread::new(window),
            commit_time: Spread::new(window),
            commits: Frequency::new(window),
        });
        let m = || Arc::clone(&metrics);
        let (state, running, paused) = (m(), m(), m());
        let (size_max, size_avg, time_max, time_avg, failures, successes) = (m(), m(), m(), m(), m(), m());
        let bean = Bean::new(task_bean("connector-task-metrics", connector, task))
            .text("status", "The state of the task.", move || state.state.state().to_owned())
            .gauge("running-ratio", "The share of its life that the task was running.", move |now| {
                running.state.ratio("running", now)
            })
            .gauge("pause-ratio", "The share of its life that the task was paused.", move |now| {
                paused.state.ratio("paused", now)
            })
            .gauge("offset-commit-max-time-ms", "The longest commit of offsets lately, in milliseconds.", move |now| {
                time_max.commit_time.max(now)
            })
            .gauge("offset-commit-avg-time-ms", "The mean time of a commit of offsets, in milliseconds.", move |now| {
                time_avg.commit_time.avg(now)
            })
            .gauge("batch-size-max", "The largest batch of records lately.", move |now| size_max.batch_size.max(now))
            .gauge("batch-size-avg", "The mean number of records in a batch.", move |now| size_avg.batch_size.avg(now))
            .gauge(
                "offset-commit-failure-percentage",
                "The share of commits of offsets that failed, 0 to 1.",
                move |now| failures.commits.failure(now),
            )
            .gauge(
                "offset-commit-success-percentage",
                "The share of commits of offsets that went well, 0 to 1.",
                move |now| successes.commits.success(now),
            )
            .constant("connector-type", "Whether the connector is a source or a sink.", classes.kind)
            .constant("connector-class", "The class of the connector.", classes.connector.class.as_str())
            .constant("connector-version", "The version of the connector's class.", classes.connector.version.as_str())
            .constant("task-class", "The class of the task.", classes.task.class.as_str())
            .constant("task-version", "The version of the task's class.", classes.task.version.as_str())
            .constant("key-converter-class", "The class of the key converter.", classes.key_converter.class.as_str())
            .constant("key-converter-version", "Its version.", classes.key_converter.version.as_str())
            .constant(
                "value-converter-class",
                "The class of the value converter.",
                classes.value_converter.class.as_str(),
            )
            .constant("value-converter-version", "Its version.", classes.value_converter.version.as_str())
            .constant(
                "header-converter-class",
                "The class of the header converter.",
                classes.header_converter.class.as_str(),
            )
            .constant("header-converter-version", "Its version.", classes.header_converter.version.as_str());
        let mut registrations = vec![registry.register(bean)];
        registrations.extend(classes.links.iter().map(|link| registry.register(link_bean(connector, task, link))));
        (metrics, registrations)
    }

    /// A batch went through the task.
    pub fn batch(&self, records: usize) {
        self.batch_size.record(records as f64);
    }

    /// A commit of offsets that began then has ended.
    pub fn commit(&self, began: Instant, success: bool) {
        self.commit_time.record_since(began);
        self.commits.record(success);
    }
}

fn link_bean(connector: &str, task: u32, link: &LinkClasses) -> Bean {
    let LinkClasses { is_predicate, alias, class } = link;
    if *is_predicate {
        return Bean::new(task_bean("connector-predicate-metrics", connector, task).tag("predicate", alias))
            .constant("predicate-class", "The class of the predicate.", class.class.as_str())
            .constant("predicate-version", "The version of the predicate's class.", class.version.as_str());
    }
    Bean::new(task_bean("connector-transform-metrics", connector, task).tag("transform", alias))
        .constant("transform-class", "The class of the transform.", class.class.as_str())
        .constant("transform-version", "The version of the transform's class.", class.version.as_str())
}
