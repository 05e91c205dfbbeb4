//! The figures of the Kafka clients of tasks: `producer-metrics`, `producer-topic-metrics`, `consumer-metrics`,
//! `consumer-fetch-manager-metrics`.
//!
//! A client tells every few seconds what it has done since its start; rates look back over the registry's window. Only those
//! figures of the Java clients are here that mean the same with another client library.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::{Bean, BeanName, Meter, Registration, Registry, Window};

/// What a client has done since its start, and how it went lately. Times are in milliseconds; what is not known is NaN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientFigures {
    /// Requests that were sent.
    pub requests: u64,
    /// Answers that have arrived.
    pub responses: u64,
    /// Bytes that were sent.
    pub bytes_out: u64,
    /// Bytes that have arrived.
    pub bytes_in: u64,
    /// Brokers that the client is connected to.
    pub connections: u64,
    /// How many times records were asked for.
    pub fetches: u64,
    /// The mean wait for an answer.
    pub latency_avg: f64,
    /// The longest wait for an answer.
    pub latency_max: f64,
    /// The mean wait that a quota has caused.
    pub throttle_avg: f64,
    /// The longest wait that a quota has caused.
    pub throttle_max: f64,
    /// The mean size of a batch, in bytes.
    pub batch_size: f64,
    /// The mean number of records in a batch.
    pub batch_records: f64,
    /// The records that were written or read, by topic.
    pub topics: BTreeMap<String, TopicFigures>,
}

/// The records of one topic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TopicFigures {
    /// How many.
    pub records: u64,
    /// How large.
    pub bytes: u64,
    /// How far a consumer is behind, by partition.
    pub lag: BTreeMap<i32, u64>,
}

/// A total that somebody else counts.
struct Total {
    meter: Meter,
    reached: AtomicU64,
}

impl Total {
    fn new(window: Window) -> Arc<Self> {
        Arc::new(Self { meter: Meter::new(window), reached: AtomicU64::new(0) })
    }

    fn reaches(&self, total: u64) {
        let before = self.reached.swap(total, Ordering::Relaxed);
        self.meter.mark(total.saturating_sub(before));
    }
}

/// Adds a total and its rate to a bean.
macro_rules! total {
    ($bean:expr, $total:expr, $name:literal, $what:literal) => {{
        let (total, rate) = (Arc::clone($total), Arc::clone($total));
        $bean.counter(concat!($name, "-total"), concat!($what, "."), move || total.meter.total()).gauge(
            concat!($name, "-rate"),
            concat!($what, ", for each second."),
            move |now: Instant| rate.meter.rate(now),
        )
    }};
}

/// What all clients have.
struct Traffic {
    requests: Arc<Total>,
    responses: Arc<Total>,
    bytes_out: Arc<Total>,
    bytes_in: Arc<Total>,
}

impl Traffic {
    fn new(window: Window) -> Self {
        let total = || Total::new(window);
        Self { requests: total(), responses: total(), bytes_out: total(), bytes_in: total() }
    }

    fn take(&self, now: &ClientFigures) {
        self.requests.reaches(now.requests);
        self.responses.reaches(now.responses);
        self.bytes_out.reaches(now.bytes_out);
        self.bytes_in.reaches(now.bytes_in);
    }

    fn show(&self, bean: Bean) -> Bean {
        let bean = total!(bean, &self.requests, "request", "Requests that were sent");
        let bean = total!(bean, &self.responses, "response", "Answers that have arrived");
        let bean = total!(bean, &self.bytes_out, "outgoing-byte", "Bytes that were sent");
        total!(bean, &self.bytes_in, "incoming-byte", "Bytes that have arrived")
    }
}

/// One topic of a client.
struct Topic {
    records: Arc<Total>,
    bytes: Arc<Total>,
    lag: BTreeMap<i32, (Arc<AtomicU64>, Registration)>,
    _shown: Registration,
}

/// Which client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Producer,
    Consumer,
}

/// The beans of one client, as long as this lives.
pub struct KafkaClientMetrics {
    registry: Registry,
    kind: Kind,
    client_id: String,
    traffic: Traffic,
    records: Arc<Total>,
    bytes: Arc<Total>,
    fetches: Arc<Total>,
    latest: Arc<Mutex<ClientFigures>>,
    topics: Mutex<BTreeMap<String, Topic>>,
    _shown: Mutex<Vec<Registration>>,
}

const PRODUCER: &str = "kafka.producer";
const CONSUMER: &str = "kafka.consumer";
const FETCHING: &str = "consumer-fetch-manager-metrics";

impl KafkaClientMetrics {
    /// Shows the producer with this `client.id`.
    pub fn producer(registry: &Registry, client_id: &str) -> Self {
        let metrics = Self::new(registry, Kind::Producer, client_id);
        let bean = metrics.traffic.show(metrics.bean(PRODUCER, "producer-metrics"));
        let bean = total!(bean, &metrics.records, "record-send", "Records that were sent");
        let bean = metrics.connections(bean);
        let bean = metrics
            .recent(bean, "request-latency-avg", "The mean wait for an answer, in milliseconds.", |now| now.latency_avg)
            .gauge(
                "request-latency-max",
                "The longest wait for an answer, in milliseconds.",
                metrics.read(|now| now.latency_max),
            )
            .gauge(
                "produce-throttle-time-avg",
                "The mean wait that a quota has caused, in milliseconds.",
                metrics.read(|now| now.throttle_avg),
            )
            .gauge(
                "produce-throttle-time-max",
                "The longest wait that a quota has caused, in milliseconds.",
                metrics.read(|now| now.throttle_max),
            )
            .gauge("batch-size-avg", "The mean size of a batch, in bytes.", metrics.read(|now| now.batch_size))
            .gauge(
                "records-per-request-avg",
                "The mean number of records in a batch.",
                metrics.read(|now| now.batch_records),
            );
        metrics.shown(bean)
    }

    /// Shows the consumer with this `client.id`.
    pub fn consumer(registry: &Registry, client_id: &str) -> Self {
        let metrics = Self::new(registry, Kind::Consumer, client_id);
        let bean = metrics.traffic.show(metrics.bean(CONSUMER, "consumer-metrics"));
        let metrics = metrics.shown_more(|metrics| metrics.connections(bean));
        let bean = metrics.bean(CONSUMER, FETCHING);
        let bean = total!(bean, &metrics.records, "records-consumed", "Records that were read");
        let bean = total!(bean, &metrics.bytes, "bytes-consumed", "Bytes of records that were read");
        let bean = total!(bean, &metrics.fetches, "fetch", "Requests for records");
        let bean = metrics
            .recent(bean, "fetch-latency-avg", "The mean wait for an answer, in milliseconds.", |now| now.latency_avg)
            .gauge(
                "fetch-latency-max",
                "The longest wait for an answer, in milliseconds.",
                metrics.read(|now| now.latency_max),
            )
            .gauge(
                "fetch-throttle-time-avg",
                "The mean wait that a quota has caused, in milliseconds.",
                metrics.read(|now| now.throttle_avg),
            )
            .gauge(
                "fetch-throttle-time-max",
                "The longest wait that a quota has caused, in milliseconds.",
                metrics.read(|now| now.throttle_max),
            )
            .gauge(
                "records-lag-max",
                "How far the consumer is behind where it is the most, in records.",
                metrics.read(greatest_lag),
            );
        metrics.shown(bean)
    }

    fn new(registry: &Registry, kind: Kind, client_id: &str) -> Self {
        let window = registry.window();
        let nothing = f64::NAN;
        let latest = ClientFigures {
            latency_avg: nothing,
            latency_max: nothing,
            throttle_avg: nothing,
            throttle_max: nothing,
            batch_size: nothing,
            batch_records: nothing,
            ..ClientFigures::default()
        };
        Self {
            registry: registry.clone(),
            kind,
            client_id: client_id.to_owned(),
            traffic: Traffic::new(window),
            records: Total::new(window),
            bytes: Total::new(window),
            fetches: Total::new(window),
            latest: Arc::new(Mutex::new(latest)),
            topics: Mutex::default(),
            _shown: Mutex::default(),
        }
    }

    fn bean(&self, domain: &'static str, group: &'static str) -> Bean {
        Bean::new(BeanName::of(domain, group).tag("client-id", self.client_id.as_str()))
    }

    fn read(&self, of: fn(&ClientFigures) -> f64) -> impl Fn(Instant) -> f64 + Send + Sync + use<> {
        let latest = Arc::clone(&self.latest);
        move |_| of(&latest.lock())
    }

    fn recent(&self, bean: Bean, name: &'static str, help: &'static str, of: fn(&ClientFigures) -> f64) -> Bean {
        bean.gauge(name, help, self.read(of))
    }

    fn connections(&self, bean: Bean) -> Bean {
        self.recent(bean, "connection-count", "Brokers that the client is connected to.", |now| now.connections as f64)
    }

    fn shown(self, bean: Bean) -> Self {
        self.shown_more(|_| bean)
    }

    fn shown_more(self, bean: impl FnOnce(&Self) -> Bean) -> Self {
        let shown = self.registry.register(bean(&self));
        self._shown.lock().push(shown);
        self
    }

    /// Takes what the client has told.
    pub fn update(&self, now: ClientFigures) {
        self.traffic.take(&now);
        self.records.reaches(now.topics.values().map(|topic| topic.records).sum());
        self.bytes.reaches(now.topics.values().map(|topic| topic.bytes).sum());
        self.fetches.reaches(now.fetches);
        let mut topics = self.topics.lock();
        // Those that the client does not know any more are gone.
        topics.retain(|name, _| now.topics.contains_key(name));
        for (name, figures) in &now.topics {
            if !topics.contains_key(name) {
                topics.insert(name.clone(), self.topic(name));
            }
            if let Some(topic) = topics.get_mut(name) {
                topic.records.reaches(figures.records);
                topic.bytes.reaches(figures.bytes);
                self.show_lag(name, topic, &figures.lag);
            }
        }
        drop(topics);
        *self.latest.lock() = now;
    }

    fn topic(&self, name: &str) -> Topic {
        let window = self.registry.window();
        let (records, bytes) = (Total::new(window), Total::new(window));
        let bean = match self.kind {
            Kind::Producer => {
                let bean = self.bean_of_topic(PRODUCER, "producer-topic-metrics", name);
                let bean = total!(bean, &records, "record-send", "Records that were sent");
                total!(bean, &bytes, "byte", "Bytes of records that were sent")
            }
            Kind::Consumer => {
                let bean = self.bean_of_topic(CONSUMER, FETCHING, name);
                let bean = total!(bean, &records, "records-consumed", "Records that were read");
                total!(bean, &bytes, "bytes-consumed", "Bytes of records that were read")
            }
        };
        Topic { records, bytes, lag: BTreeMap::new(), _shown: self.registry.register(bean) }
    }

    fn bean_of_topic(&self, domain: &'static str, group: &'static str, topic: &str) -> Bean {
        Bean::new(BeanName::of(domain, group).tag("client-id", self.client_id.as_str()).tag("topic", topic))
    }

    fn show_lag(&self, name: &str, topic: &mut Topic, lag: &BTreeMap<i32, u64>) {
        topic.lag.retain(|partition, _| lag.contains_key(partition));
        for (&partition, &behind) in lag {
            let (present, _) = topic.lag.entry(partition).or_insert_with(|| {
                let present = Arc::new(AtomicU64::new(0));
                let shown = Arc::clone(&present);
                let tags = BeanName::of(CONSUMER, FETCHING)
                    .tag("client-id", self.client_id.as_str())
                    .tag("topic", name)
                    .tag("partition", partition.to_string());
                let bean = Bean::new(tags).gauge(
                    "records-lag",
                    "How far the consumer is behind the end of the partition, in records.",
                    move |_| shown.load(Ordering::Relaxed) as f64,
                );
                (present, self.registry.register(bean))
            });
            present.store(behind, Ordering::Relaxed);
        }
    }
}

fn greatest_lag(now: &ClientFigures) -> f64 {
    let all = now.topics.values().flat_map(|topic| topic.lag.values());
    all.max().map_or(f64::NAN, |lag| *lag as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn read(registry: &Registry, bean: &str, attribute: &str) -> Option<f64> {
        let found = registry.read().into_iter();
        let mut found = found.filter(|reading| reading.bean.to_string() == bean && reading.attribute == attribute);
        found.next().map(|reading| match reading.value {
            Value::Number(number) => number,
            Value::Text(text) => panic!("{attribute}: {text}"),
        })
    }

    /// A topic, how many records it had, and how far its partitions are behind.
    type Figures<'a> = (&'a str, u64, &'a [(i32, u64)]);

    fn topics(figures: &[Figures<'_>]) -> BTreeMap<String, TopicFigures> {
        let topic = |&(name, records, lag): &Figures<'_>| {
            (name.to_owned(), TopicFigures { records, bytes: 10 * records, lag: lag.iter().copied().collect() })
        };
        figures.iter().map(topic).collect()
    }

    #[test]
    fn a_consumer_shows_its_topics_and_partitions_as_long_as_it_reads_them() {
        let registry = Registry::default();
        let consumer = KafkaClientMetrics::consumer(&registry, "connector-consumer-c-0");
        let whole = "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=connector-consumer-c-0";
        let (topic, partition) = (format!("{whole},topic=t"), format!("{whole},topic=t,partition=1"));
        assert!(read(&registry, whole, "records-lag-max").unwrap().is_nan());
        consumer.update(ClientFigures {
            requests: 3,
            fetches: 2,
            topics: topics(&[("t", 5, &[(0, 4), (1, 9)]), ("u", 1, &[])]),
            ..ClientFigures::default()
        });
        assert_eq!(read(&registry, whole, "records-consumed-total"), Some(6.0));
        assert_eq!(read(&registry, whole, "bytes-consumed-total"), Some(60.0));
        assert_eq!(read(&registry, whole, "records-lag-max"), Some(9.0));
        assert_eq!(read(&registry, &topic, "records-consumed-total"), Some(5.0));
        assert_eq!(read(&registry, &partition, "records-lag"), Some(9.0));
        assert_eq!(
            read(&registry, "kafka.consumer:type=consumer-metrics,client-id=connector-consumer-c-0", "request-total"),
            Some(3.0)
        );
        consumer.update(ClientFigures { topics: topics(&[("t", 7, &[(0, 0)])]), ..ClientFigures::default() });
        assert_eq!(read(&registry, &topic, "records-consumed-total"), Some(7.0));
        assert_eq!(read(&registry, &partition, "records-lag"), None);
        drop(consumer);
        assert_eq!(registry.read(), []);
    }

    #[test]
    fn a_producer_shows_what_it_sends() {
        let registry = Registry::default();
        let producer = KafkaClientMetrics::producer(&registry, "p");
        let bean = "kafka.producer:type=producer-metrics,client-id=p";
        producer.update(ClientFigures {
            latency_avg: 2.5,
            bytes_out: 100,
            topics: topics(&[("t", 5, &[])]),
            ..ClientFigures::default()
        });
        assert_eq!(read(&registry, bean, "record-send-total"), Some(5.0));
        assert_eq!(read(&registry, bean, "outgoing-byte-total"), Some(100.0));
        assert_eq!(read(&registry, bean, "request-latency-avg"), Some(2.5));
        assert!(read(&registry, bean, "record-send-rate").unwrap() > 0.0);
        let topic = "kafka.producer:type=producer-topic-metrics,client-id=p,topic=t";
        assert_eq!(read(&registry, topic, "byte-total"), Some(50.0));
    }
}
