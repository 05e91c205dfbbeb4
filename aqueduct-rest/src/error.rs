//! Why the REST server could not start.

use std::fmt;

use aqueduct_config::ConfigError;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestErrorKind {
    /// A configuration key has a value that cannot be used.
    Config,
    /// An address could not be listened on.
    Bind,
}

/// The REST server could not start.
#[derive(Debug)]
pub struct RestError {
    kind: RestErrorKind,
    message: String,
    source: Option<std::io::Error>,
}

impl RestError {
    /// `value` of configuration `key` cannot be used.
    pub(crate) fn config(key: &str, value: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self {
            kind: RestErrorKind::Config,
            message: format!("Invalid value {value} for configuration {key}: {problem}"),
            source: None,
        }
    }

    pub(crate) fn bind(message: String, source: std::io::Error) -> Self {
        Self { kind: RestErrorKind::Bind, message, source: Some(source) }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> RestErrorKind {
        self.kind
    }
}

impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<ConfigError> for RestError {
    fn from(error: ConfigError) -> Self {
        Self { kind: RestErrorKind::Config, message: error.to_string(), source: None }
    }
}
