//! The committed offsets of a consumer group, asked of its coordinator and changed there. Every request may be repeated: each
//! attempt looks for the coordinator anew.

use std::time::Duration;

use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, GroupId, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest, OffsetFetchResponse,
    TopicName,
};

use super::RawClient;
use super::cluster::{by_topic, check};
use super::topics::text;
use crate::consumer::Offsets;
use crate::error::KafkaError;
use crate::record::{OffsetAndMetadata, TopicPartition};

/// From this version on an offset fetch is for several groups.
const FETCH_OF_GROUPS: i16 = 8;

impl RawClient {
    /// All offsets that the group has committed.
    pub(crate) async fn group_offsets(&self, group: &str, limit: Duration) -> Result<Offsets, KafkaError> {
        self.persist_for(limit, "listing consumer group offsets", |_| async {
            let answer = self.ask_coordinator(group, |version| Ok(fetch_request(group, version))).await?;
            committed(&answer, group)
        })
        .await
    }

    /// Commits offsets from outside of the group.
    pub(crate) async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: &Offsets,
        limit: Duration,
    ) -> Result<(), KafkaError> {
        let topics = by_topic(offsets.iter().map(|(partition, offset)| {
            let commit = OffsetCommitRequestPartition::default()
                .with_partition_index(partition.partition)
                .with_committed_offset(offset.offset)
                .with_committed_leader_epoch(-1)
                .with_committed_metadata(Some(text(&offset.metadata)));
            (partition, commit)
        }));
        let topics = topics.into_iter().map(|(topic, partitions)| {
            OffsetCommitRequestTopic::default().with_name(TopicName(text(topic))).with_partitions(partitions)
        });
        let request = OffsetCommitRequest::default()
            .with_group_id(GroupId(text(group)))
            .with_generation_id_or_member_epoch(-1)
            .with_retention_time_ms(-1)
            .with_topics(topics.collect());
        self.persist_for(limit, "altering consumer group offsets", |_| async {
            let answer = self.ask_coordinator(group, |_| Ok(request.clone())).await?;
            answer.topics.iter().try_for_each(|topic| {
                let mut partitions = topic.partitions.iter();
                partitions.try_for_each(|one| partition(&topic.name, one.partition_index, one.error_code).map(|_| ()))
            })
        })
        .await
    }

    /// Forgets the committed offsets of these partitions.
    pub(crate) async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
        limit: Duration,
    ) -> Result<(), KafkaError> {
        let topics = by_topic(partitions.iter().map(|partition| {
            (partition, OffsetDeleteRequestPartition::default().with_partition_index(partition.partition))
        }));
        let topics = topics.into_iter().map(|(topic, partitions)| {
            OffsetDeleteRequestTopic::default().with_name(TopicName(text(topic))).with_partitions(partitions)
        });
        let request = OffsetDeleteRequest::default().with_group_id(GroupId(text(group))).with_topics(topics.collect());
        self.persist_for(limit, "deleting consumer group offsets", |_| async {
            let answer = self.ask_coordinator(group, |_| Ok(request.clone())).await?;
            check(&group, answer.error_code)?;
            answer.topics.iter().try_for_each(|topic| {
                let mut partitions = topic.partitions.iter();
                partitions.try_for_each(|one| partition(&topic.name, one.partition_index, one.error_code).map(|_| ()))
            })
        })
        .await
    }

    /// Deletes the group with all its offsets.
    pub(crate) async fn delete_group(&self, group: &str, limit: Duration) -> Result<(), KafkaError> {
        let request = DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))]);
        self.persist_for(limit, "deleting the consumer group", |_| async {
            let answer = self.ask_coordinator(group, |_| Ok(request.clone())).await?;
            answer.results.iter().try_for_each(|one| check(&group, one.error_code))
        })
        .await
    }
}

/// Asks for all offsets of the group.
fn fetch_request(group: &str, version: i16) -> OffsetFetchRequest {
    let group = GroupId(text(group));
    if version < FETCH_OF_GROUPS {
        return OffsetFetchRequest::default().with_group_id(group).with_topics(None);
    }
    let group = OffsetFetchRequestGroup::default().with_group_id(group).with_member_epoch(-1).with_topics(None);
    OffsetFetchRequest::default().with_groups(vec![group])
}

fn committed(answer: &OffsetFetchResponse, group: &str) -> Result<Offsets, KafkaError> {
    let mut offsets = Offsets::new();
    let mut add = |partition: TopicPartition, offset: i64, metadata: Option<&str>| {
        // An offset below zero stands for none.
        if offset >= 0 {
            let metadata = metadata.unwrap_or_default().to_owned();
            offsets.insert(partition, OffsetAndMetadata { offset, metadata });
        }
    };
    check(&group, answer.error_code)?;
    for topic in &answer.topics {
        for one in &topic.partitions {
            let partition = partition(&topic.name, one.partition_index, one.error_code)?;
            add(partition, one.committed_offset, one.metadata.as_deref());
        }
    }
    for found in &answer.groups {
        check(&group, found.error_code)?;
        for topic in &found.topics {
            for one in &topic.partitions {
                let partition = partition(&topic.name, one.partition_index, one.error_code)?;
                add(partition, one.committed_offset, one.metadata.as_deref());
            }
        }
    }
    Ok(offsets)
}

/// A partition that a broker told of, or what is wrong with it.
fn partition(topic: &TopicName, partition: i32, code: i16) -> Result<TopicPartition, KafkaError> {
    let partition = TopicPartition::new(topic.as_str(), partition);
    check(&partition, code).map(|()| partition)
}
