//! Statuses: kept as they come from the worker, and put together for answers.

use std::sync::Arc;

use aqueduct_api::PluginKind;
use aqueduct_storage::{MemoryStatusStore, Status};
use aqueduct_worker::{StatusListener, TaskId};

use super::Core;
use crate::restarts::Subject;
use crate::{ConnectorInfo, ConnectorKind, ConnectorStatus, HerderError, InstanceStatus, TaskInfo, TaskStatus};

/// Puts what the worker tells into the status store.
pub struct StatusKeeper(pub Arc<MemoryStatusStore>);

impl StatusListener for StatusKeeper {
    fn connector_changed(&self, connector: &str, status: Status) {
        self.0.put_connector(connector, status);
    }

    fn task_changed(&self, task: &TaskId, status: Status) {
        self.0.put_task(&task.connector, task.task, status);
    }

    fn topic_used(&self, task: &TaskId, topic: &str) {
        self.0.add_topic(&task.connector, topic);
    }
}

pub(super) fn instance(status: Status) -> InstanceStatus {
    InstanceStatus {
        state: status.state.name(),
        worker_id: status.worker_id,
        version: status.version,
        trace: status.trace,
        restarts: None,
    }
}

impl Core {
    pub(super) fn info_of(&self, name: &str) -> Result<ConnectorInfo, HerderError> {
        let config = self.config.lock();
        let connector = config.get(name).ok_or_else(|| not_found(name))?;
        Ok(ConnectorInfo {
            name: name.to_owned(),
            config: connector.config.clone(),
            tasks: (0..connector.tasks.len()).map(|task| TaskId::new(name, task as u32)).collect(),
            kind: self.kind_of(&connector.config),
        })
    }

    pub(super) fn status_of(&self, name: &str) -> Result<ConnectorStatus, HerderError> {
        let missing = || HerderError::not_found(format!("No status found for connector {name}"));
        let status = self.status.connector(name).ok_or_else(missing)?;
        let config = self.config.lock();
        let kind = config.get(name).map_or(ConnectorKind::Unknown, |connector| self.kind_of(&connector.config));
        let tasks = self.status.tasks(name);
        drop(config);
        let mut answer = ConnectorStatus {
            name: name.to_owned(),
            connector: instance(status),
            tasks: tasks.into_iter().map(|(id, status)| TaskStatus { id, status: instance(status) }).collect(),
            kind,
        };
        self.show_restarts(&mut answer);
        Ok(answer)
    }

    pub(super) fn task_status(&self, id: &TaskId) -> Result<TaskStatus, HerderError> {
        let status = self.status.task(&id.connector, id.task);
        let status = status.ok_or_else(|| HerderError::not_found(format!("No status found for task {id}")))?;
        let mut status = instance(status);
        status.restarts = self.restarts_of(&Subject::Task(id.clone()));
        Ok(TaskStatus { id: id.task, status })
    }

    pub(super) fn task_infos(&self, name: &str) -> Result<Vec<TaskInfo>, HerderError> {
        let config = self.config.lock();
        let connector = config.get(name).ok_or_else(|| not_found(name))?;
        let tasks = connector.tasks.iter().enumerate();
        Ok(tasks
            .map(|(task, config)| TaskInfo { id: TaskId::new(name, task as u32), config: config.clone() })
            .collect())
    }

    fn kind_of(&self, config: &aqueduct_api::ConfigMap) -> ConnectorKind {
        match self.worker.connector_plugin(config).map(aqueduct_plugins::Plugin::kind) {
            Ok(PluginKind::Source) => ConnectorKind::Source,
            Ok(PluginKind::Sink) => ConnectorKind::Sink,
            _ => ConnectorKind::Unknown,
        }
    }
}

pub(super) fn not_found(name: &str) -> HerderError {
    HerderError::not_found(format!("Connector {name} not found"))
}
