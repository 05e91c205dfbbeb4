//! Rounds of the group: what is taken away, what is assigned, and catching up with the config topic in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::ConnectError;
use aqueduct_storage::{ClusterConfigState, RefreshError, Status, StatusState, TargetState};

use super::event::Event;
use super::herding::{CATCH_UP_TRIES, Herding};
use super::lanes;
use super::ports::{Assignment, GroupEvent, Instances, TaskStart};
use super::shared::Shared;
use super::stage::{Beside, Stage};
use crate::TaskId;
use crate::restarts::Subject;
use aqueduct_metrics::groups::Following;

/// What a round has begun to start.
struct Starting {
    _beside: Option<Beside>,
    _following: Option<Following>,
}

/// Why a worker that is behind leaves the group, as Java says it.
const TOO_SLOW: &str = "taking too long to read the log";

impl Herding {
    pub(super) fn group_event(&mut self, event: GroupEvent) {
        match event {
            GroupEvent::Joining => {
                self.joining = true;
                if let Some(assignment) = &mut self.assignment {
                    assignment.owners = None;
                }
                self.shared.stage.begin(Stage::Joining);
            }
            GroupEvent::Revoked { connectors, tasks, done } => {
                let shared = Arc::clone(&self.shared);
                let stopping =
                    self.shared.stage.beside(format!("stopping {} and {} tasks", connectors.len(), tasks.len()));
                let stopped = self.stop_work(&connectors, tasks);
                tokio::spawn(async move {
                    stopped.await;
                    drop(stopping);
                    forget_topics(&shared, &connectors);
                    let _flushing = shared.stage.beside("flushing updates to the status topic");
                    shared.status().flush().await;
                    // The member may have ended.
                    let _ = done.send(());
                });
            }
            GroupEvent::Assigned(assignment) => self.assigned(assignment),
            GroupEvent::Lost => {
                if self.assignment.take().is_some() {
                    tracing::info!("This worker is in no group at the moment");
                }
                self.joining = false;
                self.shared.rounds.no_leader();
                // Another worker may lead by the time this one does again.
                self.shared.config.release_write_privileges();
                self.resolved = true;
            }
            GroupEvent::Failed(why) => self.shared.fail(why),
        }
    }

    /// Stops connectors and tasks, each on its lane; the future ends when all have stopped.
    fn stop_work(&mut self, connectors: &[String], tasks: Vec<TaskId>) -> impl Future<Output = ()> + Send + use<> {
        let mut by_connector: BTreeMap<String, (bool, Vec<TaskId>)> = BTreeMap::new();
        for name in connectors {
            self.running.connectors.remove(name);
            self.shared.restarts.forget_one(&Subject::Connector(name.clone()));
            by_connector.entry(name.clone()).or_default().0 = true;
        }
        for id in tasks {
            self.running.tasks.remove(&id);
            self.shared.restarts.forget_one(&Subject::Task(id.clone()));
            by_connector.entry(id.connector.clone()).or_default().1.push(id);
        }
        let mut jobs = Vec::new();
        for (name, (connector, tasks)) in by_connector {
            let instances = Arc::clone(&self.instances);
            let lane = name.clone();
            jobs.push(self.in_lane(&lane, async move {
                let stop_connector = async {
                    if connector {
                        instances.stop_connector(&name).await;
                    }
                };
                tokio::join!(stop_connector, instances.stop_tasks(&tasks));
                None
            }));
        }
        lanes::all(jobs)
    }

    fn assigned(&mut self, assignment: Assignment) {
        tracing::info!(
            "Joined the group in generation {}: {} connectors and {} tasks are to run here, the leader is {}{}",
            assignment.generation,
            assignment.connectors.len(),
            assignment.tasks.len(),
            assignment.leader_url,
            if assignment.leads { ", this worker" } else { "" },
        );
        self.shared.keeper.set_generation(assignment.generation);
        let Assignment { leader_url, generation, protocol, .. } = &assignment;
        self.following = Some(self.shared.rounds.started(leader_url, *generation, *protocol));
        self.shared.set_signs(assignment.signed);
        self.joining = false;
        self.resolved = false;
        self.caught_up = false;
        if assignment.leads {
            self.forget_deleted();
        } else {
            self.shared.config.release_write_privileges();
        }
        self.assignment = Some(assignment);
    }

    /// The leader takes away the statuses of what is not configured any more.
    fn forget_deleted(&self) {
        let state = self.shared.config.snapshot();
        let (status, generation) = (self.shared.status(), self.shared.keeper.generation());
        let gone = || Status {
            state: StatusState::Destroyed,
            worker_id: self.shared.worker.settings().worker_id.clone(),
            trace: None,
            version: None,
        };
        for name in status.connectors() {
            if !state.contains(&name) {
                status.put_connector(&name, generation, gone());
            }
            let tasks = state.tasks(&name);
            for (task, _) in status.tasks(&name) {
                if !tasks.contains(&task) {
                    status.put_task(&name, task, generation, gone());
                }
            }
        }
    }

    /// Brings what runs here in line with the present assignment; answers whether that is done.
    pub(super) fn follow_assignment(&mut self) -> bool {
        if self.resolved {
            return true;
        }
        let Some(assignment) = &self.assignment else { return true };
        let behind = self.state.offset() < assignment.offset;
        let read = if assignment.error { assignment.leads || behind } else { behind };
        if read && !self.caught_up {
            self.refresh(self.settings().sync_timeout);
            return false;
        }
        // A leader that was behind has caught up now; a worker that is ahead of the leader has to tell it.
        if assignment.error || self.state.offset() != assignment.offset {
            self.rejoin();
            return false;
        }
        let assignment = assignment.clone();
        self.start_work(&assignment);
        self.resolved = true;
        if assignment.rejoin_when_started {
            self.rejoin();
        }
        !self.joining
    }

    fn start_work(&mut self, assignment: &Assignment) {
        let new_connectors = assignment.connectors.iter().filter(|&name| !self.running.connectors.contains(name));
        let new_tasks = assignment.tasks.iter().filter(|&id| !self.running.tasks.contains(id));
        let new = new_connectors.count() + new_tasks.count();
        // As Java says it, whose herder waits for all of them.
        let starting = (new > 0).then(|| format!("starting {new} connector(s) and task(s) after a rebalance"));
        let beside = starting.map(|text| self.shared.stage.beside(text));
        let following = self.following.take().inspect(Following::starts);
        // Over when the last of them has dropped it.
        let starting = Arc::new(Starting { _beside: beside, _following: following });
        for name in &assignment.connectors {
            if self.running.connectors.insert(name.clone()) {
                self.start_connector_during(name, false, Some(Arc::clone(&starting)));
            }
        }
        let mut tasks: BTreeMap<&str, Vec<TaskId>> = BTreeMap::new();
        for id in &assignment.tasks {
            if self.running.tasks.insert(id.clone()) {
                tasks.entry(&id.connector).or_default().push(id.clone());
            }
        }
        for (name, tasks) in tasks {
            let starts = starts(&self.state, tasks);
            let (instances, starting) = (Arc::clone(&self.instances), Arc::clone(&starting));
            self.in_lane(name, async move {
                let _starting = starting;
                start_tasks(instances.as_ref(), &starts).await;
                None
            });
        }
    }

    /// Starts a connector instance as the present state wants it, after stopping the one that runs if `again`.
    pub(super) fn start_connector(&mut self, name: &str, again: bool) {
        self.start_connector_during(name, again, None);
    }

    fn start_connector_during(&mut self, name: &str, again: bool, starting: Option<Arc<Starting>>) {
        let Some(config) = self.state.connector_config(name).cloned() else {
            tracing::error!("Connector {name} is to run here and has no configuration");
            return;
        };
        let state = self.state.target_state(name).unwrap_or_default();
        let (instances, owned) = (Arc::clone(&self.instances), name.to_owned());
        self.in_lane(name, async move {
            let _starting = starting;
            if again {
                instances.stop_connector(&owned).await;
            }
            let outcome = instances.start_connector(&owned, (*config).clone(), state).await;
            Some(Event::ConnectorStarted { name: owned, state, outcome })
        });
    }

    pub(super) fn connector_started(&mut self, name: &str, state: TargetState, outcome: Result<(), ConnectError>) {
        match outcome {
            Ok(()) if state == TargetState::Started => self.reconfigure(name),
            Ok(()) => {}
            Err(error) => tracing::error!("Failed to start connector {name}\n{}", error.trace().trim_end()),
        }
    }

    /// Reads the config topic to its end. Until that is done nothing else is.
    pub(super) fn refresh(&mut self, timeout: Duration) {
        self.refreshing = true;
        self.shared.stage.begin(Stage::Reading);
        let config = self.shared.config.clone();
        self.spawn(async move { Event::Refreshed(config.refresh(timeout).await) });
    }

    pub(super) fn refreshed(&mut self, outcome: Result<(), RefreshError>) {
        self.refreshing = false;
        match outcome {
            Ok(()) => {
                self.state = self.shared.config.snapshot();
                self.adopt_key();
                self.drop_what_is_known();
                self.tries_left = CATCH_UP_TRIES;
                self.caught_up = true;
                if !std::mem::replace(&mut self.can_read, true) {
                    self.rejoin();
                }
            }
            Err(error) => {
                tracing::warn!("Didn't reach end of config log quickly enough: {error}");
                self.can_read = false;
                self.back_off();
            }
        }
    }

    /// What was told before the topic was read to its end is in the state by now. Instances that do not run start from it
    /// anyway; and when the present round went by the same offset, nothing is left to divide.
    fn drop_what_is_known(&mut self) {
        let running = &self.running;
        self.updates.connectors.retain(|name| running.connectors.contains(name));
        self.updates.tasks.retain(|id| running.tasks.contains(id));
        let offset = self.state.offset();
        if self.assignment.as_ref().is_some_and(|present| !self.resolved && !present.error && present.offset == offset)
        {
            self.updates.rebalance = false;
        }
    }

    /// A worker that cannot catch up leaves the group for a while. It goes on with what it runs, since others may be no
    /// better off; after some tries it stops that too.
    fn back_off(&mut self) {
        self.pausing = true;
        self.member.leave(TOO_SLOW);
        let settings = self.settings();
        let pause = if settings.eager {
            settings.unsync_backoff
        } else if self.tries_left > 0 {
            let pause = settings.max_rebalance_delay / 10 / self.tries_left;
            self.tries_left -= 1;
            // In whole milliseconds, as Java counts.
            Duration::from_millis(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX))
        } else {
            self.tries_left = CATCH_UP_TRIES;
            let connectors: Vec<String> = self.running.connectors.iter().cloned().collect();
            let tasks: Vec<TaskId> = self.running.tasks.iter().cloned().collect();
            let stopped = self.stop_work(&connectors, tasks.clone());
            let member = Arc::clone(&self.member);
            return self.spawn(async move {
                stopped.await;
                member.gave_up(&connectors, &tasks);
                Event::PauseOver
            });
        };
        self.shared.stage.begin(Stage::BackingOff(pause));
        self.after(pause, Event::PauseOver);
    }
}

/// What tasks are started with; one without a configuration is left out.
pub(super) fn starts(state: &ClusterConfigState, tasks: Vec<TaskId>) -> Vec<(TaskId, TaskStart)> {
    let start = |id: TaskId| {
        let name = &id.connector;
        let (Some(connector), Some(task)) = (state.connector_config(name), state.task_config(name, id.task)) else {
            tracing::error!("Task {id} is to run here and has no configuration");
            return None;
        };
        let start = TaskStart {
            connector: Arc::clone(connector),
            task: Arc::clone(task),
            count: state.task_count(name),
            state: state.target_state(name).unwrap_or_default(),
            generation: state.task_config_generation(name),
        };
        Some((id, start))
    };
    tasks.into_iter().filter_map(start).collect()
}

/// Starts tasks; a failure is the task's status. Making the clients of a task takes its time: others have their turn between
/// tasks.
pub(super) async fn start_tasks(instances: &dyn Instances, starts: &[(TaskId, TaskStart)]) {
    for (id, start) in starts {
        if let Err(error) = instances.start_task(id, start) {
            tracing::error!("Couldn't instantiate task {id} because it has an invalid task configuration: {error}");
        }
        tokio::task::yield_now().await;
    }
}

/// The topics of connectors that are gone are forgotten.
fn forget_topics(shared: &Shared, connectors: &[String]) {
    let state = shared.config.snapshot();
    for name in connectors.iter().filter(|name| !state.contains(name)) {
        shared.status().remove_topics(name);
    }
}
