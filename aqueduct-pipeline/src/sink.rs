//! The record path of a sink task: converters, then transforms, then a record for the task.

use std::sync::Arc;

use aqueduct_api::{ConnectError, Fate, Origin, Record, SinkRecord, TopicPartition};
use aqueduct_data::Headers;

use crate::chain::TransformChain;
use crate::encoded::checked_timestamp;
use crate::operator::{ErrorOperator, Stage};
use crate::report::Original;
use crate::{ConsumedRecord, Converters, NamedHeaderConverter};

/// What became of a consumed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkOutcome {
    /// It is for the task, and stands at the end of the batch.
    Put,
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

    /// Takes one record all the way. What comes of it is put behind `batch`, where it is made in place: a record is large,
    /// and every stage that hands it on by value would copy it.
    ///
    /// # Errors
    /// When something failed and that is not tolerated: the task is to fail.
    pub fn process(
        &mut self,
        mut consumed: ConsumedRecord,
        batch: &mut Vec<SinkRecord>,
    ) -> Result<SinkOutcome, ConnectError> {
        let Self { chain, converters, operator } = self;
        // The converter may have the only reference to the value, unless somebody needs the bytes again after it failed.
        let keep = operator.may_retry() || operator.wants_original();
        let bytes = operator.wants_original().then(|| Arc::new(consumed.bytes()));
        let mut taken = if keep { None } else { consumed.value.take() };
        let original = Original::Sink(&consumed);
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
            value.converter.to_connect_data(topic, raw, taken.take().or_else(|| consumed.value.clone()))
        })?
        else {
            return Ok(SinkOutcome::Unreadable);
        };
        let Some(headers) = decode_headers(&mut converters.header, operator, &consumed)? else {
            return Ok(SinkOutcome::Unreadable);
        };
        let (partition, offset, timestamp_type) = (consumed.partition, consumed.offset, consumed.timestamp_type);
        let timestamp = checked_timestamp(Some(consumed.timestamp))?;
        let origin = Origin::Sink { offset };
        let record = |topic| Record { topic, partition: Some(partition), key, value, timestamp, headers, origin };

        // The transforms see the record as the topic has it.
        let (record, topic) = if chain.is_empty() {
            (record(consumed.topic.clone()), consumed.topic)
        } else {
            let mut record = record(consumed.topic.clone());
            if chain.apply(&mut record, operator, original)? == Fate::Dropped {
                return Ok(SinkOutcome::Dropped);
            }
            (record, consumed.topic)
        };
        let original = TopicPartition { topic, partition };
        batch.push(SinkRecord { record, timestamp_type, original, original_offset: offset, consumed: bytes });
        Ok(SinkOutcome::Put)
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
