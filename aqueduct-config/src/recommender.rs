//! Recommenders: which values a key could take, and whether it matters, given the values of the other keys.

use std::fmt;
use std::sync::Arc;

use crate::{ConfigError, ConfigValueData, Values};

/// Suggests values for a key and says whether it is visible. An error becomes one of the key's error messages.
///
/// ```
/// use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Recommender, Type, Values};
/// use std::collections::BTreeMap;
///
/// /// The interval matters only when the mode is `interval`.
/// #[derive(Debug)]
/// struct Interval;
///
/// impl Recommender for Interval {
///     fn valid_values(&self, _: &str, _: &Values) -> Result<Vec<ConfigValueData>, ConfigError> {
///         Ok(vec![1000.into(), 60_000.into()])
///     }
///
///     fn visible(&self, _: &str, parsed: &Values) -> Result<bool, ConfigError> {
///         Ok(parsed["mode"].as_str() == Some("interval"))
///     }
/// }
///
/// let def = ConfigDef::new()
///     .define(ConfigKey::new("mode", Type::String).default("poll").dependents(["interval.ms"]))
///     .define(ConfigKey::new("interval.ms", Type::Int).default(1000).recommender(Interval));
/// let verdicts = def.validate(&BTreeMap::from([("mode", "poll")]));
/// assert!(!verdicts[1].visible);
/// ```
pub trait Recommender: fmt::Debug + Send + Sync {
    /// The values that the key could take. They should be of the key's type.
    ///
    /// # Errors
    /// When the values cannot be told.
    fn valid_values(&self, name: &str, parsed: &Values) -> Result<Vec<ConfigValueData>, ConfigError>;

    /// Whether the key matters, given the other values.
    ///
    /// # Errors
    /// When that cannot be told.
    fn visible(&self, _name: &str, _parsed: &Values) -> Result<bool, ConfigError> {
        Ok(true)
    }
}

/// Suggests always the same values; the key is always visible.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValidValues(pub Vec<ConfigValueData>);

impl Recommender for ValidValues {
    fn valid_values(&self, _name: &str, _parsed: &Values) -> Result<Vec<ConfigValueData>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// The recommender of an embedded key: it knows its key, and the keys beside it, without the prefix.
#[derive(Debug, Clone)]
pub(crate) struct Unprefixed {
    pub(crate) prefix: String,
    pub(crate) recommender: Arc<dyn Recommender>,
}

impl Unprefixed {
    fn strip<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.prefix.as_str()).unwrap_or(name)
    }

    fn siblings(&self, parsed: &Values) -> Values {
        parsed
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(self.prefix.as_str())?.to_owned(), value.clone())))
            .collect()
    }
}

impl Recommender for Unprefixed {
    fn valid_values(&self, name: &str, parsed: &Values) -> Result<Vec<ConfigValueData>, ConfigError> {
        self.recommender.valid_values(self.strip(name), &self.siblings(parsed))
    }

    fn visible(&self, name: &str, parsed: &Values) -> Result<bool, ConfigError> {
        self.recommender.visible(self.strip(name), &self.siblings(parsed))
    }
}
