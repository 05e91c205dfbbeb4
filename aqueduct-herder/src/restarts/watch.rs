//! Sees what fails among the connectors and tasks of this worker, and passes it on to the herder.

use std::sync::Arc;

use aqueduct_storage::{Status, StatusState};
use aqueduct_worker::{StatusListener, TaskId};

use super::{AutoRestarts, Subject};

/// Listens to the worker. It reports from within its own calls, and whoever made them may hold a lock: what is told here
/// has to be short.
pub(crate) struct FailureWatch<F> {
    pub(crate) restarts: Arc<AutoRestarts>,
    /// Is told of each failure.
    pub(crate) tell: F,
}

impl<F: Fn(Subject) + Send + Sync> FailureWatch<F> {
    fn changed(&self, subject: Subject, state: StatusState) {
        let failed = state == StatusState::Failed;
        self.restarts.reported(&subject, failed);
        if failed {
            (self.tell)(subject);
        }
    }
}

impl<F: Fn(Subject) + Send + Sync> StatusListener for FailureWatch<F> {
    fn connector_changed(&self, connector: &str, status: Status) {
        self.changed(Subject::Connector(connector.to_owned()), status.state);
    }

    fn task_changed(&self, task: &TaskId, status: Status) {
        self.changed(Subject::Task(task.clone()), status.state);
    }

    fn topic_used(&self, _task: &TaskId, _topic: &str) {}
}
