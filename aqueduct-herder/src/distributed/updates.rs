//! Takes over what changed in the config topic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_storage::{RestartRequest, Status, StatusState, TargetState};

use super::event::Event;
use super::herding::Herding;
use super::lanes;
use super::rebalance::{start_tasks, starts};
use super::stage::Stage;
use crate::TaskId;
use crate::restarts::Subject;
use crate::statuses::RestartPlan;

impl Herding {
    /// Follows what changed: connectors start again with their new configuration, states are passed on, tasks with another
    /// configuration stop and are started by the round that follows.
    pub(super) fn take_over_updates(&mut self) {
        if self.updates.is_empty() {
            return;
        }
        let updates = std::mem::take(&mut self.updates);
        self.state = self.shared.config.snapshot();
        let mut stopping = Vec::new();
        if updates.rebalance && self.settings().eager {
            // The round stops and starts everything.
            return self.rejoin();
        }
        for name in &updates.connectors {
            if !self.running.connectors.contains(name) {
                continue;
            }
            // Whoever has written the configuration wants a fresh start.
            self.shared.restarts.forget_connector(name);
            if self.state.contains(name) {
                tracing::info!("Handling connector-only config update by restarting connector {name}");
                self.start_connector(name, true);
            } else {
                tracing::info!("Handling connector-only config update by stopping connector {name}");
                let (instances, name) = (Arc::clone(&self.instances), name.clone());
                let lane = name.clone();
                let beside = self.shared.stage.beside(format!("stopping connector {name}"));
                stopping.push(self.in_lane(&lane, async move {
                    let _stopping = beside;
                    instances.stop_connector(&name).await;
                    None
                }));
            }
        }
        for name in &updates.states {
            self.pass_on_state(name);
        }
        let mut tasks: BTreeMap<&str, Vec<TaskId>> = BTreeMap::new();
        let changed: BTreeSet<&str> = updates.tasks.iter().map(|id| id.connector.as_str()).collect();
        for id in self.running.tasks.iter().filter(|id| changed.contains(id.connector.as_str())) {
            let name = changed.get(id.connector.as_str()).copied().unwrap_or_default();
            tasks.entry(name).or_default().push(id.clone());
        }
        for (name, ids) in tasks {
            // What does not run is started by the round that follows, if it is still assigned here.
            for id in &ids {
                self.running.tasks.remove(id);
                self.shared.restarts.forget_one(&Subject::Task(id.clone()));
            }
            let instances = Arc::clone(&self.instances);
            let beside = self.shared.stage.beside(format!("stopping {} reconfigured tasks", ids.len()));
            stopping.push(self.in_lane(name, async move {
                let _stopping = beside;
                instances.stop_tasks(&ids).await;
                None
            }));
        }
        if updates.rebalance {
            // The statuses of what stops here have to be written before the leader looks at what is left over.
            self.joining = true;
            self.shared.stage.begin(Stage::Joining);
            self.spawn(async move {
                lanes::all(stopping).await;
                Event::ReadyToRejoin
            });
        }
    }

    /// Lets a connector and its tasks, as far as they run here, follow the state that is wanted.
    fn pass_on_state(&mut self, name: &str) {
        let Some(state) = self.state.target_state(name).filter(|_| self.state.contains(name)) else { return };
        self.shared.restarts.forget_connector(name);
        let (instances, owned) = (Arc::clone(&self.instances), name.to_owned());
        self.in_lane(name, async move {
            match instances.transition(&owned, state).await {
                Some(Ok(())) if state == TargetState::Started => Some(Event::ReconfigurationRequested(owned)),
                Some(Err(error)) => {
                    tracing::error!("Failed to transition connector {owned} to target state {}: {error}", state.name());
                    None
                }
                _ => None,
            }
        });
    }

    /// Of several requests for a connector the one that asks for most is carried out.
    pub(super) fn restart_read(&mut self, request: RestartRequest) {
        match self.restarts.get(&request.connector) {
            Some(waiting) if !request.outranks(waiting) => {}
            _ => {
                self.restarts.insert(request.connector.clone(), request);
            }
        }
    }

    /// Restarts what was asked for, as far as it runs here.
    pub(super) fn carry_out_restarts(&mut self) {
        for request in std::mem::take(&mut self.restarts).into_values() {
            self.restart_here(&request);
        }
    }

    fn restart_here(&mut self, request: &RestartRequest) {
        let name = request.connector.clone();
        let Ok(status) = self.shared.connector_status(&name) else {
            tracing::debug!("Skipping {request}: there is no status to plan it by");
            return;
        };
        let plan = RestartPlan::new(request, status);
        let connector = plan.connector && self.running.connectors.contains(&name);
        let tasks: Vec<TaskId> = plan.tasks.into_iter().filter(|id| self.running.tasks.contains(id)).collect();
        if !connector && tasks.is_empty() {
            return;
        }
        tracing::info!(
            "Executing {request}: {} and {} tasks here",
            if connector { "the connector" } else { "no connector" },
            tasks.len()
        );
        let restarted = tasks.iter().cloned().map(Subject::Task);
        for subject in restarted.chain(connector.then(|| Subject::Connector(name.clone()))) {
            self.shared.restarts.forget_one(&subject);
        }
        let config = self.state.connector_config(&name).cloned().filter(|_| connector);
        let state = self.state.target_state(&name).unwrap_or_default();
        let starts = starts(&self.state, tasks.clone());
        let (instances, shared, owned) = (Arc::clone(&self.instances), Arc::clone(&self.shared), name.clone());
        self.in_lane(&name, async move {
            let restarting = || Status {
                state: StatusState::Restarting,
                worker_id: shared.worker.settings().worker_id.clone(),
                trace: None,
                version: None,
            };
            let generation = shared.keeper.generation();
            if connector {
                let _stopping = shared.stage.beside(format!("stopping to-be-restarted connector {owned}"));
                instances.stop_connector(&owned).await;
                shared.status().put_connector(&owned, generation, restarting());
            }
            if !tasks.is_empty() {
                let count = tasks.len();
                let _stopping =
                    shared.stage.beside(format!("stopping {count} to-be-restarted tasks for connector {owned}"));
                instances.stop_tasks(&tasks).await;
                for id in &tasks {
                    shared.status().put_task(&owned, id.task, generation, restarting());
                }
            }
            let started = match config {
                Some(config) => {
                    let outcome = instances.start_connector(&owned, (*config).clone(), state).await;
                    Some(Event::ConnectorStarted { name: owned, state, outcome })
                }
                None => None,
            };
            start_tasks(instances.as_ref(), &starts).await;
            started
        });
    }
}
