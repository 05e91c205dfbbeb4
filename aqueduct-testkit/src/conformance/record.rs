//! Records as the corpus holds them, for transforms and predicates.

use aqueduct_data::{Headers, SchemaAndValue, Value};
use serde_json::json;

use super::{Json, NotCompared, Recorded, decode, encode};

/// A recorded source or sink record; tests convert it to and from the record type that they test.
#[derive(Debug, Clone, PartialEq)]
pub struct ConformanceRecord {
    /// Which kind of record, with what only that kind has.
    pub kind: RecordKind,
    /// The topic; null only where a transform is tried without one.
    pub topic: Option<String>,
    /// The partition of the topic.
    pub partition: Option<i32>,
    /// The key with its schema.
    pub key: SchemaAndValue,
    /// The value with its schema.
    pub value: SchemaAndValue,
    /// Milliseconds since the epoch.
    pub timestamp: Option<i64>,
    /// The headers in order.
    pub headers: Headers,
}

/// What source and sink records do not share.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordKind {
    /// A record for a sink.
    Sink {
        /// Its offset in the partition.
        offset: i64,
    },
    /// A record of a source.
    Source {
        /// Where in the source it is from: a map, or null.
        partition: Value,
        /// How far in there: a map, or null.
        offset: Value,
    },
}

fn with_schema(json: &Json, schema: &str, value: &str) -> Result<SchemaAndValue, NotCompared> {
    let schema = decode::schema(&json[schema])?;
    let value = decode::value(&json[value], schema.as_ref())?;
    Ok(SchemaAndValue { schema, value })
}

impl Recorded for ConformanceRecord {
    fn decode(json: &Json) -> Result<Self, NotCompared> {
        let malformed = |what: &str| NotCompared::Malformed(format!("record without {what}: {json}"));
        let kind = match json["kind"].as_str() {
            Some("sink") => RecordKind::Sink { offset: json["offset"].as_i64().ok_or_else(|| malformed("offset"))? },
            Some("source") => RecordKind::Source {
                partition: decode::value(&json["sourcePartition"], None)?,
                offset: decode::value(&json["sourceOffset"], None)?,
            },
            _ => return Err(malformed("kind")),
        };
        let mut headers = Headers::new();
        for header in json["headers"].as_array().ok_or_else(|| malformed("headers"))? {
            let content = with_schema(header, "schema", "value")?;
            headers.add(header["key"].as_str().ok_or_else(|| malformed("header key"))?, content.schema, content.value);
        }
        Ok(Self {
            kind,
            topic: json["topic"].as_str().map(str::to_owned),
            partition: json["partition"].as_i64().and_then(|n| n.try_into().ok()),
            key: with_schema(json, "keySchema", "key")?,
            value: with_schema(json, "valueSchema", "value")?,
            timestamp: json["timestamp"].as_i64(),
            headers,
        })
    }

    fn encode(&self) -> Json {
        let schema = |of: &SchemaAndValue| encode::schema_or_null(of.schema.as_ref());
        let value = |of: &SchemaAndValue| encode::value(&of.value, of.schema.as_ref());
        let headers: Vec<Json> = (self.headers.iter())
            .map(|h| json!({ "key": &*h.key, "schema": schema(&h.content), "value": value(&h.content) }))
            .collect();
        let mut json = json!({
            "topic": self.topic,
            "partition": self.partition,
            "keySchema": schema(&self.key),
            "key": value(&self.key),
            "valueSchema": schema(&self.value),
            "value": value(&self.value),
            "timestamp": self.timestamp,
            "headers": headers,
        });
        match &self.kind {
            RecordKind::Sink { offset } => {
                json["kind"] = "sink".into();
                json["offset"] = (*offset).into();
            }
            RecordKind::Source { partition, offset } => {
                json["kind"] = "source".into();
                json["sourcePartition"] = encode::value(partition, None);
                json["sourceOffset"] = encode::value(offset, None);
            }
        }
        json
    }
}
