//! A herder on a config topic in memory, with a group that the test plays and instances that only take notes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConfigMap, ConnectError, Factory, PluginKind, ready};
use aqueduct_config::AnyClass;
use aqueduct_config::worker_config::parse_distributed;
use aqueduct_herder::distributed::{
    Assignment, DistributedHerder, DistributedParts, DistributedSettings, GroupEvent, GroupMember, Instances,
    StatusKeeper, TaskStart,
};
use aqueduct_herder::{
    Herder, HerderError, NewConnector, PeerAnswer, PeerFailure, PeerRequest, Peers, ServerInfo, TaskId,
};
use aqueduct_kafka::{ProducerPool, ProducerSharing};
use aqueduct_plugins::{Plugins, override_policies};
use aqueduct_storage::{
    ConfigEvents, KafkaConfigStore, MemoryOffsetStore, MemoryStatusStore, MemoryTopic, Status, StatusState,
    StatusStore, StoreSettings, TargetState,
};
use aqueduct_worker::{ConfigTransformer, ConverterSettings, GroupSettings, StatusListener, Worker, WorkerSettings};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

pub(crate) const LEADER: &str = "http://leader:8083/";

/// What was done, in order.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().push(note.into());
    }

    /// What was done since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }
}

/// Instances that run by being on a list.
pub(crate) struct NotedInstances {
    notes: Notes,
    statuses: Arc<MemoryStatusStore>,
    connectors: Mutex<BTreeSet<String>>,
    tasks: Mutex<BTreeSet<TaskId>>,
    watchers: Mutex<Vec<Arc<dyn StatusListener>>>,
    /// How long it takes to stop a task, or to fence producers.
    pub(crate) slowness: Mutex<Duration>,
}

impl NotedInstances {
    fn status(&self, state: StatusState) -> Status {
        Status { state, worker_id: "here:8083".to_owned(), trace: None, version: None }
    }

    fn task_is(&self, id: &TaskId, state: StatusState) {
        StatusStore::put_task(&*self.statuses, &id.connector, id.task, 1, self.status(state));
        for watcher in &*self.watchers.lock() {
            watcher.task_changed(id, self.status(state));
        }
    }

    fn connector_is(&self, name: &str, state: StatusState) {
        StatusStore::put_connector(&*self.statuses, name, 1, self.status(state));
        for watcher in &*self.watchers.lock() {
            watcher.connector_changed(name, self.status(state));
        }
    }

    /// Lets a task fail that runs.
    pub(crate) fn fail_task(&self, connector: &str, task: u32) {
        self.task_is(&TaskId::new(connector, task), StatusState::Failed);
    }

    /// Lets a connector instance fail that runs.
    pub(crate) fn fail_connector(&self, name: &str) {
        self.connector_is(name, StatusState::Failed);
    }
}

impl Instances for NotedInstances {
    fn start_connector<'a>(
        &'a self,
        name: &'a str,
        config: ConfigMap,
        state: TargetState,
    ) -> BoxFuture<'a, Result<(), ConnectError>> {
        self.notes.add(format!("start {name} {}", state.name()));
        if config.contains_key("broken") {
            return ready(Err(ConnectError::connect("broken")));
        }
        assert!(self.connectors.lock().insert(name.to_owned()), "{name} runs already");
        self.connector_is(name, StatusState::Running);
        ready(Ok(()))
    }

    fn stop_connector<'a>(&'a self, name: &'a str) -> BoxFuture<'a, ()> {
        if self.connectors.lock().remove(name) {
            self.notes.add(format!("stop {name}"));
        }
        ready(())
    }

    fn transition<'a>(&'a self, name: &'a str, state: TargetState) -> BoxFuture<'a, Option<Result<(), ConnectError>>> {
        self.notes.add(format!("{name} becomes {}", state.name()));
        ready(self.has_connector(name).then_some(Ok(())))
    }

    fn task_configs<'a>(
        &'a self,
        _name: &'a str,
        config: &'a ConfigMap,
    ) -> BoxFuture<'a, Result<Vec<ConfigMap>, ConnectError>> {
        let count: usize = config["tasks.max"].parse().unwrap();
        let task = ConfigMap::from([("of".to_owned(), config.get("value").cloned().unwrap_or_default())]);
        ready(Ok(vec![task; count]))
    }

    fn has_connector(&self, name: &str) -> bool {
        self.connectors.lock().contains(name)
    }

    fn resolved(&self, config: &ConfigMap) -> Result<ConfigMap, ConnectError> {
        Ok(config.clone())
    }

    fn tell(&self, watcher: Arc<dyn StatusListener>) {
        self.watchers.lock().push(watcher);
    }

    fn start_task(&self, id: &TaskId, start: &TaskStart) -> Result<(), ConnectError> {
        self.notes.add(format!("start {id} of {} {}", start.count, start.state.name()));
        assert!(self.tasks.lock().insert(id.clone()), "{id} runs already");
        self.task_is(id, StatusState::Running);
        Ok(())
    }

    fn fence_zombies<'a>(
        &'a self,
        name: &'a str,
        config: &'a ConfigMap,
        tasks: u32,
    ) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(async move {
            let slowness = *self.slowness.lock();
            tokio::time::sleep(slowness).await;
            self.notes.add(format!("fence {tasks} producers of {name}"));
            if config.contains_key("unfenceable") { Err(ConnectError::connect("no")) } else { Ok(()) }
        })
    }

    fn stop_tasks<'a>(&'a self, ids: &'a [TaskId]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let slowness = *self.slowness.lock();
            for id in ids {
                let runs = self.tasks.lock().remove(id);
                if runs {
                    tokio::time::sleep(slowness).await;
                    self.notes.add(format!("stop {id}"));
                }
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        self.notes.add("stop everything");
        ready(())
    }
}

/// A member that only takes notes.
struct NotedMember(Notes);

impl GroupMember for NotedMember {
    fn rejoin(&self) {
        self.0.add("rejoin");
    }

    fn leave(&self, reason: &'static str) {
        self.0.add(format!("leave: {reason}"));
    }

    fn gave_up(&self, connectors: &[String], tasks: &[TaskId]) {
        self.0.add(format!("gave up {} connectors and {} tasks", connectors.len(), tasks.len()));
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        self.0.add("leave for good");
        ready(())
    }
}

/// Other workers, which answer what the test wants them to.
#[derive(Default)]
pub(crate) struct FakePeers {
    pub(crate) requests: Mutex<Vec<PeerRequest>>,
    pub(crate) statuses: Mutex<Vec<u16>>,
}

impl Peers for FakePeers {
    fn send(&self, request: PeerRequest) -> BoxFuture<'_, Result<PeerAnswer, PeerFailure>> {
        self.requests.lock().push(request);
        let status = self.statuses.lock().pop().unwrap_or(204);
        let body = if status < 400 { Vec::new() } else { br#"{"error_code":0,"message":"no"}"#.to_vec() };
        ready(Ok(PeerAnswer { status, body }))
    }
}

/// One worker of a cluster.
pub(crate) struct Rig {
    pub(crate) topic: MemoryTopic,
    /// Another worker's view of the topic.
    pub(crate) config: KafkaConfigStore,
    pub(crate) herder: DistributedHerder,
    pub(crate) notes: Notes,
    pub(crate) peers: Arc<FakePeers>,
    pub(crate) instances: Arc<NotedInstances>,
    pub(crate) levels: Notes,
    pub(crate) statuses: Arc<MemoryStatusStore>,
    group: mpsc::UnboundedSender<GroupEvent>,
    generation: Mutex<i32>,
}

pub(crate) fn settings() -> DistributedSettings {
    DistributedSettings {
        group_id: "connect-cluster".to_owned(),
        signs: true,
        eager: false,
        sync_timeout: Duration::from_secs(3),
        unsync_backoff: Duration::from_secs(300),
        max_rebalance_delay: Duration::from_secs(300),
        key_ttl: Duration::from_secs(3600),
        key_algorithm: "HmacSHA256".to_owned(),
        key_bits: None,
        signature_algorithm: "HmacSHA256".to_owned(),
        verification_algorithms: vec!["HmacSHA256".to_owned()],
    }
}

impl Rig {
    pub(crate) fn new(topic: &MemoryTopic, settings: DistributedSettings) -> Self {
        Self::with(topic, settings, KafkaConfigStore::in_memory(topic), |worker| worker)
    }

    /// A worker of a group whose sources write exactly once.
    pub(crate) fn exactly_once(topic: &MemoryTopic) -> Self {
        let config = KafkaConfigStore::in_memory_with_one_leader(topic);
        Self::with(topic, settings(), config, |worker| worker.in_group(exactly_once_group()))
    }

    fn with(
        topic: &MemoryTopic,
        settings: DistributedSettings,
        config: (KafkaConfigStore, ConfigEvents),
        more: impl FnOnce(Worker) -> Worker,
    ) -> Self {
        let (notes, levels) = (Notes::default(), Notes::default());
        let statuses = Arc::new(MemoryStatusStore::default());
        let instances = Arc::new(NotedInstances {
            notes: notes.clone(),
            statuses: Arc::clone(&statuses),
            connectors: Mutex::default(),
            tasks: Mutex::default(),
            watchers: Mutex::default(),
            slowness: Mutex::new(Duration::ZERO),
        });
        let keeper = Arc::new(StatusKeeper::new(Arc::clone(&statuses) as Arc<dyn StatusStore>));
        let (group, group_events) = mpsc::unbounded_channel();
        let peers = Arc::new(FakePeers::default());
        let set = levels.clone();
        let parts = DistributedParts {
            worker: more(worker(&keeper)),
            info: ServerInfo { version: String::new(), commit: String::new(), kafka_cluster_id: String::new() },
            settings,
            config,
            keeper,
            group: (Arc::new(NotedMember(notes.clone())), group_events),
            peers: Arc::clone(&peers) as Arc<dyn Peers>,
            set_level: Box::new(move |logger, level| set.add(format!("{logger} {level}"))),
        };
        let noted = Arc::clone(&instances);
        let herder = DistributedHerder::start_with(parts, move |_, _| noted);
        let (config, _) = KafkaConfigStore::in_memory(topic);
        let generation = Mutex::new(0);
        Self { topic: topic.clone(), config, herder, notes, peers, instances, levels, statuses, group, generation }
    }

    /// A worker alone, which leads and has its session key.
    pub(crate) async fn leading() -> Self {
        let rig = Self::new(&MemoryTopic::new(), settings());
        rig.lead().await;
        assert_eq!(rig.notes.take(), Vec::<String>::new());
        rig
    }

    /// Lets everything happen that can happen by now.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    pub(crate) fn send(&self, event: GroupEvent) {
        assert!(self.group.send(event).is_ok(), "the herder has ended");
    }

    /// A round in which this worker leads and gets everything. The round goes by what stands in the topic.
    pub(crate) async fn lead(&self) {
        let mut assignment = self.everything();
        assignment.leads = true;
        self.assign(assignment).await;
    }

    /// A round in which another worker leads and this one gets everything.
    pub(crate) async fn follow(&self) {
        let assignment = self.everything();
        self.assign(assignment).await;
    }

    pub(crate) async fn assign(&self, assignment: Assignment) {
        self.send(GroupEvent::Joining);
        self.send(GroupEvent::Assigned(assignment));
        self.settle().await;
    }

    /// An assignment of everything that is configured.
    pub(crate) fn everything(&self) -> Assignment {
        let state = self.config.snapshot();
        let connectors: Vec<String> = state.connectors().map(str::to_owned).collect();
        let tasks = connectors.iter().flat_map(|name| state.tasks(name).map(|task| TaskId::new(name.clone(), task)));
        let mut generation = self.generation.lock();
        *generation += 1;
        Assignment {
            generation: *generation,
            leads: false,
            leader_url: LEADER.to_owned(),
            signed: true,
            protocol: None,
            error: false,
            offset: state.offset(),
            tasks: tasks.collect(),
            connectors,
            owners: None,
            rejoin_when_started: false,
        }
    }

    /// Takes work away and waits until it has stopped.
    pub(crate) async fn revoke(&self, connectors: &[&str], tasks: &[(&str, u32)]) {
        let (done, stopped) = oneshot::channel();
        let connectors = connectors.iter().map(|&name| name.to_owned()).collect();
        let tasks = tasks.iter().map(|&(name, task)| TaskId::new(name, task)).collect();
        self.send(GroupEvent::Joining);
        self.send(GroupEvent::Revoked { connectors, tasks, done });
        stopped.await.unwrap();
    }

    /// Creates a connector and plays the rounds until its tasks run.
    pub(crate) async fn running(&self, name: &str, tasks: usize) {
        self.running_with(source(name, tasks)).await;
    }

    /// The same with a configuration of the test's own.
    pub(crate) async fn running_with(&self, connector: NewConnector) {
        self.herder.put_connector(connector).await.unwrap();
        self.settle().await;
        self.lead().await;
        self.lead().await;
        self.notes.take();
    }

    /// What stands in the config topic.
    pub(crate) fn keys(&self) -> Vec<String> {
        let key = |record: aqueduct_storage::LogRecord| String::from_utf8(record.key.unwrap().to_vec()).unwrap();
        self.topic.records().into_iter().map(key).collect()
    }
}

pub(crate) fn config(pairs: &[(&str, &str)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect()
}

/// A source that is valid.
pub(crate) fn source(name: &str, tasks: usize) -> NewConnector {
    let tasks = tasks.to_string();
    let pairs = [("name", name), ("connector.class", "FileStreamSource"), ("topic", "t"), ("tasks.max", &tasks)];
    NewConnector { name: name.to_owned(), config: config(&pairs), initial_state: None, replace: false }
}

pub(crate) fn message<T: std::fmt::Debug>(outcome: Result<T, HerderError>) -> String {
    outcome.unwrap_err().message().to_owned()
}

fn exactly_once_group() -> GroupSettings {
    let keys = ["key.converter", "value.converter", "group.id", "bootstrap.servers", "config.storage.topic"];
    let keys = keys.into_iter().chain(["offset.storage.topic", "status.storage.topic"]);
    let props: BTreeMap<&str, &str> = keys.map(|key| (key, "x")).collect();
    let config = parse_distributed(&props, &AnyClass).unwrap();
    let offsets = StoreSettings::from_worker(&config).unwrap().offsets;
    GroupSettings { group_id: "connect-cluster".to_owned(), exactly_once: true, offsets }
}

fn worker(keeper: &Arc<StatusKeeper>) -> Worker {
    let tables = [aqueduct_connector_file::plugins(), aqueduct_json::plugins(), override_policies()];
    let plugins = Arc::new(Plugins::new(tables.into_iter().flatten().collect()));
    let converter = || ConverterSettings {
        class: "org.apache.kafka.connect.json.JsonConverter".to_owned(),
        props: ConfigMap::new(),
    };
    let policy = plugins.find(PluginKind::OverridePolicy, "All").unwrap();
    let Factory::OverridePolicy { configure } = &policy.factory else { panic!("no policy") };
    let settings = WorkerSettings {
        worker_id: "here:8083".to_owned(),
        cluster_id: String::new(),
        originals: ConfigMap::from([("bootstrap.servers".to_owned(), "127.0.0.1:9".to_owned())]),
        key_converter: converter(),
        value_converter: converter(),
        header_converter: converter(),
        graceful_timeout: Duration::from_secs(5),
        flush_interval: Duration::from_secs(60),
        flush_timeout: Duration::from_secs(5),
        topic_creation: true,
        topic_tracking: true,
        override_policy: configure(&ConfigMap::new()).unwrap().into(),
        metrics_window: Default::default(),
        variables: Arc::new(ConfigTransformer::of_worker(&plugins, &ConfigMap::new()).unwrap()),
    };
    let producers = ProducerPool::new(ProducerSharing::Equal, "");
    let listener = Arc::clone(keeper);
    let runtime = tokio::runtime::Handle::current();
    Worker::new(settings, plugins, Arc::new(MemoryOffsetStore::default()), listener, producers, runtime)
}
