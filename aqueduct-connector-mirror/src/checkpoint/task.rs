//! The task that writes checkpoints: after every interval it asks the source where its groups stand, and translates.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Record, RecordMetadata, SourceControl, SourcePoller, SourceRecord, SourceTask,
    SourceTaskContext, StartedSource,
};
use aqueduct_data::{Schema, SchemaAndValue, Value};
use aqueduct_kafka::{ClientSettings, ErrorKind as Kafka, KafkaError, OffsetAndMetadata, TopicPartition};

use super::follow::follow;
use super::group_offsets::GroupOffsets;
use super::store::CheckpointStore;
use super::syncs::OffsetSyncStore;
use super::translation::Translated;
use crate::filters::NameFilter;
use crate::formats::Checkpoint;
use crate::metrics::CheckpointMetrics;
use crate::offsets;
use crate::schedule::Schedule;
use crate::settings::clients::Cluster;
use crate::settings::{Settings, keys};
use crate::source::now_millis;
use crate::topics::ClusterAdmin;

/// Writes checkpoints for some groups (`MirrorCheckpointTask`).
#[derive(Debug, Default)]
pub struct MirrorCheckpointTask;

impl SourceTask for MirrorCheckpointTask {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        Box::pin(async move {
            let settings = Settings::parse(&keys::CHECKPOINT_TASK, config)?;
            let groups = settings.list(keys::TASK_GROUPS);
            let source = ClusterAdmin::connect(&settings, Cluster::Source, "checkpoint-source-admin")?;
            let target = Arc::new(ClusterAdmin::connect(&settings, Cluster::Target, "checkpoint-target-admin")?);
            let checkpoints = Arc::new(CheckpointStore::default());
            let syncs = Arc::new(OffsetSyncStore::default());
            let loaded = Arc::new(AtomicBool::new(false));

            let name = format!("Scheduler for MirrorCheckpointTask: {}", settings.label());
            let schedule = Schedule::new(name, settings.admin_timeout);
            // Reading the two topics may take long, and a task that starts cannot be stopped.
            let loading = Loading {
                target: Arc::clone(&target),
                checkpoints_client: settings.consumer(Cluster::Target, "checkpoints-target-consumer"),
                checkpoints_topic: settings.checkpoints_topic(),
                checkpoints: Arc::clone(&checkpoints),
                syncs: Arc::clone(&syncs),
                groups: groups.clone(),
                loaded: Arc::clone(&loaded),
            };
            schedule.beside("starting checkpoint and offset sync stores", loading.run());
            let (client, topic) = syncs_reader(&settings)?;
            let (store, after) = (Arc::clone(&syncs), Arc::clone(&loaded));
            schedule.apart(async move {
                wait_until(&after).await;
                match follow(&client, &topic, |found| store.take(&found)).await {}
            });
            let interval = settings.interval(keys::SYNC_GROUP_OFFSETS)?;
            let group_offsets = Arc::new(GroupOffsets::new(target, Arc::clone(&checkpoints)));
            let first = interval.unwrap_or_default();
            schedule.every("sync idle consumer group offset from source to target", first, interval, move || {
                let it = Arc::clone(&group_offsets);
                async move { it.sync().await }
            });

            tracing::info!(
                "{} checkpointing {} consumer groups {}->{}: {groups:?}.",
                settings.connector,
                groups.len(),
                settings.source_alias,
                settings.target_alias
            );
            let metrics = Arc::new(CheckpointMetrics::new(&settings));
            let poller = CheckpointPoller {
                metrics: Arc::clone(&metrics),
                context,
                interval: settings.interval(keys::EMIT_CHECKPOINTS)?.unwrap_or_default(),
                topic: settings.checkpoints_topic(),
                topics: settings.topic_filter()?,
                settings,
                source,
                groups,
                checkpoints,
                syncs,
                loaded,
                schedule: Some(schedule),
            };
            Ok(StartedSource { poller: Box::new(poller), control: Arc::new(CheckpointControl { metrics }) })
        })
    }
}

fn syncs_reader(settings: &Settings) -> Result<(ClientSettings, String), ConnectError> {
    let client = match settings.offset_syncs_at_source()? {
        true => settings.consumer(Cluster::Source, "offset-syncs-source-consumer"),
        false => settings.consumer(Cluster::Target, "offset-syncs-target-consumer"),
    };
    Ok((client, settings.offset_syncs_topic()?))
}

/// How soon it is seen that the checkpoints are loaded.
const GLANCE: Duration = Duration::from_millis(50);

async fn wait_until(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {
        tokio::time::sleep(GLANCE).await;
    }
}

/// Reads the checkpoints of former times, once.
struct Loading {
    target: Arc<ClusterAdmin>,
    checkpoints_client: ClientSettings,
    checkpoints_topic: String,
    checkpoints: Arc<CheckpointStore>,
    syncs: Arc<OffsetSyncStore>,
    groups: Vec<String>,
    loaded: Arc<AtomicBool>,
}

impl Loading {
    async fn run(self) -> Result<(), ConnectError> {
        let read = self.read().await;
        if let Err(error) = &read {
            let refused = match error.kind() {
                Kafka::Authorization => "Not authorized to access",
                _ => "Exception encountered loading",
            };
            tracing::warn!(
                "{refused} checkpoints topic {} - this may degrade offset translation as only checkpoints for offsets \
                 which were mirrored after the task started will be emitted: {error}",
                self.checkpoints_topic
            );
        }
        self.syncs.begin(read.is_ok());
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }

    async fn read(&self) -> Result<(), KafkaError> {
        if !self.target.admin.list_topics().await?.contains_key(&self.checkpoints_topic) {
            return Err(KafkaError::new(Kafka::UnknownTopic, "there is no such topic"));
        }
        self.checkpoints.load(&self.checkpoints_client, &self.checkpoints_topic, &self.groups).await
    }
}

struct CheckpointPoller {
    context: SourceTaskContext,
    settings: Settings,
    interval: Duration,
    /// Where checkpoints go.
    topic: String,
    topics: NameFilter,
    source: ClusterAdmin,
    groups: Vec<String>,
    checkpoints: Arc<CheckpointStore>,
    syncs: Arc<OffsetSyncStore>,
    loaded: Arc<AtomicBool>,
    metrics: Arc<CheckpointMetrics>,
    /// Ends with the task.
    schedule: Option<Schedule>,
}

impl SourcePoller for CheckpointPoller {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            self.context.sleep(self.interval).await;
            if !self.loaded.load(Ordering::Acquire) {
                return Ok(None);
            }
            let mut records = Vec::new();
            for group in &self.groups {
                let timestamp = now_millis();
                match self.source.admin.list_group_offsets(group).await {
                    Ok(offsets) => {
                        let news = self.news(group, &offsets);
                        self.checkpoints.update(&news);
                        records.extend(news.iter().map(|checkpoint| self.record(checkpoint, timestamp)));
                    }
                    Err(error) => {
                        let alias = &self.settings.source_alias;
                        tracing::error!(
                            "Error querying offsets for consumer group {group} on cluster {alias}: {error}"
                        );
                    }
                }
            }
            Ok((!records.is_empty()).then_some(records))
        })
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.schedule = None;
        self.metrics.end();
        aqueduct_api::ready(Ok(()))
    }
}

struct CheckpointControl {
    metrics: Arc<CheckpointMetrics>,
}

impl SourceControl for CheckpointControl {
    fn wants_commit_record(&self) -> bool {
        self.metrics.is_shown()
    }

    fn commit_record(&self, record: &SourceRecord, _metadata: Option<&RecordMetadata>) -> Result<(), ConnectError> {
        let group = offsets::group_of(&record.source_partition);
        let at = offsets::source_of(&record.source_partition).zip(record.record.timestamp);
        if let Some((group, (of, timestamp))) = group.zip(at) {
            self.metrics.written(group, &of.topic, of.partition, now_millis() - timestamp);
        }
        Ok(())
    }
}

impl CheckpointPoller {
    /// The checkpoints of a group that are worth writing.
    fn news(
        &self,
        group: &str,
        committed: &std::collections::BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> Vec<Checkpoint> {
        let checkpoint = |(partition, offset): (&TopicPartition, &OffsetAndMetadata)| {
            if !self.topics.accepts(&partition.topic) {
                return None;
            }
            let Some(Translated::To(downstream)) = self.syncs.translate(partition, offset.offset) else { return None };
            let checkpoint = Checkpoint {
                group: group.to_owned(),
                topic: self.at_target(&partition.topic),
                partition: partition.partition,
                upstream: offset.offset,
                downstream,
                metadata: offset.metadata.clone(),
            };
            (downstream >= 0 && self.checkpoints.is_news(&checkpoint)).then_some(checkpoint)
        };
        committed.iter().filter_map(checkpoint).collect()
    }

    /// What a topic is called at the target: one that came from there has its own name again.
    fn at_target(&self, topic: &str) -> String {
        let Settings { policy, source_alias, target_alias, .. } = &self.settings;
        if policy.topic_source(topic) == Some(target_alias) {
            policy.original_topic(topic).to_owned()
        } else {
            policy.remote_topic(source_alias, topic)
        }
    }

    fn record(&self, checkpoint: &Checkpoint, timestamp: i64) -> SourceRecord {
        let bytes = |bytes| SchemaAndValue::new(Schema::bytes(), Value::Bytes(bytes));
        let mut record = Record::new(self.topic.as_str(), bytes(checkpoint.value()));
        record.key = bytes(checkpoint.key());
        record.partition = Some(0);
        record.timestamp = Some(timestamp);
        let partition = offsets::of_checkpoint(&checkpoint.group, &checkpoint.topic, checkpoint.partition);
        SourceRecord { source_partition: Arc::new(partition), source_offset: offsets::offset(0), record }
    }
}
