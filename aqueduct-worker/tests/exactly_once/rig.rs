//! A worker of a group of one, a broker, and a reader.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_api::{BoxFuture, ConfigMap, ConnectError, Factory, OffsetReader, PluginKind, ready};
use aqueduct_config::AnyClass;
use aqueduct_config::worker_config::parse_distributed;
use aqueduct_data::ValueMap;
use aqueduct_devbroker::DevBroker;
use aqueduct_kafka::{
    ClientSettings, Consumer, ConsumerEvent, ProducerPool, ProducerSharing, StartOffset, TopicPartition,
};
use aqueduct_plugins::{Plugins, override_policies};
use aqueduct_storage::{
    KafkaOffsetStore, OffsetStore, OffsetWriter, Status, StatusState, StoreSettings, StoredOffsets, TargetState,
};
use aqueduct_worker::{
    ConverterSettings, ExactlyOnceGate, GroupSettings, StatusListener, TaskId, Worker, WorkerSettings,
};
use parking_lot::Mutex;

use crate::script::Script;

const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until it is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, look: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !look().await {
        assert!(Instant::now() < deadline, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A gate that lets everybody through.
struct Open;

impl ExactlyOnceGate for Open {
    fn fence(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }

    fn verify(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }
}

/// The statuses of the task.
#[derive(Default)]
pub(crate) struct Statuses(Mutex<Vec<Status>>);

impl Statuses {
    pub(crate) fn last(&self) -> Option<StatusState> {
        self.0.lock().last().map(|status| status.state)
    }
}

impl StatusListener for Statuses {
    fn connector_changed(&self, _: &str, _: Status) {}

    fn task_changed(&self, _: &TaskId, status: Status) {
        self.0.lock().push(status);
    }

    fn topic_used(&self, _: &TaskId, _: &str) {}
}

pub(crate) struct Rig {
    broker: DevBroker,
    pub(crate) worker: Worker,
    pub(crate) config: ConfigMap,
    pub(crate) script: Arc<Script>,
    pub(crate) statuses: Arc<Statuses>,
    offsets: KafkaOffsetStore,
}

impl Rig {
    /// A connector with one task that runs.
    pub(crate) async fn start(config: &[(&str, &str)]) -> Self {
        let rig = Self::behind(Arc::new(Open), config).await;
        until("the task runs", || async { rig.statuses.last() == Some(StatusState::Running) }).await;
        rig
    }

    /// A connector with one task that has to pass this gate.
    pub(crate) async fn behind(gate: Arc<dyn ExactlyOnceGate>, config: &[(&str, &str)]) -> Self {
        let broker = DevBroker::builder().listen("127.0.0.1:0").start().await.unwrap();
        let bootstrap = broker.bootstrap();
        let script = Script::new();
        let tables = [vec![script.plugin()], aqueduct_converters::plugins(), override_policies()];
        let plugins = Arc::new(Plugins::new(tables.into_iter().flatten().collect()));
        let stores = stores(&bootstrap);
        let offsets = KafkaOffsetStore::start(&stores).await.unwrap();
        let statuses = Arc::new(Statuses::default());
        let group = GroupSettings { group_id: "g".to_owned(), exactly_once: true, offsets: stores.offsets.clone() };
        let worker = Worker::new(
            settings(&plugins, &bootstrap),
            plugins,
            Arc::new(offsets.clone()),
            Arc::clone(&statuses) as _,
            ProducerPool::new(ProducerSharing::Equal, "shared"),
            tokio::runtime::Handle::current(),
        )
        .in_group(group);
        let common = [("name", "c"), ("connector.class", "test.Scripted"), ("producer.override.linger.ms", "0")];
        let config: ConfigMap =
            common.iter().chain(config).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let id = TaskId::new("c", 0);
        worker.start_task_through(Some(gate), &id, &config, ConfigMap::new(), (1, TargetState::Started)).unwrap();
        Self { broker, worker, config, script, statuses, offsets }
    }

    pub(crate) async fn stop(&self) {
        self.worker.stop_tasks(&[TaskId::new("c", 0)]).await;
    }

    /// Waits until the task has failed; answers its trace.
    pub(crate) async fn fails(&self) -> String {
        until("the task fails", || async { self.statuses.last() == Some(StatusState::Failed) }).await;
        self.statuses.0.lock().last().unwrap().trace.clone().unwrap()
    }

    pub(crate) fn offsets_topic(&self) -> String {
        "offsets".to_owned()
    }

    /// The values of the committed records of a topic.
    pub(crate) async fn committed(&self, topic: &str) -> Vec<String> {
        self.read(topic, "read_committed").await
    }

    /// Waits until this record was sent; it may not be committed yet.
    pub(crate) async fn uncommitted(&self, topic: &str, value: &str) {
        let is_in = |values: Vec<String>| values.iter().any(|one| one == value);
        until("the record is sent", || async { is_in(self.read(topic, "read_uncommitted").await) }).await;
        assert!(!is_in(self.committed(topic).await));
    }

    async fn read(&self, topic: &str, isolation: &str) -> Vec<String> {
        let mut settings = ClientSettings::default();
        settings
            .set_base("bootstrap.servers", self.broker.bootstrap())
            .set_base("isolation.level", isolation)
            .set_base("auto.offset.reset", "earliest");
        let mut consumer = Consumer::create_to_follow(&settings).unwrap();
        consumer.assign(&BTreeMap::from([(TopicPartition::new(topic, 0), StartOffset::Beginning)])).unwrap();
        let mut values = Vec::new();
        loop {
            match consumer.poll(Duration::from_secs(1)).await {
                Ok(ConsumerEvent::Records(records)) => {
                    let text = |record: aqueduct_kafka::ConsumerRecord| {
                        String::from_utf8(record.value.unwrap_or_default().to_vec()).unwrap()
                    };
                    values.extend(records.into_iter().map(text));
                }
                // The topic may not be there yet.
                Ok(ConsumerEvent::ReachedEnd(_) | ConsumerEvent::Idle) | Err(_) => return values,
                Ok(_) => {}
            }
        }
    }

    fn partition() -> ValueMap {
        [("p", "all")].into_iter().collect()
    }

    async fn offset_in(store: Arc<dyn OffsetStore>) -> Option<i64> {
        let offsets = StoredOffsets::new("c", store).offsets(vec![Self::partition()]).await.unwrap();
        offsets[0].as_ref().map(|offset| offset.get_str("o").unwrap().as_i64().unwrap())
    }

    /// The connector's offset.
    pub(crate) async fn offset(&self) -> Option<i64> {
        Self::offset_in(self.worker.offset_store("c", &self.config).unwrap()).await
    }

    /// The offset that the worker's own topic has.
    pub(crate) async fn common_offset(&self) -> Option<i64> {
        Self::offset_in(Arc::new(self.offsets.clone())).await
    }

    /// Sets the connector's offset, as somebody does over REST.
    pub(crate) async fn set_offset(&self, offset: i64) {
        let mut writer = OffsetWriter::new("c", self.worker.offset_store_to_alter("c", &self.config).unwrap());
        writer.put(Arc::new(Self::partition()), Some([("o", offset)].into_iter().collect()));
        writer.flush(PATIENCE).await.unwrap();
    }
}

fn stores(bootstrap: &str) -> StoreSettings {
    let props: BTreeMap<&str, &str> = BTreeMap::from([
        ("bootstrap.servers", bootstrap),
        ("key.converter", "a"),
        ("value.converter", "a"),
        ("group.id", "g"),
        ("config.storage.topic", "configs"),
        ("offset.storage.topic", "offsets"),
        ("status.storage.topic", "statuses"),
        ("offset.storage.partitions", "1"),
        ("offset.storage.replication.factor", "1"),
        ("exactly.once.source.support", "enabled"),
    ]);
    StoreSettings::from_worker(&parse_distributed(&props, &AnyClass).unwrap()).unwrap()
}

fn settings(plugins: &Plugins, bootstrap: &str) -> WorkerSettings {
    let converter = |class: &str| ConverterSettings {
        class: format!("org.apache.kafka.connect.storage.{class}"),
        props: ConfigMap::new(),
    };
    let policy = plugins.find(PluginKind::OverridePolicy, "All").unwrap();
    let Factory::OverridePolicy { configure } = &policy.factory else { panic!("{policy:?} is no policy") };
    WorkerSettings {
        worker_id: "here:0".into(),
        cluster_id: String::new(),
        originals: [("bootstrap.servers".to_owned(), bootstrap.to_owned())].into(),
        key_converter: converter("StringConverter"),
        value_converter: converter("StringConverter"),
        header_converter: converter("SimpleHeaderConverter"),
        graceful_timeout: Duration::from_secs(5),
        flush_interval: Duration::from_secs(60),
        flush_timeout: Duration::from_secs(5),
        topic_creation: true,
        topic_tracking: true,
        override_policy: configure(&ConfigMap::new()).unwrap().into(),
        metrics_window: Default::default(),
        variables: Arc::default(),
    }
}
