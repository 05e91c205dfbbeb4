//! Compares the keys that connectors share with recorded checks of connector configurations
//! (`conformance/connector_config.jsonl`): definitions, values, errors, visibility.
//!
//! A whole answer also has the connector's own keys, converters' keys and client overrides, which are not this crate's;
//! only the shared keys, and those of a few transforms and predicates that a fake catalogue knows, are compared here.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use aqueduct_config::connector_config::{self as keys, *};
use aqueduct_config::version::Version;
use aqueduct_config::version_range::VersionRange;
use aqueduct_config::{
    ClassResolver, ConfigDef, ConfigError, ConfigKey, ConfigValue, Importance, Type, Validator, convert_to_string,
};
use serde_json::{Value, json};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/connector_config.jsonl");
const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const VERSION: &str = "4.3.1";

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
    let expected = [("a plugin that the fake catalogue does not know", 27), ("the connector itself cannot be had", 7)];
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
    if errors != json!(verdict.error_messages) {
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
                && recorded["message"] == error.message()
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

/// Knows the plugins that Kafka comes with, and the definitions of some.
#[derive(Debug)]
struct Catalogue;

const CONVERTERS: [&str; 9] = [
    "org.apache.kafka.connect.converters.BooleanConverter",
    "org.apache.kafka.connect.converters.ByteArrayConverter",
    "org.apache.kafka.connect.converters.DoubleConverter",
    "org.apache.kafka.connect.converters.FloatConverter",
    "org.apache.kafka.connect.converters.IntegerConverter",
    "org.apache.kafka.connect.converters.LongConverter",
    "org.apache.kafka.connect.converters.ShortConverter",
    "org.apache.kafka.connect.json.JsonConverter",
    "org.apache.kafka.connect.storage.StringConverter",
];

const TRANSFORMS: [&str; 26] = [
    "Cast$Key",
    "Cast$Value",
    "DropHeaders",
    "ExtractField$Key",
    "ExtractField$Value",
    "Filter",
    "Flatten$Key",
    "Flatten$Value",
    "HeaderFrom$Key",
    "HeaderFrom$Value",
    "HoistField$Key",
    "HoistField$Value",
    "InsertField$Key",
    "InsertField$Value",
    "InsertHeader",
    "MaskField$Key",
    "MaskField$Value",
    "RegexRouter",
    "ReplaceField$Key",
    "ReplaceField$Value",
    "SetSchemaMetadata$Key",
    "SetSchemaMetadata$Value",
    "TimestampConverter$Key",
    "TimestampConverter$Value",
    "TimestampRouter",
    "ValueToKey",
];

const PREDICATES: [&str; 3] = ["HasHeaderKey", "RecordIsTombstone", "TopicNameMatches"];

impl Catalogue {
    /// The full name of a class that exists, by name or alias.
    fn resolve(&self, kind: PluginKind, name: &str) -> Option<String> {
        let nested = name.contains('$');
        self.classes(kind).into_iter().find(|class| {
            let simple_name = class.rsplit('.').next().unwrap_or_default();
            class == name || !nested && simple_name == name
        })
    }

    /// The definition of a transform or predicate.
    fn find(&self, name: &str) -> Option<ConfigDef> {
        use Importance::{High, Medium};
        let key = |name: &'static str, importance| ConfigKey::new(name, Type::String).importance(importance);
        Some(match name.rsplit('.').next()? {
            "Filter" | "RecordIsTombstone" => ConfigDef::new(),
            "TopicNameMatches" => ConfigDef::new().define(key("pattern", Medium).validator(Validator::Regex)),
            "HasHeaderKey" => ConfigDef::new().define(key("name", Medium).validator(Validator::NonEmptyString)),
            "HoistField$Value" => ConfigDef::new().define(key("field", Medium)),
            "RegexRouter" => {
                ConfigDef::new().define(key("regex", High).validator(Validator::Regex)).define(key("replacement", High))
            }
            "ExtractField$Key" | "ExtractField$Value" => ConfigDef::new()
                .define(key("field", Medium))
                .define(key("field.syntax.version", High).default("V1"))
                .define(ConfigKey::new("replace.null.with.default", Type::Boolean).default(true)),
            _ => return None,
        })
    }
}

impl PluginCatalogue for Catalogue {
    fn classes(&self, kind: PluginKind) -> Vec<String> {
        let package = "org.apache.kafka.connect.transforms";
        match kind {
            PluginKind::Connector => vec![SINK.to_owned(), SOURCE.to_owned()],
            PluginKind::Converter => CONVERTERS.map(str::to_owned).to_vec(),
            PluginKind::HeaderConverter => {
                let mut classes = self.classes(PluginKind::Converter);
                classes.insert(8, "org.apache.kafka.connect.storage.SimpleHeaderConverter".to_owned());
                classes
            }
            PluginKind::Transformation => TRANSFORMS.iter().map(|name| format!("{package}.{name}")).collect(),
            PluginKind::Predicate => PREDICATES.iter().map(|name| format!("{package}.predicates.{name}")).collect(),
        }
    }

    fn versions(&self, kind: PluginKind, class_or_alias: &str) -> Vec<String> {
        self.latest_version(kind, class_or_alias).into_iter().collect()
    }

    fn latest_version(&self, kind: PluginKind, class_or_alias: &str) -> Option<String> {
        let known = self.resolve(kind, class_or_alias).is_some()
            || kind == PluginKind::Connector && class_or_alias.starts_with("FileStreamSink");
        known.then(|| VERSION.to_owned())
    }

    fn definition(
        &self,
        kind: PluginKind,
        class_or_alias: &str,
        version: Option<&str>,
    ) -> Result<ConfigDef, PluginError> {
        let Some(class) = self.resolve(kind, class_or_alias) else {
            return Err(match Classes.resolve(class_or_alias) {
                None => PluginError::NotFound,
                Some(class) if class.ends_with(".Cast") || class.ends_with(".ExtractField") => {
                    PluginError::Abstract { alternatives: vec![format!("{class}$Key"), format!("{class}$Value")] }
                }
                Some(class) => PluginError::WrongKind { class },
            });
        };
        let range = VersionRange::requirement(version).map_err(|error| PluginError::BadVersion(error.to_string()))?;
        if let Some(range) = range.filter(|range| !range.contains(&Version::new(VERSION))) {
            return Err(PluginError::NoSuchVersion { class, range, available: vec![VERSION.to_owned()] });
        }
        let message = "not known here".to_owned();
        self.find(&class).ok_or(PluginError::Failed { class, message })
    }
}

/// Finds the plugins' classes by name or alias, and some others.
struct Classes;

impl ClassResolver for Classes {
    fn resolve(&self, name: &str) -> Option<String> {
        let kinds =
            [PluginKind::Converter, PluginKind::HeaderConverter, PluginKind::Transformation, PluginKind::Predicate];
        let other = matches!(
            name,
            "java.lang.String"
                | "org.apache.kafka.connect.transforms.Cast"
                | "org.apache.kafka.connect.transforms.ExtractField"
        );
        kinds.into_iter().find_map(|kind| Catalogue.resolve(kind, name)).or_else(|| other.then(|| name.to_owned()))
    }

    fn is_subtype(&self, class: &str, supertype: &str) -> bool {
        let kind = match supertype.rsplit('.').next() {
            Some("Converter") => PluginKind::Converter,
            Some("HeaderConverter") => PluginKind::HeaderConverter,
            _ => return false,
        };
        Catalogue.classes(kind).iter().any(|known| known == class)
    }
}
