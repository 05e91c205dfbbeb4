//! The loggers that `/admin/loggers` shows and changes; who starts the worker implements [`Loggers`].

use std::collections::BTreeMap;
use std::fmt;

use aqueduct_api::{BoxFuture, ready};
use aqueduct_herder::HerderError;

/// A level, by its name in Java's logging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is logged.
    Off,
    /// Only what ends the worker.
    Fatal,
    /// Failures.
    Error,
    /// What may become one.
    Warn,
    /// What an operator wants to know.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Every step.
    Trace,
    /// Everything.
    All,
}

impl Level {
    const NAMES: [(&'static str, Self); 8] = [
        ("OFF", Self::Off),
        ("FATAL", Self::Fatal),
        ("ERROR", Self::Error),
        ("WARN", Self::Warn),
        ("INFO", Self::Info),
        ("DEBUG", Self::Debug),
        ("TRACE", Self::Trace),
        ("ALL", Self::All),
    ];

    /// The level of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A logger's level, and when it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggerLevel {
    /// The level that counts for this logger, its own or inherited.
    pub level: Level,
    /// When it was changed through REST, in milliseconds since the epoch; none when it never was.
    pub last_modified: Option<i64>,
}

/// The worker's loggers (KIP-495, KIP-976). Calls may come from any thread and have to be quick.
///
/// The root logger is named `root`.
pub trait Loggers: Send + Sync {
    /// All loggers that are known, with `root`.
    fn levels(&self) -> BTreeMap<String, LoggerLevel>;

    /// One logger; none when it never was used, even if loggers below it were.
    fn level(&self, logger: &str) -> Option<LoggerLevel>;

    /// Sets a logger, which need not be known, and those below it. Answers the names, sorted, of those whose level is
    /// another one now.
    fn set_level(&self, logger: &str, level: Level) -> Vec<String>;

    /// Sets a logger on every worker of the cluster. A worker alone is its own cluster: the default sets it here.
    fn set_cluster_level<'a>(&'a self, logger: &'a str, level: Level) -> BoxFuture<'a, Result<(), HerderError>> {
        self.set_level(logger, level);
        ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_their_names_in_any_case() {
        for (name, level) in Level::NAMES {
            assert_eq!(Level::parse(name), Some(level));
            assert_eq!(Level::parse(&name.to_lowercase()), Some(level));
            assert_eq!(level.to_string(), name);
        }
        assert_eq!(Level::parse("NOPE"), None);
        assert_eq!(Level::parse(" INFO"), None);
    }
}
