//! What is mirrored at present, and the work on it: topics are looked for at the source, made at the target and kept like
//! their originals.
//!
//! All of it runs on the connector's [`Schedule`](crate::schedule::Schedule), one piece at a time; tasks are divided by what
//! is known then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use aqueduct_api::{ConnectError, ConnectorContext, TopicPartition};
use aqueduct_kafka::raw::AclBinding;
use aqueduct_kafka::{ErrorKind as Kafka, NewTopic};
use parking_lot::Mutex;

use super::{acls, assignment, configs};
use crate::filters::{ConfigFilter, NameFilter};
use crate::settings::clients::Cluster;
use crate::settings::{Settings, keys};
use crate::topics::{ClusterAdmin, Partitions};
use crate::trouble::from_kafka;

/// The code of a partition count that is there already; somebody else was quicker.
const INVALID_PARTITIONS: &str = "org.apache.kafka.common.errors.InvalidPartitionsException";

/// The mirror of one connector.
pub(crate) struct Replication {
    settings: Settings,
    source: ClusterAdmin,
    target: ClusterAdmin,
    topics: NameFilter,
    configs: ConfigFilter,
    heartbeats: bool,
    replication_factor: i16,
    checkpoints_topic: String,
    context: ConnectorContext,
    known: Mutex<Known>,
    /// It was said that the source has no access control lists.
    no_authorizer: AtomicBool,
}

#[derive(Default)]
struct Known {
    /// Partitions of the source that are mirrored.
    source: Partitions,
    /// Partitions of the target that come from the source.
    target: Partitions,
}

impl Replication {
    pub(crate) fn new(settings: Settings, context: ConnectorContext) -> Result<Self, ConnectError> {
        // Java cuts off what is too large for a SHORT.
        #[allow(clippy::cast_possible_truncation, reason = "a cast to short does the same")]
        let replication_factor = settings.int(keys::REPLICATION_FACTOR)? as i16;
        Ok(Self {
            source: ClusterAdmin::connect(&settings, Cluster::Source, "replication-source-admin")?,
            target: ClusterAdmin::connect(&settings, Cluster::Target, "replication-target-admin")?,
            topics: settings.topic_filter()?,
            configs: settings.config_filter()?,
            heartbeats: settings.flag(keys::HEARTBEATS_REPLICATION)?,
            replication_factor,
            checkpoints_topic: settings.checkpoints_topic(),
            context,
            known: Mutex::default(),
            no_authorizer: AtomicBool::new(false),
            settings,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The partitions to copy, in the order in which they are dealt out.
    pub(crate) fn partitions(&self) -> Vec<TopicPartition> {
        assignment::in_order(&self.known.lock().source)
    }

    /// Makes the topic of offset syncs, on whichever cluster has it.
    pub(crate) async fn create_offset_syncs_topic(&self) -> Result<(), ConnectError> {
        if !self.settings.flag(keys::EMIT_OFFSET_SYNCS)? {
            return Ok(());
        }
        let (cluster, role) = match self.settings.offset_syncs_at_source()? {
            true => (Cluster::Source, "offset-syncs-source-admin"),
            false => (Cluster::Target, "offset-syncs-target-admin"),
        };
        let admin = ClusterAdmin::connect(&self.settings, cluster, role)?;
        let replicas = self.settings.short(keys::OFFSET_SYNCS_REPLICATION_FACTOR)?;
        admin.create_compacted_topic(&self.settings.offset_syncs_topic()?, replicas).await
    }

    /// Looks for topics on both clusters.
    pub(crate) async fn load(&self) -> Result<(), ConnectError> {
        let source = self.find_source().await?;
        self.known.lock().source = source;
        self.refresh_known_target().await
    }

    /// Looks for topics of the mirror at the target.
    pub(crate) async fn refresh_known_target(&self) -> Result<(), ConnectError> {
        let target = self.find_target().await?;
        self.known.lock().target = target;
        Ok(())
    }

    /// Looks for topics on both clusters; when there are others than before, makes what is missing at the target and has the
    /// tasks divided anew.
    pub(crate) async fn refresh(&self) -> Result<(), ConnectError> {
        let (source, target) = (self.find_source().await?, self.find_target().await?);
        let policy = &self.settings.policy;
        let found: BTreeSet<(&str, i32)> = pairs(&source).collect();
        let upstream: BTreeSet<(&str, i32)> =
            pairs(&target).filter_map(|(topic, partition)| Some((policy.upstream_topic(topic)?, partition))).collect();
        let missing = found.difference(&upstream).count();
        let (new, deleted) = {
            let known = self.known.lock();
            let known: BTreeSet<(&str, i32)> = pairs(&known.source).collect();
            (found.difference(&known).count(), known.difference(&found).count())
        };
        self.known.lock().target = target;
        if new + deleted + missing == 0 {
            return Ok(());
        }
        let Settings { source_alias, target_alias, .. } = &self.settings;
        tracing::info!(
            "Found {new} new topic-partitions on {source_alias}. Found {deleted} deleted topic-partitions on \
             {source_alias}. Found {missing} topic-partitions missing on {target_alias}."
        );
        self.known.lock().source = source;
        self.create_missing().await?;
        self.context.request_task_reconfiguration()
    }

    /// Makes topics and partitions that the source has and the target lacks.
    pub(crate) async fn create_missing(&self) -> Result<(), ConnectError> {
        let (mut new, mut grown) = (BTreeMap::new(), BTreeMap::new());
        {
            let known = self.known.lock();
            for (topic, partitions) in &known.source {
                let (remote, count) = (self.remote(topic), size(partitions));
                match known.target.get(&remote) {
                    None => drop(new.insert(topic.clone(), count)),
                    Some(there) if count > size(there) => drop(grown.insert(remote, count)),
                    Some(_) => {}
                }
            }
        }
        self.create_topics(&new).await?;
        self.create_partitions(&grown).await
    }

    async fn create_topics(&self, counts: &BTreeMap<String, i32>) -> Result<(), ConnectError> {
        if counts.is_empty() {
            return Ok(());
        }
        let names: Vec<&String> = counts.keys().collect();
        let configs = self.source_configs(&names).await?;
        let new = |(topic, count): (&String, &i32)| NewTopic {
            name: self.remote(topic),
            partitions: Some(*count),
            replication_factor: Some(self.replication_factor),
            configs: configs
                .get(topic)
                .cloned()
                .map(|all| configs::of_new_topic(&all, &self.configs))
                .unwrap_or_default(),
        };
        let topics: Vec<NewTopic> = counts.iter().map(new).collect();
        let results =
            self.target.ask(self.target.admin.create_topics(&topics).await, || format!("create topics {names:?}"))?;
        for ((name, result), topic) in results.into_iter().zip(&topics) {
            match result {
                Ok(()) => {
                    let partitions = topic.partitions.unwrap_or_default();
                    tracing::info!("Created remote topic {name} with {partitions} partitions.");
                }
                Err(error) => tracing::warn!("Could not create topic {name}: {error}"),
            }
        }
        Ok(())
    }

    async fn create_partitions(&self, totals: &BTreeMap<String, i32>) -> Result<(), ConnectError> {
        let created = self.target.raw.create_partitions(totals).await;
        for (topic, result) in self.target.ask(created, || format!("create partitions {totals:?}"))? {
            match result {
                Ok(()) => tracing::info!("Increased size of {topic} to {} partitions.", totals[&topic]),
                Err(error) if error.java_class() == INVALID_PARTITIONS => {}
                Err(error) => tracing::warn!("Could not create topic-partitions for {topic}: {error}"),
            }
        }
        Ok(())
    }

    /// Makes the configurations of the copies like those of the originals.
    pub(crate) async fn sync_configs(&self) -> Result<(), ConnectError> {
        let mirrored: Vec<String> = {
            let known = self.known.lock();
            known.source.keys().filter(|topic| known.target.contains_key(&self.remote(topic))).cloned().collect()
        };
        let configs = self.source_configs(&mirrored).await?;
        let changes: BTreeMap<_, _> =
            configs.iter().map(|(topic, all)| (self.remote(topic), configs::changes(all, &self.configs))).collect();
        let target = &self.settings.target_alias;
        let altered = self.target.raw.alter_topic_configs(&changes).await;
        if let Err(error) = &altered
            && error.kind() == Kafka::Unsupported
        {
            let message = format!("the target cluster '{target}' is not compatible with IncrementalAlterConfigs API");
            tracing::error!("Failed to sync configs on cluster {target} with IncrementalAlterConfigs API: {error}");
            return self.context.raise_error(ConnectError::connect(message).caused_by(from_kafka(error)));
        }
        let altered = self.target.ask(altered, || format!("incremental alter topic configs {:?}", changes.keys()))?;
        for (topic, result) in altered {
            if let Err(error) = result {
                tracing::warn!("Could not alter configuration of topic {topic}: {error}");
            }
        }
        Ok(())
    }

    /// Copies the rules about topics.
    pub(crate) async fn sync_acls(&self) -> Result<(), ConnectError> {
        let bindings = match self.source.raw.describe_topic_acls().await {
            Err(error) if error.kind() == Kafka::Unsupported => {
                if !self.no_authorizer.swap(true, Ordering::Relaxed) {
                    tracing::info!(
                        "No ACL authorizer is configured on the source Kafka cluster, so no topic ACL syncing will take \
                         place. Consider disabling topic ACL syncing by setting {} to 'false'.",
                        keys::SYNC_TOPIC_ACLS.enabled
                    );
                }
                return Ok(());
            }
            bindings => self.source.ask(bindings, || "describe ACLs".to_owned())?,
        };
        let copy = |binding: &AclBinding| {
            acls::of_remote_topic(binding, |topic| self.is_mirrored(topic), |topic| self.remote(topic))
        };
        let copies: Vec<AclBinding> = bindings.iter().filter_map(copy).collect();
        let created = self.target.raw.create_topic_acls(&copies).await;
        let created = self.target.ask(created, || format!("create {} ACLs", copies.len()))?;
        for (result, binding) in created.into_iter().zip(&copies) {
            if let Err(error) = result {
                tracing::warn!("Could not sync ACL of topic {}: {error}", binding.topic);
            }
        }
        Ok(())
    }

    async fn source_configs<T: AsRef<str> + std::fmt::Debug>(
        &self,
        topics: &[T],
    ) -> Result<BTreeMap<String, Vec<aqueduct_kafka::raw::TopicConfig>>, ConnectError> {
        let configs = self.source.raw.describe_topic_configs(topics).await;
        let configs = configs.and_then(|all| all.into_iter().map(|(topic, one)| Ok((topic, one?))).collect());
        self.source.ask(configs, || format!("describe configs for topics {topics:?}"))
    }

    async fn find_source(&self) -> Result<Partitions, ConnectError> {
        let mut topics = self.source.list_topics().await?;
        topics.retain(|topic, _| self.is_mirrored(topic));
        Ok(topics)
    }

    async fn find_target(&self) -> Result<Partitions, ConnectError> {
        let mut topics = self.target.list_topics().await?;
        let source = self.settings.source_alias.as_str();
        topics.retain(|topic, _| {
            self.settings.policy.topic_source(topic) == Some(source) && *topic != self.checkpoints_topic
        });
        Ok(topics)
    }

    fn is_mirrored(&self, topic: &str) -> bool {
        let policy = &self.settings.policy;
        (self.topics.accepts(topic) || (self.heartbeats && policy.is_heartbeats_topic(topic)))
            && !policy.is_internal_topic(topic)
            && !policy.is_cycle(topic, &self.settings.target_alias)
    }

    fn remote(&self, topic: &str) -> String {
        self.settings.policy.remote_topic(&self.settings.source_alias, topic)
    }
}

fn pairs(topics: &Partitions) -> impl Iterator<Item = (&str, i32)> {
    topics.iter().flat_map(|(topic, partitions)| partitions.iter().map(|partition| (topic.as_str(), *partition)))
}

fn size(partitions: &[i32]) -> i32 {
    i32::try_from(partitions.len()).unwrap_or(i32::MAX)
}
