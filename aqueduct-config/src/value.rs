//! Typed configuration values, and how Java prints them.

use std::fmt;

use aqueduct_jvm::number::java_f64;
use indexmap::IndexMap;

/// Parsed values by key, in the order of the definition.
pub type Values = IndexMap<String, ConfigValueData>;

/// A secret. It never shows in logs, messages or REST answers: its text is `[hidden]`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Password(String);

impl Password {
    /// What is shown instead of the secret.
    pub const HIDDEN: &'static str = "[hidden]";

    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for whoever has to use it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::HIDDEN)
    }
}

impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::HIDDEN)
    }
}

/// A value that a caller gave in a Java type which no [`crate::Type`] is made of. Properties are texts, so it comes
/// from typed callers only; it is refused in messages that name its class, except that a DOUBLE takes any number.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherValue {
    /// The full name of its Java class.
    pub java_class: String,
    /// How Java prints it.
    pub text: String,
    /// Its value, when it is a number.
    pub number: Option<f64>,
}

/// A configuration value, parsed or given as a default. Its text ([`fmt::Display`]) is what Java prints in messages.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ConfigValueData {
    /// No value.
    #[default]
    Null,
    /// Of type BOOLEAN.
    Boolean(bool),
    /// Of type STRING.
    String(String),
    /// Of type INT.
    Int(i32),
    /// Of type SHORT.
    Short(i16),
    /// Of type LONG.
    Long(i64),
    /// Of type DOUBLE.
    Double(f64),
    /// Of type LIST.
    List(Vec<String>),
    /// Of type CLASS: the full name of a class that exists.
    Class(String),
    /// Of type PASSWORD.
    Password(Password),
    /// Of none of these types; see [`OtherValue`].
    Other(Box<OtherValue>),
}

impl ConfigValueData {
    /// A class, by its full name.
    pub fn class(name: impl Into<String>) -> Self {
        Self::Class(name.into())
    }

    /// A secret.
    pub fn password(secret: impl Into<String>) -> Self {
        Self::Password(Password::new(secret))
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a STRING.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a LIST.
    pub fn as_list(&self) -> Option<&[String]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The name of a CLASS.
    pub fn as_class(&self) -> Option<&str> {
        match self {
            Self::Class(name) => Some(name),
            _ => None,
        }
    }

    /// The value of any number, as ranges compare it.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(f64::from(*value)),
            Self::Short(value) => Some(f64::from(*value)),
            // Java compares as double too: beyond 2^53 neighbours are equal.
            #[allow(clippy::cast_precision_loss, reason = "Number.doubleValue() rounds in the same way")]
            Self::Long(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            Self::Other(other) => other.number,
            _ => None,
        }
    }

    /// The full name of the Java class of such a value, which messages name. Null has none.
    pub fn java_class(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::String(_) => "java.lang.String",
            Self::Int(_) => "java.lang.Integer",
            Self::Short(_) => "java.lang.Short",
            Self::Long(_) => "java.lang.Long",
            Self::Double(_) => "java.lang.Double",
            Self::List(_) => "java.util.ArrayList",
            Self::Class(_) => "java.lang.Class",
            Self::Password(_) => "org.apache.kafka.common.config.types.Password",
            Self::Other(other) => &other.java_class,
        }
    }
}

impl fmt::Display for ConfigValueData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::String(text) => f.write_str(text),
            Self::Int(value) => write!(f, "{value}"),
            Self::Short(value) => write!(f, "{value}"),
            Self::Long(value) => write!(f, "{value}"),
            Self::Double(value) => f.write_str(java_f64(*value).as_str()),
            Self::List(items) => write!(f, "[{}]", items.join(", ")),
            Self::Class(name) => write!(f, "class {name}"),
            Self::Password(password) => write!(f, "{password}"),
            Self::Other(other) => f.write_str(&other.text),
        }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident),* $(,)?) => {
        $(impl From<$from> for ConfigValueData {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from! {
    bool => Boolean,
    String => String,
    &str => String,
    i32 => Int,
    i16 => Short,
    i64 => Long,
    f64 => Double,
    Vec<String> => List,
    Password => Password,
}

impl<const N: usize> From<[&str; N]> for ConfigValueData {
    fn from(items: [&str; N]) -> Self {
        Self::List(items.into_iter().map(str::to_owned).collect())
    }
}

impl<T: Into<ConfigValueData>> From<Option<T>> for ConfigValueData {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
