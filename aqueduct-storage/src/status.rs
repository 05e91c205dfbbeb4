//! The status store of the standalone mode: in memory, lost at exit (`MemoryStatusBackingStore`).
//!
//! Tasks and connectors write here from wherever they run; REST reads.

use std::collections::{BTreeMap, BTreeSet};

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
