//! Which configurations of a topic are copied, and what becomes of each at the target.

use std::collections::BTreeMap;

use aqueduct_kafka::raw::{ConfigChange, ConfigSource, TopicConfig};

use crate::filters::ConfigFilter;

/// The configurations that a new topic is made with: those that are not the source's defaults, or all when the source's
/// defaults count.
pub(crate) fn of_new_topic(configs: &[TopicConfig], filter: &ConfigFilter) -> BTreeMap<String, String> {
    let wanted = copied(configs, filter).filter(|config| filter.source_defaults || !is_default(config));
    wanted.filter_map(|config| Some((config.name.clone(), config.value.clone()?))).collect()
}

/// What is changed at a topic that is there: defaults of the source go back to the target's, unless the source's count.
pub(crate) fn changes(configs: &[TopicConfig], filter: &ConfigFilter) -> Vec<(String, ConfigChange)> {
    let change = |config: &TopicConfig| match is_default(config) && !filter.source_defaults {
        true => ConfigChange::Delete,
        false => ConfigChange::Set(config.value.clone()),
    };
    copied(configs, filter).map(|config| (config.name.clone(), change(config))).collect()
}

fn copied<'a>(configs: &'a [TopicConfig], filter: &'a ConfigFilter) -> impl Iterator<Item = &'a TopicConfig> {
    configs.iter().filter(|config| {
        !config.read_only
            && !config.sensitive
            && config.source != ConfigSource::StaticBroker
            && filter.accepts(&config.name)
    })
}

fn is_default(config: &TopicConfig) -> bool {
    config.source == ConfigSource::Default
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, value: &str, source: ConfigSource) -> TopicConfig {
        TopicConfig { name: name.into(), value: Some(value.into()), source, read_only: false, sensitive: false }
    }

    fn configs() -> Vec<TopicConfig> {
        vec![
            config("cleanup.policy", "compact", ConfigSource::Topic),
            config("retention.ms", "7", ConfigSource::Default),
            config("segment.bytes", "8", ConfigSource::StaticBroker),
            config("max.message.bytes", "9", ConfigSource::DynamicDefaultBroker),
            config("min.insync.replicas", "2", ConfigSource::Topic),
            TopicConfig { read_only: true, ..config("fixed", "1", ConfigSource::Topic) },
            TopicConfig { sensitive: true, ..config("secret", "1", ConfigSource::Topic) },
        ]
    }

    fn filter(defaults: &str) -> ConfigFilter {
        ConfigFilter::new(&["min.insync.replicas".to_owned()], defaults).unwrap()
    }

    #[test]
    fn a_new_topic_gets_what_is_set() {
        let names = |defaults| of_new_topic(&configs(), &filter(defaults)).into_keys().collect::<Vec<_>>();
        assert_eq!(names("target"), ["cleanup.policy", "max.message.bytes"]);
        assert_eq!(names("source"), ["cleanup.policy", "max.message.bytes", "retention.ms"]);
    }

    #[test]
    fn a_topic_that_is_there_loses_what_is_default_at_the_source() {
        let set = |name: &str, value: &str| (name.to_owned(), ConfigChange::Set(Some(value.to_owned())));
        assert_eq!(
            changes(&configs(), &filter("target")),
            [
                set("cleanup.policy", "compact"),
                ("retention.ms".to_owned(), ConfigChange::Delete),
                set("max.message.bytes", "9")
            ]
        );
        assert!(changes(&configs(), &filter("source")).contains(&set("retention.ms", "7")));
    }
}
