//! What is remembered of the groups: their offsets and generations, in the internal log `groups`.
//!
//! A key is what it is about, in JSON. Memberships are not remembered: after a restart a member meets UNKNOWN_MEMBER_ID and
//! joins again, and the generation goes on from where it was.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use kafka_protocol::protocol::StrBytes;
use serde::{Deserialize, Serialize};

use super::offsets::{Committed, TopicPartition};
use super::state::Group;
use crate::storage::InternalLog;

/// What a record of the log is about.
#[derive(Debug, Serialize, Deserialize)]
enum Key {
    Group(String),
    /// Group, topic, partition.
    Offset(String, String, i32),
    /// Group, producer id, topic, partition.
    Pending(String, i64, String, i32),
}

/// What is remembered of the group itself.
#[derive(Debug, Serialize, Deserialize)]
struct GroupValue {
    generation: i32,
    protocol_type: Option<String>,
}

/// The log of the groups.
#[derive(Debug)]
pub(super) struct GroupLog {
    log: InternalLog,
}

// === impl GroupLog ===

impl GroupLog {
    pub(super) fn new(log: InternalLog) -> GroupLog {
        GroupLog { log }
    }

    /// All groups that the log remembers, without members.
    pub(super) fn load(&self, initial_delay: Duration) -> io::Result<BTreeMap<String, Group>> {
        let mut groups = BTreeMap::new();
        for (key, value) in self.log.entries::<serde_json::Value>()? {
            let key = serde_json::from_str(&key)?;
            let (Key::Group(id) | Key::Offset(id, ..) | Key::Pending(id, ..)) = &key;
            let group = groups.entry(id.clone()).or_insert_with(|| Group::new(initial_delay));
            match key {
                Key::Group(_) => {
                    let value: GroupValue = serde_json::from_value(value)?;
                    group.generation = value.generation;
                    group.protocol_type = value.protocol_type.map(StrBytes::from_string);
                }
                Key::Offset(_, topic, partition) => {
                    group.offsets.commit((topic, partition), serde_json::from_value(value)?);
                }
                Key::Pending(_, producer_id, topic, partition) => {
                    group.offsets.commit_later(producer_id, (topic, partition), serde_json::from_value(value)?);
                }
            }
        }
        Ok(groups)
    }

    /// Remembers a group's generation.
    pub(super) fn put_group(&self, id: &str, group: &Group) -> io::Result<()> {
        let value = GroupValue {
            generation: group.generation,
            protocol_type: group.protocol_type.as_ref().map(|name| name.as_str().to_owned()),
        };
        self.log.put(&text(&Key::Group(id.to_owned()))?, &value)
    }

    /// Forgets a group and all that it holds.
    pub(super) fn remove_group(&self, id: &str, group: &mut Group) -> io::Result<()> {
        let pending: Vec<(i64, TopicPartition)> =
            group.offsets.all_pending().map(|(producer_id, partition)| (producer_id, partition.clone())).collect();
        for (producer_id, partition) in pending {
            self.remove_pending(id, group, producer_id, &partition)?;
        }
        let committed: Vec<TopicPartition> = group.offsets.all().map(|(partition, _)| partition.clone()).collect();
        for partition in committed {
            self.remove(id, group, &partition)?;
        }
        self.log.remove(&text(&Key::Group(id.to_owned()))?)
    }

    /// Commits an offset: durable, then seen.
    pub(super) fn commit(
        &self,
        id: &str,
        group: &mut Group,
        partition: TopicPartition,
        committed: Committed,
    ) -> io::Result<()> {
        self.log.put(&text(&offset_key(id, &partition))?, &committed)?;
        group.offsets.commit(partition, committed);
        Ok(())
    }

    /// Keeps an offset until the producer's transaction ends: durable, then seen.
    pub(super) fn commit_later(
        &self,
        id: &str,
        group: &mut Group,
        producer_id: i64,
        partition: TopicPartition,
        committed: Committed,
    ) -> io::Result<()> {
        self.log.put(&text(&pending_key(id, producer_id, &partition))?, &committed)?;
        group.offsets.commit_later(producer_id, partition, committed);
        Ok(())
    }

    /// Commits what the producer's transaction left pending, or drops it. What was done once is not done again.
    pub(super) fn end_transaction(
        &self,
        id: &str,
        group: &mut Group,
        producer_id: i64,
        commit: bool,
    ) -> io::Result<()> {
        for (partition, committed) in group.offsets.pending_of(producer_id) {
            let is_later = group.offsets.get(&partition).is_none_or(|former| former.sequence < committed.sequence);
            if commit && is_later {
                self.commit(id, group, partition.clone(), committed)?;
            }
            self.remove_pending(id, group, producer_id, &partition)?;
        }
        Ok(())
    }

    /// Forgets a committed offset.
    pub(super) fn remove(&self, id: &str, group: &mut Group, partition: &TopicPartition) -> io::Result<()> {
        self.log.remove(&text(&offset_key(id, partition))?)?;
        group.offsets.remove(partition);
        Ok(())
    }

    /// Forgets an offset that waits for the end of a transaction.
    pub(super) fn remove_pending(
        &self,
        id: &str,
        group: &mut Group,
        producer_id: i64,
        partition: &TopicPartition,
    ) -> io::Result<()> {
        self.log.remove(&text(&pending_key(id, producer_id, partition))?)?;
        group.offsets.remove_pending(producer_id, partition);
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.log.sync()
    }
}

fn offset_key(id: &str, (topic, partition): &TopicPartition) -> Key {
    Key::Offset(id.to_owned(), topic.clone(), *partition)
}

fn pending_key(id: &str, producer_id: i64, (topic, partition): &TopicPartition) -> Key {
    Key::Pending(id.to_owned(), producer_id, topic.clone(), *partition)
}

fn text(key: &Key) -> io::Result<String> {
    Ok(serde_json::to_string(key)?)
}
