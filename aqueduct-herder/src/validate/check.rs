//! Asks every part of a configuration: the common keys with transforms and predicates, the connector's own, converters, and
//! overrides of its Kafka clients.

use std::sync::Arc;

use aqueduct_api::{ClientKind, ConfigMap, Factory, OverrideRequest, Plugin, PluginKind};
use aqueduct_config::connector_config::{
    self, ConnectorDefaults, PluginCatalogue, PluginDefault, PluginError, PluginKind as ConfigPluginKind, check_topics,
    common_def_with, enrich, restart_keys_in, sink_def_with, source_def_with,
};
use aqueduct_config::{ConfigDef, ConfigValue, ConfigValueData, Type, client_config, parse_type};
use aqueduct_plugins::{Catalogue, definition};
use aqueduct_worker::{ConverterSettings, Worker};

use super::Given;
use super::answer::Answer;
use crate::herder::present;
use crate::{ConfigInfos, HerderError};

/// One configuration under examination.
pub(super) struct Check<'a> {
    pub(super) worker: &'a Worker,
    pub(super) plugin: &'a Plugin,
    pub(super) config: &'a Given,
    pub(super) catalogue: Catalogue,
}

impl Check<'_> {
    pub(super) fn run(&self, class: &str) -> Result<ConfigInfos, HerderError> {
        let mut answer = Answer::default();
        match self.version_error(ConfigPluginKind::Connector, &self.plugin.class, connector_config::CONNECTOR_VERSION) {
            Some(why) => self.no_such_version(&why, &mut answer),
            None => {
                answer.add_all(vec![self.common_keys()?, self.own_keys()?]);
                self.overrides(&mut answer)?;
                self.converters(&mut answer);
            }
        }
        Ok(ConfigInfos {
            name: class.to_owned(),
            error_count: answer.errors,
            groups: answer.groups,
            configs: answer.configs,
        })
    }

    fn is_sink(&self) -> bool {
        self.plugin.kind() == PluginKind::Sink
    }

    fn given(&self, key: &str) -> Option<&str> {
        self.config.get(key).and_then(Option::as_deref)
    }

    /// Why a plugin does not have the version that a key asks for.
    fn version_error(&self, kind: ConfigPluginKind, class: &str, key: &str) -> Option<String> {
        let version = self.given(key)?;
        let error = self.catalogue.definition(kind, class, Some(version)).err()?;
        matches!(error, PluginError::NoSuchVersion { .. } | PluginError::BadVersion(_))
            .then(|| error.into_config_error(kind, key, class).message().to_owned())
    }

    /// A connector of a version that is not there can say nothing about its keys.
    fn no_such_version(&self, why: &str, answer: &mut Answer) {
        let version = self.plugin.version.to_string();
        let def = common_def_with(&ConnectorDefaults {
            connector_version: Some(version.clone()),
            ..ConnectorDefaults::default()
        });
        let mut values = def.validate_all(self.config, &self.catalogue);
        for key in [connector_config::CONNECTOR_CLASS, connector_config::CONNECTOR_VERSION] {
            if let Some(value) = values.get_mut(key) {
                value.error_messages = vec![why.to_owned()];
            }
        }
        if let Some(value) = values.get_mut(connector_config::CONNECTOR_VERSION) {
            value.recommended_values = vec![version.into()];
        }
        answer.add_all(vec![(def, values.into_values().collect())]);
    }

    fn common_keys(&self) -> Result<(ConfigDef, Vec<ConfigValue>), HerderError> {
        let unexpected = |error: aqueduct_config::ConfigError| HerderError::internal(error.message().to_owned());
        let defaults = self.defaults();
        let base = if self.is_sink() { sink_def_with(&defaults) } else { source_def_with(&defaults) };
        let base = base.define_all(restart_keys_in(self.config));
        let catalogue: Arc<dyn PluginCatalogue> = Arc::new(self.catalogue.clone());
        let def = enrich(&base, self.config, &catalogue, false).map_err(unexpected)?;
        let mut values = def.validate_all(self.config, &self.catalogue);
        if self.is_sink() {
            check_topics(self.config, &mut values).map_err(unexpected)?;
        }
        for (key, value) in self.config {
            if value.is_none() {
                let verdict = values.entry(key.clone()).or_insert_with(|| ConfigValue::new(key));
                verdict.add_error("Null value can not be supplied as the configuration value.");
            }
        }
        for (key, version_key, kind, _) in CONVERTERS {
            let Some(class) = self.given(key) else { continue };
            if let Some(why) = self.version_error(config_kind(kind), class.trim(), version_key) {
                for key in [key, version_key] {
                    if let Some(value) = values.get_mut(key) {
                        value.error_messages = vec![why.clone()];
                    }
                }
            }
        }
        Ok((def, values.into_values().collect()))
    }

    fn defaults(&self) -> ConnectorDefaults {
        let settings = self.worker.settings();
        let default = |key: &str, kind, converter: &ConverterSettings| PluginDefault {
            class: Some(self.worker.plugins().resolve(&converter.class).to_owned()),
            // The version is that of the converter in use, the connector's own if it names one.
            version: self.catalogue.latest_version(kind, self.given(key).unwrap_or(&converter.class).trim()),
        };
        let (converter, header_converter) = (ConfigPluginKind::Converter, ConfigPluginKind::HeaderConverter);
        ConnectorDefaults {
            connector_version: Some(self.plugin.version.to_string()),
            key_converter: default(connector_config::KEY_CONVERTER, converter, &settings.key_converter),
            value_converter: default(connector_config::VALUE_CONVERTER, converter, &settings.value_converter),
            header_converter: default(connector_config::HEADER_CONVERTER, header_converter, &settings.header_converter),
            catalogue: Some(Arc::new(self.catalogue.clone())),
        }
    }

    fn own_keys(&self) -> Result<(ConfigDef, Vec<ConfigValue>), HerderError> {
        let props = present(self.config);
        let (def, values) = match &self.plugin.factory {
            Factory::Source { connector, .. } => {
                let connector = connector();
                (connector.config_def(), connector.validate(&props))
            }
            Factory::Sink { connector, .. } => {
                let connector = connector();
                (connector.config_def(), connector.validate(&props))
            }
            _ => return Ok((ConfigDef::new(), Vec::new())),
        };
        let values = values.map_err(|error| HerderError::internal(error.to_string()))?;
        Ok((def, values.into_iter().collect()))
    }

    fn converters(&self, answer: &mut Answer) {
        for (key, version_key, kind, converter_type) in CONVERTERS {
            let Some(class) = self.given(key) else { continue };
            let Ok(plugin) = self.worker.plugins().find(kind, class.trim()) else { continue };
            if self.version_error(config_kind(kind), class.trim(), version_key).is_some() {
                continue;
            }
            let prefix = format!("{key}.");
            let mut props: ConfigMap = present(self.config)
                .into_iter()
                .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value)))
                .collect();
            props.entry("converter.type".into()).or_insert_with(|| converter_type.into());
            let def = definition(plugin);
            let values = def.validate_with(&props, &self.catalogue);
            answer.add_prefixed(&def, values, &prefix);
        }
    }

    /// Client overrides: each is parsed, and may be refused by the policy; a refused key is one error.
    ///
    /// # Errors
    /// For a value that is not of its key's type, which Java does not expect.
    fn overrides(&self, answer: &mut Answer) -> Result<(), HerderError> {
        let config = present(self.config);
        let text = |key: &str| config.get(key).map(String::as_str).unwrap_or_default();
        let dead_letters = !text(connector_config::DLQ_TOPIC_NAME).trim().is_empty();
        let creates_topics = connector_config::uses_topic_creation(&config);
        // Its offsets are in a topic that it looks for, reads and writes with its own rights.
        let own_offsets = !self.is_sink() && self.worker.has_offsets_of_its_own(&config);
        let clients = [
            (
                ClientKind::Producer,
                connector_config::PRODUCER_OVERRIDE_PREFIX,
                client_config::producer as fn() -> ConfigDef,
                !self.is_sink() || dead_letters,
            ),
            (
                ClientKind::Admin,
                connector_config::ADMIN_OVERRIDE_PREFIX,
                client_config::admin,
                (!self.is_sink() && creates_topics) || (self.is_sink() && dead_letters) || own_offsets,
            ),
            (
                ClientKind::Consumer,
                connector_config::CONSUMER_OVERRIDE_PREFIX,
                client_config::consumer,
                self.is_sink() || own_offsets,
            ),
        ];
        for (client, prefix, define, applies) in clients {
            let overrides: ConfigMap = config
                .iter()
                .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())))
                .collect();
            if !applies || overrides.is_empty() {
                continue;
            }
            let def = define();
            let mut verdicts = Vec::new();
            for (key, value) in &overrides {
                let mut verdict = ConfigValue::new(key.clone());
                let value = ConfigValueData::from(value.as_str());
                verdict.value = match def.key(key) {
                    // A class that only Java has is none of our business here.
                    Some(known) if known.value_type != Type::Class => {
                        parse_type(key, &value, known.value_type, &self.catalogue)
                            .map_err(|error| HerderError::internal(error.message().to_owned()))?
                    }
                    _ => value,
                };
                verdicts.push(verdict);
            }
            let request = OverrideRequest {
                client,
                overrides: &overrides,
                connector: text(connector_config::NAME),
                connector_class: text(connector_config::CONNECTOR_CLASS),
                is_source: !self.is_sink(),
            };
            for (key, why) in self.worker.settings().override_policy.validate(&request) {
                if let Some(verdict) = verdicts.iter_mut().find(|verdict| verdict.name == key) {
                    verdict.add_error(why);
                }
            }
            let refused = verdicts.iter().filter(|verdict| !verdict.error_messages.is_empty()).count();
            let before = answer.errors;
            answer.add_prefixed(&def, verdicts, prefix);
            answer.errors = before + refused;
        }
        Ok(())
    }
}

/// Key, key of the version, kind and `converter.type` of each converter that a connector may have of its own,
/// in the order of Java's answers.
const CONVERTERS: [(&str, &str, PluginKind, &str); 3] = [
    (
        connector_config::HEADER_CONVERTER,
        connector_config::HEADER_CONVERTER_VERSION,
        PluginKind::HeaderConverter,
        "header",
    ),
    (connector_config::KEY_CONVERTER, connector_config::KEY_CONVERTER_VERSION, PluginKind::Converter, "key"),
    (connector_config::VALUE_CONVERTER, connector_config::VALUE_CONVERTER_VERSION, PluginKind::Converter, "value"),
];

fn config_kind(kind: PluginKind) -> ConfigPluginKind {
    if kind == PluginKind::HeaderConverter { ConfigPluginKind::HeaderConverter } else { ConfigPluginKind::Converter }
}
