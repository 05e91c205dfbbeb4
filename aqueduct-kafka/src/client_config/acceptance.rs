//! Tests: librdkafka takes every configuration that comes out of the translation, one by one and all together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{ClientEnvironment, ClientKind, translate_in};
use crate::native::{Client, ClientType, GroupChange, Observer, SaslToken};

/// Hears nothing and knows nothing.
struct Deaf;

impl Observer for Deaf {
    fn log(&self, _: i32, _: &str, _: &str) {}
    fn error(&self, _: i32, _: bool, _: &str) {}
    fn broker_changed(&self, _broker: Option<i32>, _address: &str, _state: crate::brokers::BrokerState) {}
    fn group_changed(&self, _: GroupChange) -> bool {
        false
    }
    fn token(&self) -> Result<SaslToken, String> {
        Err("there are no tokens in this test".to_owned())
    }
}

/// Translates and starts a client; `None` when the translation refuses already.
fn start(client: ClientKind, java: &BTreeMap<String, String>) -> Option<Result<(), String>> {
    let config = translate_in(client, java, &ClientEnvironment::default()).ok()?;
    let native = match client {
        ClientKind::Producer => ClientType::Producer,
        ClientKind::Consumer => ClientType::Consumer,
        ClientKind::Admin => ClientType::Admin,
    };
    let started = Client::start(native, &config.properties, config.oauth.is_some(), Arc::new(Deaf));
    Some(match started {
        Ok(_) => Ok(()),
        // A consumer without a group cannot be polled; the properties were taken before that was asked for.
        Err(error) if client == ClientKind::Consumer && config.consumer.group_id.is_none() => {
            let text = error.to_string();
            if text.contains("reading the consumer's queue") { Ok(()) } else { Err(text) }
        }
        Err(error) => Err(error.to_string()),
    })
}

#[test]
fn librdkafka_takes_every_recorded_configuration_that_is_accepted() {
    let mut failures = Vec::new();
    let mut accepted = 0;
    for line in include_str!("../../testdata/client_config.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let client = match case["kind"].as_str() {
            Some("producer") => ClientKind::Producer,
            Some("consumer") => ClientKind::Consumer,
            _ => ClientKind::Admin,
        };
        let java: BTreeMap<String, String> = serde_json::from_value(case["properties"].clone()).unwrap();
        match start(client, &java) {
            Some(Ok(())) => accepted += 1,
            Some(Err(error)) => failures.push(format!("{} {client} {java:?}: {error}", case["id"])),
            None => {}
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(accepted > 250, "{accepted}");
}

#[track_caller]
fn check(client: ClientKind, given: &[(&str, &str)]) {
    let broker = [("bootstrap.servers", "127.0.0.1:1")];
    let java = broker.iter().chain(given).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(start(client, &java), Some(Ok(())), "{client} {given:?}");
}

#[test]
fn librdkafka_takes_values_from_both_ends_of_javas_ranges() {
    use ClientKind::{Admin, Consumer, Producer};

    let (int, long) = ("2147483647", "9223372036854775807");
    for end in ["0", int] {
        for key in ["request.timeout.ms", "batch.size", "max.request.size", "retries", "delivery.timeout.ms"] {
            let linger = [("linger.ms", "0"), ("request.timeout.ms", "0")];
            check(Producer, &[linger[0], linger[1], (key, end)]);
        }
        for key in [
            "fetch.min.bytes",
            "fetch.max.bytes",
            "fetch.max.wait.ms",
            "max.partition.fetch.bytes",
            "auto.commit.interval.ms",
            "request.timeout.ms",
            "default.api.timeout.ms",
        ] {
            check(Consumer, &[("group.id", "g"), (key, end)]);
        }
        check(Producer, &[("transactional.id", "t"), ("transaction.timeout.ms", end)]);
        check(Producer, &[("transactional.id", "t"), ("request.timeout.ms", end), ("delivery.timeout.ms", int)]);
        check(Consumer, &[("group.id", "g"), ("session.timeout.ms", int), ("heartbeat.interval.ms", "0")]);
    }
    for end in ["0", long] {
        for key in ["buffer.memory", "linger.ms", "max.block.ms"] {
            check(Producer, &[(key, end)]);
        }
        for key in [
            "connections.max.idle.ms",
            "metadata.max.age.ms",
            "metadata.recovery.rebootstrap.trigger.ms",
            "reconnect.backoff.ms",
            "reconnect.backoff.max.ms",
            "retry.backoff.ms",
            "retry.backoff.max.ms",
            "socket.connection.setup.timeout.ms",
        ] {
            check(Admin, &[(key, end)]);
        }
    }
    check(Consumer, &[("group.id", "g"), ("max.poll.records", int), ("max.poll.interval.ms", "1")]);
    check(Consumer, &[("group.id", "g"), ("group.protocol", "consumer"), ("group.remote.assignor", "range")]);
}

#[test]
fn librdkafka_takes_stores_and_logins() {
    let store = |name: &str| format!("{}/testdata/stores/{name}", env!("CARGO_MANIFEST_DIR"));
    for (trust, keys, key_password) in [
        ("truststore.jks", "keystore.jks", "key-pass"),
        ("truststore.p12", "keystore.p12", "store-pass"),
        ("truststore-rc2.p12", "keystore-rc2.p12", "store-pass"),
    ] {
        check(
            ClientKind::Producer,
            &[
                ("security.protocol", "SSL"),
                ("ssl.truststore.location", &store(trust)),
                ("ssl.truststore.password", "store-pass"),
                ("ssl.keystore.location", &store(keys)),
                ("ssl.keystore.password", "store-pass"),
                ("ssl.key.password", key_password),
            ],
        );
    }
    check(
        ClientKind::Consumer,
        &[
            ("group.id", "g"),
            ("security.protocol", "SSL"),
            ("ssl.truststore.type", "PEM"),
            ("ssl.truststore.location", &store("ca.pem")),
            ("ssl.keystore.type", "PEM"),
            ("ssl.keystore.location", &store("keystore-encrypted.pem")),
            ("ssl.key.password", "key-pass"),
            ("ssl.endpoint.identification.algorithm", ""),
            ("ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ],
    );
    for (mechanism, module) in [
        ("PLAIN", "plain.PlainLoginModule required username=\"u\" password=\"p\";"),
        ("SCRAM-SHA-256", "scram.ScramLoginModule required username=\"u\" password=\"p\";"),
        ("SCRAM-SHA-512", "scram.ScramLoginModule required username=\"u\" password=\"p\";"),
        ("OAUTHBEARER", "oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"u\";"),
    ] {
        check(
            ClientKind::Admin,
            &[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", mechanism),
                ("sasl.jaas.config", &format!("org.apache.kafka.common.security.{module}")),
            ],
        );
    }
}
