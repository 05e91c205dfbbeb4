//! The loop of the herder: everything that happens comes to it one after another, and it alone knows what is to run here.
//!
//! It never waits. What takes time runs beside it, on the lane of a connector or on its own, and comes back as an
//! [`Event`]. After each event [`Herding::advance`] does what can be done now: catch up with the config topic, follow the
//! last round of the group, take over what changed, answer commands.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_metrics::groups::Following;
use aqueduct_storage::{ClusterConfigState, ConfigEvent, ConfigEvents, RestartRequest};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::event::{Command, Event, Write, Written};
use super::fencing::Fencings;
use super::keys::Keys;
use super::lanes::Lanes;
use super::ports::{Assignment, GroupEvent, GroupMember, Instances};
use super::privileges::Claim;
use super::settings::DistributedSettings;
use super::shared::Shared;
use super::stage::Stage;
use super::tasks::Reconfiguration;
use crate::TaskId;

/// How often a worker that cannot catch up waits before it stops what it runs.
pub(super) const CATCH_UP_TRIES: u32 = 5;

/// How long the last statuses may take in any case, however long the tasks took to stop.
const LAST_STATUSES: Duration = Duration::from_secs(2);

/// What changed in the config topic since the loop last looked.
#[derive(Debug, Default)]
pub(super) struct Updates {
    /// Connectors came or went, or tasks were committed: the work has to be divided anew.
    pub(super) rebalance: bool,
    /// Connectors with another configuration.
    pub(super) connectors: BTreeSet<String>,
    /// Connectors that are wanted in another state.
    pub(super) states: BTreeSet<String>,
    /// Tasks with another configuration.
    pub(super) tasks: BTreeSet<TaskId>,
}

impl Updates {
    pub(super) fn is_empty(&self) -> bool {
        !self.rebalance && self.connectors.is_empty() && self.states.is_empty() && self.tasks.is_empty()
    }
}

/// What runs here, or is being started or stopped.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) connectors: BTreeSet<String>,
    pub(super) tasks: BTreeSet<TaskId>,
}

/// The state of the loop.
pub(super) struct Herding {
    pub(super) shared: Arc<Shared>,
    pub(super) instances: Arc<dyn Instances>,
    pub(super) member: Arc<dyn GroupMember>,
    pub(super) lanes: Lanes,
    /// What the loop goes by; the store may know more.
    pub(super) state: Arc<ClusterConfigState>,
    pub(super) assignment: Option<Assignment>,
    /// The present assignment is being followed.
    pub(super) following: Option<Following>,
    /// The present assignment has been followed.
    pub(super) resolved: bool,
    pub(super) running: Running,
    pub(super) updates: Updates,
    pub(super) restarts: BTreeMap<String, RestartRequest>,
    pub(super) reconfigurations: HashMap<String, Reconfiguration>,
    pub(super) keys: Keys,
    /// The worker has read enough of the config topic to be in the group.
    pub(super) can_read: bool,
    /// The topic is being read to its end.
    pub(super) refreshing: bool,
    /// The topic was read to its end for the present assignment.
    pub(super) caught_up: bool,
    /// How many more times the worker waits when it cannot catch up.
    pub(super) tries_left: u32,
    /// The worker waits after it could not catch up.
    pub(super) pausing: bool,
    /// A round of the group is under way, or about to be.
    pub(super) joining: bool,
    /// Commands that wait until the loop knows where it stands.
    pub(super) commands: VecDeque<Command>,
    /// Writes that wait for the one under way.
    pub(super) writes: VecDeque<Write>,
    pub(super) writing: bool,
    /// The right to write as the leader.
    pub(super) claim: Claim,
    pub(super) fencings: Fencings,
}

impl Herding {
    /// A loop that has joined nothing yet.
    pub(super) fn new(shared: Arc<Shared>, instances: Arc<dyn Instances>, member: Arc<dyn GroupMember>) -> Self {
        let state = shared.config.snapshot();
        Self {
            shared,
            instances,
            member,
            lanes: Lanes::default(),
            state,
            assignment: None,
            following: None,
            resolved: true,
            running: Running::default(),
            updates: Updates::default(),
            restarts: BTreeMap::new(),
            reconfigurations: HashMap::new(),
            keys: Keys::new(),
            can_read: true,
            refreshing: false,
            caught_up: false,
            tries_left: CATCH_UP_TRIES,
            pausing: false,
            joining: true,
            commands: VecDeque::new(),
            writes: VecDeque::new(),
            writing: false,
            claim: Claim::default(),
            fencings: Fencings::default(),
        }
    }

    /// Runs until it is told to stop.
    pub(super) async fn run(
        mut self,
        mut config: ConfigEvents,
        mut group: mpsc::UnboundedReceiver<GroupEvent>,
        mut events: mpsc::UnboundedReceiver<Event>,
    ) {
        self.adopt_key();
        self.shared.stage.begin(Stage::Joining);
        let stopped = loop {
            // What the topic says comes first: who has written waits until it was read, and then asks about it.
            tokio::select! {
                biased;
                Some(event) = config.recv() => self.config_event(event),
                Some(event) = group.recv() => self.group_event(event),
                event = events.recv() => match event {
                    Some(Event::Stop(stopped)) => break Some(stopped),
                    Some(event) => self.event(event),
                    None => break None,
                },
            }
            self.advance();
        };
        self.halt(events).await;
        drop(stopped);
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Command(command) => self.commands.push_back(command),
            Event::ReconfigurationRequested(name) => self.reconfigure(&name),
            Event::Refreshed(outcome) => self.refreshed(outcome),
            Event::PauseOver => self.pausing = false,
            Event::ReadyToRejoin => self.member.rejoin(),
            Event::Written(written) => {
                match written {
                    Written::Answered => {}
                    Written::Tasks { name, outcome } => self.tasks_published(name, outcome),
                    Written::Key(outcome) => self.key_written(outcome),
                    Written::TaskCount { id, outcome } => self.task_count_written(&id, outcome),
                }
                self.write_ended();
            }
            Event::ConnectorStarted { name, state, outcome } => self.connector_started(&name, state, outcome),
            Event::TasksMade { name, config, outcome } => self.tasks_made(name, &config, outcome),
            Event::TasksPublished { name, outcome } => self.tasks_published(name, outcome),
            Event::TasksRetry(name) => self.retry_tasks(&name),
            Event::Failed(subject) => self.failed(subject),
            Event::RestartDue(subject) => self.restart_failed(&subject),
            Event::FencingLooked { name, reply, outcome } => self.fencing_looked(name, reply, outcome),
            Event::ProducersFenced { id, outcome } => self.producers_fenced(id, outcome),
            Event::Claimed(outcome) => self.claimed(outcome),
            Event::ClaimDue => self.claim_due(),
            // It is looked at after every event.
            Event::KeyDue => {}
            Event::Stop(stopped) => drop(stopped),
        }
    }

    fn config_event(&mut self, event: ConfigEvent) {
        match event {
            ConfigEvent::ConnectorConfigUpdated(name) => {
                if !self.state.contains(&name) {
                    self.updates.rebalance = true;
                }
                self.updates.connectors.insert(name);
            }
            ConfigEvent::ConnectorConfigRemoved(name) => {
                if self.state.contains(&name) {
                    self.updates.rebalance = true;
                }
                self.updates.connectors.insert(name);
            }
            ConfigEvent::TaskConfigsUpdated { connector, tasks } => {
                self.abandon_fencing(&connector);
                self.updates.rebalance = true;
                self.updates.tasks.extend(tasks.into_iter().map(|task| TaskId::new(connector.clone(), task)));
                // A set of no tasks has no task to name, and yet ends those that run.
                let ended = self.running.tasks.iter().filter(|id| id.connector == connector);
                let ended: Vec<TaskId> = ended.cloned().collect();
                self.updates.tasks.extend(ended);
            }
            ConfigEvent::TargetStateChanged(name) => {
                self.updates.states.insert(name);
            }
            ConfigEvent::SessionKeyUpdated(key) => self.key_read(key, false),
            ConfigEvent::Restart(request) => self.restart_read(request),
            ConfigEvent::LoggerLevelUpdated { logger, level } => (self.shared.set_level)(&logger, &level),
        }
    }

    /// Does what can be done now.
    fn advance(&mut self) {
        if self.refreshing || self.pausing {
            return;
        }
        if !self.can_read {
            return self.refresh(self.settings().sync_timeout);
        }
        if self.joining || !self.follow_assignment() {
            return;
        }
        self.shared.set_ready();
        self.claim_privileges();
        // Those that waited for a right to write that this worker does not need any more.
        self.next_write();
        self.rotate_key();
        if self.updates.rebalance {
            // Another round has to follow, and what has waited for this one is told so, as by Java. Otherwise what was
            // written comes first: who has written it may ask for it.
            self.carry_out_commands();
        }
        self.carry_out_restarts();
        self.take_over_updates();
        self.shared.stage.begin(Stage::Polling);
        self.carry_out_commands();
    }

    fn carry_out_commands(&mut self) {
        while !self.joining && !self.refreshing {
            let Some(command) = self.commands.pop_front() else { break };
            self.command(command);
        }
    }

    pub(super) fn settings(&self) -> &DistributedSettings {
        &self.shared.settings
    }

    /// Whether this worker leads the group.
    pub(super) fn leads(&self) -> bool {
        self.assignment.as_ref().is_some_and(|assignment| assignment.leads)
    }

    /// The leader's REST address, if there is a leader.
    pub(super) fn leader_url(&self) -> Option<String> {
        let url = self.assignment.as_ref().map(|assignment| assignment.leader_url.clone());
        url.filter(|url| !url.is_empty())
    }

    /// Asks for another round; until it is over no command is answered.
    pub(super) fn rejoin(&mut self) {
        self.joining = true;
        self.shared.stage.begin(Stage::Joining);
        self.member.rejoin();
    }

    /// Runs something that takes time; what comes of it comes back as an event.
    pub(super) fn spawn(&self, job: impl Future<Output = Event> + Send + 'static) {
        let events = self.shared.events.clone();
        tokio::spawn(async move {
            // The loop may have ended meanwhile.
            let _ = events.send(job.await);
        });
    }

    /// Lets an event happen after a while.
    pub(super) fn after(&self, delay: Duration, event: Event) {
        self.spawn(async move {
            tokio::time::sleep(delay).await;
            event
        });
    }

    /// Lets a job for a connector run when those before it have ended, unless the worker stops.
    pub(super) fn in_lane(
        &mut self,
        connector: &str,
        job: impl Future<Output = Option<Event>> + Send + 'static,
    ) -> oneshot::Receiver<()> {
        let (events, stopping) = (self.shared.events.clone(), self.shared.stopping.clone());
        self.lanes.run(connector, async move {
            if stopping.is_cancelled() {
                return;
            }
            if let Some(event) = job.await {
                let _ = events.send(event);
            }
        })
    }

    /// Stops everything, in the order that lets every status be written. A broker that does not answer is not waited for
    /// longer than tasks are: `task.shutdown.graceful.timeout.ms`, and a little for what they said last.
    async fn halt(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        self.shared.stage.begin(Stage::ShuttingDown);
        self.shared.stopping.cancel();
        self.shared.restarts.forget_all();
        events.close();
        // Whoever waits for an answer gets it when its sender is dropped.
        self.commands.clear();
        self.writes.clear();
        while events.try_recv().is_ok() {}
        let deadline = Instant::now() + self.shared.worker.settings().graceful_timeout;
        // What the group has taken away may be stopping still.
        tokio::join!(self.instances.stop(), async {
            let _ = timeout_at(deadline, self.lanes.ended()).await;
        });
        let deadline = deadline.max(Instant::now() + LAST_STATUSES);
        if timeout_at(deadline, self.shared.status().flush()).await.is_err() {
            tracing::warn!("The last statuses of this worker's connectors and tasks could not be written");
        }
        self.member.stop().await;
    }
}
