//! AddPartitionsToTxn: the partitions that a transaction is about to write to.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::transaction::Producer;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: AddPartitionsToTxnRequest,
    context: &Context,
) -> AddPartitionsToTxnResponse {
    let missing = |topic: &str, index| broker.partition(topic, index).is_none();
    let named = request.v3_and_below_topics.iter();
    let all = named.flat_map(|topic| topic.partitions.iter().map(move |&index| (topic, index)));
    if all.clone().any(|(topic, index)| missing(&topic.name, index)) {
        return answer(&request, |topic, index| match missing(topic, index) {
            true => code(ResponseError::UnknownTopicOrPartition),
            false => code(ResponseError::OperationNotAttempted),
        });
    }
    let producer = Producer {
        transactional_id: &request.v3_and_below_transactional_id,
        id: request.v3_and_below_producer_id.0,
        epoch: request.v3_and_below_producer_epoch,
    };
    let partitions = all.map(|(topic, index)| (topic.name.to_string(), index));
    let result = match broker.transactions.add_partitions(broker.clock.now(), producer, partitions) {
        Ok(()) => 0,
        Err(ResponseError::ProducerFenced) if context.version < 2 => code(ResponseError::InvalidProducerEpoch),
        Err(error) => code(error),
    };
    answer(&request, |_, _| result)
}

pub(crate) fn refuse(request: &AddPartitionsToTxnRequest, code: i16, _: &Context) -> AddPartitionsToTxnResponse {
    answer(request, |_, _| code)
}

fn answer(request: &AddPartitionsToTxnRequest, code_of: impl Fn(&str, i32) -> i16) -> AddPartitionsToTxnResponse {
    let topics = request.v3_and_below_topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|&index| {
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(index)
                .with_partition_error_code(code_of(&topic.name, index))
        });
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(partitions.collect())
    });
    AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(topics.collect())
}
