//! Checks of a connector's configuration that only a worker of a group makes.

use std::collections::BTreeMap;

use aqueduct_config::connector_config::CONNECTOR_CLASS;

use crate::{ConfigInfo, ConfigInfos, ConfigValueInfo};

/// The group of a sink's consumers, set by its configuration.
const OVERRIDDEN_GROUP: &str = "consumer.override.group.id";

/// Whether exactly-once is a must for a source.
const EXACTLY_ONCE_SUPPORT: &str = "exactly.once.support";

/// What is checked.
pub(super) struct GroupChecks<'a> {
    /// The group of the workers.
    pub(super) group: &'a str,
    /// Whether the connector is a sink.
    pub(super) sink: bool,
}

impl GroupChecks<'_> {
    /// Adds what is wrong to the answer of the other checks.
    pub(super) fn add(&self, config: &BTreeMap<String, Option<String>>, infos: &mut ConfigInfos) {
        let get = |key: &str| config.get(key).and_then(Option::as_deref);
        if get(CONNECTOR_CLASS).is_none() {
            return;
        }
        if !self.sink {
            let required =
                get(EXACTLY_ONCE_SUPPORT).is_some_and(|support| support.trim().eq_ignore_ascii_case("required"));
            // What the connector itself has against it takes the place of what the worker has.
            let refused =
                |config: &ConfigInfo| config.value.name == EXACTLY_ONCE_SUPPORT && !config.value.errors.is_empty();
            if required && !infos.configs.iter().any(refused) {
                let message = "This worker does not have exactly-once source support enabled.".to_owned();
                add(infos, EXACTLY_ONCE_SUPPORT, get(EXACTLY_ONCE_SUPPORT), message);
            }
            return;
        }
        let group = self.group;
        if let Some(consumers) = get(OVERRIDDEN_GROUP) {
            if consumers == group {
                let message = format!("Consumer group {consumers} conflicts with Connect worker group {group}");
                add(infos, OVERRIDDEN_GROUP, Some(consumers), message);
            }
            return;
        }
        let name = get("name").unwrap_or_default();
        if format!("connect-{name}") == group {
            let message =
                format!("Consumer group for sink connector named {name} conflicts with Connect worker group {group}");
            add(infos, "name", Some(name), message);
        }
    }
}

fn add(infos: &mut ConfigInfos, key: &str, value: Option<&str>, message: String) {
    infos.error_count += 1;
    if let Some(config) = infos.configs.iter_mut().find(|config| config.value.name == key) {
        config.value.errors.push(message);
        return;
    }
    let value = ConfigValueInfo {
        name: key.to_owned(),
        value: value.map(str::to_owned),
        recommended_values: Vec::new(),
        errors: vec![message],
        visible: true,
    };
    infos.configs.push(ConfigInfo { definition: None, value });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sink: bool, config: &[(&str, &str)], expect: Option<(&str, &str)>) {
        let mut config: BTreeMap<String, Option<String>> =
            config.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        config.insert(CONNECTOR_CLASS.to_owned(), Some("C".to_owned()));
        let mut infos = ConfigInfos { name: "C".to_owned(), error_count: 0, groups: Vec::new(), configs: Vec::new() };
        GroupChecks { group: "connect-cluster", sink }.add(&config, &mut infos);
        let errors: Vec<(&str, &str)> = infos
            .configs
            .iter()
            .flat_map(|config| config.value.errors.iter().map(|error| (config.value.name.as_str(), error.as_str())))
            .collect();
        assert_eq!(errors, expect.into_iter().collect::<Vec<_>>());
        assert_eq!(infos.error_count, errors.len());
    }

    #[test]
    fn a_sink_must_not_share_the_group_of_the_workers() {
        check(true, &[("name", "other")], None);
        let by_name =
            "Consumer group for sink connector named cluster conflicts with Connect worker group connect-cluster";
        check(true, &[("name", "cluster")], Some(("name", by_name)));
        check(true, &[("name", "cluster"), (OVERRIDDEN_GROUP, "g")], None);
        let by_key = "Consumer group connect-cluster conflicts with Connect worker group connect-cluster";
        check(true, &[("name", "x"), (OVERRIDDEN_GROUP, "connect-cluster")], Some((OVERRIDDEN_GROUP, by_key)));
        check(false, &[("name", "cluster")], None);
    }

    #[test]
    fn a_source_cannot_require_exactly_once() {
        let refused = "This worker does not have exactly-once source support enabled.";
        check(false, &[(EXACTLY_ONCE_SUPPORT, " Required ")], Some((EXACTLY_ONCE_SUPPORT, refused)));
        check(false, &[(EXACTLY_ONCE_SUPPORT, "requested")], None);
    }
}
