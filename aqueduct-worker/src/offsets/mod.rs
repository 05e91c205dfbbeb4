//! Where the offsets of a source connector are: in the worker's store, or in a topic of the connector's own
//! (`offsets.storage.topic`) over the worker's; and how they get there when they are written exactly once.
//!
//! Only workers of a group have topics for offsets; a worker alone has its file for all connectors.

mod transactional;

use std::collections::BTreeSet;
use std::sync::Arc;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_kafka::ClientSettings;
use aqueduct_storage::{
    ConnectorClients, KafkaOffsetStore, LateOffsetStore, OffsetEntries, OffsetStore, TieredOffsetStore, TopicSettings,
};

use crate::TaskId;
use crate::clients::{admin_settings, offsets_consumer_settings, producer_settings, transactional_settings};
use crate::settings::{SourceSettings, WorkerSettings};
use transactional::TransactionalOffsets;

/// What a worker knows as one of a group, and one alone does not.
#[derive(Debug, Clone)]
pub struct GroupSettings {
    /// `group.id`
    pub group_id: String,
    /// Whether source tasks write in transactions (`exactly.once.source.support=enabled`).
    pub exactly_once: bool,
    /// The topic of the worker's offset store, and how such topics are made.
    pub offsets: TopicSettings,
}

impl GroupSettings {
    /// The transactional id of a source task's producer.
    pub(crate) fn transactional_id(&self, connector: &str, task: u32) -> String {
        format!("{}-{connector}-{task}", self.group_id)
    }
}

/// A connector's own store over the worker's, opened when it is needed.
type OwnOffsets = LateOffsetStore<TieredOffsetStore>;

/// Who uses a connector's offsets; the Kafka clients are named after it.
#[derive(Clone, Copy)]
pub(crate) enum User<'a> {
    /// The connector itself, or somebody who looks at its offsets.
    Connector(&'a str),
    /// One of its tasks.
    Task(&'a TaskId),
}

impl User<'_> {
    fn connector(&self) -> &str {
        match self {
            Self::Connector(name) => name,
            Self::Task(id) => &id.connector,
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Connector(name) => (*name).to_owned(),
            Self::Task(id) => id.to_string(),
        }
    }
}

/// Finds the stores of connectors' offsets.
#[derive(Clone, Copy)]
pub(crate) struct OffsetPlaces<'a> {
    pub(crate) worker: &'a WorkerSettings,
    pub(crate) group: Option<&'a GroupSettings>,
    pub(crate) common: &'a Arc<dyn OffsetStore>,
}

impl OffsetPlaces<'_> {
    /// The store that a connector's offsets are read from, and written to at least once.
    ///
    /// # Errors
    /// When the connector's client overrides are refused.
    pub(crate) fn store(&self, user: User<'_>, config: &ConfigMap) -> Result<Arc<dyn OffsetStore>, ConnectError> {
        match self.own(user, config)? {
            Some(own) => Ok(own),
            None => Ok(Arc::clone(self.common)),
        }
    }

    /// The store with which somebody sets a connector's offsets while it is stopped. Exactly once, that takes the place of
    /// its first task.
    ///
    /// # Errors
    /// As [`OffsetPlaces::store`].
    pub(crate) fn store_to_alter(&self, name: &str, config: &ConfigMap) -> Result<Arc<dyn OffsetStore>, ConnectError> {
        let user = User::Connector(name);
        let Some(group) = self.group.filter(|group| group.exactly_once) else { return self.store(user, config) };
        let first = TaskId::new(name, 0);
        let offsets = self.of_task(group, &first, config)?;
        let id = group.transactional_id(name, 0);
        let producer = transactional_settings(self.worker, config, format!("connector-producer-{first}"), &id)?;
        Ok(Arc::new(TransactionalOffsets::new(offsets, producer)))
    }

    /// The offsets of a task that writes exactly once.
    ///
    /// # Errors
    /// As [`OffsetPlaces::store`].
    pub(crate) fn of_task(
        &self,
        group: &GroupSettings,
        id: &TaskId,
        config: &ConfigMap,
    ) -> Result<TaskOffsets, ConnectError> {
        let topic = SourceSettings::parse(config)?.offsets_topic.unwrap_or_else(|| group.offsets.topic.clone());
        let own = self.own(User::Task(id), config)?;
        Ok(TaskOffsets { topic, own, common: Arc::clone(self.common) })
    }

    /// The store over the worker's, where the connector's offsets are not in the worker's topic.
    fn own(&self, user: User<'_>, config: &ConfigMap) -> Result<Option<Arc<OwnOffsets>>, ConnectError> {
        let Some(group) = self.group else { return Ok(None) };
        let named = SourceSettings::parse(config)?.offsets_topic;
        if named.is_none() && !group.exactly_once {
            return Ok(None);
        }
        let (name, id) = (user.connector(), user.id());
        let topic = named.unwrap_or_else(|| group.offsets.topic.clone());
        let client_id = match user {
            User::Connector(_) => format!("connector-offset-producer-{id}"),
            User::Task(_) => format!("connector-producer-{id}"),
        };
        let producer = producer_settings(self.worker, config, client_id)?;
        // The worker's topic on the worker's cluster: its store has read it already.
        if topic == group.offsets.topic && self.is_our_cluster(&producer) {
            return Ok(None);
        }
        let clients = ConnectorClients {
            producer,
            consumer: offsets_consumer_settings(
                self.worker,
                config,
                name,
                format!("connector-consumer-{id}"),
                group.exactly_once,
            )?,
            admin: admin_settings(self.worker, config, format!("connector-adminclient-{id}"), true)?,
        };
        let topic = group.offsets.for_connector(&topic, clients);
        let (common, exactly_once) = (Arc::clone(self.common), group.exactly_once);
        Ok(Some(Arc::new(LateOffsetStore::new(move || {
            let (topic, common) = (topic.clone(), Arc::clone(&common));
            Box::pin(async move {
                // Exactly once, tasks write with their own producers.
                let upper = match exactly_once {
                    true => KafkaOffsetStore::open_to_read(&topic).await?,
                    false => KafkaOffsetStore::open(&topic).await?,
                };
                Ok(TieredOffsetStore::new(Arc::new(upper), common))
            })
        }))))
    }

    /// Whether a client goes to the brokers that the worker itself uses, as far as their names tell.
    fn is_our_cluster(&self, client: &ClientSettings) -> bool {
        let servers = |list: Option<&str>| -> BTreeSet<String> {
            list.unwrap_or_default().split(',').map(|server| server.trim().to_owned()).collect()
        };
        let ours = self.worker.originals.get("bootstrap.servers").map(String::as_str);
        servers(client.get("bootstrap.servers")) == servers(ours)
    }
}

/// The offsets of one task that writes them itself, in its transactions.
pub(crate) struct TaskOffsets {
    topic: String,
    own: Option<Arc<OwnOffsets>>,
    common: Arc<dyn OffsetStore>,
}

impl TaskOffsets {
    /// The topic that they are written to.
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// Where they are read.
    pub(crate) fn store(&self) -> Arc<dyn OffsetStore> {
        match &self.own {
            Some(own) => Arc::clone(own) as _,
            None => Arc::clone(&self.common),
        }
    }

    /// Makes sure that they can be read.
    ///
    /// # Errors
    /// When the topic cannot be used.
    pub(crate) async fn open(&self) -> Result<(), ConnectError> {
        match &self.own {
            Some(own) => own.opened().await.map(drop),
            None => Ok(()),
        }
    }

    /// What has to be done before these are written: see [`TieredOffsetStore::forget_below`].
    ///
    /// # Errors
    /// When it could not be done.
    pub(crate) async fn before(&self, offsets: &OffsetEntries) -> Result<(), ConnectError> {
        match &self.own {
            Some(own) => own.opened().await?.forget_below(offsets).await,
            None => Ok(()),
        }
    }

    /// These are committed: workers that know only the common store shall find them too.
    pub(crate) async fn committed(&self, offsets: OffsetEntries) {
        if let Some(own) = &self.own
            && let Ok(tiers) = own.opened().await
        {
            tiers.copy_below(offsets);
        }
    }
}
