//! Loggers in memory, with the rules of Java's.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aqueduct_rest::{Level, LoggerLevel, Loggers};

pub(crate) struct FakeLoggers(Mutex<BTreeMap<String, LoggerLevel>>);

impl FakeLoggers {
    pub(crate) fn new() -> Self {
        Self(Mutex::new([("root".to_owned(), LoggerLevel { level: Level::Info, last_modified: None })].into()))
    }
}

impl Loggers for FakeLoggers {
    fn levels(&self) -> BTreeMap<String, LoggerLevel> {
        self.0.lock().unwrap().clone()
    }

    fn level(&self, logger: &str) -> Option<LoggerLevel> {
        self.0.lock().unwrap().get(logger).copied()
    }

    fn set_level(&self, logger: &str, level: Level) -> Vec<String> {
        let mut loggers = self.0.lock().unwrap();
        let unset = LoggerLevel { level: Level::Info, last_modified: None };
        let is_new = !loggers.contains_key(logger);
        loggers.entry(logger.to_owned()).or_insert(unset);
        let mut changed = Vec::new();
        for (name, known) in loggers.iter_mut() {
            let below = logger == "root" || name == logger || name.starts_with(&format!("{logger}."));
            if below && (known.level != level || is_new && name == logger) {
                *known = LoggerLevel { level, last_modified: Some(1_700_000_000_000) };
                changed.push(name.clone());
            }
        }
        changed
    }
}
