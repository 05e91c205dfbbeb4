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

/// The clients that know a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clients {
    producer: bool,
    consumer: bool,
    admin: bool,
}

impl Clients {
    pub(crate) const ALL: Self = Self { producer: true, consumer: true, admin: true };
    pub(crate) const PRODUCER: Self = Self { producer: true, consumer: false, admin: false };
    pub(crate) const CONSUMER: Self = Self { producer: false, consumer: true, admin: false };
    pub(crate) const ADMIN: Self = Self { producer: false, consumer: false, admin: true };
    pub(crate) const PRODUCER_CONSUMER: Self = Self { producer: true, consumer: true, admin: false };
    pub(crate) const PRODUCER_ADMIN: Self = Self { producer: true, consumer: false, admin: true };
    pub(crate) const CONSUMER_ADMIN: Self = Self { producer: false, consumer: true, admin: true };

    pub(crate) fn contains(self, client: ClientKind) -> bool {
        match client {
            ClientKind::Producer => self.producer,
            ClientKind::Consumer => self.consumer,
            ClientKind::Admin => self.admin,
        }
    }
}
