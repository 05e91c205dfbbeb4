//! Where failures of the record path are told: the log here, the dead letter queue in the worker.

use std::fmt::Write as _;
use std::sync::Arc;

use aqueduct_api::{ConnectError, SourceRecord, TimestampType};
use aqueduct_metrics::groups::TaskErrorMetrics;

use crate::ConsumedRecord;
use crate::operator::Stage;

/// The record that failed, as it was before anything was done to it.
#[derive(Debug, Clone, Copy)]
pub enum Original<'a> {
    /// A record from a source task.
    Source(&'a SourceRecord),
    /// A record from Kafka.
    Sink(&'a ConsumedRecord),
    /// Nobody asked for it to be kept.
    Unknown,
}

/// One failure of one record.
#[derive(Debug)]
pub struct Failure<'a> {
    /// The task, as `connector-0`.
    pub task: &'a str,
    /// The step that failed.
    pub stage: Stage,
    /// The class that failed.
    pub class: &'a str,
    /// Why.
    pub error: &'a ConnectError,
    /// The record.
    pub original: Original<'a>,
}

/// Is told of every record that fails for good.
pub trait Reporter: Send {
    /// Whether [`Failure::original`] is to be kept for it: for source records that costs a clone of each.
    fn wants_original(&self) -> bool;

    /// Tells of a failure. Must not block.
    fn report(&mut self, failure: &Failure<'_>);
}

/// Writes failures to the log (`errors.log.enable`, `errors.log.include.messages`).
#[derive(Debug, Clone, Default)]
pub struct LogReporter {
    /// `errors.log.include.messages`: say which record it was.
    pub include_messages: bool,
    /// Counts what was written.
    pub metrics: Arc<TaskErrorMetrics>,
}

impl Reporter for LogReporter {
    fn wants_original(&self) -> bool {
        self.include_messages
    }

    fn report(&mut self, failure: &Failure<'_>) {
        tracing::error!("{}\n{}", self.message(failure), failure.error.trace().trim_end());
        self.metrics.logged();
    }
}

impl LogReporter {
    fn message(&self, failure: &Failure<'_>) -> String {
        let mut text = format!(
            "Error encountered in task {}. Executing stage '{}' with class '{}'",
            failure.task,
            failure.stage.name(),
            failure.class
        );
        if self.include_messages {
            match failure.original {
                Original::Sink(record) => {
                    let _ = write!(
                        text,
                        ", where consumed record is {{topic='{}', partition={}, offset={}",
                        record.topic, record.partition, record.offset
                    );
                    if record.timestamp_type != TimestampType::NoTimestampType {
                        let name = record.timestamp_type.name();
                        let _ = write!(text, ", timestamp={}, timestampType={name}", record.timestamp);
                    }
                    text.push('}');
                }
                Original::Source(record) => {
                    let _ = write!(text, ", where source record is = {}", describe(record));
                }
                Original::Unknown => {}
            }
        }
        text.push('.');
        text
    }
}

/// A source record as Java prints it.
fn describe(source: &SourceRecord) -> String {
    let record = &source.record;
    let schema = |schema: &Option<aqueduct_data::SchemaRef>| schema.as_ref().map_or("null".into(), ToString::to_string);
    let number = |number: Option<i64>| number.map_or("null".to_owned(), |n| n.to_string());
    format!(
        "SourceRecord{{sourcePartition={}, sourceOffset={}}} ConnectRecord{{topic='{}', kafkaPartition={}, key={}, \
         keySchema={}, value={}, valueSchema={}, timestamp={}, headers={}}}",
        aqueduct_data::Value::from((*source.source_partition).clone()),
        aqueduct_data::Value::from(source.source_offset.clone()),
        record.topic,
        number(record.partition.map(i64::from)),
        record.key.value,
        schema(&record.key.schema),
        record.value.value,
        schema(&record.value.schema),
        number(record.timestamp),
        headers(&record.headers),
    )
}

fn headers(headers: &aqueduct_data::Headers) -> String {
    let all: Vec<String> = headers
        .iter()
        .map(|header| {
            let schema = header.content.schema.as_ref().map_or("null".to_owned(), ToString::to_string);
            format!("ConnectHeader(key={}, value={}, schema={schema})", header.key, header.content.value)
        })
        .collect();
    format!("ConnectHeaders(headers=[{}])", all.join(", "))
}
