//! Consumers against librdkafka's mock cluster.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Consumer, ConsumerEvent, Offsets, StartOffset};
use crate::error::ErrorKind;
use crate::native::mock::{MockCluster, api};
use crate::producer::{Delivery, DeliverySink, Producer};
use crate::record::{ConsumerRecord, ProducerRecord, TimestampType, TopicPartition};
use crate::settings::ClientSettings;

const PATIENCE: Duration = Duration::from_secs(30);

struct Nobody;

impl DeliverySink for Nobody {
    fn delivered(&self, deliveries: &[Delivery]) {
        assert!(deliveries.iter().all(|delivery| delivery.outcome.is_ok()));
    }
}

fn cluster(topic: &str, partitions: i32) -> MockCluster {
    let cluster = MockCluster::start(1);
    cluster.create_topic(topic, partitions);
    cluster
}

fn record(topic: &str, partition: i32, value: &str) -> ProducerRecord {
    ProducerRecord {
        topic: topic.into(),
        partition: Some(partition),
        key: Some(format!("key of {}", &value[..value.len().min(8)]).into()),
        value: Some(value.to_owned().into()),
        timestamp: Some(1_234_567),
        headers: Vec::new(),
    }
}

async fn produce(cluster: &MockCluster, records: &[ProducerRecord]) {
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", cluster.bootstrap()).set_base("linger.ms", "0");
    let producer = Producer::create(&settings).unwrap();
    let mut lane = producer.register(Arc::new(Nobody)).unwrap();
    for (sequence, record) in (0..).zip(records) {
        while lane.send(sequence, record).is_err() {
            lane.ready().await;
        }
    }
    lane.flush(PATIENCE).await.unwrap();
}

async fn produce_numbers(cluster: &MockCluster, topic: &str, partition: i32, count: usize) {
    let records: Vec<_> = (0..count).map(|number| record(topic, partition, &number.to_string())).collect();
    produce(cluster, &records).await;
}

fn settings(cluster: &MockCluster) -> ClientSettings {
    let mut settings = ClientSettings::default();
    settings
        .set_base("bootstrap.servers", cluster.bootstrap())
        .set_base("group.id", "connect-test")
        .set_base("enable.auto.commit", "false")
        .set_base("auto.offset.reset", "earliest")
        .set_base("fetch.max.wait.ms", "50");
    settings
}

fn consumer(cluster: &MockCluster, topics: &[&str]) -> Consumer {
    let mut consumer = Consumer::create(&settings(cluster)).unwrap();
    consumer.subscribe(topics).unwrap();
    consumer
}

/// Polls until an event other than idling comes.
async fn next(consumer: &mut Consumer) -> ConsumerEvent {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match consumer.poll(Duration::from_secs(1)).await.unwrap() {
            ConsumerEvent::Idle => assert!(Instant::now() < deadline, "nothing happened"),
            event => return event,
        }
    }
}

async fn assigned(consumer: &mut Consumer) -> Vec<TopicPartition> {
    match next(consumer).await {
        ConsumerEvent::Assigned(partitions) => partitions,
        other => panic!("expected an assignment, got {other:?}"),
    }
}

async fn records(consumer: &mut Consumer, count: usize) -> Vec<ConsumerRecord> {
    let mut all = Vec::new();
    while all.len() < count {
        match next(consumer).await {
            ConsumerEvent::Records(records) => all.extend(records),
            other => panic!("expected records, got {other:?}"),
        }
    }
    assert_eq!(all.len(), count);
    all
}

fn offsets(records: &[ConsumerRecord]) -> Vec<i64> {
    records.iter().map(|record| record.offset).collect()
}

#[tokio::test]
async fn records_come_with_everything_that_was_written() {
    let cluster = cluster("t", 1);
    let mut written = vec![record("t", 0, "small"), record("t", 0, &"large ".repeat(2000)), record("t", 0, "")];
    written[0].headers = vec![("a".into(), Some("1".into())), ("b".into(), None), ("a".into(), Some("".into()))];
    written[2].key = None;
    written.push(ProducerRecord { value: None, key: Some("".into()), ..record("t", 0, "x") });
    produce(&cluster, &written).await;
    let mut consumer = consumer(&cluster, &["t"]);
    assert_eq!(assigned(&mut consumer).await, [TopicPartition::new("t", 0)]);
    consumer.complete_assignment(&BTreeMap::new(), &[]).unwrap();
    let read = records(&mut consumer, 4).await;
    for (offset, (written, read)) in (0..).zip(written.iter().zip(&read)) {
        let expected = ConsumerRecord {
            topic: "t".into(),
            partition: 0,
            offset,
            timestamp: 1_234_567,
            timestamp_type: TimestampType::CreateTime,
            key: written.key.clone().map(Into::into),
            value: written.value.clone().map(Into::into),
            headers: written.headers.clone(),
        };
        assert_eq!(*read, expected);
    }
    // A large value outlives its consumer.
    let large = read[1].value.clone();
    drop((read, consumer));
    assert_eq!(large.as_deref(), written[1].value.as_deref());
}

#[tokio::test]
async fn a_batch_has_at_most_max_poll_records() {
    let cluster = cluster("t", 1);
    produce_numbers(&cluster, "t", 0, 40).await;
    let mut settings = settings(&cluster);
    settings.set_user("max.poll.records", "15");
    let mut consumer = Consumer::create(&settings).unwrap();
    consumer.subscribe(&["t"]).unwrap();
    assigned(&mut consumer).await;
    let mut seen = Vec::new();
    while seen.len() < 40 {
        if let ConsumerEvent::Records(records) = next(&mut consumer).await {
            assert!(records.len() <= 15);
            seen.extend(offsets(&records));
        }
    }
    assert_eq!(seen, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_end_of_an_asynchronous_commit_is_an_event() {
    let cluster = cluster("t", 1);
    let partition = TopicPartition::new("t", 0);
    let mut consumer = consumer(&cluster, &["t"]);
    assigned(&mut consumer).await;
    consumer.complete_assignment(&BTreeMap::new(), &[]).unwrap();
    for (seqno, codes) in [(7, vec![]), (8, vec![29])] {
        cluster.fail_next(api::OFFSET_COMMIT, &codes);
        consumer.commit_async(&Offsets::from([(partition.clone(), 0.into())]), seqno).unwrap();
        match next(&mut consumer).await {
            ConsumerEvent::Committed { seqno: ended, result } => {
                assert_eq!(ended, seqno);
                assert_eq!(result.is_ok(), codes.is_empty(), "{result:?}");
            }
            other => panic!("expected the end of the commit, got {other:?}"),
        }
    }
}

#[tokio::test]
async fn paused_partitions_are_silent_until_resumed() {
    let cluster = cluster("t", 2);
    produce_numbers(&cluster, "t", 0, 5).await;
    produce_numbers(&cluster, "t", 1, 5).await;
    let (zero, one) = (TopicPartition::new("t", 0), TopicPartition::new("t", 1));
    let mut consumer = consumer(&cluster, &["t"]);
    assigned(&mut consumer).await;
    consumer.complete_assignment(&BTreeMap::new(), std::slice::from_ref(&one)).unwrap();
    assert!(records(&mut consumer, 5).await.iter().all(|record| record.partition == 0));
    assert_eq!(consumer.paused(), std::slice::from_ref(&one));
    consumer.pause(std::slice::from_ref(&zero)).unwrap();
    produce_numbers(&cluster, "t", 0, 5).await;
    assert!(matches!(consumer.poll(Duration::from_millis(300)).await.unwrap(), ConsumerEvent::Idle));
    consumer.resume(&[one]).unwrap();
    assert!(records(&mut consumer, 5).await.iter().all(|record| record.partition == 1));
    consumer.resume(&[zero]).unwrap();
    assert_eq!(offsets(&records(&mut consumer, 5).await), [5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn seeking_decides_the_next_record() {
    let cluster = cluster("t", 1);
    let partition = TopicPartition::new("t", 0);
    produce_numbers(&cluster, "t", 0, 1000).await;
    let mut consumer = consumer(&cluster, &["t"]);
    assigned(&mut consumer).await;
    consumer.complete_assignment(&BTreeMap::new(), &[]).unwrap();
    // While the partition is only just being started.
    consumer.seek(&partition, 990);
    assert_eq!(consumer.positions(std::slice::from_ref(&partition), PATIENCE).await.unwrap()[&partition], 990);
    assert_eq!(offsets(&records(&mut consumer, 10).await)[0], 990);
    consumer.seek(&partition, 3);
    let ConsumerEvent::Records(again) = next(&mut consumer).await else { panic!("expected records") };
    assert_eq!(again[0].offset, 3);
    // With records waiting in the queue.
    consumer.seek(&partition, 995);
    assert_eq!(offsets(&records(&mut consumer, 5).await), (995..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_wakeup_ends_the_present_or_the_next_poll() {
    let cluster = cluster("t", 1);
    let mut consumer = consumer(&cluster, &["t"]);
    let handle = consumer.wakeup_handle();
    handle.wakeup();
    handle.wakeup();
    assert!(matches!(consumer.poll(PATIENCE).await.unwrap(), ConsumerEvent::Woken));
    assert!(matches!(consumer.poll(PATIENCE).await.unwrap(), ConsumerEvent::Assigned(_)));
    let waker = tokio::spawn(async move { handle.wakeup() });
    assert!(matches!(consumer.poll(PATIENCE).await.unwrap(), ConsumerEvent::Woken));
    waker.await.unwrap();
    assert!(matches!(consumer.poll(Duration::ZERO).await.unwrap(), ConsumerEvent::Idle));
}

#[tokio::test]
async fn chosen_partitions_are_read_without_a_group() {
    let cluster = cluster("t", 2);
    produce_numbers(&cluster, "t", 1, 10).await;
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", cluster.bootstrap());
    let mut consumer = Consumer::create(&settings).unwrap();
    let partition = TopicPartition::new("t", 1);
    let mut check = async |start, expected: Vec<i64>| {
        consumer.assign(&BTreeMap::from([(partition.clone(), start)])).unwrap();
        assert_eq!(offsets(&records(&mut consumer, expected.len()).await), expected, "{start:?}");
    };
    check(StartOffset::Beginning, (0..10).collect()).await;
    check(StartOffset::At(7), vec![7, 8, 9]).await;
    assert!(consumer.committed(std::slice::from_ref(&partition), PATIENCE).await.unwrap().is_empty());
    consumer.assign(&BTreeMap::from([(partition, StartOffset::End)])).unwrap();
    assert!(matches!(consumer.poll(Duration::from_millis(300)).await.unwrap(), ConsumerEvent::Idle));
}

#[tokio::test]
async fn an_offset_beyond_the_logs_end_starts_where_auto_offset_reset_says() {
    let cluster = cluster("t", 1);
    produce_numbers(&cluster, "t", 0, 3).await;
    let partition = TopicPartition::new("t", 0);
    let mut lenient = consumer(&cluster, &["t"]);
    assigned(&mut lenient).await;
    lenient.complete_assignment(&BTreeMap::from([(partition, 1000)]), &[]).unwrap();
    assert_eq!(offsets(&records(&mut lenient, 3).await), [0, 1, 2]);
}

#[tokio::test]
async fn without_auto_offset_reset_there_is_nowhere_to_start() {
    let cluster = cluster("t", 1);
    let partition = TopicPartition::new("t", 0);
    let mut settings = settings(&cluster);
    settings.set_user("auto.offset.reset", "none");
    let mut strict = Consumer::create(&settings).unwrap();
    strict.subscribe(&["t"]).unwrap();
    assigned(&mut strict).await;
    let error = strict.positions(&[partition], PATIENCE).await.unwrap_err();
    assert_eq!(error.message(), "Undefined offset with no reset policy for partitions: [t-0]");
    strict.complete_assignment(&BTreeMap::new(), &[]).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let error = loop {
        match strict.poll(Duration::from_millis(200)).await {
            Err(error) => break error,
            Ok(event) => assert!(Instant::now() < deadline, "{event:?}"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::NoOffset);
    assert_eq!(error.java_class(), "org.apache.kafka.clients.consumer.NoOffsetForPartitionException");
}

#[tokio::test]
async fn a_group_that_we_may_not_join_fails_the_poll() {
    let cluster = cluster("t", 1);
    cluster.fail_next(api::JOIN_GROUP, &[30]);
    let mut consumer = consumer(&cluster, &["t"]);
    let deadline = Instant::now() + PATIENCE;
    let error = loop {
        match consumer.poll(Duration::from_millis(200)).await {
            Err(error) => break error,
            Ok(event) => assert!(Instant::now() < deadline, "{event:?}"),
        }
    };
    assert_eq!(error.message(), "Not authorized to access group: connect-test");
    assert_eq!(error.java_class(), "org.apache.kafka.common.errors.GroupAuthorizationException");
}
