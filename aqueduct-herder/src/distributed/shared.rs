//! What the herder's handles and its loop both need.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aqueduct_api::ConfigMap;
use aqueduct_metrics::Registration;
use aqueduct_metrics::groups::RebalanceMetrics;
use aqueduct_storage::{KafkaConfigStore, SessionKey, StatusStore};
use aqueduct_worker::Worker;
use parking_lot::RwLock;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::event::Event;
use super::settings::DistributedSettings;
use super::stage::Stages;
use super::status_keeper::StatusKeeper;
use crate::restarts::AutoRestarts;
use crate::statuses::{connector_status, kind_of, task_status};
use crate::validate::Turns;
use crate::{ConnectorKind, ConnectorStatus, HerderError, Peers, ServerInfo, TaskId, TaskStatus};

/// Sets the level of a logger of this worker, both by name.
pub type SetLevel = Box<dyn Fn(&str, &str) + Send + Sync>;

/// Parts that everybody may use from anywhere.
pub(super) struct Shared {
    pub(super) worker: Arc<Worker>,
    pub(super) info: ServerInfo,
    pub(super) settings: DistributedSettings,
    pub(super) config: KafkaConfigStore,
    pub(super) keeper: Arc<StatusKeeper>,
    pub(super) peers: Arc<dyn Peers>,
    pub(super) set_level: SetLevel,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) stage: Arc<Stages>,
    pub(super) rounds: Arc<RebalanceMetrics>,
    _shown: Registration,
    /// Nothing new is begun from here on.
    pub(super) stopping: CancellationToken,
    /// What has failed here, and is restarted.
    pub(super) restarts: Arc<AutoRestarts>,
    /// Configurations that are being checked.
    pub(super) checks: Turns,
    ready: AtomicBool,
    /// Whether the group has agreed on signed requests.
    signs: AtomicBool,
    key: RwLock<Option<SessionKey>>,
    /// Why the worker cannot go on.
    failure: watch::Sender<Option<String>>,
}

/// What a [`Shared`] is made of.
pub(super) struct SharedParts {
    pub(super) worker: Arc<Worker>,
    pub(super) info: ServerInfo,
    pub(super) settings: DistributedSettings,
    pub(super) config: KafkaConfigStore,
    pub(super) keeper: Arc<StatusKeeper>,
    pub(super) peers: Arc<dyn Peers>,
    pub(super) set_level: SetLevel,
}

impl Shared {
    /// To be called on the runtime that the herder is to run on.
    pub(super) fn new(parts: SharedParts, events: mpsc::UnboundedSender<Event>) -> Self {
        let SharedParts { worker, info, settings, config, keeper, peers, set_level } = parts;
        let signs = AtomicBool::new(settings.signs);
        let (rounds, shown) = RebalanceMetrics::register(worker.metrics(), settings.preferred_protocol());
        Self {
            worker,
            info,
            settings,
            config,
            keeper,
            peers,
            set_level,
            events,
            stage: Arc::default(),
            rounds,
            _shown: shown,
            stopping: CancellationToken::new(),
            restarts: Arc::new(AutoRestarts::new(tokio::runtime::Handle::current())),
            checks: Turns::new(),
            ready: AtomicBool::new(false),
            signs,
            key: RwLock::new(None),
            failure: watch::Sender::new(None),
        }
    }

    pub(super) fn status(&self) -> &Arc<dyn StatusStore> {
        self.keeper.store()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(super) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    pub(super) fn signs(&self) -> bool {
        self.signs.load(Ordering::Acquire)
    }

    pub(super) fn set_signs(&self, signs: bool) {
        if self.signs.swap(signs, Ordering::AcqRel) != signs {
            let (now, protocol) = if signs { ("enabled", "sessioned") } else { ("disabled", "an older one") };
            tracing::info!(
                "Verification of requests between workers is {now}: the protocol of the group is {protocol}"
            );
        }
    }

    pub(super) fn key(&self) -> Option<SessionKey> {
        self.key.read().clone()
    }

    pub(super) fn set_key(&self, key: SessionKey) {
        *self.key.write() = Some(key);
    }

    pub(super) fn fail(&self, why: String) {
        self.failure.send_replace(Some(why));
    }

    pub(super) fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    /// Whether a configuration is that of a source or of a sink.
    pub(super) fn kind_of(&self, config: &ConfigMap) -> ConnectorKind {
        kind_of(&self.worker, config)
    }

    /// The status of a connector, as the status topic has it.
    pub(super) fn connector_status(&self, name: &str) -> Result<ConnectorStatus, HerderError> {
        let state = self.config.snapshot();
        let kind = state.connector_config(name).map_or(ConnectorKind::Unknown, |config| self.kind_of(config));
        let mut answer = connector_status(name, self.status().connector(name), self.status().tasks(name), kind)?;
        self.show_restarts(&mut answer);
        Ok(answer)
    }

    /// The status of a task, as the status topic has it.
    pub(super) fn task_status(&self, id: &TaskId) -> Result<TaskStatus, HerderError> {
        let mut answer = task_status(id, self.status().task(&id.connector, id.task))?;
        self.show_task_restarts(id, &mut answer);
        Ok(answer)
    }
}
