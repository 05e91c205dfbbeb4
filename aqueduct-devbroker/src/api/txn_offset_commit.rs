//! TxnOffsetCommit: a group's positions, which count when the producer's transaction is committed.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::txn_offset_commit_request::TxnOffsetCommitRequestTopic;
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::group::{self, Committer, Position};
use crate::transaction::Producer;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: TxnOffsetCommitRequest,
    context: &Context,
) -> TxnOffsetCommitResponse {
    if request.group_id.is_empty() {
        return refuse(&request, code(ResponseError::InvalidGroupId), context);
    }
    let producer = Producer {
        transactional_id: &request.transactional_id,
        id: request.producer_id.0,
        epoch: request.producer_epoch,
    };
    let committer = Committer {
        group_id: &request.group_id,
        member_id: &request.member_id,
        instance_id: request.group_instance_id.as_ref(),
        generation: request.generation_id,
        producer_id: Some(producer.id),
    };
    let write = || group::commit_in_transaction(broker, &committer, positions(&request.topics));
    match broker.transactions.commit_in(producer, &request.group_id, write) {
        Ok(codes) => answer(&request, codes),
        // Where Kafka keeps the offsets an older producer is told so, as by the log of a partition.
        Err(ResponseError::ProducerFenced) => refuse(&request, code(ResponseError::InvalidProducerEpoch), context),
        Err(error) => refuse(&request, code(error), context),
    }
}

pub(crate) fn refuse(request: &TxnOffsetCommitRequest, code: i16, _: &Context) -> TxnOffsetCommitResponse {
    answer(request, std::iter::repeat(code))
}

fn positions(topics: &[TxnOffsetCommitRequestTopic]) -> Vec<Position> {
    let of_topic = |topic: &TxnOffsetCommitRequestTopic| {
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
fn answer(request: &TxnOffsetCommitRequest, codes: impl IntoIterator<Item = i16>) -> TxnOffsetCommitResponse {
    let mut codes = codes.into_iter();
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().zip(codes.by_ref()).map(|(partition, code)| {
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        TxnOffsetCommitResponseTopic::default().with_partitions(partitions.collect()).with_name(topic.name.clone())
    });
    let topics = topics.collect();
    TxnOffsetCommitResponse::default().with_topics(topics)
}
