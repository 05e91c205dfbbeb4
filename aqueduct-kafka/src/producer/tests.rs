//! Producers against librdkafka's mock cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::{Delivery, DeliverySink, Producer, ProducerLane};
use crate::error::{ErrorKind, KafkaError};
use crate::log_capture;
use crate::native::mock::{MockCluster, api};
use crate::producer::pool::{ProducerPool, ProducerSharing};
use crate::record::ProducerRecord;
use crate::settings::ClientSettings;

const PATIENCE: Duration = Duration::from_secs(20);

/// Keeps results.
#[derive(Default)]
struct Results(Mutex<Vec<Delivery>>);

impl DeliverySink for Results {
    fn delivered(&self, deliveries: &[Delivery]) {
        self.0.lock().extend_from_slice(deliveries);
    }
}

impl Results {
    fn sequences(&self) -> Vec<u64> {
        self.0.lock().iter().map(|delivery| delivery.sequence).collect()
    }

    /// Offsets in the order of the results; panics on an error.
    fn offsets(&self) -> Vec<i64> {
        self.0.lock().iter().map(|delivery| delivery.outcome.as_ref().unwrap().offset).collect()
    }

    fn errors(&self) -> Vec<KafkaError> {
        self.0.lock().iter().filter_map(|delivery| delivery.outcome.clone().err()).collect()
    }
}

fn settings(cluster: &MockCluster) -> ClientSettings {
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", cluster.bootstrap()).set_base("linger.ms", "1");
    settings
}

fn cluster(partitions: i32) -> MockCluster {
    let cluster = MockCluster::start(1);
    cluster.create_topic("t", partitions);
    cluster
}

fn lane(producer: &Producer) -> (ProducerLane, Arc<Results>) {
    let results = Arc::new(Results::default());
    (producer.register(results.clone()).unwrap(), results)
}

fn record(value: &str) -> ProducerRecord {
    ProducerRecord {
        topic: "t".into(),
        partition: Some(0),
        key: None,
        value: Some(value.as_bytes().to_vec().into()),
        timestamp: Some(1_234_567),
        headers: vec![("h".into(), Some(b"v".to_vec().into()))],
    }
}

async fn send(lane: &mut ProducerLane, sequence: u64, record: &ProducerRecord) {
    while let Err(error) = lane.send(sequence, record) {
        assert_eq!(error.kind(), ErrorKind::QueueFull, "{error}");
        tokio::time::timeout(PATIENCE, lane.ready()).await.unwrap();
    }
}

#[tokio::test]
async fn results_come_in_order_with_offsets() {
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, results) = lane(&producer);
    for sequence in 0..100 {
        send(&mut lane, sequence, &record("x")).await;
    }
    lane.flush(PATIENCE).await.unwrap();
    assert_eq!(lane.outstanding(), 0);
    assert_eq!(results.sequences(), (0..100).collect::<Vec<_>>());
    assert_eq!(results.offsets(), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn lanes_of_one_producer_get_their_own_results() {
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let ((mut one, first), (mut two, second), (mut three, third)) = (lane(&producer), lane(&producer), lane(&producer));
    for sequence in 0..50 {
        send(&mut one, sequence, &record("one")).await;
        send(&mut two, 1000 + sequence, &record("two")).await;
        send(&mut three, sequence, &record("three")).await;
    }
    drop(three);
    producer.flush(PATIENCE).await.unwrap();
    assert_eq!(first.sequences(), (0..50).collect::<Vec<_>>());
    assert_eq!(second.sequences(), (1000..1050).collect::<Vec<_>>());
    assert!(third.sequences().len() <= 50);
    assert_eq!(
        first.offsets().iter().chain(&second.offsets()).max(),
        Some(&148),
        "all three lanes' records are written"
    );
}

#[tokio::test]
async fn a_full_lane_refuses_records_until_there_is_room_and_the_others_go_on() {
    let cluster = cluster(1);
    cluster.create_topic("stuck", 1);
    let mut settings = settings(&cluster);
    settings.set_user("buffer.memory", "100000").set_user("linger.ms", "300");
    let producer = Producer::create(&settings).unwrap();
    let ((mut full, results), (mut other, _)) = (lane(&producer), lane(&producer));
    let big = record(&"x".repeat(10_000));
    let taken = (0..100).take_while(|sequence| full.send(*sequence, &big).is_ok()).count();
    assert_eq!(taken, 9, "each takes its size and a little");
    let error = full.send(100, &big).unwrap_err();
    assert_eq!((error.kind(), error.is_retriable()), (ErrorKind::QueueFull, true));
    other.send(0, &big).unwrap();
    tokio::time::timeout(PATIENCE, full.ready()).await.unwrap();
    full.send(100, &big).unwrap();
    full.flush(PATIENCE).await.unwrap();
    assert_eq!(results.sequences().len(), 10);
}

#[tokio::test]
async fn records_that_are_too_large_are_refused_in_javas_words() {
    let cluster = cluster(1);
    let mut settings = settings(&cluster);
    settings.set_user("max.request.size", "2000").set_user("buffer.memory", "1500");
    let producer = Producer::create(&settings).unwrap();
    let (mut lane, _) = lane(&producer);
    let mut check = |size: usize, message: &str| {
        let mut record = record("");
        record.headers.clear();
        record.value = Some(vec![0; size].into());
        let error = lane.send(0, &record).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RecordTooLarge);
        assert_eq!(error.java_class(), "org.apache.kafka.common.errors.RecordTooLargeException");
        assert_eq!(error.message(), message);
    };
    check(
        1915,
        "The message is 2001 bytes when serialized which is larger than 2000, which is the value of the \
         max.request.size configuration.",
    );
    check(
        1915 - 1,
        "The message is 2000 bytes when serialized which is larger than the total memory buffer you have configured with \
         the buffer.memory configuration.",
    );
}

#[tokio::test]
async fn order_is_kept_when_a_batch_has_to_be_sent_again() {
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, results) = lane(&producer);
    send(&mut lane, 0, &record("first")).await;
    lane.flush(PATIENCE).await.unwrap();
    // NOT_ENOUGH_REPLICAS, twice.
    cluster.fail_next(api::PRODUCE, &[19, 19]);
    for sequence in 1..20_000 {
        send(&mut lane, sequence, &record("x")).await;
    }
    lane.flush(PATIENCE).await.unwrap();
    assert_eq!(results.sequences(), (0..20_000).collect::<Vec<_>>());
    assert!(results.offsets().is_sorted());
}

#[tokio::test]
async fn a_broker_that_refuses_idempotence_gets_the_same_records_in_order_without_it() {
    let cluster = cluster(1);
    cluster.fail_next(api::INIT_PRODUCER_ID, &[31]);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, results) = lane(&producer);
    for sequence in 0..1000 {
        send(&mut lane, sequence, &record("x")).await;
    }
    lane.flush(PATIENCE).await.unwrap();
    // Still working afterwards.
    for sequence in 1000..1100 {
        send(&mut lane, sequence, &record("x")).await;
    }
    lane.flush(PATIENCE).await.unwrap();
    assert_eq!(results.sequences(), (0..1100).collect::<Vec<_>>());
    assert_eq!(results.offsets(), (0..1100).collect::<Vec<_>>());
    assert!(producer.fault().is_none());
    producer.close(PATIENCE).await;
}

#[tokio::test]
async fn a_broker_that_refuses_idempotence_which_a_person_asked_for_ends_the_producer() {
    let cluster = cluster(1);
    cluster.fail_next(api::INIT_PRODUCER_ID, &[31]);
    let mut settings = settings(&cluster);
    settings.set_user("enable.idempotence", "true");
    let producer = Producer::create(&settings).unwrap();
    let (mut lane, results) = lane(&producer);
    let _ = lane.send(0, &record("x"));
    let fault = tokio::time::timeout(PATIENCE, producer.faulted()).await.unwrap();
    assert_eq!(fault.java_class(), "org.apache.kafka.common.errors.ClusterAuthorizationException");
    lane.flush(PATIENCE).await.unwrap();
    assert!(results.errors().iter().all(|error| error.kind() == ErrorKind::Authorization), "{:?}", results.errors());
    assert_eq!(lane.send(1, &record("x")).unwrap_err().kind(), ErrorKind::Authorization);
    tokio::time::timeout(PATIENCE, lane.ready()).await.unwrap();
}

#[tokio::test]
async fn closing_gives_up_records_that_no_broker_takes() {
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, results) = lane(&producer);
    send(&mut lane, 0, &record("x")).await;
    lane.flush(PATIENCE).await.unwrap();
    cluster.set_up(1, false);
    lane.send(1, &record("x")).unwrap();
    assert_eq!(lane.flush(Duration::from_millis(50)).await.unwrap_err().kind(), ErrorKind::Timeout);
    producer.close(Duration::from_millis(50)).await;
    lane.flush(PATIENCE).await.unwrap();
    assert_eq!(results.sequences(), [0, 1]);
    assert_eq!(results.errors()[0].kind(), ErrorKind::Closed);
    let error = lane.send(2, &record("x")).unwrap_err();
    assert_eq!(error.message(), "Cannot perform operation after producer has been closed");
    assert!(producer.register(results).is_err());
}

#[tokio::test]
async fn an_outage_loses_nothing_and_is_said_once_for_all_clients() {
    log_capture::start();
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let second = Producer::create(&settings(&cluster)).unwrap();
    let (mut other_lane, _) = lane(&second);
    send(&mut other_lane, 0, &record("x")).await;
    other_lane.flush(PATIENCE).await.unwrap();
    let (mut lane, results) = lane(&producer);
    send(&mut lane, 0, &record("x")).await;
    lane.flush(PATIENCE).await.unwrap();
    cluster.set_up(1, false);
    for sequence in 1..500 {
        send(&mut lane, sequence, &record("x")).await;
    }
    assert!(lane.flush(Duration::from_secs(1)).await.is_err());
    cluster.set_up(1, true);
    lane.flush(PATIENCE).await.unwrap();
    assert_eq!(results.offsets().len(), 500);
    assert!(producer.fault().is_none());
    let said = |words: &str| log_capture::lines_with(&format!("{} {words}", cluster.bootstrap()));
    let deadline = Instant::now() + PATIENCE;
    while said("can be reached again").is_empty() {
        assert!(Instant::now() < deadline, "{:?}", log_capture::lines_with(&cluster.bootstrap()));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(said("cannot be reached").len(), 1, "{:?}", said("cannot be reached"));
    assert_eq!(said("can be reached again").len(), 1);
    assert!(said("cannot be reached")[0].contains("WARN"));
}

#[tokio::test]
async fn unknown_partitions_and_bad_topic_names_are_refused() {
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, _) = lane(&producer);
    send(&mut lane, 0, &record("x")).await;
    lane.flush(PATIENCE).await.unwrap();
    let mut elsewhere = record("x");
    elsewhere.partition = Some(7);
    assert_eq!(lane.send(1, &elsewhere).unwrap_err().kind(), ErrorKind::UnknownTopic);
    elsewhere.topic = "a\0b".into();
    assert!(lane.send(1, &elsewhere).is_err());
}

#[tokio::test]
async fn numbers_that_java_refuses_are_refused_in_its_words() {
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, _) = lane(&producer);
    let mut check = |change: fn(&mut ProducerRecord), message: &str| {
        let mut record = record("x");
        change(&mut record);
        let error = lane.send(0, &record).unwrap_err();
        assert_eq!((error.java_class(), error.message()), ("java.lang.IllegalArgumentException", message));
    };
    check(
        |record| record.partition = Some(-5),
        "Invalid partition: -5. Partition number should always be non-negative or null.",
    );
    check(
        |record| record.timestamp = Some(-2),
        "Invalid timestamp: -2. Timestamp should always be non-negative or null.",
    );
}

#[tokio::test]
async fn keys_go_to_the_partitions_that_java_chooses() {
    let cluster = cluster(1000);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let (mut lane, results) = lane(&producer);
    // Java's murmur2 of each key.
    let keys = [
        ("21", -973_932_308_i32),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ];
    for (sequence, (key, _)) in (0..).zip(keys) {
        let mut record = record("x");
        (record.partition, record.key) = (None, Some(key.into()));
        send(&mut lane, sequence, &record).await;
        lane.flush(PATIENCE).await.unwrap();
    }
    let chosen: Vec<i32> = results.0.lock().iter().map(|end| end.outcome.as_ref().unwrap().partition).collect();
    assert_eq!(chosen, keys.map(|(_, hash)| (hash & i32::MAX) % 1000));
}

#[tokio::test]
async fn a_receiver_that_panics_harms_nobody_else() {
    struct Panics;
    impl DeliverySink for Panics {
        fn delivered(&self, _: &[Delivery]) {
            panic!("on purpose");
        }
    }
    let cluster = cluster(1);
    let producer = Producer::create(&settings(&cluster)).unwrap();
    let mut bad = producer.register(Arc::new(Panics)).unwrap();
    let (mut good, results) = lane(&producer);
    send(&mut bad, 0, &record("x")).await;
    bad.flush(PATIENCE).await.unwrap();
    send(&mut good, 0, &record("x")).await;
    good.flush(PATIENCE).await.unwrap();
    assert_eq!(results.sequences(), [0]);
}

#[tokio::test]
async fn equal_settings_share_a_producer_unless_it_has_failed() {
    let cluster = cluster(1);
    let pool = ProducerPool::new(ProducerSharing::Equal, "connector-producer-worker");
    let mut settings = settings(&cluster);
    settings.set_base("client.id", "connector-producer-a-0");
    let a = pool.acquire(&settings).unwrap();
    settings.set_base("client.id", "connector-producer-b-0");
    let b = pool.acquire(&settings).unwrap();
    assert!(Arc::ptr_eq(&a.0, &b.0));
    assert_eq!(a.client_id(), "connector-producer-worker");
    settings.set_user("client.id", "mine");
    assert_eq!(pool.acquire(&settings).unwrap().client_id(), "mine");
    settings.set_user("acks", "1");
    assert!(!Arc::ptr_eq(&a.0, &pool.acquire(&settings).unwrap().0));
    let mut again = self::settings(&cluster);
    again.set_base("client.id", "connector-producer-c-0");
    a.close(PATIENCE).await;
    assert!(!Arc::ptr_eq(&a.0, &pool.acquire(&again).unwrap().0), "a closed one is not handed out");
    let private = ProducerPool::new(ProducerSharing::None, "unused");
    assert_eq!(private.acquire(&again).unwrap().client_id(), "connector-producer-c-0");
}

#[tokio::test]
async fn wrong_settings_are_an_error_with_javas_chain() {
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", "127.0.0.1:1").set_user("acks", "zzz");
    let error = Producer::create(&settings).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert_eq!(error.java_class(), "org.apache.kafka.common.config.ConfigException");
}
