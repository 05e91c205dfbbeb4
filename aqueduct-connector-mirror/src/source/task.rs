//! The task that copies: records of some partitions of the source, each to the partition of the same number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Record, RecordMetadata, SourceControl, SourcePoller, SourceRecord, SourceTask,
    SourceTaskContext, StartedSource,
};
use aqueduct_data::{ByteString, Headers, Schema, SchemaAndValue, SchemaRef, Value, ValueMap};
use aqueduct_kafka::{
    ClientSettings, Consumer, ConsumerEvent, ConsumerRecord, KafkaError, StartOffset, TopicPartition,
};

use super::offset_syncs::OffsetSyncs;
use super::{assignment, now_millis};
use crate::metrics::SourceMetrics;
use crate::offsets;
use crate::policy::ReplicationPolicy;
use crate::settings::clients::Cluster;
use crate::settings::{Settings, keys};

/// How long closing waits for the source cluster.
const CLOSE: Duration = Duration::from_secs(1);
/// How long looking up where to begin may take.
const LOOK_UP: Duration = Duration::from_secs(30);

/// Copies partitions (`MirrorSourceTask`).
#[derive(Debug, Default)]
pub struct MirrorSourceTask;

impl SourceTask for MirrorSourceTask {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        Box::pin(async move {
            let settings = Settings::parse(&keys::SOURCE_TASK, config)?;
            let syncs = match settings.flag(keys::EMIT_OFFSET_SYNCS)? {
                true => Some(Arc::new(open_syncs(&settings)?)),
                false => None,
            };
            let partitions: Vec<TopicPartition> = settings
                .list(keys::TASK_PARTITIONS)
                .iter()
                .filter_map(|text| assignment::read(text))
                .map(|partition| TopicPartition::new(partition.topic, partition.partition))
                .collect();
            let starts = stored(&context, &settings.source_alias, &partitions).await?;
            tracing::info!(
                "{} replicating {} topic-partitions {}->{}; starting with {} previously uncommitted partitions.",
                settings.connector,
                partitions.len(),
                settings.source_alias,
                settings.target_alias,
                starts.values().filter(|start| start.is_none()).count()
            );
            let remote =
                |of: &TopicPartition| (settings.policy.remote_topic(&settings.source_alias, &of.topic), of.partition);
            let metrics = Arc::new(SourceMetrics::show(&settings, partitions.iter().map(remote)));
            let client = settings.consumer(Cluster::Source, "replication-consumer");
            let poller = MirrorPoller {
                context,
                reader: Reader { client, consumer: None, starts },
                poll_timeout: settings.poll_timeout()?,
                copies: Copies::new(settings.policy.clone(), &settings.source_alias),
                syncs: syncs.clone(),
                metrics: Arc::clone(&metrics),
            };
            Ok(StartedSource { poller: Box::new(poller), control: Arc::new(MirrorControl { syncs, metrics }) })
        })
    }
}

fn open_syncs(settings: &Settings) -> Result<OffsetSyncs, ConnectError> {
    let client = match settings.offset_syncs_at_source()? {
        true => settings.producer(Cluster::Source, "offset-syncs-source-producer"),
        false => settings.producer(Cluster::Target, "offset-syncs-target-producer"),
    };
    OffsetSyncs::open(client, settings.offset_syncs_topic()?, settings.long(keys::OFFSET_LAG_MAX)?)
}

/// The offsets after those that were stored; none for partitions without one.
async fn stored(
    context: &SourceTaskContext,
    alias: &str,
    partitions: &[TopicPartition],
) -> Result<Starts, ConnectError> {
    let keys = partitions.iter().map(|of| offsets::of_topic(alias, &of.topic, of.partition)).collect();
    let found = context.offset_reader().offsets(keys).await?;
    let next = |offset: Option<ValueMap>| offsets::stored(offset.as_ref()).map(|offset| offset + 1);
    Ok(partitions.iter().cloned().zip(found.into_iter().map(next)).collect())
}

/// Where to go on; none leaves it to `auto.offset.reset`.
type Starts = BTreeMap<TopicPartition, Option<i64>>;

/// A consumer of the source, made anew when it is of no use any longer.
struct Reader {
    client: ClientSettings,
    consumer: Option<Consumer>,
    starts: Starts,
}

impl Reader {
    async fn poll(&mut self, limit: Duration) -> Result<Vec<ConsumerRecord>, KafkaError> {
        if self.consumer.is_none() {
            self.consumer = Some(self.open().await?);
        }
        let Some(consumer) = &mut self.consumer else { return Ok(Vec::new()) };
        match consumer.poll(limit).await {
            Ok(ConsumerEvent::Records(records)) => {
                self.passed(&records);
                Ok(records)
            }
            Ok(_) => Ok(Vec::new()),
            Err(error) => {
                if error.is_fatal() {
                    self.consumer = None;
                }
                Err(error)
            }
        }
    }

    async fn open(&self) -> Result<Consumer, KafkaError> {
        let mut consumer = Consumer::create(&self.client)?;
        let reset = self.client.get("auto.offset.reset").unwrap_or_default();
        // With a group there may be committed offsets, and without a policy an error is due; otherwise the client finds out by
        // itself where a partition begins or ends.
        let ask = consumer.group_id().is_some() || reset == "none";
        let unknown: Vec<TopicPartition> = self
            .starts
            .iter()
            .filter(|(_, start)| ask && start.is_none())
            .map(|(partition, _)| partition.clone())
            .collect();
        let found = consumer.positions(&unknown, LOOK_UP).await?;
        let otherwise = if reset == "latest" { StartOffset::End } else { StartOffset::Beginning };
        let start = |partition: &TopicPartition, start: Option<i64>| {
            start.or_else(|| found.get(partition).copied()).map_or(otherwise, StartOffset::At)
        };
        let starts = self.starts.iter().map(|(partition, at)| (partition.clone(), start(partition, *at))).collect();
        consumer.assign(&starts)?;
        Ok(consumer)
    }

    /// Remembers how far records go, in case another consumer has to go on.
    fn passed(&mut self, records: &[ConsumerRecord]) {
        for last in runs(records).filter_map(<[ConsumerRecord]>::last) {
            let partition = TopicPartition::new(last.topic.clone(), last.partition);
            self.starts.insert(partition, Some(last.offset + 1));
        }
    }
}

/// Neighbours of one partition.
fn runs(records: &[ConsumerRecord]) -> impl Iterator<Item = &[ConsumerRecord]> {
    records.chunk_by(|a, b| a.partition == b.partition && a.topic == b.topic)
}

struct MirrorPoller {
    context: SourceTaskContext,
    reader: Reader,
    poll_timeout: Duration,
    copies: Copies,
    syncs: Option<Arc<OffsetSyncs>>,
    metrics: Arc<SourceMetrics>,
}

impl SourcePoller for MirrorPoller {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            match self.reader.poll(self.poll_timeout).await {
                Ok(records) if records.is_empty() => Ok(None),
                Ok(records) => {
                    self.measure(&records);
                    Ok(Some(records.into_iter().map(|record| self.copies.of(record)).collect()))
                }
                Err(error) => {
                    tracing::warn!("Failure during poll: {}: {error}", error.java_class());
                    self.context.sleep(self.poll_timeout.max(Duration::from_millis(100))).await;
                    Ok(None)
                }
            }
        })
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            if let Some(consumer) = self.reader.consumer.take() {
                consumer.close(CLOSE).await;
            }
            self.metrics.end();
            if let Some(syncs) = &self.syncs {
                syncs.close().await;
            }
            Ok(())
        })
    }
}

impl MirrorPoller {
    fn measure(&mut self, records: &[ConsumerRecord]) {
        if !self.metrics.is_shown() {
            return;
        }
        let now = now_millis();
        for run in runs(records) {
            let topic = self.copies.partition(&run[0].topic, run[0].partition).topic;
            let bytes = run.iter().map(|record| record.value.as_ref().map_or(0, |value| value.len() as u64)).sum();
            let ages = run.iter().map(|record| record.timestamp).filter(|timestamp| *timestamp >= 0).map(|at| now - at);
            self.metrics.read(&topic, run[0].partition, bytes, ages);
        }
    }
}

struct MirrorControl {
    syncs: Option<Arc<OffsetSyncs>>,
    metrics: Arc<SourceMetrics>,
}

impl SourceControl for MirrorControl {
    fn commit(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        if let Some(syncs) = &self.syncs {
            syncs.commit();
        }
        aqueduct_api::ready(Ok(()))
    }

    fn wants_commit_record(&self) -> bool {
        self.syncs.is_some() || self.metrics.is_shown()
    }

    fn commit_record(&self, record: &SourceRecord, metadata: Option<&RecordMetadata>) -> Result<(), ConnectError> {
        let Some(metadata) = metadata else { return Ok(()) };
        let written = &record.record;
        let latency = written.timestamp.map(|timestamp| now_millis() - timestamp);
        self.metrics.written(&written.topic, written.partition.unwrap_or_default(), latency);
        let Some(syncs) = &self.syncs else { return Ok(()) };
        let Some(downstream) = metadata.offset else {
            tracing::error!("RecordMetadata has no offset -- can't sync offsets for {}.", record.record.topic);
            return Ok(());
        };
        let copied = offsets::source_of(&record.source_partition).zip(offsets::offset_of(&record.source_offset));
        if let Some((partition, upstream)) = copied {
            syncs.copied(partition, upstream, downstream);
        }
        Ok(())
    }
}

/// Turns records of the source into records for the target.
struct Copies {
    policy: ReplicationPolicy,
    alias: String,
    /// By partition of the source.
    known: HashMap<(ByteString, i32), Copy>,
    key: SchemaRef,
    value: SchemaRef,
}

/// What the copies of a partition have in common.
#[derive(Clone)]
struct Copy {
    source: Arc<ValueMap>,
    topic: ByteString,
}

impl Copies {
    fn new(policy: ReplicationPolicy, alias: &str) -> Self {
        Self {
            policy,
            alias: alias.to_owned(),
            known: HashMap::new(),
            key: Schema::optional_bytes(),
            value: Schema::bytes(),
        }
    }

    fn of(&mut self, record: ConsumerRecord) -> SourceRecord {
        let copy = self.partition(&record.topic, record.partition);
        let bytes = |bytes: Option<bytes::Bytes>| bytes.map_or(Value::Null, Value::Bytes);
        let mut headers = Headers::new();
        headers.reserve(record.headers.len());
        for (name, value) in record.headers {
            headers.add(name, Some(self.value.clone()), bytes(value));
        }
        let mut copied = Record::new(copy.topic, SchemaAndValue::new(self.value.clone(), bytes(record.value)));
        copied.key = SchemaAndValue::new(self.key.clone(), bytes(record.key));
        copied.partition = Some(record.partition);
        copied.timestamp = Some(record.timestamp).filter(|timestamp| *timestamp >= 0);
        copied.headers = headers;
        SourceRecord { source_partition: copy.source, source_offset: offsets::offset(record.offset), record: copied }
    }

    fn partition(&mut self, topic: &ByteString, partition: i32) -> Copy {
        let key = (topic.clone(), partition);
        if let Some(copy) = self.known.get(&key) {
            return copy.clone();
        }
        let copy = Copy {
            source: Arc::new(offsets::of_topic(&self.alias, topic, partition)),
            topic: self.policy.remote_topic(&self.alias, topic).into(),
        };
        self.known.insert(key, copy.clone());
        copy
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_kafka::TimestampType;

    use super::*;
    use crate::policy::Naming;

    fn record(topic: &str, partition: i32, offset: i64) -> ConsumerRecord {
        ConsumerRecord {
            topic: topic.into(),
            partition,
            offset,
            timestamp: 1234,
            timestamp_type: TimestampType::CreateTime,
            key: Some("k".into()),
            value: None,
            headers: vec![("h".into(), Some("1".into())), ("h".into(), None)],
        }
    }

    #[test]
    fn a_copy_has_everything_that_the_record_has() {
        let mut copies = Copies::new(ReplicationPolicy::new(Naming::Default, &ConfigMap::new()), "A");
        let copy = copies.of(record("t", 3, 42));
        assert_eq!(copy.record.topic, "A.t");
        assert_eq!((copy.record.partition, copy.record.timestamp), (Some(3), Some(1234)));
        assert_eq!(copy.record.key, SchemaAndValue::new(Schema::optional_bytes(), Value::Bytes("k".into())));
        assert_eq!(copy.record.value, SchemaAndValue::new(Schema::bytes(), Value::Null));
        let headers: Vec<&Value> = copy.record.headers.iter().map(|header| &header.content.value).collect();
        assert_eq!(headers, [&Value::Bytes("1".into()), &Value::Null]);
        assert_eq!(copy.source_partition.to_string(), "{cluster=A, partition=3, topic=t}");
        assert_eq!(copy.source_offset.to_string(), "{offset=42}");
        assert!(Arc::ptr_eq(&copy.source_partition, &copies.of(record("t", 3, 43)).source_partition));
        let unstamped = ConsumerRecord { timestamp: -1, ..record("t", 0, 0) };
        assert_eq!(copies.of(unstamped).record.timestamp, None);
    }

    #[test]
    fn another_consumer_goes_on_after_the_last_record_of_each_partition() {
        let mut reader = Reader { client: ClientSettings::default(), consumer: None, starts: Starts::new() };
        reader.passed(&[record("a", 0, 1), record("a", 0, 2), record("b", 0, 9), record("a", 1, 4)]);
        let starts: Vec<(String, Option<i64>)> = reader.starts.iter().map(|(p, s)| (p.to_string(), *s)).collect();
        assert_eq!(starts, [("a-0".to_owned(), Some(3)), ("a-1".to_owned(), Some(5)), ("b-0".to_owned(), Some(10))]);
    }
}
