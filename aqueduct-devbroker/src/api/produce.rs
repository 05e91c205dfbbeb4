//! Produce: record batches come in and get their offsets.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::produce_request::PartitionProduceData;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use super::{Context, code, text, throttle_ms};
use crate::broker::Broker;
use crate::cleaner;
use crate::partition::{Appended, Refused};
use crate::storage::batch;

/// None for a client that wants no answer (acks=0).
pub(crate) async fn handle(broker: &Arc<Broker>, request: ProduceRequest, _: &Context) -> Option<ProduceResponse> {
    let acks = request.acks;
    let mut responses = Vec::new();
    for topic in request.topic_data {
        let written = topic.partition_data.into_iter().map(|sent| match acks {
            -1..=1 => answer(append(broker, &topic.name, &sent), sent.index),
            _ => failure(sent.index, code(ResponseError::InvalidRequiredAcks)),
        });
        let partitions = written.collect();
        responses.push(TopicProduceResponse::default().with_name(topic.name).with_partition_responses(partitions));
    }
    let response = ProduceResponse::default().with_responses(responses).with_throttle_time_ms(throttle_ms(broker));
    (acks != 0).then_some(response)
}

pub(crate) fn refuse(request: &ProduceRequest, code: i16, _: &Context) -> Option<ProduceResponse> {
    let responses = request.topic_data.iter().map(|topic| {
        let partitions = topic.partition_data.iter().map(|sent| failure(sent.index, code)).collect();
        TopicProduceResponse::default().with_name(topic.name.clone()).with_partition_responses(partitions)
    });
    (request.acks != 0).then(|| ProduceResponse::default().with_responses(responses.collect()))
}

fn append(broker: &Arc<Broker>, topic: &str, sent: &PartitionProduceData) -> Result<Appended, Refused> {
    let found = broker.topics.by_name(topic);
    let Some((found, partition)) = found.as_ref().and_then(|found| Some((found, found.partition(sent.index)?))) else {
        let message = "This server does not host this topic-partition.".to_owned();
        return Err(Refused { error: ResponseError::UnknownTopicOrPartition, message });
    };
    let Some(records) = sent.records.as_ref().filter(|records| !records.is_empty()) else {
        let message = "a produce request without records".to_owned();
        return Err(Refused { error: ResponseError::InvalidRecord, message });
    };
    cleaner::make_room(broker, records.len() as u64)?;
    let segment_bytes = cleaner::segment_bytes(broker, &found.config);
    let write = || partition.produce(records, &found.config, segment_bytes, broker.clock.now());
    let appended = match batch::transaction_of(records) {
        Some((producer_id, epoch)) => broker.transactions.produce_in(producer_id, epoch, topic, sent.index, write)?,
        None => write()?,
    };
    broker.grew(records.len() as u64);
    Ok(appended)
}

fn answer(result: Result<Appended, Refused>, index: i32) -> PartitionProduceResponse {
    match result {
        Ok(appended) => PartitionProduceResponse::default()
            .with_index(index)
            .with_base_offset(appended.base_offset)
            .with_log_append_time_ms(appended.append_time)
            .with_log_start_offset(appended.start_offset),
        Err(refused) => failure(index, code(refused.error)).with_error_message(Some(text(refused.message))),
    }
}

fn failure(index: i32, code: i16) -> PartitionProduceResponse {
    PartitionProduceResponse::default().with_index(index).with_error_code(code).with_base_offset(-1)
}
