//! What has failed is restarted, where its connector asks for it (`errors.restart.policy`).

use std::sync::{Arc, Weak};

use aqueduct_storage::{StatusState, TargetState};

use super::Core;
use crate::restarts::{FailureWatch, RestartPolicy, Subject};
use crate::{ConnectorStatus, Restarts};

impl Core {
    pub(super) fn watch_failures(self: &Arc<Self>) {
        let (core, restarts) = (Arc::downgrade(self), Arc::clone(&self.restarts));
        let tell = move |subject| {
            if let Some(core) = core.upgrade() {
                // Whoever has made the worker report may hold a lock.
                let runtime = core.runtime.clone();
                runtime.spawn(async move { core.failed(subject) });
            }
        };
        self.worker.also_tell(Arc::new(FailureWatch { restarts, tell }));
    }

    /// The policy of a connector that exists.
    fn restart_policy(&self, name: &str) -> Option<RestartPolicy> {
        let config = self.config.lock().get(name)?.config.clone();
        RestartPolicy::of_connector(&self.worker, name, &config)
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
        if let Some(policy) = self.restart_policy(&status.name) {
            self.restarts.show(status, &policy, |_| true);
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
