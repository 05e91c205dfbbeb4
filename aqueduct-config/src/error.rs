//! The error of this crate: what Java throws as a `ConfigException`, with its wording.

use std::error::Error;
use std::fmt;

/// What kind of error it is, as far as anyone acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// The configuration or its definition is wrong (`ConfigException`).
    Config,
    /// No version of a plugin fits the range that was asked for (`VersionedPluginLoadingException`, KIP-891).
    PluginVersion,
    /// A regular expression does not compile where Java lets its own exception out (`PatternSyntaxException`).
    PatternSyntax,
    /// A null where Java fails over it (`NullPointerException`).
    NullPointer,
    /// A value of another type than the key's, where Java fails over it (`ClassCastException`).
    ClassCast,
}

/// An error in a configuration, or in its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    message: String,
}

impl ConfigError {
    /// The Java class that users see for a wrong configuration.
    pub const JAVA_CLASS: &'static str = "org.apache.kafka.common.config.ConfigException";

    /// An error with a text of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with_kind(ConfigErrorKind::Config, message)
    }

    /// An error of another kind.
    pub fn with_kind(kind: ConfigErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// `Invalid value V for configuration K: why`.
    pub fn invalid(name: &str, value: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::new(format!("Invalid value {value} for configuration {name}: {why}"))
    }

    /// `Missing required configuration "K" which has no default value.`
    pub fn missing(name: &str) -> Self {
        Self::new(format!("Missing required configuration \"{name}\" which has no default value."))
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The text, without the Java class.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The full name of the Java exception that users see in traces.
    pub fn java_class(&self) -> &'static str {
        match self.kind {
            ConfigErrorKind::Config => Self::JAVA_CLASS,
            ConfigErrorKind::PluginVersion => {
                "org.apache.kafka.connect.runtime.isolation.VersionedPluginLoadingException"
            }
            ConfigErrorKind::PatternSyntax => "java.util.regex.PatternSyntaxException",
            ConfigErrorKind::NullPointer => "java.lang.NullPointerException",
            ConfigErrorKind::ClassCast => "java.lang.ClassCastException",
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConfigError {}
