//! What can go wrong with a Kafka client, as a value: a kind to act on, the Java class that stands for it in traces,
//! and a message. Decisions look at the kind, never at the text.

use std::fmt;

use crate::client_config::{ClientConfigError, JavaException};
use crate::codes;

/// What a caller may do about a [`KafkaError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A passing condition (broker away, leader moving): the same call may succeed later.
    Retriable,
    /// No answer in time. Retriable.
    Timeout,
    /// The record buffer of this lane is full: wait for room and send again. Retriable.
    QueueFull,
    /// The topic or partition does not exist (yet). Retriable, as in Java.
    UnknownTopic,
    /// The topic exists already.
    TopicExists,
    /// The cluster has (at present) too few brokers for the topic.
    InvalidReplicationFactor,
    /// A broker refused who we are (SASL or TLS). Nothing will get better by waiting.
    Authentication,
    /// A broker refused what we want to do.
    Authorization,
    /// The record is larger than the client or the broker allows.
    RecordTooLarge,
    /// The record was refused for another reason of its own (invalid timestamp, missing key in a compacted topic, …).
    InvalidRecord,
    /// The client's configuration is wrong, or something in it is not supported.
    InvalidConfig,
    /// Another producer with the same transactional id, or consumer with the same instance id, took over.
    Fenced,
    /// A commit failed because the group has moved on: the partitions belong to someone else by now.
    CommitFailed,
    /// The group still has members (or is subscribed to the topic), so its offsets cannot be changed.
    GroupActive,
    /// The group does not exist.
    GroupNotFound,
    /// There is no committed offset and `auto.offset.reset` is `none`, or the offset is outside the log.
    NoOffset,
    /// The transaction must be aborted; the producer itself can go on.
    AbortableTransaction,
    /// The broker does not know this request or feature.
    Unsupported,
    /// The client was closed.
    Closed,
    /// The client instance cannot be used any longer.
    Fatal,
    /// Anything else.
    Other,
}

/// An error of a Kafka client. Cheap to move and to clone.
#[derive(Clone)]
pub struct KafkaError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    java_class: &'static str,
    message: String,
    code: i32,
    causes: Vec<JavaException>,
}

impl KafkaError {
    /// An error of `kind` with `message`, under the Java class that usually stands for the kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> KafkaError {
        KafkaError(Box::new(Inner {
            kind,
            java_class: codes::class_of_kind(kind),
            message: message.into(),
            code: codes::LOCAL,
            causes: Vec::new(),
        }))
    }

    /// An error that Java reports with a class of its own.
    pub(crate) fn with_class(kind: ErrorKind, java_class: &'static str, message: impl Into<String>) -> KafkaError {
        let mut error = KafkaError::new(kind, message);
        error.0.java_class = java_class;
        error
    }

    /// The error that a client library or protocol `code` stands for; `message` says what was being done or to what.
    pub(crate) fn from_code(code: i32, message: impl Into<String>) -> KafkaError {
        let known = codes::lookup(code);
        KafkaError(Box::new(Inner {
            kind: known.kind,
            java_class: known.java_class,
            message: message.into(),
            code,
            causes: Vec::new(),
        }))
    }

    /// The same error as another kind, for places that know more than the code says.
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> KafkaError {
        if self.0.kind != kind {
            self.0.kind = kind;
            self.0.java_class = codes::class_of_kind(kind);
        }
        self
    }

    /// The same error, after which a transaction has to be aborted; the class still tells what it was.
    pub(crate) fn abortable(mut self) -> KafkaError {
        self.0.kind = ErrorKind::AbortableTransaction;
        self
    }

    /// What the caller may do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The full name of the Java exception that stands for this error in traces, for example
    /// `org.apache.kafka.common.errors.TopicAuthorizationException`.
    pub fn java_class(&self) -> &'static str {
        self.0.java_class
    }

    /// The text, as Java's `getMessage()`.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The number behind it: Kafka's protocol error code when positive, librdkafka's own when negative, 0 when it was
    /// found here. For logs, not for decisions.
    pub fn code(&self) -> i32 {
        self.0.code
    }

    /// The exceptions below this one in Java's chain, outermost first. Only errors in the configuration have some.
    pub fn causes(&self) -> &[JavaException] {
        &self.0.causes
    }

    /// Whether the same call may succeed later (Java: the exception is a `RetriableException`).
    pub fn is_retriable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Retriable | ErrorKind::Timeout | ErrorKind::QueueFull | ErrorKind::UnknownTopic
        )
    }

    /// Whether the client that reported it is of no use any longer.
    pub fn is_fatal(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Authentication
                | ErrorKind::Authorization
                | ErrorKind::Fenced
                | ErrorKind::Fatal
                | ErrorKind::Closed
        )
    }
}

impl From<ClientConfigError> for KafkaError {
    fn from(error: ClientConfigError) -> KafkaError {
        let mut chain = error.java_chain().to_vec();
        let outermost = if chain.is_empty() { None } else { Some(chain.remove(0)) };
        let (java_class, message) = match outermost {
            Some(exception) => (exception.class, exception.message),
            None => (codes::class_of_kind(ErrorKind::InvalidConfig), error.to_string()),
        };
        KafkaError(Box::new(Inner {
            kind: ErrorKind::InvalidConfig,
            java_class,
            message,
            code: codes::LOCAL,
            causes: chain,
        }))
    }
}

impl fmt::Display for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.0.kind, self.0.java_class, self.0.message)
    }
}

impl std::error::Error for KafkaError {}
