//! Topics that a source task creates before it writes to them (`topic.creation.*`, KIP-158).

use std::collections::{BTreeMap, HashSet};

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_config::AnyClass;
use aqueduct_config::connector_config::{
    DEFAULT_TOPIC_CREATION_GROUP, TOPIC_CREATION_PREFIX, default_group_def, source_def, topic_creation_def,
    topic_creation_groups,
};
use aqueduct_data::ByteString;
use aqueduct_jvm::regex::JavaRegex;
use aqueduct_kafka::{Admin, ErrorKind, KafkaError, NewTopic};
use tokio_util::sync::CancellationToken;

use super::SEND_BACKOFF;
use crate::errors::connect_error;
use crate::settings::behind;

struct Group {
    name: String,
    include: JavaRegex,
    exclude: Option<JavaRegex>,
    partitions: i32,
    replication_factor: i16,
    configs: BTreeMap<String, String>,
}

/// Creates topics that are missing, as the first fitting group says.
pub(crate) struct TopicCreator {
    admin: Admin,
    brokers: String,
    groups: Vec<Group>,
    known: HashSet<ByteString>,
}

/// How waiting for a topic has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ensured {
    /// It exists.
    There,
    /// The task is to stop.
    Stopped,
}

impl TopicCreator {
    /// Reads the groups of a connector.
    ///
    /// # Errors
    /// When a group is incomplete or wrong: the connector is to fail.
    pub(crate) fn new(admin: Admin, brokers: String, config: &ConfigMap) -> Result<Self, ConnectError> {
        Ok(Self { admin, brokers, groups: groups(config)?, known: HashSet::new() })
    }

    /// Checks the groups of a connector without using them.
    ///
    /// # Errors
    /// As [`TopicCreator::new`].
    pub(crate) fn check(config: &ConfigMap) -> Result<(), ConnectError> {
        groups(config).map(drop)
    }

    /// Whether a topic is known to exist.
    pub(crate) fn knows(&self, topic: &ByteString) -> bool {
        self.known.contains(topic)
    }

    /// Makes sure that a topic exists.
    ///
    /// # Errors
    /// Retriable when the brokers did not answer in time; else the task is to fail.
    pub(crate) async fn ensure(&mut self, topic: &ByteString) -> Result<(), ConnectError> {
        if !self.exists(topic).await? {
            self.create(topic).await?;
        }
        self.known.insert(topic.clone());
        Ok(())
    }

    /// Makes sure that a topic exists, however long the brokers take, unless the task is to stop.
    ///
    /// # Errors
    /// When the task is to fail.
    pub(crate) async fn ensure_unless(
        &mut self,
        topic: &ByteString,
        stop: &CancellationToken,
    ) -> Result<Ensured, ConnectError> {
        while !self.knows(topic) {
            let outcome = tokio::select! {
                () = stop.cancelled() => return Ok(Ensured::Stopped),
                outcome = self.ensure(topic) => outcome,
            };
            match outcome {
                Err(error) if error.is_retriable() => {
                    tracing::warn!("Could not check topic '{topic}', will try again: {error}");
                    tokio::time::sleep(SEND_BACKOFF).await;
                }
                other => other?,
            }
        }
        Ok(Ensured::There)
    }

    async fn exists(&self, topic: &str) -> Result<bool, ConnectError> {
        let described = self.admin.describe_topics(&[topic]).await;
        let outcome = described.and_then(|topics| {
            topics.into_iter().next().map_or_else(|| Err(KafkaError::new(ErrorKind::UnknownTopic, "")), |(_, one)| one)
        });
        match outcome {
            Ok(_) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::UnknownTopic => Ok(false),
                ErrorKind::Authorization => Err(ConnectError::connect(format!(
                    "Not authorized to describe topic(s) '{topic}' on the brokers {}",
                    self.brokers
                ))
                .caused_by(connect_error(&error))),
                _ if error.is_retriable() => Err(ConnectError::retriable(format!(
                    "Timed out while describing topics '{topic}' on the brokers {}",
                    self.brokers
                ))
                .caused_by(connect_error(&error))),
                _ => Err(ConnectError::connect(format!("Error while attempting to describe topics '{topic}'"))
                    .caused_by(connect_error(&error))),
            },
        }
    }

    async fn create(&self, topic: &str) -> Result<(), ConnectError> {
        let group = self.group(topic)?;
        let positive = |n: i32| (n > 0).then_some(n);
        let new = NewTopic {
            name: topic.to_owned(),
            partitions: positive(group.partitions),
            replication_factor: (group.replication_factor > 0).then_some(group.replication_factor),
            configs: group.configs.clone(),
        };
        let described = format!(
            "(name={topic}, numPartitions={}, replicationFactor={}, replicasAssignments=null, configs={:?})",
            group.partitions, group.replication_factor, group.configs
        );
        let created = self.admin.create_topics(std::slice::from_ref(&new)).await;
        let outcome = created.and_then(|topics| topics.into_iter().next().map_or(Ok(()), |(_, one)| one));
        let Err(error) = outcome else {
            tracing::info!("Created topic {described} using creation group {}", group.name);
            return Ok(());
        };
        match error.kind() {
            ErrorKind::TopicExists => Ok(()),
            ErrorKind::Authorization | ErrorKind::Unsupported => Err(ConnectError::connect(format!(
                "Task failed to create new topic {described}. Ensure that the task is authorized to create topics or that \
                 the topic exists and restart the task"
            ))
            .caused_by(connect_error(&error))),
            ErrorKind::Timeout => Err(ConnectError::connect(format!(
                "Timed out while checking for or creating topic(s) '{topic}'. This could indicate a connectivity issue, \
                 unavailable topic partitions, or if this is your first use of the topic it may have taken too long to \
                 create."
            ))
            .caused_by(connect_error(&error))),
            _ => Err(ConnectError::connect(format!("Unable to create topic(s) '{topic}': {}", error.message()))
                .caused_by(connect_error(&error))),
        }
    }

    fn group(&self, topic: &str) -> Result<&Group, ConnectError> {
        let matches =
            |pattern: &JavaRegex| pattern.try_matches(topic).map_err(|error| ConnectError::config(error.to_string()));
        for group in &self.groups {
            if matches(&group.include)? && !group.exclude.as_ref().map_or(Ok(false), matches)? {
                return Ok(group);
            }
        }
        Ok(self.groups.last().expect("the group `default` is always there"))
    }
}

/// The groups in the order in which they are tried; `default` is the last.
fn groups(config: &ConfigMap) -> Result<Vec<Group>, ConnectError> {
    let default_prefix = format!("{TOPIC_CREATION_PREFIX}{DEFAULT_TOPIC_CREATION_GROUP}.");
    // The group `default` takes every topic; what the user says about that is ignored.
    let mut config = config.clone();
    for key in ["include", "exclude"] {
        config.remove(&format!("{default_prefix}{key}"));
    }
    let parsed = topic_creation_def(&source_def(), &config, &AnyClass)?.parse_with(&config, &AnyClass)?;
    let own = default_group_def();
    topic_creation_groups(&config)
        .into_iter()
        .chain([DEFAULT_TOPIC_CREATION_GROUP.to_owned()])
        .map(|name| {
            let prefix = format!("{TOPIC_CREATION_PREFIX}{name}.");
            let key = |key: &str| format!("{prefix}{key}");
            let exclude = parsed.list(&key("exclude"))?;
            let mut configs = behind(&config, &prefix);
            configs.retain(|key, _| own.key(key).is_none());
            Ok(Group {
                include: pattern(&key("include"), parsed.list(&key("include"))?)?,
                exclude: if exclude.is_empty() { None } else { Some(pattern(&key("exclude"), exclude)?) },
                partitions: parsed.int(&key("partitions"))?,
                replication_factor: parsed.short(&key("replication.factor"))?,
                configs,
                name,
            })
        })
        .collect()
}

fn pattern(key: &str, items: &[String]) -> Result<JavaRegex, ConnectError> {
    let joined = items.join("|");
    JavaRegex::new(&joined)
        .map_err(|error| ConnectError::config(format!("Invalid value {joined} for configuration {key}: {error}")))
}
