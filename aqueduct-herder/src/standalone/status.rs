//! Statuses: kept as they come from the worker, and put together for answers.

use std::sync::Arc;

use aqueduct_storage::{MemoryStatusStore, Status};
use aqueduct_worker::{StatusListener, TaskId};

use super::Core;
use crate::restarts::Subject;
use crate::statuses::{connector_status, kind_of, not_found, task_status};
use crate::{ConnectorInfo, ConnectorKind, ConnectorStatus, HerderError, TaskInfo, TaskStatus};

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

impl Core {
    pub(super) fn info_of(&self, name: &str) -> Result<ConnectorInfo, HerderError> {
        let config = self.config.lock();
        let connector = config.get(name).ok_or_else(|| not_found(name))?;
        Ok(ConnectorInfo {
            name: name.to_owned(),
            config: connector.config.clone(),
            tasks: (0..connector.tasks.len()).map(|task| TaskId::new(name, task as u32)).collect(),
            kind: kind_of(&self.worker, &connector.config),
        })
    }

    pub(super) fn status_of(&self, name: &str) -> Result<ConnectorStatus, HerderError> {
        let config = self.config.lock();
        let kind = config.get(name).map_or(ConnectorKind::Unknown, |found| kind_of(&self.worker, &found.config));
        drop(config);
        let mut answer = connector_status(name, self.status.connector(name), self.status.tasks(name), kind)?;
        self.show_restarts(&mut answer);
        Ok(answer)
    }

    pub(super) fn task_status(&self, id: &TaskId) -> Result<TaskStatus, HerderError> {
        let mut answer = task_status(id, self.status.task(&id.connector, id.task))?;
        answer.status.restarts = self.restarts_of(&Subject::Task(id.clone()));
        Ok(answer)
    }

    pub(super) fn task_infos(&self, name: &str) -> Result<Vec<TaskInfo>, HerderError> {
        let config = self.config.lock();
        let connector = config.get(name).ok_or_else(|| not_found(name))?;
        let tasks = connector.tasks.iter().enumerate();
        Ok(tasks
            .map(|(task, config)| TaskInfo { id: TaskId::new(name, task as u32), config: config.clone() })
            .collect())
    }
}
