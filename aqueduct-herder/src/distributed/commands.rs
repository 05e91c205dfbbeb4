//! What users ask of the loop.

use std::sync::Arc;

use aqueduct_api::ConfigMap;
use aqueduct_storage::{ClusterConfigState, TargetState};
use tokio::sync::oneshot;

use super::event::{Command, Event, OffsetsChange, Reply, Write};
use super::herding::Herding;
use super::rebalance::starts;
use super::shared::Shared;
use crate::offsets::{Offsets, not_stopped};
use crate::restarts::Subject;
use crate::statuses::not_found;
use crate::{ConnectorInfo, ConnectorKind, HerderError, TaskId, TaskInfo};

impl Herding {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Ping(reply) => answer(reply, Ok(())),
            Command::Connectors(reply) => {
                let names = self.settled().map(|()| self.state.connectors().map(str::to_owned).collect());
                answer(reply, names);
            }
            Command::Info(name, reply) => answer(reply, self.settled().and_then(|()| self.info(&name))),
            Command::TaskConfigs(name, reply) => {
                answer(reply, self.settled().and_then(|()| task_infos(&self.state, &name)));
            }
            Command::PatchBase(name, reply) => {
                let base = self.only_the_leader("Only the leader can set connector configs.").and_then(|()| {
                    let state = self.shared.config.snapshot();
                    let config = state.connector_config(&name).ok_or_else(|| not_found(&name))?;
                    Ok((**config).clone())
                });
                answer(reply, base);
            }
            Command::RestartConnector(name, reply) => self.restart_connector(&name, reply),
            Command::RestartTask(id, reply) => self.restart_task(&id, reply),
            Command::ChangeOffsets(name, change, reply) => self.change_offsets(name, change, reply),
            Command::Write(Write::Restart(request, reply)) => match self.settled() {
                Ok(()) => self.write(Write::Restart(request, reply)),
                Err(error) => answer(reply, Err(error)),
            },
            Command::Fence(name, reply) => self.fence(name, reply),
            Command::FenceForTask(name, reply) => self.fence_for_task(name, reply),
            Command::VerifyTask(id, generation, reply) => answer(reply, self.verify_task(&id, generation)),
            Command::Write(write) => self.write(write),
        }
    }

    /// Whether what the loop knows will not be replaced in a moment.
    fn settled(&self) -> Result<(), HerderError> {
        if self.updates.rebalance { Err(HerderError::rebalance_expected()) } else { Ok(()) }
    }

    fn info(&self, name: &str) -> Result<ConnectorInfo, HerderError> {
        let config = self.state.connector_config(name).ok_or_else(|| not_found(name))?;
        Ok(ConnectorInfo {
            name: name.to_owned(),
            config: (**config).clone(),
            tasks: self.state.tasks(name).map(|task| TaskId::new(name, task)).collect(),
            kind: self.shared.kind_of(config),
        })
    }

    fn owner(&self, url: impl FnOnce(&aqueduct_group::leader::Owners) -> Option<&str>) -> Option<String> {
        let owners = self.assignment.as_ref()?.owners.as_ref()?;
        url(owners).map(str::to_owned)
    }

    fn restart_connector(&mut self, name: &str, reply: Reply<()>) {
        if let Err(error) = self.settled() {
            return answer(reply, Err(error));
        }
        if !self.state.contains(name) {
            return answer(reply, Err(HerderError::not_found(format!("Unknown connector: {name}"))));
        }
        if !self.running.connectors.contains(name) {
            let refused = self.only_the_leader("Only the leader can process restart requests.").and_then(|()| {
                let url = self.owner(|owners| owners.url(owners.connector(&name.into())?));
                let message = "Cannot restart connector since it is not assigned to this member";
                Err(HerderError::elsewhere(message, url))
            });
            return answer(reply, refused);
        }
        self.restart_connector_here(name, reply);
    }

    fn restart_connector_here(&mut self, name: &str, reply: Reply<()>) {
        let Some(config) = self.state.connector_config(name).cloned() else { return };
        let state = self.state.target_state(name).unwrap_or_default();
        self.shared.restarts.forget_one(&Subject::Connector(name.to_owned()));
        let (instances, owned) = (Arc::clone(&self.instances), name.to_owned());
        let stages = Arc::clone(&self.shared.stage);
        let stopping = stages.beside(format!("stopping restarted connector {name}"));
        self.in_lane(name, async move {
            instances.stop_connector(&owned).await;
            drop(stopping);
            let _starting = stages.beside("starting the connector");
            let outcome = instances.start_connector(&owned, (*config).clone(), state).await;
            let told = match &outcome {
                Ok(()) => Ok(()),
                Err(_) => Err(HerderError::internal(format!("Failed to start connector: {owned}"))),
            };
            answer(reply, told);
            Some(Event::ConnectorStarted { name: owned, state, outcome })
        });
    }

    fn restart_task(&mut self, id: &TaskId, reply: Reply<()>) {
        if let Err(error) = self.settled() {
            return answer(reply, Err(error));
        }
        let name = &id.connector;
        if !self.state.contains(name) {
            return answer(reply, Err(HerderError::not_found(format!("Unknown connector: {name}"))));
        }
        if self.state.task_config(name, id.task).is_none() {
            return answer(reply, Err(HerderError::not_found(format!("Unknown task: {id}"))));
        }
        if !self.running.tasks.contains(id) {
            let refused = self.only_the_leader("Only the leader can process restart requests.").and_then(|()| {
                let number = i32::try_from(id.task).unwrap_or(i32::MAX);
                let task = aqueduct_group::TaskId::new(name.as_str(), number);
                let url = self.owner(|owners| owners.url(owners.task(&task)?));
                Err(HerderError::elsewhere("Cannot restart task since it is not assigned to this member", url))
            });
            return answer(reply, refused);
        }
        let starts = starts(&self.state, vec![id.clone()]);
        self.shared.restarts.forget_one(&Subject::Task(id.clone()));
        let (instances, id) = (Arc::clone(&self.instances), id.clone());
        let lane = id.connector.clone();
        let restarting = self.shared.stage.beside(format!("restarting task {id}"));
        self.in_lane(&lane, async move {
            let _restarting = restarting;
            instances.stop_tasks(std::slice::from_ref(&id)).await;
            let started = starts.iter().try_for_each(|(id, start)| instances.start_task(id, start));
            answer(reply, started.map_err(|_| HerderError::internal(format!("Failed to start task: {id}"))));
            None
        });
    }

    fn change_offsets(&mut self, name: String, change: OffsetsChange, reply: Reply<String>) {
        let allowed = self
            .settled()
            .and_then(|()| self.only_the_leader("Only the leader can process external offsets modification requests"));
        if let Err(error) = allowed {
            return answer(reply, Err(error));
        }
        let shared = Arc::clone(&self.shared);
        let modifying = shared.stage.beside(format!("modifying offsets for connector {name}"));
        tokio::spawn(async move {
            let changed = changed_offsets(&shared, &name, change).await;
            drop(modifying);
            answer(reply, changed);
        });
    }
}

/// Changes offsets. Where tasks write exactly once, those that once were are shut out before; the connector may have begun
/// again meanwhile.
async fn changed_offsets(shared: &Shared, name: &str, change: OffsetsChange) -> Result<String, HerderError> {
    let mut config = stopped_config(shared, name).await?;
    if shared.worker.writes_exactly_once() && shared.kind_of(&config) == ConnectorKind::Source {
        let (reply, fenced) = oneshot::channel();
        let asked = shared.events.send(Event::Command(Command::Fence(name.to_owned(), reply))).is_ok();
        let outcome = if asked { fenced.await.ok() } else { None };
        outcome.unwrap_or_else(|| Err(HerderError::internal("Worker is shutting down"))).map_err(|error| {
            tracing::error!("Fencing the producers of connector {name} before its offsets are modified: {error}");
            let message = "Failed to perform zombie fencing for source connector prior to modifying offsets";
            HerderError::internal(message)
        })?;
        config = stopped_config(shared, name).await?;
    }
    let offsets = Offsets::of(&shared.worker, name, &config)?;
    match change {
        OffsetsChange::Alter(entries) => offsets.alter(entries).await,
        OffsetsChange::Reset => offsets.reset().await,
    }
}

/// The configuration of a connector that is stopped, after a look at what the config topic says of it by now.
async fn stopped_config(shared: &Shared, name: &str) -> Result<Arc<ConfigMap>, HerderError> {
    if let Err(error) = shared.config.refresh(shared.settings.sync_timeout).await {
        tracing::error!("Reading the config topic before modifying the offsets of connector {name}: {error}");
        return Err(HerderError::internal("Failed to read to end of config topic before modifying connector offsets"));
    }
    let state = shared.config.snapshot();
    let config = state.connector_config(name).ok_or_else(|| not_found(name))?;
    if state.target_state(name) != Some(TargetState::Stopped) || state.task_count(name) > 0 {
        return Err(not_stopped(name));
    }
    Ok(Arc::clone(config))
}

fn task_infos(state: &ClusterConfigState, name: &str) -> Result<Vec<TaskInfo>, HerderError> {
    if !state.contains(name) {
        return Err(not_found(name));
    }
    let info = |task| {
        let config = state.task_config(name, task)?;
        Some(TaskInfo { id: TaskId::new(name, task), config: (**config).clone() })
    };
    Ok(state.tasks(name).filter_map(info).collect())
}

fn answer<T>(reply: Reply<T>, answer: Result<T, HerderError>) {
    // Who asked may have gone away.
    let _ = reply.send(answer);
}
