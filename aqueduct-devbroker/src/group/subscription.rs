//! What a consumer's metadata says: the topics that it subscribes to.
//!
//! Metadata belongs to the members alone, and the coordinator hands it around unread. Only to protect the offsets of a topic
//! that is being read (OffsetDelete), it looks into those of the consumer protocol.

use bytes::{Buf, Bytes};
use kafka_protocol::messages::ConsumerProtocolSubscription;
use kafka_protocol::protocol::{Decodable, StrBytes};

/// The protocol type of consumers.
pub(super) const CONSUMER: &str = "consumer";

/// The newest form of a subscription that is known; a newer one begins in the same way.
const NEWEST: i16 = 3;

/// The topics of a subscription; none when it cannot be read.
pub(super) fn topics(mut metadata: Bytes) -> Option<Vec<StrBytes>> {
    let version = metadata.try_get_i16().ok().filter(|&version| version >= 0)?;
    // Later versions append fields; what matters here is the first.
    let read = |version| ConsumerProtocolSubscription::decode(&mut metadata.clone(), version).ok();
    let subscription = read(version.min(NEWEST))?;
    Some(subscription.topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_from_every_version() {
        // One topic "t", no user data; from version 1 on no owned partitions, then a generation and no rack.
        let base = [0, 0, 0, 1, 0, 1, b't', 255, 255, 255, 255];
        let later: [&[u8]; 4] = [&[], &[0, 0, 0, 0], &[255, 255, 255, 255], &[255, 255]];
        for version in 0..4_usize {
            let mut metadata = vec![0, version as u8];
            metadata.extend(base);
            later[..=version].iter().for_each(|more| metadata.extend(*more));
            assert_eq!(topics(metadata.into()).unwrap(), [StrBytes::from("t")], "version {version}");
        }
    }

    #[test]
    fn other_bytes_are_no_subscription() {
        for bytes in [&b""[..], b"\0", b"\0\0\0\0\0\x05", b"\xff\xff\0\0\0\0"] {
            assert_eq!(topics(Bytes::from_static(bytes)), None, "{bytes:?}");
        }
    }
}
