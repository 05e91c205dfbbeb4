//! Validators: what must hold for a value beyond its type.
//!
//! The usual ones are data, so that definitions can be compared, sent and described; anything else implements
//! [`CustomValidator`]. The text of a validator ([`fmt::Display`]) is what documentation lists as valid values.

mod list;
mod range;
mod text;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use list::ValidList;
pub(crate) use list::distinct;
pub use range::Number;

use aqueduct_jvm::hash_order::iteration_order;

use crate::connector_config::abstract_class;
use crate::{ClassResolver, ConfigError, ConfigErrorKind, ConfigValueData};

/// A validator of one's own.
///
/// ```
/// use aqueduct_config::{ClassResolver, ConfigError, ConfigValueData, CustomValidator, NoClasses, Validator};
///
/// #[derive(Debug)]
/// struct Even;
///
/// impl CustomValidator for Even {
///     fn ensure_valid(&self, name: &str, value: &ConfigValueData, _: &dyn ClassResolver) -> Result<(), ConfigError> {
///         match value {
///             ConfigValueData::Int(number) if number % 2 == 0 => Ok(()),
///             _ => Err(ConfigError::invalid(name, value, "Value must be even")),
///         }
///     }
///
///     fn description(&self) -> String {
///         "even number".to_owned()
///     }
/// }
///
/// let error = Validator::custom(Even).ensure_valid("n", &3.into(), &NoClasses).unwrap_err();
/// assert_eq!(error.message(), "Invalid value 3 for configuration n: Value must be even");
/// ```
pub trait CustomValidator: fmt::Debug + Send + Sync {
    /// Checks a value of the key `name`. The value is null when none was given or when it could not be parsed.
    ///
    /// # Errors
    /// When the value is not valid; [`ConfigError::invalid`] makes the usual message.
    fn ensure_valid(&self, name: &str, value: &ConfigValueData, classes: &dyn ClassResolver)
    -> Result<(), ConfigError>;

    /// What is valid, for documentation.
    fn description(&self) -> String;
}

/// What must hold for a value beyond its type.
///
/// ```
/// use aqueduct_config::{NoClasses, Validator};
///
/// let validator = Validator::one_of(["none", "all"]);
/// assert!(validator.ensure_valid("errors.tolerance", &"all".into(), &NoClasses).is_ok());
/// assert_eq!(validator.to_string(), "[none, all]");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Validator {
    /// A number within bounds, both inclusive. See [`Validator::at_least`] and [`Validator::between`].
    Range {
        /// The smallest number, if there is one.
        min: Option<Number>,
        /// The largest number, if there is one.
        max: Option<Number>,
    },
    /// One of these texts. See [`Validator::one_of`].
    ValidString(Vec<Cow<'static, str>>),
    /// One of these texts, in any case: they are held in upper case. See [`Validator::one_of_ignoring_case`].
    CaseInsensitiveValidString(Vec<String>),
    /// A list without repetitions and empty items. When the configuration is parsed, repetitions are dropped with a
    /// warning before the list is checked; when it is only validated they are an error.
    ValidList(ValidList),
    /// Any value but null.
    NonNull,
    /// Null, or a text that is not empty.
    NonEmptyString,
    /// Null, or a text that is not empty and has no ISO control characters.
    NonEmptyStringWithoutControlChars,
    /// A list of at most so many items.
    ListSize(usize),
    /// A regular expression of Java. A null is none.
    Regex,
    /// Null, or a range of plugin versions (KIP-891).
    PluginVersion,
    /// All of these, tried in order.
    Composite(Vec<Validator>),
    /// A plain function, and what it lets through.
    Lambda {
        /// Checks a value of a key.
        check: fn(name: &str, value: &ConfigValueData) -> Result<(), ConfigError>,
        /// What is valid, for documentation.
        description: Cow<'static, str>,
    },
    /// Null, or a concrete class of this kind.
    ConcreteSubclass {
        /// The full name of what it must implement or extend.
        supertype: Cow<'static, str>,
        /// Whether that is an interface.
        interface: bool,
    },
    /// Null, or a class of which an instance can be made.
    InstantiableClass,
    /// The validator of an embedded key, which knows the key without the prefix.
    Unprefixed {
        /// The prefix that the key was embedded with.
        prefix: String,
        /// The validator as it was defined.
        validator: Box<Validator>,
    },
    /// A validator of one's own.
    Custom(Arc<dyn CustomValidator>),
}

impl Validator {
    /// A number that is not below `min`.
    pub fn at_least(min: impl Into<Number>) -> Self {
        Self::Range { min: Some(min.into()), max: None }
    }

    /// A number from `min` to `max`, both included.
    pub fn between(min: impl Into<Number>, max: impl Into<Number>) -> Self {
        Self::Range { min: Some(min.into()), max: Some(max.into()) }
    }

    /// One of these texts.
    pub fn one_of<T: Into<Cow<'static, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::ValidString(texts.into_iter().map(Into::into).collect())
    }

    /// One of these texts, in any case.
    pub fn one_of_ignoring_case(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut upper: Vec<String> = Vec::new();
        for text in texts {
            let text = text.as_ref().to_uppercase();
            if !upper.contains(&text) {
                upper.push(text);
            }
        }
        // Messages list the values as a hash set does.
        let order = iteration_order(&upper);
        Self::CaseInsensitiveValidString(order.into_iter().map(|index| upper[index].clone()).collect())
    }

    /// A list of distinct, non-empty items.
    pub fn any_non_duplicate_values(empty_allowed: bool, null_allowed: bool) -> Self {
        Self::ValidList(ValidList::any(empty_allowed, null_allowed))
    }

    /// A list of distinct items out of these; it may be empty if `empty_allowed`, and never null.
    pub fn list_of<T: Into<Cow<'static, str>>>(empty_allowed: bool, items: impl IntoIterator<Item = T>) -> Self {
        Self::ValidList(ValidList::of(empty_allowed, items))
    }

    /// All of these, tried in order.
    pub fn all_of(validators: impl IntoIterator<Item = Validator>) -> Self {
        Self::Composite(validators.into_iter().collect())
    }

    /// A plain function, and what it lets through.
    pub fn lambda(
        check: fn(name: &str, value: &ConfigValueData) -> Result<(), ConfigError>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Lambda { check, description: description.into() }
    }

    /// A concrete class that implements the interface with this full name, or null.
    pub fn implements(interface: impl Into<Cow<'static, str>>) -> Self {
        Self::ConcreteSubclass { supertype: interface.into(), interface: true }
    }

    /// A validator of one's own.
    pub fn custom(validator: impl CustomValidator + 'static) -> Self {
        Self::Custom(Arc::new(validator))
    }

    /// Checks a value of the key `name`.
    ///
    /// # Errors
    /// When the value is not valid.
    pub fn ensure_valid(
        &self,
        name: &str,
        value: &ConfigValueData,
        classes: &dyn ClassResolver,
    ) -> Result<(), ConfigError> {
        match self {
            Self::Range { min, max } => range::ensure_within(*min, *max, name, value),
            Self::ValidString(texts) => text::ensure_one_of(texts, name, value),
            Self::CaseInsensitiveValidString(texts) => text::ensure_one_of_ignoring_case(texts, name, value),
            Self::ValidList(list) => list.ensure_valid(name, value),
            Self::NonNull if value.is_null() => Err(ConfigError::invalid(name, value, "entry must be non null")),
            Self::NonNull => Ok(()),
            Self::NonEmptyString => text::ensure_not_empty(name, value),
            Self::NonEmptyStringWithoutControlChars => text::ensure_without_control_chars(name, value),
            Self::ListSize(max) => list::ensure_at_most(*max, name, value),
            Self::Regex => text::ensure_regex(name, value),
            Self::PluginVersion => text::ensure_plugin_version(value),
            Self::Composite(validators) => validators.iter().try_for_each(|v| v.ensure_valid(name, value, classes)),
            Self::Lambda { check, .. } => check(name, value),
            Self::ConcreteSubclass { supertype, interface } => match value.as_class() {
                Some(class) => ensure_concrete_subclass(class, supertype, *interface, classes),
                None => Ok(()),
            },
            Self::InstantiableClass => match value.as_class() {
                Some(class) => match classes.instantiation_error(class) {
                    Some(why) => Err(ConfigError::invalid(name, class, why)),
                    None => Ok(()),
                },
                None => Ok(()),
            },
            Self::Unprefixed { prefix, validator } => {
                validator.ensure_valid(name.strip_prefix(prefix.as_str()).unwrap_or(name), value, classes)
            }
            Self::Custom(validator) => validator.ensure_valid(name, value, classes),
        }
    }
}

/// Whether a class is concrete and of a kind. The messages are those of the plugin loader as well.
pub(crate) fn ensure_concrete_subclass(
    class: &str,
    supertype: &str,
    interface: bool,
    classes: &dyn ClassResolver,
) -> Result<(), ConfigError> {
    if !classes.is_subtype(class, supertype) {
        let simple_name = supertype.rsplit(['.', '$']).next().unwrap_or(supertype);
        let (verb, kind) = if interface { ("implement", "interface") } else { ("extend", "class") };
        return Err(ConfigError::new(format!("Class class {class} does not {verb} the {simple_name} {kind}")));
    }
    match classes.abstract_class_alternatives(class, supertype) {
        Some(alternatives) => Err(abstract_class(&alternatives)),
        None => Ok(()),
    }
}

/// What Java does with a value of a type that a validator was not made for.
fn wrong_class(value: &ConfigValueData, wanted: &str) -> ConfigError {
    let message = format!("class {} cannot be cast to class {wanted}", value.java_class());
    ConfigError::with_kind(ConfigErrorKind::ClassCast, message)
}

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { min, max } => range::describe(*min, *max, f),
            Self::ValidString(texts) => write!(f, "[{}]", texts.join(", ")),
            Self::CaseInsensitiveValidString(texts) => write!(f, "(case insensitive) [{}]", texts.join(", ")),
            Self::ValidList(list) => write!(f, "{list}"),
            Self::NonNull => f.write_str("non-null string"),
            Self::NonEmptyString => f.write_str("non-empty string"),
            Self::NonEmptyStringWithoutControlChars => f.write_str("non-empty string without ISO control characters"),
            Self::ListSize(max) => write!(f, "List containing maximum of {max} elements"),
            Self::Regex => f.write_str("valid regex"),
            Self::PluginVersion => f.write_str("version range"),
            Self::Composite(validators) => {
                for (index, validator) in validators.iter().enumerate() {
                    write!(f, "{}{validator}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Lambda { description, .. } => f.write_str(description),
            Self::ConcreteSubclass { supertype, .. } => write!(f, "A concrete subclass of {supertype}"),
            Self::InstantiableClass => f.write_str("A class with a public, no-argument constructor"),
            Self::Unprefixed { validator, .. } => write!(f, "{validator}"),
            Self::Custom(validator) => f.write_str(&validator.description()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoClasses;

    #[track_caller]
    fn describes(validator: &Validator, expect: &str) {
        assert_eq!(validator.to_string(), expect);
    }

    #[test]
    fn validators_describe_themselves_as_javas_do() {
        describes(&Validator::at_least(1), "[1,...]");
        describes(&Validator::between(0.5, 1.0), "[0.5,...,1.0]");
        describes(&Validator::Range { min: None, max: Some(7.into()) }, "[...,7]");
        describes(&Validator::Range { min: None, max: None }, "[...]");
        describes(&Validator::one_of(["none", "all"]), "[none, all]");
        describes(
            &Validator::one_of_ignoring_case(["requested", "required"]),
            "(case insensitive) [REQUIRED, REQUESTED]",
        );
        describes(&Validator::list_of(false, ["a", "b"]), "[a, b] (empty not allowed) (null not allowed)");
        describes(&Validator::any_non_duplicate_values(true, true), "");
        describes(&Validator::ListSize(3), "List containing maximum of 3 elements");
        describes(
            &Validator::all_of([Validator::NonNull, Validator::NonEmptyString]),
            "non-null string, non-empty string",
        );
        describes(&Validator::implements("a.B"), "A concrete subclass of a.B");
    }

    #[test]
    fn an_embedded_validator_speaks_of_the_key_without_the_prefix() {
        let validator = Validator::Unprefixed { prefix: "p.".to_owned(), validator: Box::new(Validator::at_least(1)) };
        let error = validator.ensure_valid("p.n", &0.into(), &NoClasses).unwrap_err();
        assert_eq!(error.message(), "Invalid value 0 for configuration n: Value must be at least 1");
        describes(&validator, "[1,...]");
    }

    #[derive(Debug)]
    struct Converters;

    impl ClassResolver for Converters {
        fn resolve(&self, name: &str) -> Option<String> {
            Some(name.to_owned())
        }

        fn is_subtype(&self, class: &str, _supertype: &str) -> bool {
            class.ends_with("Converter")
        }

        fn abstract_class_alternatives(&self, class: &str, _supertype: &str) -> Option<Vec<String>> {
            match class {
                "a.AbstractConverter" => Some(Vec::new()),
                "a.OuterConverter" => {
                    Some(vec!["a.OuterConverter$Key".to_owned(), "a.OuterConverter$Value".to_owned()])
                }
                _ => None,
            }
        }

        fn instantiation_error(&self, class: &str) -> Option<String> {
            (class == "a.BadConverter").then(|| "Could not instantiate class: oops".to_owned())
        }
    }

    #[track_caller]
    fn class_check(class: &str, expect: Option<&str>) {
        let validator =
            Validator::all_of([Validator::implements("api.storage.Converter"), Validator::InstantiableClass]);
        let outcome = validator.ensure_valid("key.converter", &ConfigValueData::class(class), &Converters);
        assert_eq!(outcome.err().map(|error| error.message().to_owned()).as_deref(), expect);
    }

    #[test]
    fn a_class_must_be_of_the_kind_concrete_and_instantiable() {
        class_check("a.Converter", None);
        class_check(
            "java.lang.String",
            Some("Class class java.lang.String does not implement the Converter interface"),
        );
        class_check("a.AbstractConverter", Some("This class is abstract and cannot be created."));
        class_check(
            "a.OuterConverter",
            Some(
                "This class is abstract and cannot be created. \
                 Did you mean a.OuterConverter$Key, a.OuterConverter$Value?",
            ),
        );
        class_check(
            "a.BadConverter",
            Some("Invalid value a.BadConverter for configuration key.converter: Could not instantiate class: oops"),
        );
    }
}
