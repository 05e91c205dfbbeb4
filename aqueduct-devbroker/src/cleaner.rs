//! The cleaner: retention by age and size, compaction, and the bound on memory.
//!
//! It looks at every partition now and then, one at a time under its lock; a produce request asks it for room before it
//! appends. What it removes is gone for readers at once.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::ResponseError;

use crate::broker::Broker;
use crate::partition::{Partition, Refused, State};
use crate::storage::batch::{self, BatchHeader, Origin};
use crate::storage::log::Log;
use crate::storage::records::{RecordView, records};
use crate::topic_config::TopicConfig;

/// How often the partitions are looked through.
const EVERY: Duration = Duration::from_secs(5);
/// A compacted topic's segments end at this size at the latest: the last segment is never compacted.
const COMPACTED_SEGMENT: u64 = 4 * 1024 * 1024;
/// In memory a segment is at most this part of the limit, so that room can be made in small steps.
const MEMORY_PARTS: u64 = 32;
/// `producer.id.expiration.ms`.
const PRODUCER_EXPIRATION_MS: i64 = 86_400_000;

/// Looks through the partitions as long as the broker runs.
pub(crate) fn start(broker: &Arc<Broker>) {
    let weak = Arc::downgrade(broker);
    broker.spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let Some(broker) = weak.upgrade() else { return };
            round(&broker);
        }
    });
}

/// The size at which a segment of such a topic ends.
pub(crate) fn segment_bytes(broker: &Broker, config: &TopicConfig) -> u64 {
    let memory = if broker.is_memory() { broker.settings.memory_limit / MEMORY_PARTS } else { u64::MAX };
    let compacted = if config.compact { COMPACTED_SEGMENT } else { u64::MAX };
    config.segment_bytes.min(memory).min(compacted)
}

/// Makes room in memory for `more` bytes of records: the oldest segments of the largest logs go, of topics that delete.
///
/// # Errors
///
/// When only topics are left that keep their records.
pub(crate) fn make_room(broker: &Broker, more: u64) -> Result<(), Refused> {
    let limit = broker.settings.memory_limit;
    if !broker.is_memory() || broker.memory_used() + more <= limit {
        return Ok(());
    }
    let mut used = measure(broker);
    while used + more > limit {
        let topics = broker.topics.all();
        let deleting = topics.iter().filter(|topic| topic.config.delete).flat_map(|topic| &topic.partitions);
        let largest = deleting.max_by_key(|partition| partition.lock().log.size());
        let freed = largest.map_or(Ok(0), |partition| partition.change(|state| state.log.drop_oldest()));
        match freed {
            Ok(freed) if freed > 0 => used -= freed.min(used),
            _ => {
                let message = format!(
                    "The development broker's memory for records ({limit} bytes) is full: delete topics or records, \
                     raise the limit, or give the broker a folder."
                );
                return Err(Refused { error: ResponseError::PolicyViolation, message });
            }
        }
    }
    measure(broker);
    Ok(())
}

/// Counts the bytes of all records anew.
fn measure(broker: &Broker) -> u64 {
    let topics = broker.topics.all();
    let used = topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.lock().log.size()).sum();
    broker.memory.store(used, std::sync::atomic::Ordering::Relaxed);
    used
}

fn round(broker: &Broker) {
    let now = broker.clock.now();
    for topic in broker.topics.all() {
        for (index, partition) in topic.partitions.iter().enumerate() {
            if let Err(error) = clean(partition, &topic.config, now) {
                tracing::error!(topic = topic.name, partition = index, %error, "cleaning a partition failed");
            }
        }
    }
    if broker.is_memory() {
        measure(broker);
    }
}

fn clean(partition: &Partition, config: &TopicConfig, now: i64) -> io::Result<()> {
    let before = partition.bounds();
    let cleaned = partition.change(|state| {
        state.producers.forget_idle(now, PRODUCER_EXPIRATION_MS);
        roll_old(&mut state.log, config, now)?;
        if config.delete {
            expire(&mut state.log, config, now)?;
        }
        if config.compact {
            compact(state, config, now)?;
        }
        let start = state.log.start_offset();
        state.producers.forget_before(start);
        Ok(())
    });
    if partition.bounds() != before {
        partition.wake();
    }
    cleaned
}

/// Ends a segment whose first record is older than `segment.ms`.
fn roll_old(log: &mut Log, config: &TopicConfig, now: i64) -> io::Result<()> {
    let first = log.segments().back().and_then(|segment| segment.entries().first());
    match first.is_some_and(|entry| entry.header.max_timestamp + config.segment_ms < now) {
        true => log.roll(),
        false => Ok(()),
    }
}

/// Removes segments by `retention.ms` and `retention.bytes`.
fn expire(log: &mut Log, config: &TopicConfig, now: i64) -> io::Result<()> {
    if let Some(age) = config.retention_ms {
        while let Some(oldest) = log.segments().front()
            && !oldest.entries().is_empty()
            && oldest.max_timestamp() + age < now
        {
            log.drop_oldest()?;
        }
    }
    if let Some(most) = config.retention_bytes {
        while log.segments().len() > 1 && log.size() - log.segments()[0].size() >= most {
            log.drop_oldest()?;
        }
    }
    Ok(())
}

/// Rewrites the segments before the last one: of each key only the latest record stays.
fn compact(state: &mut State, config: &TopicConfig, now: i64) -> io::Result<()> {
    let closed = state.log.segments().len() - 1;
    let limit = state.producers.first_open_offset().unwrap_or(i64::MAX);
    if closed == 0 {
        return Ok(());
    }
    let latest = latest_offsets(state, limit)?;
    for index in 0..closed {
        let segment = &state.log.segments()[index];
        if segment.max_timestamp() + config.min_compaction_lag_ms > now || segment.next_offset() > limit {
            break;
        }
        let mut rewritten = Vec::new();
        let mut changed = false;
        for (at, entry) in segment.entries().iter().enumerate() {
            let (header, bytes) = (entry.header, segment.read(at)?);
            match keep(state, &header, &bytes, &latest, now - config.delete_retention_ms)? {
                Kept::All => rewritten.push((header, bytes)),
                Kept::Some(header, bytes) => {
                    rewritten.push((header, bytes));
                    changed = true;
                }
                Kept::None => changed = true,
            }
        }
        if changed {
            state.log.replace_segment(index, rewritten)?;
        }
    }
    Ok(())
}

/// The offset of the latest record of each key, of all that can be read.
fn latest_offsets(state: &State, limit: i64) -> io::Result<HashMap<Bytes, i64>> {
    let mut latest = HashMap::new();
    for segment in state.log.segments() {
        for (at, entry) in segment.entries().iter().enumerate() {
            let header = entry.header;
            let aborted =
                header.is_transactional() && state.producers.is_aborted(header.producer_id, header.base_offset);
            if header.is_control() || aborted || header.base_offset >= limit {
                continue;
            }
            for record in records(&header, &segment.read(at)?).map_err(io::Error::other)? {
                let offset = header.base_offset + i64::from(record.raw.offset_delta);
                latest.insert(record.key.unwrap_or_default(), offset);
            }
        }
    }
    Ok(latest)
}

enum Kept {
    All,
    Some(BatchHeader, Bytes),
    None,
}

/// What stays of one batch. Tombstones older than `tombstones_since` go, markers stay.
fn keep(
    state: &State,
    header: &BatchHeader,
    bytes: &Bytes,
    latest: &HashMap<Bytes, i64>,
    tombstones_since: i64,
) -> io::Result<Kept> {
    if header.is_control() {
        return Ok(Kept::All);
    }
    if header.is_transactional() && state.producers.is_aborted(header.producer_id, header.base_offset) {
        return Ok(Kept::None);
    }
    let found = records(header, bytes).map_err(io::Error::other)?;
    let is_latest = |record: &RecordView| {
        let offset = header.base_offset + i64::from(record.raw.offset_delta);
        record.key.as_ref().is_some_and(|key| latest.get(key) == Some(&offset))
    };
    let stays = |record: &&RecordView| {
        is_latest(record) && (record.value.is_some() || record.raw.timestamp >= tombstones_since)
    };
    let staying: Vec<_> = found.iter().filter(stays).map(|record| record.raw.clone()).collect();
    if staying.len() == found.len() {
        return Ok(Kept::All);
    }
    if staying.is_empty() {
        return Ok(Kept::None);
    }
    let origin = Origin {
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
    };
    let (offset, epoch, last) = (header.base_offset, header.leader_epoch, header.last_offset_delta);
    let rebuilt = batch::build(offset, epoch, header.attributes, last, origin, &staying).freeze();
    Ok(Kept::Some(BatchHeader::parse(&rebuilt).map_err(io::Error::other)?, rebuilt))
}
