//! What a mirror asks of a cluster and changes in it: one cluster seen through its admin clients.

use std::collections::BTreeMap;

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_kafka::raw::RawClient;
use aqueduct_kafka::{Admin, ErrorKind as Kafka, KafkaError, NewTopic};

use crate::settings::Settings;
use crate::settings::clients::Cluster;
use crate::trouble::from_kafka;

/// Topics that Kafka lists only when it is asked for them.
const KAFKAS_OWN: [&str; 3] = ["__consumer_offsets", "__transaction_state", "__share_group_state"];

/// Partitions of topics by topic: their numbers.
pub(crate) type Partitions = BTreeMap<String, Vec<i32>>;

/// A cluster that can be asked and changed.
pub(crate) struct ClusterAdmin {
    /// What it is called.
    pub(crate) alias: String,
    pub(crate) admin: Admin,
    /// For what the former cannot do; it connects when it is first asked something.
    pub(crate) raw: RawClient,
}

impl ClusterAdmin {
    pub(crate) fn connect(settings: &Settings, cluster: Cluster, role: &str) -> Result<Self, ConnectError> {
        let client = settings.admin(cluster, role);
        let alias = match cluster {
            Cluster::Source => &settings.source_alias,
            Cluster::Target => &settings.target_alias,
        };
        let failed = |error: KafkaError| from_kafka(&error);
        Ok(Self {
            alias: alias.clone(),
            admin: Admin::create(&client).map_err(failed)?,
            raw: RawClient::create(&client).map_err(failed)?,
        })
    }

    /// All topics but Kafka's own.
    pub(crate) async fn list_topics(&self) -> Result<Partitions, ConnectError> {
        let mut topics = self.ask(self.admin.list_topics().await, || "list topics".to_owned())?;
        topics.retain(|topic, _| !KAFKAS_OWN.contains(&topic.as_str()));
        Ok(topics)
    }

    /// An answer of the cluster. A refusal is said here, with what it was about; otherwise only the error tells.
    pub(crate) fn ask<T>(
        &self,
        answer: Result<T, KafkaError>,
        what: impl FnOnce() -> String,
    ) -> Result<T, ConnectError> {
        answer.map_err(|error| {
            if error.kind() == Kafka::Authorization {
                let class = error.java_class().rsplit('.').next().unwrap_or_default();
                tracing::error!("{class} occurred while trying to {} on {} cluster", what(), self.alias);
            }
            from_kafka(&error)
        })
    }

    /// Makes a compacted topic of one partition unless it is there. When that is not allowed, or the brokers do not know how,
    /// it is taken to be there, or to come by itself.
    pub(crate) async fn create_compacted_topic(&self, topic: &str, replicas: i16) -> Result<(), ConnectError> {
        let new = NewTopic {
            name: topic.to_owned(),
            partitions: Some(1),
            replication_factor: Some(replicas),
            configs: BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]),
        };
        let created = match self.admin.create_topics(&[new]).await {
            Ok(results) => results.into_iter().next().map_or(Ok(()), |(_, result)| result),
            Err(error) => Err(error),
        };
        let error = match created {
            Ok(()) => {
                tracing::info!("Created topic '{topic}'");
                return Ok(());
            }
            Err(error) => error,
        };
        match error.kind() {
            Kafka::TopicExists => {
                tracing::debug!("Unable to create topic '{topic}' since it already exists.");
                Ok(())
            }
            Kafka::Unsupported | Kafka::Authorization => {
                tracing::debug!("'{topic}' was not created and may be there, or come by itself: {error}");
                Ok(())
            }
            Kafka::InvalidConfig => Err(ConnectError::connect(format!("Unable to create topic '{topic}': {error}"))
                .caused_by(from_kafka(&error))),
            Kafka::Timeout => Err(ConnectError::connect(format!(
                "Timed out while checking for or creating topic '{topic}'. This could indicate a connectivity issue, \
                 unavailable topic partitions, or if this is your first use of the topic it may have taken too long to \
                 create."
            ))
            .caused_by(from_kafka(&error))),
            _ => {
                let execution = ConnectError::with_kind(ErrorKind::Other, format!("{}: {error}", error.java_class()))
                    .with_class("java.util.concurrent.ExecutionException")
                    .caused_by(from_kafka(&error));
                Err(ConnectError::connect(format!("Error while attempting to create/find topic '{topic}'"))
                    .caused_by(execution))
            }
        }
    }
}
