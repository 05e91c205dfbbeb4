//! Topics: create, delete, list, describe, their configurations and offsets.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_data::ByteString;

use super::Admin;
use crate::error::KafkaError;
use crate::native::{Event, Named};
use crate::raw::{OffsetSpec, PartitionOffsets};
use crate::record::TopicPartition;

/// A topic to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// The topic's name.
    pub name: String,
    /// How many partitions; `None` for the broker's default (-1).
    pub partitions: Option<i32>,
    /// How many replicas of each; `None` for the broker's default (-1).
    pub replication_factor: Option<i16>,
    /// Topic configurations, `cleanup.policy` and so on.
    pub configs: BTreeMap<String, String>,
}

/// A topic that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// The topic's name.
    pub name: ByteString,
    /// Its partitions' numbers, in order.
    pub partitions: Vec<i32>,
    /// Whether it is one of Kafka's own (`__consumer_offsets`, …).
    pub internal: bool,
}

/// One configuration of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The value, `None` when it is sensitive or null.
    pub value: Option<String>,
    /// Whether it is the default, that is, nobody set it on this very topic.
    pub is_default: bool,
}

/// Results by name, in the order of the request.
type Results<T> = Vec<(String, Result<T, KafkaError>)>;

impl Admin {
    /// Creates topics, each with its own result; [`TopicExists`](crate::ErrorKind::TopicExists) when it is there already.
    pub async fn create_topics(&self, topics: &[NewTopic]) -> Result<Results<()>, KafkaError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        self.asker
            .ask(
                "creating topics",
                self.timeout,
                |client, reply| client.create_topics(topics, reply),
                |event| retry_if_single(event.topic_results()?),
            )
            .await
    }

    /// Deletes topics, each with its own result.
    pub async fn delete_topics(&self, topics: &[&str]) -> Result<Results<()>, KafkaError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        self.asker
            .ask(
                "deleting topics",
                self.timeout,
                |client, reply| client.delete_topics(topics, reply),
                Event::topic_results,
            )
            .await
    }

    /// The names of all topics that we may see, Kafka's internal ones included, with their partitions' numbers.
    pub async fn list_topics(&self) -> Result<BTreeMap<String, Vec<i32>>, KafkaError> {
        // Asking for the cluster waits for a broker without a thread and notices refused credentials; with a broker
        // there, listing takes a round trip.
        self.cluster_id().await?;
        let client = Arc::clone(self.asker.client());
        let timeout_ms = i32::try_from(self.timeout.as_millis()).unwrap_or(i32::MAX);
        let listing = tokio::task::spawn_blocking(move || client.list_topics(timeout_ms)).await;
        let topics = listing.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        Ok(topics.into_iter().collect())
    }

    /// These topics, each with its own result; [`UnknownTopic`](crate::ErrorKind::UnknownTopic) when there is none of
    /// that name. Never creates a topic.
    pub async fn describe_topics(&self, topics: &[&str]) -> Result<Results<TopicDescription>, KafkaError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        self.asker
            .ask(
                "describing topics",
                self.timeout,
                |client, reply| client.describe_topics(topics, reply),
                Event::topic_descriptions,
            )
            .await
    }

    /// The configurations of topics, each with its own result.
    pub async fn describe_topic_configs(
        &self,
        topics: &[&str],
    ) -> Result<Results<BTreeMap<String, ConfigEntry>>, KafkaError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        self.asker
            .ask(
                "describing topic configurations",
                self.timeout,
                |client, reply| client.describe_topic_configs(topics, reply),
                Event::topic_configs,
            )
            .await
    }

    /// Offsets of partitions, each with its own result. With `read_committed` the end is the last stable offset. A leader
    /// that has moved or died is looked for again.
    pub async fn list_offsets(
        &self,
        partitions: &[(TopicPartition, OffsetSpec)],
        read_committed: bool,
    ) -> Result<PartitionOffsets, KafkaError> {
        self.raw.list_offsets(partitions, read_committed, self.timeout).await
    }
}

/// A single answer that is worth trying again is tried again; several are for the caller to sort out.
fn retry_if_single<T>(results: Named<T>) -> Result<Named<T>, KafkaError> {
    match results.as_slice() {
        [(_, Err(error))] if error.kind() == crate::ErrorKind::Retriable => Err(error.clone()),
        _ => Ok(results),
    }
}
