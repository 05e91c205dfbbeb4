//! Lists the plugins of a worker, and their configurations, for answers.

use std::sync::Arc;

use aqueduct_config::ConfigDef;
use aqueduct_config::connector_config::{ConnectorDefaults, sink_def_with, source_def_with};
use aqueduct_plugins::{Catalogue, PluginKind, Plugins, definition};

use crate::validate::key_info;
use crate::{ConfigKeyInfo, HerderError, PluginInfo, PluginLookup};

/// The plugins that a client asks for.
pub(crate) fn plugins(plugins: &Plugins, which: PluginLookup) -> Vec<PluginInfo> {
    let listed = |kind: PluginKind| match which {
        PluginLookup::Connectors => matches!(kind, PluginKind::Source | PluginKind::Sink),
        PluginLookup::All => !matches!(kind, PluginKind::ConfigProvider | PluginKind::OverridePolicy),
    };
    let plugins = plugins.all().iter().filter(|plugin| listed(plugin.kind()));
    plugins
        .map(|plugin| PluginInfo {
            class: plugin.class.to_string(),
            kind: plugin.kind().name(),
            version: Some(plugin.version.to_string()),
        })
        .collect()
}

/// The definition of a plugin's configuration (KIP-769).
///
/// # Errors
/// When there is no such plugin.
pub(crate) fn plugin_config(plugins: &Arc<Plugins>, plugin: &str) -> Result<Vec<ConfigKeyInfo>, HerderError> {
    let found = plugins.find_any(plugin).ok_or_else(|| HerderError::not_found(format!("Unknown plugin {plugin}.")))?;
    let common = match found.kind() {
        PluginKind::Source | PluginKind::Sink => {
            let defaults = ConnectorDefaults {
                connector_version: Some(found.version.to_string()),
                catalogue: Some(Arc::new(Catalogue::new(Arc::clone(plugins)))),
                ..Default::default()
            };
            Some(if found.kind() == PluginKind::Sink { sink_def_with(&defaults) } else { source_def_with(&defaults) })
        }
        _ => None,
    };
    let own = definition(found);
    // A connector's own keys come first here; in validation answers they come last. It may have some of the common ones among
    // its own, which count then.
    let common = common.iter().flat_map(ConfigDef::config_keys).filter(|key| own.key(&key.name).is_none());
    Ok(own.config_keys().chain(common).map(key_info).collect())
}
