//! The configuration definitions are those that Kafka Connect answered over REST, but for the words of their
//! documentation.
#![cfg(test)]

use aqueduct_api::{Factory, Plugin};
use aqueduct_config::{ConfigDef, ConfigKey, convert_to_string};
use aqueduct_transforms::plugins;
use serde_json::{Value, json};

fn definition(plugin: &Plugin) -> ConfigDef {
    match &plugin.factory {
        Factory::Transformation { define, .. } | Factory::Predicate { define, .. } => define(),
        _ => panic!("{} is neither a transform nor a predicate", plugin.class),
    }
}

fn described(key: &ConfigKey) -> Value {
    let default = key.default_value.as_ref().map(|value| convert_to_string(value, Some(key.value_type)).unwrap());
    json!({
        "name": key.name,
        "type": key.value_type.name(),
        "required": key.default_value.is_none(),
        "default_value": default.flatten(),
        "importance": key.importance.name(),
        "width": key.width.name(),
        "display_name": key.display_name,
        "dependents": key.dependents,
    })
}

#[test]
fn definitions_are_the_recorded_ones() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/rest/s01_root_plugins.json");
    let dialogue: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let plugins = plugins();
    let mut compared = 0;
    for step in dialogue["steps"].as_array().unwrap() {
        let path = step["req"].as_str().unwrap_or_default().strip_prefix("GET /connector-plugins/");
        let Some(class) = path.and_then(|path| path.strip_suffix("/config")) else { continue };
        if !class.contains(".connect.transforms.") {
            continue;
        }
        let plugin = plugins.iter().find(|plugin| plugin.class == class).expect(class);
        let ours: Vec<Value> = definition(plugin).config_keys().map(described).collect();
        let recorded: Vec<Value> = (step["expect"]["json"].as_array().unwrap().iter())
            .map(|key| {
                let members = ours.first().and_then(Value::as_object).into_iter().flat_map(|key| key.keys());
                members.map(|member| (member.clone(), key[member].clone())).collect()
            })
            .collect();
        assert_eq!(ours, recorded, "{class}");
        compared += 1;
    }
    assert_eq!(compared, 11);
}

#[test]
fn definitions_are_sound_and_documented() {
    for plugin in plugins() {
        let definition = definition(&plugin);
        assert_eq!(definition.defects(), [], "{}", plugin.class);
        for key in definition.config_keys() {
            assert!(!key.documentation.is_empty(), "{} of {}", key.name, plugin.class);
        }
    }
}
