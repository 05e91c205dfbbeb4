//! Putting an answer together, in Java's order.

use std::collections::BTreeMap;

use aqueduct_config::{ConfigDef, ConfigKey, ConfigValue, ConfigValueData, convert_to_string};
use aqueduct_jvm::hash_order::iteration_order;
use indexmap::IndexMap;

use crate::{ConfigInfo, ConfigKeyInfo, ConfigValueInfo};

/// An answer that grows part by part.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) configs: Vec<ConfigInfo>,
    pub(super) groups: Vec<String>,
    pub(super) errors: usize,
}

impl Answer {
    /// The keys of some definitions, each once and where it came first, as the last of them has it; before them the values
    /// that belong to no key. Of several values of a key the last one counts.
    pub(super) fn add_all(&mut self, parts: Vec<(ConfigDef, Vec<ConfigValue>)>) {
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
    pub(super) fn add_prefixed(&mut self, def: &ConfigDef, verdicts: Vec<ConfigValue>, prefix: &str) {
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

#[cfg(test)]
mod tests {
    use aqueduct_config::{Importance, Type};

    use super::*;

    fn key(name: &'static str, group: &'static str) -> ConfigKey {
        ConfigKey::new(name, Type::String).importance(Importance::Low).doc(group)
    }

    fn verdict(name: &str, value: &str, errors: &[&str]) -> ConfigValue {
        let mut verdict = ConfigValue::new(name);
        verdict.value = ConfigValueData::from(value);
        errors.iter().for_each(|&error| verdict.add_error(error));
        verdict
    }

    fn shown(answer: &Answer) -> Vec<(String, Option<String>)> {
        answer.configs.iter().map(|config| (config.value.name.clone(), config.value.value.clone())).collect()
    }

    #[test]
    fn a_key_is_shown_once_with_the_value_that_came_last() {
        let common = ConfigDef::new().define(key("name", "")).define(key("file", ""));
        let own = ConfigDef::new().define(key("file", "")).define(key("topic", ""));
        let mut answer = Answer::default();
        answer.add_all(vec![
            (
                common,
                vec![
                    verdict("name", "x", &["bad"]),
                    verdict("file", "a", &["not counted"]),
                    verdict("odd", "?", &["odd"]),
                ],
            ),
            (own, vec![verdict("file", "b", &[]), verdict("topic", "t", &[])]),
        ]);
        let expect = [("odd", "?"), ("name", "x"), ("file", "b"), ("topic", "t")];
        assert_eq!(shown(&answer), expect.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))));
        assert_eq!(answer.errors, 2);
    }

    #[test]
    fn a_part_has_a_prefix_and_the_order_of_a_hash_map() {
        let def = ConfigDef::new().define(key("schemas.enable", "")).define(key("decimal.format", ""));
        let mut answer = Answer::default();
        let verdicts = vec![verdict("schemas.enable", "a", &[]), verdict("decimal.format", "b", &[])];
        answer.add_prefixed(&def, verdicts, "value.converter.");
        let names: Vec<String> = shown(&answer).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["value.converter.decimal.format", "value.converter.schemas.enable"]);
        let definition = answer.configs[0].definition.as_ref().map(|key| key.name.as_str());
        assert_eq!(definition, Some("value.converter.decimal.format"));
    }
}
