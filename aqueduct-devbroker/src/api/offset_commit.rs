//! OffsetCommit: a group's positions.

use std::sync::Arc;

use kafka_protocol::messages::offset_commit_request::OffsetCommitRequestTopic;
use kafka_protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};

use super::Context;
use crate::broker::Broker;
use crate::group::{Committer, Position};

pub(crate) async fn handle(broker: &Arc<Broker>, request: OffsetCommitRequest, _: &Context) -> OffsetCommitResponse {
    let committer = Committer {
        group_id: &request.group_id,
        member_id: &request.member_id,
        instance_id: request.group_instance_id.as_ref(),
        generation: request.generation_id_or_member_epoch,
        producer_id: None,
    };
    let codes = broker.groups.commit(&broker.topics, &committer, positions(&request.topics));
    answer(&request, codes)
}

pub(crate) fn refuse(request: &OffsetCommitRequest, code: i16, _: &Context) -> OffsetCommitResponse {
    answer(request, std::iter::repeat(code))
}

fn positions(topics: &[OffsetCommitRequestTopic]) -> Vec<Position> {
    let of_topic = |topic: &OffsetCommitRequestTopic| {
        let name = topic.name.as_str().to_owned();
        topic.partitions.clone().into_iter().map(move |partition| Position {
            topic: name.clone(),
            partition: partition.partition_index,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata: partition.committed_metadata.unwrap_or_default().as_str().to_owned(),
        })
    };
    topics.iter().flat_map(of_topic).collect()
}

/// The answer to the request whose positions have these codes, in their order.
fn answer(request: &OffsetCommitRequest, codes: impl IntoIterator<Item = i16>) -> OffsetCommitResponse {
    let mut codes = codes.into_iter();
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().zip(codes.by_ref()).map(|(partition, code)| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        OffsetCommitResponseTopic::default().with_partitions(partitions.collect()).with_name(topic.name.clone())
    });
    let topics = topics.collect();
    OffsetCommitResponse::default().with_topics(topics)
}
