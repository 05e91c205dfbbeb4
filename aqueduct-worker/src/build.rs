//! Makes the parts of a task's record path from its connector's configuration.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_api::{ConfigMap, ConnectError, Factory, PluginKind};
use aqueduct_config::ConfigError;
use aqueduct_metrics::groups::{LinkClasses, PluginClass, TaskClasses, TaskErrorMetrics};
use aqueduct_pipeline::{
    Converters, ErrorOperator, Link, LogReporter, NamedConverter, NamedHeaderConverter, Pause, Reporter, TransformChain,
};
use aqueduct_plugins::Plugins;
use tokio_util::sync::CancellationToken;

use crate::settings::{ConnectorSettings, ConverterSettings, WorkerSettings, behind};

/// Why the parts of a task cannot be made.
pub type BuildError = ConnectError;

fn no_class(key: &str, value: &str) -> ConnectError {
    ConfigError::invalid(key, value, format_args!("Class {value} could not be found.")).into()
}

/// Every task has converters of its own.
pub(crate) fn converters(
    plugins: &Plugins,
    worker: &WorkerSettings,
    connector: &ConfigMap,
) -> Result<Converters, BuildError> {
    let key = ConverterSettings::choose(connector, "key.converter", &worker.key_converter);
    let value = ConverterSettings::choose(connector, "value.converter", &worker.value_converter);
    let header = ConverterSettings::choose(connector, "header.converter", &worker.header_converter);
    Ok(Converters {
        key: converter(plugins, "key.converter", &key, true)?,
        value: converter(plugins, "value.converter", &value, false)?,
        header: header_converter(plugins, &header)?,
    })
}

fn converter(
    plugins: &Plugins,
    key: &str,
    settings: &ConverterSettings,
    is_key: bool,
) -> Result<NamedConverter, BuildError> {
    let plugin = plugins.find(PluginKind::Converter, &settings.class).map_err(|_| no_class(key, &settings.class))?;
    let Factory::Converter { configure, .. } = &plugin.factory else {
        return Err(no_class(key, &settings.class));
    };
    Ok(NamedConverter { converter: configure(&settings.props, is_key)?, class: plugin.class.to_string() })
}

fn header_converter(plugins: &Plugins, settings: &ConverterSettings) -> Result<NamedHeaderConverter, BuildError> {
    let missing = || no_class("header.converter", &settings.class);
    let plugin = plugins.find(PluginKind::HeaderConverter, &settings.class).map_err(|_| missing())?;
    let Factory::HeaderConverter { configure, .. } = &plugin.factory else {
        return Err(missing());
    };
    Ok(NamedHeaderConverter { converter: configure(&settings.props)?, class: plugin.class.to_string() })
}

fn aliases<'a>(config: &'a ConfigMap, key: &str) -> impl Iterator<Item = &'a str> {
    config.get(key).map(String::as_str).unwrap_or_default().split(',').map(str::trim).filter(|alias| !alias.is_empty())
}

/// The transforms of a connector, with their predicates.
pub(crate) fn chain(plugins: &Plugins, config: &ConfigMap) -> Result<TransformChain, BuildError> {
    aliases(config, "transforms")
        .map(|alias| link(plugins, config, alias))
        .collect::<Result<_, _>>()
        .map(TransformChain::new)
}

fn link(plugins: &Plugins, config: &ConfigMap, alias: &str) -> Result<Link, BuildError> {
    let prefix = format!("transforms.{alias}.");
    let mut props = behind(config, &prefix);
    let type_key = format!("{prefix}type");
    let class = props.get("type").cloned().ok_or_else(|| ConfigError::missing(&type_key))?;
    let plugin = plugins.find(PluginKind::Transformation, &class).map_err(|_| no_class(&type_key, &class))?;
    let Factory::Transformation { configure, .. } = &plugin.factory else {
        return Err(no_class(&type_key, &class));
    };
    let negate = props.remove("negate");
    let predicate = match props.remove("predicate") {
        Some(name) => {
            // Lenient, as Java is at run time: anything but "true" is false.
            let negate = negate.is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
            Some((predicate(plugins, config, &prefix, name.trim())?, negate))
        }
        None => None,
    };
    Ok(Link { transform: configure(&props)?, class: plugin.class.to_string(), predicate })
}

fn predicate(
    plugins: &Plugins,
    config: &ConfigMap,
    user: &str,
    alias: &str,
) -> Result<Box<dyn aqueduct_api::Predicate>, BuildError> {
    if !aliases(config, "predicates").any(|listed| listed == alias) {
        return Err(ConnectError::config(format!(
            "Invalid value {alias} for configuration {user}predicate: no predicate of this name is listed in 'predicates'"
        )));
    }
    let prefix = format!("predicates.{alias}.");
    let type_key = format!("{prefix}type");
    let props = behind(config, &prefix);
    let class = props.get("type").ok_or_else(|| ConfigError::missing(&type_key))?;
    let plugin = plugins.find(PluginKind::Predicate, class).map_err(|_| no_class(&type_key, class))?;
    match &plugin.factory {
        Factory::Predicate { configure, .. } => configure(&props),
        _ => Err(no_class(&type_key, class)),
    }
}

/// The classes that a task is made of. What cannot be found is left empty: making the task says why.
pub(crate) fn classes(
    plugins: &Plugins,
    connector: &ConfigMap,
    connector_plugin: &aqueduct_api::Plugin,
    converters: &Converters,
) -> TaskClasses {
    let named = |class: &str| {
        let found = plugins.find_any(class);
        PluginClass {
            class: found.map_or_else(|| class.to_owned(), |plugin| plugin.class.to_string()),
            version: found.map(|plugin| plugin.version.to_string()).unwrap_or_default(),
        }
    };
    let mut links = Vec::new();
    for alias in aliases(connector, "transforms") {
        let props = behind(connector, &format!("transforms.{alias}."));
        let mut link = |alias: &str, class: Option<&String>, is_predicate| {
            if let Some(class) = class {
                links.push(LinkClasses { is_predicate, alias: alias.to_owned(), class: named(class) });
            }
        };
        link(alias, props.get("type"), false);
        if let Some(predicate) = props.get("predicate").map(|predicate| predicate.trim()) {
            link(predicate, connector.get(&format!("predicates.{predicate}.type")), true);
        }
    }
    let task_class = match &connector_plugin.factory {
        Factory::Source { task_class, .. } | Factory::Sink { task_class, .. } => task_class.to_string(),
        _ => String::new(),
    };
    let version = connector_plugin.version.to_string();
    TaskClasses {
        kind: connector_plugin.kind().name(),
        connector: PluginClass { class: connector_plugin.class.to_string(), version: version.clone() },
        task: PluginClass { class: task_class, version },
        key_converter: named(&converters.key.class),
        value_converter: named(&converters.value.class),
        header_converter: named(&converters.header.class),
        links,
    }
}

/// The error policy of a task, with the reporters that every connector can have and `more`.
pub(crate) fn operator(
    task: &str,
    settings: &ConnectorSettings,
    stop: CancellationToken,
    metrics: &Arc<TaskErrorMetrics>,
    more: Option<Box<dyn Reporter>>,
) -> ErrorOperator {
    let mut reporters: Vec<Box<dyn Reporter>> = Vec::new();
    if settings.log_errors {
        reporters.push(Box::new(LogReporter { include_messages: settings.log_messages, metrics: Arc::clone(metrics) }));
    }
    reporters.extend(more);
    ErrorOperator::new(task, settings.errors.clone(), Box::new(BlockingPause { stop }), reporters)
        .counting(Arc::clone(metrics))
}

/// Waits on the thread of the task, which gives its other work to another thread meanwhile. Retries are rare, and a task
/// that retries has nothing else to do.
struct BlockingPause {
    stop: CancellationToken,
}

impl Pause for BlockingPause {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn pause(&self, duration: Duration) -> bool {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                tokio::select! {
                    () = self.stop.cancelled() => false,
                    () = tokio::time::sleep(duration) => true,
                }
            })
        })
    }

    fn random(&self, below: u64) -> u64 {
        // The low bits of the clock spread retries well enough, and need no dependency.
        let nanos =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        u64::from(nanos) % below.max(1)
    }
}
