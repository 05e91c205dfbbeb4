//! What can be wrong with data, as the exceptions of `org.apache.kafka.connect.errors` name it.

use std::fmt;

/// Which of Kafka Connect's data exceptions a [`DataError`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataErrorKind {
    /// A value does not fit its schema, or cannot be converted (`DataException`).
    Data,
    /// A schema was built in a way that no schema can be (`SchemaBuilderException`).
    SchemaBuilder,
    /// A value cannot be projected from one schema to another (`SchemaProjectorException`).
    SchemaProjector,
    /// A text is no number (`java.lang.NumberFormatException`).
    NumberFormat,
    /// An argument that the method cannot take (`java.lang.IllegalArgumentException`).
    IllegalArgument,
    /// Something was null that may not be (`java.lang.NullPointerException`).
    NullPointer,
    /// A value is of another class than its schema says (`java.lang.ClassCastException`).
    ClassCast,
    /// A number does not fit, or a result is not exact (`java.lang.ArithmeticException`).
    Arithmetic,
}

impl DataErrorKind {
    /// The full name of the Java exception class that users see in traces.
    pub fn java_class(self) -> &'static str {
        match self {
            Self::Data => "org.apache.kafka.connect.errors.DataException",
            Self::SchemaBuilder => "org.apache.kafka.connect.errors.SchemaBuilderException",
            Self::SchemaProjector => "org.apache.kafka.connect.errors.SchemaProjectorException",
            Self::NumberFormat => "java.lang.NumberFormatException",
            Self::IllegalArgument => "java.lang.IllegalArgumentException",
            Self::NullPointer => "java.lang.NullPointerException",
            Self::ClassCast => "java.lang.ClassCastException",
            Self::Arithmetic => "java.lang.ArithmeticException",
        }
    }
}

/// An error about data: its kind decides, its message is Java's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataError {
    kind: DataErrorKind,
    message: String,
    cause: Option<Box<DataError>>,
}

impl DataError {
    /// An error of the given kind.
    pub fn new(kind: DataErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None }
    }

    /// A `DataException`, the common case.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(DataErrorKind::Data, message)
    }

    /// The same error with what led to it.
    #[must_use]
    pub fn with_cause(mut self, cause: DataError) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> DataErrorKind {
        self.kind
    }

    /// The message, as Java's `getMessage()` answers it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What led to this error.
    pub fn cause(&self) -> Option<&DataError> {
        self.cause.as_deref()
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
