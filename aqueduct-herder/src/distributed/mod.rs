//! The distributed herder: one of several workers of a group, which share connectors and tasks through the config topic.
//!
//! [`DistributedHerder`] takes commands and turns them into events for the loop in [`herding`], which alone decides what
//! runs here. What comes in beside commands are the events of the config topic, of the group ([`GroupEvent`]), and of what
//! the loop has let be done. What goes out are instructions to the worker ([`Instances`]), wishes to the group
//! ([`GroupMember`]), writes to the config topic, and requests to the leader ([`Peers`]).
//!
//! - [`rebalance`], [`updates`]: following the group and the config topic;
//! - [`commands`], [`writes`]: what users want;
//! - [`auto_restart`]: what has failed;
//! - [`tasks`]: from a connector's answer to task configurations in the topic;
//! - [`keys`], [`signature`]: requests between workers;
//! - [`starting`]: what is answered before there is a herder;
//! - [`privileges`], [`fencing`], [`gate`]: shutting out former leaders and former tasks (KIP-618);
//! - [`lanes`]: the order of what is done to one connector.

mod auto_restart;
mod checks;
mod commands;
mod event;
mod fencing;
mod gate;
mod group;
mod herding;
mod keys;
mod lanes;
mod ports;
mod privileges;
mod rebalance;
mod settings;
mod shared;
mod signature;
mod stage;
mod starting;
mod status_keeper;
mod tasks;
mod updates;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConfigMap, ready};
use aqueduct_storage::{ConfigEvents, KafkaConfigStore, TargetState};
use aqueduct_worker::{ConnectorEvents, Worker};
use tokio::sync::{mpsc, oneshot};

use crate::offsets::Offsets;
use crate::statuses::not_found;
use crate::validate::{as_validation_failure, refusal, validate};
use crate::{
    ConfigInfos, ConfigKeyInfo, ConnectorInfo, ConnectorOffset, ConnectorStatus, Created, Herder, HerderError,
    InternalRequest, NewConnector, Peers, PluginInfo, PluginLookup, RestartRequest, ServerInfo, TaskId, TaskInfo,
    TaskStatus, listing,
};
use checks::GroupChecks;
use event::{Command, Event, OffsetsChange, Reply, Write};
pub use group::{Group, join_group};
use herding::Herding;
use ports::WorkerInstances;
pub use ports::{Assignment, GroupEvent, GroupMember, Instances, TaskStart};
pub use settings::DistributedSettings;
pub use shared::SetLevel;
use shared::{Shared, SharedParts};
pub use signature::{SIGNATURE_ALGORITHM_HEADER, SIGNATURE_HEADER};
pub use starting::StartingHerder;
pub use status_keeper::StatusKeeper;

type Answer<'a, T> = BoxFuture<'a, Result<T, HerderError>>;
type GivenConfig = BTreeMap<String, Option<String>>;

/// The herder of a worker of a group. Cheap to clone.
#[derive(Clone)]
pub struct DistributedHerder(Arc<Shared>);

/// What a [`DistributedHerder`] works with.
pub struct DistributedParts {
    /// The worker; its status listener is `keeper`.
    pub worker: Worker,
    /// What `GET /` answers.
    pub info: ServerInfo,
    /// The worker's properties.
    pub settings: DistributedSettings,
    /// The config topic, and what it tells.
    pub config: (KafkaConfigStore, ConfigEvents),
    /// Writes the statuses of this worker.
    pub keeper: Arc<StatusKeeper>,
    /// This worker in the group, and what the group tells.
    pub group: (Arc<dyn GroupMember>, mpsc::UnboundedReceiver<GroupEvent>),
    /// The way to the other workers.
    pub peers: Arc<dyn Peers>,
    /// Sets the level of a logger, which somebody wants on every worker.
    pub set_level: SetLevel,
}

/// Passes what connector instances ask for on to the loop.
struct Requests(mpsc::UnboundedSender<Event>);

impl ConnectorEvents for Requests {
    fn reconfiguration_requested(&self, connector: &str) {
        let _ = self.0.send(Event::ReconfigurationRequested(connector.to_owned()));
    }
}

impl DistributedHerder {
    /// Starts the loop on the present runtime.
    pub fn start(parts: DistributedParts) -> Self {
        let config = parts.config.0.clone();
        Self::begin(parts, |worker, events| {
            let requests = Arc::new(Requests(events.clone()));
            Arc::new(WorkerInstances { worker, requests, events, config })
        })
    }

    /// Starts the loop with other instances than the worker's, to see what it does without plugins.
    pub fn start_with(
        parts: DistributedParts,
        instances: impl FnOnce(Arc<Worker>, Arc<dyn ConnectorEvents>) -> Arc<dyn Instances>,
    ) -> Self {
        Self::begin(parts, |worker, events| instances(worker, Arc::new(Requests(events))))
    }

    fn begin(
        parts: DistributedParts,
        instances: impl FnOnce(Arc<Worker>, mpsc::UnboundedSender<Event>) -> Arc<dyn Instances>,
    ) -> Self {
        let (events, mailbox) = mpsc::unbounded_channel();
        let worker = Arc::new(parts.worker);
        let instances = instances(Arc::clone(&worker), events.clone());
        let (config, config_events) = parts.config;
        let (member, group_events) = parts.group;
        let shared = Arc::new(Shared::new(
            SharedParts {
                worker,
                info: parts.info,
                settings: parts.settings,
                config,
                keeper: parts.keeper,
                peers: parts.peers,
                set_level: parts.set_level,
            },
            events,
        ));
        instances.tell(Arc::new(shared.failure_watch()));
        let herding = Herding::new(Arc::clone(&shared), instances, member);
        tokio::spawn(herding.run(config_events, group_events, mailbox));
        Self(shared)
    }

    /// Stops everything that runs here and leaves the group. The stores are left to whoever made them.
    pub async fn stop(&self) {
        let (stopped, waiting) = oneshot::channel();
        if self.0.events.send(Event::Stop(stopped)).is_ok() {
            // It is never sent, only dropped.
            let _ = waiting.await;
        }
    }

    /// Waits until the worker cannot go on; answers why.
    pub async fn failed(&self) -> String {
        let mut failure = self.0.failure();
        loop {
            if let Some(why) = failure.borrow_and_update().clone() {
                return why;
            }
            if failure.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Sets a logger on every worker of the cluster (KIP-976).
    ///
    /// # Errors
    /// When that cannot be written to the config topic.
    pub async fn set_logger_level(&self, logger: &str, level: &str) -> Result<(), HerderError> {
        Ok(self.0.config.put_logger_level(logger, level).await?)
    }

    /// Asks the loop.
    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, HerderError> {
        let (reply, answer) = oneshot::channel();
        let ended = || HerderError::internal("Worker is shutting down");
        self.0.events.send(Event::Command(command(reply))).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    async fn write<T>(&self, write: impl FnOnce(Reply<T>) -> Write) -> Result<T, HerderError> {
        self.ask(|reply| Command::Write(write(reply))).await
    }

    async fn put(&self, connector: NewConnector) -> Result<Created, HerderError> {
        let (shared, config) = (Arc::clone(&self.0), connector.config.clone());
        self.0.checks.run(move || refusal(&validated(&shared, &config)?).map_or(Ok(()), Err)).await?;
        self.write(|reply| Write::Put(connector, reply)).await
    }

    /// Writes the state that is wanted of a connector. Any worker may, and nobody waits for it to be reached.
    async fn set_target(&self, name: &str, state: TargetState) -> Result<(), HerderError> {
        if !self.0.config.contains(name) {
            return Err(HerderError::not_found(format!("Unknown connector {name}")));
        }
        Ok(self.0.config.put_target_state(name, state).await?)
    }
}

impl Herder for DistributedHerder {
    fn server_info(&self) -> ServerInfo {
        self.0.info.clone()
    }

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn health_check(&self) -> Answer<'_, ()> {
        Box::pin(self.ask(Command::Ping))
    }

    fn connectors(&self) -> Answer<'_, Vec<String>> {
        Box::pin(self.ask(Command::Connectors))
    }

    fn connector_info<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorInfo> {
        Box::pin(self.ask(|reply| Command::Info(name.to_owned(), reply)))
    }

    fn connector_status<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorStatus> {
        ready(self.0.connector_status(name))
    }

    fn task_status<'a>(&'a self, id: &'a TaskId) -> Answer<'a, TaskStatus> {
        ready(self.0.task_status(id))
    }

    fn task_configs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<TaskInfo>> {
        Box::pin(self.ask(|reply| Command::TaskConfigs(name.to_owned(), reply)))
    }

    fn put_connector(&self, connector: NewConnector) -> Answer<'_, Created> {
        Box::pin(self.put(connector))
    }

    fn patch_connector<'a>(&'a self, name: &'a str, patch: GivenConfig) -> Answer<'a, ConnectorInfo> {
        Box::pin(async move {
            let base = self.ask(|reply| Command::PatchBase(name.to_owned(), reply)).await?;
            let mut config: GivenConfig = base.into_iter().map(|(key, value)| (key, Some(value))).collect();
            for (key, value) in patch {
                match value {
                    Some(value) => config.insert(key, Some(value)),
                    None => config.remove(&key),
                };
            }
            let connector = NewConnector { name: name.to_owned(), config, initial_state: None, replace: true };
            Ok(self.put(connector).await?.info)
        })
    }

    fn delete_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.write(|reply| Write::Delete(name.to_owned(), reply)))
    }

    fn pause_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.set_target(name, TargetState::Paused))
    }

    fn resume_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.set_target(name, TargetState::Started))
    }

    fn stop_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.write(|reply| Write::Stop(name.to_owned(), reply)))
    }

    fn restart_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.ask(|reply| Command::RestartConnector(name.to_owned(), reply)))
    }

    fn restart(&self, request: RestartRequest) -> Answer<'_, ConnectorStatus> {
        Box::pin(self.write(|reply| Write::Restart(request, reply)))
    }

    fn restart_task<'a>(&'a self, id: &'a TaskId) -> Answer<'a, ()> {
        Box::pin(self.ask(|reply| Command::RestartTask(id.clone(), reply)))
    }

    fn active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>> {
        ready(Ok(self.0.status().topics(name)))
    }

    fn reset_active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        self.0.status().remove_topics(name);
        ready(Ok(()))
    }

    fn offsets<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<ConnectorOffset>> {
        Box::pin(async move {
            let state = self.0.config.snapshot();
            let config = state.connector_config(name).ok_or_else(|| not_found(name))?;
            Offsets::of(&self.0.worker, name, config)?.look().await
        })
    }

    fn alter_offsets<'a>(&'a self, name: &'a str, offsets: Vec<ConnectorOffset>) -> Answer<'a, String> {
        let change = OffsetsChange::Alter(offsets);
        Box::pin(self.ask(|reply| Command::ChangeOffsets(name.to_owned(), change, reply)))
    }

    fn reset_offsets<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        Box::pin(self.ask(|reply| Command::ChangeOffsets(name.to_owned(), OffsetsChange::Reset, reply)))
    }

    fn plugins(&self, which: PluginLookup) -> Vec<PluginInfo> {
        listing::plugins(self.0.worker.plugins(), which)
    }

    fn plugin_config(&self, plugin: &str) -> Result<Vec<ConfigKeyInfo>, HerderError> {
        listing::plugin_config(self.0.worker.plugins(), plugin)
    }

    fn validate(&self, config: GivenConfig) -> Answer<'_, ConfigInfos> {
        let shared = Arc::clone(&self.0);
        Box::pin(
            async move { self.0.checks.run(move || validated(&shared, &config)).await.map_err(as_validation_failure) },
        )
    }

    fn check_internal(&self, request: &InternalRequest) -> Result<(), HerderError> {
        if !self.0.signs() {
            return Ok(());
        }
        let key = self.0.key();
        signature::verify(request, key.as_ref().map(|key| &*key.key), &self.0.settings.verification_algorithms)
    }

    fn put_task_configs<'a>(&'a self, connector: &'a str, tasks: Vec<ConfigMap>) -> Answer<'a, ()> {
        Box::pin(self.write(|reply| Write::PeerTasks(connector.to_owned(), tasks, reply)))
    }

    fn fence_zombies<'a>(&'a self, connector: &'a str) -> Answer<'a, ()> {
        Box::pin(self.ask(|reply| Command::Fence(connector.to_owned(), reply)))
    }

    fn stage(&self) -> Option<String> {
        Some(self.0.stage.describe())
    }
}

/// Checks a configuration, also for what only a worker of a group looks at.
fn validated(shared: &Shared, config: &GivenConfig) -> Result<ConfigInfos, HerderError> {
    let mut infos = validate(&shared.worker, config)?;
    let class = config.get("connector.class").and_then(Option::as_deref).unwrap_or_default();
    if let Ok(plugin) = shared.worker.plugins().connector(class.trim()) {
        let exactly_once = shared.worker.writes_exactly_once();
        GroupChecks { group: &shared.settings.group_id, plugin, exactly_once }.add(config, &mut infos);
    }
    Ok(infos)
}
