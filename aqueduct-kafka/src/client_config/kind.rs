//! Which of Kafka's clients is being configured.

use std::fmt;

/// A Kafka client, as far as its configuration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// `KafkaProducer`.
    Producer,
    /// `KafkaConsumer`.
    Consumer,
    /// `KafkaAdminClient`.
    Admin,
}

impl ClientKind {
    /// What the outermost exception says when the Java client cannot be built.
    pub(crate) fn constructor_failure(self) -> &'static str {
        match self {
            Self::Producer => "Failed to construct kafka producer",
            Self::Consumer => "Failed to construct kafka consumer",
            Self::Admin => "Failed to create new KafkaAdminClient",
        }
    }

    /// How Java names a client that was given no `client.id`, before it adds a number.
    pub(crate) fn default_client_id(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Consumer => "consumer",
            Self::Admin => "adminclient",
        }
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Producer => "producer",
            Self::Consumer => "consumer",
            Self::Admin => "admin client",
        })
    }
}
