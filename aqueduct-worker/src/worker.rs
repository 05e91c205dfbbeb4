//! The worker: the connectors and tasks that run in this process.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, Factory, Plugin, PluginKind};
use aqueduct_config::connector_config::{self, topics_list, uses_topic_creation};
use aqueduct_jvm::regex::JavaRegex;
use aqueduct_kafka::{Admin, ProducerPool};
use aqueduct_metrics::Registry;
use aqueduct_metrics::groups::{PluginClass, TaskErrorMetrics};
use aqueduct_pipeline::{DeadLetters, SinkPipeline, SourcePipeline};
use aqueduct_plugins::Plugins;
use aqueduct_storage::{OffsetStore, StoredOffsets, TargetState};
use parking_lot::{Mutex, RwLock};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clients::{
    admin_settings, consumer_settings, dead_letter_settings, producer_settings, transactional_settings,
};
use crate::connector::{ConnectorEvents, ConnectorHandle, ConnectorParts, Instance};
use crate::errors::connect_error;
use crate::metering::{MeteredListener, Metering};
use crate::offsets::{GroupSettings, OffsetPlaces, User};
use crate::settings::{ConnectorSettings, SourceSettings, WorkerSettings};
use crate::sink::{BadRecords, DeadLetterQueue, DeadLetterReporter, ErrantRecords, QueueSetUp, SinkRun, Subscription};
use crate::source::{ExactlyOnceGate, ExactlyOnceRun, SourceRun, TopicCreator};
use crate::status::{StatusListener, TaskStatusReporter};
use crate::task::TaskHandle;
use crate::{TaskId, build, client_metering, fencing};

/// How long a connector may take to stop.
const CONNECTOR_STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs connectors and tasks. Methods may be called from any task; for one connector they must not overlap.
pub struct Worker {
    settings: WorkerSettings,
    plugins: Arc<Plugins>,
    offsets: Arc<dyn OffsetStore>,
    /// None for a worker alone.
    group: Option<GroupSettings>,
    listener: Arc<MeteredListener>,
    runtime: tokio::runtime::Handle,
    producers: ProducerPool,
    metering: Arc<Metering>,
    /// Whether the figures of clients are shown.
    client_metrics: bool,
    connectors: Mutex<HashMap<String, ConnectorHandle>>,
    tasks: Mutex<HashMap<TaskId, TaskHandle>>,
}

impl Worker {
    /// A worker without connectors; they and their tasks will run on `runtime`.
    pub fn new(
        settings: WorkerSettings,
        plugins: Arc<Plugins>,
        offsets: Arc<dyn OffsetStore>,
        listener: Arc<dyn StatusListener>,
        producers: ProducerPool,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        let metering = Arc::new(Metering::new(settings.metrics_window));
        let listener =
            Arc::new(MeteredListener { metering: Arc::clone(&metering), next: listener, watchers: RwLock::default() });
        Self {
            settings,
            plugins,
            offsets,
            group: None,
            listener,
            runtime,
            producers,
            metering,
            client_metrics: false,
            connectors: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    /// Shows the figures of the Kafka clients of tasks too. They cost a little: each client counts and tells every few
    /// seconds.
    #[must_use]
    pub fn with_client_metrics(mut self) -> Self {
        self.client_metrics = true;
        let registry = self.metrics().clone();
        self.producers.observe(move |client_id| client_metering::producer(&registry, client_id));
        self
    }

    /// The same worker as one of a group.
    #[must_use]
    pub fn in_group(mut self, group: GroupSettings) -> Self {
        self.group = Some(group);
        self
    }

    /// Whether source tasks write in transactions.
    pub fn writes_exactly_once(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.exactly_once)
    }

    /// Whether the offsets of a source connector are in a topic that it uses with its own clients.
    pub fn has_offsets_of_its_own(&self, config: &ConfigMap) -> bool {
        self.writes_exactly_once()
            || (self.group.is_some() && config.contains_key(connector_config::OFFSETS_STORAGE_TOPIC))
    }

    /// What the worker was started with.
    pub fn settings(&self) -> &WorkerSettings {
        &self.settings
    }

    /// The figures of the worker, its connectors and its tasks.
    pub fn metrics(&self) -> &Registry {
        self.metering.registry()
    }

    /// Tells somebody else of every change too, after the status was put.
    pub fn also_tell(&self, watcher: Arc<dyn StatusListener>) {
        self.listener.watchers.write().push(watcher);
    }

    /// The plugins.
    pub fn plugins(&self) -> &Arc<Plugins> {
        &self.plugins
    }

    /// The store with a source connector's offsets, to look at them.
    ///
    /// # Errors
    /// When the connector's configuration is wrong, or overrides of its Kafka clients are refused.
    pub fn offset_store(&self, name: &str, config: &ConfigMap) -> Result<Arc<dyn OffsetStore>, ConnectError> {
        self.places().store(User::Connector(name), config)
    }

    /// The store with a source connector's offsets, to set them while it is stopped. Where tasks write exactly once, former
    /// tasks have to be [fenced](Self::fence_zombies) before.
    ///
    /// # Errors
    /// As [`Worker::offset_store`].
    pub fn offset_store_to_alter(&self, name: &str, config: &ConfigMap) -> Result<Arc<dyn OffsetStore>, ConnectError> {
        self.places().store_to_alter(name, config)
    }

    /// Shuts out the producers of a source connector's tasks 0 to `tasks` - 1, as they were until now.
    ///
    /// # Errors
    /// When a broker refuses, or does not answer in time.
    pub async fn fence_zombies(&self, name: &str, raw: &ConfigMap, tasks: u32) -> Result<(), ConnectError> {
        match &self.group {
            Some(group) => fencing::fence(&self.settings, group, name, &self.resolved(raw)?, tasks).await,
            None => Ok(()),
        }
    }

    fn places(&self) -> OffsetPlaces<'_> {
        OffsetPlaces { worker: &self.settings, group: self.group.as_ref(), common: &self.offsets }
    }

    /// The plugin of a connector's configuration.
    ///
    /// # Errors
    /// When `connector.class` is missing or names nothing.
    pub fn connector_plugin(&self, config: &ConfigMap) -> Result<&Plugin, ConnectError> {
        let class = config
            .get(connector_config::CONNECTOR_CLASS)
            .ok_or_else(|| aqueduct_config::ConfigError::missing(connector_config::CONNECTOR_CLASS))?;
        self.plugins.connector(class.trim()).map_err(ConnectError::connect)
    }

    /// A configuration with the values of its variables.
    ///
    /// # Errors
    /// What a configuration provider answers.
    pub fn resolved(&self, config: &ConfigMap) -> Result<ConfigMap, ConnectError> {
        self.settings.variables.resolve(config)
    }

    /// Makes a connector instance and brings it into a state.
    ///
    /// # Errors
    /// When the instance cannot be made or does not reach the state; its status is FAILED then.
    pub async fn start_connector(
        &self,
        name: &str,
        config: ConfigMap,
        events: Arc<dyn ConnectorEvents>,
        state: TargetState,
    ) -> Result<(), ConnectError> {
        if self.connectors.lock().contains_key(name) {
            return Err(ConnectError::connect(format!("Connector with name {name} already exists")));
        }
        let parts = self.resolved(&config).and_then(|config| self.connector_parts(name, config, events));
        let parts = parts.inspect_err(|error| {
            self.listener.connector_changed(
                name,
                aqueduct_storage::Status {
                    state: aqueduct_storage::StatusState::Failed,
                    worker_id: self.settings.worker_id.clone(),
                    trace: Some(error.trace()),
                    version: None,
                },
            );
        })?;
        let class = PluginClass { class: parts.class.clone(), version: parts.version.clone() };
        self.metering.connector_added(name, parts.instance.kind_name(), &class);
        let handle = ConnectorHandle::spawn(&self.runtime, parts);
        let reached = handle.transition(state);
        self.connectors.lock().insert(name.to_owned(), handle);
        reached.await
    }

    fn connector_parts(
        &self,
        name: &str,
        config: ConfigMap,
        events: Arc<dyn ConnectorEvents>,
    ) -> Result<ConnectorParts, ConnectError> {
        let plugin = self.connector_plugin(&config)?;
        ConnectorSettings::parse(plugin.kind(), &config)?;
        let (instance, offsets) = match &plugin.factory {
            Factory::Source { connector, .. } => {
                let reader = StoredOffsets::new(name, self.places().store(User::Connector(name), &config)?);
                (Instance::Source(connector()), Some(Arc::new(reader) as _))
            }
            Factory::Sink { connector, .. } => (Instance::Sink(connector()), None),
            _ => return Err(ConnectError::connect(format!("{} is no connector", plugin.class))),
        };
        if matches!(instance, Instance::Source(_)) && self.settings.topic_creation && uses_topic_creation(&config) {
            // The groups are checked here, so that a mistake fails the connector and not each task.
            TopicCreator::check(&config)?;
        }
        Ok(ConnectorParts {
            name: name.to_owned(),
            instance,
            config,
            class: plugin.class.to_string(),
            version: plugin.version.to_string(),
            worker_id: self.settings.worker_id.clone(),
            offsets,
            listener: Arc::clone(&self.listener) as _,
            events,
        })
    }

    /// Brings a connector into a state.
    ///
    /// # Errors
    /// When it does not run here, or does not reach the state.
    pub async fn transition_connector(&self, name: &str, state: TargetState) -> Result<(), ConnectError> {
        let reached = self.connectors.lock().get(name).map(|handle| handle.transition(state));
        match reached {
            Some(reached) => reached.await,
            None => Err(not_running(name)),
        }
    }

    /// Whether a connector runs here.
    pub fn has_connector(&self, name: &str) -> bool {
        self.connectors.lock().contains_key(name)
    }

    /// Stops a connector instance; answers false when it does not run here.
    pub async fn stop_connector(&self, name: &str) -> bool {
        let handle = self.connectors.lock().remove(name);
        match handle {
            Some(handle) => {
                handle.shut_down(Instant::now() + CONNECTOR_STOP_TIMEOUT, name).await;
                self.metering.connector_removed(name);
                true
            }
            None => false,
        }
    }

    /// The task configurations of a connector, with what the framework adds to them.
    ///
    /// # Errors
    /// When the connector does not run here, fails, or makes more tasks than it may.
    pub async fn task_configs(&self, name: &str, raw: &ConfigMap) -> Result<Vec<ConfigMap>, ConnectError> {
        let config = &self.resolved(raw)?;
        let plugin = self.connector_plugin(config)?;
        let settings = ConnectorSettings::parse(plugin.kind(), config)?;
        let asked = self.connectors.lock().get(name).map(|handle| handle.task_configs(settings.tasks_max));
        let mut configs = asked.ok_or_else(|| not_running(name))?.await?;
        settings.check_tasks(name, configs.len())?;
        let (Factory::Source { task_class, .. } | Factory::Sink { task_class, .. }) = &plugin.factory else {
            return Err(ConnectError::connect(format!("{} is no connector", plugin.class)));
        };
        for task in &mut configs {
            task.insert("task.class".into(), task_class.to_string());
            if plugin.kind() == PluginKind::Sink {
                for key in [connector_config::TOPICS, connector_config::TOPICS_REGEX] {
                    if let Some(topics) = config.get(key) {
                        task.insert(key.into(), topics.clone());
                    }
                }
            }
            // What is stored and shown holds no secrets.
            self.settings.variables.unresolve(raw, task);
        }
        Ok(configs)
    }

    /// Starts a task. A failure is its status too.
    ///
    /// # Errors
    /// When the task cannot be made: a class, a converter, a Kafka client.
    pub fn start_task(
        &self,
        id: &TaskId,
        connector_config: &ConfigMap,
        task_config: ConfigMap,
        task_count: usize,
        state: TargetState,
    ) -> Result<(), ConnectError> {
        self.start_task_through(None, id, connector_config, task_config, (task_count, state))
    }

    /// As [`Worker::start_task`], for a worker of a group: a source task that writes exactly once has to pass the gate.
    ///
    /// # Errors
    /// As [`Worker::start_task`].
    pub fn start_task_through(
        &self,
        gate: Option<Arc<dyn ExactlyOnceGate>>,
        id: &TaskId,
        connector_config: &ConfigMap,
        task_config: ConfigMap,
        (task_count, state): (usize, TargetState),
    ) -> Result<(), ConnectError> {
        if self.tasks.lock().contains_key(id) {
            return Err(ConnectError::connect(format!("Task already exists in this worker: {id}")));
        }
        let version = self.connector_plugin(connector_config).map(|plugin| plugin.version.to_string());
        let resolved = || Ok((self.resolved(connector_config)?, self.resolved(&task_config)?));
        let status = TaskStatusReporter {
            id: id.clone(),
            worker_id: self.settings.worker_id.clone(),
            version: version.unwrap_or_default(),
            listener: Arc::clone(&self.listener) as _,
            cancelled: Arc::new(AtomicBool::new(false)),
        };
        let started = resolved().and_then(|(connector, config): (ConfigMap, ConfigMap)| {
            self.spawn_task(&connector, config, (task_count, state), &status, gate)
        });
        match started {
            Ok(handle) => {
                self.tasks.lock().insert(id.clone(), handle);
                Ok(())
            }
            Err(error) => {
                tracing::error!("Failed to start task {id}\n{}", error.trace().trim_end());
                status.failed(&error);
                self.metering.task_removed(id);
                Err(error)
            }
        }
    }

    fn spawn_task(
        &self,
        connector: &ConfigMap,
        config: ConfigMap,
        (task_count, state): (usize, TargetState),
        status: &TaskStatusReporter,
        gate: Option<Arc<dyn ExactlyOnceGate>>,
    ) -> Result<TaskHandle, ConnectError> {
        let id = &status.id;
        let plugin = self.connector_plugin(connector)?;
        let settings = ConnectorSettings::parse(plugin.kind(), connector)?;
        settings.check_tasks(&id.connector, task_count)?;
        let converters = build::converters(&self.plugins, &self.settings, connector)?;
        let chain = build::chain(&self.plugins, connector)?;
        let classes = build::classes(&self.plugins, connector, plugin, &converters);
        let stop = CancellationToken::new();
        let worker = &self.settings;
        let status = status.clone();
        match &plugin.factory {
            Factory::Source { task, .. } => {
                // Clients wake tasks on the runtime that they were made on.
                let _on_the_tasks_runtime = self.runtime.enter();
                let exactly_once = self.group.as_ref().filter(|group| group.exactly_once).zip(gate);
                let client_id = format!("connector-producer-{id}");
                let client = match &exactly_once {
                    Some((group, _)) => {
                        let transactional_id = group.transactional_id(&id.connector, id.task);
                        transactional_settings(worker, connector, client_id, &transactional_id)?
                    }
                    None => producer_settings(worker, connector, client_id)?,
                };
                let producer = self.producers.acquire(&client).map_err(|error| connect_error(&error))?;
                let topics = self.topic_creator(id, connector)?;
                let feeds = self.metering.source_task_added(id, &classes);
                let operator = build::operator(&id.to_string(), &settings, stop.clone(), &feeds.errors, None);
                let pipeline = SourcePipeline::new(chain, converters, operator);
                let (task, track_topics) = (task(), worker.topic_tracking);
                if let Some((group, gate)) = exactly_once {
                    let source = SourceSettings::parse(connector)?;
                    let run = ExactlyOnceRun {
                        task,
                        config,
                        pipeline,
                        producer,
                        topics,
                        offsets: self.places().of_task(group, id, connector)?,
                        gate,
                        boundary: source.boundary,
                        interval: source.interval.unwrap_or(worker.flush_interval),
                        status: status.clone(),
                        track_topics,
                        feeds,
                    };
                    return Ok(TaskHandle::spawn(&self.runtime, state, stop, status, |signals| run.run(signals)));
                }
                let run = Box::new(SourceRun {
                    task,
                    config,
                    pipeline,
                    producer,
                    topics,
                    offsets: self.places().store(User::Task(id), connector)?,
                    status: status.clone(),
                    track_topics,
                    flush_interval: worker.flush_interval,
                    flush_timeout: worker.flush_timeout,
                    feeds,
                });
                Ok(TaskHandle::spawn(&self.runtime, state, stop, status, |signals| run.run(signals)))
            }
            Factory::Sink { task, .. } => {
                let subscription = subscription(&config)?;
                let client = consumer_settings(worker, connector, id)?;
                let _on_the_tasks_runtime = self.runtime.enter();
                let registry = self.client_metrics.then(|| self.metrics());
                let consumer = client_metering::consumer(&client, registry).map_err(|error| connect_error(&error))?;
                let feeds = self.metering.sink_task_added(id, &classes);
                let bad_records = self.bad_records(id, connector, &settings, &stop, &feeds.errors)?;
                let reporter = bad_records.queue.clone().map(|queue| Box::new(DeadLetterReporter(queue)) as _);
                let operator = build::operator(&id.to_string(), &settings, stop.clone(), &feeds.errors, reporter);
                let run = Box::new(SinkRun {
                    task: task(),
                    config,
                    pipeline: SinkPipeline::new(chain, converters, operator),
                    consumer,
                    subscription,
                    status: status.clone(),
                    track_topics: worker.topic_tracking,
                    flush_interval: worker.flush_interval,
                    flush_timeout: worker.flush_timeout,
                    bad_records,
                    feeds,
                });
                Ok(TaskHandle::spawn(&self.runtime, state, stop, status, |signals| run.run(signals)))
            }
            _ => Err(ConnectError::connect(format!("{} is no connector", plugin.class))),
        }
    }

    /// What creates the topics of a source task, where it has rules for that.
    fn topic_creator(&self, id: &TaskId, connector: &ConfigMap) -> Result<Option<TopicCreator>, ConnectError> {
        if !self.settings.topic_creation || !uses_topic_creation(connector) {
            return Ok(None);
        }
        let settings = admin_settings(&self.settings, connector, format!("connector-adminclient-{id}"), true)?;
        let brokers = settings.get("bootstrap.servers").unwrap_or_default().to_owned();
        let admin = Admin::create(&settings).map_err(|error| connect_error(&error))?;
        Ok(Some(TopicCreator::new(admin, brokers, connector)?))
    }

    /// Where the bad records of a sink task go.
    fn bad_records(
        &self,
        id: &TaskId,
        connector: &ConfigMap,
        settings: &ConnectorSettings,
        stop: &CancellationToken,
        errors: &Arc<TaskErrorMetrics>,
    ) -> Result<BadRecords, ConnectError> {
        let (worker, task) = (&self.settings, id.to_string());
        let (mut queue, mut set_up) = (None, None);
        if let Some(dead_letters) = &settings.dead_letters {
            let client = dead_letter_settings(worker, connector, id)?;
            let producer = self.producers.acquire(&client).map_err(|error| connect_error(&error))?;
            let client = admin_settings(worker, connector, "connector-dlq-adminclient-".to_owned(), false)?;
            let admin = Admin::create(&client).map_err(|error| connect_error(&error))?;
            let form = DeadLetters {
                topic: dead_letters.topic.as_str().into(),
                connector: id.connector.clone(),
                task: id.task,
                context_headers: dead_letters.context_headers,
            };
            let letters = DeadLetterQueue::new(form, &producer, stop.clone(), Arc::clone(errors))
                .map_err(|error| connect_error(&error))?;
            queue = Some(Arc::new(letters));
            set_up = Some(QueueSetUp { admin, replication_factor: dead_letters.replication_factor });
        }
        let errant = if queue.is_some() || settings.log_errors {
            let operator = build::operator(&task, settings, stop.clone(), errors, None);
            let converters = build::converters(&self.plugins, worker, connector)?;
            Some(Arc::new(ErrantRecords::new(task, operator, queue.clone(), converters)))
        } else {
            None
        };
        Ok(BadRecords { queue, set_up, errant })
    }

    /// Tells the tasks of a connector which state is wanted of them.
    pub fn transition_tasks(&self, connector: &str, state: TargetState) {
        let tasks = self.tasks.lock();
        for (_, handle) in tasks.iter().filter(|(id, _)| id.connector == connector) {
            handle.transition(state);
        }
    }

    /// Stops tasks: all are told first, then awaited until one deadline.
    pub async fn stop_tasks(&self, ids: &[TaskId]) {
        let handles: Vec<(TaskId, TaskHandle)> = {
            let mut tasks = self.tasks.lock();
            ids.iter().filter_map(|id| Some((id.clone(), tasks.remove(id)?))).collect()
        };
        for (_, handle) in &handles {
            handle.signal_stop();
        }
        let deadline = Instant::now() + self.settings.graceful_timeout;
        for (id, handle) in handles {
            handle.ended_by(deadline, &id.to_string()).await;
            self.metering.task_removed(&id);
        }
    }

    /// The tasks of a connector that were started here, also those that have failed since.
    pub fn tasks_of(&self, connector: &str) -> Vec<TaskId> {
        let mut ids: Vec<TaskId> = self.tasks.lock().keys().filter(|id| id.connector == connector).cloned().collect();
        ids.sort();
        ids
    }

    /// Stops everything, side by side: what hangs costs its time once.
    pub async fn stop(&self) {
        let ids: Vec<TaskId> = self.tasks.lock().keys().cloned().collect();
        let names: Vec<String> = self.connectors.lock().keys().cloned().collect();
        let connectors = futures_util::future::join_all(names.iter().map(|name| self.stop_connector(name)));
        futures_util::future::join(self.stop_tasks(&ids), connectors).await;
    }
}

fn not_running(name: &str) -> ConnectError {
    ConnectError::connect(format!("Connector {name} not found in this worker."))
}

fn subscription(config: &ConfigMap) -> Result<Subscription, ConnectError> {
    connector_config::ensure_valid_topics(config)?;
    let topics = topics_list(config);
    if !topics.is_empty() {
        return Ok(Subscription::Topics(topics));
    }
    let regex = config.get(connector_config::TOPICS_REGEX).map(String::as_str).unwrap_or_default();
    let pattern = JavaRegex::new(regex).map_err(|error| {
        ConnectError::config(format!("Invalid value {regex} for configuration topics.regex: Invalid regex: {error}"))
    })?;
    let fits = move |topic: &str| {
        pattern.try_matches(topic).unwrap_or_else(|error| {
            tracing::error!("Topic {topic} is left out: {error}");
            false
        })
    };
    Ok(Subscription::Pattern(Arc::new(fits)))
}
