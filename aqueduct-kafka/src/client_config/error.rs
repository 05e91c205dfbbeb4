//! Why client properties cannot be used, as Java would say it and as a person can mend it.
//!
//! Where Java refuses the same properties, the chain of exceptions is Java's own, outermost first: a wrong value is a
//! `ConfigException`, what only comes to light while the client is built stands below `Failed to construct kafka
//! producer`. Where Java would accept them and this client cannot, the innermost message names key, value and remedy.

use std::error::Error;
use std::fmt;

use aqueduct_config::ConfigError;

use super::ClientKind;

/// What kind of error it is, as far as anyone acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientConfigErrorKind {
    /// A value is wrong, or two of them contradict each other; Java refuses them too.
    Invalid,
    /// Java accepts it and this client cannot do it.
    Unsupported,
    /// A key or trust store, token file or login entry cannot be read.
    Credentials,
}

/// One exception of the chain that a Java worker would show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaException {
    /// The full name of its class.
    pub class: &'static str,
    /// Its message.
    pub message: String,
}

/// Client properties that cannot be used. Its text is the innermost message; secrets are never in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfigError {
    kind: ClientConfigErrorKind,
    key: Option<String>,
    chain: Vec<JavaException>,
}

pub(crate) const CONFIG_EXCEPTION: &str = ConfigError::JAVA_CLASS;
pub(crate) const KAFKA_EXCEPTION: &str = "org.apache.kafka.common.KafkaException";
pub(crate) const INVALID_CONFIGURATION: &str = "org.apache.kafka.common.errors.InvalidConfigurationException";
pub(crate) const ILLEGAL_ARGUMENT: &str = "java.lang.IllegalArgumentException";

impl ClientConfigError {
    /// Something wrong that Java finds too, with the class of its exception.
    pub(crate) fn invalid(key: &str, class: &'static str, message: impl Into<String>) -> Self {
        Self::with_kind(ClientConfigErrorKind::Invalid, key, class, message)
    }

    /// Something that only this client refuses.
    pub(crate) fn unsupported(key: &str, message: impl Into<String>) -> Self {
        Self::with_kind(ClientConfigErrorKind::Unsupported, key, CONFIG_EXCEPTION, message)
    }

    /// `Invalid value V for configuration K: why`, for what only this client refuses.
    pub(crate) fn unsupported_value(key: &str, value: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::unsupported(key, ConfigError::invalid(key, value, why).message())
    }

    /// Credentials that cannot be read.
    pub(crate) fn credentials(key: &str, class: &'static str, message: impl Into<String>) -> Self {
        Self::with_kind(ClientConfigErrorKind::Credentials, key, class, message)
    }

    fn with_kind(kind: ClientConfigErrorKind, key: &str, class: &'static str, message: impl Into<String>) -> Self {
        let chain = vec![JavaException { class, message: message.into() }];
        Self { kind, key: Some(key.to_owned()), chain }
    }

    /// Puts the exception around it that a client's constructor throws.
    #[must_use]
    pub(crate) fn in_constructor(self, client: ClientKind) -> Self {
        self.caused(KAFKA_EXCEPTION, client.constructor_failure())
    }

    /// Puts the exceptions around it that tell of a failure to set up the network client.
    #[must_use]
    pub(crate) fn in_network_client(self, client: ClientKind) -> Self {
        self.caused(KAFKA_EXCEPTION, "Failed to create new NetworkClient").in_constructor(client)
    }

    /// As [`Self::in_network_client`], where Java also wraps the exception into one that repeats it.
    #[must_use]
    pub(crate) fn in_login(self, client: ClientKind) -> Self {
        match self.chain.first() {
            Some(JavaException { class, message }) => {
                let repeated = format!("{class}: {message}");
                self.caused(KAFKA_EXCEPTION, &repeated).in_network_client(client)
            }
            None => self,
        }
    }

    /// Puts an exception around it.
    #[must_use]
    pub(crate) fn caused(mut self, class: &'static str, message: &str) -> Self {
        self.chain.insert(0, JavaException { class, message: message.to_owned() });
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ClientConfigErrorKind {
        self.kind
    }

    /// The key that has to be changed, where it is one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The exceptions as Java would show them, outermost first; never empty.
    pub fn java_chain(&self) -> &[JavaException] {
        &self.chain
    }

    /// The innermost message: the one that says what is wrong.
    pub fn message(&self) -> &str {
        self.chain.last().map_or("", |exception| &exception.message)
    }
}

impl From<ConfigError> for ClientConfigError {
    fn from(error: ConfigError) -> Self {
        let chain = vec![JavaException { class: error.java_class(), message: error.message().to_owned() }];
        Self { kind: ClientConfigErrorKind::Invalid, key: None, chain }
    }
}

impl fmt::Display for ClientConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl Error for ClientConfigError {}
