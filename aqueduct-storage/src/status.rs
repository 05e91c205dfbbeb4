//! Statuses of connectors and tasks, the stores that keep them (`StatusBackingStore`), and that of the standalone mode: in
//! memory, lost at exit (`MemoryStatusBackingStore`).
//!
//! Tasks and connectors write here from wherever they run; REST reads.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_api::{BoxFuture, ready};
use parking_lot::RwLock;

/// The states of connectors and tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are Kafka Connect's own")]
pub enum StatusState {
    Unassigned,
    Running,
    Paused,
    Stopped,
    Failed,
    Restarting,
    /// Never shown: it removes the status.
    Destroyed,
}

impl StatusState {
    /// The state of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        use StatusState::*;
        [Unassigned, Running, Paused, Stopped, Failed, Restarting, Destroyed]
            .into_iter()
            .find(|state| state.name() == name)
    }

    /// The name in REST answers and status records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unassigned => "UNASSIGNED",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Stopped => "STOPPED",
            Self::Failed => "FAILED",
            Self::Restarting => "RESTARTING",
            Self::Destroyed => "DESTROYED",
        }
    }

    /// The name in metrics.
    pub fn lower_name(self) -> &'static str {
        match self {
            Self::Unassigned => "unassigned",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Restarting => "restarting",
            Self::Destroyed => "destroyed",
        }
    }
}

/// The status of a connector instance or a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its state.
    pub state: StatusState,
    /// The worker that runs it.
    pub worker_id: String,
    /// Why it failed.
    pub trace: Option<String>,
    /// The plugin's version, once an instance could be made.
    pub version: Option<String>,
}

/// Keeps statuses and active topics. Nothing here waits: what is written may be read a little later, and last.
pub trait StatusStore: Send + Sync {
    /// Puts a connector's status, of an instance that was started in this generation of the worker group (standalone: 0).
    /// [`StatusState::Destroyed`] removes it, and those of the connector's tasks.
    fn put_connector(&self, name: &str, generation: i32, status: Status);

    /// The same, unless another worker has put one in a newer generation: for the last words of an instance whose connector
    /// may run elsewhere by now.
    fn put_connector_safe(&self, name: &str, generation: i32, status: Status);

    /// Puts a task's status; [`StatusState::Destroyed`] removes it.
    fn put_task(&self, connector: &str, task: u32, generation: i32, status: Status);

    /// The same, unless another worker has put one in a newer generation.
    fn put_task_safe(&self, connector: &str, task: u32, generation: i32, status: Status);

    /// A connector's status.
    fn connector(&self, name: &str) -> Option<Status>;

    /// A task's status.
    fn task(&self, connector: &str, task: u32) -> Option<Status>;

    /// The statuses of a connector's tasks, by number.
    fn tasks(&self, connector: &str) -> Vec<(u32, Status)>;

    /// The connectors that something is known of.
    fn connectors(&self) -> Vec<String>;

    /// Notes that a task of a connector uses a topic (KIP-558).
    fn add_topic(&self, connector: &str, task: u32, topic: &str);

    /// The topics that a connector uses.
    fn topics(&self, connector: &str) -> Vec<String>;

    /// Forgets the topics of a connector.
    fn remove_topics(&self, connector: &str);

    /// Ready when everything that was put before is safe, or given up.
    fn flush(&self) -> BoxFuture<'_, ()>;
}

#[derive(Debug, Default)]
struct Connector {
    status: Option<Status>,
    tasks: BTreeMap<u32, Status>,
    topics: BTreeSet<String>,
}

/// Keeps statuses and active topics in memory.
#[derive(Debug, Default)]
pub struct MemoryStatusStore(RwLock<BTreeMap<String, Connector>>);

impl MemoryStatusStore {
    /// Puts a connector's status.
    pub fn put_connector(&self, name: &str, status: Status) {
        let mut all = self.0.write();
        if status.state == StatusState::Destroyed {
            if let Some(connector) = all.get_mut(name) {
                connector.status = None;
                connector.tasks.clear();
                // Its topics outlive a connector in Java's standalone mode.
                if connector.topics.is_empty() {
                    all.remove(name);
                }
            }
            return;
        }
        all.entry(name.to_owned()).or_default().status = Some(status);
    }

    /// Puts a task's status.
    pub fn put_task(&self, connector: &str, task: u32, status: Status) {
        let mut all = self.0.write();
        if status.state == StatusState::Destroyed {
            if let Some(connector) = all.get_mut(connector) {
                connector.tasks.remove(&task);
            }
            return;
        }
        all.entry(connector.to_owned()).or_default().tasks.insert(task, status);
    }

    /// Forgets the statuses of a connector's tasks.
    pub fn remove_tasks(&self, connector: &str) {
        if let Some(connector) = self.0.write().get_mut(connector) {
            connector.tasks.clear();
        }
    }

    /// A connector's status.
    pub fn connector(&self, name: &str) -> Option<Status> {
        self.0.read().get(name).and_then(|connector| connector.status.clone())
    }

    /// A task's status.
    pub fn task(&self, connector: &str, task: u32) -> Option<Status> {
        self.0.read().get(connector).and_then(|connector| connector.tasks.get(&task).cloned())
    }

    /// The statuses of a connector's tasks, by number.
    pub fn tasks(&self, connector: &str) -> Vec<(u32, Status)> {
        let all = self.0.read();
        let tasks = all.get(connector).map(|connector| &connector.tasks);
        tasks.into_iter().flatten().map(|(task, status)| (*task, status.clone())).collect()
    }

    /// Notes that a connector uses a topic (KIP-558). Topics outlive the connector here, as in Java's standalone mode.
    pub fn add_topic(&self, connector: &str, topic: &str) {
        let mut all = self.0.write();
        all.entry(connector.to_owned()).or_default().topics.insert(topic.to_owned());
    }

    /// The topics that a connector uses.
    pub fn topics(&self, connector: &str) -> Vec<String> {
        let all = self.0.read();
        all.get(connector).map(|connector| connector.topics.iter().cloned().collect()).unwrap_or_default()
    }

    /// Forgets the topics of a connector.
    pub fn remove_topics(&self, connector: &str) {
        if let Some(connector) = self.0.write().get_mut(connector) {
            connector.topics.clear();
        }
    }
}

/// Generations mean nothing here: there is one worker, so nobody can be overtaken.
impl StatusStore for MemoryStatusStore {
    fn put_connector(&self, name: &str, _generation: i32, status: Status) {
        self.put_connector(name, status);
    }

    fn put_connector_safe(&self, name: &str, _generation: i32, status: Status) {
        self.put_connector(name, status);
    }

    fn put_task(&self, connector: &str, task: u32, _generation: i32, status: Status) {
        self.put_task(connector, task, status);
    }

    fn put_task_safe(&self, connector: &str, task: u32, _generation: i32, status: Status) {
        self.put_task(connector, task, status);
    }

    fn connector(&self, name: &str) -> Option<Status> {
        self.connector(name)
    }

    fn task(&self, connector: &str, task: u32) -> Option<Status> {
        self.task(connector, task)
    }

    fn tasks(&self, connector: &str) -> Vec<(u32, Status)> {
        self.tasks(connector)
    }

    fn connectors(&self) -> Vec<String> {
        let all = self.0.read();
        let known = all.iter().filter(|(_, connector)| connector.status.is_some());
        known.map(|(name, _)| name.clone()).collect()
    }

    fn add_topic(&self, connector: &str, _task: u32, topic: &str) {
        self.add_topic(connector, topic);
    }

    fn topics(&self, connector: &str) -> Vec<String> {
        self.topics(connector)
    }

    fn remove_topics(&self, connector: &str) {
        self.remove_topics(connector);
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        ready(())
    }
}
