//! The topic settings: one table gives the names, defaults, types and checks; the parsed form is what the broker acts on.
//!
//! Settings enter as strings from CreateTopics and the alter requests, and leave as strings to DescribeConfigs. Settings
//! that have no meaning on one node are checked, kept and shown, and change nothing.

use std::collections::BTreeMap;

/// A topic's settings that were set, by name. What is not in it has its default.
pub(crate) type Overrides = BTreeMap<String, String>;

/// The protocol's numbers for the types of settings, as DescribeConfigs tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// true or false.
    Boolean,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words, with commas.
    List(&'static [&'static str]),
    /// A number of 32 bits, not below this.
    Int(i64),
    /// A number of 64 bits, not below this.
    Long(i64),
    /// A number between 0 and 1.
    Double,
    /// Anything.
    Text,
}

/// One topic setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) kind: Kind,
}

const fn setting(name: &'static str, default: &'static str, kind: Kind) -> Setting {
    Setting { name, default, kind }
}

const COMPRESSIONS: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];

/// All topic settings, by name.
pub(crate) const SETTINGS: &[Setting] = &[
    setting("cleanup.policy", "delete", Kind::List(&["compact", "delete"])),
    setting("compression.gzip.level", "-1", Kind::Int(-1)),
    setting("compression.lz4.level", "9", Kind::Int(1)),
    setting("compression.type", "producer", Kind::Word(COMPRESSIONS)),
    setting("compression.zstd.level", "3", Kind::Int(-131_072)),
    setting("delete.retention.ms", "86400000", Kind::Long(0)),
    setting("file.delete.delay.ms", "60000", Kind::Long(0)),
    setting("flush.messages", "9223372036854775807", Kind::Long(1)),
    setting("flush.ms", "9223372036854775807", Kind::Long(0)),
    setting("follower.replication.throttled.replicas", "", Kind::Text),
    setting("index.interval.bytes", "4096", Kind::Int(0)),
    setting("leader.replication.throttled.replicas", "", Kind::Text),
    setting("local.retention.bytes", "-2", Kind::Long(-2)),
    setting("local.retention.ms", "-2", Kind::Long(-2)),
    setting("max.compaction.lag.ms", "9223372036854775807", Kind::Long(1)),
    setting("max.message.bytes", "1048588", Kind::Int(0)),
    setting("message.timestamp.after.max.ms", "3600000", Kind::Long(0)),
    setting("message.timestamp.before.max.ms", "9223372036854775807", Kind::Long(0)),
    setting("message.timestamp.type", "CreateTime", Kind::Word(&["CreateTime", "LogAppendTime"])),
    setting("min.cleanable.dirty.ratio", "0.5", Kind::Double),
    setting("min.compaction.lag.ms", "0", Kind::Long(0)),
    setting("min.insync.replicas", "1", Kind::Int(1)),
    setting("preallocate", "false", Kind::Boolean),
    setting("remote.log.copy.disable", "false", Kind::Boolean),
    setting("remote.log.delete.on.disable", "false", Kind::Boolean),
    setting("remote.storage.enable", "false", Kind::Boolean),
    setting("retention.bytes", "-1", Kind::Long(-1)),
    setting("retention.ms", "604800000", Kind::Long(-1)),
    setting("segment.bytes", "1073741824", Kind::Int(14)),
    setting("segment.index.bytes", "10485760", Kind::Int(4)),
    setting("segment.jitter.ms", "0", Kind::Long(0)),
    setting("segment.ms", "604800000", Kind::Long(1)),
    setting("unclean.leader.election.enable", "false", Kind::Boolean),
];

/// What the broker acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicConfig {
    pub(crate) compact: bool,
    pub(crate) delete: bool,
    pub(crate) max_message_bytes: u64,
    pub(crate) log_append_time: bool,
    /// None keeps all.
    pub(crate) retention_bytes: Option<u64>,
    /// Milliseconds; none keeps all.
    pub(crate) retention_ms: Option<i64>,
    pub(crate) segment_bytes: u64,
    pub(crate) segment_ms: i64,
    /// Milliseconds that a compacted topic keeps the deletion of a key.
    pub(crate) delete_retention_ms: i64,
    pub(crate) min_compaction_lag_ms: i64,
}

// === impl Setting ===

impl Setting {
    /// The setting of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// Says what is wrong with `value`.
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        let name = self.name;
        let invalid = |why: &str| Err(format!("Invalid value {value} for configuration {name}: {why}"));
        let at_least = |number: i64, least: i64| match number < least {
            true => invalid(&format!("Value must be at least {least}")),
            false => Ok(()),
        };
        match self.kind {
            Kind::Text => Ok(()),
            Kind::Boolean if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") => Ok(()),
            Kind::Boolean => invalid("Expected value to be either true or false"),
            Kind::Word(words) if words.contains(&value) => Ok(()),
            Kind::Word(words) => invalid(&format!("String must be one of: {}", words.join(", "))),
            Kind::List(words) => match list(value).find(|word| !words.contains(word)) {
                Some(_) => invalid(&format!("String must be one of: {}", words.join(", "))),
                None => Ok(()),
            },
            Kind::Int(least) => match value.trim().parse::<i32>() {
                Ok(number) => at_least(i64::from(number), least),
                Err(_) => invalid("Not a number of type INT"),
            },
            Kind::Long(least) => match value.trim().parse::<i64>() {
                Ok(number) => at_least(number, least),
                Err(_) => invalid("Not a number of type LONG"),
            },
            Kind::Double => match value.trim().parse::<f64>() {
                Ok(number) if (0.0..=1.0).contains(&number) => Ok(()),
                Ok(_) => invalid("Value must be between 0 and 1"),
                Err(_) => invalid("Not a number of type DOUBLE"),
            },
        }
    }

    /// The protocol's number for the setting's type.
    pub(crate) fn type_number(&self) -> i8 {
        match self.kind {
            Kind::Boolean => 1,
            Kind::Text | Kind::Word(_) => 2,
            Kind::Int(_) => 3,
            Kind::Long(_) => 5,
            Kind::Double => 6,
            Kind::List(_) => 7,
        }
    }
}

/// Says what is wrong with a topic's settings.
pub(crate) fn check(overrides: &Overrides) -> Result<(), String> {
    for (name, value) in overrides {
        let setting = Setting::find(name).ok_or_else(|| format!("Unknown topic config name: {name}"))?;
        setting.check(value)?;
    }
    Ok(())
}

// === impl TopicConfig ===

impl TopicConfig {
    /// The parsed form of settings that were checked.
    pub(crate) fn new(overrides: &Overrides) -> TopicConfig {
        let text = |name: &str| {
            let default = Setting::find(name).map_or("", |setting| setting.default);
            overrides.get(name).map_or(default, String::as_str).trim()
        };
        let number = |name: &str| text(name).parse::<i64>().unwrap_or_default();
        let policy = text("cleanup.policy");
        TopicConfig {
            compact: list(policy).any(|word| word == "compact"),
            delete: list(policy).any(|word| word == "delete"),
            max_message_bytes: number("max.message.bytes").unsigned_abs(),
            log_append_time: text("message.timestamp.type") == "LogAppendTime",
            retention_bytes: u64::try_from(number("retention.bytes")).ok(),
            retention_ms: Some(number("retention.ms")).filter(|&ms| ms >= 0),
            segment_bytes: number("segment.bytes").unsigned_abs(),
            segment_ms: number("segment.ms"),
            delete_retention_ms: number("delete.retention.ms"),
            min_compaction_lag_ms: number("min.compaction.lag.ms"),
        }
    }
}

/// The words of a list setting.
pub(crate) fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(name: &str, value: &str, expect: bool) {
        assert_eq!(Setting::find(name).unwrap().check(value).is_ok(), expect, "{name}={value}");
    }

    #[test]
    fn values_are_checked() {
        accepts("cleanup.policy", "compact", true);
        accepts("cleanup.policy", "compact,delete", true);
        accepts("cleanup.policy", "shrink", false);
        accepts("retention.ms", "-1", true);
        accepts("retention.ms", "-2", false);
        accepts("retention.ms", "soon", false);
        accepts("max.message.bytes", "3000000000", false);
        accepts("min.cleanable.dirty.ratio", "0.01", true);
        accepts("min.cleanable.dirty.ratio", "2", false);
        accepts("preallocate", "yes", false);
    }

    #[test]
    fn every_default_is_valid() {
        for setting in SETTINGS {
            assert_eq!(setting.check(setting.default), Ok(()), "{}", setting.name);
        }
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        let overrides = Overrides::from([("no.such".to_owned(), "1".to_owned())]);
        assert_eq!(check(&overrides), Err("Unknown topic config name: no.such".to_owned()));
    }
}
