//! What connector configurations have to know about plugins. The registry, far above, answers through
//! [`PluginCatalogue`].

use std::fmt;
use std::sync::Arc;

use crate::parse::class_not_found;
use crate::version_range::VersionRange;
use crate::{ConfigDef, ConfigError, ConfigErrorKind, ConfigValueData, Recommender, Values};

/// The kinds of plugins that connector configurations name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PluginKind {
    /// A source or sink connector.
    Connector,
    /// A converter of keys and values.
    Converter,
    /// A converter of headers.
    HeaderConverter,
    /// A single message transform.
    Transformation,
    /// A predicate of transforms.
    Predicate,
}

impl PluginKind {
    /// The simple name of the Java class or interface.
    pub const fn simple_name(self) -> &'static str {
        match self {
            Self::Connector => "Connector",
            Self::Converter => "Converter",
            Self::HeaderConverter => "HeaderConverter",
            Self::Transformation => "Transformation",
            Self::Predicate => "Predicate",
        }
    }
}

/// Why the definition of a plugin cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginError {
    /// No class has this name or alias.
    NotFound,
    /// The class is of another kind.
    WrongKind {
        /// Its full name.
        class: String,
    },
    /// The class is abstract.
    Abstract {
        /// Its public nested classes that are concrete, which the user may have meant.
        alternatives: Vec<String>,
    },
    /// The version is no range of versions; the text is that of [`VersionRange::requirement`]'s error.
    BadVersion(String),
    /// No version of the plugin is in the range.
    NoSuchVersion {
        /// The plugin's class.
        class: String,
        /// The range that was asked for.
        range: VersionRange,
        /// The versions that there are.
        available: Vec<String>,
    },
    /// The plugin did not answer its definition, but this.
    Failed(String),
}

impl PluginError {
    /// The error as a user sees it who wrote `given` as the value of `type_key`.
    pub fn into_config_error(self, kind: PluginKind, type_key: &str, given: &str) -> ConfigError {
        let kind = kind.simple_name();
        match self {
            Self::NotFound => class_not_found(type_key, given),
            Self::WrongKind { class } => {
                ConfigError::new(format!("Class class {class} does not implement the {kind} interface"))
            }
            Self::Abstract { alternatives } => abstract_class(&alternatives),
            Self::BadVersion(why) => ConfigError::with_kind(ConfigErrorKind::PluginVersion, why),
            Self::NoSuchVersion { class, range, available } => ConfigError::with_kind(
                ConfigErrorKind::PluginVersion,
                format!(
                    "Plugin {class} not found that matches the version range {range}, available versions: [{}]",
                    available.join(", ")
                ),
            ),
            Self::Failed(message) => ConfigError::invalid(
                type_key,
                given,
                format_args!("Error getting config definition from {kind}: {message}"),
            ),
        }
    }
}

/// What is said of a class that is abstract.
pub(crate) fn abstract_class(alternatives: &[String]) -> ConfigError {
    let mut message = "This class is abstract and cannot be created.".to_owned();
    if !alternatives.is_empty() {
        message.push_str(&format!(" Did you mean {}?", alternatives.join(", ")));
    }
    ConfigError::new(message)
}

/// Answers what connector configurations have to know about plugins.
pub trait PluginCatalogue: fmt::Debug + Send + Sync {
    /// The full names of all plugins of a kind, in the order in which they are suggested.
    fn classes(&self, kind: PluginKind) -> Vec<String>;

    /// The versions of the plugin of a kind that has this class name or alias, each once.
    fn versions(&self, kind: PluginKind, class_or_alias: &str) -> Vec<String>;

    /// The version that is used when none is asked for; `None` when there is no such plugin.
    fn latest_version(&self, kind: PluginKind, class_or_alias: &str) -> Option<String>;

    /// The definition of a plugin's configuration, in the newest version that will do.
    ///
    /// # Errors
    /// When there is no such plugin, or it does not answer.
    fn definition(
        &self,
        kind: PluginKind,
        class_or_alias: &str,
        version: Option<&str>,
    ) -> Result<ConfigDef, PluginError>;
}

/// Suggests all plugins of a kind.
#[derive(Debug)]
pub(super) struct ClassesOf {
    pub(super) kind: PluginKind,
    pub(super) catalogue: Option<Arc<dyn PluginCatalogue>>,
}

impl Recommender for ClassesOf {
    fn valid_values(&self, _name: &str, _parsed: &Values) -> Result<Vec<ConfigValueData>, ConfigError> {
        let classes = self.catalogue.as_ref().map(|catalogue| catalogue.classes(self.kind));
        Ok(classes.unwrap_or_default().into_iter().map(ConfigValueData::Class).collect())
    }
}

/// Suggests the versions of the plugin that another key names.
#[derive(Debug)]
pub(super) struct VersionsOf {
    pub(super) kind: PluginKind,
    pub(super) class_key: String,
    /// Whether the version matters even while that key names nothing.
    pub(super) always_visible: bool,
    pub(super) catalogue: Option<Arc<dyn PluginCatalogue>>,
}

impl VersionsOf {
    fn class<'a>(&self, parsed: &'a Values) -> Option<&'a str> {
        let value = parsed.get(&self.class_key)?;
        value.as_class().or_else(|| value.as_str())
    }
}

impl Recommender for VersionsOf {
    fn valid_values(&self, _name: &str, parsed: &Values) -> Result<Vec<ConfigValueData>, ConfigError> {
        let versions = match (&self.catalogue, self.class(parsed)) {
            (Some(catalogue), Some(class)) => catalogue.versions(self.kind, class),
            _ => Vec::new(),
        };
        Ok(versions.into_iter().map(ConfigValueData::String).collect())
    }

    fn visible(&self, _name: &str, parsed: &Values) -> Result<bool, ConfigError> {
        Ok(self.always_visible || self.class(parsed).is_some())
    }
}
