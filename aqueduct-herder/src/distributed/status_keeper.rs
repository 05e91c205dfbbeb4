//! Puts what the worker tells into the status store, with the generation of the group in which it happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use aqueduct_storage::{Status, StatusState, StatusStore};
use aqueduct_worker::{StatusListener, TaskId};

/// Keeps the statuses of this worker's connectors and tasks.
pub struct StatusKeeper {
    store: Arc<dyn StatusStore>,
    generation: AtomicI32,
}

impl StatusKeeper {
    /// Writes to `store`; there is no generation before the worker has joined the group.
    pub fn new(store: Arc<dyn StatusStore>) -> Self {
        Self { store, generation: AtomicI32::new(-1) }
    }

    pub(super) fn store(&self) -> &Arc<dyn StatusStore> {
        &self.store
    }

    pub(super) fn generation(&self) -> i32 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn set_generation(&self, generation: i32) {
        self.generation.store(generation, Ordering::Release);
    }
}

/// Whether a status gives way to what another worker has written since: an instance that ends here may have been started
/// there already.
fn gives_way(state: StatusState) -> bool {
    matches!(state, StatusState::Unassigned | StatusState::Failed)
}

impl StatusListener for StatusKeeper {
    fn connector_changed(&self, connector: &str, status: Status) {
        if gives_way(status.state) {
            self.store.put_connector_safe(connector, self.generation(), status);
        } else {
            self.store.put_connector(connector, self.generation(), status);
        }
    }

    fn task_changed(&self, task: &TaskId, status: Status) {
        if gives_way(status.state) {
            self.store.put_task_safe(&task.connector, task.task, self.generation(), status);
        } else {
            self.store.put_task(&task.connector, task.task, self.generation(), status);
        }
    }

    fn topic_used(&self, task: &TaskId, topic: &str) {
        self.store.add_topic(&task.connector, task.task, topic);
    }
}
