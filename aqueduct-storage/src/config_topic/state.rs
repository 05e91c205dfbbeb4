//! What the records of the config topic do, one after the other.
//!
//! Task configurations wait until a commit record closes the set. Compaction keeps the last record of each key only, so an
//! old set may be found in part: then the connector is inconsistent until a new set is committed. Records that mean nothing
//! are said in the log and passed over.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_data::Value;

use super::record::ConfigRecord;
use super::snapshot::Connector;
use super::{ClusterConfigState, ConfigEvent};
use crate::TargetState;

/// The state after the records that were applied.
#[derive(Debug, Default)]
pub(super) struct ConfigState {
    /// Shared with those who were given it; copied when it changes while somebody has it.
    current: Arc<ClusterConfigState>,
    /// Task configurations without a commit yet, by connector. The entry outlives the commit: whether there ever was one
    /// decides whether a commit counts as a new generation.
    deferred: HashMap<String, BTreeMap<u32, Arc<ConfigMap>>>,
}

impl ConfigState {
    /// The state now.
    pub(super) fn snapshot(&self) -> Arc<ClusterConfigState> {
        Arc::clone(&self.current)
    }

    /// Applies a record; answers what it changed.
    pub(super) fn apply(
        &mut self,
        offset: i64,
        key: Option<&[u8]>,
        value: Result<Value, ConnectError>,
    ) -> Option<ConfigEvent> {
        let value = match value {
            Ok(value) => value,
            Err(error) => {
                tracing::error!("Failed to convert config data to Kafka Connect format: {error}");
                return None;
            }
        };
        Arc::make_mut(&mut self.current).offset = offset + 1;
        let key = String::from_utf8_lossy(key?);
        match ConfigRecord::parse(&key, &value) {
            Ok(record) => self.apply_record(record),
            Err(why) => {
                tracing::error!("{why}");
                None
            }
        }
    }

    fn apply_record(&mut self, record: ConfigRecord) -> Option<ConfigEvent> {
        match record {
            ConfigRecord::Connector(name, Some(config)) => {
                let connector = self.connector(&name);
                connector.config = Some(Arc::new(config));
                connector.target_state.get_or_insert(TargetState::Started);
                Some(ConfigEvent::ConnectorConfigUpdated(name))
            }
            ConfigRecord::Connector(name, None) => {
                self.remove_connector(&name);
                Some(ConfigEvent::ConnectorConfigRemoved(name))
            }
            ConfigRecord::TargetState(name, state) => self.set_target_state(name, state),
            ConfigRecord::Task(name, task, config) => {
                self.deferred.entry(name).or_default().insert(task, Arc::new(config));
                None
            }
            ConfigRecord::Commit(name, tasks) => self.commit(name, tasks),
            ConfigRecord::Restart(request) => Some(ConfigEvent::Restart(request)),
            ConfigRecord::TaskCount(name, tasks) => {
                let connector = self.connector(&name);
                connector.task_count_record = Some(tasks);
                connector.pending_fencing = false;
                None
            }
            ConfigRecord::SessionKey(key) => {
                Arc::make_mut(&mut self.current).session_key = Some(key.clone());
                Some(ConfigEvent::SessionKeyUpdated(key))
            }
            ConfigRecord::Logger(logger, level) => Some(ConfigEvent::LoggerLevelUpdated { logger, level }),
        }
    }

    fn set_target_state(&mut self, name: String, state: Option<TargetState>) -> Option<ConfigEvent> {
        let connector = self.connector(&name);
        let Some(state) = state else {
            // A connector that still has a configuration has a state. Its deletion is told by the record of that.
            connector.target_state = connector.config.is_some().then_some(TargetState::Started);
            self.forget_if_empty(&name);
            return None;
        };
        let changed = connector.target_state.replace(state) != Some(state);
        (changed && connector.config.is_some()).then_some(ConfigEvent::TargetStateChanged(name))
    }

    fn commit(&mut self, name: String, tasks: u32) -> Option<ConfigEvent> {
        if !self.current.contains(&name) {
            tracing::debug!(
                "Ignoring task configs for connector {name}: it was deleted, and compaction has removed its configuration"
            );
            self.remove_connector(&name);
            return None;
        }
        // Whatever becomes of them, they belong to this commit and to no later one.
        let deferred = self.deferred.get_mut(&name).map(std::mem::take);
        let connector = self.connector(&name);
        let mut moved = Vec::new();
        // More than the commit speaks of is no harm: compaction may have left the last task of an earlier, larger set.
        let complete = (0..tasks).all(|task| deferred.as_ref().is_some_and(|deferred| deferred.contains_key(&task)));
        if complete {
            if let Some(deferred) = deferred {
                moved.extend(deferred.keys().copied());
                connector.tasks.extend(deferred);
                connector.generation = Some(connector.generation.map_or(0, |generation| generation + 1));
            }
            connector.applied = connector.config.clone();
        } else {
            tracing::debug!("The task configurations of connector {name} are incomplete, probably due to compaction");
        }
        connector.inconsistent = !complete;
        connector.task_count = Some(tasks);
        connector.pending_fencing = true;
        Some(ConfigEvent::TaskConfigsUpdated { connector: name, tasks: moved })
    }

    /// What goes with a connector's configuration. The target state has a record of its own; what fencing needs to know
    /// outlives the connector, since its tasks may.
    fn remove_connector(&mut self, name: &str) {
        self.deferred.remove(name);
        if self.current.connectors.contains_key(name) {
            let connector = self.connector(name);
            connector.config = None;
            connector.applied = None;
            connector.task_count = None;
            connector.tasks.clear();
            self.forget_if_empty(name);
        }
    }

    fn connector(&mut self, name: &str) -> &mut Connector {
        let connectors = &mut Arc::make_mut(&mut self.current).connectors;
        if !connectors.contains_key(name) {
            connectors.insert(name.to_owned(), Arc::default());
        }
        let connector = connectors.get_mut(name).expect("it was put there if it was not");
        Arc::make_mut(connector)
    }

    fn forget_if_empty(&mut self, name: &str) {
        let connectors = &mut Arc::make_mut(&mut self.current).connectors;
        if connectors.get(name).is_some_and(|connector| **connector == Connector::default()) {
            connectors.remove(name);
        }
    }
}
