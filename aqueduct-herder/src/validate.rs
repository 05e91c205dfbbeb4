//! Checking a connector's configuration before anything is created (`AbstractHerder.validateConnectorConfig`).
//!
//! Runs on a thread that may block: a connector's own check may look at outside systems. The order of the answer is that
//! of the common keys, the transforms and predicates, the converters, and the connector's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_api::{ClientKind, ConfigMap, Factory, OverrideRequest, Plugin, PluginKind};
use aqueduct_config::connector_config::{
    self, ConnectorDefaults, PluginCatalogue, PluginDefault, PluginKind as ConfigPluginKind, check_topics, enrich,
    sink_def_with, source_def_with,
};
use aqueduct_config::{ConfigDef, ConfigKey, ConfigValue, ConfigValueData, convert_to_string};
use aqueduct_plugins::{Catalogue, definition};
use aqueduct_worker::{ConverterSettings, Worker};

use crate::herder::present;
use crate::{ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo, HerderError};

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
    let plugin = worker.plugins().connector(class.trim()).map_err(HerderError::bad_request)?;
    let check = Check { worker, plugin, config, catalogue: Catalogue::new(Arc::clone(worker.plugins())) };
    check.run(class)
}

/// The same failure as `config/validate` shows it.
pub(crate) fn as_validation_failure(error: HerderError) -> HerderError {
    let inner =
        if error.message().starts_with("Failed to find any class") || error.message().starts_with("More than one") {
            "org.apache.kafka.connect.errors.ConnectException: "
        } else {
            ""
        };
    HerderError::internal(format!("{WRAPPED}{inner}{}", error.message()))
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
    fn add(&mut self, def: &ConfigDef, values: impl IntoIterator<Item = ConfigValue>, prefix: &str) {
        let mut values: BTreeMap<String, ConfigValue> =
            values.into_iter().map(|value| (value.name.clone(), value)).collect();
        for key in def.config_keys() {
            if let Some(value) = values.remove(key.name.as_ref()) {
                self.push(Some(key), value, prefix);
            }
        }
        for (_, value) in values {
            self.push(None, value, prefix);
        }
        for group in def.groups() {
            let group = group.to_string();
            if !self.groups.contains(&group) {
                self.groups.push(group);
            }
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
        self.common_keys(&mut answer)?;
        self.own_keys(&mut answer)?;
        self.converters(&mut answer);
        self.overrides(&mut answer);
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

    fn common_keys(&self, answer: &mut Answer) -> Result<(), HerderError> {
        let defaults = self.defaults();
        let base = if self.is_sink() { sink_def_with(&defaults) } else { source_def_with(&defaults) };
        let catalogue: Arc<dyn PluginCatalogue> = Arc::new(self.catalogue.clone());
        let def = enrich(&base, self.config, &catalogue, false)
            .map_err(|error| HerderError::internal(error.message().to_owned()))?;
        let mut values = def.validate_all(self.config, &self.catalogue);
        if self.is_sink() {
            check_topics(self.config, &mut values)
                .map_err(|error| HerderError::internal(error.message().to_owned()))?;
        }
        for (key, value) in self.config {
            if value.is_none() {
                let verdict = values.entry(key.clone()).or_insert_with(|| ConfigValue::new(key));
                verdict.add_error("Null value can not be supplied as the configuration value.");
            }
        }
        answer.add(&def, values.into_values(), "");
        Ok(())
    }

    fn defaults(&self) -> ConnectorDefaults {
        let settings = self.worker.settings();
        let default = |kind, converter: &ConverterSettings| PluginDefault {
            class: Some(self.worker.plugins().resolve(&converter.class).to_owned()),
            version: self.catalogue.latest_version(kind, &converter.class),
        };
        ConnectorDefaults {
            connector_version: Some(self.plugin.version.to_string()),
            key_converter: default(ConfigPluginKind::Converter, &settings.key_converter),
            value_converter: default(ConfigPluginKind::Converter, &settings.value_converter),
            header_converter: default(ConfigPluginKind::HeaderConverter, &settings.header_converter),
            catalogue: Some(Arc::new(self.catalogue.clone())),
        }
    }

    fn own_keys(&self, answer: &mut Answer) -> Result<(), HerderError> {
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
            _ => return Ok(()),
        };
        let values = values.map_err(|error| HerderError::internal(error.to_string()))?;
        answer.add(&def, values, "");
        Ok(())
    }

    fn converters(&self, answer: &mut Answer) {
        for (key, kind) in [
            ("key.converter", PluginKind::Converter),
            ("value.converter", PluginKind::Converter),
            ("header.converter", PluginKind::HeaderConverter),
        ] {
            let Some(class) = self.config.get(key).and_then(Option::as_deref) else { continue };
            let Ok(plugin) = self.worker.plugins().find(kind, class.trim()) else { continue };
            let prefix = format!("{key}.");
            let mut props: ConfigMap = present(self.config)
                .into_iter()
                .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value)))
                .collect();
            let converter_type = match key {
                "key.converter" => "key",
                "value.converter" => "value",
                _ => "header",
            };
            props.entry("converter.type".into()).or_insert_with(|| converter_type.into());
            let def = definition(plugin);
            let values = def.validate_with(&props, &self.catalogue);
            answer.add(&def, values, &prefix);
        }
    }

    /// Client overrides that the policy refuses; each key is one error.
    fn overrides(&self, answer: &mut Answer) {
        let config = present(self.config);
        let text = |key: &str| config.get(key).map(String::as_str).unwrap_or_default();
        let dead_letters = !text(connector_config::DLQ_TOPIC_NAME).trim().is_empty();
        let creates_topics = connector_config::uses_topic_creation(&config);
        let clients = [
            (ClientKind::Producer, "producer.override.", !self.is_sink() || dead_letters),
            (
                ClientKind::Admin,
                "admin.override.",
                (!self.is_sink() && creates_topics) || (self.is_sink() && dead_letters),
            ),
            (ClientKind::Consumer, "consumer.override.", self.is_sink()),
        ];
        for (client, prefix, applies) in clients {
            if !applies {
                continue;
            }
            let overrides: ConfigMap = config
                .iter()
                .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())))
                .collect();
            let request = OverrideRequest {
                client,
                overrides: &overrides,
                connector: text(connector_config::NAME),
                connector_class: text(connector_config::CONNECTOR_CLASS),
                is_source: !self.is_sink(),
            };
            let refused: BTreeMap<String, String> =
                self.worker.settings().override_policy.validate(&request).into_iter().collect();
            for (key, value) in &overrides {
                let mut verdict = ConfigValue::new(key.clone());
                verdict.value = ConfigValueData::from(value.as_str());
                if let Some(why) = refused.get(key) {
                    verdict.add_error(why.clone());
                }
                let before = answer.errors;
                answer.push(None, verdict, prefix);
                answer.errors = before + usize::from(refused.contains_key(key));
            }
        }
    }
}
