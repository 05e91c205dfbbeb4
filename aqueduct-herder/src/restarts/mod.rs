//! Automatic restarts (`errors.restart.*`), which Java Connect does not have: a connector instance or task that failed is
//! restarted after a while, a few times at most.
//!
//! Failures come in from the worker's reports; the restart itself is a command like any other, given by whoever owns the
//! connector. Every change that a user asks for forgets what is pending and what was counted.

mod policy;
mod watch;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aqueduct_worker::TaskId;
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::{ConnectorStatus, Restarts};
use policy::History;
pub(crate) use policy::RestartPolicy;
pub(crate) use watch::FailureWatch;

/// What can fail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// The instance of this connector.
    Connector(String),
    /// A task.
    Task(TaskId),
}

impl Subject {
    pub(crate) fn connector(&self) -> &str {
        match self {
            Self::Connector(name) => name,
            Self::Task(id) => &id.connector,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connector(name) => write!(f, "Connector {name}"),
            Self::Task(id) => write!(f, "Task {id}"),
        }
    }
}

struct Pending {
    due: SystemTime,
    timer: AbortHandle,
}

#[derive(Default)]
struct Entry {
    history: History,
    pending: Option<Pending>,
}

/// The restarts that were made and those that are due.
pub(crate) struct AutoRestarts {
    runtime: tokio::runtime::Handle,
    entries: Arc<Mutex<HashMap<Subject, Entry>>>,
    /// What has failed and was not seen in another state since.
    failed: Arc<Mutex<HashSet<Subject>>>,
}

impl AutoRestarts {
    /// Nothing has failed yet; timers run on `runtime`.
    pub(crate) fn new(runtime: tokio::runtime::Handle) -> Self {
        Self { runtime, entries: Arc::default(), failed: Arc::default() }
    }

    /// The worker has reported a state. What has left its failure behind when its time comes is not restarted.
    pub(crate) fn reported(&self, subject: &Subject, failed: bool) {
        let mut known = self.failed.lock();
        if failed {
            known.insert(subject.clone());
        } else {
            known.remove(subject);
        }
    }

    /// Something has failed: `restart` is carried out when its time has come, unless it is forgotten before.
    pub(crate) fn failed<F>(&self, subject: Subject, policy: &RestartPolicy, restart: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut entries = self.entries.lock();
        let entry = entries.entry(subject.clone()).or_default();
        if entry.pending.is_some() {
            return;
        }
        let Some(delay) = entry.history.next(policy, Instant::now()) else {
            tracing::error!(
                "{subject} has failed, and was restarted {} times within {} ms; it stays failed until it is restarted by hand",
                policy.max_attempts,
                policy.window.as_millis()
            );
            return;
        };
        tracing::warn!("{subject} has failed and will be restarted in {} ms", delay.as_millis());
        let (shared, failed, runtime) = (Arc::clone(&self.entries), Arc::clone(&self.failed), self.runtime.clone());
        let timer = self.runtime.spawn(async move {
            tokio::time::sleep(delay).await;
            {
                let mut entries = shared.lock();
                // Forgotten in the very moment that it came due.
                let Some(entry) = entries.get_mut(&subject) else { return };
                if entry.pending.take().is_none() || !failed.lock().contains(&subject) {
                    return;
                }
                entry.history.restarted(Instant::now());
            }
            // Not cut off by whoever forgets the timer now.
            runtime.spawn(restart);
        });
        entry.pending = Some(Pending { due: SystemTime::now() + delay, timer: timer.abort_handle() });
    }

    /// Forgets what was counted and is due for a connector and its tasks.
    pub(crate) fn forget_connector(&self, name: &str) {
        self.forget(|subject| subject.connector() == name);
    }

    /// Forgets what was counted and is due for the tasks of a connector.
    pub(crate) fn forget_tasks(&self, connector: &str) {
        self.forget(|subject| matches!(subject, Subject::Task(id) if id.connector == connector));
    }

    /// Forgets what was counted and is due for one.
    pub(crate) fn forget_one(&self, gone: &Subject) {
        self.forget(|subject| subject == gone);
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&self) {
        self.forget(|_| true);
    }

    fn forget(&self, gone: impl Fn(&Subject) -> bool) {
        self.failed.lock().retain(|subject| !gone(subject));
        self.entries.lock().retain(|subject, entry| {
            let gone = gone(subject);
            if let Some(pending) = entry.pending.take_if(|_| gone) {
                pending.timer.abort();
            }
            !gone
        });
    }

    /// What a status shows of the restarts of one.
    pub(crate) fn view(&self, subject: &Subject, policy: &RestartPolicy) -> Restarts {
        let mut entries = self.entries.lock();
        let mut entry = entries.get_mut(subject);
        let pending = entry.as_ref().and_then(|entry| entry.pending.as_ref());
        let next_at = pending.map(|pending| {
            let since = pending.due.duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
        let attempts = entry.as_mut().map_or(0, |entry| entry.history.attempts(policy, Instant::now()));
        Restarts { attempts, max_attempts: policy.max_attempts, next_at }
    }

    /// Adds the restarts to the status of a connector and its tasks, where the worker with this id is `known`.
    pub(crate) fn show(&self, status: &mut ConnectorStatus, policy: &RestartPolicy, known: impl Fn(&str) -> bool) {
        let view = |subject, worker: &str| known(worker).then(|| self.view(&subject, policy));
        let connector = &mut status.connector;
        connector.restarts = view(Subject::Connector(status.name.clone()), &connector.worker_id);
        for task in &mut status.tasks {
            let subject = Subject::Task(TaskId::new(status.name.clone(), task.id));
            task.status.restarts = view(subject, &task.status.worker_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn policy(max_attempts: u32) -> RestartPolicy {
        let seconds = Duration::from_secs;
        RestartPolicy { max_attempts, window: seconds(100), delay: seconds(1), delay_max: seconds(8) }
    }

    struct Trial {
        restarts: AutoRestarts,
        policy: RestartPolicy,
        task: Subject,
        made: Arc<AtomicUsize>,
    }

    impl Trial {
        fn new(max_attempts: u32) -> Self {
            Self {
                restarts: AutoRestarts::new(tokio::runtime::Handle::current()),
                policy: policy(max_attempts),
                task: Subject::Task(TaskId::new("c", 0)),
                made: Arc::default(),
            }
        }

        fn fail(&self) {
            let made = Arc::clone(&self.made);
            let restart = async move {
                made.fetch_add(1, Ordering::Relaxed);
            };
            self.restarts.reported(&self.task, true);
            self.restarts.failed(self.task.clone(), &self.policy, restart);
        }

        /// How many restarts there were when this much time has passed.
        async fn after(&self, seconds: f64) -> usize {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            self.made.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_restarted_with_longer_waits_until_there_were_enough() {
        let trial = Trial::new(2);
        trial.fail();
        // Told twice of the same failure.
        trial.fail();
        assert_eq!(trial.after(0.9).await, 0);
        assert_eq!(trial.after(0.2).await, 1);
        trial.fail();
        assert_eq!(trial.after(1.9).await, 1);
        assert_eq!(trial.after(0.2).await, 2);
        trial.fail();
        assert_eq!(trial.after(50.0).await, 2);
        let view = trial.restarts.view(&trial.task, &trial.policy);
        assert_eq!(view, Restarts { attempts: 2, max_attempts: 2, next_at: None });
        // Long ago: counted no more.
        assert_eq!(trial.after(100.0).await, 2);
        trial.fail();
        assert_eq!(trial.after(1.1).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_runs_again_by_then_is_left_alone() {
        let trial = Trial::new(5);
        trial.fail();
        trial.restarts.reported(&trial.task, false);
        assert_eq!(trial.after(10.0).await, 0);
        trial.fail();
        assert_eq!(trial.after(10.0).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forgotten_does_not_happen() {
        type Forget = fn(&AutoRestarts);
        let ways: [(Forget, usize); 5] = [
            (|restarts| restarts.forget_connector("c"), 0),
            (|restarts| restarts.forget_tasks("c"), 0),
            (|restarts| restarts.forget_all(), 0),
            (|restarts| restarts.forget_connector("other"), 1),
            (|restarts| restarts.forget_one(&Subject::Connector("c".into())), 1),
        ];
        for (forget, expect) in ways {
            let trial = Trial::new(5);
            trial.fail();
            assert!(trial.restarts.view(&trial.task, &trial.policy).next_at.is_some());
            forget(&trial.restarts);
            assert_eq!(trial.after(10.0).await, expect);
        }
    }
}
