//! What all tasks have in common: the state that is wanted of them, the signal to stop, and the supervisor that turns
//! their end into a status.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aqueduct_api::ConnectError;
use aqueduct_storage::{StatusState, TargetState};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::panics::caught;
use crate::status::TaskStatusReporter;

/// What a task is told while it runs.
#[derive(Clone)]
pub(crate) struct TaskSignals {
    /// The state that is wanted of it.
    pub(crate) target: watch::Receiver<TargetState>,
    /// It is to stop.
    pub(crate) stop: CancellationToken,
}

impl TaskSignals {
    pub(crate) fn is_paused(&self) -> bool {
        *self.target.borrow() == TargetState::Paused
    }

    /// Waits while the task is paused; answers false when it is to stop.
    pub(crate) async fn resumed(&mut self) -> bool {
        loop {
            if self.stop.is_cancelled() {
                return false;
            }
            if !self.is_paused() {
                return true;
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                changed = self.target.changed() => if changed.is_err() { return false },
            }
        }
    }
}

/// A task that was started, as the worker holds it.
pub(crate) struct TaskHandle {
    target: watch::Sender<TargetState>,
    stop: CancellationToken,
    cancelled: Arc<AtomicBool>,
    ended: JoinHandle<()>,
}

impl TaskHandle {
    /// Starts a task's loop on a runtime, supervised.
    pub(crate) fn spawn<F: Future<Output = Result<(), ConnectError>> + Send + 'static>(
        runtime: &tokio::runtime::Handle,
        initial: TargetState,
        stop: CancellationToken,
        status: TaskStatusReporter,
        run: impl FnOnce(TaskSignals) -> F,
    ) -> Self {
        let (target, receiver) = watch::channel(initial);
        let cancelled = Arc::clone(&status.cancelled);
        let span = tracing::info_span!("connector", context = %format_args!("{}|task-{}", status.id.connector, status.id.task));
        // On the heap at once: each future that wraps another one has room for it twice, and a task's is not small.
        let future = Box::pin(run(TaskSignals { target: receiver, stop: stop.clone() }));
        let ended = runtime.spawn(supervise(future, stop.clone(), status).instrument(span));
        Self { target, stop, cancelled, ended }
    }

    /// Sets the state that is wanted of the task.
    pub(crate) fn transition(&self, state: TargetState) {
        self.target.send_replace(state);
    }

    /// Signals the task to stop.
    pub(crate) fn signal_stop(&self) {
        self.stop.cancel();
    }

    /// Waits for the end until a deadline; a task that is late is abandoned: it never again writes a status, and what it
    /// still does is cut off.
    pub(crate) async fn ended_by(mut self, deadline: tokio::time::Instant, name: &str) {
        if tokio::time::timeout_at(deadline, &mut self.ended).await.is_err() {
            tracing::error!("Graceful stop of task {name} failed.");
            self.cancelled.store(true, Ordering::Release);
            self.ended.abort();
        }
    }
}

async fn supervise(
    run: impl Future<Output = Result<(), ConnectError>>,
    stop: CancellationToken,
    status: TaskStatusReporter,
) {
    let outcome = caught(run).await;
    match outcome {
        Ok(()) => status.report(StatusState::Unassigned),
        Err(error) if stop.is_cancelled() => {
            tracing::warn!("The task failed while it was being stopped: {}", error.trace().trim_end());
            status.report(StatusState::Unassigned);
        }
        Err(error) => {
            tracing::error!(
                "Task {} threw an uncaught and unrecoverable exception. Task is being killed and will not recover until \
                 manually restarted\n{}",
                status.id,
                error.trace().trim_end()
            );
            status.failed(&error);
        }
    }
}
