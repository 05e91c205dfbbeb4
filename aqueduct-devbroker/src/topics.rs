//! The topics: which there are, their ids, settings and partitions, and the log that remembers them.
//!
//! Every change is first written to the internal log `topics`, then seen. Readers get a topic as it was when they asked.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::partition::Partition;
use crate::storage::{InternalLog, Storage};
use crate::topic_config::{self, Overrides, TopicConfig};

/// More partitions than this, over all topics, are no development.
const MAX_PARTITIONS: usize = 10_000;

/// A topic as it is at one time.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) overrides: Overrides,
    pub(crate) config: TopicConfig,
    pub(crate) partitions: Vec<Arc<Partition>>,
}

/// What the log remembers of a topic.
#[derive(Debug, Serialize, Deserialize)]
struct TopicRecord {
    id: Uuid,
    partitions: usize,
    configs: Overrides,
}

/// Why a topic cannot be made or changed.
#[derive(Debug)]
pub(crate) struct TopicError {
    pub(crate) error: ResponseError,
    pub(crate) message: String,
}

/// All topics.
#[derive(Debug)]
pub(crate) struct Topics {
    storage: Arc<Storage>,
    log: InternalLog,
    /// The starts of partitions whose records were deleted, by `topic id/partition`.
    starts: InternalLog,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_name: BTreeMap<String, Arc<Topic>>,
    names: HashMap<Uuid, String>,
}

// === impl Topics ===

impl Topics {
    /// Opens all topics that the storage holds.
    pub(crate) fn open(storage: Arc<Storage>) -> io::Result<Topics> {
        let log = storage.internal_log("topics")?;
        let starts = storage.internal_log("log-starts")?;
        let start_of: HashMap<String, i64> = starts.entries()?.into_iter().collect();
        let mut known = Known::default();
        for (name, record) in log.entries::<TopicRecord>()? {
            let mut partitions = Vec::new();
            for index in 0..record.partitions as i32 {
                let mut log = storage.partition_log(record.id, index)?;
                if let Some(&start) = start_of.get(&start_key(record.id, index)) {
                    log.advance_start(start)?;
                }
                partitions.push(Arc::new(Partition::open(log)?));
            }
            known.put(Topic::new(name, record.id, record.configs, partitions));
        }
        let living: Vec<Uuid> = known.names.keys().copied().collect();
        storage.remove_strangers(&living)?;
        Ok(Topics { storage, log, starts, known: RwLock::new(known) })
    }

    /// Makes a topic, or with `validate_only` tells whether it could be made.
    pub(crate) fn create(
        &self,
        name: &str,
        partitions: i32,
        overrides: Overrides,
        validate_only: bool,
    ) -> Result<Arc<Topic>, TopicError> {
        check_name(name)?;
        let mut known = self.known.write();
        if known.by_name.contains_key(name) {
            return fail(ResponseError::TopicAlreadyExists, format!("Topic '{name}' already exists."));
        }
        if let Some(other) = known.by_name.keys().find(|other| collide(other, name)) {
            let message = format!("Topic '{name}' collides with existing topic: {other}");
            return fail(ResponseError::InvalidTopicException, message);
        }
        let Some(count) = usize::try_from(partitions).ok().filter(|&count| count > 0) else {
            return fail(
                ResponseError::InvalidPartitions,
                "Number of partitions was set to an invalid non-positive value.",
            );
        };
        known.check_room(count)?;
        topic_config::check(&overrides).or_else(|why| fail(ResponseError::InvalidConfig, why))?;
        let id = Uuid::new_v4();
        if validate_only {
            return Ok(Arc::new(Topic::new(name.to_owned(), id, overrides, Vec::new())));
        }
        let partitions = self.make_partitions(id, 0..partitions)?;
        let topic = Topic::new(name.to_owned(), id, overrides, partitions);
        self.remember(&topic)?;
        Ok(known.put(topic))
    }

    /// Takes a topic away, with all of its records.
    pub(crate) fn delete(&self, name: &str) -> Result<Arc<Topic>, TopicError> {
        let mut known = self.known.write();
        let Some(topic) = known.by_name.get(name).cloned() else { return unknown_topic() };
        self.log.remove(name).map_err(storage)?;
        known.by_name.remove(name);
        known.names.remove(&topic.id);
        drop(known);
        for (index, partition) in topic.partitions.iter().enumerate() {
            self.starts.remove(&start_key(topic.id, index as i32)).map_err(storage)?;
            partition.wake();
        }
        self.storage.remove_topic(topic.id).map_err(storage)?;
        Ok(topic)
    }

    /// Gives a topic so many partitions in all.
    pub(crate) fn grow(&self, name: &str, total: i32, validate_only: bool) -> Result<(), TopicError> {
        let mut known = self.known.write();
        let Some(topic) = known.by_name.get(name).cloned() else { return unknown_topic() };
        let now = topic.partitions.len() as i32;
        if total <= now {
            let message = match total == now {
                true => format!("Topic already has {now} partition(s)."),
                false => {
                    format!("The topic {name} currently has {now} partition(s); {total} would not be an increase.")
                }
            };
            return fail(ResponseError::InvalidPartitions, message);
        }
        known.check_room((total - now) as usize)?;
        if validate_only {
            return Ok(());
        }
        let mut grown = (*topic).clone();
        grown.partitions.extend(self.make_partitions(topic.id, now..total)?);
        self.remember(&grown)?;
        known.put(grown);
        Ok(())
    }

    /// Gives a topic these settings, or with `validate_only` tells whether it could have them.
    pub(crate) fn configure(&self, name: &str, overrides: Overrides, validate_only: bool) -> Result<(), TopicError> {
        let mut known = self.known.write();
        let Some(topic) = known.by_name.get(name).cloned() else { return unknown_topic() };
        topic_config::check(&overrides).or_else(|why| fail(ResponseError::InvalidConfig, why))?;
        if validate_only {
            return Ok(());
        }
        let topic = Topic::new(name.to_owned(), topic.id, overrides, topic.partitions.clone());
        self.remember(&topic)?;
        known.put(topic);
        Ok(())
    }

    /// Deletes the records of a partition before `offset`; -1 deletes all that can be read. Tells the new start.
    pub(crate) fn delete_records(&self, name: &str, index: i32, offset: i64) -> Result<i64, TopicError> {
        let Some(topic) = self.by_name(name) else { return unknown_topic() };
        let Some(partition) = topic.partition(index) else { return unknown_topic() };
        let bounds = partition.bounds();
        let offset = if offset == -1 { bounds.end } else { offset };
        if offset < 0 || offset > bounds.end {
            return fail(ResponseError::OffsetOutOfRange, "The offset is not within the partition.");
        }
        let start = offset.max(bounds.start);
        self.starts.put(&start_key(topic.id, index), &start).map_err(storage)?;
        partition.delete_before(start).map_err(storage)?;
        Ok(start)
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<Arc<Topic>> {
        self.known.read().by_name.get(name).cloned()
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        let known = self.known.read();
        known.names.get(&id).and_then(|name| known.by_name.get(name)).cloned()
    }

    /// All topics, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.known.read().by_name.values().cloned().collect()
    }

    /// Flushes everything to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.log.sync()?;
        self.starts.sync()?;
        for topic in self.all() {
            for partition in &topic.partitions {
                partition.lock().log.sync()?;
            }
        }
        Ok(())
    }

    fn make_partitions(&self, id: Uuid, indexes: std::ops::Range<i32>) -> Result<Vec<Arc<Partition>>, TopicError> {
        indexes
            .map(|index| Ok(Arc::new(Partition::open(self.storage.partition_log(id, index)?)?)))
            .collect::<io::Result<_>>()
            .map_err(storage)
    }

    fn remember(&self, topic: &Topic) -> Result<(), TopicError> {
        let record = TopicRecord { id: topic.id, partitions: topic.partitions.len(), configs: topic.overrides.clone() };
        self.log.put(&topic.name, &record).map_err(storage)
    }
}

// === impl Known ===

impl Known {
    fn put(&mut self, topic: Topic) -> Arc<Topic> {
        let topic = Arc::new(topic);
        self.names.insert(topic.id, topic.name.clone());
        self.by_name.insert(topic.name.clone(), topic.clone());
        topic
    }

    fn check_room(&self, more: usize) -> Result<(), TopicError> {
        let now: usize = self.by_name.values().map(|topic| topic.partitions.len()).sum();
        if now + more > MAX_PARTITIONS {
            let message = format!("A development broker holds at most {MAX_PARTITIONS} partitions.");
            return fail(ResponseError::PolicyViolation, message);
        }
        Ok(())
    }
}

// === impl Topic ===

impl Topic {
    fn new(name: String, id: Uuid, overrides: Overrides, partitions: Vec<Arc<Partition>>) -> Topic {
        let config = TopicConfig::new(&overrides);
        Topic { name, id, overrides, config, partitions }
    }

    pub(crate) fn partition(&self, index: i32) -> Option<&Arc<Partition>> {
        usize::try_from(index).ok().and_then(|index| self.partitions.get(index))
    }
}

/// Says what is wrong with a topic's name.
pub(crate) fn check_name(name: &str) -> Result<(), TopicError> {
    let why = if name.is_empty() {
        "the empty string is not allowed".to_owned()
    } else if name == "." || name == ".." {
        format!("'{name}' is not allowed")
    } else if name.len() > 249 {
        format!("the length of '{name}' is longer than the max allowed length 249")
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        format!("'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")
    } else {
        return Ok(());
    };
    fail(ResponseError::InvalidTopicException, format!("Topic name is invalid: {why}"))
}

/// Dots and underscores are the same in metric names.
fn collide(one: &str, other: &str) -> bool {
    one.replace('.', "_") == other.replace('.', "_")
}

fn start_key(topic: Uuid, partition: i32) -> String {
    format!("{topic}/{partition}")
}

fn unknown_topic<T>() -> Result<T, TopicError> {
    fail(ResponseError::UnknownTopicOrPartition, "This server does not host this topic-partition.")
}

fn fail<T>(error: ResponseError, message: impl Into<String>) -> Result<T, TopicError> {
    Err(TopicError { error, message: message.into() })
}

fn storage(error: io::Error) -> TopicError {
    TopicError { error: ResponseError::KafkaStorageError, message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for (name, expect) in [("a.b_c-1", true), ("", false), (".", false), ("a b", false), ("ä", false)] {
            assert_eq!(check_name(name).is_ok(), expect, "{name}");
        }
        assert!(check_name(&"x".repeat(249)).is_ok());
        assert!(check_name(&"x".repeat(250)).is_err());
    }

    #[test]
    fn topics_survive_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Topics::open(Arc::new(Storage::folder(folder.path().to_owned()).unwrap())).unwrap();
        let topics = open();
        let id = topics.create("t", 2, Overrides::new(), false).unwrap().id;
        topics.grow("t", 3, false).unwrap();
        topics.create("gone", 1, Overrides::new(), false).unwrap();
        topics.delete("gone").unwrap();
        drop(topics);
        let topics = open();
        assert_eq!(topics.all().len(), 1);
        let topic = topics.by_id(id).unwrap();
        assert_eq!((topic.name.as_str(), topic.partitions.len()), ("t", 3));
    }

    #[test]
    fn names_that_differ_in_dots_only_collide() {
        let topics = Topics::open(Arc::new(Storage::memory())).unwrap();
        topics.create("a.b", 1, Overrides::new(), false).unwrap();
        let refused = topics.create("a_b", 1, Overrides::new(), false).unwrap_err();
        assert_eq!(refused.error, ResponseError::InvalidTopicException);
    }
}
