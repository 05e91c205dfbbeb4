//! Record batches (magic 2): the header's fields, the check of what a client sends, and the making of small batches.
//!
//! Bytes enter from produce requests and from segment files, and leave unchanged but for the base offset, the leader
//! epoch and, with LogAppendTime, the time stamp: none of the first two is covered by the checksum.

use bytes::{BufMut, Bytes, BytesMut};

/// The bytes before the part that the length field counts: base offset and the length itself.
pub(crate) const PREFIX: usize = 12;
/// The bytes of a batch before its records.
pub(crate) const HEADER: usize = 61;
/// Where the part that the checksum covers begins.
const CHECKED_FROM: usize = 21;

const COMPRESSION_MASK: i16 = 0x07;
const LOG_APPEND_TIME: i16 = 0x08;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;

/// The fields of a batch's header that the broker acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub(crate) base_offset: i64,
    /// Bytes of the whole batch, with base offset and length.
    pub(crate) size: usize,
    pub(crate) leader_epoch: i32,
    pub(crate) attributes: i16,
    pub(crate) last_offset_delta: i32,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) record_count: i32,
}

/// Why bytes are not a record batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("the record batch is cut off")]
    CutOff,
    #[error("record batches of magic {0} are not supported")]
    Magic(i8),
    #[error("the record batch's checksum does not match")]
    Checksum,
    #[error("the record batch's counts contradict each other")]
    Counts,
}

// === impl BatchHeader ===

impl BatchHeader {
    /// Reads the header at the start of `bytes`, and checks that the whole batch is there and that its checksum holds.
    pub(crate) fn parse(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
        if bytes.len() < HEADER {
            return Err(BatchError::CutOff);
        }
        let magic = bytes[16] as i8;
        if magic != 2 {
            return Err(BatchError::Magic(magic));
        }
        let length = i32_at(bytes, 8);
        let size = usize::try_from(length).map_err(|_| BatchError::CutOff)?.saturating_add(PREFIX);
        if size < HEADER || bytes.len() < size {
            return Err(BatchError::CutOff);
        }
        if crc32c::crc32c(&bytes[CHECKED_FROM..size]) != i32_at(bytes, 17) as u32 {
            return Err(BatchError::Checksum);
        }
        let header = BatchHeader {
            base_offset: i64_at(bytes, 0),
            size,
            leader_epoch: i32_at(bytes, 12),
            attributes: i16_at(bytes, 21),
            last_offset_delta: i32_at(bytes, 23),
            base_timestamp: i64_at(bytes, 27),
            max_timestamp: i64_at(bytes, 35),
            producer_id: i64_at(bytes, 43),
            producer_epoch: i16_at(bytes, 51),
            base_sequence: i32_at(bytes, 53),
            record_count: i32_at(bytes, 57),
        };
        if header.last_offset_delta < 0 || header.record_count < 0 {
            return Err(BatchError::Counts);
        }
        Ok(header)
    }

    /// The offset of the batch's last record.
    pub(crate) fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// The sequence number of the batch's last record; sequence numbers begin again with 0 after 2³¹-1.
    pub(crate) fn last_sequence(&self) -> i32 {
        increment_sequence(self.base_sequence, self.last_offset_delta)
    }

    pub(crate) fn has_producer(&self) -> bool {
        self.producer_id >= 0
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    pub(crate) fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    pub(crate) fn compression(&self) -> i16 {
        self.attributes & COMPRESSION_MASK
    }

    pub(crate) fn is_log_append_time(&self) -> bool {
        self.attributes & LOG_APPEND_TIME != 0
    }
}

/// `sequence` moved on by `by`, as producers count.
pub(crate) fn increment_sequence(sequence: i32, by: i32) -> i32 {
    ((i64::from(sequence) + i64::from(by)) % (i64::from(i32::MAX) + 1)) as i32
}

/// The producer id and epoch of the batch at the start of `bytes`, when it is part of a transaction. The rest of the batch
/// is not looked at.
pub(crate) fn transaction_of(bytes: &[u8]) -> Option<(i64, i16)> {
    let header = bytes.get(..HEADER)?;
    (i16_at(header, 21) & TRANSACTIONAL != 0).then(|| (i64_at(header, 43), i16_at(header, 51)))
}

/// Writes the offset and the leader epoch into the batch at the start of `batch`.
pub(crate) fn assign(batch: &mut [u8], base_offset: i64, leader_epoch: i32) {
    batch[0..8].copy_from_slice(&base_offset.to_be_bytes());
    batch[12..16].copy_from_slice(&leader_epoch.to_be_bytes());
}

/// Marks the batch with LogAppendTime `now`, and renews the checksum.
pub(crate) fn stamp(batch: &mut [u8], now: i64) {
    let attributes = i16_at(batch, 21) | LOG_APPEND_TIME;
    batch[21..23].copy_from_slice(&attributes.to_be_bytes());
    batch[35..43].copy_from_slice(&now.to_be_bytes());
    let checksum = crc32c::crc32c(&batch[CHECKED_FROM..]);
    batch[17..21].copy_from_slice(&checksum.to_be_bytes());
}

/// Who wrote a batch: producer id, epoch and the first record's sequence number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
}

/// No producer: what the broker writes for itself.
pub(crate) const NO_ORIGIN: Origin = Origin { producer_id: -1, producer_epoch: -1, base_sequence: -1 };

/// One record of a batch to build: the offset's distance from the base offset, the time stamp, and the record from its key
/// length on, as it stands in the protocol.
#[derive(Debug, Clone)]
pub(crate) struct RawRecord {
    pub(crate) offset_delta: i32,
    pub(crate) timestamp: i64,
    pub(crate) body: Bytes,
}

/// The part of a record that follows its offset delta: key, value and no headers.
pub(crate) fn record_body(key: Option<&[u8]>, value: Option<&[u8]>) -> Bytes {
    let mut out = BytesMut::new();
    for part in [key, value] {
        put_varint(&mut out, part.map_or(-1, |part| part.len() as i64));
        out.put_slice(part.unwrap_or_default());
    }
    put_varint(&mut out, 0);
    out.freeze()
}

/// Builds an uncompressed batch. `attributes` are taken over except for the compression; `last_offset_delta` may exceed
/// the last record's (compaction leaves gaps).
pub(crate) fn build(
    base_offset: i64,
    leader_epoch: i32,
    attributes: i16,
    last_offset_delta: i32,
    origin: Origin,
    records: &[RawRecord],
) -> BytesMut {
    let base_timestamp = records.first().map_or(-1, |record| record.timestamp);
    let max_timestamp = records.iter().map(|record| record.timestamp).max().unwrap_or(-1);
    let mut out = BytesMut::with_capacity(HEADER + records.iter().map(|record| record.body.len() + 24).sum::<usize>());
    out.put_i64(base_offset);
    out.put_i32(0);
    out.put_i32(leader_epoch);
    out.put_i8(2);
    out.put_u32(0);
    out.put_i16(attributes & !COMPRESSION_MASK);
    out.put_i32(last_offset_delta);
    out.put_i64(base_timestamp);
    out.put_i64(max_timestamp);
    out.put_i64(origin.producer_id);
    out.put_i16(origin.producer_epoch);
    out.put_i32(origin.base_sequence);
    out.put_i32(records.len() as i32);
    let mut start = BytesMut::new();
    for record in records {
        start.clear();
        start.put_i8(0);
        put_varint(&mut start, record.timestamp - base_timestamp);
        put_varint(&mut start, i64::from(record.offset_delta));
        put_varint(&mut out, (start.len() + record.body.len()) as i64);
        out.put_slice(&start);
        out.put_slice(&record.body);
    }
    let length = (out.len() - PREFIX) as i32;
    out[8..12].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32c::crc32c(&out[CHECKED_FROM..]);
    out[17..21].copy_from_slice(&checksum.to_be_bytes());
    out
}

/// A control batch that ends a transaction: its key says commit or abort, its value who decided.
pub(crate) fn marker(
    producer_id: i64,
    producer_epoch: i16,
    commit: bool,
    coordinator_epoch: i32,
    now: i64,
) -> BytesMut {
    let mut key = [0; 4];
    key[2..4].copy_from_slice(&i16::from(commit).to_be_bytes());
    let mut value = [0; 6];
    value[2..6].copy_from_slice(&coordinator_epoch.to_be_bytes());
    let record = RawRecord { offset_delta: 0, timestamp: now, body: record_body(Some(&key), Some(&value)) };
    build(0, 0, TRANSACTIONAL | CONTROL, 0, Origin { producer_id, producer_epoch, base_sequence: -1 }, &[record])
}

fn put_varint(out: &mut BytesMut, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.put_u8(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.put_u8(rest as u8);
}

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    i16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    i64::from(i32_at(bytes, at)) << 32 | i64::from(i32_at(bytes, at + 4) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BytesMut {
        let record = RawRecord { offset_delta: 0, timestamp: 7, body: record_body(Some(b"k"), Some(b"v")) };
        build(5, 1, 0, 0, NO_ORIGIN, &[record])
    }

    #[test]
    fn a_built_batch_reads_back() {
        let header = BatchHeader::parse(&sample()).unwrap();
        assert_eq!((header.base_offset, header.last_offset(), header.max_timestamp), (5, 5, 7));
        assert!(!header.has_producer() && !header.is_control());
    }

    #[test]
    fn assigning_an_offset_keeps_the_checksum_valid() {
        let mut batch = sample();
        assign(&mut batch, 99, 3);
        assert_eq!(BatchHeader::parse(&batch).unwrap().base_offset, 99);
    }

    #[test]
    fn stamping_renews_the_checksum() {
        let mut batch = sample();
        stamp(&mut batch, 1000);
        let header = BatchHeader::parse(&batch).unwrap();
        assert!(header.is_log_append_time());
        assert_eq!(header.max_timestamp, 1000);
    }

    #[test]
    fn a_cut_or_changed_batch_is_refused() {
        let mut batch = sample();
        assert_eq!(BatchHeader::parse(&batch[..batch.len() - 1]), Err(BatchError::CutOff));
        let last = batch.len() - 1;
        batch[last] ^= 1;
        assert_eq!(BatchHeader::parse(&batch), Err(BatchError::Checksum));
    }

    #[test]
    fn sequences_begin_again_after_the_largest() {
        assert_eq!(increment_sequence(i32::MAX, 1), 0);
        assert_eq!(increment_sequence(3, 4), 7);
    }
}
