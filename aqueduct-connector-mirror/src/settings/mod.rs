//! What a connector or task was told, in typed form: the keys that all three share, their naming policy, their filters.
//!
//! Properties go in, settings come out; [`clients`] makes of them what each Kafka client gets.

mod classes;
pub(crate) mod clients;
pub(crate) mod keys;

use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind};
use aqueduct_config::{ConfigDef, ConfigValue, ParsedConfig};

use crate::filters::{ConfigFilter, NameFilter};
use crate::policy::{Naming, ReplicationPolicy};
use classes::MirrorClasses;
use keys::Routine;

/// A connector's or task's configuration.
pub(crate) struct Settings {
    parsed: ParsedConfig,
    props: ConfigMap,
    /// How topics are called.
    pub(crate) policy: ReplicationPolicy,
    /// What the source is called.
    pub(crate) source_alias: String,
    /// What the target is called.
    pub(crate) target_alias: String,
    /// The connector's name.
    pub(crate) connector: String,
    /// How long a piece of administration may take.
    pub(crate) admin_timeout: Duration,
}

impl Settings {
    pub(crate) fn parse(def: &ConfigDef, props: ConfigMap) -> Result<Self, ConnectError> {
        let parsed = def.parse_with(&props, &MirrorClasses::beside(&props))?;
        let naming = match parsed.class(keys::POLICY_CLASS)? {
            keys::DEFAULT_POLICY => Naming::Default,
            keys::IDENTITY_POLICY => Naming::Identity,
            other => return Err(wrong_class(other, "org.apache.kafka.connect.mirror.ReplicationPolicy")),
        };
        let named = |key: &str, known: &str, kind: &str| match parsed.get(key).map(|value| value.as_class()) {
            Ok(Some(class)) if class != known => Err(wrong_class(class, kind)),
            _ => Ok(()),
        };
        named(keys::FORWARDING_ADMIN_CLASS, keys::FORWARDING_ADMIN, keys::FORWARDING_ADMIN)?;
        named(keys::TOPIC_FILTER_CLASS, keys::TOPIC_FILTER, "org.apache.kafka.connect.mirror.TopicFilter")?;
        named(keys::GROUP_FILTER_CLASS, keys::GROUP_FILTER, "org.apache.kafka.connect.mirror.GroupFilter")?;
        named(keys::CONFIG_FILTER_CLASS, keys::CONFIG_FILTER, "org.apache.kafka.connect.mirror.ConfigPropertyFilter")?;
        Ok(Self {
            policy: ReplicationPolicy::new(naming, &props),
            source_alias: parsed.string(keys::SOURCE_ALIAS)?.to_owned(),
            target_alias: parsed.string(keys::TARGET_ALIAS)?.to_owned(),
            connector: parsed.string(keys::NAME)?.to_owned(),
            admin_timeout: millis(parsed.long(keys::ADMIN_TIMEOUT)?),
            parsed,
            props,
        })
    }

    /// The properties, as they were given.
    pub(crate) fn props(&self) -> &ConfigMap {
        &self.props
    }

    pub(crate) fn enabled(&self) -> Result<bool, ConnectError> {
        self.flag(keys::ENABLED)
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, ConnectError> {
        Ok(self.parsed.boolean(key)?)
    }

    pub(crate) fn long(&self, key: &str) -> Result<i64, ConnectError> {
        Ok(self.parsed.long(key)?)
    }

    pub(crate) fn int(&self, key: &str) -> Result<i32, ConnectError> {
        Ok(self.parsed.int(key)?)
    }

    pub(crate) fn short(&self, key: &str) -> Result<i16, ConnectError> {
        Ok(self.parsed.short(key)?)
    }

    /// The items of a list; none when it is not there.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        self.parsed.get(key).ok().and_then(|value| value.as_list()).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// How often something is done; `None` when it is not.
    pub(crate) fn interval(&self, routine: Routine) -> Result<Option<Duration>, ConnectError> {
        if !self.flag(routine.enabled)? {
            return Ok(None);
        }
        // Below zero also says no; Java counts in seconds first and in milliseconds then.
        let seconds = self.long(routine.interval)?;
        Ok(u64::try_from(seconds).ok().map(Duration::from_secs))
    }

    /// How long a poll waits.
    pub(crate) fn poll_timeout(&self) -> Result<Duration, ConnectError> {
        Ok(millis(self.long(keys::POLL_TIMEOUT)?))
    }

    /// The topics to mirror. The connector for checkpoints has these keys too, although it does not define them.
    pub(crate) fn topic_filter(&self) -> Result<NameFilter, ConnectError> {
        let filters = keys::FILTERS.parse(&self.props)?;
        NameFilter::new(filters.list(keys::TOPICS)?, filters.list(keys::TOPICS_EXCLUDE)?)
    }

    /// The groups to mirror.
    pub(crate) fn group_filter(&self) -> Result<NameFilter, ConnectError> {
        let filters = keys::FILTERS.parse(&self.props)?;
        NameFilter::new(filters.list(keys::GROUPS)?, filters.list(keys::GROUPS_EXCLUDE)?)
    }

    /// The configurations of topics to copy.
    pub(crate) fn config_filter(&self) -> Result<ConfigFilter, ConnectError> {
        let filters = keys::FILTERS.parse(&self.props)?;
        ConfigFilter::new(filters.list(keys::CONFIGS_EXCLUDE)?, filters.string(keys::USE_DEFAULTS_FROM)?)
    }

    /// Whether the topic of offset syncs is on the source cluster.
    pub(crate) fn offset_syncs_at_source(&self) -> Result<bool, ConnectError> {
        Ok(self.parsed.string(keys::OFFSET_SYNCS_LOCATION)? == "source")
    }

    /// The topic of offset syncs: it is named after the cluster where it is not.
    pub(crate) fn offset_syncs_topic(&self) -> Result<String, ConnectError> {
        let other = if self.offset_syncs_at_source()? { &self.target_alias } else { &self.source_alias };
        Ok(self.policy.offset_syncs_topic(other))
    }

    /// The topic of checkpoints, at the target.
    pub(crate) fn checkpoints_topic(&self) -> String {
        self.policy.checkpoints_topic(&self.source_alias)
    }

    /// The properties of a task.
    pub(crate) fn task(&self, work: &str, items: &str, index: usize) -> ConfigMap {
        let mut props = self.props.clone();
        props.insert(work.to_owned(), items.to_owned());
        props.insert(keys::TASK_INDEX.to_owned(), index.to_string());
        props
    }
}

/// The verdict of a definition, where classes of mirrors are known.
pub(crate) fn validate(def: &ConfigDef, props: &ConfigMap) -> Vec<ConfigValue> {
    def.validate_with(props, &MirrorClasses::beside(props))
}

/// Adds an error to the verdict on a key, which is made if the definition has no such key.
pub(crate) fn add_error(verdicts: &mut Vec<ConfigValue>, key: &str, message: impl Into<String>) {
    match verdicts.iter_mut().find(|verdict| verdict.name == key) {
        Some(verdict) => verdict.add_error(message),
        None => {
            let mut verdict = ConfigValue::new(key);
            verdict.add_error(message);
            verdicts.push(verdict);
        }
    }
}

fn wrong_class(class: &str, kind: &str) -> ConnectError {
    ConnectError::with_kind(ErrorKind::Other, format!("{class} is not an instance of {kind}"))
        .with_class("org.apache.kafka.common.KafkaException")
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &[(&str, &str)]) -> Result<Settings, ConnectError> {
        let base = [("name", "m"), ("connector.class", "MirrorSource"), ("source.cluster.alias", "A")];
        let props = base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::parse(&keys::SOURCE, props)
    }

    #[test]
    fn routines_have_an_interval_or_none() {
        let interval = |more: &[(&str, &str)]| settings(more).unwrap().interval(keys::REFRESH_TOPICS).unwrap();
        assert_eq!(interval(&[]), Some(Duration::from_secs(600)));
        assert_eq!(interval(&[("refresh.topics.interval.seconds", "5")]), Some(Duration::from_secs(5)));
        assert_eq!(interval(&[("refresh.topics.interval.seconds", "-1")]), None);
        assert_eq!(interval(&[("refresh.topics.enabled", "false")]), None);
    }

    #[test]
    fn the_topic_of_offset_syncs_is_named_after_the_other_cluster() {
        let topic = |more: &[(&str, &str)]| settings(more).unwrap().offset_syncs_topic().unwrap();
        assert_eq!(topic(&[("target.cluster.alias", "B")]), "mm2-offset-syncs.B.internal");
        assert_eq!(topic(&[]), "mm2-offset-syncs.target.internal");
        assert_eq!(topic(&[("offset-syncs.topic.location", "target")]), "mm2-offset-syncs.A.internal");
    }

    #[test]
    fn classes_of_ones_own_are_refused() {
        let refused = |key, class| settings(&[(key, class)]).err().unwrap().message().unwrap().to_owned();
        assert_eq!(
            refused("topic.filter.class", "com.example.Mine"),
            "Invalid value com.example.Mine for configuration topic.filter.class: Class com.example.Mine could not be found."
        );
        assert_eq!(
            refused("topic.filter.class", keys::GROUP_FILTER),
            "org.apache.kafka.connect.mirror.DefaultGroupFilter is not an instance of \
             org.apache.kafka.connect.mirror.TopicFilter"
        );
        let identity = settings(&[("replication.policy.class", keys::IDENTITY_POLICY)]).unwrap();
        assert_eq!(identity.policy.remote_topic("A", "t"), "t");
        assert!(settings(&[("key.converter", "ByteArrayConverter")]).is_ok());
    }

    #[test]
    fn filters_have_kafkas_defaults() {
        let settings = settings(&[]).unwrap();
        let topics = settings.topic_filter().unwrap();
        assert!(topics.accepts("a.internal") && !topics.accepts("mm2-x.internal") && !topics.accepts("x.replica"));
        let configs = settings.config_filter().unwrap();
        assert!(!configs.accepts("min.insync.replicas") && configs.accepts("cleanup.policy"));
        let groups = settings.group_filter().unwrap();
        assert!(groups.accepts("g") && !groups.accepts("connect-x") && !groups.accepts("console-consumer-1"));
    }
}
