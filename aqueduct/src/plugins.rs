//! The plugins that this binary has.

use std::io::Write;
use std::sync::Arc;

use aqueduct_api::ConfigMap;
use aqueduct_config::worker_config::PLUGIN_PATH;
use aqueduct_plugins::{Plugin, Plugins, java_plugins, override_policies};

use crate::exit::Failure;

/// Every plugin.
pub(crate) fn all() -> Plugins {
    let tables: [Vec<Plugin>; 7] = [
        aqueduct_connector_file::plugins(),
        aqueduct_connector_mirror::plugins(),
        aqueduct_json::plugins(),
        aqueduct_converters::plugins(),
        aqueduct_transforms::plugins(),
        aqueduct_config_providers::plugins(),
        override_policies(),
    ];
    Plugins::new(tables.into_iter().flatten().collect())
}

/// Every plugin, and the Java connectors that the worker's `plugin.path` holds, which are known but cannot run here.
pub(crate) fn of_worker(props: &ConfigMap) -> Plugins {
    let plugins = all();
    let Some(path) = props.get(PLUGIN_PATH) else {
        return plugins;
    };
    if path.contains("${") {
        tracing::warn!("{PLUGIN_PATH}={path} holds a variable; plugins are searched for under the text as it is");
    }
    let mut java = java_plugins::scan(path);
    java.retain(|found| plugins.find_any(&found.class).is_none());
    for found in &java {
        tracing::warn!("{} in {} is a Java connector; Java plugins are not hosted yet", found.class, found.location);
    }
    plugins.with_java(java)
}

/// Prints the plugins as a table or as JSON.
pub(crate) fn list(json: bool) -> Result<(), Failure> {
    let plugins = Arc::new(all());
    let mut text = String::new();
    if json {
        let listed: Vec<serde_json::Value> = plugins
            .all()
            .iter()
            .map(|p| serde_json::json!({"class": p.class, "type": p.kind().name(), "version": p.version}))
            .collect();
        text = format!("{:#}\n", serde_json::Value::from(listed));
    } else {
        let width = |of: fn(&Plugin) -> usize| plugins.all().iter().map(of).max().unwrap_or(0);
        let (kinds, classes) = (width(|p| p.kind().name().len()), width(|p| p.class.len()));
        for p in plugins.all() {
            text.push_str(&format!("{:kinds$}  {:classes$}  {}\n", p.kind().name(), p.class, p.version));
        }
    }
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::answer(format!("cannot print: {error}")))
}
