//! The connector for heartbeats: makes their topic, and has one task.

use std::sync::Arc;

use aqueduct_api::connector::SourceOffsets;
use aqueduct_api::{BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, SourceConnector, ready};
use aqueduct_config::{ConfigDef, ConfigValue};

use crate::offsets;
use crate::schedule::Schedule;
use crate::settings::clients::Cluster;
use crate::settings::{self, Settings, keys};
use crate::topics::ClusterAdmin;

/// Writes heartbeats (`MirrorHeartbeatConnector`).
#[derive(Default)]
pub struct MirrorHeartbeatConnector {
    started: Option<(Settings, Schedule)>,
}

impl Connector for MirrorHeartbeatConnector {
    fn config_def(&self) -> ConfigDef {
        keys::HEARTBEAT.clone()
    }

    fn validate(&self, props: &ConfigMap) -> Result<Vec<ConfigValue>, ConnectError> {
        Ok(settings::validate(&keys::HEARTBEAT, props))
    }

    fn start(&mut self, _context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            let settings = Settings::parse(&keys::HEARTBEAT, props)?;
            let target = Arc::new(ClusterAdmin::connect(&settings, Cluster::Target, "heartbeats-target-admin")?);
            let name = format!("Scheduler for MirrorHeartbeatConnector: {}", settings.label());
            let schedule = Schedule::new(name, settings.admin_timeout);
            let topic = settings.policy.heartbeats_topic();
            let replicas = settings.short(keys::HEARTBEATS_REPLICATION_FACTOR)?;
            schedule
                .now("creating internal topics", async move { target.create_compacted_topic(topic, replicas).await })
                .await;
            self.started = Some((settings, schedule));
            Ok(())
        })
    }

    fn task_configs(&mut self, _max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        let Some((settings, _)) = &self.started else { return ready(Ok(Vec::new())) };
        let interval = settings.interval(keys::EMIT_HEARTBEATS);
        ready(interval.map(|interval| interval.map(|_| settings.props().clone()).into_iter().collect()))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.started = None;
        ready(Ok(()))
    }
}

impl SourceConnector for MirrorHeartbeatConnector {
    fn alter_offsets(
        &mut self,
        _props: ConfigMap,
        offsets: SourceOffsets,
    ) -> BoxFuture<'_, Result<bool, ConnectError>> {
        ready(offsets::HEARTBEAT.check(&offsets).map(|()| true))
    }
}
