//! The connector for checkpoints: looks for consumer groups that read what is mirrored, and divides them among tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use aqueduct_api::connector::SourceOffsets;
use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, SourceConnector, group_partitions, ready,
};
use aqueduct_config::{ConfigDef, ConfigValue};
use aqueduct_jvm::hash_order::iteration_order;
use aqueduct_kafka::KafkaError;
use futures_util::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;

use crate::filters::NameFilter;
use crate::offsets;
use crate::schedule::Schedule;
use crate::settings::clients::Cluster;
use crate::settings::{self, Settings, keys};
use crate::topics::ClusterAdmin;

/// How many groups are asked for at a time.
const AT_A_TIME: usize = 8;

/// Translates the offsets of consumer groups (`MirrorCheckpointConnector`).
#[derive(Default)]
pub struct MirrorCheckpointConnector {
    started: Option<Started>,
}

struct Started {
    groups: Arc<Groups>,
    /// Ends with the connector.
    _schedule: Schedule,
}

impl Connector for MirrorCheckpointConnector {
    fn config_def(&self) -> ConfigDef {
        keys::CHECKPOINT.clone()
    }

    fn validate(&self, props: &ConfigMap) -> Result<Vec<ConfigValue>, ConnectError> {
        let mut verdicts = settings::validate(&keys::CHECKPOINT, props);
        let off = |key: &str| props.get(key).is_some_and(|value| value == "false");
        if off(keys::ENABLED) {
            return Ok(verdicts);
        }
        if off(keys::EMIT_OFFSET_SYNCS) {
            let message = "MirrorCheckpointConnector can't run without offset syncs";
            settings::add_error(&mut verdicts, keys::EMIT_OFFSET_SYNCS, message);
        }
        let emit = keys::EMIT_CHECKPOINTS.enabled;
        if off(emit) {
            let message = format!("MirrorCheckpointConnector can't run with {emit} set to false");
            settings::add_error(&mut verdicts, emit, message);
        }
        Ok(verdicts)
    }

    fn start(&mut self, context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            let settings = Settings::parse(&keys::CHECKPOINT, props)?;
            if !settings.enabled()? {
                return Ok(());
            }
            let name = format!("Scheduler for MirrorCheckpointConnector: {}", settings.label());
            let schedule = Schedule::new(name, settings.admin_timeout);
            let refresh = settings.interval(keys::REFRESH_GROUPS)?;
            let target = ClusterAdmin::connect(&settings, Cluster::Target, "checkpoint-target-admin")?;
            let topic = settings.checkpoints_topic();
            let replicas = settings.short(keys::CHECKPOINTS_REPLICATION_FACTOR)?;
            let groups = Arc::new(Groups {
                source: ClusterAdmin::connect(&settings, Cluster::Source, "checkpoint-source-admin")?,
                groups: settings.group_filter()?,
                topics: settings.topic_filter()?,
                context,
                known: Mutex::default(),
                settings,
            });
            schedule
                .now("creating internal topics", async move { target.create_compacted_topic(&topic, replicas).await })
                .await;
            let it = Arc::clone(&groups);
            schedule.now("loading initial consumer groups", async move { it.load().await }).await;
            let it = Arc::clone(&groups);
            schedule.every("refreshing consumer groups", refresh.unwrap_or_default(), refresh, move || {
                let it = Arc::clone(&it);
                async move { it.refresh().await }
            });
            self.started = Some(Started { groups, _schedule: schedule });
            Ok(())
        })
    }

    fn task_configs(&mut self, max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        let Some(Started { groups, .. }) = &self.started else { return ready(Ok(Vec::new())) };
        ready(groups.task_configs(max_tasks))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.started = None;
        ready(Ok(()))
    }
}

impl SourceConnector for MirrorCheckpointConnector {
    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        offsets: SourceOffsets,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(offsets::CHECKPOINT.check(&offsets).map(|()| true))
    }
}

/// The consumer groups of the source, as they were seen last.
struct Groups {
    settings: Settings,
    source: ClusterAdmin,
    groups: NameFilter,
    topics: NameFilter,
    context: ConnectorContext,
    /// None before they were looked for with success.
    known: Mutex<Option<BTreeSet<String>>>,
}

impl Groups {
    async fn load(&self) -> Result<(), ConnectError> {
        let found = self.find().await?;
        tracing::info!("Started {} with {} consumer groups.", self.settings.connector, found.len());
        *self.known.lock() = Some(found);
        Ok(())
    }

    async fn refresh(&self) -> Result<(), ConnectError> {
        let found = self.find().await?;
        {
            let mut known = self.known.lock();
            let before = known.as_ref().map_or_else(BTreeSet::new, BTreeSet::clone);
            let (new, dead) = (found.difference(&before).count(), before.difference(&found).count());
            if new + dead == 0 {
                return Ok(());
            }
            tracing::info!(
                "Found {} consumer groups for {}->{}. {new} are new. {dead} were removed. Previously had {}.",
                found.len(),
                self.settings.source_alias,
                self.settings.target_alias,
                before.len()
            );
            *known = Some(found);
        }
        self.context.request_task_reconfiguration()
    }

    /// Groups that pass the filter and have committed an offset of a topic that does.
    async fn find(&self) -> Result<BTreeSet<String>, ConnectError> {
        let all = self.source.raw.list_consumer_groups().await;
        let all = self.source.ask(all, || "list consumer groups".to_owned())?;
        let wanted = all.into_iter().filter(|group| self.groups.accepts(group));
        let look = |group: String| async move {
            let offsets = self.source.admin.list_group_offsets(&group).await?;
            let reads = offsets.keys().any(|partition| self.topics.accepts(&partition.topic));
            Ok::<_, KafkaError>(reads.then_some(group))
        };
        let found: Result<Vec<Option<String>>, KafkaError> =
            stream::iter(wanted.map(look)).buffered(AT_A_TIME).try_collect().await;
        let found = self.source.ask(found, || "list offsets for consumer groups".to_owned())?;
        Ok(found.into_iter().flatten().collect())
    }

    fn task_configs(&self, max_tasks: usize) -> Result<Vec<ConfigMap>, ConnectError> {
        let known = self.known.lock();
        // The runtime asks again after an error.
        let known = known.as_ref().ok_or_else(|| ConnectError::retriable("Timeout while loading consumer groups."))?;
        if known.is_empty() || self.settings.interval(keys::EMIT_CHECKPOINTS)?.is_none() {
            return Ok(Vec::new());
        }
        Ok(share(known, max_tasks)
            .iter()
            .enumerate()
            .map(|(index, groups)| self.settings.task(keys::TASK_GROUPS, &groups.join(","), index))
            .collect())
    }
}

/// The groups of each task: neighbours in the order of Java's set.
fn share(groups: &BTreeSet<String>, max_tasks: usize) -> Vec<Vec<&str>> {
    let names: Vec<&str> = groups.iter().map(String::as_str).collect();
    let ordered: Vec<&str> = iteration_order(&names).into_iter().map(|at| names[at]).collect();
    group_partitions(&ordered, max_tasks.min(ordered.len()).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(more: &[(&str, &str)]) -> Vec<String> {
        let base = [("name", "m"), ("connector.class", "MirrorCheckpoint"), ("source.cluster.alias", "A")];
        let props = base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let verdicts = MirrorCheckpointConnector::default().validate(&props).unwrap();
        verdicts.into_iter().flat_map(|verdict| verdict.error_messages).collect()
    }

    #[test]
    fn it_cannot_run_without_checkpoints_or_offset_syncs() {
        assert_eq!(errors(&[]), [""; 0]);
        let (checkpoints, syncs) = (("emit.checkpoints.enabled", "false"), ("emit.offset-syncs.enabled", "false"));
        assert_eq!(
            errors(&[checkpoints]),
            ["MirrorCheckpointConnector can't run with emit.checkpoints.enabled set to false"]
        );
        assert_eq!(errors(&[syncs]), ["MirrorCheckpointConnector can't run without offset syncs"]);
        assert_eq!(errors(&[checkpoints, syncs, ("enabled", "false")]), [""; 0]);
    }

    #[test]
    fn groups_are_shared_out_evenly() {
        let groups: BTreeSet<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(share(&groups, 2), [vec!["a", "b", "c"], vec!["d", "e"]]);
        assert_eq!(share(&groups, 9).len(), 5);
    }
}
