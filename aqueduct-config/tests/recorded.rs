//! Compares definitions, worker configurations, plugin versions and their ranges with what Apache Kafka 4.3.1's own
//! classes say (`testdata/`, recorded by the programs in `testdata/recorder/`).

mod catalogue;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use aqueduct_config::connector_config::{
    PluginCatalogue, TOPIC_CREATION_GROUPS, TOPIC_CREATION_PREFIX, default_group_def, enrich, group_def, sink_def,
    source_def, topic_creation_def, topic_creation_groups, uses_topic_creation,
};
use aqueduct_config::version::Version;
use aqueduct_config::version_range::VersionRange;
use aqueduct_config::{
    ConfigDef, ConfigError, ConfigErrorKind, ConfigKey, ConfigValueData, Originals, client_config, convert_to_string,
    worker_config,
};
use catalogue::{Catalogue, Classes, without_regex_words};
use serde_json::{Value, json};

fn recorded(file: &str) -> Vec<Value> {
    let path = format!("{}/testdata/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("recorded lines");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[track_caller]
fn nothing_differs(differences: &[String]) {
    assert_eq!(differences.len(), 0, "differences:\n{}", differences.join("\n"));
}

// === definitions ===

#[test]
fn definitions_are_javas() {
    let defs: BTreeMap<&str, ConfigDef> = BTreeMap::from([
        ("producer", client_config::producer()),
        ("consumer", client_config::consumer()),
        ("admin", client_config::admin()),
        ("standalone", worker_config::standalone()),
        ("distributed", worker_config::distributed()),
        ("source", source_def()),
        ("sink", sink_def()),
        ("group", group_def("G", 1, 2)),
        ("defaultgroup", default_group_def()),
    ]);
    let mut differences = Vec::new();
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in recorded("definitions.jsonl") {
        let (kind, name) = (row["kind"].as_str().expect("kind"), row["name"].as_str().expect("name"));
        names.entry(kind.to_owned()).or_default().push(name.to_owned());
        match defs[kind].key(name) {
            None => differences.push(format!("{kind} has no {name}: {row}")),
            Some(key) => differences.extend(compare_key(kind, key, &row)),
        }
    }
    for (kind, recorded) in names {
        let own: Vec<String> = defs[kind.as_str()].names().map(str::to_owned).collect();
        // The order is the one in which answers list the keys; for workers and clients it does not show.
        let in_order = matches!(kind.as_str(), "source" | "sink" | "group" | "defaultgroup");
        let same = if in_order {
            own == recorded
        } else {
            own.iter().collect::<BTreeSet<_>>() == recorded.iter().collect::<BTreeSet<_>>()
        };
        if !same {
            differences.push(format!("keys of {kind}: {own:?}\n  expected {recorded:?}"));
        }
    }
    nothing_differs(&differences);
}

fn compare_key(kind: &str, key: &ConfigKey, row: &Value) -> Option<String> {
    let default = key.default_value.as_ref();
    let own = json!({
        "kind": kind,
        "name": key.name,
        "type": key.value_type.name(),
        "required": !key.has_default(),
        "default": default.and_then(|value| convert_to_string(value, Some(key.value_type)).expect("of the type")),
        "validator": row["validator"],
        "importance": key.importance.name(),
        "group": key.group,
        "order": key.order_in_group,
        "width": key.width.name(),
        "display": key.display_name,
        "internal": key.internal,
    });
    if own != *row {
        return Some(format!("{kind} {own}\n  expected {row}"));
    }
    // Clients check their own values; and the text of one validator is its identity in memory.
    let describes = !matches!(kind, "producer" | "consumer" | "admin") && row["validator"] != "<identity>";
    let description = key.validator.as_ref().map(ToString::to_string);
    if describes && json!(description) != row["validator"] {
        return Some(format!("{kind} {} has validator {description:?}, expected {}", key.name, row["validator"]));
    }
    (key.documentation.is_empty() && !key.internal).then(|| format!("{kind} {} is not documented", key.name))
}

// === worker configurations ===

#[test]
fn worker_values_are_taken_and_refused_as_in_java() {
    let mut differences = Vec::new();
    for case in recorded("worker_values.jsonl") {
        let distributed = case["mode"] == "distributed";
        let key = case["key"].as_str().expect("key");
        let props = worker_props(distributed, key, case.get("value"));
        let parsed = if distributed {
            worker_config::parse_distributed(&props, &Classes)
        } else {
            worker_config::parse_standalone(&props, &Classes)
        };
        let own = match &parsed {
            Ok(config) => {
                let value = config.values().get(key);
                let text = value.map_or_else(|| "null".to_owned(), ToString::to_string);
                let same = case["parsed"] == text && case["defined"] == value.is_some();
                let lifted =
                    case.get("max").is_none_or(|max| *max == config.values()["reconnect.backoff.max.ms"].to_string());
                (same && lifted).then_some(()).ok_or(text)
            }
            Err(error) if same_error(error, &case) => Ok(()),
            Err(error) => Err(format!("{}: {error}", error.java_class())),
        };
        if let Err(own) = own {
            differences.push(format!("{own}\n  expected {case}"));
        }
    }
    nothing_differs(&differences);
}

fn worker_props(distributed: bool, key: &str, value: Option<&Value>) -> Originals {
    let converter = "org.apache.kafka.connect.json.JsonConverter";
    let mut props = vec![("bootstrap.servers", "b:9092"), ("key.converter", converter), ("value.converter", converter)];
    if distributed {
        props.extend([
            ("group.id", "g"),
            ("config.storage.topic", "c"),
            ("offset.storage.topic", "o"),
            ("status.storage.topic", "s"),
        ]);
    } else {
        props.push(("offset.storage.file.filename", "f"));
    }
    let mut props: Originals = props.into_iter().map(|(key, value)| (key.to_owned(), Some(value.to_owned()))).collect();
    props.shift_remove(key);
    if let Some(value) = value {
        props.insert(key.to_owned(), value.as_str().map(str::to_owned));
    }
    props
}

/// Whether an error is the recorded one. Java's list of algorithms is its own, and of accidents only that they happen
/// counts.
fn same_error(error: &ConfigError, recorded: &Value) -> bool {
    const ALGORITHMS: &str = "the supported algorithms are: [";
    let class = recorded["class"].as_str().unwrap_or_default();
    let message = recorded["message"].as_str().unwrap_or_default();
    let own = error.message();
    if class == "java.lang.NullPointerException" {
        return error.kind() == ConfigErrorKind::NullPointer;
    }
    let same = match (message.split_once(ALGORITHMS), own.split_once(ALGORITHMS)) {
        (Some((recorded, _)), Some((own, _))) => recorded == own,
        _ => without_regex_words(message) == without_regex_words(own),
    };
    same && class == error.java_class()
}

// === transforms, predicates, topic creation ===

#[test]
fn enriched_definitions_check_as_in_java() {
    let catalogue: Arc<dyn PluginCatalogue> = Arc::new(Catalogue);
    let mut differences = Vec::new();
    for case in recorded("enrichment.jsonl") {
        let outcome = match case.get("topicCreation") {
            Some(props) => compare_topic_creation(&connector(props, None), &case),
            None => compare_enrichment(&connector(&case["config"], Some("t")), &case, &catalogue),
        };
        if let Err(own) = outcome {
            differences.push(format!("{own}\n  expected {case}"));
        }
    }
    nothing_differs(&differences);
}

fn connector(props: &Value, topics: Option<&str>) -> Originals {
    let mut config: Originals = [("name", Some("n")), ("connector.class", Some("C")), ("topics", topics)]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), Some(value?.to_owned()))))
        .collect();
    for (key, value) in props.as_object().expect("properties") {
        config.insert(key.clone(), value.as_str().map(str::to_owned));
    }
    config
}

fn compare_enrichment(config: &Originals, case: &Value, catalogue: &Arc<dyn PluginCatalogue>) -> Result<(), String> {
    let full = case["full"] == true;
    let def = enrich(&sink_def(), config, catalogue, full);
    let Some(values) = case["values"].as_array() else {
        let parsed = def.and_then(|def| def.parse_with(config, &Classes));
        return match parsed {
            Ok(_) if case["ok"] == true => Ok(()),
            Err(error) if same_error(&error, case) => Ok(()),
            other => Err(format!("{:?}", other.map(drop))),
        };
    };
    let def = def.map_err(|error| error.to_string())?;
    let verdicts = def.validate_all(config, &Classes);
    for row in values {
        let name = row["name"].as_str().expect("name");
        let (Some(verdict), Some(key)) = (verdicts.get(name), def.key(name)) else {
            return Err(format!("{name} is not defined"));
        };
        let default = key.default_value.as_ref().map_or_else(|| "REQUIRED".to_owned(), ToString::to_string);
        let own = json!({
            "name": name,
            "value": verdict.value.to_string(),
            "errors": verdict.error_messages,
            "visible": verdict.visible,
            "recommended": verdict.recommended_values.len(),
            "default": default,
            "validator": row["validator"],
        });
        if own != *row {
            return Err(format!("{own}"));
        }
    }
    let listed = |name: &str| name.starts_with("transforms.") || name.starts_with("predicates.");
    let own = verdicts.keys().filter(|name| listed(name)).count();
    let recorded = values.iter().filter(|row| row["name"].as_str().is_some_and(listed)).count();
    if own == recorded { Ok(()) } else { Err(format!("{own} keys, expected {recorded}")) }
}

fn compare_topic_creation(config: &Originals, case: &Value) -> Result<(), String> {
    match topic_creation(config) {
        Ok(groups) if case["uses"] == uses_topic_creation(config) && case["groups"] == groups => Ok(()),
        Err(error) if same_error(&error, case) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// What Java's configuration of a source says about its groups.
fn topic_creation(config: &Originals) -> Result<Value, ConfigError> {
    source_def().parse(config)?;
    let def = topic_creation_def(&source_def(), config, &Classes)?;
    let mut given = config.clone();
    given.retain(|key, _| !key.starts_with("topic.creation.default.include"));
    let parsed = def.parse(&given)?;
    let mut groups = topic_creation_groups(config);
    groups.push("default".to_owned());
    groups
        .into_iter()
        .map(|group| {
            let prefix = format!("{TOPIC_CREATION_PREFIX}{group}.");
            let text = |key: &str| parsed.get(&format!("{prefix}{key}")).map(ConfigValueData::to_string);
            let mut other = parsed.originals_with_prefix(&prefix);
            other.retain(|key, _| !["include", "exclude", "replication.factor", "partitions"].contains(&key.as_str()));
            let other: Vec<String> =
                other.iter().map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or("null"))).collect();
            let row = json!({
                "include": text("include")?,
                "exclude": text("exclude")?,
                "rf": text("replication.factor")?,
                "p": text("partitions")?,
                "other": format!("{{{}}}", other.join(", ")),
            });
            Ok((group, row))
        })
        .collect()
}

#[test]
fn the_groups_key_has_the_recorded_prefix() {
    assert!(TOPIC_CREATION_GROUPS.starts_with(TOPIC_CREATION_PREFIX));
}

// === versions ===

#[test]
fn versions_and_ranges_are_mavens() {
    let lines = recorded("versions.jsonl");
    let texts = |member: &str| -> Vec<String> {
        lines.iter().filter_map(|line| Some(line[member].as_str()?.to_owned())).collect()
    };
    let versions: Vec<Version> = texts("version").into_iter().map(Version::new).collect();
    let probes: Vec<Version> = lines
        .iter()
        .find_map(|line| line["probes"].as_array())
        .expect("probes")
        .iter()
        .map(|probe| Version::new(probe.as_str().expect("a version")))
        .collect();
    let mut differences = Vec::new();
    for line in &lines {
        if let Some(version) = line["version"].as_str() {
            let version = Version::new(version);
            for (other, order) in versions.iter().zip(line["compared"].as_str().expect("an order").chars()) {
                let own = match version.cmp(other) {
                    std::cmp::Ordering::Less => '<',
                    std::cmp::Ordering::Equal => '=',
                    std::cmp::Ordering::Greater => '>',
                };
                if own != order {
                    differences.push(format!("{version} {own} {other}, expected {order}"));
                }
            }
        } else if let Some(requirement) = line.get("requirement") {
            let own = match VersionRange::requirement(requirement.as_str()) {
                Ok(None) => json!({ "requirement": requirement, "range": null }),
                Ok(Some(range)) => {
                    let contains: String =
                        probes.iter().map(|probe| if range.contains(probe) { 'y' } else { 'n' }).collect();
                    json!({ "requirement": requirement, "range": range.to_string(), "contains": contains })
                }
                Err(error) => json!({
                    "requirement": requirement,
                    "class": "org.apache.maven.artifact.versioning.InvalidVersionSpecificationException",
                    "message": error.message(),
                }),
            };
            if own != *line {
                differences.push(format!("{own}\n  expected {line}"));
            }
        }
    }
    nothing_differs(&differences);
}
