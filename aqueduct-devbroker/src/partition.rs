//! A partition: its log, the producers that write to it, and who waits for new records.
//!
//! Batches enter from produce requests and from the transaction coordinator, batches leave to fetch requests. One lock
//! guards log and producers; whoever waits for records watches a counter that every change moves.

use std::collections::VecDeque;
use std::io;

use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use crate::producers::{Aborted, Producers, Verdict};
use crate::storage::batch::{self, BatchHeader};
use crate::storage::log::Log;
use crate::storage::records::records;
use crate::topic_config::TopicConfig;

/// The leader epoch of all partitions: there is only one leader, ever.
pub(crate) const LEADER_EPOCH: i32 = 0;

/// One partition of a topic.
#[derive(Debug)]
pub(crate) struct Partition {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

/// What the partition's lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) log: Log,
    pub(crate) producers: Producers,
}

/// Where a produced batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    /// With LogAppendTime, else -1.
    pub(crate) append_time: i64,
    pub(crate) start_offset: i64,
}

/// Why a produced batch is refused: the protocol's error, and what a person may want to know.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: ResponseError,
    pub(crate) message: String,
}

/// Offsets that a reader has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) start: i64,
    /// The first offset of an open transaction, or the end.
    pub(crate) stable: i64,
    pub(crate) end: i64,
}

// === impl Partition ===

impl Partition {
    /// The partition of this log; reads through the batches' headers for the producers' state.
    pub(crate) fn open(log: Log) -> io::Result<Partition> {
        let mut producers = Producers::default();
        for segment in log.segments() {
            for (index, entry) in segment.entries().iter().enumerate() {
                let commit = match entry.header.is_control() {
                    true => commits(&entry.header, &segment.read(index)?),
                    false => None,
                };
                producers.appended(&entry.header, commit);
            }
        }
        Ok(Partition { state: Mutex::new(State { log, producers }), changed: watch::Sender::new(0) })
    }

    /// Appends what a client sent: all batches or none. A new segment begins when the last one would grow over
    /// `segment_bytes`.
    pub(crate) fn produce(
        &self,
        sent: &Bytes,
        config: &TopicConfig,
        segment_bytes: u64,
        now: i64,
    ) -> Result<Appended, Refused> {
        let batches = split(sent, config)?;
        let mut state = self.state.lock();
        let start_offset = state.log.start_offset();
        let mut fresh = VecDeque::new();
        let mut known = None;
        for (header, bytes) in batches {
            match if header.has_producer() { state.producers.check(&header) } else { Verdict::Append } {
                Verdict::Append => fresh.push_back((header, bytes)),
                Verdict::Duplicate { base_offset, timestamp } => {
                    let append_time = if config.log_append_time { timestamp } else { -1 };
                    known.get_or_insert(Appended { base_offset, append_time, start_offset });
                }
                Verdict::OutOfOrder => {
                    let (id, sequence) = (header.producer_id, header.base_sequence);
                    let message =
                        format!("Out of order sequence number for producer {id}: {sequence} (incoming seq. number)");
                    return refuse(ResponseError::OutOfOrderSequenceNumber, message);
                }
                Verdict::Fenced => {
                    let message =
                        format!("Epoch of producer {} is smaller than the last seen epoch", header.producer_id);
                    return refuse(ResponseError::InvalidProducerEpoch, message);
                }
            }
        }
        let base_offset = state.log.next_offset();
        let append_time = if config.log_append_time { now } else { -1 };
        if fresh.is_empty() {
            let nothing = Appended { base_offset, append_time, start_offset };
            return Ok(known.unwrap_or(nothing));
        }
        for (_, bytes) in fresh {
            let mut bytes = BytesMut::from(bytes);
            if config.log_append_time {
                batch::stamp(&mut bytes, now);
            }
            state.append(bytes, segment_bytes, None).map_err(storage)?;
        }
        drop(state);
        self.wake();
        Ok(Appended { base_offset, append_time, start_offset })
    }

    /// Writes the marker that ends the producer's transaction here, and tells its offset.
    pub(crate) fn append_marker(
        &self,
        producer_id: i64,
        producer_epoch: i16,
        commit: bool,
        coordinator_epoch: i32,
        now: i64,
    ) -> io::Result<i64> {
        let marker = batch::marker(producer_id, producer_epoch, commit, coordinator_epoch, now);
        let mut state = self.state.lock();
        let offset = state.append(marker, u64::MAX, Some(commit))?;
        drop(state);
        self.wake();
        Ok(offset)
    }

    /// Whole batches from `offset` on, and the aborted transactions among them when only committed records are wanted.
    pub(crate) fn read(
        &self,
        offset: i64,
        committed_only: bool,
        max_bytes: usize,
        at_least_one: bool,
    ) -> io::Result<(Bounds, Bytes, Vec<Aborted>)> {
        let state = self.state.lock();
        let bounds = state.bounds();
        let limit = if committed_only { bounds.stable } else { bounds.end };
        let records = state.log.read(offset, limit, max_bytes, at_least_one)?;
        let aborted =
            if committed_only && !records.is_empty() { state.producers.aborted_in(offset, limit) } else { Vec::new() };
        Ok((bounds, records, aborted))
    }

    /// Moves the start of the log, for DeleteRecords.
    pub(crate) fn delete_before(&self, offset: i64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.log.advance_start(offset)?;
        let start = state.log.start_offset();
        state.producers.forget_before(start);
        drop(state);
        self.wake();
        Ok(())
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.state.lock().bounds()
    }

    /// Changes whenever records come, go or become readable.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Changes log and producers under the lock.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        change(&mut self.state.lock())
    }

    /// The log and the producers, for as long as the guard lives.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Tells waiting readers that something changed.
    pub(crate) fn wake(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

// === impl State ===

impl State {
    fn append(&mut self, mut batch: BytesMut, segment_bytes: u64, commit: Option<bool>) -> io::Result<i64> {
        let offset = self.log.next_offset();
        batch::assign(&mut batch, offset, LEADER_EPOCH);
        let header = BatchHeader::parse(&batch).map_err(io::Error::other)?;
        self.log.append(header, batch.freeze(), segment_bytes)?;
        self.producers.appended(&header, commit);
        Ok(offset)
    }

    fn bounds(&self) -> Bounds {
        let end = self.log.next_offset();
        let stable = self.producers.first_open_offset().unwrap_or(end);
        Bounds { start: self.log.start_offset(), stable, end }
    }
}

/// The batches in what a client sent, each checked for itself.
fn split(sent: &Bytes, config: &TopicConfig) -> Result<Vec<(BatchHeader, Bytes)>, Refused> {
    let mut rest = sent.clone();
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let header = match BatchHeader::parse(&rest) {
            Ok(header) => header,
            Err(batch::BatchError::Magic(magic)) => {
                let message = format!("Record batches of magic {magic} are not supported");
                return refuse(ResponseError::UnsupportedForMessageFormat, message);
            }
            Err(error) => return refuse(ResponseError::CorruptMessage, error.to_string()),
        };
        if header.size as u64 > config.max_message_bytes {
            let message = format!(
                "The record batch size in the append is {} bytes which exceeds the maximum configured value of {}.",
                header.size, config.max_message_bytes
            );
            return refuse(ResponseError::MessageTooLarge, message);
        }
        if header.is_control() || header.record_count == 0 || header.record_count != header.last_offset_delta + 1 {
            return refuse(
                ResponseError::InvalidRecord,
                "the batch's records cannot be accepted from a client".to_owned(),
            );
        }
        if config.compact && !all_have_keys(&header, &rest) {
            let message = "Compacted topic cannot accept message without key".to_owned();
            return refuse(ResponseError::InvalidRecord, message);
        }
        batches.push((header, rest.split_to(header.size)));
    }
    if batches.len() > 1 && batches.iter().any(|(header, _)| header.has_producer()) {
        return refuse(ResponseError::InvalidRecord, "more than one batch of an idempotent producer".to_owned());
    }
    Ok(batches)
}

/// What compaction needs. Records that cannot be read have no keys.
fn all_have_keys(header: &BatchHeader, bytes: &Bytes) -> bool {
    records(header, bytes).is_ok_and(|records| records.iter().all(|record| record.key.is_some()))
}

/// Whether a control batch is a commit; none when it is not a transaction's marker.
fn commits(header: &BatchHeader, bytes: &Bytes) -> Option<bool> {
    let found = records(header, bytes).ok()?;
    let key = found.first()?.key.clone()?;
    match key.get(2..4)? {
        [0, 0] => Some(false),
        [0, 1] => Some(true),
        _ => None,
    }
}

fn refuse<T>(error: ResponseError, message: String) -> Result<T, Refused> {
    Err(Refused { error, message })
}

fn storage(error: io::Error) -> Refused {
    Refused { error: ResponseError::KafkaStorageError, message: error.to_string() }
}
