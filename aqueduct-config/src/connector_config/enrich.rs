//! The keys of transforms and predicates, behind `transforms.NAME.` and `predicates.NAME.`.

use std::sync::Arc;

use super::plugins::{ClassesOf, VersionsOf};
use super::shared_keys::{PREDICATES_GROUP, TRANSFORMS_GROUP};
use super::*;
use crate::Importance::{High, Medium};
use crate::parse::{java_trim, split_list};
use crate::validator::distinct;
use crate::{
    ClassResolver, ConfigDef, ConfigError, ConfigKey, ConfigValueData, CustomValidator, Properties, Type, Validator,
    Width,
};

const PREDICATE: &str = "predicate";
const NEGATE: &str = "negate";

/// A definition with the keys of the transforms and predicates that a connector names.
///
/// For each of them: `type`, `plugin.version`, and what the plugin itself defines, which for a transform is joined by
/// `predicate` and `negate`. A plugin that cannot be had contributes nothing of its own; validating its `type` then tells
/// why.
///
/// # Errors
/// With `require_full_config`, when a plugin cannot be had.
pub fn enrich<P: Properties + ?Sized>(
    base: &ConfigDef,
    props: &P,
    catalogue: &Arc<dyn PluginCatalogue>,
    require_full_config: bool,
) -> Result<ConfigDef, ConfigError> {
    let mut def = base.clone();
    for (list_key, group, kind) in [
        (TRANSFORMS, TRANSFORMS_GROUP, PluginKind::Transformation),
        (PREDICATES, PREDICATES_GROUP, PluginKind::Predicate),
    ] {
        let aliases = split_list(props.property(list_key).flatten().unwrap_or_default());
        for alias in distinct(&aliases).unwrap_or(aliases) {
            let aliased = Aliased::new(kind, list_key, group, alias, props, catalogue);
            def = aliased.enrich(def, require_full_config)?;
        }
    }
    Ok(def)
}

/// One transform or predicate of a connector.
#[derive(Debug, Clone)]
struct Aliased {
    kind: PluginKind,
    alias: String,
    prefix: String,
    group: String,
    type_key: String,
    version_key: String,
    /// What the connector says about the class.
    class: Option<String>,
    /// What the connector says about the version.
    version: Option<String>,
    /// Whether the outcome of a predicate is turned round that is not there.
    negates_nothing: bool,
    catalogue: Arc<dyn PluginCatalogue>,
}

impl Aliased {
    fn new<P: Properties + ?Sized>(
        kind: PluginKind,
        list_key: &str,
        group: &str,
        alias: String,
        props: &P,
        catalogue: &Arc<dyn PluginCatalogue>,
    ) -> Self {
        let prefix = format!("{list_key}.{alias}.");
        let (type_key, version_key) = (format!("{prefix}type"), format!("{prefix}plugin.version"));
        let text = |key: &str| props.property(key).flatten().map(str::to_owned);
        Self {
            kind,
            group: format!("{group}: {alias}"),
            class: text(&type_key),
            version: text(&version_key),
            negates_nothing: kind == PluginKind::Transformation
                && props.has_property(&format!("{prefix}{NEGATE}"))
                && !props.has_property(&format!("{prefix}{PREDICATE}")),
            catalogue: Arc::clone(catalogue),
            alias,
            prefix,
            type_key,
            version_key,
        }
    }

    fn enrich(&self, def: ConfigDef, require_full_config: bool) -> Result<ConfigDef, ConfigError> {
        let def = def.define(self.type_key()).define(self.version_key());
        match self.plugin_keys() {
            Ok(child) => Ok(def.embed(&self.prefix, &self.group, 2, &child)),
            Err(error) if require_full_config => Err(error),
            Err(_) => Ok(def),
        }
    }

    fn type_key(&self) -> ConfigKey {
        let kind = self.kind.simple_name();
        ConfigKey::new(self.type_key.clone(), Type::Class)
            .importance(High)
            .doc(format!("The class of the {} '{}'.", kind.to_lowercase(), self.alias))
            .group(self.group.clone())
            .order(0)
            .width(Width::Long)
            .display_name(format!("{kind} type for {}", self.alias))
            .validator(Validator::custom(ClassOf(self.clone())))
            .recommender(ClassesOf { kind: self.kind, catalogue: Some(Arc::clone(&self.catalogue)) })
    }

    fn version_key(&self) -> ConfigKey {
        let kind = self.kind.simple_name();
        let default = self.class.as_deref().and_then(|class| self.catalogue.latest_version(self.kind, class));
        ConfigKey::new(self.version_key.clone(), Type::String)
            .importance(High)
            .doc(format!("The version of the {} '{}'.", kind.to_lowercase(), self.alias))
            .default(default)
            .group(self.group.clone())
            .order(1)
            .width(Width::Long)
            .display_name(format!("{kind} version for {}", self.alias))
            .validator(Validator::custom(VersionOf(self.clone())))
            .recommender(VersionsOf {
                kind: self.kind,
                class_key: self.type_key.clone(),
                always_visible: true,
                catalogue: Some(Arc::clone(&self.catalogue)),
            })
    }

    /// What stands behind the prefix besides `type` and `plugin.version`.
    fn plugin_keys(&self) -> Result<ConfigDef, ConfigError> {
        let plugin = self.definition(self.class.as_deref(), self.version.as_deref())?;
        if self.kind != PluginKind::Transformation {
            return Ok(plugin);
        }
        let mut def = ConfigDef::new()
            .define(
                ConfigKey::new(PREDICATE, Type::String)
                    .default_null()
                    .importance(Medium)
                    .doc("The name of the predicate that a record must satisfy for the transform to be applied."),
            )
            .define(
                ConfigKey::new(NEGATE, Type::Boolean)
                    .default(false)
                    .importance(Medium)
                    .doc("Whether the transform is applied when the predicate is not satisfied, instead."),
            );
        for key in plugin.config_keys() {
            if def.key(&key.name).is_some() {
                tracing::warn!("Transformer config {} is masked by implicit config of that name", key.name);
            } else {
                def.add(key.clone());
            }
        }
        Ok(def)
    }

    fn definition(&self, class: Option<&str>, version: Option<&str>) -> Result<ConfigDef, ConfigError> {
        let Some(class) = class else {
            let why = format!("Not a {}", self.kind.simple_name());
            return Err(ConfigError::invalid(&self.type_key, "null", why));
        };
        self.find(class, version).map_err(|error| error.into_config_error(self.kind, &self.type_key, class))
    }

    /// Java looks for the class of the trimmed name, but for the plugin of the name as it was written.
    fn find(&self, class: &str, version: Option<&str>) -> Result<ConfigDef, PluginError> {
        let found = self.catalogue.definition(self.kind, java_trim(class), version);
        match found {
            Err(PluginError::NotFound) => found,
            _ if class != java_trim(class) => Err(PluginError::Failed(class.to_owned())),
            _ => found,
        }
    }
}

/// Checks `type`: the plugin must be there, and answer its definition.
#[derive(Debug)]
struct ClassOf(Aliased);

impl CustomValidator for ClassOf {
    fn ensure_valid(
        &self,
        _name: &str,
        value: &ConfigValueData,
        _classes: &dyn ClassResolver,
    ) -> Result<(), ConfigError> {
        let aliased = &self.0;
        if aliased.negates_nothing {
            let prefix = &aliased.prefix;
            return Err(ConfigError::new(format!(
                "Config '{prefix}{NEGATE}' was provided but there is no config '{prefix}{PREDICATE}' defining a \
                 predicate to be negated."
            )));
        }
        // Without a class the value could not be parsed, which was reported already.
        match value.as_class() {
            Some(class) => aliased.definition(Some(class), aliased.version.as_deref()).map(drop),
            None => Ok(()),
        }
    }

    fn description(&self) -> String {
        format!("valid configs for {} {}", self.0.alias, self.0.kind.simple_name().to_lowercase())
    }
}

/// Checks `plugin.version`: the plugin must be there in this version.
#[derive(Debug)]
struct VersionOf(Aliased);

impl CustomValidator for VersionOf {
    fn ensure_valid(
        &self,
        _name: &str,
        value: &ConfigValueData,
        _classes: &dyn ClassResolver,
    ) -> Result<(), ConfigError> {
        let aliased = &self.0;
        let (Some(class), Some(version)) = (&aliased.class, value.as_str()) else { return Ok(()) };
        match aliased.find(class, Some(version)) {
            Err(error @ (PluginError::BadVersion(_) | PluginError::NoSuchVersion { .. })) => {
                Err(error.into_config_error(aliased.kind, &aliased.type_key, class))
            }
            // Anything else is no fault of the version; `type` tells.
            _ => Ok(()),
        }
    }

    fn description(&self) -> String {
        format!("valid version for {} {}", self.0.alias, self.0.kind.simple_name().to_lowercase())
    }
}
