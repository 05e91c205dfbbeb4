//! OffsetDelete: committed offsets are forgotten, unless a group reads the topic.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use kafka_protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};

use super::{Context, code};
use crate::broker::Broker;

pub(crate) async fn handle(broker: &Arc<Broker>, request: OffsetDeleteRequest, _: &Context) -> OffsetDeleteResponse {
    let exists: Vec<bool> = request.topics.iter().map(|topic| broker.topics.by_name(&topic.name).is_some()).collect();
    let mut partitions = Vec::new();
    for (topic, _) in request.topics.iter().zip(&exists).filter(|(_, exists)| **exists) {
        let name = topic.name.as_str();
        partitions.extend(topic.partitions.iter().map(|partition| (name.to_owned(), partition.partition_index)));
    }
    let deleted = match partitions.is_empty() {
        true => Ok(Vec::new()),
        false => broker.groups.delete_offsets(&request.group_id, partitions),
    };
    let mut codes = match deleted {
        Ok(codes) => codes.into_iter(),
        Err(error) => return OffsetDeleteResponse::default().with_error_code(code(error)),
    };
    let missing = code(ResponseError::UnknownTopicOrPartition);
    let topics = request.topics.into_iter().zip(exists).map(|(topic, exists)| {
        let partitions = topic.partitions.into_iter().map(|partition| {
            OffsetDeleteResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(if exists { codes.next().unwrap_or(missing) } else { missing })
        });
        let partitions = partitions.collect();
        OffsetDeleteResponseTopic::default().with_name(topic.name).with_partitions(partitions)
    });
    let topics = topics.collect();
    OffsetDeleteResponse::default().with_topics(topics)
}

pub(crate) fn refuse(_: &OffsetDeleteRequest, code: i16, _: &Context) -> OffsetDeleteResponse {
    OffsetDeleteResponse::default().with_error_code(code)
}
