//! ListOffsets: the first and last offsets of partitions, and the offsets that belong to a time.

use std::io;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::{Context, code};
use crate::broker::Broker;
use crate::partition::{LEADER_EPOCH, Partition};
use crate::storage::records::records;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
/// The earliest offset that is not in remote storage.
const EARLIEST_LOCAL: i64 = -4;

pub(crate) async fn handle(broker: &Arc<Broker>, request: ListOffsetsRequest, context: &Context) -> ListOffsetsResponse {
    let has_epochs = context.version >= 4;
    let committed = request.isolation_level == 1;
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| match broker.partition(&topic.name, asked.partition_index) {
            Some(_) if asked.current_leader_epoch > LEADER_EPOCH => failure(asked, code(ResponseError::UnknownLeaderEpoch)),
            Some(partition) => match find(&partition, asked.timestamp, committed) {
                Ok((timestamp, offset)) => failure(asked, 0)
                    .with_timestamp(timestamp)
                    .with_offset(offset)
                    .with_leader_epoch(if offset < 0 || !has_epochs { -1 } else { LEADER_EPOCH }),
                Err(error) => {
                    tracing::error!(%error, "looking for an offset failed");
                    failure(asked, code(ResponseError::KafkaStorageError))
                }
            },
            None => failure(asked, code(ResponseError::UnknownTopicOrPartition)),
        });
        let partitions = partitions.collect();
        ListOffsetsTopicResponse::default().with_name(topic.name).with_partitions(partitions)
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

pub(crate) fn refuse(request: &ListOffsetsRequest, code: i16, _: &Context) -> ListOffsetsResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| failure(asked, code)).collect();
        ListOffsetsTopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions)
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn failure(asked: &ListOffsetsPartition, code: i16) -> ListOffsetsPartitionResponse {
    ListOffsetsPartitionResponse::default()
        .with_partition_index(asked.partition_index)
        .with_error_code(code)
        .with_timestamp(-1)
        .with_offset(-1)
}

/// Time stamp and offset; -1 and -1 where there is none.
fn find(partition: &Partition, wanted: i64, committed: bool) -> io::Result<(i64, i64)> {
    let bounds = partition.bounds();
    match wanted {
        LATEST => return Ok((-1, if committed { bounds.stable } else { bounds.end })),
        EARLIEST | EARLIEST_LOCAL => return Ok((-1, bounds.start)),
        _ => {}
    }
    let limit = if committed { bounds.stable } else { bounds.end };
    let state = partition.lock();
    let least = match wanted {
        MAX_TIMESTAMP => state.log.headers().map(|header| header.max_timestamp).max().unwrap_or(-1),
        time if time >= 0 => time,
        // What is asked for has no meaning here: remote storage.
        _ => return Ok((-1, -1)),
    };
    let found = state.log.find(|header| {
        !header.is_control() && header.max_timestamp >= least && (bounds.start..limit).contains(&header.last_offset())
    })?;
    drop(state);
    let Some((header, bytes)) = found else { return Ok((-1, -1)) };
    let offset_of = |delta: i32| header.base_offset + i64::from(delta);
    let record = records(&header, &bytes).map_err(io::Error::other)?.into_iter().map(|record| record.raw);
    let mut late = record.filter(|raw| raw.timestamp >= least && offset_of(raw.offset_delta) >= bounds.start);
    Ok(late.next().map_or((-1, -1), |raw| (raw.timestamp, offset_of(raw.offset_delta))))
}
