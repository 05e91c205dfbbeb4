//! DeleteRecords: the start of a partition moves.

use std::sync::Arc;

use kafka_protocol::messages::delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult};
use kafka_protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};

use super::{Context, code};
use crate::broker::Broker;

pub(crate) async fn handle(broker: &Arc<Broker>, request: DeleteRecordsRequest, _: &Context) -> DeleteRecordsResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            match broker.topics.delete_records(&topic.name, asked.partition_index, asked.offset) {
                Ok(start) => result(asked.partition_index, 0).with_low_watermark(start),
                Err(error) => result(asked.partition_index, code(error.error)),
            }
        });
        let partitions = partitions.collect();
        DeleteRecordsTopicResult::default().with_name(topic.name).with_partitions(partitions)
    });
    DeleteRecordsResponse::default().with_topics(topics.collect())
}

pub(crate) fn refuse(request: &DeleteRecordsRequest, code: i16, _: &Context) -> DeleteRecordsResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| result(asked.partition_index, code)).collect();
        DeleteRecordsTopicResult::default().with_name(topic.name.clone()).with_partitions(partitions)
    });
    DeleteRecordsResponse::default().with_topics(topics.collect())
}

fn result(index: i32, code: i16) -> DeleteRecordsPartitionResult {
    DeleteRecordsPartitionResult::default().with_partition_index(index).with_error_code(code).with_low_watermark(-1)
}
