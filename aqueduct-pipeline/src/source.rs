//! The record path of a source task: transforms, then converters, then bytes for Kafka.

use std::sync::Arc;

use aqueduct_api::{ConnectError, Fate, RawHeaders, Record, SourceRecord};
use aqueduct_data::{Headers, ValueMap};

use crate::chain::TransformChain;
use crate::encoded::{EncodedRecord, checked_timestamp};
use crate::operator::{ErrorOperator, Stage};
use crate::report::Original;
use crate::{Converters, NamedHeaderConverter};

/// What became of a source record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceOutcome {
    /// It is ready to be sent.
    Send(EncodedRecord),
    /// A transform dropped it, or it was bad and that is tolerated.
    Dropped,
}

/// Turns the records of a source task into bytes.
pub struct SourcePipeline {
    chain: TransformChain,
    converters: Converters,
    operator: ErrorOperator,
}

impl SourcePipeline {
    /// A pipeline of these parts.
    pub fn new(chain: TransformChain, converters: Converters, operator: ErrorOperator) -> Self {
        Self { chain, converters, operator }
    }

    /// The error policy, for failures that the task finds after this pipeline.
    pub fn operator(&mut self) -> &mut ErrorOperator {
        &mut self.operator
    }

    /// Takes one record all the way. Where it came from stays with the caller; it is only looked at for reports.
    ///
    /// # Errors
    /// When something failed and that is not tolerated: the task is to fail.
    pub fn process(
        &mut self,
        partition: &Arc<ValueMap>,
        offset: &ValueMap,
        mut record: Record,
    ) -> Result<SourceOutcome, ConnectError> {
        let Self { chain, converters, operator } = self;
        let kept = operator.wants_original().then(|| SourceRecord {
            source_partition: Arc::clone(partition),
            source_offset: offset.clone(),
            record: record.clone(),
        });
        let original = kept.as_ref().map_or(Original::Unknown, Original::Source);

        // The transforms come first, in order; each may drop the record.
        if chain.apply(&mut record, operator, original)? == Fate::Dropped {
            return Ok(SourceOutcome::Dropped);
        }

        // Headers, key and value become bytes, in this order, which decides what is reported first.
        let topic = &record.topic;
        let Some(mut headers) = encode_headers(&mut converters.header, operator, original, topic, &record.headers)?
        else {
            return Ok(SourceOutcome::Dropped);
        };
        // What is converted once only is the converter's own.
        let once = !operator.may_retry();
        let key = &mut converters.key;
        let Some(key) = operator.execute(Stage::KeyConverter, &key.class, original, || match once {
            true => key.converter.from_owned_connect_data(topic, &mut headers, &mut record.key),
            false => key.converter.from_connect_data(topic, &mut headers, &record.key),
        })?
        else {
            return Ok(SourceOutcome::Dropped);
        };
        let value = &mut converters.value;
        let Some(value) = operator.execute(Stage::ValueConverter, &value.class, original, || match once {
            true => value.converter.from_owned_connect_data(topic, &mut headers, &mut record.value),
            false => value.converter.from_connect_data(topic, &mut headers, &record.value),
        })?
        else {
            return Ok(SourceOutcome::Dropped);
        };
        let timestamp = checked_timestamp(record.timestamp)?;
        let partition = record.partition;
        Ok(SourceOutcome::Send(EncodedRecord { topic: record.topic, partition, key, value, timestamp, headers }))
    }
}

fn encode_headers(
    named: &mut NamedHeaderConverter,
    operator: &mut ErrorOperator,
    original: Original<'_>,
    topic: &str,
    headers: &Headers,
) -> Result<Option<RawHeaders>, ConnectError> {
    if headers.is_empty() {
        return Ok(Some(RawHeaders::new()));
    }
    let NamedHeaderConverter { converter, class } = named;
    operator.execute(Stage::HeaderConverter, class, original, || {
        headers
            .iter()
            .map(|header| {
                let bytes = converter.from_connect_header(topic, &header.key, &header.content)?;
                Ok((header.key.clone(), bytes))
            })
            .collect()
    })
}
