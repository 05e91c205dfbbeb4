//! `TimestampRouter` puts a record's timestamp into its topic.
//!
//! With `topic.format=${topic}-${timestamp}` and `timestamp.format=yyyyMMdd`, a record for `orders` of 14 November 2023
//! goes to `orders-20231114`.

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Fate, Origin, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type};
use aqueduct_data::{ByteString, Schema, SchemaAndValue};
use aqueduct_jvm::date_format::{PatternError, SimpleDateFormat};

const TOPIC_FORMAT: &str = "topic.format";
const TIMESTAMP_FORMAT: &str = "timestamp.format";

const TOPIC: &str = "${topic}";
const TIMESTAMP: &str = "${timestamp}";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(TOPIC_FORMAT, Type::String)
                .default("${topic}-${timestamp}")
                .importance(Importance::High)
                .doc(
                    "The new topic; `${topic}` stands for the old one and `${timestamp}` for the formatted timestamp.",
                ),
        )
        .define(
            ConfigKey::new(TIMESTAMP_FORMAT, Type::String)
                .default("yyyyMMdd")
                .importance(Importance::High)
                .doc("The pattern for the timestamp, as `java.text.SimpleDateFormat` has it; in UTC."),
        )
}

pub(crate) struct TimestampRouter {
    topic_format: String,
    /// Java looks at the pattern only when a record comes.
    timestamp_format: Result<SimpleDateFormat, PatternError>,
    /// The last topic and what became of it: records in a row mostly have the same.
    last: Option<(ByteString, ByteString)>,
    /// The text of the last timestamp, and what is made now.
    texts: (String, String),
}

impl TimestampRouter {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        Ok(Self {
            topic_format: config.string(TOPIC_FORMAT)?.to_owned(),
            timestamp_format: SimpleDateFormat::new(config.string(TIMESTAMP_FORMAT)?),
            last: None,
            texts: Default::default(),
        })
    }

    fn route(&mut self, topic: &ByteString, timestamp: i64) -> Result<ByteString, ConnectError> {
        let format = self.timestamp_format.as_ref().map_err(|error| {
            ConnectError::with_kind(ErrorKind::Other, error.to_string())
                .with_class("java.lang.IllegalArgumentException")
        })?;
        let (text, now) = &mut self.texts;
        now.clear();
        format.format_into(timestamp, now);
        if let Some((from, routed)) = &self.last
            && from == topic
            && text == now
        {
            return Ok(routed.clone());
        }
        std::mem::swap(text, now);
        // What stands for the timestamp is replaced in the old topic's name, too.
        let routed = ByteString::from(self.topic_format.replace(TOPIC, topic).replace(TIMESTAMP, text));
        self.last = Some((topic.clone(), routed.clone()));
        Ok(routed)
    }
}

impl Transform for TimestampRouter {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let Some(timestamp) = record.timestamp else {
            return Err(ConnectError::data(format!("Timestamp missing on record: {}", described(record))));
        };
        record.topic = self.route(&record.topic, timestamp)?;
        Ok(Fate::Kept)
    }
}

/// A record as Java prints it, but for what is not known of a source's records here.
fn described(record: &Record) -> String {
    let schema = |part: &SchemaAndValue| part.schema.as_deref().map_or_else(|| "null".to_owned(), Schema::to_string);
    let number = |number: Option<i64>| number.map_or_else(|| "null".to_owned(), |number| number.to_string());
    let (topic, partition) = (&record.topic, number(record.partition.map(Into::into)));
    let origin = match &record.origin {
        Origin::Sink { offset } => format!(
            "SinkRecord{{kafkaOffset={offset}, timestampType=CreateTime, originalTopic={topic}, \
             originalKafkaPartition={partition}, originalKafkaOffset={offset}}} "
        ),
        Origin::Source => String::new(),
    };
    let headers: Vec<String> = (record.headers.iter())
        .map(|header| {
            format!(
                "ConnectHeader(key={}, value={}, schema={})",
                header.key,
                header.content.value,
                schema(&header.content)
            )
        })
        .collect();
    let headers = if headers.is_empty() { String::new() } else { format!("[{}]", headers.join(", ")) };
    format!(
        "{origin}ConnectRecord{{topic='{topic}', kafkaPartition={partition}, key={}, keySchema={}, value={}, \
         valueSchema={}, timestamp={}, headers=ConnectHeaders(headers={headers})}}",
        record.key.value,
        schema(&record.key),
        record.value.value,
        schema(&record.value),
        number(record.timestamp),
    )
}
