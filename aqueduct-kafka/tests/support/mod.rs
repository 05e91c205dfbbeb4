//! What the tests against a real broker share. They run when `AQUEDUCT_TEST_BOOTSTRAP` names one (`host:port`).
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, clippy::unwrap_used, reason = "test code outside of a test function")]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aqueduct_kafka::{
    Admin, ClientSettings, Consumer, ConsumerEvent, ConsumerRecord, Delivery, DeliverySink, NewTopic, Producer,
    ProducerRecord, TopicPartition,
};
use parking_lot::Mutex;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// The broker to test against; says so when there is none.
pub fn bootstrap(test: &str) -> Option<String> {
    let bootstrap = std::env::var("AQUEDUCT_TEST_BOOTSTRAP").ok().filter(|bootstrap| !bootstrap.is_empty());
    if bootstrap.is_none() {
        not_run(test, "AQUEDUCT_TEST_BOOTSTRAP names no broker");
    }
    bootstrap
}

/// Says so past the capture of the test runner, so that it shows for a test that passes.
pub fn not_run(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "not run: {test}: {why}");
}

/// Runs the rest of a test only with a broker.
#[macro_export]
macro_rules! broker_or_return {
    () => {{
        match $crate::support::bootstrap(concat!(module_path!(), ":", line!())) {
            Some(bootstrap) => bootstrap,
            None => return,
        }
    }};
}

/// A name that nothing else on the broker has.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{name}-{now}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn settings(bootstrap: &str) -> ClientSettings {
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", bootstrap);
    settings
}

pub fn group_settings(bootstrap: &str, group: &str) -> ClientSettings {
    let mut settings = settings(bootstrap);
    settings
        .set_base("group.id", group)
        .set_base("enable.auto.commit", "false")
        .set_base("auto.offset.reset", "earliest");
    settings
}

pub async fn create_topic(bootstrap: &str, partitions: i32) -> String {
    let name = unique("topic");
    let admin = Admin::create(&settings(bootstrap)).unwrap();
    let topic = NewTopic {
        name: name.clone(),
        partitions: Some(partitions),
        replication_factor: None,
        configs: Default::default(),
    };
    admin.create_topics(&[topic]).await.unwrap().remove(0).1.unwrap();
    name
}

/// Keeps results.
#[derive(Default)]
pub struct Results(pub Mutex<Vec<Delivery>>);

impl DeliverySink for Results {
    fn delivered(&self, deliveries: &[Delivery]) {
        self.0.lock().extend_from_slice(deliveries);
    }
}

impl Results {
    pub fn sequences(&self) -> Vec<u64> {
        self.0.lock().iter().map(|delivery| delivery.sequence).collect()
    }
}

pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub fn record(topic: &str, partition: i32, value: &str) -> ProducerRecord {
    ProducerRecord {
        topic: topic.into(),
        partition: Some(partition),
        key: None,
        value: Some(value.to_owned().into()),
        timestamp: Some(now()),
        headers: Vec::new(),
    }
}

/// Writes `count` records to each of `partitions`.
pub async fn produce(bootstrap: &str, topic: &str, partitions: i32, count: usize) {
    let producer = Producer::create(&settings(bootstrap)).unwrap();
    let results = Arc::new(Results::default());
    let mut lane = producer.register(results.clone()).unwrap();
    for number in 0..count {
        for partition in 0..partitions {
            while lane.send(number as u64, &record(topic, partition, &number.to_string())).is_err() {
                lane.ready().await;
            }
        }
    }
    lane.flush(PATIENCE).await.unwrap();
    assert!(results.0.lock().iter().all(|delivery| delivery.outcome.is_ok()));
}

/// Polls until an event other than idling comes.
pub async fn next(consumer: &mut Consumer) -> ConsumerEvent {
    match consumer.poll(PATIENCE).await.unwrap() {
        ConsumerEvent::Idle => panic!("nothing happened"),
        event => event,
    }
}

pub async fn assigned(consumer: &mut Consumer) -> Vec<TopicPartition> {
    match next(consumer).await {
        ConsumerEvent::Assigned(partitions) => partitions,
        other => panic!("expected an assignment, got {other:?}"),
    }
}

pub async fn records(consumer: &mut Consumer, count: usize) -> Vec<ConsumerRecord> {
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

pub fn offsets(records: &[ConsumerRecord]) -> Vec<i64> {
    records.iter().map(|record| record.offset).collect()
}
