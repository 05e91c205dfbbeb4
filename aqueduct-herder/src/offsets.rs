//! Looking at offsets and setting them (KIP-875), whatever the mode.
//!
//! A connector's resolved configuration comes in; whoever calls has made sure that the connector is stopped and stays so
//! while its offsets are being set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Factory, TopicPartition};
use aqueduct_data::{Value, ValueMap};
use aqueduct_kafka::{Admin, ErrorKind as KafkaErrorKind, KafkaError, OffsetAndMetadata};
use aqueduct_storage::{OffsetWriter, StoredOffsets};
use aqueduct_worker::{Worker, admin_settings, connect_error, sink_group_id};

use crate::{ConnectorOffset, HerderError};

/// How long such a request may take.
const TIMEOUT: Duration = Duration::from_secs(90);

type SinkOffset = (TopicPartition, Option<i64>);

/// The refusal to set the offsets of a connector that runs.
pub(crate) fn not_stopped(name: &str) -> HerderError {
    HerderError::bad_request(format!(
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the \
         specified connector by issuing a 'PUT' request to the '/connectors/{name}/stop' endpoint"
    ))
}

/// The offsets of one connector.
pub(crate) struct Offsets<'a> {
    worker: &'a Worker,
    name: &'a str,
    config: ConfigMap,
}

impl<'a> Offsets<'a> {
    /// Those of the connector with this configuration, whose variables are resolved here.
    ///
    /// # Errors
    /// When a variable has no value.
    pub(crate) fn of(worker: &'a Worker, name: &'a str, config: &ConfigMap) -> Result<Self, HerderError> {
        Ok(Self { worker, name, config: worker.resolved(config)? })
    }

    /// What they are.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) async fn look(&self) -> Result<Vec<ConnectorOffset>, HerderError> {
        let name = self.name;
        if self.is_sink()? {
            let failed = || format!("Failed to retrieve consumer group offsets for sink connector {name}");
            let (admin, group) = self.sink_admin()?;
            let offsets = admin.list_group_offsets(&group).await;
            let offsets = offsets.map_err(|error| wrapped(failed(), &error))?;
            return Ok(offsets
                .into_iter()
                .map(|(tp, offset)| ConnectorOffset {
                    partition: Some(
                        [("kafka_topic", Value::String(tp.topic)), ("kafka_partition", Value::Int32(tp.partition))]
                            .into_iter()
                            .collect(),
                    ),
                    offset: Some([("kafka_offset", offset.offset)].into_iter().collect()),
                })
                .collect());
        }
        let all = StoredOffsets::new(name, self.worker.offset_store(name, &self.config)?).all().await;
        let all = all.map_err(|error| {
            HerderError::internal(format!("Failed to retrieve offsets for source connector {name}: {error}"))
        })?;
        Ok(all
            .into_iter()
            .map(|(partition, offset)| ConnectorOffset { partition: Some(partition), offset: Some(offset) })
            .collect())
    }

    /// Sets some of them; answers the text for the user.
    ///
    /// # Errors
    /// When an offset makes no sense, the connector refuses it, or it cannot be stored.
    pub(crate) async fn alter(&self, offsets: Vec<ConnectorOffset>) -> Result<String, HerderError> {
        if offsets.is_empty() {
            return Err(HerderError::bad_request(
                "Partitions / offsets need to be provided for an alter offsets request",
            ));
        }
        if self.is_sink()? {
            let offsets = offsets.iter().map(sink_offset).collect::<Result<Vec<_>, _>>()?;
            return self.alter_sink(offsets, "altered").await;
        }
        let offsets = offsets.into_iter().map(|entry| (entry.partition, entry.offset)).collect();
        self.alter_source(offsets, "altered").await
    }

    /// Forgets all of them; answers the text for the user.
    ///
    /// # Errors
    /// When the connector refuses that, or it cannot be stored.
    pub(crate) async fn reset(&self) -> Result<String, HerderError> {
        let name = self.name;
        if self.is_sink()? {
            let (admin, group) = self.sink_admin()?;
            let present = admin.list_group_offsets(&group).await;
            let present = present
                .map_err(|error| wrapped(format!("Failed to list offsets for sink connector {name}"), &error))?;
            let offsets: Vec<SinkOffset> = present
                .into_keys()
                .map(|tp| (TopicPartition { topic: tp.topic, partition: tp.partition }, None))
                .collect();
            let took_part = self.ask_sink(offsets).await?;
            match admin.delete_group(&group).await {
                Ok(()) => {}
                Err(error) if error.kind() == KafkaErrorKind::GroupNotFound => {}
                Err(error) => return Err(group_failure(name, "reset", &error)),
            }
            return Ok(outcome(took_part, "reset"));
        }
        let store = self.worker.offset_store(name, &self.config)?;
        let known = store.partitions(name).await.map_err(HerderError::from)?;
        let offsets = known.into_iter().map(|partition| (Some(partition), None)).collect();
        self.alter_source(offsets, "reset").await
    }

    async fn alter_source(
        &self,
        offsets: Vec<(Option<ValueMap>, Option<ValueMap>)>,
        verb: &str,
    ) -> Result<String, HerderError> {
        let name = self.name;
        let plugin = self.worker.connector_plugin(&self.config)?;
        let Factory::Source { connector, .. } = &plugin.factory else {
            return Err(HerderError::internal(format!("{} is no source", plugin.class)));
        };
        let mut connector = connector();
        let took_part = connector.alter_offsets(self.config.clone(), offsets.clone()).await;
        let took_part = took_part.map_err(|error| refused(name, error))?;
        let mut writer = OffsetWriter::new(name, self.worker.offset_store_to_alter(name, &self.config)?);
        for (partition, offset) in offsets {
            let partition = partition.ok_or_else(|| HerderError::internal("Partition objects cannot be null"))?;
            writer.put(Arc::new(partition), offset);
        }
        writer.flush(TIMEOUT).await.map_err(|error| {
            HerderError::internal(format!(
                "Failed to {} offsets for source connector {name}: {error}",
                present_tense(verb)
            ))
        })?;
        Ok(outcome(took_part, verb))
    }

    async fn alter_sink(&self, offsets: Vec<SinkOffset>, verb: &str) -> Result<String, HerderError> {
        let name = self.name;
        let took_part = self.ask_sink(offsets.clone()).await?;
        let (admin, group) = self.sink_admin()?;
        let kafka = |tp: &TopicPartition| aqueduct_kafka::TopicPartition::new(tp.topic.clone(), tp.partition);
        let set: BTreeMap<_, _> =
            offsets.iter().filter_map(|(tp, offset)| Some((kafka(tp), OffsetAndMetadata::from((*offset)?)))).collect();
        if set.values().any(|offset| offset.offset < 0) {
            return Err(HerderError::internal(format!("Failed to modify offsets for sink connector {name}")));
        }
        let forget: Vec<_> = offsets.iter().filter(|(_, offset)| offset.is_none()).map(|(tp, _)| kafka(tp)).collect();
        if !set.is_empty() {
            admin.alter_group_offsets(&group, &set).await.map_err(|error| group_failure(name, "alter", &error))?;
        }
        if !forget.is_empty() {
            admin.delete_group_offsets(&group, &forget).await.map_err(|error| group_failure(name, "alter", &error))?;
        }
        Ok(outcome(took_part, verb))
    }

    async fn ask_sink(&self, offsets: Vec<SinkOffset>) -> Result<bool, HerderError> {
        let plugin = self.worker.connector_plugin(&self.config)?;
        let Factory::Sink { connector, .. } = &plugin.factory else {
            return Err(HerderError::internal(format!("{} is no sink", plugin.class)));
        };
        let mut connector = connector();
        let took_part = connector.alter_offsets(self.config.clone(), offsets).await;
        took_part.map_err(|error| refused(self.name, error))
    }

    fn is_sink(&self) -> Result<bool, HerderError> {
        Ok(self.worker.connector_plugin(&self.config)?.kind() == aqueduct_api::PluginKind::Sink)
    }

    fn sink_admin(&self) -> Result<(Admin, String), HerderError> {
        let (settings, name) = (self.worker.settings(), self.name);
        let group = sink_group_id(settings, &self.config, name)?;
        let client = admin_settings(settings, &self.config, format!("connector-worker-adminclient-{name}"), false)?;
        let admin = Admin::create(&client).map_err(|error| HerderError::internal(error.message()))?;
        Ok((admin.with_timeout(TIMEOUT), group))
    }
}

fn wrapped(message: String, error: &KafkaError) -> HerderError {
    tracing::error!("{message}: {error}");
    HerderError::internal(message)
}

fn refused(name: &str, error: ConnectError) -> HerderError {
    if error.kind() == ErrorKind::Unsupported {
        return HerderError::internal(format!(
            "Failed to modify offsets for connector {name} because it doesn't support external modification of offsets"
        ));
    }
    error.into()
}

fn group_failure(name: &str, verb: &str, error: &KafkaError) -> HerderError {
    tracing::error!("Could not {verb} the offsets of connector {name}: {}", connect_error(error));
    if error.kind() == KafkaErrorKind::GroupActive {
        return HerderError::internal(format!(
            "Failed to {verb} consumer group offsets for connector {name} either because its tasks haven't stopped \
             completely yet or the connector was resumed before the request to {verb} its offsets could be successfully \
             completed. If the connector is in a stopped state, this operation can be safely retried. If it doesn't \
             eventually succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks."
        ));
    }
    HerderError::internal(format!("Failed to {verb} consumer group offsets for connector {name}: {error}"))
}

fn present_tense(verb: &str) -> &str {
    if verb == "altered" { "alter" } else { verb }
}

fn outcome(took_part: bool, verb: &str) -> String {
    if took_part {
        return format!("The offsets for this connector have been {verb} successfully");
    }
    format!(
        "The Connect framework-managed offsets for this connector have been {verb} successfully. However, if this connector \
         manages offsets externally, they will need to be manually {verb} in the system that the connector uses."
    )
}

/// A partition and offset of a sink, as REST clients write them; numbers may be texts.
fn sink_offset(entry: &ConnectorOffset) -> Result<SinkOffset, HerderError> {
    let bad = |message: &str| HerderError::bad_request(message);
    let partition = entry
        .partition
        .as_ref()
        .ok_or_else(|| bad("The partition for a sink connector offset cannot be null or missing"))?;
    let (Some(topic), Some(number)) = (partition.get_str("kafka_topic"), partition.get_str("kafka_partition")) else {
        return Err(bad(
            "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
        ));
    };
    let topic = match topic {
        Value::String(topic) => topic.clone(),
        Value::Null => return Err(bad("Kafka topic names must be valid strings and may not be null")),
        other => aqueduct_data::ByteString::from(text(other)),
    };
    if number.is_null() {
        return Err(bad("Kafka partitions must be valid numbers and may not be null"));
    }
    let number = whole(number).and_then(|n| i32::try_from(n).ok()).ok_or_else(|| {
        HerderError::bad_request(format!(
            "Failed to parse the following Kafka partition value in the provided offsets: '{}'. Partition values for sink \
             connectors need to be integers.",
            text(number)
        ))
    })?;
    let tp = TopicPartition { topic, partition: number };
    let Some(offset) = &entry.offset else { return Ok((tp, None)) };
    let offset = offset.get_str("kafka_offset").ok_or_else(|| {
        bad("The offset for a sink connector should either be null or contain the key 'kafka_offset'")
    })?;
    let offset = whole(offset).ok_or_else(|| {
        HerderError::bad_request(format!(
            "Failed to parse the following Kafka offset value in the provided offsets: '{}'. Offset values for sink \
             connectors need to be integers.",
            text(offset)
        ))
    })?;
    Ok((tp, Some(offset)))
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn text(value: &Value) -> String {
    value.to_string()
}
