//! The Java classes that configurations of mirrors may name: Kafka's own. Those of one's own would have to be Java's.

use std::collections::BTreeSet;

use aqueduct_api::ConfigMap;
use aqueduct_config::ClassResolver;

use super::keys::{
    CONFIG_FILTER, CONFIG_FILTER_CLASS, DEFAULT_POLICY, FORWARDING_ADMIN, FORWARDING_ADMIN_CLASS, GROUP_FILTER,
    GROUP_FILTER_CLASS, IDENTITY_POLICY, POLICY_CLASS, TOPIC_FILTER, TOPIC_FILTER_CLASS,
};

const KNOWN: [&str; 6] = [DEFAULT_POLICY, IDENTITY_POLICY, FORWARDING_ADMIN, TOPIC_FILTER, GROUP_FILTER, CONFIG_FILTER];
const OURS: [&str; 5] =
    [POLICY_CLASS, FORWARDING_ADMIN_CLASS, TOPIC_FILTER_CLASS, GROUP_FILTER_CLASS, CONFIG_FILTER_CLASS];

/// Knows the classes under their full names. What other keys name, converters and the like, is for others to judge.
pub(crate) struct MirrorClasses<'a> {
    others: BTreeSet<&'a str>,
}

impl<'a> MirrorClasses<'a> {
    pub(crate) fn beside(props: &'a ConfigMap) -> Self {
        let others = props.iter().filter(|(key, _)| !OURS.contains(&key.as_str()));
        Self { others: others.map(|(_, value)| value.trim()).collect() }
    }
}

impl ClassResolver for MirrorClasses<'_> {
    fn resolve(&self, name: &str) -> Option<String> {
        (KNOWN.contains(&name) || self.others.contains(name)).then(|| name.to_owned())
    }

    fn is_subtype(&self, _class: &str, _supertype: &str) -> bool {
        true
    }
}
