//! How large a record is, as the Java producer reckons before it sends: an upper bound of the record alone in a batch of
//! its own, without compression. It decides what is too large, so it has to be Java's figure to the byte.

use crate::record::{Header, ProducerRecord};

/// The header of a record batch (message format 2).
const BATCH_OVERHEAD: usize = 61;
/// Attributes, length, timestamp and offset of a record, at their longest.
const RECORD_OVERHEAD: usize = 21;
/// A null, as a length of -1.
const NULL: usize = 1;

/// The size of `record`.
pub(super) fn serialized_size(record: &ProducerRecord) -> usize {
    let headers: usize = record.headers.iter().map(header).sum();
    BATCH_OVERHEAD
        + RECORD_OVERHEAD
        + nullable(record.key.as_deref())
        + nullable(record.value.as_deref())
        + varint(record.headers.len())
        + headers
}

fn header((key, value): &Header) -> usize {
    varint(key.len()) + key.len() + nullable(value.as_deref())
}

fn nullable(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(NULL, |bytes| varint(bytes.len()) + bytes.len())
}

/// The size of a number in Kafka's zigzag encoding.
fn varint(number: usize) -> usize {
    let zigzag = (number as u64) << 1;
    let bits = 64 - zigzag.leading_zeros() as usize;
    bits.div_ceil(7).max(1)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[track_caller]
    fn check(key: Option<usize>, value: Option<usize>, headers: &[(&str, Option<usize>)], size: usize) {
        let bytes = |len: usize| Bytes::from(vec![0; len]);
        let record = ProducerRecord {
            topic: "t".into(),
            partition: None,
            key: key.map(bytes).map(Into::into),
            value: value.map(bytes).map(Into::into),
            timestamp: None,
            headers: headers.iter().map(|(key, value)| ((*key).into(), value.map(bytes))).collect(),
        };
        assert_eq!(serialized_size(&record), size);
    }

    #[test]
    fn sizes_are_those_of_the_java_producer() {
        check(None, None, &[], 85);
        check(None, Some(0), &[], 85);
        // A value of 1 MiB, which Java refuses with "The message is 1048664 bytes when serialized …".
        check(None, Some(1_048_576), &[], 1_048_664);
        check(Some(3), Some(63), &[], 85 + 3 + 63);
        check(Some(3), Some(64), &[], 86 + 3 + 64);
        check(None, Some(8191), &[], 86 + 8191);
        check(None, Some(8192), &[], 87 + 8192);
        check(None, None, &[("a", None), ("bc", Some(5))], 85 + (1 + 1 + 1) + (1 + 2 + 1 + 5));
    }
}
