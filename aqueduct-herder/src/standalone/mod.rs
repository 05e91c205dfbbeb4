//! The standalone herder: one process, no group, connectors from files and over REST.
//!
//! Commands for one connector are carried out one after another, those for different connectors side by side: each holds
//! the connector's lock while it works, on a task of its own, so that a caller who goes away interrupts nothing and a
//! connector that hangs holds up no other. Everything but the offsets is lost at exit.

mod auto_restart;
mod commands;
mod locks;
mod status;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use aqueduct_api::{BoxFuture, ready};
use aqueduct_storage::{ConnectorConfig, MemoryConfigStore, MemoryStatusStore, TargetState};
use aqueduct_worker::{ConnectorEvents, TaskId, Worker};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::offsets::{Offsets, not_stopped};
use crate::restarts::AutoRestarts;
use crate::statuses::not_found;
use crate::validate::{Turns, as_validation_failure, refusal, validate};
use crate::{
    ConfigInfos, ConfigKeyInfo, ConnectorInfo, ConnectorOffset, ConnectorStatus, Created, Herder, HerderError,
    NewConnector, PluginInfo, PluginLookup, RestartRequest, ServerInfo, TaskInfo, TaskStatus, listing,
};
use locks::{ConnectorLock, ConnectorLocks};
pub use status::StatusKeeper;

/// The herder of a standalone worker. Cheap to clone.
#[derive(Clone)]
pub struct StandaloneHerder(Arc<Core>);

struct Core {
    worker: Worker,
    info: ServerInfo,
    config: Mutex<MemoryConfigStore>,
    status: Arc<MemoryStatusStore>,
    /// Held by the command that works on a connector.
    locks: ConnectorLocks,
    ready: watch::Sender<bool>,
    /// Why no source connector can be created: its offsets could not be stored.
    no_sources: Option<String>,
    restarts: Arc<AutoRestarts>,
    checks: Turns,
    runtime: tokio::runtime::Handle,
}

/// How long a command that ends a connector waits for the one before it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Passes what connector instances ask for on to the herder.
struct Events(std::sync::Weak<Core>);

impl ConnectorEvents for Events {
    fn reconfiguration_requested(&self, connector: &str) {
        if let Some(core) = self.0.upgrade() {
            let name = connector.to_owned();
            let runtime = core.runtime.clone();
            runtime.spawn(async move { core.reconfigure(&name).await });
        }
    }
}

impl StandaloneHerder {
    /// A herder over a worker; its commands run on `runtime`. With `no_sources`, source connectors are refused for that
    /// reason.
    pub fn new(
        worker: Worker,
        info: ServerInfo,
        status: Arc<MemoryStatusStore>,
        no_sources: Option<String>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        let core = Arc::new(Core {
            worker,
            info,
            config: Mutex::default(),
            status,
            locks: ConnectorLocks::default(),
            ready: watch::Sender::new(false),
            no_sources,
            checks: Turns::new(),
            restarts: Arc::new(AutoRestarts::new(runtime.clone())),
            runtime,
        });
        core.watch_failures();
        Self(core)
    }

    /// The connectors of the command line are there: the worker is ready.
    pub fn set_ready(&self) {
        self.0.ready.send_replace(true);
    }

    /// Stops every connector and task: tasks of all connectors first, so that one deadline serves them all.
    pub async fn stop(&self) {
        self.0.restarts.forget_all();
        self.0.worker.stop().await;
    }

    /// Runs a command on a task of its own: a caller who goes away interrupts nothing.
    fn command<'a, T, F>(&self, command: impl FnOnce(Arc<Core>) -> F) -> BoxFuture<'a, Result<T, HerderError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, HerderError>> + Send + 'static,
    {
        let running = self.0.runtime.spawn(command(Arc::clone(&self.0)));
        Box::pin(async move {
            running.await.unwrap_or_else(|failed| Err(HerderError::internal(format!("the command failed: {failed}"))))
        })
    }
}

impl Herder for StandaloneHerder {
    fn server_info(&self) -> ServerInfo {
        self.0.info.clone()
    }

    fn is_ready(&self) -> bool {
        *self.0.ready.borrow()
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), HerderError>> {
        let mut ready = self.0.ready.subscribe();
        Box::pin(async move {
            let ready = ready.wait_for(|&ready| ready).await;
            ready.map(drop).map_err(|_| HerderError::internal("Worker is shutting down"))
        })
    }

    fn connectors(&self) -> BoxFuture<'_, Result<Vec<String>, HerderError>> {
        ready(Ok(self.0.config.lock().snapshot().keys().cloned().collect()))
    }

    fn connector_info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<ConnectorInfo, HerderError>> {
        ready(self.0.info_of(name))
    }

    fn connector_status<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<ConnectorStatus, HerderError>> {
        ready(self.0.status_of(name))
    }

    fn task_status<'a>(&'a self, id: &'a TaskId) -> BoxFuture<'a, Result<TaskStatus, HerderError>> {
        ready(self.0.task_status(id))
    }

    fn task_configs<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<TaskInfo>, HerderError>> {
        ready(self.0.task_infos(name))
    }

    fn put_connector(&self, connector: NewConnector) -> BoxFuture<'_, Result<Created, HerderError>> {
        self.command(|core| async move { core.put_connector(connector).await })
    }

    fn patch_connector<'a>(
        &'a self,
        name: &'a str,
        patch: BTreeMap<String, Option<String>>,
    ) -> BoxFuture<'a, Result<ConnectorInfo, HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move { core.patch_connector(&name, patch).await })
    }

    fn delete_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move { core.delete_connector(&name).await })
    }

    fn pause_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move { core.pause_connector(&name).await })
    }

    fn resume_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move { core.resume_connector(&name).await })
    }

    fn stop_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move { core.stop_connector(&name).await })
    }

    fn restart_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move { core.restart_connector(&name).await })
    }

    fn restart(&self, request: RestartRequest) -> BoxFuture<'_, Result<ConnectorStatus, HerderError>> {
        self.command(|core| async move { core.restart(request).await })
    }

    fn restart_task<'a>(&'a self, id: &'a TaskId) -> BoxFuture<'a, Result<(), HerderError>> {
        let id = id.clone();
        self.command(|core| async move { core.restart_task(&id).await })
    }

    fn active_topics<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, HerderError>> {
        ready(Ok(self.0.status.topics(name)))
    }

    fn reset_active_topics<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), HerderError>> {
        self.0.status.remove_topics(name);
        ready(Ok(()))
    }

    fn offsets<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<ConnectorOffset>, HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move {
            let connector = core.config.lock().get(&name).cloned().ok_or_else(|| not_found(&name))?;
            Offsets::of(&core.worker, &name, &connector.config)?.look().await
        })
    }

    fn alter_offsets<'a>(
        &'a self,
        name: &'a str,
        offsets: Vec<ConnectorOffset>,
    ) -> BoxFuture<'a, Result<String, HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move {
            let _lock = core.lock(&name).await;
            let connector = core.stopped(&name)?;
            Offsets::of(&core.worker, &name, &connector.config)?.alter(offsets).await
        })
    }

    fn reset_offsets<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<String, HerderError>> {
        let name = name.to_owned();
        self.command(|core| async move {
            let _lock = core.lock(&name).await;
            let connector = core.stopped(&name)?;
            Offsets::of(&core.worker, &name, &connector.config)?.reset().await
        })
    }

    fn plugins(&self, which: PluginLookup) -> Vec<PluginInfo> {
        listing::plugins(self.0.worker.plugins(), which)
    }

    fn plugin_config(&self, plugin: &str) -> Result<Vec<ConfigKeyInfo>, HerderError> {
        listing::plugin_config(self.0.worker.plugins(), plugin)
    }

    fn validate(&self, config: BTreeMap<String, Option<String>>) -> BoxFuture<'_, Result<ConfigInfos, HerderError>> {
        self.command(|core| async move { core.validated(config).await.map_err(as_validation_failure) })
    }
}

impl Core {
    /// Checks a configuration on a thread that may block.
    async fn validated(self: Arc<Self>, config: BTreeMap<String, Option<String>>) -> Result<ConfigInfos, HerderError> {
        let core = Arc::clone(&self);
        self.checks.run(move || validate(&core.worker, &config)).await
    }

    /// Refuses a configuration that is not valid.
    async fn check(self: &Arc<Self>, config: BTreeMap<String, Option<String>>) -> Result<(), HerderError> {
        let core = Arc::clone(self);
        let checked = move || refusal(&validate(&core.worker, &config)?).map_or(Ok(()), Err);
        self.checks.run(checked).await
    }

    /// A connector whose offsets can be set.
    fn stopped(&self, name: &str) -> Result<ConnectorConfig, HerderError> {
        let connector = self.config.lock().get(name).cloned().ok_or_else(|| not_found(name))?;
        if connector.target_state != TargetState::Stopped || !connector.tasks.is_empty() {
            return Err(not_stopped(name));
        }
        Ok(connector)
    }

    /// The lock of a connector for a command that ends what runs there. A connector that hangs may keep the command before
    /// it from ending; its instance is given up then.
    async fn take_over(&self, name: &str) -> ConnectorLock {
        if let Ok(lock) = tokio::time::timeout(PATIENCE, self.lock(name)).await {
            return lock;
        }
        tracing::warn!("A command to connector {name} does not end; the instance is given up");
        self.worker.stop_connector(name).await;
        self.lock(name).await
    }

    /// The lock of a connector; held while a command works on it.
    async fn lock(&self, name: &str) -> ConnectorLock {
        self.locks.lock(name).await
    }
}
