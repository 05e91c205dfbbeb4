//! A distributed worker, from its properties to its end.
//!
//! The order of things is Java's: the address first, since it is the worker's name in the group; then the cluster, REST, the
//! three topics, the group. What REST is asked before all of that answers waits. The runtimes are those of the standalone mode.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConfigMap, ConnectError};
use aqueduct_config::worker_config::{self as keys, ExactlyOnceSources};
use aqueduct_config::{ConfigError, ParsedConfig};
use aqueduct_group::member::{KafkaCoordinator, MemberSettings};
use aqueduct_group::protocol::Protocol;
use aqueduct_herder::distributed::{
    DistributedHerder, DistributedParts, DistributedSettings, Group, StartingHerder, StatusKeeper, join_group,
};
use aqueduct_herder::{HerderError, ServerInfo};
use aqueduct_kafka::ClientSettings;
use aqueduct_kafka::client_config::scopes::WorkerScopes;
use aqueduct_metrics::groups::{AppInfo, CoordinatorMetrics};
use aqueduct_rest::{HttpPeers, Level, LoggerLevel, Loggers, RestConfig, RestServer};
use aqueduct_storage::{ConfigEvents, KafkaConfigStore, KafkaOffsetStore, KafkaStatusStore, StoreSettings};
use aqueduct_worker::{GroupSettings, Worker};

use crate::dev_broker::EmbeddedBroker;
use crate::exit::Failure;
use crate::logging::TargetLoggers;
use crate::signals::Signals;
use crate::startup::{self, VERSION, cluster_id, commit, in_file, refuse_unsupported};
use crate::{plugins, properties_file, worker_settings};

/// Runs a worker until a signal stops it. An embedded broker takes the place of `bootstrap.servers`.
pub(crate) fn run(
    worker_file: &Path,
    broker: Option<&EmbeddedBroker>,
    loggers: Arc<TargetLoggers>,
) -> Result<(), Failure> {
    let mut props = properties_file::read(worker_file, "the worker file").map_err(Failure::start)?;
    if let Some(broker) = broker {
        broker.replace_bootstrap(&mut props);
    }
    let (control, tasks) = startup::runtimes()?;
    let outcome = control.block_on(serve(worker_file, props, loggers, tasks.handle().clone()));
    // A task that hangs was named in the log; the process does not wait for it.
    tasks.shutdown_background();
    outcome
}

async fn serve(
    worker_file: &Path,
    props: ConfigMap,
    loggers: Arc<TargetLoggers>,
    tasks: tokio::runtime::Handle,
) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    tracing::info!("Aqueduct {VERSION} distributed worker starting with {}", worker_file.display());
    refuse_unsupported(worker_file, &props)?;
    let plugins = Arc::new(plugins::of_worker(&props));
    let (props, variables) = worker_settings::resolve(worker_file, &props, &plugins)?;
    let config = worker_settings::parse_distributed(worker_file, &props, &plugins)?;
    let wrong = |error: &dyn std::fmt::Display| Failure::start(in_file(worker_file, error));
    let settings = DistributedSettings::from_worker(&config).map_err(|error| wrong(&error.message()))?;
    let store_settings = StoreSettings::from_worker(&config).map_err(|error| wrong(&error.message()))?;
    let rest_config = RestConfig::from_worker(&config).map_err(|error| wrong(&error))?;
    let rest = RestServer::bind(&rest_config).map_err(|error| wrong(&error))?;

    let cluster_id = tokio::select! {
        cluster_id = cluster_id(&props, worker_file) => cluster_id?,
        () = signals.stop() => return Ok(()),
    };
    let (worker_id, url) = (rest.worker_id(), rest.advertised_url());
    let info = ServerInfo { version: VERSION.into(), commit: commit().into(), kafka_cluster_id: cluster_id.clone() };
    let starting = StartingHerder::new(info.clone(), Arc::clone(&plugins), settings.clone());
    let cluster_loggers = ClusterLoggers { here: Arc::clone(&loggers), herder: starting.clone() };
    rest.mount(Arc::new(starting.clone()), Arc::new(cluster_loggers));
    tracing::info!("REST is served at {}", rest.advertised_url());
    let worker_settings =
        worker_settings::settings(&config, &props, &plugins, worker_id.clone(), cluster_id.clone(), variables)?;
    let stores = tokio::select! {
        stores = Stores::start(&store_settings) => stores,
        () = signals.stop() => {
            starting.give_up();
            rest.shutdown().await;
            return Ok(());
        }
    };
    let stores = match stores {
        Ok(stores) => stores,
        Err(failure) => {
            starting.give_up();
            rest.shutdown().await;
            return Err(failure);
        }
    };
    let keeper = Arc::new(StatusKeeper::new(Arc::new(stores.statuses.clone())));
    let producers = startup::producers(&props, &worker_id);
    let offsets = Arc::new(stores.offsets.clone());
    let listener = Arc::clone(&keeper);
    let group = GroupSettings {
        group_id: settings.group_id.clone(),
        exactly_once: ExactlyOnceSources::from_worker(&config).map_err(|error| wrong(&error.message()))?.is_enabled(),
        offsets: store_settings.offsets.clone(),
    };
    let worker = Worker::new(worker_settings, plugins, offsets, listener, producers, tasks).in_group(group);
    let counts = rest_config.metrics_endpoint && worker_settings::client_metrics(&config)?;
    let worker = if counts { worker.with_client_metrics() } else { worker };
    let _app_info = AppInfo::register(worker.metrics(), worker.settings().worker_id.as_str(), VERSION, commit());
    rest.show_metrics(worker.metrics().clone());
    aqueduct_connector_mirror::show_metrics(worker.metrics().clone());
    let membership = Arc::new(CoordinatorMetrics::new(worker.metrics().window()));
    let member_client = WorkerScopes::new(&props).group_member(&worker_id);
    let _membership = membership.show(worker.metrics(), member_client.client_id());
    let group = join(&config, &member_client, &settings.group_id, url, &stores.configs, membership)?;
    let (configs, events) = (stores.configs.clone(), stores.events);
    let herder = DistributedHerder::start(DistributedParts {
        worker,
        info,
        settings,
        config: (configs.clone(), events),
        keeper,
        group,
        peers: Arc::new(HttpPeers::new(rest_config.request_timeout)),
        set_level: Box::new(move |logger, level| match Level::parse(level) {
            Some(level) => drop(loggers.set_level(logger, level)),
            None => tracing::warn!("Ignoring the level {level} of logger {logger}, which is no level"),
        }),
    });
    starting.started(herder.clone());

    let outcome = tokio::select! {
        () = signals.stop() => Ok(()),
        why = herder.failed() => Err(Failure::ended(format!("The worker cannot be in its group: {why}"))),
    };
    tracing::info!("Aqueduct is stopping");
    tokio::select! {
        () = async {
            rest.shutdown().await;
            herder.stop().await;
            tokio::join!(stores.statuses.stop(), configs.stop(), stores.offsets.stop());
        } => tracing::info!("Aqueduct has stopped"),
        () = signals.another() => tracing::warn!("A second signal: ending at once"),
    }
    outcome
}

/// What the worker remembers, in topics.
struct Stores {
    offsets: KafkaOffsetStore,
    statuses: KafkaStatusStore,
    configs: KafkaConfigStore,
    events: ConfigEvents,
}

impl Stores {
    /// Opens the topics, one after another, and reads them. Java's herder does that on a thread of its own, whose failures end
    /// the process as those of a worker that ran.
    async fn start(settings: &StoreSettings) -> Result<Self, Failure> {
        let failed = |error: ConnectError| Failure::ended(error.trace().trim_end());
        let offsets = KafkaOffsetStore::start(settings).await.map_err(failed)?;
        let statuses = KafkaStatusStore::start(settings).await.map_err(failed)?;
        let (configs, events) = KafkaConfigStore::start(settings).await.map_err(failed)?;
        Ok(Self { offsets, statuses, configs, events })
    }
}

/// Joins the group.
fn join(
    config: &ParsedConfig,
    client: &ClientSettings,
    group_id: &str,
    url: String,
    configs: &KafkaConfigStore,
    metrics: Arc<CoordinatorMetrics>,
) -> Result<Group, Failure> {
    let settings = member_settings(config, url).map_err(|error| Failure::start(error.message()))?;
    let coordinator = KafkaCoordinator::create(client, group_id).map_err(|error| {
        let reasons: Vec<&str> = error.causes().iter().map(|cause| cause.message.as_str()).collect();
        Failure::start(format!("{error}: {}", reasons.join(": ")))
    })?;
    Ok(join_group(settings, coordinator, configs.clone(), metrics))
}

/// What a member of the group has to know of the worker's properties.
fn member_settings(config: &ParsedConfig, url: String) -> Result<MemberSettings, ConfigError> {
    let int = |key: &str| -> Result<Duration, ConfigError> {
        Ok(Duration::from_millis(u64::try_from(config.int(key)?).unwrap_or(0)))
    };
    let long = |key: &str| -> Result<Duration, ConfigError> {
        Ok(Duration::from_millis(u64::try_from(config.long(key)?).unwrap_or(0)))
    };
    let protocol = match config.string(keys::CONNECT_PROTOCOL)?.to_ascii_lowercase().as_str() {
        "eager" => Protocol::Eager,
        "compatible" => Protocol::Compatible,
        _ => Protocol::Sessioned,
    };
    Ok(MemberSettings {
        protocol,
        session_timeout: int(keys::SESSION_TIMEOUT_MS)?,
        rebalance_timeout: int(keys::REBALANCE_TIMEOUT_MS)?,
        heartbeat_interval: int(keys::HEARTBEAT_INTERVAL_MS)?,
        retry_backoff: long(keys::RETRY_BACKOFF_MS)?,
        retry_backoff_max: long(keys::RETRY_BACKOFF_MAX_MS)?,
        max_delay: int(keys::SCHEDULED_REBALANCE_MAX_DELAY_MS)?,
        ..MemberSettings::new(url)
    })
}

/// Loggers that can be set on every worker at once, through the config topic.
struct ClusterLoggers {
    here: Arc<TargetLoggers>,
    herder: StartingHerder,
}

impl Loggers for ClusterLoggers {
    fn levels(&self) -> std::collections::BTreeMap<String, LoggerLevel> {
        self.here.levels()
    }

    fn level(&self, logger: &str) -> Option<LoggerLevel> {
        self.here.level(logger)
    }

    fn set_level(&self, logger: &str, level: Level) -> Vec<String> {
        self.here.set_level(logger, level)
    }

    fn set_cluster_level<'a>(&'a self, logger: &'a str, level: Level) -> BoxFuture<'a, Result<(), HerderError>> {
        Box::pin(self.herder.set_logger_level(logger, level.name()))
    }
}
