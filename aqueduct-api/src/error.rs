//! The one error type that crosses the plugin border.
//!
//! Decisions look at [`ErrorKind`] and [`ConnectError::is_retriable`], never at the text. The text, and the Java class
//! name in front of it, are for people: [`ConnectError::trace`] prints what Java's stack trace would begin with, because
//! operators grep the status of their connectors for it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use aqueduct_config::ConfigError;
use aqueduct_data::{DataError, DataErrorKind};

/// What kind of error this is, as far as the runtime acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something failed for good (`ConnectException`).
    Connect,
    /// Trying again may help (`RetriableException`).
    Retriable,
    /// A record's data or schema is wrong (`DataException` and its relatives).
    Data,
    /// A configuration is wrong (`ConfigException`).
    Config,
    /// Something that was named does not exist (`NotFoundException`).
    NotFound,
    /// A call came in a state that does not allow it (`IllegalStateException`, `IllegalWorkerStateException`).
    IllegalState,
    /// The operation is not supported (`UnsupportedOperationException`).
    Unsupported,
    /// A plugin panicked.
    Panic,
    /// Anything else that Java would call a runtime exception.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    class: Cow<'static, str>,
    message: Option<String>,
    frames: Vec<String>,
    hint: Option<String>,
    cause: Option<ConnectError>,
}

/// An error: its kind, the Java class that users see, a message, where it came from, and what caused it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectError(Box<Inner>);

impl ConnectError {
    /// An error of a kind, with the kind's usual Java class.
    pub fn with_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        let class = match kind {
            ErrorKind::Connect => "org.apache.kafka.connect.errors.ConnectException",
            ErrorKind::Retriable => "org.apache.kafka.connect.errors.RetriableException",
            ErrorKind::Data => "org.apache.kafka.connect.errors.DataException",
            ErrorKind::Config => "org.apache.kafka.common.config.ConfigException",
            ErrorKind::NotFound => "org.apache.kafka.connect.errors.NotFoundException",
            ErrorKind::IllegalState => "java.lang.IllegalStateException",
            ErrorKind::Unsupported => "java.lang.UnsupportedOperationException",
            ErrorKind::Panic | ErrorKind::Other => "java.lang.RuntimeException",
        };
        Self(Box::new(Inner {
            kind,
            class: Cow::Borrowed(class),
            message: Some(message.into()),
            frames: Vec::new(),
            hint: None,
            cause: None,
        }))
    }

    /// A `ConnectException`: something failed for good.
    pub fn connect(message: impl Into<String>) -> Self {
        Self::with_kind(ErrorKind::Connect, message)
    }

    /// A `RetriableException`: trying again may help.
    pub fn retriable(message: impl Into<String>) -> Self {
        Self::with_kind(ErrorKind::Retriable, message)
    }

    /// A `DataException`: the data or its schema is wrong.
    pub fn data(message: impl Into<String>) -> Self {
        Self::with_kind(ErrorKind::Data, message)
    }

    /// A `ConfigException`: a configuration is wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self::with_kind(ErrorKind::Config, message)
    }

    /// The same error under another Java class name.
    #[must_use]
    pub fn with_class(mut self, class: impl Into<Cow<'static, str>>) -> Self {
        self.0.class = class.into();
        self
    }

    /// The same error with what led to it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<ConnectError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The same error with a line that says where it happened; it is printed as a stack frame.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.frames.push(place.into());
        self
    }

    /// The same error with what probably led to it and what can be done; it is printed behind the trace.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether trying again may help.
    pub fn is_retriable(&self) -> bool {
        self.0.kind == ErrorKind::Retriable
    }

    /// The full name of the Java exception class.
    pub fn class(&self) -> &str {
        &self.0.class
    }

    /// The message without the class, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What led to this error.
    pub fn cause(&self) -> Option<&ConnectError> {
        self.0.cause.as_ref()
    }

    /// The text of a Java stack trace: class and message, where it happened, and the same for each cause; then the hints.
    pub fn trace(&self) -> String {
        let (mut text, mut hints) = (String::new(), String::new());
        let mut error = Some(self);
        while let Some(this) = error {
            if !text.is_empty() {
                text.push_str("Caused by: ");
            }
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{this}");
            for frame in &this.0.frames {
                let _ = writeln!(text, "\tat {frame}");
            }
            if let Some(hint) = &this.0.hint {
                let _ = writeln!(hints, "Probable cause: {hint}");
            }
            error = this.cause();
        }
        text + &hints
    }
}

/// `class: message`, as Java's `Throwable.toString()`.
impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.message {
            Some(message) => write!(f, "{}: {message}", self.0.class),
            None => f.write_str(&self.0.class),
        }
    }
}

impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.0.kind, self.trace().trim_end())
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause as _)
    }
}

impl From<DataError> for ConnectError {
    fn from(error: DataError) -> Self {
        let kind = match error.kind() {
            DataErrorKind::Data | DataErrorKind::SchemaBuilder | DataErrorKind::SchemaProjector => ErrorKind::Data,
            _ => ErrorKind::Other,
        };
        let mut converted = Self::with_kind(kind, error.message()).with_class(error.kind().java_class());
        if let Some(cause) = error.cause() {
            converted = converted.caused_by(cause.clone());
        }
        converted
    }
}

impl From<ConfigError> for ConnectError {
    fn from(error: ConfigError) -> Self {
        Self::config(error.to_string())
    }
}

impl From<std::io::Error> for ConnectError {
    fn from(error: std::io::Error) -> Self {
        Self::with_kind(ErrorKind::Other, error.to_string()).with_class("java.io.IOException")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_reads_like_javas() {
        let error = ConnectError::connect("Tolerance exceeded in error handler")
            .at("value converter of orders-0")
            .caused_by(DataError::data("Unknown magic byte!"));
        assert_eq!(
            error.trace(),
            "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n\
             \tat value converter of orders-0\n\
             Caused by: org.apache.kafka.connect.errors.DataException: Unknown magic byte!\n"
        );
    }

    #[test]
    fn hints_stand_behind_the_trace() {
        let error = ConnectError::connect("outer").caused_by(ConnectError::data("inner")).with_hint("look there");
        assert!(error.trace().ends_with("DataException: inner\nProbable cause: look there\n"), "{}", error.trace());
    }

    #[test]
    fn only_retriable_errors_are_retriable() {
        assert!(ConnectError::retriable("later").is_retriable());
        assert!(!ConnectError::connect("never").caused_by(ConnectError::retriable("later")).is_retriable());
    }
}
