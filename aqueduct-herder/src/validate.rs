//! Checking a connector's configuration before anything is created (`AbstractHerder.validateConnectorConfig`).
//!
//! Runs on a thread that may block: a connector's own check may look at outside systems. The order of the answer is that
//! of the common keys, the transforms and predicates, the converters, and the connector's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_api::{ClientKind, ConfigMap, Factory, OverrideRequest, Plugin, PluginKind};
use aqueduct_config::connector_config::{
    self, ConnectorDefaults, PluginCatalogue, PluginDefault, PluginError, PluginKind as ConfigPluginKind, check_topics,
    common_def, enrich, sink_def_with, source_def_with,
};
use aqueduct_config::{
    ConfigDef, ConfigKey, ConfigValue, ConfigValueData, Type, client_config, convert_to_string, parse_type,
};
use aqueduct_jvm::hash_order::iteration_order;
use aqueduct_plugins::{Catalogue, definition};
use aqueduct_worker::{ConverterSettings, Worker};
use indexmap::IndexMap;

use crate::herder::present;
use crate::{ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo, HerderError, HerderErrorKind};

type Given = BTreeMap<String, Option<String>>;

/// The text with which Java's REST layer passes on an exception that it did not expect.
const WRAPPED: &str = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: ";

/// Checks a configuration.
///
/// # Errors
/// When there is nothing to check against: no class, an unknown class.
pub(crate) fn validate(worker: &Worker, config: &Given) -> Result<ConfigInfos, HerderError> {
    let class = config.get(connector_config::CONNECTOR_CLASS).and_then(Option::as_deref);
    let Some(class) = class else {
        let pairs: Vec<String> =
            config.iter().map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or("null"))).collect();
        let message = format!("Connector config {{{}}} contains no connector type", pairs.join(", "));
        return Err(HerderError::bad_request(message));
    };
    let resolved = resolved(worker, config)?;
    let class = resolved.get(connector_config::CONNECTOR_CLASS).and_then(Option::as_deref).unwrap_or(class);
    let plugin = worker.plugins().connector(class.trim()).map_err(HerderError::bad_request)?;
    let check = Check { worker, plugin, config: &resolved, catalogue: Catalogue::new(Arc::clone(worker.plugins())) };
    let mut infos = check.run(class)?;
    hide(&mut infos, config, &resolved);
    Ok(infos)
}

/// The configuration with the values of its variables.
fn resolved(worker: &Worker, config: &Given) -> Result<Given, HerderError> {
    let values = worker.resolved(&present(config)).map_err(|error| HerderError::internal(error.to_string()))?;
    Ok(config.iter().map(|(key, value)| (key.clone(), value.as_ref().and_then(|_| values.get(key).cloned()))).collect())
}

/// Shows variables instead of what they stand for, which Java does not: the answer goes to whoever asks.
fn hide(infos: &mut ConfigInfos, given: &Given, resolved: &Given) {
    for (key, given) in given {
        let (Some(given), Some(Some(secret))) = (given, resolved.get(key)) else { continue };
        if given == secret || secret.is_empty() {
            continue;
        }
        for config in &mut infos.configs {
            if config.value.name == *key {
                config.value.value = Some(given.clone());
            }
            for error in &mut config.value.errors {
                *error = error.replace(secret.as_str(), given);
            }
        }
    }
}

/// The same failure as `config/validate` shows it, which expects none.
pub(crate) fn as_validation_failure(error: HerderError) -> HerderError {
    if error.kind() != HerderErrorKind::BadRequest {
        return error;
    }
    HerderError::internal(format!("{WRAPPED}{}", error.message()))
}

/// The text of a refused create or update.
pub(crate) fn refusal(infos: &ConfigInfos) -> Option<HerderError> {
    if infos.error_count == 0 {
        return None;
    }
    let mut text =
        format!("Connector configuration is invalid and contains the following {} error(s):", infos.error_count);
    for error in infos.configs.iter().flat_map(|config| &config.value.errors) {
        text.push('\n');
        text.push_str(error);
    }
    text.push_str(
        "\nYou can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    );
    Some(HerderError::bad_request(text))
}

struct Check<'a> {
    worker: &'a Worker,
    plugin: &'a Plugin,
    config: &'a Given,
    catalogue: Catalogue,
}

#[derive(Default)]
struct Answer {
    configs: Vec<ConfigInfo>,
    groups: Vec<String>,
    errors: usize,
}

impl Answer {
    /// The keys of some definitions, each once and where it came first, as the last of them has it; before them the values
    /// that belong to no key. Of several values of a key the last one counts.
    fn add_all(&mut self, parts: Vec<(ConfigDef, Vec<ConfigValue>)>) {
        let mut keys: IndexMap<String, ConfigKey> = IndexMap::new();
        for (def, _) in &parts {
            keys.extend(def.config_keys().map(|key| (key.name.to_string(), key.clone())));
            for group in def.groups() {
                self.add_group(group.as_ref());
            }
        }
        let mut values: BTreeMap<String, ConfigValue> = BTreeMap::new();
        for (_, verdicts) in parts {
            for verdict in in_hash_order(verdicts) {
                if keys.contains_key(&verdict.name) {
                    values.insert(verdict.name.clone(), verdict);
                } else {
                    self.push(None, verdict, "");
                }
            }
        }
        for (name, key) in &keys {
            if let Some(value) = values.remove(name) {
                self.push(Some(key), value, "");
            }
        }
    }

    /// The values of a part of the configuration, in the order of Java's `HashMap`, whose names go on behind a prefix.
    fn add_prefixed(&mut self, def: &ConfigDef, verdicts: Vec<ConfigValue>, prefix: &str) {
        for verdict in in_hash_order(verdicts) {
            let key = def.key(&verdict.name);
            if let Some(group) = key.and_then(|key| key.group.as_ref()) {
                self.add_group(group);
            }
            self.push(key, verdict, prefix);
        }
    }

    fn add_group(&mut self, group: &str) {
        if !self.groups.iter().any(|known| known == group) {
            self.groups.push(group.to_owned());
        }
    }

    fn push(&mut self, key: Option<&ConfigKey>, value: ConfigValue, prefix: &str) {
        self.errors += value.error_messages.len();
        let value_type = key.map(|key| key.value_type);
        let text = |value: &ConfigValueData| convert_to_string(value, value_type).ok().flatten();
        self.configs.push(ConfigInfo {
            definition: key.map(|key| {
                let mut info = key_info(key);
                info.name.insert_str(0, prefix);
                info
            }),
            value: ConfigValueInfo {
                name: format!("{prefix}{}", value.name),
                value: text(&value.value),
                recommended_values: value.recommended_values.iter().filter_map(text).collect(),
                errors: value.error_messages,
                visible: value.visible,
            },
        });
    }
}

/// The order in which Java's `HashMap` lists verdicts by their names.
fn in_hash_order(verdicts: Vec<ConfigValue>) -> Vec<ConfigValue> {
    let names: Vec<&str> = verdicts.iter().map(|verdict| verdict.name.as_str()).collect();
    let order = iteration_order(&names);
    let mut verdicts: Vec<Option<ConfigValue>> = verdicts.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| verdicts[at].take()).collect()
}

/// A key's definition as REST prints it.
pub(crate) fn key_info(key: &ConfigKey) -> ConfigKeyInfo {
    let default =
        key.default_value.as_ref().and_then(|value| convert_to_string(value, Some(key.value_type)).ok().flatten());
    ConfigKeyInfo {
        name: key.name.to_string(),
        r#type: key.value_type.name(),
        required: !key.has_default(),
        default_value: default,
        importance: key.importance.name(),
        documentation: key.documentation.to_string(),
        group: key.group.as_ref().map(ToString::to_string),
        width: key.width.name(),
        display_name: key.display_name.to_string(),
        dependents: key.dependents.iter().map(ToString::to_string).collect(),
        order: key.order_in_group,
    }
}

impl Check<'_> {
    fn run(&self, class: &str) -> Result<ConfigInfos, HerderError> {
        let mut answer = Answer::default();
        match self.version_error(ConfigPluginKind::Connector, &self.plugin.class, connector_config::CONNECTOR_VERSION) {
            Some(why) => self.no_such_version(&why, &mut answer),
            None => {
                answer.add_all(vec![self.common_keys()?, self.own_keys()?]);
                self.converters(&mut answer);
                self.overrides(&mut answer)?;
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
        let def = common_def();
        let mut values = def.validate_all(self.config, &self.catalogue);
        for key in [connector_config::CONNECTOR_CLASS, connector_config::CONNECTOR_VERSION] {
            if let Some(value) = values.get_mut(key) {
                value.error_messages = vec![why.to_owned()];
            }
        }
        answer.add_all(vec![(def, values.into_values().collect())]);
    }

    fn common_keys(&self) -> Result<(ConfigDef, Vec<ConfigValue>), HerderError> {
        let unexpected = |error: aqueduct_config::ConfigError| HerderError::internal(error.message().to_owned());
        let defaults = self.defaults();
        let base = if self.is_sink() { sink_def_with(&defaults) } else { source_def_with(&defaults) };
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
                (!self.is_sink() && creates_topics) || (self.is_sink() && dead_letters),
            ),
            (ClientKind::Consumer, connector_config::CONSUMER_OVERRIDE_PREFIX, client_config::consumer, self.is_sink()),
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
                        parse_type(key, &value, known.value_type, &self.catalogue).map_err(|error| {
                            HerderError::internal(format!(
                                "org.apache.kafka.common.config.ConfigException: {}",
                                error.message()
                            ))
                        })?
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
