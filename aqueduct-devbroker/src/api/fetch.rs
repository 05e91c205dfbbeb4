//! Fetch: record batches go out, as soon as there are enough of them or the client's patience ends.
//!
//! Fetch sessions are declined: every answer has session id 0, after which clients name all partitions in each request.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::select_all;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::{AbortedTransaction, FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::{FetchRequest, FetchResponse, TopicName};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Context, code, text, throttle_ms};
use crate::broker::Broker;
use crate::partition::{LEADER_EPOCH, Partition};
use crate::topics::Topic;

/// From this version on topics are named by their ids.
const BY_ID: i16 = 13;

/// What one look at the partitions gave.
struct Looked {
    topics: Vec<FetchableTopicResponse>,
    bytes: usize,
    /// An error is answered at once.
    failed: bool,
    watches: Vec<watch::Receiver<u64>>,
}

pub(crate) async fn handle(broker: &Arc<Broker>, request: FetchRequest, context: &Context) -> FetchResponse {
    if request.session_id != 0 {
        return refuse(&request, code(ResponseError::FetchSessionIdNotFound), context);
    }
    let deadline = Instant::now() + Duration::from_millis(request.max_wait_ms.max(0) as u64);
    let wanted = usize::try_from(request.min_bytes).unwrap_or(0);
    loop {
        let mut looked = look(broker, &request, context.version);
        if looked.failed || looked.bytes >= wanted || looked.watches.is_empty() || !wait(&mut looked.watches, deadline).await {
            return FetchResponse::default().with_responses(looked.topics).with_throttle_time_ms(throttle_ms(broker));
        }
    }
}

pub(crate) fn refuse(request: &FetchRequest, code: i16, context: &Context) -> FetchResponse {
    if context.version >= 7 {
        return FetchResponse::default().with_error_code(code);
    }
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| failure(wanted.partition, code)).collect();
        FetchableTopicResponse::default().with_topic(topic.topic.clone()).with_partitions(partitions)
    });
    FetchResponse::default().with_responses(topics.collect())
}

/// False when the time is over before anything changed.
async fn wait(watches: &mut [watch::Receiver<u64>], deadline: Instant) -> bool {
    let changed = select_all(watches.iter_mut().map(|watch| Box::pin(watch.changed())));
    tokio::time::timeout_at(deadline, changed).await.is_ok()
}

fn look(broker: &Arc<Broker>, request: &FetchRequest, version: i16) -> Looked {
    let mut looked = Looked { topics: Vec::new(), bytes: 0, failed: false, watches: Vec::new() };
    let max_bytes = usize::try_from(request.max_bytes).unwrap_or(0);
    for wanted in &request.topics {
        let (topic, missing) = match version >= BY_ID {
            true => (broker.topics.by_id(wanted.topic_id), ResponseError::UnknownTopicId),
            false => (broker.topics.by_name(&wanted.topic), ResponseError::UnknownTopicOrPartition),
        };
        let mut partitions = Vec::new();
        for asked in &wanted.partitions {
            let found = topic.as_deref().and_then(|topic| topic.partition(asked.partition));
            let Some(partition) = found else {
                let missing = if topic.is_some() { ResponseError::UnknownTopicOrPartition } else { missing };
                partitions.push(failure(asked.partition, code(missing)));
                looked.failed = true;
                continue;
            };
            looked.watches.push(partition.watch());
            let room = max_bytes.saturating_sub(looked.bytes);
            let data = read(partition, asked, request.isolation_level == 1, room, looked.bytes == 0);
            looked.failed |= data.error_code != 0;
            looked.bytes += data.records.as_ref().map_or(0, Bytes::len);
            partitions.push(data);
        }
        looked.topics.push(named(wanted, topic.as_deref(), version).with_partitions(partitions));
    }
    looked
}

fn named(wanted: &FetchTopic, topic: Option<&Topic>, version: i16) -> FetchableTopicResponse {
    match version >= BY_ID {
        true => FetchableTopicResponse::default().with_topic_id(topic.map_or(wanted.topic_id, |topic| topic.id)),
        false => FetchableTopicResponse::default()
            .with_topic(topic.map_or_else(|| wanted.topic.clone(), |topic| TopicName(text(&topic.name))))
            .with_topic_id(Uuid::nil()),
    }
}

fn read(partition: &Partition, asked: &FetchPartition, committed: bool, room: usize, first: bool) -> PartitionData {
    if asked.current_leader_epoch > LEADER_EPOCH {
        return failure(asked.partition, code(ResponseError::UnknownLeaderEpoch));
    }
    let max = room.min(usize::try_from(asked.partition_max_bytes).unwrap_or(0));
    match partition.read(asked.fetch_offset, committed, max, first) {
        Ok((bounds, ..)) if asked.fetch_offset < bounds.start || asked.fetch_offset > bounds.end => {
            failure(asked.partition, code(ResponseError::OffsetOutOfRange)).with_log_start_offset(bounds.start)
        }
        Ok((bounds, records, aborted)) => {
            let aborted = aborted.iter().map(|aborted| {
                AbortedTransaction::default()
                    .with_producer_id(aborted.producer_id.into())
                    .with_first_offset(aborted.first_offset)
            });
            PartitionData::default()
                .with_partition_index(asked.partition)
                .with_high_watermark(bounds.end)
                .with_last_stable_offset(bounds.stable)
                .with_log_start_offset(bounds.start)
                .with_aborted_transactions(committed.then(|| aborted.collect()))
                .with_records(Some(records))
        }
        Err(error) => {
            tracing::error!(%error, "reading records failed");
            failure(asked.partition, code(ResponseError::KafkaStorageError))
        }
    }
}

fn failure(partition: i32, code: i16) -> PartitionData {
    PartitionData::default()
        .with_partition_index(partition)
        .with_error_code(code)
        .with_high_watermark(-1)
        .with_aborted_transactions(None)
        .with_records(Some(Bytes::new()))
}
