//! The offsets that clients commit, ask for and delete.
//!
//! Positions come in flat, in the order of the request, and the codes go out in the same order: the shapes of the messages,
//! which differ by API and version, are the APIs' concern.

use std::io;

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;

use super::Groups;
use super::offsets::{Committed, TopicPartition};
use super::state::{Group, State};
use crate::topics::Topics;

/// `offset.metadata.max.bytes`, counted as Kafka counts it: in UTF-16 units.
const METADATA_LIMIT: usize = 4096;

/// Who commits.
#[derive(Debug)]
pub(crate) struct Committer<'a> {
    pub(crate) group_id: &'a str,
    pub(crate) member_id: &'a StrBytes,
    pub(crate) instance_id: Option<&'a StrBytes>,
    /// Negative for one who is no member.
    pub(crate) generation: i32,
    /// The producer in whose transaction it is done.
    pub(crate) producer_id: Option<i64>,
}

/// A position to be committed.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
}

/// What is known of a partition's committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) partition: i32,
    /// -1 when none was committed, or it cannot be told.
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
    pub(crate) code: i16,
}

// === impl Fetched ===

impl Fetched {
    /// Nothing is told but the code.
    pub(crate) fn refused(partition: i32, code: i16) -> Fetched {
        Fetched { partition, offset: -1, leader_epoch: -1, metadata: String::new(), code }
    }
}

// === impl Groups ===

impl Groups {
    /// Commits positions, or keeps them until the transaction ends.
    pub(crate) fn commit(&self, topics: &Topics, committer: &Committer<'_>, positions: Vec<Position>) -> Vec<i16> {
        let exists: Vec<bool> = positions.iter().map(|position| topics.by_name(&position.topic).is_some()).collect();
        if !exists.contains(&true) {
            return vec![ResponseError::UnknownTopicOrPartition.code(); positions.len()];
        }
        let commit = |group: &mut Group, now| {
            let transactional = committer.producer_id.is_some();
            let (id, instance) = (committer.member_id, committer.instance_id);
            let member = group.check_commit(id, instance, committer.generation, transactional)?;
            if let (Some(place), false) = (member, transactional) {
                group.members[place].beat(now);
            }
            let codes = positions.into_iter().zip(&exists).map(|(position, exists)| match exists {
                true => self.commit_one(group, committer, position).map_or_else(|error| error.code(), |()| 0),
                false => ResponseError::UnknownTopicOrPartition.code(),
            });
            Ok(codes.collect())
        };
        // Only who is no member may commit to a group that is not there.
        let changed = self.change(committer.group_id, committer.generation < 0, commit);
        let codes: Result<Vec<i16>, ResponseError> = changed.unwrap_or(Err(ResponseError::IllegalGeneration));
        codes.unwrap_or_else(|error| {
            let missing = ResponseError::UnknownTopicOrPartition;
            exists.iter().map(|exists| if *exists { error.code() } else { missing.code() }).collect()
        })
    }

    fn commit_one(
        &self,
        group: &mut Group,
        committer: &Committer<'_>,
        position: Position,
    ) -> Result<(), ResponseError> {
        if position.metadata.encode_utf16().count() > METADATA_LIMIT {
            return Err(ResponseError::OffsetMetadataTooLarge);
        }
        let partition = (position.topic, position.partition);
        let committed = Committed {
            offset: position.offset,
            leader_epoch: position.leader_epoch,
            metadata: position.metadata,
            sequence: self.next_sequence(),
        };
        let id = committer.group_id;
        let stored = match committer.producer_id {
            Some(producer_id) => self.log.commit_later(id, group, producer_id, partition, committed),
            None => self.log.commit(id, group, partition, committed),
        };
        stored.map_err(|error| {
            tracing::error!(group = id, %error, "a committed offset cannot be stored");
            // What Kafka tells as well: the client finds the coordinator again, and repeats the commit.
            ResponseError::NotCoordinator
        })
    }

    /// Ends a producer's transaction in a group.
    pub(super) fn end_transaction(&self, id: &str, producer_id: i64, commit: bool) -> io::Result<()> {
        let end = |group: &mut Group, _| self.log.end_transaction(id, group, producer_id, commit);
        self.change(id, false, end).unwrap_or(Ok(()))
    }

    /// The committed offsets of these partitions, or of all that have one. With `stable`, an offset that a transaction may
    /// still change is refused with UNSTABLE_OFFSET_COMMIT (KIP-447).
    pub(crate) fn fetch(
        &self,
        id: &str,
        wanted: Option<Vec<(String, Vec<i32>)>>,
        stable: bool,
    ) -> Vec<(String, Vec<Fetched>)> {
        let known = self.known.lock();
        let group = known.groups.get(id);
        let wanted = wanted.unwrap_or_else(|| group.map(committed_partitions).unwrap_or_default());
        let fetched = wanted.into_iter().map(|(topic, partitions)| {
            let fetched = partitions.into_iter().map(|partition| fetch_one(group, &topic, partition, stable)).collect();
            (topic, fetched)
        });
        fetched.collect()
    }

    /// Deletes committed offsets; the code of each partition in their order. An error is that of the whole request.
    pub(crate) fn delete_offsets(&self, id: &str, partitions: Vec<TopicPartition>) -> Result<Vec<i16>, ResponseError> {
        if id.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let delete = |group: &mut Group, _| {
            if group.state != State::Empty && !group.is_of_consumers() {
                return Err(ResponseError::NonEmptyGroup);
            }
            let codes = partitions.iter().map(|partition| {
                if group.reads(&partition.0) {
                    return ResponseError::GroupSubscribedToTopic.code();
                }
                let removed = self.log.remove(id, group, partition);
                removed.map_or(ResponseError::NotCoordinator.code(), |()| 0)
            });
            Ok(codes.collect())
        };
        self.change(id, false, delete).unwrap_or(Err(ResponseError::GroupIdNotFound))
    }

    /// Forgets all offsets of a topic.
    pub(super) fn remove_topic(&self, topic: &str) -> io::Result<()> {
        let mut known = self.known.lock();
        for (id, group) in &mut known.groups {
            let pending: Vec<_> = group.offsets.all_pending().map(|(producer, at)| (producer, at.clone())).collect();
            for (producer_id, partition) in pending.into_iter().filter(|(_, partition)| partition.0 == topic) {
                self.log.remove_pending(id, group, producer_id, &partition)?;
            }
            let committed: Vec<_> = group.offsets.all().map(|(partition, _)| partition.clone()).collect();
            for partition in committed.into_iter().filter(|partition| partition.0 == topic) {
                self.log.remove(id, group, &partition)?;
            }
        }
        known.groups.retain(|_, group| !group.is_unused());
        Ok(())
    }
}

/// The partitions of all committed offsets, by topic.
fn committed_partitions(group: &Group) -> Vec<(String, Vec<i32>)> {
    let mut topics: Vec<(String, Vec<i32>)> = Vec::new();
    for ((topic, partition), _) in group.offsets.all() {
        match topics.last_mut().filter(|(last, _)| last == topic) {
            Some((_, partitions)) => partitions.push(*partition),
            None => topics.push((topic.clone(), vec![*partition])),
        }
    }
    topics
}

fn fetch_one(group: Option<&Group>, topic: &str, partition: i32, stable: bool) -> Fetched {
    let at = (topic.to_owned(), partition);
    let unstable = stable && group.is_some_and(|group| group.offsets.is_unstable(&at));
    let code = if unstable { ResponseError::UnstableOffsetCommit.code() } else { 0 };
    match group.and_then(|group| group.offsets.get(&at)).filter(|_| !unstable) {
        Some(found) => Fetched {
            partition,
            offset: found.offset,
            leader_epoch: found.leader_epoch,
            metadata: found.metadata.clone(),
            code,
        },
        None => Fetched::refused(partition, code),
    }
}
