//! Records that a sink task itself finds bad (`ErrantRecordReporter`, KIP-610).

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConnectError, ConsumedBytes, ErrantSink, RawHeaders, SinkRecord, ready};
use aqueduct_data::Payload;
use aqueduct_pipeline::{ConsumedRecord, Converters, ErrorOperator, Failure, Original, Stage};
use parking_lot::Mutex;

use super::dead_letters::{DeadLetterQueue, Receipt};

/// The class that reports name: what the task is, not which.
const SINK_TASK: &str = "org.apache.kafka.connect.sink.SinkTask";

/// Reports records under the connector's error policy.
pub(crate) struct ErrantRecords {
    task: String,
    /// The policy and the reporters, except for the dead letter queue.
    operator: Mutex<ErrorOperator>,
    queue: Option<Arc<DeadLetterQueue>>,
    /// For records that the task made itself.
    converters: Mutex<Converters>,
    /// The first report that is not tolerated.
    failure: Mutex<Option<ConnectError>>,
}

impl ErrantRecords {
    /// Reports that go to the operator's reporters and to a queue.
    pub(crate) fn new(
        task: String,
        operator: ErrorOperator,
        queue: Option<Arc<DeadLetterQueue>>,
        converters: Converters,
    ) -> Self {
        Self {
            task,
            operator: Mutex::new(operator),
            queue,
            converters: Mutex::new(converters),
            failure: Mutex::default(),
        }
    }

    /// The first report since the last call that is not tolerated: the task is to fail, even if it went on.
    pub(crate) fn take_failure(&self) -> Option<ConnectError> {
        self.failure.lock().take()
    }

    /// The record as it was consumed, or as it would have been.
    fn original(&self, sink: &SinkRecord) -> Result<ConsumedRecord, ConnectError> {
        let ConsumedBytes { key, value, headers, timestamp } = match &sink.consumed {
            Some(bytes) => (**bytes).clone(),
            None => self.encoded(sink)?,
        };
        Ok(ConsumedRecord {
            topic: sink.original.topic.clone(),
            partition: sink.original.partition,
            offset: sink.original_offset,
            timestamp,
            timestamp_type: sink.timestamp_type,
            key,
            value,
            headers,
        })
    }

    fn encoded(&self, sink: &SinkRecord) -> Result<ConsumedBytes, ConnectError> {
        let (record, mut converters) = (&sink.record, self.converters.lock());
        let mut headers = RawHeaders::new();
        for header in &record.headers {
            let converter = &mut converters.header.converter;
            let value = converter.from_connect_header(&record.topic, &header.key, &header.content)?;
            headers.push((header.key.clone(), value));
        }
        let key = converters.key.converter.from_connect_data(&record.topic, &mut headers, &record.key)?;
        let value = converters.value.converter.from_connect_data(&record.topic, &mut headers, &record.value)?;
        let (key, value) = (key.map(Payload::into_bytes), value.map(Payload::into_bytes));
        Ok(ConsumedBytes { key, value, headers, timestamp: record.timestamp.unwrap_or(-1) })
    }

    fn reported(&self, record: &SinkRecord, error: ConnectError) -> Result<Option<Receipt>, ConnectError> {
        let consumed = self.original(record)?;
        let original = Original::Sink(&consumed);
        let failure = Failure { task: &self.task, stage: Stage::TaskPut, class: SINK_TASK, error: &error, original };
        let receipt = self.queue.as_ref().and_then(|queue| queue.send(&failure));
        self.operator.lock().report(Stage::TaskPut, SINK_TASK, original, error)?;
        Ok(receipt)
    }
}

impl ErrantSink for ErrantRecords {
    fn report(&self, record: &SinkRecord, error: ConnectError) -> BoxFuture<'static, Result<(), ConnectError>> {
        match self.reported(record, error) {
            Ok(None) => ready(Ok(())),
            Ok(Some(receipt)) => Box::pin(async {
                receipt.await.unwrap_or_else(|_| Err(ConnectError::connect("The dead letter queue was closed")))
            }),
            Err(error) => {
                self.failure.lock().get_or_insert_with(|| error.clone());
                ready(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use aqueduct_api::{ConfigMap, ConsumedBytes, Factory, Origin, PluginKind, Record, TimestampType, TopicPartition};
    use aqueduct_data::{Bytes, Schema, SchemaAndValue};
    use aqueduct_pipeline::{ErrorPolicy, NamedConverter, NamedHeaderConverter, Pause, Reporter, Tolerance};

    use super::*;

    struct NoPause;

    impl Pause for NoPause {
        fn now(&self) -> Instant {
            Instant::now()
        }

        fn pause(&self, _duration: Duration) -> bool {
            true
        }

        fn random(&self, _below: u64) -> u64 {
            0
        }
    }

    /// Keeps what was reported.
    struct Seen(Arc<Mutex<Vec<(ConsumedRecord, String)>>>);

    impl Reporter for Seen {
        fn wants_original(&self) -> bool {
            true
        }

        fn report(&mut self, failure: &Failure<'_>) {
            let Original::Sink(consumed) = failure.original else { panic!("a record of a sink") };
            self.0.lock().push((consumed.clone(), format!("{} {}", failure.stage.name(), failure.class)));
        }
    }

    fn converters() -> Converters {
        let class = "org.apache.kafka.connect.storage.StringConverter";
        let plugins = aqueduct_converters::plugins();
        let find = |kind| plugins.iter().find(|plugin| plugin.class == class && plugin.kind() == kind).unwrap();
        let converter = |is_key| {
            let Factory::Converter { configure, .. } = &find(PluginKind::Converter).factory else { unreachable!() };
            NamedConverter { converter: configure(&ConfigMap::new(), is_key).unwrap(), class: class.into() }
        };
        let Factory::HeaderConverter { configure, .. } = &find(PluginKind::HeaderConverter).factory else {
            unreachable!()
        };
        let header = NamedHeaderConverter { converter: configure(&ConfigMap::new()).unwrap(), class: class.into() };
        Converters { key: converter(true), value: converter(false), header }
    }

    fn record(consumed: Option<ConsumedBytes>) -> SinkRecord {
        let mut record = Record::new("changed", SchemaAndValue::new(Schema::string(), "made"));
        record.origin = Origin::Sink { offset: 7 };
        SinkRecord {
            record,
            timestamp_type: TimestampType::CreateTime,
            original: TopicPartition::new("t", 2),
            original_offset: 7,
            consumed: consumed.map(Arc::new),
        }
    }

    fn report(
        tolerance: Tolerance,
        record: &SinkRecord,
    ) -> (ErrantRecords, Result<(), ConnectError>, Vec<(ConsumedRecord, String)>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let policy = ErrorPolicy { tolerance, ..ErrorPolicy::default() };
        let reporters: Vec<Box<dyn Reporter>> = vec![Box::new(Seen(Arc::clone(&seen)))];
        let operator = ErrorOperator::new("s-0", policy, Box::new(NoPause), reporters);
        let errant = ErrantRecords::new("s-0".into(), operator, None, converters());
        let answer = futures_util::FutureExt::now_or_never(errant.report(record, ConnectError::data("refused")));
        let seen = std::mem::take(&mut *seen.lock());
        (errant, answer.expect("nothing to wait for"), seen)
    }

    #[test]
    fn a_report_names_the_task_and_has_the_consumed_bytes() {
        let bytes = ConsumedBytes { key: None, value: Some(Bytes::from_static(b"raw")), headers: vec![], timestamp: 5 };
        let (errant, answer, seen) = report(Tolerance::All, &record(Some(bytes)));
        assert_eq!(answer, Ok(()));
        assert_eq!(errant.take_failure(), None);
        let [(consumed, what)] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(what, "TASK_PUT org.apache.kafka.connect.sink.SinkTask");
        assert_eq!((&*consumed.topic, consumed.partition, consumed.offset, consumed.timestamp), ("t", 2, 7, 5));
        assert_eq!(consumed.value.as_deref(), Some(&b"raw"[..]));
    }

    #[test]
    fn a_record_that_the_task_made_is_converted() {
        let (_, answer, seen) = report(Tolerance::All, &record(None));
        assert_eq!(answer, Ok(()));
        assert_eq!(seen[0].0.value.as_deref(), Some(&b"made"[..]));
        assert_eq!(seen[0].0.timestamp, -1);
    }

    #[test]
    fn a_report_that_is_not_tolerated_is_kept_for_the_loop() {
        let (errant, answer, seen) = report(Tolerance::None, &record(None));
        let error = answer.unwrap_err();
        assert_eq!(error.message(), Some("Tolerance exceeded in error handler"));
        assert!(error.trace().contains("record t-2@7"), "{}", error.trace());
        assert_eq!(errant.take_failure(), Some(error));
        assert_eq!(errant.take_failure(), None);
        assert_eq!(seen.len(), 1);
    }
}
