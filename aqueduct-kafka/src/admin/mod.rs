//! Asking about a cluster and changing it: topics, configurations, offsets of topics and groups.

mod group_offsets;
mod topics;

use std::time::Duration;

use crate::ask::Asker;
use crate::client_config::ClientKind;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, Event, Reply};
use crate::raw::RawClient;
use crate::settings::ClientSettings;
use crate::start::start;

pub use topics::{ConfigEntry, NewTopic, TopicDescription};

/// An admin client. It has no thread of its own on our side. Every call waits for a broker to be there, at most
/// `default.api.timeout.ms`, then fails with [`Timeout`](crate::ErrorKind::Timeout); refused credentials fail it at once.
pub struct Admin {
    asker: Asker,
    /// Asks leaders and coordinators: an instance of librdkafka clings to those that it once knew, dead or not, and it may
    /// end the process while a coordinator goes (its issue 4605).
    raw: RawClient,
    timeout: Duration,
}

impl Admin {
    /// Makes an admin client. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Admin, KafkaError> {
        let started = start(ClientKind::Admin, settings, None, |_| {})?;
        let timeout = started.config.default_api_timeout;
        let raw = RawClient::beside(&started.config)?;
        Ok(Admin { asker: Asker::new(started.client, started.connection), raw, timeout })
    }

    /// The same client with another limit for each call than `default.api.timeout.ms`.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Admin {
        self.timeout = timeout;
        self
    }

    /// The cluster's id. While no broker is there this waits and says so once.
    pub async fn cluster_id(&self) -> Result<String, KafkaError> {
        let send = |client: &Client, reply: Reply<'_>| {
            client.describe_cluster(reply);
            Ok(())
        };
        let id = self.asker.ask("describing the cluster", self.timeout, send, Event::cluster_id).await?;
        id.ok_or_else(|| KafkaError::new(ErrorKind::Unsupported, "the cluster has no id: its brokers are too old"))
    }
}
