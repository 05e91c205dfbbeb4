//! What the herder's loop stands on: the group that it is a member of, and the worker that runs what it is told to run.
//!
//! Both are traits, so that the loop can be watched without Kafka and without plugins.

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConfigMap, ConnectError};
use aqueduct_group::leader::Owners;
use aqueduct_storage::{KafkaConfigStore, TargetState};
use aqueduct_worker::{ConnectorEvents, StatusListener, TaskId, Worker};
use tokio::sync::{mpsc, oneshot};

use super::event::Event;
use super::gate::Gate;

/// What the group wants of this worker.
#[derive(Debug)]
pub enum GroupEvent {
    /// A round has begun: until it is over nobody knows who runs what.
    Joining,
    /// Something is taken away. The round goes on when `done` is sent or dropped.
    Revoked {
        /// The connectors to stop.
        connectors: Vec<String>,
        /// The tasks to stop.
        tasks: Vec<TaskId>,
        /// Is told when all of it has stopped.
        done: oneshot::Sender<()>,
    },
    /// A round is over.
    Assigned(Assignment),
    /// The worker is not in the group at the moment.
    Lost,
    /// The worker can never be in the group; why.
    Failed(String),
}

/// What a round has decided for this worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The generation of the group.
    pub generation: i32,
    /// Whether this worker leads.
    pub leads: bool,
    /// The leader's REST address.
    pub leader_url: String,
    /// Whether the group has agreed on signed requests.
    pub signed: bool,
    /// What the group has agreed on, as `connect-protocol` shows it.
    pub protocol: Option<&'static str>,
    /// Whether the leader could not assign, because others know more of the config topic than it does.
    pub error: bool,
    /// The offset in the config topic that the assignment was made from.
    pub offset: i64,
    /// Every connector that this worker is to run.
    pub connectors: Vec<String>,
    /// Every task that this worker is to run.
    pub tasks: Vec<TaskId>,
    /// Who runs what, as far as this worker leads.
    pub owners: Option<Owners>,
    /// Another round is needed once this one has been followed: something was taken away, and is free now.
    pub rejoin_when_started: bool,
}

/// This worker as a member of the group.
pub trait GroupMember: Send + Sync {
    /// Asks for another round.
    fn rejoin(&self);

    /// Leaves the group until [`GroupMember::rejoin`]; what is running goes on.
    fn leave(&self, reason: &'static str);

    /// Connectors and tasks that were stopped without the group having asked for it: the worker has them no longer.
    fn gave_up(&self, connectors: &[String], tasks: &[TaskId]);

    /// Leaves the group for good.
    fn stop(&self) -> BoxFuture<'_, ()>;
}

/// The connectors and tasks of this worker. For one connector the calls never overlap.
pub trait Instances: Send + Sync {
    /// Makes a connector instance and brings it into a state.
    fn start_connector<'a>(
        &'a self,
        name: &'a str,
        config: ConfigMap,
        state: TargetState,
    ) -> BoxFuture<'a, Result<(), ConnectError>>;

    /// Stops a connector instance, if it runs here.
    fn stop_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, ()>;

    /// Brings a connector instance and the tasks of the connector that run here into a state. None when the instance does
    /// not run here.
    fn transition<'a>(&'a self, name: &'a str, state: TargetState) -> BoxFuture<'a, Option<Result<(), ConnectError>>>;

    /// Asks a connector for the configurations of its tasks.
    fn task_configs<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConfigMap,
    ) -> BoxFuture<'a, Result<Vec<ConfigMap>, ConnectError>>;

    /// Whether a connector instance runs here.
    fn has_connector(&self, name: &str) -> bool;

    /// A configuration with the values of its variables.
    ///
    /// # Errors
    /// When a variable has no value.
    fn resolved(&self, config: &ConfigMap) -> Result<ConfigMap, ConnectError>;

    /// Tells somebody of every change of a state.
    fn tell(&self, watcher: Arc<dyn StatusListener>);

    /// Starts a task.
    ///
    /// # Errors
    /// When it cannot be made; its status is FAILED then.
    fn start_task(&self, id: &TaskId, start: &TaskStart) -> Result<(), ConnectError>;

    /// Shuts out the producers of a source connector's tasks 0 to `tasks` - 1, wherever they ran until now.
    fn fence_zombies<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConfigMap,
        tasks: u32,
    ) -> BoxFuture<'a, Result<(), ConnectError>>;

    /// Stops tasks, those that run here.
    fn stop_tasks<'a>(&'a self, ids: &'a [TaskId]) -> BoxFuture<'a, ()>;

    /// Stops everything.
    fn stop(&self) -> BoxFuture<'_, ()>;
}

/// What a task is started with.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStart {
    /// The configuration of its connector.
    pub connector: Arc<ConfigMap>,
    /// Its own.
    pub task: Arc<ConfigMap>,
    /// How many tasks the connector has.
    pub count: u32,
    /// The state to begin in.
    pub state: TargetState,
    /// How often the connector's tasks had been configured, as far as this worker has read.
    pub generation: Option<u32>,
}

/// The instances of a real worker.
pub(super) struct WorkerInstances {
    pub(super) worker: Arc<Worker>,
    pub(super) requests: Arc<dyn ConnectorEvents>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) config: KafkaConfigStore,
}

impl Instances for WorkerInstances {
    fn start_connector<'a>(
        &'a self,
        name: &'a str,
        config: ConfigMap,
        state: TargetState,
    ) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(self.worker.start_connector(name, config, Arc::clone(&self.requests), state))
    }

    fn stop_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.worker.stop_connector(name).await;
        })
    }

    fn transition<'a>(&'a self, name: &'a str, state: TargetState) -> BoxFuture<'a, Option<Result<(), ConnectError>>> {
        Box::pin(async move {
            self.worker.transition_tasks(name, state);
            if !self.worker.has_connector(name) {
                return None;
            }
            Some(self.worker.transition_connector(name, state).await)
        })
    }

    fn task_configs<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConfigMap,
    ) -> BoxFuture<'a, Result<Vec<ConfigMap>, ConnectError>> {
        Box::pin(self.worker.task_configs(name, config))
    }

    fn has_connector(&self, name: &str) -> bool {
        self.worker.has_connector(name)
    }

    fn resolved(&self, config: &ConfigMap) -> Result<ConfigMap, ConnectError> {
        self.worker.resolved(config)
    }

    fn tell(&self, watcher: Arc<dyn StatusListener>) {
        self.worker.also_tell(watcher);
    }

    fn start_task(&self, id: &TaskId, start: &TaskStart) -> Result<(), ConnectError> {
        let gate = self.worker.writes_exactly_once().then(|| {
            let (events, config) = (self.events.clone(), self.config.clone());
            Arc::new(Gate { id: id.clone(), generation: start.generation, events, config }) as _
        });
        let (count, state) = (start.count as usize, start.state);
        self.worker.start_task_through(gate, id, &start.connector, (*start.task).clone(), (count, state))
    }

    fn fence_zombies<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConfigMap,
        tasks: u32,
    ) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(self.worker.fence_zombies(name, config, tasks))
    }

    fn stop_tasks<'a>(&'a self, ids: &'a [TaskId]) -> BoxFuture<'a, ()> {
        Box::pin(self.worker.stop_tasks(ids))
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.worker.stop())
    }
}
