//! What a distributed worker's properties say about its three stores: their topics, and the Kafka clients that serve them.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aqueduct_config::worker_config::{self as keys, ExactlyOnceSources, internal_topic_settings};
use aqueduct_config::{ConfigDef, ConfigError, ParsedConfig, client_config};
use aqueduct_kafka::client_config::scopes::{InternalTopic, WorkerScopes};
use aqueduct_kafka::{Admin, ClientSettings, KafkaError};
use parking_lot::Mutex;

/// The settings of the stores of a distributed worker.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Connector configurations (`config.storage.*`).
    pub configs: TopicSettings,
    /// Source offsets (`offset.storage.*`).
    pub offsets: TopicSettings,
    /// Statuses of connectors and tasks (`status.storage.*`).
    pub statuses: TopicSettings,
    /// The producer of a leader that has to be the only one (`exactly.once.source.support`).
    pub leader: Option<ClientSettings>,
}

/// One topic, and the clients that serve it.
#[derive(Debug, Clone)]
pub struct TopicSettings {
    /// The topic's name.
    pub topic: String,
    /// The worker key that names it, for messages.
    pub(crate) key: &'static str,
    /// What it holds, for messages.
    pub(crate) purpose: &'static str,
    /// Whether it may have one partition only.
    pub(crate) single_partition: bool,
    /// How many partitions a new topic gets; `None` for the broker's default (-1).
    pub(crate) partitions: Option<i32>,
    /// How many replicas; `None` for the broker's default (-1).
    pub(crate) replication_factor: Option<i16>,
    /// The settings of a new topic.
    pub(crate) configs: BTreeMap<String, String>,
    pub(crate) producer: ClientSettings,
    pub(crate) consumer: ClientSettings,
    pub(crate) admin: SharedAdmin,
    /// How long creating the topic may take (`default.api.timeout.ms`).
    pub(crate) api_timeout: Duration,
    /// The pause between attempts (`retry.backoff.ms`).
    pub(crate) retry_backoff: Duration,
}

/// One admin client for all stores of a worker, while one of them has it (`SharedTopicAdmin`).
#[derive(Clone)]
pub(crate) struct SharedAdmin {
    settings: ClientSettings,
    client: Arc<Mutex<Weak<Admin>>>,
}

impl SharedAdmin {
    fn new(settings: ClientSettings) -> Self {
        Self { settings, client: Arc::default() }
    }

    /// The client, made if nobody has it.
    pub(crate) fn acquire(&self) -> Result<Arc<Admin>, KafkaError> {
        let mut client = self.client.lock();
        if let Some(client) = client.upgrade() {
            return Ok(client);
        }
        let new = Arc::new(Admin::create(&self.settings)?);
        *client = Arc::downgrade(&new);
        Ok(new)
    }
}

impl std::fmt::Debug for SharedAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(f)
    }
}

impl StoreSettings {
    /// The settings in a distributed worker's configuration.
    ///
    /// # Errors
    /// When a topic has no name.
    pub fn from_worker(config: &ParsedConfig) -> Result<Self, ConfigError> {
        let workers = Workers::of(config)?;
        let mut configs = workers.topic(
            InternalTopic::Configs,
            (keys::CONFIG_STORAGE_TOPIC, "connector configurations"),
            "config.storage.",
            "Must specify topic for connector configuration.",
        )?;
        configs.single_partition = true;
        configs.partitions = Some(1);
        configs.replication_factor = replication(config, keys::CONFIG_STORAGE_REPLICATION_FACTOR)?;
        let mut offsets = workers.topic(
            InternalTopic::Offsets,
            (keys::OFFSET_STORAGE_TOPIC, "source connector offsets"),
            "offset.storage.",
            "Offset storage topic must be specified",
        )?;
        offsets.partitions = partitions(config, keys::OFFSET_STORAGE_PARTITIONS)?;
        offsets.replication_factor = replication(config, keys::OFFSET_STORAGE_REPLICATION_FACTOR)?;
        let mut statuses = workers.topic(
            InternalTopic::Statuses,
            (keys::STATUS_STORAGE_TOPIC, "connector and task statuses"),
            "status.storage.",
            "Must specify topic for connector status.",
        )?;
        statuses.partitions = partitions(config, keys::STATUS_STORAGE_PARTITIONS)?;
        statuses.replication_factor = replication(config, keys::STATUS_STORAGE_REPLICATION_FACTOR)?;
        Ok(Self { configs, offsets, statuses, leader: workers.leader() })
    }
}

impl TopicSettings {
    /// The same for a topic of one connector: made with the worker's settings, and served by the connector's clients.
    #[must_use]
    pub fn for_connector(&self, topic: &str, clients: ConnectorClients) -> Self {
        Self {
            topic: topic.to_owned(),
            producer: clients.producer,
            consumer: clients.consumer,
            admin: SharedAdmin::new(clients.admin),
            ..self.clone()
        }
    }
}

/// The clients that serve a connector's own topic.
#[derive(Debug, Clone)]
pub struct ConnectorClients {
    /// Writes.
    pub producer: ClientSettings,
    /// Reads.
    pub consumer: ClientSettings,
    /// Looks for the topic, and makes it.
    pub admin: ClientSettings,
}

/// A worker's properties, and what follows from them for all three topics.
struct Workers<'a> {
    config: &'a ParsedConfig,
    properties: BTreeMap<String, String>,
    admin: SharedAdmin,
    exactly_once: ExactlyOnceSources,
}

impl<'a> Workers<'a> {
    fn of(config: &'a ParsedConfig) -> Result<Self, ConfigError> {
        let given = config.originals().iter();
        let properties = given.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
        let admin = known_only(WorkerScopes::new(&properties).internal_admin(), &client_config::admin());
        let exactly_once = ExactlyOnceSources::from_worker(config)?;
        Ok(Self { config, properties, admin: SharedAdmin::new(admin), exactly_once })
    }

    /// The producer of the leader, where it has to be the only one.
    fn leader(&self) -> Option<ClientSettings> {
        if !self.exactly_once.fences_leaders() {
            return None;
        }
        let producer = WorkerScopes::new(&self.properties).leader_producer();
        for warning in &producer.warnings {
            tracing::warn!("{warning}");
        }
        Some(known_only(producer.settings, &client_config::producer()))
    }

    /// The settings of a topic that is named by a `key` and serves a purpose.
    fn topic(
        &self,
        which: InternalTopic,
        (key, purpose): (&'static str, &'static str),
        prefix: &str,
        unnamed: &str,
    ) -> Result<TopicSettings, ConfigError> {
        let topic = self.config.string(key)?;
        if topic.trim().is_empty() {
            return Err(ConfigError::new(unnamed));
        }
        let scopes = WorkerScopes::new(&self.properties);
        let producer = known_only(scopes.internal_producer(which), &client_config::producer());
        let consumer = scopes.internal_consumer(which, self.exactly_once.is_enabled());
        for warning in &consumer.warnings {
            tracing::warn!("{warning}");
        }
        let consumer = known_only(consumer.settings, &client_config::consumer());
        let configs = internal_topic_settings(self.config, prefix);
        let mut configs: BTreeMap<String, String> =
            configs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        configs.insert("cleanup.policy".into(), "compact".into());
        Ok(TopicSettings {
            topic: topic.to_owned(),
            key,
            purpose,
            single_partition: false,
            partitions: None,
            replication_factor: None,
            configs,
            producer,
            consumer,
            api_timeout: self.admin.settings.millis("default.api.timeout.ms").unwrap_or(Duration::from_secs(60)),
            retry_backoff: self.admin.settings.millis("retry.backoff.ms").unwrap_or(Duration::from_millis(100)),
            admin: self.admin.clone(),
        })
    }
}

/// Without the worker's properties that this kind of client does not know. Java hands each client all of them; those about
/// the worker or about its connectors would only be said to be of no use.
fn known_only(mut settings: ClientSettings, known: &ConfigDef) -> ClientSettings {
    settings.retain(|key| known.key(key).is_some());
    settings
}

fn partitions(config: &ParsedConfig, key: &str) -> Result<Option<i32>, ConfigError> {
    Ok(Some(config.int(key)?).filter(|partitions| *partitions > 0))
}

fn replication(config: &ParsedConfig, key: &str) -> Result<Option<i16>, ConfigError> {
    Ok(Some(config.short(key)?).filter(|replicas| *replicas > 0))
}

#[cfg(test)]
impl TopicSettings {
    pub(crate) fn for_tests(topic: &str, key: &'static str, purpose: &'static str) -> Self {
        TopicSettings {
            topic: topic.into(),
            key,
            purpose,
            single_partition: false,
            partitions: None,
            replication_factor: None,
            configs: BTreeMap::new(),
            producer: ClientSettings::default(),
            consumer: ClientSettings::default(),
            admin: SharedAdmin::new(ClientSettings::default()),
            api_timeout: Duration::from_secs(60),
            retry_backoff: Duration::from_millis(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_config::AnyClass;
    use aqueduct_config::worker_config::parse_distributed;

    use super::*;

    fn settings(more: &[(&'static str, &'static str)]) -> Result<StoreSettings, ConfigError> {
        let mut props = BTreeMap::from([
            ("bootstrap.servers", "b:9092"),
            ("key.converter", "a.Converter"),
            ("value.converter", "a.Converter"),
            ("group.id", "g"),
            ("config.storage.topic", "c"),
            ("offset.storage.topic", "o"),
            ("status.storage.topic", "s"),
        ]);
        props.extend(more.iter().copied());
        StoreSettings::from_worker(&parse_distributed(&props, &AnyClass)?)
    }

    #[test]
    fn topics_have_javas_defaults() {
        let settings = settings(&[]).unwrap();
        let of = |topic: &TopicSettings| (topic.partitions, topic.replication_factor);
        assert_eq!(of(&settings.configs), (Some(1), Some(3)));
        assert_eq!(of(&settings.offsets), (Some(25), Some(3)));
        assert_eq!(of(&settings.statuses), (Some(5), Some(3)));
        assert_eq!(settings.statuses.configs, BTreeMap::from([("cleanup.policy".into(), "compact".into())]));
    }

    #[test]
    fn minus_one_leaves_it_to_the_broker() {
        let settings = settings(&[
            ("offset.storage.partitions", "-1"),
            ("offset.storage.replication.factor", "-1"),
            ("offset.storage.min.insync.replicas", "2"),
            ("offset.storage.cleanup.policy", "delete"),
        ])
        .unwrap();
        assert_eq!((settings.offsets.partitions, settings.offsets.replication_factor), (None, None));
        assert_eq!(settings.offsets.configs["min.insync.replicas"], "2");
        assert_eq!(settings.offsets.configs["cleanup.policy"], "compact");
    }

    #[test]
    fn clients_have_javas_names() {
        let ids = |settings: StoreSettings| {
            [&settings.configs, &settings.offsets, &settings.statuses]
                .map(|topic| format!("{} {}", topic.producer.client_id(), topic.consumer.client_id()))
        };
        assert_eq!(
            ids(settings(&[]).unwrap()),
            ["g-configs g-configs", "g-offsets g-offsets", "g-statuses g-statuses"]
        );
        assert_eq!(ids(settings(&[("client.id", "me")]).unwrap())[0], "g-me-configs g-me-configs");
        assert!(settings(&[]).unwrap().leader.is_none());
        assert!(settings(&[("exactly.once.source.support", "preparing")]).unwrap().leader.is_some());
        assert_eq!(settings(&[]).unwrap().configs.admin.settings.client_id(), "g-shared-admin");
    }

    #[test]
    fn clients_get_what_they_know_of_the_workers_own_properties() {
        let settings = settings(&[
            ("linger.ms", "7"),
            ("security.protocol", "SSL"),
            ("enable.idempotence", "true"),
            ("producer.linger.ms", "9"),
            ("exactly.once.source.support", "ENABLED"),
        ])
        .unwrap();
        let producer = &settings.configs.producer;
        assert_eq!(producer.get("linger.ms"), Some("7"));
        assert_eq!(producer.get("enable.idempotence"), Some("false"));
        assert_eq!(producer.get("delivery.timeout.ms"), Some("2147483647"));
        assert_eq!(producer.get("config.storage.topic"), None);
        assert_eq!(settings.statuses.producer.get("retries"), Some("0"));
        assert_eq!(settings.configs.consumer.get("group.id"), Some("g"));
        assert_eq!(settings.configs.consumer.get("isolation.level"), Some("read_committed"));
        let leader = settings.leader.as_ref().unwrap();
        assert_eq!(leader.get("transactional.id"), Some("connect-cluster-g"));
        assert_eq!(leader.get("enable.idempotence"), Some("true"));
        assert_eq!(leader.client_id(), "g-configs-leader");
        assert_eq!(settings.statuses.consumer.get("isolation.level"), None);
        assert_eq!(settings.offsets.admin.settings.get("security.protocol"), Some("SSL"));
    }

    #[test]
    fn a_topic_needs_a_name() {
        let check = |key, expect: &str| assert_eq!(settings(&[(key, "  ")]).unwrap_err().message(), expect);
        check("config.storage.topic", "Must specify topic for connector configuration.");
        check("offset.storage.topic", "Offset storage topic must be specified");
        check("status.storage.topic", "Must specify topic for connector status.");
    }
}
