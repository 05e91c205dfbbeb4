//! The record path of a sink task: converters, then transforms, then a record for the task.

use aqueduct_api::{ConnectError, Origin, Record, SinkRecord, TopicPartition};
use aqueduct_data::Headers;

use crate::chain::TransformChain;
use crate::encoded::checked_timestamp;
use crate::operator::{ErrorOperator, Stage};
use crate::report::Original;
use crate::{ConsumedRecord, Converters, NamedHeaderConverter};

/// What became of a consumed record.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every outcome is a record, and a box for each would cost")]
pub enum SinkOutcome {
    /// It is for the task.
    Put(SinkRecord),
    /// It was converted, and then a transform dropped it or failed and that is tolerated.
    Dropped,
    /// It could not be converted, and that is tolerated.
    Unreadable,
}

/// Turns consumed bytes into the records of a sink task.
pub struct SinkPipeline {
    chain: TransformChain,
    converters: Converters,
    operator: ErrorOperator,
}

impl SinkPipeline {
    /// A pipeline of these parts.
    pub fn new(chain: TransformChain, converters: Converters, operator: ErrorOperator) -> Self {
        Self { chain, converters, operator }
    }

    /// The error policy, for failures that the task finds after this pipeline.
    pub fn operator(&mut self) -> &mut ErrorOperator {
        &mut self.operator
    }

    /// Takes one record all the way.
    ///
    /// # Errors
    /// When something failed and that is not tolerated: the task is to fail.
    pub fn process(&mut self, consumed: &ConsumedRecord) -> Result<SinkOutcome, ConnectError> {
        let Self { chain, converters, operator } = self;
        let original = Original::Sink(consumed);
        let topic = &consumed.topic;

        // Key, value and headers become data, in this order, which decides what is reported first.
        let raw = &consumed.headers;
        let key = &mut converters.key;
        let Some(key) = operator.execute(Stage::KeyConverter, &key.class, original, || {
            key.converter.to_connect_data(topic, raw, consumed.key.clone())
        })?
        else {
            return Ok(SinkOutcome::Unreadable);
        };
        let value = &mut converters.value;
        let Some(value) = operator.execute(Stage::ValueConverter, &value.class, original, || {
            value.converter.to_connect_data(topic, raw, consumed.value.clone())
        })?
        else {
            return Ok(SinkOutcome::Unreadable);
        };
        let Some(headers) = decode_headers(&mut converters.header, operator, consumed)? else {
            return Ok(SinkOutcome::Unreadable);
        };
        let record = Record {
            topic: topic.clone(),
            partition: Some(consumed.partition),
            key,
            value,
            timestamp: checked_timestamp(Some(consumed.timestamp))?,
            headers,
            origin: Origin::Sink { offset: consumed.offset },
        };

        // The transforms see the record as the topic has it.
        let Some(record) = chain.apply(record, operator, original)? else {
            return Ok(SinkOutcome::Dropped);
        };
        Ok(SinkOutcome::Put(SinkRecord {
            record,
            timestamp_type: consumed.timestamp_type,
            original: TopicPartition { topic: topic.clone(), partition: consumed.partition },
            original_offset: consumed.offset,
        }))
    }
}

fn decode_headers(
    named: &mut NamedHeaderConverter,
    operator: &mut ErrorOperator,
    consumed: &ConsumedRecord,
) -> Result<Option<Headers>, ConnectError> {
    if consumed.headers.is_empty() {
        return Ok(Some(Headers::new()));
    }
    let NamedHeaderConverter { converter, class } = named;
    operator.execute(Stage::HeaderConverter, class, Original::Sink(consumed), || {
        let mut headers = Headers::new();
        for (key, bytes) in &consumed.headers {
            let content = converter.to_connect_header(&consumed.topic, key, bytes.clone())?;
            headers.push(aqueduct_data::Header { key: key.clone(), content });
        }
        Ok(headers)
    })
}
