//! The records of the three internal topics as bytes: offset syncs, checkpoints and heartbeats.
//!
//! Numbers are big endian, a text is its length in two bytes and then UTF-8. Java writes and reads the same bytes.

use bytes::{Buf, BufMut, Bytes};

/// The version that checkpoints and heartbeats begin with.
const VERSION: i16 = 0;

/// Bytes that are no record of this kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(&'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Error reading field '{}'", self.0)
    }
}

/// Two offsets that stand for the same record: that of the source and that of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OffsetSync {
    /// The topic on the source.
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) upstream: i64,
    pub(crate) downstream: i64,
}

impl OffsetSync {
    pub(crate) fn key(&self) -> Bytes {
        let mut out = Vec::with_capacity(6 + self.topic.len());
        put_text(&mut out, &self.topic);
        out.put_i32(self.partition);
        out.into()
    }

    pub(crate) fn value(&self) -> Bytes {
        let mut out = Vec::with_capacity(16);
        out.put_i64(self.upstream);
        out.put_i64(self.downstream);
        out.into()
    }

    pub(crate) fn read(mut key: &[u8], mut value: &[u8]) -> Result<Self, Malformed> {
        Ok(Self {
            topic: text(&mut key, "topic")?,
            partition: key.try_get_i32().map_err(|_| Malformed("partition"))?,
            upstream: value.try_get_i64().map_err(|_| Malformed("upstreamOffset"))?,
            downstream: value.try_get_i64().map_err(|_| Malformed("offset"))?,
        })
    }
}

/// Where a consumer group stands in a partition, on both clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) group: String,
    /// The topic on the target.
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) upstream: i64,
    pub(crate) downstream: i64,
    /// What the group had stored with its offset.
    pub(crate) metadata: String,
}

impl Checkpoint {
    pub(crate) fn key(&self) -> Bytes {
        let mut out = Vec::with_capacity(8 + self.group.len() + self.topic.len());
        put_text(&mut out, &self.group);
        put_text(&mut out, &self.topic);
        out.put_i32(self.partition);
        out.into()
    }

    pub(crate) fn value(&self) -> Bytes {
        let mut out = Vec::with_capacity(20 + self.metadata.len());
        out.put_i16(VERSION);
        out.put_i64(self.upstream);
        out.put_i64(self.downstream);
        put_text(&mut out, &self.metadata);
        out.into()
    }

    pub(crate) fn read(mut key: &[u8], mut value: &[u8]) -> Result<Self, Malformed> {
        // Java looks at the version only with assertions on.
        value.try_get_i16().map_err(|_| Malformed("version"))?;
        Ok(Self {
            upstream: value.try_get_i64().map_err(|_| Malformed("upstreamOffset"))?,
            downstream: value.try_get_i64().map_err(|_| Malformed("offset"))?,
            metadata: text(&mut value, "metadata")?,
            group: text(&mut key, "group")?,
            topic: text(&mut key, "topic")?,
            partition: key.try_get_i32().map_err(|_| Malformed("partition"))?,
        })
    }
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heartbeat<'a> {
    pub(crate) source_alias: &'a str,
    pub(crate) target_alias: &'a str,
    /// Milliseconds since the epoch.
    pub(crate) timestamp: i64,
}

impl Heartbeat<'_> {
    pub(crate) fn key(&self) -> Bytes {
        let mut out = Vec::new();
        put_text(&mut out, self.source_alias);
        put_text(&mut out, self.target_alias);
        out.into()
    }

    pub(crate) fn value(&self) -> Bytes {
        let mut out = Vec::with_capacity(10);
        out.put_i16(VERSION);
        out.put_i64(self.timestamp);
        out.into()
    }
}

/// Topics, groups and aliases are far from the limit of a text; one beyond it is cut off at a whole character.
fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut length = text.len().min(i16::MAX as usize);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    out.put_i16(i16::try_from(length).unwrap_or(i16::MAX));
    out.extend_from_slice(&text.as_bytes()[..length]);
}

fn text(from: &mut &[u8], field: &'static str) -> Result<String, Malformed> {
    let malformed = || Malformed(field);
    let length = usize::try_from(from.try_get_i16().map_err(|_| malformed())?).map_err(|_| malformed())?;
    let (text, rest) = from.split_at_checked(length).ok_or_else(malformed)?;
    *from = rest;
    Ok(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_sync_has_javas_bytes() {
        let sync = OffsetSync { topic: "tö".into(), partition: 258, upstream: 5, downstream: -1 };
        assert_eq!(sync.key()[..], [0, 3, b't', 0xC3, 0xB6, 0, 0, 1, 2]);
        assert_eq!(sync.value()[..], [0, 0, 0, 0, 0, 0, 0, 5, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(OffsetSync::read(&sync.key(), &sync.value()), Ok(sync));
    }

    #[test]
    fn a_checkpoint_has_javas_bytes() {
        let checkpoint = Checkpoint {
            group: "g".into(),
            topic: "A.t".into(),
            partition: 1,
            upstream: 300,
            downstream: 2,
            metadata: "m".into(),
        };
        assert_eq!(checkpoint.key()[..], [0, 1, b'g', 0, 3, b'A', b'.', b't', 0, 0, 0, 1]);
        let value = [0, 0, 0, 0, 0, 0, 0, 0, 1, 44, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, b'm'];
        assert_eq!(checkpoint.value()[..], value);
        assert_eq!(Checkpoint::read(&checkpoint.key(), &checkpoint.value()), Ok(checkpoint));
    }

    #[test]
    fn a_heartbeat_has_javas_bytes() {
        let heartbeat = Heartbeat { source_alias: "A", target_alias: "B", timestamp: 1 << 40 };
        assert_eq!(heartbeat.key()[..], [0, 1, b'A', 0, 1, b'B']);
        assert_eq!(heartbeat.value()[..], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_cut_short_is_malformed_and_names_the_field() {
        let sync = OffsetSync { topic: "t".into(), partition: 0, upstream: 1, downstream: 2 };
        let (key, value) = (sync.key(), sync.value());
        let read = |key: &[u8], value: &[u8]| OffsetSync::read(key, value).unwrap_err().to_string();
        assert_eq!(read(&key[..2], &value), "Error reading field 'topic'");
        assert_eq!(read(&[255, 255], &value), "Error reading field 'topic'");
        assert_eq!(read(&key[..4], &value), "Error reading field 'partition'");
        assert_eq!(read(&key, &value[..15]), "Error reading field 'offset'");
        assert_eq!(Checkpoint::read(&[], &[0]), Err(Malformed("version")));
        assert_eq!(Checkpoint::read(&[], &[0; 20]), Err(Malformed("group")));
    }
}
