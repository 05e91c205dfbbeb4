//! What has failed here is restarted here, where its connector asks for it (`errors.restart.policy`).
//!
//! What was counted belongs to this worker: what moves to another one begins anew there, and the status shows the restarts
//! of an instance only when it is asked for on the worker that runs it.

use std::sync::Arc;

use aqueduct_storage::TargetState;

use super::event::Event;
use super::herding::Herding;
use super::rebalance::{start_tasks, starts};
use super::shared::Shared;
use crate::restarts::{FailureWatch, RestartPolicy, Subject};
use crate::{ConnectorStatus, TaskId, TaskStatus};

impl Shared {
    /// What watches the worker for this herder.
    pub(super) fn failure_watch(&self) -> FailureWatch<impl Fn(Subject) + Send + Sync + use<>> {
        let events = self.events.clone();
        let tell = move |subject| {
            // The loop may have ended.
            let _ = events.send(Event::Failed(subject));
        };
        FailureWatch { restarts: Arc::clone(&self.restarts), tell }
    }

    /// The policy of a connector that exists.
    fn restart_policy(&self, name: &str) -> Option<RestartPolicy> {
        let state = self.config.snapshot();
        RestartPolicy::of_connector(&self.worker, name, state.connector_config(name)?)
    }

    pub(super) fn show_restarts(&self, status: &mut ConnectorStatus) {
        if let Some(policy) = self.restart_policy(&status.name) {
            self.restarts.show(status, &policy, |worker| worker == self.worker.settings().worker_id);
        }
    }

    pub(super) fn show_task_restarts(&self, id: &TaskId, status: &mut TaskStatus) {
        if status.status.worker_id == self.worker.settings().worker_id {
            let policy = self.restart_policy(&id.connector);
            status.status.restarts = policy.map(|policy| self.restarts.view(&Subject::Task(id.clone()), &policy));
        }
    }
}

impl Herding {
    /// Whether something is to run here.
    fn wanted_here(&self, subject: &Subject) -> bool {
        let name = subject.connector();
        let runs = match subject {
            Subject::Connector(name) => self.running.connectors.contains(name),
            Subject::Task(id) => self.running.tasks.contains(id),
        };
        runs && self.state.contains(name) && self.state.target_state(name) == Some(TargetState::Started)
    }

    /// Something has failed; a restart is planned where that is wanted.
    pub(super) fn failed(&self, subject: Subject) {
        if !self.wanted_here(&subject) {
            return;
        }
        if let Some(policy) = self.shared.restart_policy(subject.connector()) {
            let (events, due) = (self.shared.events.clone(), subject.clone());
            self.shared.restarts.failed(subject, &policy, async move {
                // The loop may have ended meanwhile.
                let _ = events.send(Event::RestartDue(due));
            });
        }
    }

    /// Restarts what is still wanted. A round of the group may be under way: what it takes away is stopped behind this.
    pub(super) fn restart_failed(&mut self, subject: &Subject) {
        if !self.wanted_here(subject) {
            return;
        }
        tracing::info!("{subject} is restarted automatically");
        match subject {
            Subject::Connector(name) => self.start_connector(name, true),
            Subject::Task(id) => {
                let starts = starts(&self.state, vec![id.clone()]);
                let (instances, id) = (Arc::clone(&self.instances), id.clone());
                let lane = id.connector.clone();
                self.in_lane(&lane, async move {
                    instances.stop_tasks(std::slice::from_ref(&id)).await;
                    start_tasks(instances.as_ref(), &starts).await;
                    None
                });
            }
        }
    }
}
