//! The connector for topics: starts the work on them, and deals their partitions out to tasks.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::connector::SourceOffsets;
use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, ExactlyOnceSupport, SourceConnector, ready,
};
use aqueduct_config::{ConfigDef, ConfigValue};

use super::assignment;
use super::replication::Replication;
use crate::offsets;
use crate::schedule::Schedule;
use crate::settings::clients::reads_committed;
use crate::settings::{self, Settings, keys};

const EXACTLY_ONCE: &str = "exactly.once.support";

/// Copies topics from one cluster to another (`MirrorSourceConnector`).
#[derive(Default)]
pub struct MirrorSourceConnector {
    started: Option<(Arc<Replication>, Schedule)>,
}

impl Connector for MirrorSourceConnector {
    fn config_def(&self) -> ConfigDef {
        keys::SOURCE.clone()
    }

    fn validate(&self, props: &ConfigMap) -> Result<Vec<ConfigValue>, ConnectError> {
        let mut verdicts = settings::validate(&keys::SOURCE, props);
        if props.get(EXACTLY_ONCE).is_some_and(|wanted| wanted == "required") && !reads_committed(props) {
            settings::add_error(
                &mut verdicts,
                EXACTLY_ONCE,
                "MirrorSourceConnector can only provide exactly-once guarantees when its source consumer is configured \
                 with isolation.level set to 'read_committed'; otherwise, records from aborted and uncommitted \
                 transactions will be replicated from the source cluster to the target cluster.",
            );
        }
        let of_syncs = |key: &String| key.starts_with("offset-syncs-") || key.starts_with("offset-syncs.topic.");
        if props.get(keys::EMIT_OFFSET_SYNCS).is_some_and(|emit| emit == "false") && props.keys().any(of_syncs) {
            settings::add_error(
                &mut verdicts,
                keys::EMIT_OFFSET_SYNCS,
                format!(
                    "MirrorSourceConnector can't setup offset-syncs feature while {} set to false",
                    keys::EMIT_OFFSET_SYNCS
                ),
            );
        }
        Ok(verdicts)
    }

    fn start(&mut self, context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            let settings = Settings::parse(&keys::SOURCE, props)?;
            if !settings.enabled()? {
                return Ok(());
            }
            let name = format!("Scheduler for MirrorSourceConnector: {}", settings.label());
            let schedule = Schedule::new(name, settings.admin_timeout);
            let routine = |routine| settings.interval(routine);
            let acls = routine(keys::SYNC_TOPIC_ACLS)?;
            let configs = routine(keys::SYNC_TOPIC_CONFIGS)?;
            let topics = routine(keys::REFRESH_TOPICS)?;
            let replication = Arc::new(Replication::new(settings, context)?);

            let work = || Arc::clone(&replication);
            let it = work();
            schedule
                .now("creating upstream offset-syncs topic", async move { it.create_offset_syncs_topic().await })
                .await;
            let it = work();
            schedule.now("loading initial set of topic-partitions", async move { it.load().await }).await;
            let it = work();
            schedule.now("creating downstream topic-partitions", async move { it.create_missing().await }).await;
            let it = work();
            schedule.now("refreshing known target topics", async move { it.refresh_known_target().await }).await;
            let it = work();
            schedule.every("syncing topic ACLs", Duration::ZERO, acls, move || {
                let it = Arc::clone(&it);
                async move { it.sync_acls().await }
            });
            let it = work();
            schedule.every("syncing topic configs", Duration::ZERO, configs, move || {
                let it = Arc::clone(&it);
                async move { it.sync_configs().await }
            });
            let it = work();
            schedule.every("refreshing topics", topics.unwrap_or_default(), topics, move || {
                let it = Arc::clone(&it);
                async move { it.refresh().await }
            });
            let count = replication.partitions().len();
            tracing::info!("Started {} with {count} topic-partitions.", replication.settings().connector);
            self.started = Some((replication, schedule));
            Ok(())
        })
    }

    fn task_configs(&mut self, max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        let Some((replication, _)) = &self.started else { return ready(Ok(Vec::new())) };
        let shares = assignment::deal(&replication.partitions(), max_tasks);
        let configs = shares
            .iter()
            .enumerate()
            .map(|(index, partitions)| replication.settings().task(keys::TASK_PARTITIONS, partitions, index));
        ready(Ok(configs.collect()))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.started = None;
        ready(Ok(()))
    }
}

impl SourceConnector for MirrorSourceConnector {
    fn exactly_once_support(&self, props: &ConfigMap) -> Result<Option<ExactlyOnceSupport>, ConnectError> {
        Ok(Some(match reads_committed(props) {
            true => ExactlyOnceSupport::Supported,
            false => ExactlyOnceSupport::Unsupported,
        }))
    }

    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        offsets: SourceOffsets,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(offsets::SOURCE.check(&offsets).map(|()| true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(more: &[(&str, &str)]) -> Vec<(String, String)> {
        let base = [("name", "m"), ("connector.class", "MirrorSource"), ("source.cluster.alias", "A")];
        let props = base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let verdicts = MirrorSourceConnector::default().validate(&props).unwrap();
        verdicts.into_iter().flat_map(|v| v.error_messages.into_iter().map(move |e| (v.name.clone(), e))).collect()
    }

    fn one(more: &[(&str, &str)]) -> (String, String) {
        let errors = errors(more);
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.into_iter().next().unwrap()
    }

    #[test]
    fn offset_syncs_cannot_be_set_up_and_left_out() {
        let off = ("emit.offset-syncs.enabled", "false");
        assert_eq!(errors(&[off]), []);
        let (key, error) = one(&[off, ("offset-syncs.topic.location", "target")]);
        assert_eq!(key, "emit.offset-syncs.enabled");
        assert_eq!(
            error,
            "MirrorSourceConnector can't setup offset-syncs feature while emit.offset-syncs.enabled set to false"
        );
    }

    #[test]
    fn exactly_once_needs_a_consumer_that_reads_what_is_committed() {
        let required = ("exactly.once.support", "required");
        assert_eq!(one(&[required]).0, "exactly.once.support");
        let props = |level: &str| ConfigMap::from([("source.consumer.isolation.level".to_owned(), level.to_owned())]);
        assert_eq!(errors(&[required, ("source.consumer.isolation.level", "read_committed")]), []);
        let support = |level| MirrorSourceConnector::default().exactly_once_support(&props(level)).unwrap();
        assert_eq!(support("read_committed"), Some(ExactlyOnceSupport::Supported));
        assert_eq!(support("read_uncommitted"), Some(ExactlyOnceSupport::Unsupported));
    }

    #[test]
    fn values_are_refused_in_javas_words() {
        for (key, value, message) in [
            ("topics", "a,,b", "Configuration 'topics' values must not be empty."),
            ("topics.exclude", "a,a", "Configuration 'topics.exclude' values must not be duplicated."),
            (
                "metric.names.formats",
                "foo",
                "Invalid value foo for configuration metric.names.formats: String must be one of: legacy, new",
            ),
            (
                "offset-syncs.topic.location",
                "x",
                "Invalid value x for configuration offset-syncs.topic.location: String must be one of: source, target",
            ),
            (
                "replication.policy.class",
                "Nope",
                "Invalid value Nope for configuration replication.policy.class: Class Nope could not be found.",
            ),
        ] {
            assert_eq!(one(&[(key, value)]), (key.to_owned(), message.to_owned()));
        }
    }
}
