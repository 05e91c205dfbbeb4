//! Asking about a cluster and changing it: topics, configurations, offsets of topics and groups.

mod group_offsets;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use crate::ask::Asker;
use crate::client_config::{ClientKind, LibrdkafkaConfig};
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, Event, Reply};
use crate::settings::ClientSettings;
use crate::start::{start, start_again};

pub use topics::{ConfigEntry, NewTopic, OffsetSpec, TopicDescription};

/// An admin client. It has no thread of its own on our side. Every call waits for a broker to be there, at most
/// `default.api.timeout.ms`, then fails with [`Timeout`](crate::ErrorKind::Timeout); refused credentials fail it at once.
pub struct Admin {
    /// Replaced when it clings to what it once knew of the cluster.
    asker: RwLock<Arc<Asker>>,
    config: LibrdkafkaConfig,
    timeout: Duration,
}

impl Admin {
    /// Makes an admin client. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Admin, KafkaError> {
        let started = start(ClientKind::Admin, settings, None, |_| {})?;
        let timeout = started.config.default_api_timeout;
        let asker = Asker::new(started.client, started.connection, true);
        Ok(Admin { asker: RwLock::new(Arc::new(asker)), config: started.config, timeout })
    }

    fn asker(&self) -> Arc<Asker> {
        Arc::clone(&self.asker.read())
    }

    /// Goes on with a new instance in place of `stale`, unless that has happened already.
    fn replace(&self, stale: &Arc<Asker>) -> Result<(), KafkaError> {
        let mut asker = self.asker.write();
        if Arc::ptr_eq(&asker, stale) {
            *asker = Arc::new(self.another_asker()?);
        }
        Ok(())
    }

    /// The same with an instance of its own.
    fn another_asker(&self) -> Result<Asker, KafkaError> {
        let (client, connection) = start_again(ClientKind::Admin, &self.config)?;
        Ok(Asker::new(client, connection, true))
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
        let id = self.asker().ask("describing the cluster", self.timeout, send, Event::cluster_id).await?;
        id.ok_or_else(|| KafkaError::new(ErrorKind::Unsupported, "the cluster has no id: its brokers are too old"))
    }
}
