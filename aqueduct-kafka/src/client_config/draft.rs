//! A configuration in the making: parsed properties on one side, librdkafka's on the other.

use std::collections::BTreeMap;
use std::time::Duration;

use aqueduct_config::{ConfigValueData, ParsedConfig};

use super::row::Meaning;
use super::{ClientConfigError, ClientEnvironment, ClientKind, row};

/// What the groups of keys work on.
pub(super) struct Draft<'a> {
    pub(super) client: ClientKind,
    pub(super) config: ParsedConfig,
    pub(super) environment: &'a ClientEnvironment,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) warnings: Vec<String>,
}

impl Draft<'_> {
    /// Sets a property of librdkafka.
    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts alike are given as they are")]
    pub(super) fn set(&mut self, name: &str, value: impl ToString) {
        self.properties.insert(name.to_owned(), value.to_string());
    }

    /// Tells a person something about a key.
    pub(super) fn warn(&mut self, key: &str, what: impl std::fmt::Display) {
        self.warnings.push(format!("'{key}' {what}"));
    }

    /// Whether the key was given.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.config.originals().contains_key(key)
    }

    /// A whole number of any of Java's sizes.
    pub(super) fn number(&self, key: &str) -> Result<i64, ClientConfigError> {
        Ok(match self.config.get(key)? {
            ConfigValueData::Int(value) => i64::from(*value),
            ConfigValueData::Short(value) => i64::from(*value),
            _ => self.config.long(key)?,
        })
    }

    /// A number of milliseconds; negative ones count as none.
    pub(super) fn millis(&self, key: &str) -> Result<Duration, ClientConfigError> {
        Ok(Duration::from_millis(u64::try_from(self.number(key)?).unwrap_or(0)))
    }

    /// A number of bytes or records; negative ones count as none.
    pub(super) fn size(&self, key: &str) -> Result<usize, ClientConfigError> {
        let number = self.number(key)?;
        Ok(usize::try_from(number).unwrap_or(if number < 0 { 0 } else { usize::MAX }))
    }

    /// A text, or the name of a class.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, ClientConfigError> {
        let value = self.config.get(key)?;
        Ok(value.as_str().or(value.as_class()))
    }

    /// A secret.
    pub(super) fn secret(&self, key: &str) -> Result<Option<&str>, ClientConfigError> {
        Ok(self.config.optional_password(key)?.map(aqueduct_config::Password::reveal))
    }

    /// The items of a list.
    pub(super) fn list(&self, key: &str) -> Result<&[String], ClientConfigError> {
        Ok(self.config.list(key)?)
    }

    /// Does what the table says, for every key that no code has to decide about.
    pub(super) fn apply_table(&mut self) -> Result<(), ClientConfigError> {
        for row in row::rows(self.client) {
            match row.meaning {
                Meaning::Is(name) => {
                    let value = self.config.get(row.name)?.to_string();
                    self.set(name, value);
                }
                Meaning::Clamped(name, min, max) => self.set(name, self.number(row.name)?.clamp(min, max)),
                Meaning::Warned(why) if self.is_given(row.name) => {
                    self.warn(row.name, format_args!("has no effect: {why}"));
                }
                Meaning::Own | Meaning::Ignored | Meaning::Warned(_) => {}
            }
        }
        Ok(())
    }
}
