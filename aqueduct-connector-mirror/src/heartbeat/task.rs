//! The task that writes heartbeats.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::source::NoControl;
use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Record, SourcePoller, SourceRecord, SourceTask, SourceTaskContext,
    StartedSource,
};
use aqueduct_data::{Schema, SchemaAndValue, Value, ValueMap};

use crate::formats::Heartbeat;
use crate::offsets;
use crate::settings::{Settings, keys};
use crate::source::now_millis;

/// Writes a heartbeat after each interval (`MirrorHeartbeatTask`).
#[derive(Debug, Default)]
pub struct MirrorHeartbeatTask;

impl SourceTask for MirrorHeartbeatTask {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        Box::pin(async move {
            let settings = Settings::parse(&keys::HEARTBEAT, config)?;
            let poller = HeartbeatPoller {
                context,
                partition: Arc::new(offsets::of_heartbeats(&settings.source_alias, &settings.target_alias)),
                // A task without an interval would not have been made.
                interval: settings.interval(keys::EMIT_HEARTBEATS)?.unwrap_or_default(),
                topic: settings.policy.heartbeats_topic(),
                settings,
            };
            Ok(StartedSource { poller: Box::new(poller), control: Arc::new(NoControl) })
        })
    }
}

struct HeartbeatPoller {
    context: SourceTaskContext,
    settings: Settings,
    partition: Arc<ValueMap>,
    topic: &'static str,
    interval: Duration,
}

impl SourcePoller for HeartbeatPoller {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            self.context.sleep(self.interval).await;
            Ok(Some(vec![self.record(now_millis())]))
        })
    }
}

impl HeartbeatPoller {
    fn record(&self, timestamp: i64) -> SourceRecord {
        let heartbeat = Heartbeat {
            source_alias: &self.settings.source_alias,
            target_alias: &self.settings.target_alias,
            timestamp,
        };
        let bytes = |bytes| SchemaAndValue::new(Schema::bytes(), Value::Bytes(bytes));
        let mut record = Record::new(self.topic, bytes(heartbeat.value()));
        record.key = bytes(heartbeat.key());
        record.partition = Some(0);
        record.timestamp = Some(timestamp);
        SourceRecord { source_partition: Arc::clone(&self.partition), source_offset: offsets::offset(0), record }
    }
}
