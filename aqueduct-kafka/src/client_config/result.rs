//! What comes out: properties for librdkafka, and what has to be done around it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{ClientKind, TokenSource};

/// What this crate's clients need to behave as the Java client with the same properties would.
#[derive(Clone)]
pub struct LibrdkafkaConfig {
    /// Which client it is for.
    pub client: ClientKind,
    /// Properties for librdkafka. Some are secrets: `Debug` prints their names only.
    pub properties: BTreeMap<String, String>,
    /// What a person should know about values that have no meaning here, or less than in Java; one sentence each.
    pub warnings: Vec<String>,
    /// Names that no client knows, sorted: Java logs them as supplied but not used.
    pub unused: Vec<String>,
    /// For a producer.
    pub producer: ProducerExtras,
    /// For a consumer.
    pub consumer: ConsumerExtras,
    /// `default.api.timeout.ms`: how long a call of a consumer or admin client may take.
    pub default_api_timeout: Duration,
    /// `request.timeout.ms`: how long one request may take.
    pub request_timeout: Duration,
    /// Where tokens come from, with SASL/OAUTHBEARER.
    pub oauth: Option<Arc<dyn TokenSource>>,
}

/// What a producer does itself, around librdkafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerExtras {
    /// `max.request.size`: a record that is larger when serialized, before compression, fails before it is sent.
    pub max_request_size: usize,
    /// `buffer.memory`: so does a record that is larger than this.
    pub buffer_memory: usize,
    /// `max.block.ms`: how long sending may wait for room. At most a hundred years, so that it can be added to a time.
    pub max_block: Duration,
    /// `delivery.timeout.ms`, raised to `linger.ms` and `request.timeout.ms` together where nobody set it.
    pub delivery_timeout: Duration,
    /// Whether `retries` is 0: the first failure is final.
    pub retries_zero: bool,
    /// Whether the broker drops duplicates, and who wants it so.
    pub idempotence: Idempotence,
    /// How records without a partition find one.
    pub partitioner: Partitioner,
    /// `transactional.id`.
    pub transactional_id: Option<String>,
}

/// How a producer keeps order and drops duplicates over retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotence {
    /// `enable.idempotence`, as it is after all rules.
    pub enabled: bool,
    /// Requests on their way at the same time (`max.in.flight.requests.per.connection`).
    pub in_flight: u32,
    /// Whether a person set either key. If nobody did and a broker does not permit idempotence, the producer may go on
    /// without: see [`LibrdkafkaConfig::without_idempotence`].
    pub user_set: bool,
}

/// How records without a partition find one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Partitioner {
    /// By the murmur2 hash of the key; without a key, the same partition for a while.
    #[default]
    Default,
    /// `partitioner.ignore.keys`: as without a key. librdkafka is set to pick at random.
    IgnoreKeys,
    /// `RoundRobinPartitioner`: one after the other, whatever the key. librdkafka is set to pick at random.
    RoundRobin,
}

/// What a consumer does itself, around librdkafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerExtras {
    /// `max.poll.records`: how many records one poll answers at most.
    pub max_poll_records: usize,
    /// `metadata.max.age.ms`: how often topics are looked up for a subscription by pattern.
    pub metadata_max_age: Duration,
    /// `exclude.internal.topics`: whether such a subscription passes over internal topics.
    pub exclude_internal_topics: bool,
    /// `group.id`.
    pub group_id: Option<String>,
    /// `enable.auto.commit`, off without a group.
    pub enable_auto_commit: bool,
    /// `auto.offset.reset`.
    pub auto_offset_reset: OffsetReset,
    /// Whether `isolation.level` is `read_committed`.
    pub read_committed: bool,
}

/// Where to start where there is no offset, or none that still exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OffsetReset {
    /// At the first record.
    Earliest,
    /// Behind the last record.
    #[default]
    Latest,
    /// Nowhere: it is an error.
    None,
}

// === impl LibrdkafkaConfig ===

impl LibrdkafkaConfig {
    /// The same producer without idempotence and with one request at a time, for brokers that do not permit idempotence
    /// (`CLUSTER_AUTHORIZATION_FAILED`, from ACLs made before Kafka 2.8). `None` where a person chose, or where
    /// transactions need it.
    pub fn without_idempotence(&self) -> Option<Self> {
        let idempotence = self.producer.idempotence;
        if !idempotence.enabled || idempotence.user_set || self.producer.transactional_id.is_some() {
            return None;
        }
        let mut without = self.clone();
        without.producer.idempotence = Idempotence { enabled: false, in_flight: 1, user_set: false };
        without.properties.insert("enable.idempotence".to_owned(), "false".to_owned());
        without.properties.insert("max.in.flight.requests.per.connection".to_owned(), "1".to_owned());
        Some(without)
    }
}

impl fmt::Debug for LibrdkafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibrdkafkaConfig")
            .field("client", &self.client)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .field("warnings", &self.warnings)
            .field("unused", &self.unused)
            .finish_non_exhaustive()
    }
}

// === impl extras: what Java's defaults are, for clients of another kind ===

impl Default for ProducerExtras {
    fn default() -> Self {
        Self {
            max_request_size: 1_048_576,
            buffer_memory: 33_554_432,
            max_block: Duration::from_secs(60),
            delivery_timeout: Duration::from_secs(120),
            retries_zero: false,
            idempotence: Idempotence { enabled: true, in_flight: 5, user_set: false },
            partitioner: Partitioner::Default,
            transactional_id: None,
        }
    }
}

impl Default for ConsumerExtras {
    fn default() -> Self {
        Self {
            max_poll_records: 500,
            metadata_max_age: Duration::from_secs(300),
            exclude_internal_topics: true,
            group_id: None,
            enable_auto_commit: false,
            auto_offset_reset: OffsetReset::Latest,
            read_committed: false,
        }
    }
}
