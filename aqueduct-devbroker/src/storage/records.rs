//! The records inside of a batch: offsets, time stamps and keys, for compaction and for looking up a time.
//!
//! A batch's bytes enter, records leave as slices of them (of the unpacked bytes where the batch is compressed). Broken
//! bytes give an error, never a panic.

use bytes::{Buf, Bytes};
use kafka_protocol::compression::{Decompressor, Gzip, Lz4, Snappy, Zstd};

use super::batch::{BatchHeader, HEADER, RawRecord};

/// A record, and where its key and value are.
#[derive(Debug, Clone)]
pub(crate) struct RecordView {
    pub(crate) raw: RawRecord,
    pub(crate) key: Option<Bytes>,
    pub(crate) value: Option<Bytes>,
}

/// Why a batch's records cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the records of the batch cannot be read")]
pub(crate) struct RecordsError;

/// The records of one whole batch.
pub(crate) fn records(header: &BatchHeader, batch: &Bytes) -> Result<Vec<RecordView>, RecordsError> {
    let mut body = unpack(header, batch.slice(HEADER..header.size))?;
    let mut found = Vec::new();
    for _ in 0..header.record_count {
        found.push(record(header, &mut body)?);
    }
    Ok(found)
}

fn unpack(header: &BatchHeader, mut packed: Bytes) -> Result<Bytes, RecordsError> {
    let whole = |buf: &mut Bytes| Ok(buf.split_to(buf.len()));
    match header.compression() {
        0 => return Ok(packed),
        1 => Gzip::decompress(&mut packed, whole),
        2 => Snappy::decompress(&mut packed, whole),
        3 => Lz4::decompress(&mut packed, whole),
        4 => Zstd::decompress(&mut packed, whole),
        _ => return Err(RecordsError),
    }
    .map_err(|_| RecordsError)
}

fn record(header: &BatchHeader, body: &mut Bytes) -> Result<RecordView, RecordsError> {
    let length = length(body)?.ok_or(RecordsError)?;
    let mut record = body.split_to(length);
    if record.is_empty() {
        return Err(RecordsError);
    }
    record.advance(1);
    let timestamp_delta = varint(&mut record)?;
    let offset_delta = i32::try_from(varint(&mut record)?).map_err(|_| RecordsError)?;
    let timestamp = if header.is_log_append_time() {
        header.max_timestamp
    } else {
        header.base_timestamp.saturating_add(timestamp_delta)
    };
    let raw = RawRecord { offset_delta, timestamp, body: record.clone() };
    let key = part(&mut record)?;
    let value = part(&mut record)?;
    Ok(RecordView { raw, key, value })
}

fn part(from: &mut Bytes) -> Result<Option<Bytes>, RecordsError> {
    Ok(length(from)?.map(|length| from.split_to(length)))
}

/// A length that `from` can give: none for a negative one.
fn length(from: &mut Bytes) -> Result<Option<usize>, RecordsError> {
    match usize::try_from(varint(from)?) {
        Ok(length) if length <= from.len() => Ok(Some(length)),
        Ok(_) => Err(RecordsError),
        Err(_) => Ok(None),
    }
}

fn varint(from: &mut Bytes) -> Result<i64, RecordsError> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = from.try_get_u8().map_err(|_| RecordsError)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(RecordsError)
}
