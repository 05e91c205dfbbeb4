//! The keys of Kafka's own clients: producer, consumer, admin client.
//!
//! Connectors may override client settings (`producer.override.…` and so on, KIP-458). A check of such a configuration
//! shows how the clients define the keys that they know, and parses the values to their types; whether the values make
//! sense is for the clients to say, so these definitions have no validators.

use crate::Importance::{High, Low, Medium};
use crate::Type::{Boolean, Class, Int, List, Long, String};
use crate::client_security::{sasl_keys, ssl_keys};
use crate::{ConfigDef, ConfigKey, ConfigValueData, Importance, Type};

const NULL: ConfigValueData = ConfigValueData::Null;
const NOTHING: [&str; 0] = [];

fn required(name: &'static str, value_type: Type, importance: Importance, doc: &'static str) -> ConfigKey {
    ConfigKey::new(name, value_type).importance(importance).doc(doc)
}

fn key(
    name: &'static str,
    value_type: Type,
    default: impl Into<ConfigValueData>,
    importance: Importance,
    doc: &'static str,
) -> ConfigKey {
    required(name, value_type, importance, doc).default(default)
}

/// What all three clients have, as far as their defaults agree.
fn shared_keys() -> Vec<ConfigKey> {
    vec![
        key("client.dns.lookup", String, "use_all_dns_ips", Medium, "How a broker's name is turned into addresses."),
        key("metadata.max.age.ms", Long, 300_000_i64, Low, "After how long metadata is fetched again."),
        key("send.buffer.bytes", Int, 131_072, Medium, "The size of the sockets' send buffers."),
        key("reconnect.backoff.ms", Long, 50_i64, Low, "The first pause before a broker is connected to again."),
        key("reconnect.backoff.max.ms", Long, 1000_i64, Low, "The longest pause before that."),
        key("retry.backoff.ms", Long, 100_i64, Low, "The first pause before a request is tried again."),
        key("retry.backoff.max.ms", Long, 1000_i64, Low, "The longest pause before that."),
        key("request.timeout.ms", Int, 30_000, Medium, "How long to wait for the answer to a request."),
        key("metrics.sample.window.ms", Long, 30_000_i64, Low, "The length of one sample of a metric."),
        key("metrics.num.samples", Int, 2, Low, "The number of samples that a metric is computed over."),
        key("metrics.recording.level", String, "INFO", Low, "How much is measured."),
        key(
            "metric.reporters",
            List,
            "org.apache.kafka.common.metrics.JmxReporter",
            Low,
            "The classes that metrics are reported to.",
        ),
        key("socket.connection.setup.timeout.ms", Long, 10_000_i64, Medium, "How long a connection may take at first."),
        key("socket.connection.setup.timeout.max.ms", Long, 30_000_i64, Medium, "How long it may take at most."),
        key("security.protocol", String, "PLAINTEXT", Medium, "How to talk to brokers."),
        key("config.providers", List, NOTHING, Low, "The names of the providers that replace variables."),
        key("security.providers", String, NULL, Low, "The JVM's security providers; of no meaning here."),
        key("metadata.recovery.strategy", String, "rebootstrap", Low, "What to do when no known broker is reached."),
        key("metadata.recovery.rebootstrap.trigger.ms", Long, 300_000_i64, Low, "After how long that is done."),
    ]
}

fn metrics_push(default: bool) -> ConfigKey {
    key("enable.metrics.push", Boolean, default, Low, "Whether metrics are pushed to brokers that ask for them.")
}

fn client(own: Vec<ConfigKey>) -> ConfigDef {
    ConfigDef::new().define_all(own).define_all(shared_keys()).define_all(ssl_keys()).define_all(sasl_keys())
}

/// The keys of a producer.
pub fn producer() -> ConfigDef {
    client(vec![
        required("bootstrap.servers", List, High, "Brokers to begin with."),
        metrics_push(true),
        required("key.serializer", Class, High, "The serializer of keys; always that of bytes here."),
        required("value.serializer", Class, High, "The serializer of values; always that of bytes here."),
        key("client.id", String, "", Medium, "The name under which the client appears at brokers."),
        key("receive.buffer.bytes", Int, 32_768, Medium, "The size of the sockets' receive buffers."),
        key("connections.max.idle.ms", Long, 540_000_i64, Medium, "After how long idle connections are closed."),
        key("buffer.memory", Long, 33_554_432_i64, High, "The memory for records that were not sent yet, in bytes."),
        key("retries", Int, i32::MAX, High, "How often a request is tried again."),
        key("acks", String, "all", Low, "How many replicas must have a record: all, -1, 1 or 0."),
        key("compression.type", String, "none", High, "How batches are compressed."),
        key("compression.gzip.level", Int, -1, Medium, "The level of gzip."),
        key("compression.lz4.level", Int, 9, Medium, "The level of lz4."),
        key("compression.zstd.level", Int, 3, Medium, "The level of zstd."),
        key("batch.size", Int, 16_384, Medium, "The size of batches, in bytes."),
        key("partitioner.adaptive.partitioning.enable", Boolean, true, Low, "Whether faster brokers get more records."),
        key("partitioner.availability.timeout.ms", Long, 0_i64, Low, "After how long a slow partition is avoided."),
        key("partitioner.ignore.keys", Boolean, false, Medium, "Whether keys decide nothing about partitions."),
        key("partitioner.class", Class, NULL, Medium, "The class that chooses partitions."),
        key("linger.ms", Long, 5_i64, Medium, "How long a batch waits for more records."),
        key("delivery.timeout.ms", Int, 120_000, Medium, "How long delivering a record may take."),
        key("max.request.size", Int, 1_048_576, Medium, "The size of the largest record and request, in bytes."),
        key("max.block.ms", Long, 60_000_i64, Medium, "How long sending may block."),
        key("metadata.max.idle.ms", Long, 300_000_i64, Low, "After how long an idle topic is forgotten."),
        key("max.in.flight.requests.per.connection", Int, 5, Low, "How many requests may be under way to a broker."),
        key("interceptor.classes", List, NOTHING, Low, "The classes of interceptors."),
        key("enable.idempotence", Boolean, true, Low, "Whether each record is written exactly once."),
        key("transaction.timeout.ms", Int, 60_000, Low, "How long a transaction may take."),
        key("transactional.id", String, NULL, Low, "The identity of a transactional producer."),
        key("transaction.two.phase.commit.enable", Boolean, false, Low, "Whether an outside coordinator commits."),
    ])
}

/// The keys of a consumer.
pub fn consumer() -> ConfigDef {
    // Java lists classes here, and prints them as such.
    let assignors = ["RangeAssignor", "CooperativeStickyAssignor"]
        .map(|name| format!("class org.apache.kafka.clients.consumer.{name}"))
        .to_vec();
    client(vec![
        required("bootstrap.servers", List, High, "Brokers to begin with."),
        metrics_push(true),
        required("key.deserializer", Class, High, "The deserializer of keys; always that of bytes here."),
        required("value.deserializer", Class, High, "The deserializer of values; always that of bytes here."),
        key("client.id", String, "", Low, "The name under which the client appears at brokers."),
        key("client.rack", String, "", Low, "The rack of the client, to read from a replica nearby."),
        key("receive.buffer.bytes", Int, 65_536, Medium, "The size of the sockets' receive buffers."),
        key("connections.max.idle.ms", Long, 540_000_i64, Medium, "After how long idle connections are closed."),
        key("group.id", String, NULL, High, "The consumer group."),
        key("group.instance.id", String, NULL, Medium, "The identity of a static member."),
        key("group.protocol", String, "classic", High, "The group protocol: classic or consumer."),
        key("group.remote.assignor", String, NULL, Medium, "The assignor at the broker, of the consumer protocol."),
        key("session.timeout.ms", Int, 45_000, High, "After how long without a heartbeat a member counts as gone."),
        key("heartbeat.interval.ms", Int, 3000, High, "How often a member sends a heartbeat."),
        key("partition.assignment.strategy", List, assignors, Medium, "The classes that assign partitions."),
        key("enable.auto.commit", Boolean, true, Medium, "Whether offsets are committed in the background."),
        key("auto.commit.interval.ms", Int, 5000, Low, "How often that is done."),
        key("auto.offset.reset", String, "latest", Medium, "Where to begin without a committed offset."),
        key("max.partition.fetch.bytes", Int, 1_048_576, High, "The most data of a partition in one answer."),
        key("fetch.min.bytes", Int, 1, High, "The least data that a broker answers with."),
        key("fetch.max.bytes", Int, 52_428_800, Medium, "The most data in one answer."),
        key("fetch.max.wait.ms", Int, 500, Low, "How long a broker waits for the least data."),
        key("check.crcs", Boolean, true, Low, "Whether checksums are verified."),
        key("default.api.timeout.ms", Int, 60_000, Medium, "How long a call may take."),
        key("interceptor.classes", List, NOTHING, Low, "The classes of interceptors."),
        key("max.poll.records", Int, 500, Medium, "The most records of one poll."),
        key("max.poll.interval.ms", Int, 300_000, Medium, "The longest time between polls."),
        key("exclude.internal.topics", Boolean, true, Medium, "Whether patterns pass over internal topics."),
        key("isolation.level", String, "read_uncommitted", Medium, "Whether open transactions are read."),
        key("allow.auto.create.topics", Boolean, true, Medium, "Whether reading a topic may create it."),
        key("share.acquire.mode", String, "BATCH_OPTIMIZED", Medium, "How share groups hand out records."),
        key("share.acknowledgement.mode", String, "implicit", Medium, "How members of share groups acknowledge."),
        key("internal.throw.on.fetch.stable.offset.unsupported", Boolean, false, Low, "").group("").internal(),
    ])
}

/// The keys of an admin client.
pub fn admin() -> ConfigDef {
    client(vec![
        key("bootstrap.servers", List, "", High, "Brokers to begin with."),
        metrics_push(false),
        key("bootstrap.controllers", List, "", High, "Controllers to begin with, instead of brokers."),
        key("client.id", String, "", Medium, "The name under which the client appears at brokers."),
        key("receive.buffer.bytes", Int, 65_536, Medium, "The size of the sockets' receive buffers."),
        key("connections.max.idle.ms", Long, 300_000_i64, Medium, "After how long idle connections are closed."),
        key("retries", Int, i32::MAX, Low, "How often a request is tried again."),
        key("default.api.timeout.ms", Int, 60_000, Medium, "How long a call may take."),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoClasses, convert_to_string, parse_type};

    #[track_caller]
    fn check(def: &ConfigDef, name: &str, value_type: Type, default: &str, importance: Importance) {
        let key = def.key(name).unwrap();
        let text = convert_to_string(key.default_value.as_ref().unwrap(), Some(key.value_type)).unwrap();
        assert_eq!((key.value_type, text.as_deref(), key.importance), (value_type, Some(default), importance));
    }

    #[test]
    fn the_definitions_are_sound() {
        for def in [producer(), consumer(), admin()] {
            assert_eq!(def.defects(), []);
        }
    }

    #[test]
    fn recorded_definitions_are_the_same() {
        check(&producer(), "acks", String, "all", Low);
        check(&consumer(), "max.poll.records", Int, "500", Medium);
        assert!(producer().key("nosuch").is_none());
    }

    #[test]
    fn a_value_of_another_type_is_refused_as_recorded() {
        let def = consumer();
        let key = def.key("max.poll.records").unwrap();
        let error = parse_type(&key.name, &"many".into(), key.value_type, &NoClasses).unwrap_err();
        assert_eq!(error.message(), "Invalid value many for configuration max.poll.records: Not a number of type INT");
    }
}
