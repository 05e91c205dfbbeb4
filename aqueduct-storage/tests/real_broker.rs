//! The stores on topics of a real broker: what one worker writes, others read. Run when `AQUEDUCT_TEST_BOOTSTRAP` names a
//! broker (`host:port`).
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aqueduct_api::{ConfigMap, ConnectError, OffsetReader};
use aqueduct_config::AnyClass;
use aqueduct_config::worker_config::parse_distributed;
use aqueduct_data::ValueMap;
use aqueduct_kafka::{Admin, ClientSettings, NewTopic};
use aqueduct_storage::{
    ConfigEvent, ConfigEvents, ConfigWriteError, KafkaConfigStore, KafkaOffsetStore, KafkaStatusStore, OffsetWriter,
    RestartRequest, Status, StatusState, StatusStore, StoreSettings, StoredOffsets, TargetState,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// The workers of one cluster, whose topics nothing else uses.
struct Cluster {
    bootstrap: String,
    name: String,
}

impl Cluster {
    /// None, said past the capture of the test runner, when there is no broker to test against.
    fn new(test: &str) -> Option<Self> {
        let Some(bootstrap) = std::env::var("AQUEDUCT_TEST_BOOTSTRAP").ok().filter(|bootstrap| !bootstrap.is_empty())
        else {
            let _ = writeln!(std::io::stderr(), "not run: {test}: AQUEDUCT_TEST_BOOTSTRAP names no broker");
            return None;
        };
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let name = format!("stores-{now}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Some(Self { bootstrap, name })
    }

    fn topic(&self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }

    fn settings(&self) -> StoreSettings {
        self.settings_with("disabled")
    }

    fn settings_with(&self, exactly_once: &str) -> StoreSettings {
        let props: BTreeMap<String, String> = [
            ("exactly.once.source.support", exactly_once.to_owned()),
            ("bootstrap.servers", self.bootstrap.clone()),
            ("key.converter", "a.Converter".into()),
            ("value.converter", "a.Converter".into()),
            ("group.id", self.name.clone()),
            ("config.storage.topic", self.topic("configs")),
            ("offset.storage.topic", self.topic("offsets")),
            ("status.storage.topic", self.topic("statuses")),
            ("config.storage.replication.factor", "1".into()),
            ("offset.storage.replication.factor", "-1".into()),
            ("status.storage.replication.factor", "1".into()),
            ("offset.storage.partitions", "3".into()),
            ("status.storage.partitions", "-1".into()),
            ("config.storage.max.message.bytes", "2000000".into()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        StoreSettings::from_worker(&parse_distributed(&props, &AnyClass).unwrap()).unwrap()
    }

    fn admin(&self) -> Admin {
        let mut settings = ClientSettings::default();
        settings.set_base("bootstrap.servers", self.bootstrap.as_str());
        Admin::create(&settings).unwrap()
    }

    async fn create_topic(&self, what: &str, partitions: i32, cleanup_policy: &str) {
        let topic = NewTopic {
            name: self.topic(what),
            partitions: Some(partitions),
            replication_factor: Some(1),
            configs: [("cleanup.policy".to_owned(), cleanup_policy.to_owned())].into(),
        };
        self.admin().create_topics(&[topic]).await.unwrap().remove(0).1.unwrap();
    }
}

macro_rules! cluster_or_return {
    () => {
        match Cluster::new(concat!(module_path!(), ":", line!())) {
            Some(cluster) => cluster,
            None => return,
        }
    };
}

fn config(value: &str) -> ConfigMap {
    ConfigMap::from([("k".to_owned(), value.to_owned())])
}

async fn next(events: &mut ConfigEvents) -> ConfigEvent {
    tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap()
}

/// Looks until it is so.
async fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn topics_are_created_as_the_worker_says() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings();
    let (configs, _events) = KafkaConfigStore::start(&settings).await.unwrap();
    let offsets = KafkaOffsetStore::start(&settings).await.unwrap();
    let statuses = KafkaStatusStore::start(&settings).await.unwrap();
    let admin = cluster.admin();
    let topics = ["configs", "offsets", "statuses"].map(|what| cluster.topic(what));
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    let described = admin.describe_topics(&names).await.unwrap();
    let partitions: Vec<usize> =
        described.into_iter().map(|(_, description)| description.unwrap().partitions.len()).collect();
    assert_eq!(partitions[..2], [1, 3]);
    for (name, configs) in admin.describe_topic_configs(&names).await.unwrap() {
        let configs = configs.unwrap();
        assert_eq!(configs["cleanup.policy"].value.as_deref(), Some("compact"));
        let changed = configs["max.message.bytes"].value.as_deref() == Some("2000000");
        assert_eq!(changed, name == topics[0]);
    }
    configs.stop().await;
    offsets.stop().await;
    statuses.stop().await;
}

#[tokio::test]
async fn what_the_leader_writes_others_read_and_a_later_worker_finds() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings();
    let (leader, _own) = KafkaConfigStore::start(&settings).await.unwrap();
    let (follower, mut events) = KafkaConfigStore::start(&settings).await.unwrap();
    assert_eq!(follower.snapshot().offset(), -1);
    leader.put_connector_config("c", &config("1"), Some(TargetState::Paused)).await.unwrap();
    leader.put_task_configs("c", &[config("a"), config("b")]).await.unwrap();
    // A write ends when it was read back.
    assert_eq!((leader.snapshot().offset(), leader.snapshot().tasks("c")), (5, 0..2));
    follower.put_target_state("c", TargetState::Started).await.unwrap();
    let request = RestartRequest { connector: "c".into(), only_failed: false, include_tasks: true };
    leader.put_restart_request(&request).await.unwrap();
    assert_eq!(next(&mut events).await, ConfigEvent::ConnectorConfigUpdated("c".into()));
    let updated = ConfigEvent::TaskConfigsUpdated { connector: "c".into(), tasks: vec![0, 1] };
    assert_eq!(next(&mut events).await, updated);
    assert_eq!(next(&mut events).await, ConfigEvent::TargetStateChanged("c".into()));
    assert_eq!(next(&mut events).await, ConfigEvent::Restart(request));

    let (later, mut untold) = KafkaConfigStore::start(&settings).await.unwrap();
    leader.refresh(PATIENCE).await.unwrap();
    follower.refresh(PATIENCE).await.unwrap();
    assert_eq!(later.snapshot(), leader.snapshot());
    assert_eq!(follower.snapshot(), leader.snapshot());
    assert_eq!(later.snapshot().offset(), 7);
    assert!(untold.try_recv().is_err());

    leader.remove_connector_config("c").await.unwrap();
    assert_eq!(next(&mut untold).await, ConfigEvent::ConnectorConfigRemoved("c".into()));
    for store in [leader, follower, later] {
        store.refresh(PATIENCE).await.unwrap();
        assert_eq!((store.contains("c"), store.snapshot().offset()), (false, 9));
        store.stop().await;
    }
}

#[tokio::test]
async fn a_leader_that_has_to_be_the_only_one_shuts_out_the_one_before_it() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings_with("enabled");
    let (first, _own) = KafkaConfigStore::start(&settings).await.unwrap();
    let (second, mut events) = KafkaConfigStore::start(&settings).await.unwrap();
    assert!(first.lacks_write_privileges());
    let unclaimed = first.put_connector_config("c", &config("0"), None).await.unwrap_err();
    assert!(matches!(unclaimed, ConfigWriteError::Privileged(_)), "{unclaimed:?}");
    first.claim_write_privileges().await.unwrap();
    first.put_connector_config("c", &config("1"), Some(TargetState::Paused)).await.unwrap();
    first.put_task_configs("c", &[config("a"), config("b")]).await.unwrap();
    // Each write is a transaction, whose mark takes an offset: state, connector, mark, two tasks, mark, commit.
    assert_eq!((first.snapshot().offset(), first.snapshot().tasks("c")), (7, 0..2));
    second.refresh(PATIENCE).await.unwrap();
    assert_eq!(second.snapshot(), first.snapshot());
    assert_eq!(next(&mut events).await, ConfigEvent::ConnectorConfigUpdated("c".into()));

    second.claim_write_privileges().await.unwrap();
    second.put_task_count_record("c", 2).await.unwrap();
    let fenced = first.put_connector_config("c", &config("2"), None).await.unwrap_err();
    assert!(matches!(fenced, ConfigWriteError::Privileged(_)), "{fenced:?}");
    assert!(first.lacks_write_privileges() && !second.lacks_write_privileges());
    // What any worker may write needs no claim.
    first.put_target_state("c", TargetState::Started).await.unwrap();
    for store in [&first, &second] {
        store.refresh(PATIENCE).await.unwrap();
        let now = store.snapshot();
        assert_eq!((now.task_count_record("c"), now.pending_fencing("c")), (Some(2), false));
        assert_eq!(now.connector_config("c").unwrap()["k"], "1");
        store.stop().await;
    }
}

#[tokio::test]
async fn a_large_configuration_and_many_of_them_are_read() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings();
    let (store, _events) = KafkaConfigStore::start(&settings).await.unwrap();
    store.put_connector_config("large", &config(&"x".repeat(900_000)), None).await.unwrap();
    let tasks: Vec<ConfigMap> = (0..2000).map(|task: i32| config(&task.to_string())).collect();
    store.put_task_configs("large", &tasks).await.unwrap();
    let (later, _events) = KafkaConfigStore::start(&settings).await.unwrap();
    assert_eq!(later.snapshot().tasks("large"), 0..2000);
    assert_eq!(later.snapshot(), store.snapshot());
}

fn message(result: Result<impl Sized, ConnectError>) -> String {
    result.err().unwrap().message().unwrap().to_owned()
}

#[tokio::test]
async fn a_topic_that_would_lose_records_is_refused() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings();
    cluster.create_topic("configs", 2, "compact").await;
    cluster.create_topic("offsets", 1, "delete").await;
    cluster.create_topic("statuses", 1, "compact,delete").await;
    assert_eq!(
        message(KafkaConfigStore::start(&settings).await.map(drop)),
        format!(
            "Topic '{}' supplied via the 'config.storage.topic' property is required to have a single partition in order \
             to guarantee consistency of connector configurations, but found 2 partitions.",
            cluster.topic("configs")
        )
    );
    let refused = |what: &str, key: &str, found: &str, purpose: &str| {
        format!(
            "Topic '{}' supplied via the '{key}' property is required to have 'cleanup.policy=compact' to guarantee \
             consistency and durability of {purpose}, but found the topic currently has 'cleanup.policy={found}'. \
             Continuing would likely result in eventually losing {purpose} and problems restarting this Connect cluster in \
             the future. Change the '{key}' property in the Connect worker configurations to use a topic with \
             'cleanup.policy=compact'.",
            cluster.topic(what)
        )
    };
    assert_eq!(
        message(KafkaOffsetStore::start(&settings).await.map(drop)),
        refused("offsets", "offset.storage.topic", "delete", "source connector offsets")
    );
    assert_eq!(
        message(KafkaStatusStore::start(&settings).await.map(drop)),
        refused("statuses", "status.storage.topic", "compact,delete", "connector and task statuses")
    );
}

#[tokio::test]
async fn offsets_are_read_by_the_worker_that_takes_over() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings();
    let one = KafkaOffsetStore::start(&settings).await.unwrap();
    let other = KafkaOffsetStore::start(&settings).await.unwrap();
    let partitions: Vec<ValueMap> = (0..20).map(|number: i64| ValueMap::from_iter([("file", number)])).collect();
    let offset = |position: i64| ValueMap::from_iter([("position", position)]);
    let mut writer = OffsetWriter::new("c", Arc::new(one.clone()));
    for partition in &partitions {
        writer.put(Arc::new(partition.clone()), Some(offset(7)));
    }
    assert_eq!(writer.flush(PATIENCE).await.unwrap(), 20);
    let reader = StoredOffsets::new("c", Arc::new(other.clone()));
    assert_eq!(reader.offsets(partitions.clone()).await.unwrap(), vec![Some(offset(7)); 20]);
    writer.put(Arc::new(partitions[3].clone()), None);
    writer.flush(PATIENCE).await.unwrap();
    assert_eq!(reader.all().await.unwrap().len(), 19);
    let later = KafkaOffsetStore::start(&settings).await.unwrap();
    assert_eq!(StoredOffsets::new("c", Arc::new(later.clone())).all().await.unwrap().len(), 19);
    for store in [one, other, later] {
        store.stop().await;
    }
}

#[tokio::test]
async fn statuses_are_seen_by_all_workers() {
    let cluster = cluster_or_return!();
    let settings = cluster.settings();
    let one = KafkaStatusStore::start(&settings).await.unwrap();
    let other = KafkaStatusStore::start(&settings).await.unwrap();
    let status =
        |state, worker: &str| Status { state, worker_id: worker.into(), trace: None, version: Some("1".into()) };
    one.put_connector("c", 1, status(StatusState::Running, "w1"));
    one.put_task("c", 0, 1, status(StatusState::Running, "w1"));
    one.add_topic("c", 0, "t");
    until("the other worker sees it", || other.task("c", 0)).await;
    until("the other worker sees it", || other.connector("c")).await;
    until("the other worker sees it", || other.topics("c").pop()).await;
    // The task has moved; its former worker says its last words too late.
    other.put_task("c", 0, 2, status(StatusState::Running, "w2"));
    until("it moves", || one.task("c", 0).filter(|status| status.worker_id == "w2")).await;
    one.put_task_safe("c", 0, 1, status(StatusState::Unassigned, "w1"));
    one.put_connector("c", 2, status(StatusState::Destroyed, "w1"));
    one.flush().await;
    until("it is gone", || other.connectors().is_empty().then_some(())).await;
    let later = KafkaStatusStore::start(&settings).await.unwrap();
    assert_eq!((later.connectors().len(), later.topics("c")), (0, vec!["t".to_owned()]));
    for store in [one, other, later] {
        store.stop().await;
    }
}
