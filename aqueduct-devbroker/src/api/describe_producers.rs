//! DescribeProducers: who writes to a partition, and whether a transaction is open there.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_producers_response::{PartitionResponse, ProducerState, TopicResponse};
use kafka_protocol::messages::{DescribeProducersRequest, DescribeProducersResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::partition::Partition;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: DescribeProducersRequest,
    _: &Context,
) -> DescribeProducersResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partition_indexes.iter().map(|&index| match broker.partition(&topic.name, index) {
            Some(partition) => result(index, 0).with_active_producers(producers(&partition)),
            None => result(index, code(ResponseError::UnknownTopicOrPartition)),
        });
        let partitions = partitions.collect();
        TopicResponse::default().with_name(topic.name).with_partitions(partitions)
    });
    DescribeProducersResponse::default().with_topics(topics.collect())
}

pub(crate) fn refuse(request: &DescribeProducersRequest, code: i16, _: &Context) -> DescribeProducersResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partition_indexes.iter().map(|&index| result(index, code)).collect();
        TopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions)
    });
    DescribeProducersResponse::default().with_topics(topics.collect())
}

fn result(index: i32, code: i16) -> PartitionResponse {
    PartitionResponse::default().with_partition_index(index).with_error_code(code)
}

fn producers(partition: &Partition) -> Vec<ProducerState> {
    let state = partition.lock();
    let states = state.producers.iter().map(|(id, producer, last_sequence)| {
        ProducerState::default()
            .with_producer_id(id.into())
            .with_producer_epoch(i32::from(producer.epoch))
            .with_last_sequence(last_sequence)
            .with_last_timestamp(producer.last_timestamp)
            .with_coordinator_epoch(producer.coordinator_epoch)
            .with_current_txn_start_offset(producer.transaction_start.unwrap_or(-1))
    });
    states.collect()
}
