//! Classes, as far as configurations ask about them.
//!
//! A value of type CLASS names a class; whether there is one, what it is called in full and what it can be used for is
//! known to the plugin registry, far above. It is asked through [`ClassResolver`].

/// Answers what configuration values of type CLASS, and their validators, have to know.
///
/// ```
/// use aqueduct_config::{ClassResolver, ConfigDef, ConfigKey, Type};
/// use std::collections::BTreeMap;
///
/// struct OneConverter;
///
/// impl ClassResolver for OneConverter {
///     fn resolve(&self, name: &str) -> Option<String> {
///         matches!(name, "Json" | "org.example.JsonConverter").then(|| "org.example.JsonConverter".to_owned())
///     }
///
///     fn is_subtype(&self, _class: &str, supertype: &str) -> bool {
///         supertype.ends_with(".Converter")
///     }
/// }
///
/// let def = ConfigDef::new().define(ConfigKey::new("converter", Type::Class));
/// let config = def.parse_with(&BTreeMap::from([("converter", "Json")]), &OneConverter)?;
/// assert_eq!(config.class("converter")?, "org.example.JsonConverter");
/// # Ok::<(), aqueduct_config::ConfigError>(())
/// ```
pub trait ClassResolver: Send + Sync {
    /// The full name of the class that has this name or alias; `None` when there is none.
    fn resolve(&self, name: &str) -> Option<String>;

    /// Whether the class implements the interface, or extends the class, with this full name.
    fn is_subtype(&self, class: &str, supertype: &str) -> bool;

    /// For an abstract class: its public nested classes that are concrete and of this supertype, which the user may
    /// have meant. `None` for a class that is not abstract.
    fn abstract_class_alternatives(&self, _class: &str, _supertype: &str) -> Option<Vec<String>> {
        None
    }

    /// Why no instance can be made with a public constructor without arguments, in Java's words (`Could not find a
    /// public no-argument constructor for class: …` or `Could not instantiate class: …`); `None` when one can.
    fn instantiation_error(&self, _class: &str) -> Option<String> {
        None
    }
}

/// Knows no class: every lookup fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoClasses;

impl ClassResolver for NoClasses {
    fn resolve(&self, _name: &str) -> Option<String> {
        None
    }

    fn is_subtype(&self, _class: &str, _supertype: &str) -> bool {
        false
    }
}

/// Takes every name as that of a fitting class. Defaults are checked with it: who defines a default vouches for the
/// class (in Java it would not compile otherwise).
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyClass;

impl ClassResolver for AnyClass {
    fn resolve(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn is_subtype(&self, _class: &str, _supertype: &str) -> bool {
        true
    }
}
