//! What is divided among the members: connectors and their tasks.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::names::ConnectorName;

/// A task of a connector. Orders by connector, then number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    /// The connector it belongs to.
    pub connector: ConnectorName,
    /// Its number, from 0. What others sent may hold any number but -1, which stands for the connector.
    pub task: i32,
}

impl TaskId {
    /// Task `task` of a connector.
    pub fn new(connector: impl Into<ConnectorName>, task: i32) -> Self {
        Self { connector: connector.into(), task }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.connector, self.task)
    }
}

/// Connectors and tasks, in an order that counts: balancing takes the first away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The connectors.
    pub connectors: Vec<ConnectorName>,
    /// The tasks.
    pub tasks: Vec<TaskId>,
}

impl Work {
    /// Whether there is neither a connector nor a task.
    pub fn is_empty(&self) -> bool {
        self.connectors.is_empty() && self.tasks.is_empty()
    }

    /// How many connectors and tasks there are.
    pub fn len(&self) -> usize {
        self.connectors.len() + self.tasks.len()
    }

    /// Takes away what `other` holds; what stays keeps its order.
    pub fn remove_all(&mut self, other: &Work) {
        if !other.connectors.is_empty() {
            let gone: HashSet<_> = other.connectors.iter().collect();
            self.connectors.retain(|connector| !gone.contains(connector));
        }
        if !other.tasks.is_empty() {
            let gone: HashSet<_> = other.tasks.iter().collect();
            self.tasks.retain(|task| !gone.contains(task));
        }
    }
}

/// What the config topic says is to run, at an offset of that topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigSnapshot {
    /// One past the offset of the last record that was read; -1 when there was none.
    pub offset: i64,
    /// The configured connectors and how many tasks of each are to run: none where the task configurations are
    /// inconsistent, that is, were written in part only.
    pub tasks: BTreeMap<ConnectorName, u32>,
}
