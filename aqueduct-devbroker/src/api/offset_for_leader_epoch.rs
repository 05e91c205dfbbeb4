//! OffsetForLeaderEpoch: where a leader's time ended. There was only one leader ever.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_for_leader_epoch_request::OffsetForLeaderPartition;
use kafka_protocol::messages::offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult};
use kafka_protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::partition::LEADER_EPOCH;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: OffsetForLeaderEpochRequest,
    _: &Context,
) -> OffsetForLeaderEpochResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| match broker.partition(&topic.topic, asked.partition) {
            None => failure(asked, code(ResponseError::UnknownTopicOrPartition)),
            Some(_) if asked.current_leader_epoch > LEADER_EPOCH => failure(asked, code(ResponseError::UnknownLeaderEpoch)),
            Some(partition) if asked.leader_epoch == LEADER_EPOCH => {
                failure(asked, 0).with_leader_epoch(LEADER_EPOCH).with_end_offset(partition.bounds().end)
            }
            Some(_) => failure(asked, 0),
        });
        let partitions = partitions.collect();
        OffsetForLeaderTopicResult::default().with_topic(topic.topic).with_partitions(partitions)
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}

pub(crate) fn refuse(request: &OffsetForLeaderEpochRequest, code: i16, _: &Context) -> OffsetForLeaderEpochResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| failure(asked, code)).collect();
        OffsetForLeaderTopicResult::default().with_topic(topic.topic.clone()).with_partitions(partitions)
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}

fn failure(asked: &OffsetForLeaderPartition, code: i16) -> EpochEndOffset {
    EpochEndOffset::default().with_partition(asked.partition).with_error_code(code).with_leader_epoch(-1).with_end_offset(-1)
}
