//! What a distributed worker answers while it reads its internal topics: REST listens from the beginning, as Java's does, and
//! what it is asked waits for the herder.
//!
//! Java answers a few requests from stores that it has not read yet, so that a connector which exists has no status for a
//! moment. Here these wait too.

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConfigMap};
use aqueduct_plugins::Plugins;
use tokio::sync::watch;

use super::settings::DistributedSettings;
use super::stage::Stages;
use super::{Answer, DistributedHerder, GivenConfig, signature};
use crate::{
    ConfigInfos, ConfigKeyInfo, ConnectorInfo, ConnectorOffset, ConnectorStatus, Created, Herder, HerderError,
    InternalRequest, NewConnector, PluginInfo, PluginLookup, RestartRequest, ServerInfo, TaskId, TaskInfo, TaskStatus,
    listing,
};

/// Whether there is a herder.
#[derive(Clone)]
enum Phase {
    /// Not yet.
    Starting,
    /// This one.
    Running(DistributedHerder),
    /// There will be none.
    Ended,
}

/// Stands for a [`DistributedHerder`] that is still to come. Cheap to clone.
#[derive(Clone)]
pub struct StartingHerder(Arc<Inner>);

struct Inner {
    info: ServerInfo,
    plugins: Arc<Plugins>,
    settings: DistributedSettings,
    stage: Stages,
    phase: watch::Sender<Phase>,
}

impl StartingHerder {
    /// Nothing is there yet but what the worker was started with.
    pub fn new(info: ServerInfo, plugins: Arc<Plugins>, settings: DistributedSettings) -> Self {
        let (stage, phase) = (Stages::default(), watch::Sender::new(Phase::Starting));
        Self(Arc::new(Inner { info, plugins, settings, stage, phase }))
    }

    /// The herder is there, and takes what has waited for it.
    pub fn started(&self, herder: DistributedHerder) {
        self.0.phase.send_replace(Phase::Running(herder));
    }

    /// Refuses what waits for a herder, if none is there; nothing will come.
    pub fn give_up(&self) {
        self.0.phase.send_if_modified(|phase| {
            let starting = matches!(phase, Phase::Starting);
            if starting {
                *phase = Phase::Ended;
            }
            starting
        });
    }

    /// Sets a logger on every worker of the cluster (KIP-976).
    ///
    /// # Errors
    /// When that cannot be written to the config topic.
    pub async fn set_logger_level(&self, logger: &str, level: &str) -> Result<(), HerderError> {
        self.there().await?.set_logger_level(logger, level).await
    }

    fn running(&self) -> Option<DistributedHerder> {
        match &*self.0.phase.borrow() {
            Phase::Running(herder) => Some(herder.clone()),
            Phase::Starting | Phase::Ended => None,
        }
    }

    /// Waits for the herder.
    async fn there(&self) -> Result<DistributedHerder, HerderError> {
        let mut phase = self.0.phase.subscribe();
        match phase.wait_for(|phase| !matches!(phase, Phase::Starting)).await.as_deref() {
            Ok(Phase::Running(herder)) => Ok(herder.clone()),
            _ => Err(HerderError::internal("Worker is shutting down")),
        }
    }

    /// Asks the herder, once it is there.
    fn ask<'a, T: Send + 'a>(
        &'a self,
        question: impl FnOnce(DistributedHerder) -> BoxFuture<'a, Result<T, HerderError>> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move { question(self.there().await?).await })
    }
}

/// A question to the herder that is there by then.
macro_rules! later {
    ($self:ident, |$herder:ident| $question:expr) => {
        $self.ask(move |$herder| Box::pin(async move { $question.await }))
    };
}

impl Herder for StartingHerder {
    fn server_info(&self) -> ServerInfo {
        self.0.info.clone()
    }

    fn is_ready(&self) -> bool {
        self.running().is_some_and(|herder| herder.is_ready())
    }

    fn health_check(&self) -> Answer<'_, ()> {
        later!(self, |herder| herder.health_check())
    }

    fn connectors(&self) -> Answer<'_, Vec<String>> {
        later!(self, |herder| herder.connectors())
    }

    fn connector_info<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorInfo> {
        later!(self, |herder| herder.connector_info(name))
    }

    fn connector_status<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorStatus> {
        later!(self, |herder| herder.connector_status(name))
    }

    fn task_status<'a>(&'a self, id: &'a TaskId) -> Answer<'a, TaskStatus> {
        later!(self, |herder| herder.task_status(id))
    }

    fn task_configs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<TaskInfo>> {
        later!(self, |herder| herder.task_configs(name))
    }

    fn put_connector(&self, connector: NewConnector) -> Answer<'_, Created> {
        later!(self, |herder| herder.put_connector(connector))
    }

    fn patch_connector<'a>(&'a self, name: &'a str, patch: GivenConfig) -> Answer<'a, ConnectorInfo> {
        later!(self, |herder| herder.patch_connector(name, patch))
    }

    fn delete_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.delete_connector(name))
    }

    fn pause_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.pause_connector(name))
    }

    fn resume_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.resume_connector(name))
    }

    fn stop_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.stop_connector(name))
    }

    fn restart_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.restart_connector(name))
    }

    fn restart(&self, request: RestartRequest) -> Answer<'_, ConnectorStatus> {
        later!(self, |herder| herder.restart(request))
    }

    fn restart_task<'a>(&'a self, id: &'a TaskId) -> Answer<'a, ()> {
        later!(self, |herder| herder.restart_task(id))
    }

    fn active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>> {
        later!(self, |herder| herder.active_topics(name))
    }

    fn reset_active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.reset_active_topics(name))
    }

    fn offsets<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<ConnectorOffset>> {
        later!(self, |herder| herder.offsets(name))
    }

    fn alter_offsets<'a>(&'a self, name: &'a str, offsets: Vec<ConnectorOffset>) -> Answer<'a, String> {
        later!(self, |herder| herder.alter_offsets(name, offsets))
    }

    fn reset_offsets<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        later!(self, |herder| herder.reset_offsets(name))
    }

    fn plugins(&self, which: PluginLookup) -> Vec<PluginInfo> {
        listing::plugins(&self.0.plugins, which)
    }

    fn plugin_config(&self, plugin: &str) -> Result<Vec<ConfigKeyInfo>, HerderError> {
        listing::plugin_config(&self.0.plugins, plugin)
    }

    fn validate(&self, config: GivenConfig) -> Answer<'_, ConfigInfos> {
        later!(self, |herder| herder.validate(config))
    }

    fn check_internal(&self, request: &InternalRequest) -> Result<(), HerderError> {
        match self.running() {
            Some(herder) => herder.check_internal(request),
            None if self.0.settings.signs => signature::verify(request, None, &self.0.settings.verification_algorithms),
            None => Ok(()),
        }
    }

    fn put_task_configs<'a>(&'a self, connector: &'a str, tasks: Vec<ConfigMap>) -> Answer<'a, ()> {
        later!(self, |herder| herder.put_task_configs(connector, tasks))
    }

    fn fence_zombies<'a>(&'a self, connector: &'a str) -> Answer<'a, ()> {
        later!(self, |herder| herder.fence_zombies(connector))
    }

    fn stage(&self) -> Option<String> {
        match self.running() {
            Some(herder) => herder.stage(),
            None => Some(self.0.stage.describe()),
        }
    }
}
