//! Parsing a whole configuration, and the typed result.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::validator::distinct;
use crate::{
    ClassResolver, ConfigDef, ConfigError, ConfigErrorKind, ConfigKey, ConfigValueData, NoClasses, Originals, Password,
    Properties, Validator, Values, parse_type,
};

impl ConfigDef {
    /// Parses properties; no class is found. Keys that are not defined are kept among the originals.
    ///
    /// # Errors
    /// The first thing that is wrong: with the definition, a missing value, a value that is not of its type or that its
    /// validator refuses.
    pub fn parse<P: Properties + ?Sized>(&self, props: &P) -> Result<ParsedConfig, ConfigError> {
        self.parse_with(props, &NoClasses)
    }

    /// As [`ConfigDef::parse`], looking up classes.
    ///
    /// # Errors
    /// As [`ConfigDef::parse`].
    pub fn parse_with<P: Properties + ?Sized>(
        &self,
        props: &P,
        classes: &dyn ClassResolver,
    ) -> Result<ParsedConfig, ConfigError> {
        let values = self.parse_each(&|name| props.property(name).map(Into::into), classes)?;
        Ok(ParsedConfig { definition: self.clone(), values, originals: props.to_originals(), used: Arc::default() })
    }

    /// Parses values that may be typed already.
    ///
    /// # Errors
    /// As [`ConfigDef::parse`].
    pub fn parse_values(&self, given: &Values, classes: &dyn ClassResolver) -> Result<Values, ConfigError> {
        self.parse_each(&|name| given.get(name).cloned(), classes)
    }

    fn parse_each(
        &self,
        given: &dyn Fn(&str) -> Option<ConfigValueData>,
        classes: &dyn ClassResolver,
    ) -> Result<Values, ConfigError> {
        if let Some((_, error)) = self.defects.first() {
            return Err(error.clone());
        }
        let undefined = self.undefined_dependents();
        if !undefined.is_empty() {
            return Err(ConfigError::new(format!(
                "Some configurations in are referred in the dependents, but not defined: {}",
                undefined.join(",")
            )));
        }
        self.config_keys()
            .map(|key| Ok((key.name.to_string(), parse_value(key, given(&key.name).as_ref(), classes)?)))
            .collect()
    }
}

/// Parses the value of one key, or takes its default.
fn parse_value(
    key: &ConfigKey,
    given: Option<&ConfigValueData>,
    classes: &dyn ClassResolver,
) -> Result<ConfigValueData, ConfigError> {
    let mut value = match (given, &key.default_value) {
        (Some(given), _) => parse_type(&key.name, given, key.value_type, classes)?,
        (None, Some(default)) => default.clone(),
        (None, None) => return Err(ConfigError::missing(&key.name)),
    };
    if let (Some(Validator::ValidList(_)), ConfigValueData::List(items)) = (&key.validator, &value)
        && let Some(unique) = distinct(items)
    {
        tracing::warn!(
            "Configuration key \"{}\" contains duplicate values. Duplicates will be removed. The original value is: \
             [{}], the updated value is: [{}]",
            key.name,
            items.join(", "),
            unique.join(", "),
        );
        value = ConfigValueData::List(unique);
    }
    if let Some(validator) = &key.validator {
        validator.ensure_valid(&key.name, &value, classes)?;
    }
    Ok(value)
}

/// A parsed configuration: typed values, and the properties that they came from.
///
/// It remembers which keys were looked at, so that those that nobody looked at can be named in a warning. Clones share
/// that memory.
///
/// ```
/// use aqueduct_config::{ConfigDef, ConfigKey, Type};
/// use std::collections::BTreeMap;
///
/// let def = ConfigDef::new().define(ConfigKey::new("topics", Type::List));
/// let config = def.parse(&BTreeMap::from([("topics", "a, b"), ("producer.acks", "all")]))?;
/// assert_eq!(config.list("topics")?, ["a", "b"]);
/// assert_eq!(config.unused(), ["producer.acks"]);
/// assert_eq!(config.originals_with_prefix("producer.")["acks"].as_deref(), Some("all"));
/// assert!(config.unused().is_empty());
/// # Ok::<(), aqueduct_config::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ParsedConfig {
    definition: ConfigDef,
    values: Values,
    originals: Originals,
    used: Arc<Mutex<BTreeSet<String>>>,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $getter:ident, $optional:ident: $type:ty = $variant:ident($value:ident) => $result:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// When the key is not defined, has no value or is of another type.
            pub fn $getter(&self, key: &str) -> Result<$type, ConfigError> {
                self.$optional(key)?.ok_or_else(|| no_value(key))
            }

            $(#[$doc])*
            /// `None` when the key has no value.
            ///
            /// # Errors
            /// When the key is not defined or is of another type.
            pub fn $optional(&self, key: &str) -> Result<Option<$type>, ConfigError> {
                match self.get(key)? {
                    ConfigValueData::Null => Ok(None),
                    ConfigValueData::$variant($value) => Ok(Some($result)),
                    other => Err(wrong_type(key, other)),
                }
            }
        )*
    };
}

impl ParsedConfig {
    /// Replaces a value, as a rule between keys may demand; the originals stay.
    pub fn set(&mut self, key: &str, value: impl Into<ConfigValueData>) {
        if let Some(slot) = self.values.get_mut(key) {
            *slot = value.into();
        }
    }

    /// The value of a key, whatever its type.
    ///
    /// # Errors
    /// When the key is not defined.
    pub fn get(&self, key: &str) -> Result<&ConfigValueData, ConfigError> {
        let value = self.values.get(key).ok_or_else(|| ConfigError::new(format!("Unknown configuration '{key}'")))?;
        self.mark_used(key);
        Ok(value)
    }

    getters! {
        /// The value of a key of type STRING.
        string, optional_string: &str = String(text) => text.as_str();
        /// The value of a key of type BOOLEAN.
        boolean, optional_boolean: bool = Boolean(value) => *value;
        /// The value of a key of type INT.
        int, optional_int: i32 = Int(value) => *value;
        /// The value of a key of type SHORT.
        short, optional_short: i16 = Short(value) => *value;
        /// The value of a key of type LONG.
        long, optional_long: i64 = Long(value) => *value;
        /// The value of a key of type DOUBLE.
        double, optional_double: f64 = Double(value) => *value;
        /// The value of a key of type LIST.
        list, optional_list: &[String] = List(items) => items.as_slice();
        /// The value of a key of type CLASS: the full name of the class.
        class, optional_class: &str = Class(name) => name.as_str();
        /// The value of a key of type PASSWORD.
        password, optional_password: &Password = Password(password) => password;
    }

    /// The definition that the configuration was parsed with.
    pub fn definition(&self) -> &ConfigDef {
        &self.definition
    }

    /// All values. Looking at them here does not count as use.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The properties as they were given.
    pub fn originals(&self) -> &Originals {
        &self.originals
    }

    /// One property as it was given; none when it is absent or null.
    pub fn original(&self, key: &str) -> Option<&str> {
        let text = self.originals.get(key)?.as_deref();
        self.mark_used(key);
        text
    }

    /// The properties that start with a prefix, without it. They count as used.
    pub fn originals_with_prefix(&self, prefix: &str) -> Originals {
        let mut stripped = Originals::new();
        for (key, value) in &self.originals {
            if let Some(rest) = key.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
                self.mark_used(key);
                stripped.insert(rest.to_owned(), value.clone());
            }
        }
        stripped
    }

    /// All values, where properties that start with the prefix override those without it. Keys of which only the part
    /// after the next dot is defined (`PREFIXmechanism.sasl.jaas.config`) are added under their whole name.
    ///
    /// # Errors
    /// When an overriding property is not valid.
    pub fn values_with_prefix_override(
        &self,
        prefix: &str,
        classes: &dyn ClassResolver,
    ) -> Result<Values, ConfigError> {
        let mut values = self.values.clone();
        for (name, given) in self.originals_with_prefix(prefix) {
            let after_dot = name.split_once('.').map_or(name.as_str(), |(_, rest)| rest);
            if let Some(key) = self.definition.key(&name).or_else(|| self.definition.key(after_dot)) {
                values.insert(name, parse_value(key, Some(&given.into()), classes)?);
            }
        }
        Ok(values)
    }

    /// Only the values of properties that start with the prefix, if there are any such properties; otherwise all
    /// values. So `listeners.https.ssl.…` replaces `ssl.…` as a whole.
    ///
    /// # Errors
    /// When such a property is not valid.
    pub fn values_with_prefix_all_or_nothing(
        &self,
        prefix: &str,
        classes: &dyn ClassResolver,
    ) -> Result<Values, ConfigError> {
        let given = self.originals_with_prefix(prefix);
        if given.is_empty() {
            return Ok(self.values.clone());
        }
        let mut values = Values::new();
        for (name, given) in given {
            if let Some(key) = self.definition.key(&name) {
                values.insert(name, parse_value(key, Some(&given.into()), classes)?);
            }
        }
        Ok(values)
    }

    /// Counts a key as used without looking at it.
    pub fn mark_used(&self, key: &str) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if !used.contains(key) {
            used.insert(key.to_owned());
        }
    }

    /// The keys that were given and that nobody looked at, sorted.
    pub fn unused(&self) -> Vec<String> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unused: Vec<String> = self.originals.keys().filter(|key| !used.contains(*key)).cloned().collect();
        unused.sort();
        unused
    }
}

/// Of the properties only the keys show: those that are not defined may be secrets of others.
impl fmt::Debug for ParsedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedConfig")
            .field("values", &self.values)
            .field("originals", &self.originals.keys())
            .finish_non_exhaustive()
    }
}

fn no_value(key: &str) -> ConfigError {
    ConfigError::with_kind(ConfigErrorKind::NullPointer, format!("Configuration '{key}' has no value"))
}

fn wrong_type(key: &str, value: &ConfigValueData) -> ConfigError {
    ConfigError::with_kind(ConfigErrorKind::ClassCast, format!("Configuration '{key}' is a {}", value.java_class()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Type;

    fn parsed(props: &[(&str, &str)]) -> ParsedConfig {
        ConfigDef::new()
            .define(ConfigKey::new("file", Type::String).default_null())
            .define(ConfigKey::new("size", Type::Int).default(5))
            .define(ConfigKey::new("ssl.password", Type::Password).default_null())
            .define(ConfigKey::new("topics", Type::List).default("a,b"))
            .parse(&props.iter().copied().collect::<BTreeMap<_, _>>())
            .unwrap()
    }

    #[test]
    fn getters_answer_typed_values() {
        let config = parsed(&[("file", " x "), ("ssl.password", "secret")]);
        assert_eq!(config.string("file").unwrap(), "x");
        assert_eq!(config.int("size").unwrap(), 5);
        assert_eq!(config.list("topics").unwrap(), ["a", "b"]);
        assert_eq!(config.password("ssl.password").unwrap().reveal(), "secret");
    }

    #[test]
    fn secrets_do_not_show() {
        let config = parsed(&[("ssl.password", "hunter2"), ("producer.sasl.jaas.config", "hunter2")]);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn definitions_and_configurations_may_go_to_other_threads() {
        fn check<T: Clone + Send + Sync>() {}
        check::<ConfigDef>();
        check::<ParsedConfig>();
    }

    #[test]
    fn getters_refuse_unknown_keys_other_types_and_missing_values() {
        let config = parsed(&[]);
        assert_eq!(config.string("nope").unwrap_err().message(), "Unknown configuration 'nope'");
        assert_eq!(config.string("size").unwrap_err().kind(), ConfigErrorKind::ClassCast);
        assert_eq!(config.string("file").unwrap_err().kind(), ConfigErrorKind::NullPointer);
        assert_eq!(config.optional_string("file").unwrap(), None);
    }

    #[test]
    fn unused_keys_are_those_given_that_nobody_looked_at() {
        let config = parsed(&[("file", "x"), ("size", "1"), ("zzz", "1"), ("producer.acks", "all")]);
        config.string("file").unwrap();
        assert_eq!(config.originals_with_prefix("producer.")["acks"].as_deref(), Some("all"));
        assert_eq!(config.clone().unused(), ["size", "zzz"]);
    }

    #[test]
    fn a_prefix_overrides_single_values() {
        let config = parsed(&[("file", "x"), ("p.size", "7"), ("p.", "1"), ("p.gssapi.ssl.password", "s")]);
        let values = config.values_with_prefix_override("p.", &NoClasses).unwrap();
        assert_eq!(values["size"], 7.into());
        assert_eq!(values["file"], "x".into());
        assert_eq!(values["gssapi.ssl.password"], ConfigValueData::password("s"));
    }

    #[test]
    fn a_prefix_replaces_all_values_or_none() {
        let config = parsed(&[("file", "x"), ("p.size", "7")]);
        let values = config.values_with_prefix_all_or_nothing("p.", &NoClasses).unwrap();
        assert_eq!(values.into_iter().collect::<Vec<_>>(), [("size".to_owned(), 7.into())]);
        let values = config.values_with_prefix_all_or_nothing("q.", &NoClasses).unwrap();
        assert_eq!(values["file"], "x".into());
    }
}
