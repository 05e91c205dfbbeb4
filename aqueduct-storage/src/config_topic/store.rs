//! The config store on its topic: reads what all workers wrote, and writes for this one.
//!
//! Most records are the leader's to write. A write is done when it was read back, so a snapshot taken after it shows it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind};
use aqueduct_data::Bytes;
use aqueduct_kafka::KafkaError;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::leader::{KafkaLeader, LeaderWriter, MemoryLeader};
use super::record::ConfigRecord;
use super::state::ConfigState;
use super::{ClusterConfigState, ConfigEvent, RestartRequest, SessionKey};
use crate::TargetState;
use crate::kafka_error::connect_error;
use crate::store_settings::StoreSettings;
use crate::topic_json::TopicJson;
use crate::topic_log::kafka::KafkaTopicLog;
use crate::topic_log::memory::MemoryTopic;
use crate::topic_log::{LogReader, TopicLog};

/// How long a write may take, with all that belongs to it.
const WRITE_BUDGET: Duration = Duration::from_secs(30);

/// What the config topic changed, in order. There is no limit to how many may wait: whoever takes them may be waiting for the
/// topic to be read to its end, which the reader could not reach if it had to wait in turn.
pub type ConfigEvents = mpsc::UnboundedReceiver<ConfigEvent>;

/// Why the topic could not be read to its end.
#[derive(Debug, Clone)]
pub enum RefreshError {
    /// It took too long; trying again may help.
    Timeout,
    /// The store was stopped.
    Failed(ConnectError),
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("timed out while reading to the end of the config topic"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RefreshError {}

/// Why the leader could not write.
#[derive(Debug, Clone)]
pub enum ConfigWriteError {
    /// The right to write is lost, or may be: it has to be claimed again before the next write.
    Privileged(ConnectError),
    /// The write failed, or may have.
    Failed(ConnectError),
}

impl ConfigWriteError {
    /// The error itself.
    pub fn into_error(self) -> ConnectError {
        match self {
            Self::Privileged(error) | Self::Failed(error) => error,
        }
    }
}

impl fmt::Display for ConfigWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Privileged(error) | Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConfigWriteError {}

/// The config store of the distributed mode. Clones are the same store.
#[derive(Clone)]
pub struct KafkaConfigStore(Arc<Inner>);

struct Inner {
    log: Arc<dyn TopicLog>,
    json: TopicJson,
    state: Arc<Mutex<ConfigState>>,
    /// How the leader writes, where it has to be the only one; else as everybody.
    leader: Option<Box<dyn LeaderWriter>>,
}

impl KafkaConfigStore {
    /// Opens the store: creates its topic if there is none, and reads everything that is in it. What is read in doing so is
    /// not told as events.
    ///
    /// # Errors
    /// When the topic cannot be used, or the broker refuses us.
    pub async fn start(settings: &StoreSettings) -> Result<(Self, ConfigEvents), ConnectError> {
        let (state, reader, events) = reading();
        let log = KafkaTopicLog::open(&settings.configs, reader).await?;
        let leader = settings.leader.clone().map(|leader| KafkaLeader::new(&settings.configs.topic, leader));
        Ok((Self::new(log, state, leader.map(|leader| Box::new(leader) as _)), events))
    }

    /// A store on a topic in memory, for tests: each one is that of a worker.
    pub fn in_memory(topic: &MemoryTopic) -> (Self, ConfigEvents) {
        let (state, reader, events) = reading();
        (Self::new(topic.open(reader), state, None), events)
    }

    /// As [`KafkaConfigStore::in_memory`], for the worker of a group whose leader has to be the only one that writes.
    pub fn in_memory_with_one_leader(topic: &MemoryTopic) -> (Self, ConfigEvents) {
        let (state, reader, events) = reading();
        (Self::new(topic.open(reader), state, Some(Box::new(MemoryLeader::new(topic)))), events)
    }

    fn new(log: Arc<dyn TopicLog>, state: Arc<Mutex<ConfigState>>, leader: Option<Box<dyn LeaderWriter>>) -> Self {
        Self(Arc::new(Inner { log, json: TopicJson::new(), state, leader }))
    }

    /// What the topic said up to the last record that was read.
    pub fn snapshot(&self) -> Arc<ClusterConfigState> {
        self.0.state.lock().snapshot()
    }

    /// Whether a connector has a configuration.
    pub fn contains(&self, connector: &str) -> bool {
        self.snapshot().contains(connector)
    }

    /// Reads up to the present end of the topic.
    ///
    /// # Errors
    /// When that takes longer than `timeout`, or the store was stopped.
    pub async fn refresh(&self, timeout: Duration) -> Result<(), RefreshError> {
        match tokio::time::timeout(timeout, self.0.log.read_to_end()).await {
            Err(_) => Err(RefreshError::Timeout),
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let failure = ConnectError::connect("Error trying to read to end of config log");
                Err(RefreshError::Failed(failure.caused_by(connect_error(&error))))
            }
        }
    }

    /// Makes this worker, which has become the leader, the only one that may write what is the leader's. Without exactly-once
    /// sources nothing keeps a former leader from writing, and nothing has to be done.
    ///
    /// # Errors
    /// When the broker refuses, or does not answer within `max.block.ms`.
    pub async fn claim_write_privileges(&self) -> Result<(), ConnectError> {
        match &self.0.leader {
            Some(leader) => leader.claim().await,
            None => Ok(()),
        }
    }

    /// Whether this worker has to [claim](Self::claim_write_privileges) the right to write before it writes as the leader:
    /// it never did, or has lost it.
    pub fn lacks_write_privileges(&self) -> bool {
        self.0.leader.as_ref().is_some_and(|leader| !leader.has_claim())
    }

    /// Gives up the right to write as the leader, which another worker is by now.
    pub fn release_write_privileges(&self) {
        if let Some(leader) = &self.0.leader {
            leader.release();
        }
    }

    /// Writes a connector's configuration, and before it the state that it is to begin in, if one is given.
    ///
    /// # Errors
    /// When it was not written and read back in time; it may yet appear.
    pub async fn put_connector_config(
        &self,
        connector: &str,
        config: &ConfigMap,
        state: Option<TargetState>,
    ) -> Result<(), ConfigWriteError> {
        let write = self.within("Error writing connector configuration to Kafka");
        let state = state.map(|state| ConfigRecord::TargetState(connector.into(), Some(state)));
        let config = ConfigRecord::Connector(connector.into(), Some(config.clone()));
        write.as_leader(state.into_iter().chain([config])).await?;
        write.read_to_end().await
    }

    /// Deletes a connector's configuration and target state.
    ///
    /// # Errors
    /// As [`KafkaConfigStore::put_connector_config`].
    pub async fn remove_connector_config(&self, connector: &str) -> Result<(), ConfigWriteError> {
        let write = self.within("Error removing connector configuration from Kafka");
        let config = ConfigRecord::Connector(connector.into(), None);
        let state = ConfigRecord::TargetState(connector.into(), None);
        write.as_leader([config, state]).await?;
        write.read_to_end().await
    }

    /// Writes the configurations of all tasks of a connector and then the record that puts them into force; none at all stops
    /// every task.
    ///
    /// # Errors
    /// As [`KafkaConfigStore::put_connector_config`]. Whoever reads a set that was written in part waits for the next one.
    pub async fn put_task_configs(&self, connector: &str, configs: &[ConfigMap]) -> Result<(), ConfigWriteError> {
        let mut write = self.within("Error writing root configuration to Kafka");
        // What another leader may have begun comes first.
        write.read_to_end().await?;
        let count = u32::try_from(configs.len()).expect("task numbers are 32 bits wide");
        if count > 0 {
            let tasks =
                (0..).zip(configs).map(|(task, config)| ConfigRecord::Task(connector.into(), task, config.clone()));
            write.failure = "Error writing task configurations to Kafka";
            write.as_leader(tasks).await?;
            write.failure = "Error writing root configuration to Kafka";
            write.read_to_end().await?;
        }
        write.as_leader([ConfigRecord::Commit(connector.into(), count)]).await?;
        write.read_to_end().await
    }

    /// Writes a new key for requests between workers.
    ///
    /// # Errors
    /// When it was not written in time; it may yet appear.
    pub async fn put_session_key(&self, key: &SessionKey) -> Result<(), ConfigWriteError> {
        self.within("Error writing session key to Kafka").as_leader([ConfigRecord::SessionKey(key.clone())]).await
    }

    /// Writes a restart request, which every worker carries out for what runs there.
    ///
    /// # Errors
    /// When it was not written in time; it may yet appear.
    pub async fn put_restart_request(&self, request: &RestartRequest) -> Result<(), ConfigWriteError> {
        let failure = format!("Error writing {request} to Kafka");
        self.within(&failure).as_leader([ConfigRecord::Restart(request.clone())]).await
    }

    /// Writes how many tasks' producers have to be fenced before a new set of tasks may begin.
    ///
    /// # Errors
    /// When it was not written in time; it may yet appear.
    pub async fn put_task_count_record(&self, connector: &str, tasks: u32) -> Result<(), ConfigWriteError> {
        let record = ConfigRecord::TaskCount(connector.into(), tasks);
        self.within("Error writing task count record to Kafka").as_leader([record]).await
    }

    /// Writes the state that the user wants a connector to be in. Any worker may; it is not waited for until it was read back.
    ///
    /// # Errors
    /// When it was not written in time; it may yet appear.
    pub async fn put_target_state(&self, connector: &str, state: TargetState) -> Result<(), ConnectError> {
        let record = ConfigRecord::TargetState(connector.into(), Some(state));
        let written = self.within("Error writing target state to Kafka").records([record]).await;
        written.map_err(ConfigWriteError::into_error)
    }

    /// Writes the level of a logger, which every worker sets. Any worker may.
    ///
    /// # Errors
    /// When it was not written in time; it may yet appear.
    pub async fn put_logger_level(&self, logger: &str, level: &str) -> Result<(), ConnectError> {
        let record = ConfigRecord::Logger(logger.into(), level.into());
        let written = self.within("Error writing logger level to Kafka").records([record]).await;
        written.map_err(ConfigWriteError::into_error)
    }

    /// Waits a while for records under way, then ends reading and writing.
    pub async fn stop(&self) {
        self.0.log.stop().await;
    }

    fn within<'a>(&'a self, failure: &'a str) -> Write<'a> {
        Write { store: &self.0, deadline: Instant::now() + WRITE_BUDGET, failure }
    }
}

/// A state, the reader that keeps it, and what the reader tells.
fn reading() -> (Arc<Mutex<ConfigState>>, LogReader, ConfigEvents) {
    let state = Arc::new(Mutex::new(ConfigState::default()));
    let (sender, events) = mpsc::unbounded_channel();
    let json = TopicJson::new();
    let kept = Arc::clone(&state);
    let reader = Box::new(move |record: crate::topic_log::LogRecord, live: bool| {
        let value = json.read(record.value);
        let event = kept.lock().apply(record.offset, record.key.as_deref(), value);
        if let Some(event) = event.filter(|_| live) {
            // Nobody has to listen.
            let _ = sender.send(event);
        }
    });
    (state, reader, events)
}

/// One write of several steps, which share the time.
struct Write<'a> {
    store: &'a Inner,
    deadline: Instant,
    /// What Java says when it fails.
    failure: &'a str,
}

impl Write<'_> {
    /// Writes records that are the leader's to write: in a transaction, where it has to be the only one.
    async fn as_leader(&self, records: impl IntoIterator<Item = ConfigRecord>) -> Result<(), ConfigWriteError> {
        let Some(leader) = &self.store.leader else { return self.records(records).await };
        let records = records.into_iter().map(|record| self.bytes(record)).collect();
        let cause = match timeout_at(self.deadline, leader.write(records)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => too_late(),
        };
        // Whether it was written nobody knows: only another claim ends what may still be under way.
        leader.release();
        let failure = ConnectError::connect("Failed to perform fencable send to config topic").caused_by(cause);
        Err(ConfigWriteError::Privileged(ConnectError::connect(self.failure).caused_by(failure)))
    }

    /// Writes records that any worker may write, and waits until they are safe.
    async fn records(&self, records: impl IntoIterator<Item = ConfigRecord>) -> Result<(), ConfigWriteError> {
        let sent: Vec<_> = records
            .into_iter()
            .map(|record| {
                let (key, value) = self.bytes(record);
                self.store.log.send(key, value)
            })
            .collect();
        for record in sent {
            self.step(record).await?;
        }
        Ok(())
    }

    fn bytes(&self, record: ConfigRecord) -> (Bytes, Option<Bytes>) {
        (Bytes::from(record.key()), record.value().map(|value| self.store.json.write(value)))
    }

    async fn read_to_end(&self) -> Result<(), ConfigWriteError> {
        self.step(self.store.log.read_to_end()).await
    }

    async fn step(&self, step: impl Future<Output = Result<(), KafkaError>>) -> Result<(), ConfigWriteError> {
        let cause = match timeout_at(self.deadline, step).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => connect_error(&error),
            Err(_) => too_late(),
        };
        Err(ConfigWriteError::Failed(ConnectError::connect(self.failure).caused_by(cause)))
    }
}

fn too_late() -> ConnectError {
    let message = format!("no answer within {} ms", WRITE_BUDGET.as_millis());
    ConnectError::with_kind(ErrorKind::Retriable, message).with_class("java.util.concurrent.TimeoutException")
}
