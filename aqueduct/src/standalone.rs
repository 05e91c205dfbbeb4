//! A standalone worker, from its properties to its end.
//!
//! Two runtimes: the control runtime, on the main thread, serves REST and runs the herder's commands; the task runtime runs
//! connectors and tasks. A plugin that blocks never holds up an answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_api::{ConfigMap, PluginKind};
use aqueduct_config::worker_config::OFFSET_STORAGE_FILE_FILENAME;
use aqueduct_herder::standalone::{StandaloneHerder, StatusKeeper};
use aqueduct_herder::{Herder, HerderError, NewConnector, ServerInfo};
use aqueduct_metrics::groups::AppInfo;
use aqueduct_plugins::Plugins;
use aqueduct_rest::{RestConfig, RestServer};
use aqueduct_storage::{FileOffsetStore, MemoryStatusStore};
use aqueduct_worker::Worker;

use crate::dev_broker::EmbeddedBroker;
use crate::exit::Failure;
use crate::logging::TargetLoggers;
use crate::signals::Signals;
use crate::startup::{self, VERSION, cluster_id, commit, in_file, refuse_unsupported};
use crate::{connector_file, plugins, properties_file, worker_settings};

/// Runs a worker until a signal stops it.
pub(crate) fn run(
    worker_file: &Path,
    connector_files: &[PathBuf],
    broker: Option<&EmbeddedBroker>,
    loggers: Arc<TargetLoggers>,
) -> Result<(), Failure> {
    run_beside(worker_file, connector_files, broker, loggers, std::future::pending())
}

/// Runs a worker until a signal stops it or `beside`, which begins when the worker is ready, has ended. An embedded broker
/// takes the place of `bootstrap.servers`.
pub(crate) fn run_beside(
    worker_file: &Path,
    connector_files: &[PathBuf],
    broker: Option<&EmbeddedBroker>,
    loggers: Arc<TargetLoggers>,
    beside: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut props = properties_file::read(worker_file, "the worker file").map_err(Failure::start)?;
    if let Some(broker) = broker {
        broker.replace_bootstrap(&mut props);
    }
    let (control, tasks) = startup::runtimes()?;
    let outcome = control.block_on(serve(worker_file, props, connector_files, loggers, tasks.handle().clone(), beside));
    // A task that hangs was named in the log; the process does not wait for it.
    tasks.shutdown_background();
    outcome
}

async fn serve(
    worker_file: &Path,
    props: ConfigMap,
    connector_files: &[PathBuf],
    loggers: Arc<TargetLoggers>,
    tasks: tokio::runtime::Handle,
    beside: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    tracing::info!("Aqueduct {VERSION} standalone worker starting with {}", worker_file.display());
    refuse_unsupported(worker_file, &props)?;
    let plugins = Arc::new(plugins::of_worker(&props));
    let (props, variables) = worker_settings::resolve(worker_file, &props, &plugins)?;
    let config = worker_settings::parse(worker_file, &props, &plugins)?;
    let rest_config = RestConfig::from_worker(&config).map_err(|error| Failure::start(in_file(worker_file, &error)))?;
    let rest = RestServer::bind(&rest_config).map_err(|error| Failure::start(in_file(worker_file, &error)))?;

    let files: Vec<(&PathBuf, Result<NewConnector, String>)> =
        connector_files.iter().map(|file| (file, connector_file::read(file))).collect();
    let offset_file = config.string(OFFSET_STORAGE_FILE_FILENAME).map_err(|error| Failure::start(error.message()))?;
    let offsets = FileOffsetStore::open(Path::new(&offset_file)).map_err(Failure::start)?;
    let no_sources = match offsets.check_writable() {
        Ok(()) => None,
        Err(error) if files.iter().any(|(_, file)| is_source(file, &plugins)) => return Err(Failure::start(error)),
        Err(error) => {
            tracing::warn!("{error}. Sink connectors can run; source connectors are refused");
            Some(error.to_string())
        }
    };

    let cluster_id = tokio::select! {
        cluster_id = cluster_id(&props, worker_file) => cluster_id?,
        () = signals.stop() => return Ok(()),
    };
    let settings =
        worker_settings::settings(&config, &props, &plugins, rest.worker_id(), cluster_id.clone(), variables)?;
    let producers = startup::producers(&props, &settings.worker_id);
    let status = Arc::new(MemoryStatusStore::default());
    let listener = Arc::new(StatusKeeper(Arc::clone(&status)));
    let worker = Worker::new(settings, plugins, Arc::new(offsets), listener, producers, tasks);
    let counts = rest_config.metrics_endpoint && worker_settings::client_metrics(&config)?;
    let worker = if counts { worker.with_client_metrics() } else { worker };
    let _app_info = AppInfo::register(worker.metrics(), worker.settings().worker_id.as_str(), VERSION, commit());
    rest.show_metrics(worker.metrics().clone());
    aqueduct_connector_mirror::show_metrics(worker.metrics().clone());
    let info = ServerInfo { version: VERSION.into(), commit: commit().into(), kafka_cluster_id: cluster_id };
    let control = tokio::runtime::Handle::current();
    let herder = StandaloneHerder::new(worker, info, status, no_sources, control);
    rest.mount(Arc::new(herder.clone()), loggers);
    tracing::info!("REST is served at {}", rest.advertised_url());

    let mut outcome = tokio::select! {
        created = create_all(&herder, files) => created,
        () = signals.stop() => Ok(()),
    };
    if outcome.is_ok() && !signals.stopped {
        herder.set_ready();
        outcome = tokio::select! {
            () = signals.stop() => Ok(()),
            ended = beside => ended,
        };
    }
    tracing::info!("Aqueduct is stopping");
    tokio::select! {
        () = async {
            rest.shutdown().await;
            herder.stop().await;
        } => tracing::info!("Aqueduct has stopped"),
        () = signals.another() => tracing::warn!("A second signal: ending at once"),
    }
    outcome
}

fn is_source(file: &Result<NewConnector, String>, plugins: &Plugins) -> bool {
    let class = file.as_ref().ok().and_then(|connector| connector.config.get("connector.class").cloned().flatten());
    class.and_then(|class| plugins.connector(class.trim()).ok().map(aqueduct_api::Plugin::kind))
        == Some(PluginKind::Source)
}

/// Creates the connectors of the command line one after another; the first failure ends the worker.
async fn create_all(
    herder: &StandaloneHerder,
    files: Vec<(&PathBuf, Result<NewConnector, String>)>,
) -> Result<(), Failure> {
    for (file, connector) in files {
        let failed = |problem: String| {
            tracing::error!("Failed to create connector for {}", file.display());
            Failure::connector(format!("{}: {problem}", file.display()))
        };
        let connector = connector.map_err(failed)?;
        let name = connector.name.clone();
        let created = herder.put_connector(connector).await;
        created.map_err(|error: HerderError| failed(error.message().to_owned()))?;
        tracing::info!("Created connector {name}");
    }
    Ok(())
}
