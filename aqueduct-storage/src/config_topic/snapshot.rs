//! What the config topic says, at one offset of it (`ClusterConfigState`).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use aqueduct_api::ConfigMap;

use super::SessionKey;
use crate::TargetState;

/// What the config topic says, at one offset of it. Variables (`${…}`) in configurations stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterConfigState {
    pub(super) offset: i64,
    pub(super) session_key: Option<SessionKey>,
    pub(super) connectors: BTreeMap<String, Arc<Connector>>,
}

/// What is known under a connector's name. The parts come and go with records of their own, so any may be there without
/// the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Connector {
    pub(super) config: Option<Arc<ConfigMap>>,
    pub(super) applied: Option<Arc<ConfigMap>>,
    pub(super) target_state: Option<TargetState>,
    pub(super) task_count: Option<u32>,
    /// More than `task_count` when there were more once.
    pub(super) tasks: BTreeMap<u32, Arc<ConfigMap>>,
    pub(super) inconsistent: bool,
    pub(super) task_count_record: Option<u32>,
    pub(super) generation: Option<u32>,
    pub(super) pending_fencing: bool,
}

impl Default for ClusterConfigState {
    fn default() -> Self {
        Self { offset: -1, session_key: None, connectors: BTreeMap::new() }
    }
}

impl ClusterConfigState {
    fn get(&self, connector: &str) -> Option<&Connector> {
        self.connectors.get(connector).map(AsRef::as_ref)
    }

    /// One past the offset of the last record that was read; -1 when there was none. Workers of a group compare it.
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// The key for requests between workers, once there is one.
    pub fn session_key(&self) -> Option<&SessionKey> {
        self.session_key.as_ref()
    }

    /// The connectors that have a configuration, by name.
    pub fn connectors(&self) -> impl Iterator<Item = &str> {
        self.connectors.iter().filter(|(_, connector)| connector.config.is_some()).map(|(name, _)| name.as_str())
    }

    /// Whether a connector has a configuration.
    pub fn contains(&self, connector: &str) -> bool {
        self.connector_config(connector).is_some()
    }

    /// A connector's configuration.
    pub fn connector_config(&self, connector: &str) -> Option<&Arc<ConfigMap>> {
        self.get(connector)?.config.as_ref()
    }

    /// The configuration that a connector had when its task configurations were committed; none before they ever were.
    pub fn applied_config(&self, connector: &str) -> Option<&Arc<ConfigMap>> {
        self.get(connector)?.applied.as_ref()
    }

    /// The state that the user wants a connector to be in.
    pub fn target_state(&self, connector: &str) -> Option<TargetState> {
        self.get(connector)?.target_state
    }

    /// How many tasks the last commit spoke of, whether their configurations are all there or not.
    pub fn task_count(&self, connector: &str) -> u32 {
        self.get(connector).and_then(|connector| connector.task_count).unwrap_or(0)
    }

    /// The numbers of the tasks that are to run: none where the task configurations are [inconsistent](Self::is_inconsistent).
    pub fn tasks(&self, connector: &str) -> Range<u32> {
        if self.is_inconsistent(connector) { 0..0 } else { 0..self.task_count(connector) }
    }

    /// The configuration of a task.
    pub fn task_config(&self, connector: &str, task: u32) -> Option<&Arc<ConfigMap>> {
        self.get(connector)?.tasks.get(&task)
    }

    /// The configurations of the tasks that the last commit spoke of, by number.
    pub fn task_configs(&self, connector: &str) -> Vec<Arc<ConfigMap>> {
        (0..self.task_count(connector)).filter_map(|task| self.task_config(connector, task).cloned()).collect()
    }

    /// The task count record: how many tasks' producers have to be fenced before a new set of tasks may begin (KIP-618).
    pub fn task_count_record(&self, connector: &str) -> Option<u32> {
        self.get(connector)?.task_count_record
    }

    /// How many times the task configurations were replaced since this worker began to read; none before the first commit.
    pub fn task_config_generation(&self, connector: &str) -> Option<u32> {
        self.get(connector)?.generation
    }

    /// Whether there was no task count record since the last commit.
    pub fn pending_fencing(&self, connector: &str) -> bool {
        self.get(connector).is_some_and(|connector| connector.pending_fencing)
    }

    /// Whether task configurations are missing that the last commit spoke of: compaction has removed them, or a leader died
    /// while it wrote them. The connector has to commit a new set.
    pub fn is_inconsistent(&self, connector: &str) -> bool {
        self.get(connector).is_some_and(|connector| connector.inconsistent)
    }

    /// The connectors whose task configurations are inconsistent, by name.
    pub fn inconsistent_connectors(&self) -> impl Iterator<Item = &str> {
        self.connectors.iter().filter(|(_, connector)| connector.inconsistent).map(|(name, _)| name.as_str())
    }
}
