//! What becomes of connectors and tasks, told to whoever keeps their statuses.

use std::sync::Arc;

use aqueduct_api::ConnectError;
use aqueduct_storage::{Status, StatusState};

use crate::TaskId;

/// Is told of every change. Called from the loops of connectors and tasks: must not block.
pub trait StatusListener: Send + Sync {
    /// A connector instance changed its state.
    fn connector_changed(&self, connector: &str, status: Status);

    /// A task changed its state.
    fn task_changed(&self, task: &TaskId, status: Status);

    /// A connector uses a topic (KIP-558). Called once for each topic and task.
    fn topic_used(&self, task: &TaskId, topic: &str);
}

/// Reports the states of one task, until it is abandoned.
#[derive(Clone)]
pub(crate) struct TaskStatusReporter {
    pub(crate) id: TaskId,
    pub(crate) worker_id: String,
    pub(crate) version: String,
    pub(crate) listener: Arc<dyn StatusListener>,
    /// Set when the task was abandoned: it may never again write a status.
    pub(crate) cancelled: Arc<std::sync::atomic::AtomicBool>,
}

impl TaskStatusReporter {
    pub(crate) fn report(&self, state: StatusState) {
        self.put(state, None);
    }

    pub(crate) fn failed(&self, error: &ConnectError) {
        self.put(StatusState::Failed, Some(error.trace()));
    }

    fn put(&self, state: StatusState, trace: Option<String>) {
        if self.cancelled.load(std::sync::atomic::Ordering::Acquire) {
            return;
        }
        let version = (state != StatusState::Unassigned).then(|| self.version.clone());
        let status = Status { state, worker_id: self.worker_id.clone(), trace, version };
        self.listener.task_changed(&self.id, status);
    }
}
