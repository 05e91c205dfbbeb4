//! Asking about a cluster and changing it: topics, configurations, offsets of topics and groups.

use std::collections::BTreeMap;
use std::time::Duration;

use bytestring::ByteString;

use crate::consumer::Offsets;
use crate::error::KafkaError;
use crate::record::TopicPartition;
use crate::settings::ClientSettings;

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

/// One configuration of a topic or broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The value, `None` when it is sensitive or null.
    pub value: Option<String>,
    /// Whether it is the default, that is, nobody set it on this very topic or broker.
    pub is_default: bool,
}

/// Which offset of a partition is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first one that is still there.
    Earliest,
    /// The one after the last record.
    Latest,
    /// The first one with this timestamp (milliseconds since the epoch) or a later one; -1 when there is none.
    Timestamp(i64),
}

/// An admin client. It has no thread of its own on our side. Every call waits for a broker to be there, at most
/// `default.api.timeout.ms`, then fails with [`Timeout`](crate::ErrorKind::Timeout).
pub struct Admin {}

impl Admin {
    /// Makes an admin client. Succeeds without a broker; wrong settings are an error of kind
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<Admin, KafkaError> {
        unimplemented!()
    }

    /// The same client with another limit for each call than `default.api.timeout.ms`.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Admin {
        unimplemented!()
    }

    /// The cluster's id. While no broker is there this waits and says so once.
    pub async fn cluster_id(&self) -> Result<String, KafkaError> {
        unimplemented!()
    }

    /// Creates topics, each with its own result; [`TopicExists`](crate::ErrorKind::TopicExists) when it is there already.
    pub async fn create_topics(&self, topics: &[NewTopic]) -> Result<Vec<(String, Result<(), KafkaError>)>, KafkaError> {
        unimplemented!()
    }

    /// Deletes topics, each with its own result.
    pub async fn delete_topics(&self, topics: &[&str]) -> Result<Vec<(String, Result<(), KafkaError>)>, KafkaError> {
        unimplemented!()
    }

    /// All topics that we may see, Kafka's internal ones included.
    pub async fn list_topics(&self) -> Result<Vec<TopicDescription>, KafkaError> {
        unimplemented!()
    }

    /// These topics, each with its own result; [`UnknownTopic`](crate::ErrorKind::UnknownTopic) when there is none of
    /// that name. Never creates a topic.
    pub async fn describe_topics(&self, topics: &[&str]) -> Result<Vec<(String, Result<TopicDescription, KafkaError>)>, KafkaError> {
        unimplemented!()
    }

    /// The configurations of topics, each with its own result.
    pub async fn describe_topic_configs(
        &self,
        topics: &[&str],
    ) -> Result<Vec<(String, Result<BTreeMap<String, ConfigEntry>, KafkaError>)>, KafkaError> {
        unimplemented!()
    }

    /// Offsets of partitions, each with its own result. With `read_committed` the end is the last stable offset.
    pub async fn list_offsets(
        &self,
        partitions: &[(TopicPartition, OffsetSpec)],
        read_committed: bool,
    ) -> Result<BTreeMap<TopicPartition, Result<i64, KafkaError>>, KafkaError> {
        unimplemented!()
    }

    /// All offsets that a group has committed. An unknown group has none.
    pub async fn list_group_offsets(&self, group: &str) -> Result<Offsets, KafkaError> {
        unimplemented!()
    }

    /// Sets a group's committed offsets. [`GroupActive`](crate::ErrorKind::GroupActive) while it has members.
    pub async fn alter_group_offsets(&self, group: &str, offsets: &Offsets) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Deletes a group's committed offsets of these partitions.
    pub async fn delete_group_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        unimplemented!()
    }

    /// Deletes a group with all its offsets. [`GroupNotFound`](crate::ErrorKind::GroupNotFound) when there is none.
    pub async fn delete_group(&self, group: &str) -> Result<(), KafkaError> {
        unimplemented!()
    }
}
