//! How topics are called on the other cluster, and what a name says about where a topic comes from
//! (`ReplicationPolicy`).
//!
//! Two policies: the default one puts the source's alias in front, the identity policy leaves names alone, but for
//! heartbeats. Names go in and come out; nothing is asked of a cluster.

use aqueduct_api::ConfigMap;

use crate::settings::keys::{INTERNAL_SEPARATOR_ENABLED, SEPARATOR, SOURCE_ALIAS};

/// The topic of heartbeats, on the cluster where they are written.
const HEARTBEATS: &str = "heartbeats";

/// The separator when none is configured.
const DEFAULT_SEPARATOR: &str = ".";

/// Which policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `DefaultReplicationPolicy`.
    Default,
    /// `IdentityReplicationPolicy`.
    Identity,
}

/// A configured policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplicationPolicy {
    naming: Naming,
    separator: String,
    /// Between the parts of the names of internal topics.
    internal_separator: String,
    /// What the identity policy takes for the source of every topic.
    source_alias: Option<String>,
}

impl ReplicationPolicy {
    pub(crate) fn new(naming: Naming, props: &ConfigMap) -> Self {
        let separator = props.get(SEPARATOR).map_or(DEFAULT_SEPARATOR, String::as_str);
        // Without a separator of one's own the other key says nothing.
        let apart = props.contains_key(SEPARATOR)
            && props.get(INTERNAL_SEPARATOR_ENABLED).is_some_and(|enabled| !enabled.eq_ignore_ascii_case("true"));
        if apart {
            tracing::warn!(
                "Disabling custom topic separator for internal topics; will use '.' instead of '{separator}'"
            );
        }
        Self {
            naming,
            separator: separator.to_owned(),
            internal_separator: if apart { DEFAULT_SEPARATOR } else { separator }.to_owned(),
            source_alias: props.get(SOURCE_ALIAS).cloned(),
        }
    }

    /// What a topic of the source is called on the target.
    pub(crate) fn remote_topic(&self, source_alias: &str, topic: &str) -> String {
        if self.keeps_name(topic) { topic.to_owned() } else { format!("{source_alias}{}{topic}", self.separator) }
    }

    /// The alias of the cluster that a topic was copied from; none when it was not.
    pub(crate) fn topic_source<'a>(&'a self, topic: &'a str) -> Option<&'a str> {
        if self.keeps_name(topic) { self.source_alias.as_deref() } else { self.prefix(topic) }
    }

    /// What a topic is called on the cluster that it was copied from; none when it was not.
    pub(crate) fn upstream_topic<'a>(&self, topic: &'a str) -> Option<&'a str> {
        if self.keeps_name(topic) {
            return Some(topic);
        }
        self.prefix(topic).map(|source| &topic[source.len() + self.separator.len()..])
    }

    /// What a topic was called in the very beginning, however often it was copied.
    pub(crate) fn original_topic<'a>(&self, topic: &'a str) -> &'a str {
        let mut topic = topic;
        while let Some(upstream) = self.upstream_topic(topic).filter(|upstream| *upstream != topic) {
            topic = upstream;
        }
        topic
    }

    /// The topic of heartbeats.
    pub(crate) fn heartbeats_topic(&self) -> &'static str {
        HEARTBEATS
    }

    /// The topic of offset syncs; `alias` is that of the cluster where the topic is not.
    pub(crate) fn offset_syncs_topic(&self, alias: &str) -> String {
        format!("mm2-offset-syncs{}{alias}{}", self.internal_separator, self.internal_suffix())
    }

    /// The topic of checkpoints for what comes from the cluster with this alias.
    pub(crate) fn checkpoints_topic(&self, alias: &str) -> String {
        format!("{alias}{}", self.checkpoints_suffix())
    }

    /// Whether a topic holds heartbeats, of this cluster or of another one.
    pub(crate) fn is_heartbeats_topic(&self, topic: &str) -> bool {
        self.original_topic(topic) == HEARTBEATS
    }

    /// Whether a topic is never copied, whatever the filter says.
    pub(crate) fn is_internal_topic(&self, topic: &str) -> bool {
        let of_kafka = topic.starts_with("__") || topic.starts_with('.');
        let of_mirrors = topic.starts_with("mm2") && topic.ends_with(&self.internal_suffix());
        of_kafka || of_mirrors || topic.ends_with(&self.checkpoints_suffix())
    }

    /// Whether a topic of the source has come from the target, perhaps by way of other clusters.
    pub(crate) fn is_cycle(&self, topic: &str, target_alias: &str) -> bool {
        let mut topic = topic;
        while let Some(source) = self.topic_source(topic) {
            if source == target_alias {
                return true;
            }
            // The identity policy cannot tell: names stay as they are.
            match self.upstream_topic(topic).filter(|upstream| *upstream != topic) {
                Some(upstream) => topic = upstream,
                None => return false,
            }
        }
        false
    }

    fn keeps_name(&self, topic: &str) -> bool {
        self.naming == Naming::Identity && !topic.ends_with(HEARTBEATS)
    }

    /// What stands before the first separator, when something stands behind it.
    fn prefix<'a>(&self, topic: &'a str) -> Option<&'a str> {
        if self.separator.is_empty() {
            // Java splits between any two characters then.
            let end = topic.char_indices().nth(1).map(|(end, _)| end)?;
            return Some(&topic[..end]);
        }
        let (prefix, rest) = topic.split_once(&self.separator)?;
        let empty = rest.split(&self.separator).all(str::is_empty);
        (!empty).then_some(prefix)
    }

    fn internal_suffix(&self) -> String {
        format!("{}internal", self.internal_separator)
    }

    fn checkpoints_suffix(&self) -> String {
        format!("{}checkpoints{}", self.internal_separator, self.internal_suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(naming: Naming, props: &[(&str, &str)]) -> ReplicationPolicy {
        ReplicationPolicy::new(naming, &props.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    fn default() -> ReplicationPolicy {
        policy(Naming::Default, &[(SOURCE_ALIAS, "A")])
    }

    #[test]
    fn the_default_policy_puts_the_alias_in_front() {
        let policy = default();
        assert_eq!(policy.remote_topic("A", "orders"), "A.orders");
        for (topic, source, upstream) in [
            ("A.orders", Some("A"), Some("orders")),
            ("A.B.orders", Some("A"), Some("B.orders")),
            ("orders", None, None),
            ("orders.", None, None),
            ("orders..", None, None),
            ("..", None, None),
            (".x", Some(""), Some("x")),
            ("a..b", Some("a"), Some(".b")),
        ] {
            assert_eq!((policy.topic_source(topic), policy.upstream_topic(topic)), (source, upstream), "{topic}");
        }
        assert_eq!(policy.original_topic("A.B.orders"), "orders");
        assert_eq!(policy.original_topic("orders"), "orders");
    }

    #[test]
    fn the_identity_policy_keeps_names_but_those_of_heartbeats() {
        let policy = policy(Naming::Identity, &[(SOURCE_ALIAS, "A")]);
        assert_eq!(policy.remote_topic("A", "a.b"), "a.b");
        assert_eq!(policy.topic_source("a.b"), Some("A"));
        assert_eq!(policy.upstream_topic("a.b"), Some("a.b"));
        assert_eq!(policy.remote_topic("A", "heartbeats"), "A.heartbeats");
        assert_eq!(policy.topic_source("B.heartbeats"), Some("B"));
        assert_eq!(policy.topic_source("heartbeats"), None);
        assert_eq!(policy.upstream_topic("B.heartbeats"), Some("heartbeats"));
        assert!(policy.is_heartbeats_topic("B.heartbeats") && !policy.is_heartbeats_topic("B.topic"));
    }

    #[test]
    fn internal_topics_are_named_after_the_other_cluster() {
        let policy_of = |props: &[(&str, &str)]| policy(Naming::Default, props);
        assert_eq!(default().offset_syncs_topic("B"), "mm2-offset-syncs.B.internal");
        assert_eq!(default().checkpoints_topic("A"), "A.checkpoints.internal");
        let underscore = policy_of(&[(SEPARATOR, "_")]);
        assert_eq!(underscore.offset_syncs_topic("B"), "mm2-offset-syncs_B_internal");
        assert_eq!(underscore.checkpoints_topic("A"), "A_checkpoints_internal");
        assert_eq!(underscore.remote_topic("A", "t"), "A_t");
        let apart = policy_of(&[(SEPARATOR, "_"), (INTERNAL_SEPARATOR_ENABLED, "false")]);
        assert_eq!(apart.offset_syncs_topic("B"), "mm2-offset-syncs.B.internal");
        assert_eq!(apart.remote_topic("A", "t"), "A_t");
        let without_separator = policy_of(&[(INTERNAL_SEPARATOR_ENABLED, "false")]);
        assert_eq!(without_separator.checkpoints_topic("A"), "A.checkpoints.internal");
    }

    #[test]
    fn only_kafkas_and_the_mirrors_own_topics_are_internal() {
        let policy = default();
        for topic in ["__consumer_offsets", ".x", "mm2-offset-syncs.B.internal", "mm2-configs.A.internal"] {
            assert!(policy.is_internal_topic(topic), "{topic}");
        }
        assert!(policy.is_internal_topic("A.checkpoints.internal"));
        for topic in ["foo.internal", "my-internal", "heartbeats", "mm2-topic", "_schemas"] {
            assert!(!policy.is_internal_topic(topic), "{topic}");
        }
    }

    #[test]
    fn a_topic_that_came_from_the_target_is_a_cycle() {
        let policy = default();
        for (topic, cycle) in [("B.t", true), ("C.B.t", true), ("C.t", false), ("t", false), ("B", false)] {
            assert_eq!(policy.is_cycle(topic, "B"), cycle, "{topic}");
        }
        let identity = super::tests::policy(Naming::Identity, &[(SOURCE_ALIAS, "A")]);
        assert!(!identity.is_cycle("t", "B"));
        assert!(identity.is_cycle("B.heartbeats", "B"));
    }
}
