//! Compares the keys that connectors share with recorded checks of connector configurations
//! (`conformance/connector_config.jsonl`): definitions, values, errors, visibility.
//!
//! A whole answer also has the connector's own keys, converters' keys and client overrides, which are not this crate's;
//! only the shared keys, and those of a few transforms and predicates that a fake catalogue knows, are compared here.

mod catalogue;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use aqueduct_config::connector_config::{self as keys, *};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValue, convert_to_string};
use catalogue::{Catalogue, Classes, SINK, SOURCE, VERSION, without_regex_words};
use serde_json::{Value, json};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/connector_config.jsonl");

type Config = BTreeMap<String, String>;

#[test]
fn shared_keys_are_defined_and_checked_as_recorded() {
    let corpus = fs::read_to_string(CORPUS).expect("the recorded cases");
    let (mut compared, mut differences) = (0, Vec::new());
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for line in corpus.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is a line of JSON");
        let config: Config = serde_json::from_value(case["config"].clone()).expect("texts");
        if let Some(reason) = reason_to_leave_out(&case, &config) {
            *left_out.entry(reason).or_default() += 1;
            continue;
        }
        compared += 1;
        let outcome = match case["op"].as_str() {
            Some("validate") => compare_verdicts(&case["expected"]["result"], &config),
            Some("construct") => compare_construction(&case, &config),
            op => panic!("unknown op {op:?}"),
        };
        if let Err(difference) = outcome {
            differences.push(format!("{}: {difference}", case["id"]));
        }
    }
    assert_eq!(differences.len(), 0, "of {compared} cases differ:\n{}", differences.join("\n"));
    assert!(compared > 0);
    // A case that is left out is one more that this test says nothing about.
    let expected = [("a plugin that the fake catalogue does not know", 20), ("the connector itself cannot be had", 6)];
    assert_eq!(left_out.into_iter().collect::<Vec<_>>(), expected);
}

fn reason_to_leave_out(case: &Value, config: &Config) -> Option<&'static str> {
    let validates = case["op"] == "validate";
    let class = config.get(keys::CONNECTOR_CLASS).map(String::as_str);
    let known = |class: &str| class == SOURCE || class == SINK || class.starts_with("FileStreamSink");
    let version = config.get(keys::CONNECTOR_VERSION).map_or("", String::as_str);
    if validates && (!class.is_some_and(known) || matches!(version, "1.0" | "bad[")) {
        return Some("the connector itself cannot be had");
    }
    let foreign = config.iter().any(|(key, value)| {
        key.ends_with(".type") && value.contains("kafka.connect.transforms") && Catalogue.find(value).is_none()
    });
    foreign.then_some("a plugin that the fake catalogue does not know")
}

fn is_source(config: &Config) -> bool {
    config.get(keys::CONNECTOR_CLASS).is_some_and(|class| class == SOURCE)
}

fn compare_verdicts(expected: &Value, config: &Config) -> Result<(), String> {
    let catalogue: Arc<dyn PluginCatalogue> = Arc::new(Catalogue);
    // The worker's converters are used unless the connector names its own.
    let default = |class_key: &str, kind: PluginKind, worker: &str| PluginDefault {
        class: Some(worker.to_owned()),
        version: Catalogue.latest_version(kind, config.get(class_key).map_or(worker, String::as_str)),
    };
    let json_converter = "org.apache.kafka.connect.json.JsonConverter";
    let header_converter = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
    let defaults = ConnectorDefaults {
        connector_version: Some(VERSION.to_owned()),
        key_converter: default(keys::KEY_CONVERTER, PluginKind::Converter, json_converter),
        value_converter: default(keys::VALUE_CONVERTER, PluginKind::Converter, json_converter),
        header_converter: default(keys::HEADER_CONVERTER, PluginKind::HeaderConverter, header_converter),
        catalogue: Some(Arc::clone(&catalogue)),
    };
    let base = if is_source(config) { source_def_with(&defaults) } else { sink_def_with(&defaults) };
    let def = enrich(&base, config, &catalogue, false).expect("nothing is required");
    let mut verdicts = def.validate_all(config, &Classes);
    if !is_source(config) {
        check_topics(config, &mut verdicts).map_err(|error| error.to_string())?;
    }

    let groups = expected["groups"].as_array().expect("groups");
    let own_groups: Vec<Value> = def.groups().iter().map(|group| json!(group)).collect();
    if !groups.starts_with(&own_groups) {
        return Err(format!("groups {own_groups:?}, expected {groups:?}"));
    }
    for (name, verdict) in &verdicts {
        let key = def.key(name).expect("a key");
        compare_verdict(expected, key, verdict)?;
    }
    compare_definitions(expected, &def, &verdicts.into_values().collect::<Vec<_>>())
}

fn compare_verdict(expected: &Value, key: &ConfigKey, verdict: &ConfigValue) -> Result<(), String> {
    let name = &verdict.name;
    let value = json!(convert_to_string(&verdict.value, Some(key.value_type)).expect("a parsed value"));
    let mut errors = expected["errors"].get(name).cloned().unwrap_or_else(|| json!([]));
    // Whether the plugin itself is there in that version is told by whoever makes it.
    errors.as_array_mut().expect("errors").retain(|error| {
        !error.as_str().is_some_and(|error| error.starts_with("Plugin org.apache.kafka.connect.storage"))
    });
    let invisible = expected["invisible"].as_array().expect("names").iter().any(|hidden| hidden == name);
    if expected["values"].get(name) != Some(&value) {
        return Err(format!("{name} is {value}, expected {:?}", expected["values"].get(name)));
    }
    let words = |errors: &Value| -> Vec<String> {
        let errors = errors.as_array().expect("errors").iter();
        errors.map(|error| without_regex_words(error.as_str().expect("a text")).to_owned()).collect()
    };
    if words(&errors) != words(&json!(verdict.error_messages)) {
        return Err(format!("errors of {name}: {:?}, expected {errors}", verdict.error_messages));
    }
    if invisible == verdict.visible {
        return Err(format!("visibility of {name}: {}", verdict.visible));
    }
    Ok(())
}

fn compare_definitions(expected: &Value, def: &ConfigDef, verdicts: &[ConfigValue]) -> Result<(), String> {
    let Some(recorded) = expected["definitions"].as_array() else { return Ok(()) };
    let own: Vec<&Value> =
        recorded.iter().filter(|row| def.key(row["name"].as_str().expect("a name")).is_some()).collect();
    if own.len() != verdicts.len() {
        return Err(format!("{} keys, expected {}", verdicts.len(), own.len()));
    }
    for ((recorded, key), verdict) in own.into_iter().zip(def.config_keys()).zip(verdicts) {
        let text = |value| convert_to_string(value, Some(key.value_type)).expect("of the type");
        let row = json!({
            "name": key.name,
            "type": key.value_type.name(),
            "required": !key.has_default(),
            "default_value": key.default_value.as_ref().and_then(text),
            "importance": key.importance.name(),
            "group": key.group,
            "order_in_group": key.order_in_group,
            "width": key.width.name(),
            "display_name": key.display_name,
            "dependents": key.dependents,
            "recommended_values": verdict.recommended_values.iter().map(text).collect::<Vec<_>>(),
        });
        if *recorded != row {
            return Err(format!("definition {row}\n  expected {recorded}"));
        }
        if key.documentation.is_empty() && !key.name.contains("transforms.") && !key.name.contains("predicates.p") {
            return Err(format!("{} is not documented", key.name));
        }
    }
    Ok(())
}

fn compare_construction(case: &Value, config: &Config) -> Result<(), String> {
    let got = construct(config, case["class"] == "SourceConnectorConfig");
    let expected = &case["expected"];
    let agrees = match (&got, expected.get("error")) {
        (Ok(()), None) => true,
        (Err(error), Some(recorded)) => {
            error.java_class().rsplit('.').next() == recorded["class"].as_str()
                && recorded["message"].as_str().map(without_regex_words) == Some(without_regex_words(error.message()))
        }
        _ => false,
    };
    if agrees { Ok(()) } else { Err(format!("{got:?}\n  expected {expected}")) }
}

/// What Java's configuration classes do when a connector starts.
fn construct(config: &Config, source: bool) -> Result<(), ConfigError> {
    if !source {
        ensure_valid_topics(config)?;
    }
    let catalogue: Arc<dyn PluginCatalogue> = Arc::new(Catalogue);
    let base = if source { source_def() } else { sink_def() };
    base.parse_with(config, &Classes)?;
    enrich(&base, config, &catalogue, true)?.parse_with(config, &Classes)?;
    if source && uses_topic_creation(config) {
        topic_creation_def(&base, config, &Classes)?.parse_with(config, &Classes)?;
    }
    Ok(())
}
