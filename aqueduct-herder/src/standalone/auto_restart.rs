//! What has failed is restarted, where its connector asks for it (`errors.restart.policy`).

use std::sync::{Arc, Weak};

use aqueduct_config::connector_config;
use aqueduct_storage::{Status, StatusState, TargetState};
use aqueduct_worker::{StatusListener, TaskId};

use super::Core;
use crate::restarts::{RestartPolicy, Subject};
use crate::{ConnectorStatus, Restarts};

/// Tells the herder what fails.
struct Failures(Weak<Core>);

impl Failures {
    fn failed(&self, subject: Subject) {
        if let Some(core) = self.0.upgrade() {
            // The worker reports from within its own calls, and whoever made them may hold a lock.
            let runtime = core.runtime.clone();
            runtime.spawn(async move { core.failed(subject) });
        }
    }
}

impl StatusListener for Failures {
    fn connector_changed(&self, connector: &str, status: Status) {
        if status.state == StatusState::Failed {
            self.failed(Subject::Connector(connector.to_owned()));
        }
    }

    fn task_changed(&self, task: &TaskId, status: Status) {
        if status.state == StatusState::Failed {
            self.failed(Subject::Task(task.clone()));
        }
    }

    fn topic_used(&self, _task: &TaskId, _topic: &str) {}
}

impl Core {
    pub(super) fn watch_failures(self: &Arc<Self>) {
        self.worker.also_tell(Arc::new(Failures(Arc::downgrade(self))));
    }

    /// The policy of a connector that exists.
    fn restart_policy(&self, name: &str) -> Option<RestartPolicy> {
        let config = self.config.lock().get(name)?.config.clone();
        // Looking up variables may read files, and statuses are asked for often.
        if !config.contains_key(connector_config::ERRORS_RESTART_POLICY) {
            return None;
        }
        let policy = self.worker.resolved(&config).and_then(|config| RestartPolicy::of(&config));
        policy.unwrap_or_else(|error| {
            tracing::warn!("Connector {name} is not restarted automatically: {}", error.trace().trim_end());
            None
        })
    }

    /// Something has failed; a restart is planned where that is wanted.
    pub(super) fn failed(self: &Arc<Self>, subject: Subject) {
        let wanted = |core: &Self| {
            core.config.lock().get(subject.connector()).is_some_and(|c| c.target_state == TargetState::Started)
        };
        if !wanted(self) {
            return;
        }
        if let Some(policy) = self.restart_policy(subject.connector()) {
            let core = Arc::downgrade(self);
            let restart = restart(core, subject.clone());
            self.restarts.failed(subject, &policy, restart);
        }
    }

    /// What a status shows of automatic restarts; none where they are off.
    pub(super) fn restarts_of(&self, subject: &Subject) -> Option<Restarts> {
        let policy = self.restart_policy(subject.connector())?;
        Some(self.restarts.view(subject, &policy))
    }

    pub(super) fn show_restarts(&self, status: &mut ConnectorStatus) {
        let Some(policy) = self.restart_policy(&status.name) else { return };
        let view = |subject: Subject| Some(self.restarts.view(&subject, &policy));
        status.connector.restarts = view(Subject::Connector(status.name.clone()));
        for task in &mut status.tasks {
            task.status.restarts = view(Subject::Task(TaskId::new(status.name.clone(), task.id)));
        }
    }
}

/// Restarts what is still failed and still wanted.
async fn restart(core: Weak<Core>, subject: Subject) {
    let Some(core) = core.upgrade() else { return };
    let _lock = core.lock(subject.connector()).await;
    let status = match &subject {
        Subject::Connector(name) => core.status.connector(name),
        Subject::Task(id) => core.status.task(&id.connector, id.task),
    };
    let target = core.config.lock().get(subject.connector()).map(|connector| connector.target_state);
    if target != Some(TargetState::Started) || status.is_none_or(|status| status.state != StatusState::Failed) {
        return;
    }
    tracing::info!("{subject} is restarted automatically");
    let restarted = match &subject {
        Subject::Connector(name) => core.restart_instance(name).await,
        Subject::Task(id) => core.start_anew(id).await,
    };
    if let Err(error) = restarted {
        tracing::error!("{subject} could not be restarted: {error}");
    }
}
