//! The definition: keys in the order in which they were defined.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::recommender::Unprefixed;
use crate::{AnyClass, ConfigError, ConfigKey, ConfigValueData, Validator, parse_type};

/// Which keys a configuration has. It is plain data: cheap enough to clone, and free to move between threads.
///
/// A mistake in the definition itself (a key defined twice, a default that the key's own validator refuses) does not
/// stop the program: [`ConfigDef::parse`] fails with it, and [`ConfigDef::validate`] shows it at its key.
/// [`ConfigDef::try_define`] tells at once.
///
/// A definition is usually kept in a static:
///
/// ```
/// use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator, Width};
/// use std::sync::LazyLock;
///
/// static DEF: LazyLock<ConfigDef> = LazyLock::new(|| {
///     ConfigDef::new()
///         .define(
///             ConfigKey::new("file", Type::String)
///                 .required()
///                 .importance(Importance::High)
///                 .doc("The file to read.")
///                 .group("File")
///                 .order(1)
///                 .width(Width::Long)
///                 .display_name("File"),
///         )
///         .define(ConfigKey::new("batch.size", Type::Int).default(2000).validator(Validator::at_least(1)))
/// });
/// assert!(DEF.defects().is_empty());
/// assert_eq!(DEF.names().collect::<Vec<_>>(), ["file", "batch.size"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ConfigDef {
    pub(crate) keys: IndexMap<Cow<'static, str>, ConfigKey>,
    pub(crate) defects: Vec<(String, ConfigError)>,
    groups: Vec<Cow<'static, str>>,
}

impl ConfigDef {
    /// A definition without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    #[must_use]
    pub fn define(mut self, key: ConfigKey) -> Self {
        self.add(key);
        self
    }

    /// Adds several keys.
    #[must_use]
    pub fn define_all(self, keys: impl IntoIterator<Item = ConfigKey>) -> Self {
        keys.into_iter().fold(self, Self::define)
    }

    /// Adds a key.
    ///
    /// # Errors
    /// When the key is there already, or its default is not valid.
    pub fn try_define(mut self, key: ConfigKey) -> Result<Self, ConfigError> {
        self.insert(key)?;
        Ok(self)
    }

    /// Adds a key, in place.
    pub fn add(&mut self, key: ConfigKey) {
        let name = key.name.to_string();
        if let Err(error) = self.insert(key) {
            self.defects.push((name, error));
        }
    }

    fn insert(&mut self, mut key: ConfigKey) -> Result<(), ConfigError> {
        if let Some(given) = &key.default_value {
            // Who defines a default vouches for its classes.
            let parsed = parse_type(&key.name, given, key.value_type, &AnyClass)?;
            if let Some(validator) = &key.validator {
                validator.ensure_valid(&key.name, &parsed, &AnyClass)?;
            }
            key.default_value = Some(parsed);
        }
        if self.keys.contains_key(&key.name) {
            return Err(ConfigError::new(format!("Configuration {} is defined twice.", key.name)));
        }
        if let Some(group) = key.group.as_ref().filter(|group| !self.groups.contains(group)) {
            self.groups.push(group.clone());
        }
        self.keys.insert(key.name.clone(), key);
        Ok(())
    }

    /// Adds the keys of another definition behind a prefix, sorted as [`ConfigDef::sorted_keys`] does, under the group
    /// `group` (`group: G` for keys of a group G of their own) and with consecutive orders from `starting_order`.
    ///
    /// The validators and recommenders of the keys go on to see names without the prefix.
    ///
    /// ```
    /// use aqueduct_config::{ConfigDef, ConfigKey, Type};
    ///
    /// let transform = ConfigDef::new().define(ConfigKey::new("field", Type::String));
    /// let def = ConfigDef::new().embed("transforms.t.", "Transforms: t", 0, &transform);
    /// assert_eq!(def.key("transforms.t.field").unwrap().group.as_deref(), Some("Transforms: t"));
    /// ```
    #[must_use]
    pub fn embed(mut self, prefix: &str, group: &str, starting_order: i32, child: &ConfigDef) -> Self {
        for (order, key) in (starting_order..).zip(child.sorted_keys()) {
            self.add(embedded(prefix, group, order, key));
        }
        self.defects.extend(child.defects.iter().map(|(name, error)| (format!("{prefix}{name}"), error.clone())));
        self
    }

    /// Gives a key another default, in its place; nothing happens when there is no such key.
    pub fn set_default(&mut self, name: &str, default: impl Into<ConfigValueData>) {
        if let Some(key) = self.keys.get_mut(name) {
            match parse_type(name, &default.into(), key.value_type, &AnyClass) {
                Ok(parsed) => key.default_value = Some(parsed),
                Err(error) => self.defects.push((name.to_owned(), error)),
            }
        }
    }

    /// The keys, in the order in which they were defined.
    pub fn config_keys(&self) -> impl ExactSizeIterator<Item = &ConfigKey> {
        self.keys.values()
    }

    /// One key.
    pub fn key(&self, name: &str) -> Option<&ConfigKey> {
        self.keys.get(name)
    }

    /// The names of the keys, in the order in which they were defined.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.keys.keys().map(AsRef::as_ref)
    }

    /// The groups, in the order in which they first came up.
    pub fn groups(&self) -> &[Cow<'static, str>] {
        &self.groups
    }

    /// The keys as documentation lists them: by group (those without one first), then by order; among equals the
    /// required ones first, then by importance, then by name.
    pub fn sorted_keys(&self) -> Vec<&ConfigKey> {
        let mut keys: Vec<&ConfigKey> = self.keys.values().collect();
        keys.sort_by(|a, b| self.compare(a, b));
        keys
    }

    fn compare(&self, a: &ConfigKey, b: &ConfigKey) -> Ordering {
        let place = |key: &ConfigKey| key.group.as_ref().and_then(|group| self.groups.iter().position(|g| g == group));
        place(a)
            .cmp(&place(b))
            .then_with(|| a.order_in_group.cmp(&b.order_in_group))
            .then_with(|| a.has_default().cmp(&b.has_default()))
            .then_with(|| a.importance.cmp(&b.importance))
            .then_with(|| a.name.encode_utf16().cmp(b.name.encode_utf16()))
    }

    /// What is wrong with the definition itself: the keys and the errors.
    pub fn defects(&self) -> &[(String, ConfigError)] {
        &self.defects
    }

    /// Names that are dependents of some key but no keys themselves, each once.
    pub(crate) fn undefined_dependents(&self) -> Vec<&str> {
        let mut undefined: Vec<&str> = Vec::new();
        for dependent in self.keys.values().flat_map(|key| &key.dependents) {
            if !self.keys.contains_key(dependent) && !undefined.contains(&dependent.as_ref()) {
                undefined.push(dependent);
            }
        }
        undefined
    }
}

fn embedded(prefix: &str, group: &str, order: i32, key: &ConfigKey) -> ConfigKey {
    let mut key = key.clone();
    key.name = format!("{prefix}{}", key.name).into();
    key.group = Some(match &key.group {
        None => group.to_owned().into(),
        Some(own) => format!("{group}: {own}").into(),
    });
    key.order_in_group = order;
    key.validator = key
        .validator
        .map(|validator| Validator::Unprefixed { prefix: prefix.to_owned(), validator: Box::new(validator) });
    key.dependents = key.dependents.iter().map(|dependent| format!("{prefix}{dependent}").into()).collect();
    key.recommender =
        key.recommender.map(|recommender| Arc::new(Unprefixed { prefix: prefix.to_owned(), recommender }) as Arc<_>);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Importance, Type};

    fn key(name: &'static str) -> ConfigKey {
        ConfigKey::new(name, Type::String)
    }

    #[test]
    fn keys_are_sorted_by_group_order_need_importance_and_name() {
        let def = ConfigDef::new()
            .define(key("late").group("Second").order(1))
            .define(key("optional").default_null().importance(Importance::High))
            .define(key("low").importance(Importance::Low))
            .define(key("b").importance(Importance::High))
            .define(key("a").importance(Importance::High))
            .define(key("first").group("First").order(2))
            .define(key("second").group("Second").order(0));
        let names: Vec<&str> = def.sorted_keys().iter().map(|key| key.name.as_ref()).collect();
        assert_eq!(names, ["a", "b", "low", "optional", "second", "late", "first"]);
        assert_eq!(def.groups(), ["Second", "First"]);
    }

    #[test]
    fn embedded_keys_have_prefix_group_and_consecutive_orders() {
        let child = ConfigDef::new()
            .define(key("plain").default("x").dependents(["grouped"]))
            .define(key("grouped").group("G").order(7));
        let def = ConfigDef::new().define(key("own")).embed("t.", "Transforms: t", 2, &child);
        let rows: Vec<_> =
            def.config_keys().map(|key| (key.name.as_ref(), key.group.as_deref(), key.order_in_group)).collect();
        assert_eq!(
            rows,
            [("own", None, -1), ("t.plain", Some("Transforms: t"), 2), ("t.grouped", Some("Transforms: t: G"), 3),]
        );
        assert_eq!(def.key("t.plain").unwrap().dependents, ["t.grouped"]);
        assert_eq!(def.key("t.plain").unwrap().display_name, "plain");
    }

    #[test]
    fn a_key_defined_twice_is_a_defect_that_parsing_reports() {
        let def = ConfigDef::new().define(key("k").default("1")).define(key("k").default("2"));
        let error = def.parse(&std::collections::BTreeMap::<String, String>::new()).unwrap_err();
        assert_eq!(error.message(), "Configuration k is defined twice.");
        let verdicts = def.validate(&std::collections::BTreeMap::<String, String>::new());
        assert_eq!(verdicts[0].error_messages, ["Configuration k is defined twice."]);
    }
}
