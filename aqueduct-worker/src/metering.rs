//! Which connectors and tasks are measured, and what their states say about the worker.
//!
//! The worker tells when connectors and tasks come and go; their states come from the same reports that become statuses,
//! through [`MeteredListener`]. A connector or task is shown as long as the worker has it, also when it has failed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use aqueduct_metrics::groups::{
    ConnectorMetrics, PluginClass, SinkTaskMetrics, SourceTaskMetrics, TaskClasses, TaskErrorMetrics, TaskMetrics,
    TaskStates, WorkerMetrics,
};
use aqueduct_metrics::{Registration, Registry, Window};
use aqueduct_storage::{Status, StatusState};
use parking_lot::{Mutex, RwLock};

use crate::TaskId;
use crate::status::StatusListener;

/// What the loop of a source task feeds.
#[derive(Clone)]
pub(crate) struct SourceFeeds {
    pub(crate) task: Arc<TaskMetrics>,
    pub(crate) source: Arc<SourceTaskMetrics>,
    pub(crate) errors: Arc<TaskErrorMetrics>,
}

/// What the loop of a sink task feeds.
#[derive(Clone)]
pub(crate) struct SinkFeeds {
    pub(crate) task: Arc<TaskMetrics>,
    pub(crate) sink: Arc<SinkTaskMetrics>,
    pub(crate) errors: Arc<TaskErrorMetrics>,
}

struct ConnectorEntry {
    metrics: Arc<ConnectorMetrics>,
    /// Whether it is known how its start went.
    decided: bool,
    _shown: Registration,
}

struct TaskEntry {
    metrics: Arc<TaskMetrics>,
    decided: bool,
    _shown: Vec<Registration>,
}

/// The tasks of one connector.
struct Tasks {
    by_number: BTreeMap<u32, TaskEntry>,
    _shown: Registration,
}

#[derive(Default)]
struct Shown {
    connectors: HashMap<String, ConnectorEntry>,
    tasks: HashMap<String, Tasks>,
}

/// Measures a worker.
pub(crate) struct Metering {
    registry: Registry,
    worker: Arc<WorkerMetrics>,
    shown: Arc<Mutex<Shown>>,
    _shown: Registration,
}

impl Metering {
    pub(crate) fn new(window: Window) -> Self {
        let (registry, shown) = (Registry::new(window), Arc::new(Mutex::new(Shown::default())));
        let count = |of: fn(&Shown) -> usize| {
            let shown: Weak<Mutex<Shown>> = Arc::downgrade(&shown);
            move || shown.upgrade().map_or(0, |shown| of(&shown.lock()))
        };
        let (worker, bean) = WorkerMetrics::register(
            &registry,
            count(|shown| shown.connectors.len()),
            count(|shown| shown.tasks.values().map(|tasks| tasks.by_number.len()).sum()),
        );
        Self { registry, worker, shown, _shown: bean }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn connector_added(&self, name: &str, kind: &str, class: &PluginClass) {
        let (metrics, bean) = ConnectorMetrics::register(&self.registry, name, kind, class);
        let entry = ConnectorEntry { metrics, decided: false, _shown: bean };
        let former = self.shown.lock().connectors.insert(name.to_owned(), entry);
        drop(former);
    }

    pub(crate) fn connector_removed(&self, name: &str) {
        let former = self.shown.lock().connectors.remove(name);
        drop(former);
    }

    pub(crate) fn source_task_added(&self, id: &TaskId, classes: &TaskClasses) -> SourceFeeds {
        let (source, bean) = SourceTaskMetrics::register(&self.registry, &id.connector, id.task);
        let (task, errors) = self.task_added(id, classes, bean);
        SourceFeeds { task, source, errors }
    }

    pub(crate) fn sink_task_added(&self, id: &TaskId, classes: &TaskClasses) -> SinkFeeds {
        let (sink, bean) = SinkTaskMetrics::register(&self.registry, &id.connector, id.task);
        let (task, errors) = self.task_added(id, classes, bean);
        SinkFeeds { task, sink, errors }
    }

    fn task_added(
        &self,
        id: &TaskId,
        classes: &TaskClasses,
        own: Registration,
    ) -> (Arc<TaskMetrics>, Arc<TaskErrorMetrics>) {
        let (errors, errors_bean) = TaskErrorMetrics::register(&self.registry, &id.connector, id.task);
        let (task, mut beans) = TaskMetrics::register(&self.registry, &id.connector, id.task, classes);
        beans.extend([own, errors_bean]);
        let entry = TaskEntry { metrics: Arc::clone(&task), decided: false, _shown: beans };
        let mut shown = self.shown.lock();
        let tasks = shown
            .tasks
            .entry(id.connector.clone())
            .or_insert_with(|| Tasks { by_number: BTreeMap::new(), _shown: self.states_of(&id.connector) });
        let former = tasks.by_number.insert(id.task, entry);
        drop(shown);
        drop(former);
        (task, errors)
    }

    fn states_of(&self, connector: &str) -> Registration {
        let (shown, name) = (Arc::downgrade(&self.shown), connector.to_owned());
        TaskStates::register(&self.registry, connector, move |state| {
            let Some(shown) = shown.upgrade() else { return 0 };
            let shown = shown.lock();
            let tasks = shown.tasks.get(&name).into_iter().flat_map(|tasks| tasks.by_number.values());
            tasks.filter(|task| state.is_none_or(|state| task.metrics.state.state() == state)).count()
        })
    }

    pub(crate) fn task_removed(&self, id: &TaskId) {
        let mut shown = self.shown.lock();
        let Some(tasks) = shown.tasks.get_mut(&id.connector) else { return };
        let former = tasks.by_number.remove(&id.task);
        let last = if tasks.by_number.is_empty() { shown.tasks.remove(&id.connector) } else { None };
        drop(shown);
        drop((former, last));
    }

    fn connector_changed(&self, name: &str, state: StatusState) {
        let mut shown = self.shown.lock();
        let entry = shown.connectors.get_mut(name);
        if let Some(entry) = &entry {
            entry.metrics.state.enter(state.lower_name());
        }
        match (entry.map(|entry| &mut entry.decided), started(state)) {
            (Some(decided), Some(success)) if !*decided => {
                *decided = true;
                self.worker.connectors.record(success);
            }
            // It failed before there was an instance.
            (None, Some(false)) => self.worker.connectors.record(false),
            _ => {}
        }
    }

    fn task_changed(&self, id: &TaskId, state: StatusState) {
        let mut shown = self.shown.lock();
        let entry = shown.tasks.get_mut(&id.connector).and_then(|tasks| tasks.by_number.get_mut(&id.task));
        if let Some(entry) = &entry {
            entry.metrics.state.enter(state.lower_name());
        }
        match (entry.map(|entry| &mut entry.decided), started(state)) {
            (Some(decided), Some(success)) if !*decided => {
                *decided = true;
                self.worker.tasks.record(success);
            }
            (None, Some(false)) => self.worker.tasks.record(false),
            _ => {}
        }
    }
}

/// Whether a state says that a start went well or badly.
fn started(state: StatusState) -> Option<bool> {
    match state {
        StatusState::Running => Some(true),
        StatusState::Failed => Some(false),
        _ => None,
    }
}

/// Notes the states on their way to whoever keeps them.
pub(crate) struct MeteredListener {
    pub(crate) metering: Arc<Metering>,
    pub(crate) next: Arc<dyn StatusListener>,
    /// Told after the status has been put.
    pub(crate) watchers: RwLock<Vec<Arc<dyn StatusListener>>>,
}

impl StatusListener for MeteredListener {
    fn connector_changed(&self, connector: &str, status: Status) {
        self.metering.connector_changed(connector, status.state);
        self.next.connector_changed(connector, status.clone());
        for watcher in self.watchers.read().iter() {
            watcher.connector_changed(connector, status.clone());
        }
    }

    fn task_changed(&self, task: &TaskId, status: Status) {
        self.metering.task_changed(task, status.state);
        self.next.task_changed(task, status.clone());
        for watcher in self.watchers.read().iter() {
            watcher.task_changed(task, status.clone());
        }
    }

    fn topic_used(&self, task: &TaskId, topic: &str) {
        self.next.topic_used(task, topic);
        for watcher in self.watchers.read().iter() {
            watcher.topic_used(task, topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_metrics::{Reading, Value};

    use super::*;

    /// The numbers and texts of an attribute, with the bean's name.
    fn read(metering: &Metering, attribute: &str) -> Vec<(String, Value)> {
        let readings = metering.registry().read();
        let of = |reading: Reading| (reading.bean.to_string(), reading.value);
        readings.into_iter().filter(|reading| reading.attribute == attribute).map(of).collect()
    }

    fn number(metering: &Metering, attribute: &str) -> f64 {
        match read(metering, attribute).as_slice() {
            [(_, Value::Number(number))] => *number,
            other => panic!("{attribute}: {other:?}"),
        }
    }

    #[test]
    fn tasks_are_counted_by_state_as_long_as_the_worker_has_them() {
        let metering = Metering::new(Window::default());
        let ids = [TaskId::new("c", 0), TaskId::new("c", 1)];
        for id in &ids {
            metering.source_task_added(id, &TaskClasses::default());
            metering.task_changed(id, StatusState::Running);
        }
        metering.task_changed(&ids[1], StatusState::Failed);
        assert_eq!(number(&metering, "task-count"), 2.0);
        assert_eq!(number(&metering, "connector-total-task-count"), 2.0);
        assert_eq!(number(&metering, "connector-running-task-count"), 1.0);
        assert_eq!(number(&metering, "connector-failed-task-count"), 1.0);
        let text = |state: &str| Value::Text(state.to_owned());
        let states: Vec<Value> = read(&metering, "status").into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [text("running"), text("failed")]);
        for id in &ids {
            metering.task_removed(id);
        }
        assert_eq!(read(&metering, "connector-total-task-count"), []);
        assert_eq!(read(&metering, "source-record-poll-total"), []);
    }

    #[test]
    fn a_start_counts_once_by_its_first_outcome() {
        let metering = Metering::new(Window::default());
        let (good, bad) = (TaskId::new("c", 0), TaskId::new("c", 1));
        metering.sink_task_added(&good, &TaskClasses::default());
        metering.task_changed(&good, StatusState::Running);
        metering.task_changed(&good, StatusState::Failed);
        // Never made: its status is all that there is of it.
        metering.task_changed(&bad, StatusState::Failed);
        assert_eq!(number(&metering, "task-startup-attempts-total"), 2.0);
        assert_eq!(number(&metering, "task-startup-success-total"), 1.0);
        assert_eq!(number(&metering, "task-startup-failure-percentage"), 0.5);
    }
}
