//! The registry as configuration definitions see it: class lookups, definitions, versions.

use std::fmt;
use std::sync::Arc;

use aqueduct_api::{Factory, Plugin, PluginKind};
use aqueduct_config::connector_config::{PluginCatalogue, PluginError, PluginKind as ConfigPluginKind};
use aqueduct_config::version_range::VersionRange;
use aqueduct_config::{ClassResolver, ConfigDef};

use crate::Plugins;

/// The registry, as configuration definitions see it. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue(Arc<Plugins>);

impl Catalogue {
    /// A view of a registry.
    pub fn new(plugins: Arc<Plugins>) -> Self {
        Self(plugins)
    }

    fn of_kind(&self, kind: ConfigPluginKind) -> impl Iterator<Item = &Plugin> {
        self.0.all().iter().filter(move |plugin| matches(plugin.kind(), kind))
    }

    /// The classes nested in one that is abstract, such as those of key and value in a transform.
    fn nested(&self, class: &str, wanted: impl Fn(&Plugin) -> bool) -> Vec<String> {
        let inside = |plugin: &&Plugin| {
            plugin.class.strip_prefix(class).is_some_and(|nested| nested.starts_with('$')) && wanted(plugin)
        };
        self.0.all().iter().filter(inside).map(|plugin| plugin.class.to_string()).collect()
    }

    fn find(&self, kind: ConfigPluginKind, name: &str) -> Option<&Plugin> {
        let class = self.0.resolve(name);
        self.of_kind(kind).find(|plugin| plugin.class == class)
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalogue({} plugins)", self.0.all().len())
    }
}

fn matches(have: PluginKind, want: ConfigPluginKind) -> bool {
    match want {
        ConfigPluginKind::Connector => matches!(have, PluginKind::Source | PluginKind::Sink),
        ConfigPluginKind::Converter => have == PluginKind::Converter,
        ConfigPluginKind::HeaderConverter => have == PluginKind::HeaderConverter,
        ConfigPluginKind::Transformation => have == PluginKind::Transformation,
        ConfigPluginKind::Predicate => have == PluginKind::Predicate,
    }
}

/// The definition of a plugin's own configuration.
pub fn definition(plugin: &Plugin) -> ConfigDef {
    match &plugin.factory {
        Factory::Source { connector, .. } => connector().config_def(),
        Factory::Sink { connector, .. } => connector().config_def(),
        Factory::Converter { define, .. }
        | Factory::HeaderConverter { define, .. }
        | Factory::Transformation { define, .. }
        | Factory::Predicate { define, .. } => define(),
        Factory::ConfigProvider { .. } | Factory::OverridePolicy { .. } => ConfigDef::new(),
    }
}

impl PluginCatalogue for Catalogue {
    fn classes(&self, kind: ConfigPluginKind) -> Vec<String> {
        self.of_kind(kind).map(|plugin| plugin.class.to_string()).collect()
    }

    fn versions(&self, kind: ConfigPluginKind, class_or_alias: &str) -> Vec<String> {
        self.find(kind, class_or_alias).map(|plugin| plugin.version.to_string()).into_iter().collect()
    }

    fn latest_version(&self, kind: ConfigPluginKind, class_or_alias: &str) -> Option<String> {
        self.find(kind, class_or_alias).map(|plugin| plugin.version.to_string())
    }

    fn definition(
        &self,
        kind: ConfigPluginKind,
        class_or_alias: &str,
        version: Option<&str>,
    ) -> Result<ConfigDef, PluginError> {
        let Some(plugin) = self.find(kind, class_or_alias) else {
            let alternatives = self.nested(class_or_alias, |plugin| matches(plugin.kind(), kind));
            return Err(match self.0.find_any(class_or_alias) {
                _ if !alternatives.is_empty() => PluginError::Abstract { alternatives },
                Some(other) => PluginError::WrongKind { class: other.class.to_string() },
                None if OF_THE_JDK.contains(&class_or_alias) => PluginError::WrongKind { class: class_or_alias.into() },
                None => PluginError::NotFound,
            });
        };
        let same = |other: &&Plugin| other.class == plugin.class;
        let range = VersionRange::requirement(version).map_err(|error| PluginError::BadVersion(error.to_string()))?;
        if let Some(range) = range
            && !range.contains(&aqueduct_config::version::Version::new(plugin.version.to_string()))
        {
            return Err(PluginError::NoSuchVersion {
                class: plugin.class.to_string(),
                range,
                // A class of two kinds is counted for each, as Java counts it.
                available: self.0.all().iter().filter(same).map(|plugin| plugin.version.to_string()).collect(),
            });
        }
        Ok(definition(plugin))
    }
}

/// Classes of the JDK that find their way into configurations: they are known, and are no plugins.
const OF_THE_JDK: [&str; 8] = [
    "java.lang.Object",
    "java.lang.String",
    "java.lang.Integer",
    "java.lang.Long",
    "java.lang.Double",
    "java.lang.Boolean",
    "java.util.ArrayList",
    "java.util.HashMap",
];

/// The interface that plugins of a kind implement.
fn interface(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Source => "org.apache.kafka.connect.source.SourceConnector",
        PluginKind::Sink => "org.apache.kafka.connect.sink.SinkConnector",
        PluginKind::Converter => "org.apache.kafka.connect.storage.Converter",
        PluginKind::HeaderConverter => "org.apache.kafka.connect.storage.HeaderConverter",
        PluginKind::Transformation => "org.apache.kafka.connect.transforms.Transformation",
        PluginKind::Predicate => "org.apache.kafka.connect.transforms.predicates.Predicate",
        PluginKind::ConfigProvider => "org.apache.kafka.common.config.provider.ConfigProvider",
        PluginKind::OverridePolicy => "org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy",
    }
}

impl ClassResolver for Catalogue {
    fn resolve(&self, name: &str) -> Option<String> {
        let plugin = self.0.find_any(name).map(|plugin| plugin.class.to_string());
        plugin.or_else(|| {
            let known = OF_THE_JDK.contains(&name) || !self.nested(name, |_| true).is_empty();
            known.then(|| name.to_owned())
        })
    }

    fn is_subtype(&self, class: &str, supertype: &str) -> bool {
        let plugins = self.0.all().iter();
        plugins.clone().any(|plugin| plugin.class == class && interface(plugin.kind()) == supertype)
            || self.abstract_class_alternatives(class, supertype).is_some()
    }

    fn abstract_class_alternatives(&self, class: &str, supertype: &str) -> Option<Vec<String>> {
        let nested = self.nested(class, |plugin| interface(plugin.kind()) == supertype);
        (!nested.is_empty()).then_some(nested)
    }
}
