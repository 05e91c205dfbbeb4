//! The config store of the standalone mode: in memory, lost at exit (`MemoryConfigBackingStore`).

use std::collections::BTreeMap;

use aqueduct_api::ConfigMap;

use crate::TargetState;

/// What is known of one connector.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectorConfig {
    /// The configuration as it was given.
    pub config: ConfigMap,
    /// The state that the user wants.
    pub target_state: TargetState,
    /// The configurations of the tasks, by number.
    pub tasks: Vec<ConfigMap>,
    /// The configuration that the task configurations were made from; none before there were any.
    pub applied: Option<ConfigMap>,
}

/// Every connector.
pub type ConfigSnapshot = BTreeMap<String, ConnectorConfig>;

/// Keeps connector configurations in memory. Belongs to the herder's loop, so it needs no lock.
#[derive(Debug, Default)]
pub struct MemoryConfigStore(ConfigSnapshot);

impl MemoryConfigStore {
    /// Everything.
    pub fn snapshot(&self) -> &ConfigSnapshot {
        &self.0
    }

    /// One connector.
    pub fn get(&self, name: &str) -> Option<&ConnectorConfig> {
        self.0.get(name)
    }

    /// Puts a configuration. A connector that exists keeps its target state unless one is given.
    pub fn put_connector(&mut self, name: &str, config: ConfigMap, state: Option<TargetState>) {
        let entry = self.0.entry(name.to_owned()).or_default();
        entry.config = config;
        if let Some(state) = state {
            entry.target_state = state;
        }
    }

    /// Sets the state that the user wants; answers false for an unknown connector.
    pub fn put_target_state(&mut self, name: &str, state: TargetState) -> bool {
        self.0.get_mut(name).map(|entry| entry.target_state = state).is_some()
    }

    /// Sets the task configurations, which belong to the present configuration.
    pub fn put_tasks(&mut self, name: &str, tasks: Vec<ConfigMap>) {
        if let Some(entry) = self.0.get_mut(name) {
            entry.tasks = tasks;
            entry.applied = Some(entry.config.clone());
        }
    }

    /// Forgets the task configurations.
    pub fn remove_tasks(&mut self, name: &str) {
        if let Some(entry) = self.0.get_mut(name) {
            entry.tasks.clear();
            entry.applied = None;
        }
    }

    /// Forgets a connector; answers false for an unknown one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }
}
