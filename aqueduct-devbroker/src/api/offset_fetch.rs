//! OffsetFetch: the positions that groups committed.

use std::sync::Arc;

use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse, TopicName};

use super::{Context, text};
use crate::broker::Broker;
use crate::group::Fetched;

/// From this version on a request asks for many groups.
const MANY: i16 = 8;

/// From this version on a request can fail as a whole.
const WHOLE_ERROR: i16 = 2;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: OffsetFetchRequest,
    context: &Context,
) -> OffsetFetchResponse {
    let stable = request.require_stable;
    if context.version >= MANY {
        let groups = request.groups.into_iter().map(|group| fetch_group(broker, group, stable));
        return OffsetFetchResponse::default().with_groups(groups.collect());
    }
    let wanted = request.topics.map(|topics| {
        topics.into_iter().map(|topic| (topic.name.as_str().to_owned(), topic.partition_indexes)).collect()
    });
    let topics = broker.groups.fetch(&request.group_id, wanted, stable).into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(partition).collect();
        OffsetFetchResponseTopic::default().with_name(name(topic)).with_partitions(partitions)
    });
    OffsetFetchResponse::default().with_topics(topics.collect())
}

pub(crate) fn refuse(request: &OffsetFetchRequest, code: i16, context: &Context) -> OffsetFetchResponse {
    let response = OffsetFetchResponse::default();
    match context.version {
        MANY.. => {
            let groups = request.groups.iter().map(|group| {
                OffsetFetchResponseGroup::default().with_group_id(group.group_id.clone()).with_error_code(code)
            });
            response.with_groups(groups.collect())
        }
        WHOLE_ERROR.. => response.with_error_code(code),
        _ => {
            let topics = request.topics.iter().flatten().map(|topic| {
                let refused = topic.partition_indexes.iter().map(|&index| partition(Fetched::refused(index, code)));
                OffsetFetchResponseTopic::default().with_name(topic.name.clone()).with_partitions(refused.collect())
            });
            response.with_topics(topics.collect())
        }
    }
}

fn fetch_group(broker: &Arc<Broker>, group: OffsetFetchRequestGroup, stable: bool) -> OffsetFetchResponseGroup {
    let wanted = group.topics.map(|topics| {
        topics.into_iter().map(|topic| (topic.name.as_str().to_owned(), topic.partition_indexes)).collect()
    });
    let topics = broker.groups.fetch(&group.group_id, wanted, stable).into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(partition_of_many).collect();
        OffsetFetchResponseTopics::default().with_name(name(topic)).with_partitions(partitions)
    });
    let topics = topics.collect();
    OffsetFetchResponseGroup::default().with_group_id(group.group_id).with_topics(topics)
}

fn partition(fetched: Fetched) -> OffsetFetchResponsePartition {
    OffsetFetchResponsePartition::default()
        .with_partition_index(fetched.partition)
        .with_committed_offset(fetched.offset)
        .with_committed_leader_epoch(fetched.leader_epoch)
        .with_metadata(Some(text(fetched.metadata)))
        .with_error_code(fetched.code)
}

/// The same under the name that it has in later versions.
fn partition_of_many(fetched: Fetched) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions::default()
        .with_partition_index(fetched.partition)
        .with_committed_offset(fetched.offset)
        .with_committed_leader_epoch(fetched.leader_epoch)
        .with_metadata(Some(text(fetched.metadata)))
        .with_error_code(fetched.code)
}

fn name(topic: String) -> TopicName {
    TopicName(text(topic))
}
