//! The offset store of the distributed mode: a compacted topic (`KafkaOffsetBackingStore`).
//!
//! Every worker reads all of it, and looks at its end before it answers: the last offset of a task that ran elsewhere until a
//! moment ago must not be missed.

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConnectError};
use aqueduct_data::{Bytes, ValueMap};
use aqueduct_kafka::KafkaError;
use parking_lot::Mutex;

use crate::kafka_error::connect_error;
use crate::offset_keys::OffsetMap;
use crate::offset_store::{OffsetEntries, OffsetStore};
use crate::store_settings::{StoreSettings, TopicSettings};
use crate::topic_log::kafka::KafkaTopicLog;
use crate::topic_log::memory::MemoryTopic;
use crate::topic_log::{LogReader, LogRecord, TopicLog};

/// Keeps offsets on a Kafka topic. Clones are the same store.
#[derive(Clone)]
pub struct KafkaOffsetStore(Arc<Inner>);

struct Inner {
    log: Arc<dyn TopicLog>,
    map: Arc<Mutex<OffsetMap>>,
}

impl KafkaOffsetStore {
    /// Opens the store: creates its topic if there is none, and reads everything that is in it.
    ///
    /// # Errors
    /// When the topic cannot be used, or the broker refuses us.
    pub async fn start(settings: &StoreSettings) -> Result<Self, ConnectError> {
        Self::open(&settings.offsets).await
    }

    /// Opens the store on this topic.
    ///
    /// # Errors
    /// As [`KafkaOffsetStore::start`].
    pub async fn open(topic: &TopicSettings) -> Result<Self, ConnectError> {
        let (map, reader) = reading();
        let log = KafkaTopicLog::open(topic, reader).await?;
        Ok(Self(Arc::new(Inner { log, map })))
    }

    /// Opens the store on this topic to read it; others write, in transactions of their own.
    ///
    /// # Errors
    /// As [`KafkaOffsetStore::start`].
    pub async fn open_to_read(topic: &TopicSettings) -> Result<Self, ConnectError> {
        let (map, reader) = reading();
        let log = KafkaTopicLog::open_to_read(topic, reader).await?;
        Ok(Self(Arc::new(Inner { log, map })))
    }

    /// A store on a topic in memory, for tests.
    pub fn in_memory(topic: &MemoryTopic) -> Self {
        let (map, reader) = reading();
        Self(Arc::new(Inner { log: topic.open(reader), map }))
    }

    /// Waits a while for offsets under way, then ends reading and writing.
    pub async fn stop(&self) {
        self.0.log.stop().await;
    }

    async fn read_to_end(&self) -> Result<(), ConnectError> {
        self.0.log.read_to_end().await.map_err(|error: KafkaError| {
            ConnectError::connect("Failed to read from the offsets topic").caused_by(connect_error(&error))
        })
    }
}

/// A map, and the reader that keeps it.
fn reading() -> (Arc<Mutex<OffsetMap>>, LogReader) {
    let map = Arc::new(Mutex::new(OffsetMap::default()));
    let kept = Arc::clone(&map);
    let reader = Box::new(move |record: LogRecord, _live: bool| {
        // Copied: they stay for long, and what was read with them shall not stay on their account.
        let own = |bytes: Option<Bytes>| bytes.map(|bytes| Bytes::copy_from_slice(&bytes));
        let key = own(record.key);
        if !kept.lock().insert(key.clone(), own(record.value)) {
            let text = key.as_deref().map_or("null".into(), String::from_utf8_lossy);
            tracing::warn!("Ignoring the offset key {text}: it is not of the form [\"connector\",{{…}}]");
        }
    });
    (map, reader)
}

impl OffsetStore for KafkaOffsetStore {
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>> {
        Box::pin(async move {
            self.read_to_end().await?;
            let map = self.0.map.lock();
            Ok(keys.iter().map(|key| map.get(key)).collect())
        })
    }

    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>> {
        let entries = self.under_kept_keys(entries);
        // Sent at once, so that a later call cannot overtake this one.
        let sent: Vec<_> = entries.into_iter().map(|(key, value)| self.0.log.send(key, value)).collect();
        Box::pin(async move {
            for record in sent {
                record.await.map_err(|error| {
                    ConnectError::connect("Failed to write to the offsets topic").caused_by(connect_error(&error))
                })?;
            }
            Ok(())
        })
    }

    fn under_kept_keys(&self, entries: OffsetEntries) -> OffsetEntries {
        // The bytes that were there first are kept, since the topic is compacted by them.
        let map = self.0.map.lock();
        entries.into_iter().map(|(key, value)| (map.key_of(key), value)).collect()
    }

    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>> {
        let connector = connector.to_owned();
        Box::pin(async move {
            self.read_to_end().await?;
            Ok(self.0.map.lock().partitions(&connector))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aqueduct_api::OffsetReader;
    use aqueduct_kafka::ErrorKind;

    use super::*;
    use crate::{OffsetWriter, StoredOffsets};

    fn map(pairs: &[(&str, &str)]) -> ValueMap {
        pairs.iter().copied().collect()
    }

    async fn write(
        store: &KafkaOffsetStore,
        partition: &ValueMap,
        offset: Option<ValueMap>,
    ) -> Result<(), ConnectError> {
        let mut writer = OffsetWriter::new("first", Arc::new(store.clone()));
        writer.put(Arc::new(partition.clone()), offset);
        writer.flush(Duration::from_secs(5)).await.map(|_| ())
    }

    fn last(topic: &MemoryTopic) -> (Bytes, Option<Bytes>) {
        let record = topic.records().pop().unwrap();
        (record.key.unwrap(), record.value)
    }

    #[tokio::test]
    async fn records_are_those_of_a_java_worker() {
        let topic = MemoryTopic::new();
        let store = KafkaOffsetStore::in_memory(&topic);
        let partition = map(&[("filename", "in.txt")]);
        write(&store, &partition, Some(ValueMap::from_iter([("position", 2_i64)]))).await.unwrap();
        let key = Bytes::from_static(br#"["first",{"filename":"in.txt"}]"#);
        assert_eq!(last(&topic), (key.clone(), Some(Bytes::from_static(br#"{"position":2}"#))));
        write(&store, &partition, None).await.unwrap();
        assert_eq!(last(&topic), (key, None));
    }

    #[tokio::test]
    async fn another_worker_reads_what_one_wrote() {
        let topic = MemoryTopic::new();
        let (one, other) = (KafkaOffsetStore::in_memory(&topic), KafkaOffsetStore::in_memory(&topic));
        let partition = map(&[("filename", "in.txt")]);
        let offset = ValueMap::from_iter([("position", 2_i64)]);
        write(&one, &partition, Some(offset.clone())).await.unwrap();
        let reader = StoredOffsets::new("first", Arc::new(other.clone()));
        assert_eq!(reader.offsets(vec![partition.clone()]).await.unwrap(), [Some(offset.clone())]);
        assert_eq!(reader.all().await.unwrap(), [(partition.clone(), offset)]);
        write(&one, &partition, None).await.unwrap();
        assert_eq!(reader.all().await.unwrap(), []);
        assert_eq!(StoredOffsets::new("second", Arc::new(other)).all().await.unwrap(), []);
    }

    #[tokio::test]
    async fn bytes_that_were_there_first_stay() {
        let topic = MemoryTopic::new();
        let java: &[u8] = br#"["first",{"b":"2","a":"1"}]"#;
        topic.append(Bytes::from_static(java), Some(&br#"{"x":"1"}"#[..]));
        let store = KafkaOffsetStore::in_memory(&topic);
        write(&store, &map(&[("a", "1"), ("b", "2")]), Some(map(&[("x", "2")]))).await.unwrap();
        assert_eq!(last(&topic).0, java);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_waits_for_the_end_of_the_topic() {
        let topic = MemoryTopic::new();
        let store = KafkaOffsetStore::in_memory(&topic);
        topic.hold();
        topic.append(&br#"["first",{"a":"1"}]"#[..], Some(&br#"{"x":"1"}"#[..]));
        let reader = StoredOffsets::new("first", Arc::new(store));
        assert!(tokio::time::timeout(Duration::from_secs(5), reader.all()).await.is_err());
        topic.release();
        assert_eq!(reader.all().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_failed_write_is_told() {
        let topic = MemoryTopic::new();
        let store = KafkaOffsetStore::in_memory(&topic);
        topic.fail_sends(1, &KafkaError::new(ErrorKind::Authorization, "Not authorized to access topics: [o]"));
        let error = write(&store, &map(&[("a", "1")]), Some(map(&[("x", "1")]))).await.unwrap_err();
        assert_eq!(error.message(), Some("Failed to write to the offsets topic"));
        assert_eq!(error.cause().unwrap().message(), Some("Not authorized to access topics: [o]"));
    }
}
