//! Lists: of distinct items, out of a set, of limited length.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use super::wrong_class;
use crate::{ConfigError, ConfigErrorKind, ConfigValueData};

/// A list of distinct items that are not empty, perhaps out of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidList {
    /// The permitted items; none means any.
    pub items: Vec<Cow<'static, str>>,
    /// Whether the list may have no items.
    pub empty_allowed: bool,
    /// Whether there may be no list.
    pub null_allowed: bool,
}

impl ValidList {
    /// Any items.
    pub fn any(empty_allowed: bool, null_allowed: bool) -> Self {
        Self { items: Vec::new(), empty_allowed, null_allowed }
    }

    /// Items out of these; never null.
    pub fn of<T: Into<Cow<'static, str>>>(empty_allowed: bool, items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), empty_allowed, null_allowed: false }
    }

    pub(super) fn ensure_valid(&self, name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
        let values = match value {
            ConfigValueData::Null if self.null_allowed => return Ok(()),
            ConfigValueData::Null => {
                return Err(ConfigError::new(format!("Configuration '{name}' values must not be null.")));
            }
            ConfigValueData::List(values) => values,
            _ => return Err(wrong_class(value, "java.util.List")),
        };
        if values.is_empty() && !self.empty_allowed {
            let valid = if self.items.is_empty() {
                "any non-empty value".to_owned()
            } else {
                format!("[{}]", self.items.join(", "))
            };
            return Err(ConfigError::new(format!(
                "Configuration '{name}' must not be empty. Valid values include: {valid}"
            )));
        }
        if distinct(values).is_some() {
            return Err(ConfigError::new(format!("Configuration '{name}' values must not be duplicated.")));
        }
        values.iter().try_for_each(|item| self.ensure_valid_item(name, item))
    }

    fn ensure_valid_item(&self, name: &str, item: &str) -> Result<(), ConfigError> {
        if item.is_empty() {
            return Err(ConfigError::new(format!("Configuration '{name}' values must not be empty.")));
        }
        if self.items.is_empty() || self.items.iter().any(|valid| valid == item) {
            return Ok(());
        }
        Err(ConfigError::invalid(name, item, format_args!("String must be one of: {}", self.items.join(", "))))
    }
}

impl fmt::Display for ValidList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return Ok(());
        }
        let empty = if self.empty_allowed { "(empty config allowed)" } else { "(empty not allowed)" };
        let null = if self.null_allowed { "(null config allowed)" } else { "(null not allowed)" };
        write!(f, "[{}] {empty} {null}", self.items.join(", "))
    }
}

/// The items without repetitions, if there are any.
pub(crate) fn distinct(items: &[String]) -> Option<Vec<String>> {
    let mut seen = HashSet::new();
    let unique: Vec<String> = items.iter().filter(|item| seen.insert(*item)).cloned().collect();
    (unique.len() < items.len()).then_some(unique)
}

pub(super) fn ensure_at_most(max: usize, name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    match value {
        ConfigValueData::List(values) if values.len() <= max => Ok(()),
        ConfigValueData::List(_) => {
            Err(ConfigError::invalid(name, value, format_args!("exceeds maximum list size of [{max}].")))
        }
        ConfigValueData::Null => Err(ConfigError::with_kind(
            ConfigErrorKind::NullPointer,
            "Cannot invoke \"java.util.List.size()\" because \"values\" is null",
        )),
        _ => Err(wrong_class(value, "java.util.List")),
    }
}
