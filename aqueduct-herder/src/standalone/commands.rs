//! The commands that change connectors.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_api::{ConfigMap, PluginKind};
use aqueduct_storage::{Status, StatusState, TargetState};
use aqueduct_worker::TaskId;

use super::{Core, Events};
use crate::failures::explain;
use crate::herder::present;
use crate::restarts::Subject;
use crate::statuses::{RestartPlan, not_found};
use crate::{ConnectorInfo, ConnectorStatus, Created, HerderError, InitialState, NewConnector, RestartRequest};

fn unknown(name: &str) -> HerderError {
    HerderError::not_found(format!("Unknown connector {name}"))
}

impl Core {
    pub(super) async fn put_connector(self: Arc<Self>, connector: NewConnector) -> Result<Created, HerderError> {
        let NewConnector { name, config, initial_state, replace } = connector;
        self.check(config.clone()).await?;
        if let Some(why) = &self.no_sources
            && self.worker.connector_plugin(&present(&config))?.kind() == PluginKind::Source
        {
            return Err(HerderError::internal(format!("Source connector {name} is refused: {why}")));
        }
        let _lock = self.take_over(&name).await;
        let exists = self.config.lock().get(&name).is_some();
        if exists && !replace {
            return Err(HerderError::conflict(format!("Connector {name} already exists")));
        }
        self.restarts.forget_connector(&name);
        if exists {
            self.worker.stop_connector(&name).await;
        }
        self.config.lock().put_connector(&name, present(&config), initial_state.map(InitialState::target));
        self.start(&name).await?;
        self.update_tasks(&name).await?;
        Ok(Created { created: !exists, info: self.info_of(&name)? })
    }

    pub(super) async fn patch_connector(
        self: Arc<Self>,
        name: &str,
        patch: BTreeMap<String, Option<String>>,
    ) -> Result<ConnectorInfo, HerderError> {
        let present = self.config.lock().get(name).map(|connector| connector.config.clone());
        let mut config: BTreeMap<String, Option<String>> =
            present.ok_or_else(|| not_found(name))?.into_iter().map(|(key, value)| (key, Some(value))).collect();
        for (key, value) in patch {
            match value {
                Some(value) => config.insert(key, Some(value)),
                None => config.remove(&key),
            };
        }
        let connector = NewConnector { name: name.to_owned(), config, initial_state: None, replace: true };
        Ok(self.put_connector(connector).await?.info)
    }

    pub(super) async fn delete_connector(&self, name: &str) -> Result<(), HerderError> {
        let _lock = self.take_over(name).await;
        if self.config.lock().get(name).is_none() {
            return Err(not_found(name));
        }
        self.restarts.forget_connector(name);
        self.remove_tasks(name).await;
        self.worker.stop_connector(name).await;
        self.config.lock().remove(name);
        self.status.put_connector(name, self.bare_status(StatusState::Destroyed));
        Ok(())
    }

    pub(super) async fn pause_connector(self: Arc<Self>, name: &str) -> Result<(), HerderError> {
        self.set_target(name, TargetState::Paused)
    }

    pub(super) async fn resume_connector(self: Arc<Self>, name: &str) -> Result<(), HerderError> {
        self.set_target(name, TargetState::Started)
    }

    pub(super) async fn stop_connector(self: Arc<Self>, name: &str) -> Result<(), HerderError> {
        let _lock = self.take_over(name).await;
        if !self.config.lock().put_target_state(name, TargetState::Stopped) {
            // Java's standalone mode answers this one as if something had broken.
            return Err(HerderError::internal(format!("No connector `{name}` configured")));
        }
        self.restarts.forget_connector(name);
        self.remove_tasks(name).await;
        if let Err(error) = self.worker.transition_connector(name, TargetState::Stopped).await {
            tracing::warn!("Connector {name} did not stop: {error}");
        }
        Ok(())
    }

    /// Notes the wanted state and lets the connector follow; the answer does not wait for it.
    fn set_target(self: Arc<Self>, name: &str, state: TargetState) -> Result<(), HerderError> {
        let before = self.config.lock().get(name).map(|connector| connector.target_state);
        let before = before.ok_or_else(|| unknown(name))?;
        if before == state {
            return Ok(());
        }
        self.config.lock().put_target_state(name, state);
        self.restarts.forget_connector(name);
        let name = name.to_owned();
        let core = Arc::clone(&self);
        self.runtime.spawn(async move {
            let _lock = core.lock(&name).await;
            core.worker.transition_tasks(&name, state);
            match core.worker.transition_connector(&name, state).await {
                Err(error) => tracing::error!("Connector {name} did not become {}: {error}", state.name()),
                Ok(()) if state == TargetState::Started => {
                    if let Err(error) = core.update_tasks(&name).await {
                        tracing::error!("Could not make the tasks of connector {name}: {error}");
                    }
                }
                Ok(()) => {}
            }
        });
        Ok(())
    }

    pub(super) async fn restart_connector(self: Arc<Self>, name: &str) -> Result<(), HerderError> {
        if self.config.lock().get(name).is_none() {
            return Err(HerderError::internal(format!("Connector {name} cannot be restarted: it does not exist")));
        }
        let _lock = self.take_over(name).await;
        self.restarts.forget_one(&Subject::Connector(name.to_owned()));
        self.restart_instance(name).await
    }

    /// Stops the instance of a connector whose lock is held, and starts it again.
    pub(super) async fn restart_instance(self: &Arc<Self>, name: &str) -> Result<(), HerderError> {
        self.worker.stop_connector(name).await;
        self.start(name).await?;
        self.update_tasks(name).await
    }

    pub(super) async fn restart_task(&self, id: &TaskId) -> Result<(), HerderError> {
        let _lock = self.lock(&id.connector).await;
        self.restarts.forget_one(&Subject::Task(id.clone()));
        self.start_anew(id).await
    }

    /// Stops a task of a connector whose lock is held, and starts it again.
    pub(super) async fn start_anew(&self, id: &TaskId) -> Result<(), HerderError> {
        let connector = self.config.lock().get(&id.connector).cloned();
        let Some(connector) = connector else {
            return Err(HerderError::internal(format!(
                "Failed to start task {id} since it is not a recognizable type (source or sink)"
            )));
        };
        let Some(task) = connector.tasks.get(id.task as usize) else {
            return Err(HerderError::not_found(format!("Task {id} not found")));
        };
        self.worker.stop_tasks(std::slice::from_ref(id)).await;
        self.worker
            .start_task(id, &connector.config, task.clone(), connector.tasks.len(), connector.target_state)
            .map_err(|_| HerderError::internal(format!("Failed to start task: {id}")))
    }

    pub(super) async fn restart(self: Arc<Self>, request: RestartRequest) -> Result<ConnectorStatus, HerderError> {
        let name = request.connector.clone();
        if self.config.lock().get(&name).is_none() {
            return Err(HerderError::not_found(format!("Unknown connector: {name}")));
        }
        let _lock = self.take_over(&name).await;
        let status = self
            .status_of(&name)
            .map_err(|_| HerderError::not_found(format!("Status for connector {name} not found")))?;
        let RestartPlan { status: plan, connector: restart_instance, tasks } = RestartPlan::new(&request, status);
        for id in &tasks {
            self.restarts.forget_one(&Subject::Task(id.clone()));
        }
        self.worker.stop_tasks(&tasks).await;
        if restart_instance {
            self.restarts.forget_one(&Subject::Connector(name.clone()));
            self.worker.stop_connector(&name).await;
            self.status.put_connector(&name, self.bare_status(StatusState::Restarting));
        }
        for id in &tasks {
            self.status.put_task(&name, id.task, self.bare_status(StatusState::Restarting));
        }
        if restart_instance {
            self.start(&name).await?;
        }
        let connector = self.config.lock().get(&name).cloned().unwrap_or_default();
        for id in &tasks {
            if let Some(config) = connector.tasks.get(id.task as usize) {
                // A failure is the task's status.
                let count = connector.tasks.len();
                let _ = self.worker.start_task(id, &connector.config, config.clone(), count, connector.target_state);
            }
        }
        Ok(plan)
    }

    /// A connector wants its tasks made anew.
    pub(super) async fn reconfigure(self: Arc<Self>, name: &str) {
        let _lock = self.lock(name).await;
        if let Err(error) = self.update_tasks(name).await {
            tracing::error!("Could not make the tasks of connector {name} anew: {error}");
        }
    }

    /// Starts the instance of a connector in the state that is wanted of it.
    async fn start(self: &Arc<Self>, name: &str) -> Result<(), HerderError> {
        let connector = self.config.lock().get(name).cloned().unwrap_or_default();
        let events = Arc::new(Events(Arc::downgrade(self)));
        let started = self.worker.start_connector(name, connector.config, events, connector.target_state).await;
        started.map_err(|error| {
            tracing::error!("Failed to start connector {name}\n{}", error.trace().trim_end());
            HerderError::internal(explain(&error))
        })
    }

    /// Makes the tasks anew when the connector answers other configurations than those that run.
    async fn update_tasks(self: &Arc<Self>, name: &str) -> Result<(), HerderError> {
        let Some(connector) = self.config.lock().get(name).cloned() else { return Ok(()) };
        if connector.target_state != TargetState::Started || !self.worker.has_connector(name) {
            return Ok(());
        }
        let tasks = match self.worker.task_configs(name, &connector.config).await {
            Ok(tasks) => tasks,
            Err(error) => {
                let mut status = self.bare_status(StatusState::Failed);
                status.trace = Some(error.trace());
                self.status.put_connector(name, status);
                self.failed(Subject::Connector(name.to_owned()));
                return Err(HerderError::internal(explain(&error)));
            }
        };
        let unchanged = connector.applied.as_ref() == Some(&connector.config) && connector.tasks == tasks;
        if unchanged {
            return Ok(());
        }
        self.remove_tasks(name).await;
        self.config.lock().put_tasks(name, tasks.clone());
        self.start_tasks(name, &connector.config, tasks);
        Ok(())
    }

    fn start_tasks(&self, name: &str, config: &ConfigMap, tasks: Vec<ConfigMap>) {
        let count = tasks.len();
        for (task, task_config) in tasks.into_iter().enumerate() {
            let id = TaskId::new(name, task as u32);
            // A failure is the task's status.
            let _ = self.worker.start_task(&id, config, task_config, count, TargetState::Started);
        }
    }

    async fn remove_tasks(&self, name: &str) {
        self.restarts.forget_tasks(name);
        let ids = self.worker.tasks_of(name);
        self.worker.stop_tasks(&ids).await;
        self.status.remove_tasks(name);
        self.config.lock().remove_tasks(name);
    }

    fn bare_status(&self, state: StatusState) -> Status {
        Status { state, worker_id: self.worker.settings().worker_id.clone(), trace: None, version: None }
    }
}
