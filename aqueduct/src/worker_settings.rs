//! From a worker's properties to the settings that the layers below take.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, Factory, PluginKind};
use aqueduct_config::worker_config::{self as keys, parse_standalone};
use aqueduct_config::{ConfigError, ParsedConfig};
use aqueduct_metrics::Window;
use aqueduct_plugins::{Catalogue, Plugins};
use aqueduct_worker::{ConfigTransformer, ConverterSettings, WorkerSettings};

use crate::exit::Failure;

/// A key of Aqueduct's own: counting costs each consumer some memory.
const METRICS_CLIENTS_ENABLE: &str = "metrics.clients.enable";

const POLICY_INTERFACE: &str = "org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy";

/// A worker's properties with the values of their variables, and what resolves those of its connectors. The two look at
/// their sources apart, as in Java.
pub(crate) fn resolve(
    file: &Path,
    props: &ConfigMap,
    plugins: &Plugins,
) -> Result<(ConfigMap, Arc<ConfigTransformer>), Failure> {
    let named = |error: ConnectError| {
        Failure::start(format!("{}: {}", file.display(), error.message().unwrap_or_else(|| error.class())))
    };
    let resolved = ConfigTransformer::of_worker(plugins, props).and_then(|variables| variables.resolve(props));
    let resolved = resolved.map_err(named)?;
    let variables = ConfigTransformer::of_worker(plugins, &resolved).map_err(named)?;
    Ok((resolved, Arc::new(variables)))
}

/// Parses a standalone worker's properties. A wrong one is named with its file, and with what may have been meant.
pub(crate) fn parse(file: &Path, props: &ConfigMap, plugins: &Arc<Plugins>) -> Result<ParsedConfig, Failure> {
    parse_standalone(props, &Catalogue::new(Arc::clone(plugins))).map_err(|error| in_file(file, props, plugins, &error))
}

/// The same for a distributed worker's.
pub(crate) fn parse_distributed(
    file: &Path,
    props: &ConfigMap,
    plugins: &Arc<Plugins>,
) -> Result<ParsedConfig, Failure> {
    keys::parse_distributed(props, &Catalogue::new(Arc::clone(plugins)))
        .map_err(|error| in_file(file, props, plugins, &error))
}

fn in_file(file: &Path, props: &ConfigMap, plugins: &Plugins, error: &ConfigError) -> Failure {
    let mut message = format!("{}: {}", file.display(), error.message());
    for (key, kind) in [
        ("key.converter", PluginKind::Converter),
        ("value.converter", PluginKind::Converter),
        ("header.converter", PluginKind::HeaderConverter),
    ] {
        if let Some(class) = props.get(key)
            && error.message().contains(&format!("configuration {key}:"))
            && let Err(missing) = plugins.find(kind, class.trim())
        {
            message.push_str(&format!(" ({missing}; `aqueduct plugins` lists them all)"));
        }
    }
    Failure::start(message)
}

/// Whether the figures of the tasks' Kafka clients are to be shown.
pub(crate) fn client_metrics(config: &ParsedConfig) -> Result<bool, Failure> {
    match config.original(METRICS_CLIENTS_ENABLE).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => Err(Failure::start(format!(
            "Invalid value {other} for configuration {METRICS_CLIENTS_ENABLE}: must be true or false"
        ))),
    }
}

/// The settings of the worker, once its address and cluster are known.
pub(crate) fn settings(
    config: &ParsedConfig,
    props: &ConfigMap,
    plugins: &Plugins,
    worker_id: String,
    cluster_id: String,
    variables: Arc<ConfigTransformer>,
) -> Result<WorkerSettings, Failure> {
    let start = |error: ConfigError| Failure::start(error.message());
    let converter = |key: &str| -> Result<ConverterSettings, Failure> {
        let prefix = format!("{key}.");
        let own =
            props.iter().filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value.clone())));
        Ok(ConverterSettings { class: config.class(key).map_err(start)?.to_owned(), props: own.collect() })
    };
    let millis = |key: &str| -> Result<Duration, Failure> {
        let ms = config.long(key).map_err(start)?;
        u64::try_from(ms).map(Duration::from_millis).map_err(|_| {
            Failure::start(format!(
                "Invalid value {ms} for configuration {key}: a number of milliseconds cannot be negative"
            ))
        })
    };
    let policy = config.string(keys::CLIENT_CONFIG_OVERRIDE_POLICY).map_err(start)?;
    let policy = plugins.find(PluginKind::OverridePolicy, policy.trim()).map_err(|missing| {
        Failure::start(format!(
            "Failed to find any class that implements interface {POLICY_INTERFACE} and which name matches {} ({}: {missing})",
            missing.name,
            keys::CLIENT_CONFIG_OVERRIDE_POLICY
        ))
    })?;
    let Factory::OverridePolicy { configure } = &policy.factory else {
        return Err(Failure::start(format!("{} is no override policy", policy.class)));
    };
    let override_policy = configure(props).map_err(|error| Failure::start(error.to_string()))?;
    Ok(WorkerSettings {
        worker_id,
        cluster_id,
        originals: props.clone(),
        key_converter: converter("key.converter")?,
        value_converter: converter("value.converter")?,
        header_converter: converter("header.converter")?,
        graceful_timeout: millis(keys::TASK_SHUTDOWN_GRACEFUL_TIMEOUT_MS)?,
        flush_interval: millis(keys::OFFSET_FLUSH_INTERVAL_MS)?,
        flush_timeout: millis(keys::OFFSET_FLUSH_TIMEOUT_MS)?,
        topic_creation: config.boolean(keys::TOPIC_CREATION_ENABLE).map_err(start)?,
        topic_tracking: config.boolean(keys::TOPIC_TRACKING_ENABLE).map_err(start)?,
        override_policy: override_policy.into(),
        metrics_window: Window {
            samples: usize::try_from(config.int(keys::METRICS_NUM_SAMPLES).map_err(start)?).unwrap_or(1),
            length: millis(keys::METRICS_SAMPLE_WINDOW_MS)?,
        },
        variables,
    })
}
