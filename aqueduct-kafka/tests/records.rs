//! Records on their way through a real broker.

#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_kafka::{
    ClientSettings, Consumer, ErrorKind, Producer, ProducerRecord, StartOffset, TimestampType, TopicPartition,
};
use support::{PATIENCE, Results, create_topic, now, record, records, settings};

async fn write(settings: &ClientSettings, written: &[ProducerRecord]) -> Arc<Results> {
    let producer = Producer::create(settings).unwrap();
    let results = Arc::new(Results::default());
    let mut lane = producer.register(results.clone()).unwrap();
    for (sequence, record) in (0..).zip(written) {
        lane.send(sequence, record).unwrap();
    }
    lane.flush(PATIENCE).await.unwrap();
    producer.close(PATIENCE).await;
    results
}

async fn read(bootstrap: &str, topic: &str, count: usize) -> Vec<aqueduct_kafka::ConsumerRecord> {
    let mut consumer = Consumer::create(&settings(bootstrap)).unwrap();
    consumer.assign(&BTreeMap::from([(TopicPartition::new(topic, 0), StartOffset::Beginning)])).unwrap();
    records(&mut consumer, count).await
}

#[tokio::test]
async fn what_is_written_is_read_with_every_compression() {
    let bootstrap = broker_or_return!();
    let topic = create_topic(&bootstrap, 1).await;
    let now = now();
    let mut written = Vec::new();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let mut small = record(&topic, 0, codec);
        small.timestamp = Some(now);
        small.key = Some("key".into());
        small.headers = vec![("h".into(), Some(codec.into())), ("null".into(), None), ("".into(), Some("".into()))];
        let large = ProducerRecord { value: Some(codec.repeat(5000).into()), headers: Vec::new(), ..small.clone() };
        let tombstone = ProducerRecord { value: None, timestamp: Some(1), ..small.clone() };
        let batch = [small, large, tombstone];
        let mut settings = settings(&bootstrap);
        settings.set_user("compression.type", codec);
        let results = write(&settings, &batch).await;
        let first = written.len() as i64;
        let offsets: Vec<_> = results.0.lock().iter().map(|end| end.outcome.as_ref().unwrap().offset).collect();
        assert_eq!(offsets, [first, first + 1, first + 2], "{codec}");
        assert_eq!(results.0.lock()[0].outcome.as_ref().unwrap().timestamp, now);
        written.extend(batch);
    }
    let read = read(&bootstrap, &topic, written.len()).await;
    for (written, read) in written.iter().zip(&read) {
        assert_eq!(written.topic, read.topic);
        assert_eq!(written.key.as_deref(), read.key.as_deref());
        assert_eq!(written.value.as_deref(), read.value.as_deref());
        assert_eq!(written.headers, read.headers);
        assert_eq!((written.timestamp, read.timestamp_type), (Some(read.timestamp), TimestampType::CreateTime));
    }
}

#[tokio::test]
async fn a_record_without_a_timestamp_gets_the_present_one() {
    let bootstrap = broker_or_return!();
    let topic = create_topic(&bootstrap, 1).await;
    let before = now();
    let results = write(&settings(&bootstrap), &[ProducerRecord { timestamp: None, ..record(&topic, 0, "x") }]).await;
    let stored = read(&bootstrap, &topic, 1).await[0].timestamp;
    assert!((before..=now()).contains(&stored), "{stored}");
    assert_eq!(results.0.lock()[0].outcome.as_ref().unwrap().timestamp, stored);
}

#[tokio::test]
async fn what_the_broker_refuses_comes_back_as_an_error_of_its_kind() {
    let bootstrap = broker_or_return!();
    let check = async |record: ProducerRecord, kind: ErrorKind, class: &str| {
        let results = write(&settings(&bootstrap), &[record]).await;
        let error = results.0.lock()[0].outcome.clone().unwrap_err();
        assert_eq!((error.kind(), error.java_class()), (kind, &*format!("org.apache.kafka.common.{class}")), "{error}");
    };
    check(record("a/b", 0, "x"), ErrorKind::Other, "errors.InvalidTopicException").await;

    let admin = aqueduct_kafka::Admin::create(&settings(&bootstrap)).unwrap();
    let topic = |config: (&str, &str)| aqueduct_kafka::NewTopic {
        name: support::unique("topic"),
        partitions: Some(1),
        replication_factor: None,
        configs: BTreeMap::from([(config.0.to_owned(), config.1.to_owned())]),
    };
    let (compacted, narrow) = (topic(("cleanup.policy", "compact")), topic(("max.message.bytes", "1000")));
    for (_, created) in admin.create_topics(&[compacted.clone(), narrow.clone()]).await.unwrap() {
        created.unwrap();
    }
    check(record(&compacted.name, 0, "no key"), ErrorKind::InvalidRecord, "InvalidRecordException").await;
    check(record(&narrow.name, 0, &"x".repeat(5000)), ErrorKind::RecordTooLarge, "errors.RecordTooLargeException")
        .await;
}
