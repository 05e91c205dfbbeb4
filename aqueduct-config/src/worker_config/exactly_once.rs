//! `exactly.once.source.support`: how far a group of workers is on its way to exactly-once sources (KIP-618).

use super::EXACTLY_ONCE_SOURCE_SUPPORT;
use crate::{ConfigError, ParsedConfig};

/// Whether source connectors may write exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExactlyOnceSources {
    /// They write at least once.
    #[default]
    Disabled,
    /// As [`Disabled`](Self::Disabled), but the leader writes in transactions, so that workers on which it is enabled can
    /// join.
    Preparing,
    /// They write in transactions.
    Enabled,
}

impl ExactlyOnceSources {
    /// What a distributed worker's configuration says.
    ///
    /// # Errors
    /// When the key has no value of its type.
    pub fn from_worker(config: &ParsedConfig) -> Result<Self, ConfigError> {
        Ok(match config.string(EXACTLY_ONCE_SOURCE_SUPPORT)?.to_ascii_lowercase().as_str() {
            "enabled" => Self::Enabled,
            "preparing" => Self::Preparing,
            _ => Self::Disabled,
        })
    }

    /// Whether source tasks write in transactions.
    pub fn is_enabled(self) -> bool {
        self == Self::Enabled
    }

    /// Whether the leader writes to the config topic in transactions, so that a former leader can be shut out.
    pub fn fences_leaders(self) -> bool {
        self != Self::Disabled
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::AnyClass;
    use crate::worker_config::parse_distributed;

    #[test]
    fn letters_may_be_of_any_case() {
        let check = |value: &str, expect| {
            let mut props: BTreeMap<&str, &str> = ["key.converter", "value.converter", "group.id", "bootstrap.servers"]
                .into_iter()
                .chain(["config.storage.topic", "offset.storage.topic", "status.storage.topic"])
                .map(|key| (key, "x"))
                .collect();
            props.insert(EXACTLY_ONCE_SOURCE_SUPPORT, value);
            let config = parse_distributed(&props, &AnyClass).unwrap();
            assert_eq!(ExactlyOnceSources::from_worker(&config).unwrap(), expect);
        };
        check("disabled", ExactlyOnceSources::Disabled);
        check("Preparing", ExactlyOnceSources::Preparing);
        check("ENABLED", ExactlyOnceSources::Enabled);
    }
}
