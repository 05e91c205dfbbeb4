//! Client properties against what Kafka 4.3.1's own clients say to them (`testdata/client_config.jsonl`,
//! `testdata/client_keys.jsonl`): the same are accepted, and the others fail with the same chain of exceptions.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_config::convert_to_string;
use aqueduct_kafka::client_config::{
    ClientConfigError, ClientConfigErrorKind, ClientEnvironment, ClientKind, definition, translate_in,
};
use serde_json::Value;

use Outcome::{Accepted, Refused};

fn kind(case: &Value) -> ClientKind {
    match case["kind"].as_str() {
        Some("producer") => ClientKind::Producer,
        Some("consumer") => ClientKind::Consumer,
        _ => ClientKind::Admin,
    }
}

/// Where this client differs from Java's, by reason: the cases, each of which has to differ in the way that is told.
#[rustfmt::skip]
const DIFFERENCES: &[(&str, Outcome, &[&str])] = &[
    ("classes that only watch are not loaded", Accepted, &["c040", "c469", "c470", "x08", "x16"]),
    ("serializers do not matter", Accepted, &["c041", "c169", "c204", "c220", "c477"]),
    ("names of parts of the JVM do not matter", Accepted, &["c646", "c648", "c649", "c650"]),
    ("there is no Kerberos", Refused, &["c143", "c569", "x22"]),
    ("mechanisms that no broker or this client does not speak; Java fails when it connects", Refused, &["c572", "c573", "c576"]),
    ("assignors other than range, roundrobin and cooperative-sticky", Refused, &[
        "c217", "c218", "c497", "c500", "c501", "c502", "c503",
    ]),
    ("two-phase commit", Refused, &["c450", "c452"]),
    ("auto.offset.reset by duration", Refused, &["c489", "c490"]),
    ("bootstrap.controllers", Refused, &["c530"]),
    ("a login without name or password; Java fails when it connects", Refused, &["c550", "c551", "c552", "c553"]),
    ("delegation tokens", Refused, &["c575"]),
    ("a token without principal; Java fails when it connects", Refused, &["c584"]),
    ("options for tokens: Java says that an internal error occurred, we say which option it is", Refused, &[
        "c585", "c586", "c587", "c588", "c589", "c590", "c592",
    ]),
    ("PEM in the configuration: Java does not say which key it is", Refused, &["c612", "c627"]),
    ("TLS that does not exist or is not secure; Java fails when it connects", Refused, &[
        "c633", "c635", "c640", "c642", "c645",
    ]),
    ("tokens for signed assertions, and validators for brokers", Refused, &["o13", "o14"]),
];

/// How a case that differs ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is refused with a message of our own.
    Refused,
    /// It is accepted.
    Accepted,
}

fn chain(error: &ClientConfigError) -> Vec<(String, String)> {
    error.java_chain().iter().map(|link| (link.class.to_owned(), link.message.clone())).collect()
}

/// What has to be equal: everything, but for the innermost reason why a store cannot be read, which Java leaves to the
/// JDK (`EOFException: null`).
fn comparable(mut chain: Vec<(String, String)>, is_store: bool) -> Vec<(String, String)> {
    if is_store && let Some(at) = chain.iter().position(|(_, message)| message.starts_with("Failed to load ")) {
        chain.truncate(at + 1);
    }
    chain
}

#[test]
fn every_recorded_configuration_ends_as_in_java() {
    let folder = tempfile::tempdir().unwrap();
    // The recording machine's /etc/hostname stands for a file that is no store and no token.
    let file = folder.path().join("text");
    std::fs::write(&file, "host\n").unwrap();
    let recorded = include_str!("../testdata/client_config.jsonl").replace("/etc/hostname", file.to_str().unwrap());

    let listed: BTreeMap<&str, (&str, Outcome)> = DIFFERENCES
        .iter()
        .flat_map(|(reason, outcome, ids)| ids.iter().map(move |id| (*id, (*reason, *outcome))))
        .collect();
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for line in recorded.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        let properties: BTreeMap<String, String> = serde_json::from_value(case["properties"].clone()).unwrap();
        let urls = case["allowed_urls"].as_str().unwrap_or_default();
        let environment = ClientEnvironment {
            allowed_oauth_urls: urls.split(',').map(str::to_owned).collect(),
            ..ClientEnvironment::default()
        };
        let got = translate_in(kind(&case), &properties, &environment);
        let expected: Option<Vec<(String, String)>> = serde_json::from_value(case["error"].clone()).unwrap();

        let same = match (&got, &expected) {
            (Ok(_), None) => true,
            (Err(error), Some(expected)) => {
                let is_store = error.kind() == ClientConfigErrorKind::Credentials;
                comparable(chain(error), is_store) == comparable(expected.clone(), is_store)
            }
            _ => false,
        };
        let outcome = if got.is_ok() { Accepted } else { Refused };
        match listed.get(id) {
            Some((_, expected)) if !same && outcome == *expected => {
                seen.insert(id.to_owned());
            }
            None if same => {}
            listed => failures.push(format!(
                "{id} {:?} {properties:?}\n  expected {expected:?}\n  got      {:?}\n  listed   {listed:?}",
                kind(&case),
                got.as_ref().map(|config| &config.warnings).map_err(chain)
            )),
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(seen.len(), listed.len(), "listed differences that are not in the recording");
}

/// Keys that stand otherwise in our table than in Java's definition.
const OTHER_KEYS: &[(&str, &str)] = &[
    ("key.serializer", "required in Java; records are bytes here"),
    ("value.serializer", "required in Java; records are bytes here"),
    ("key.deserializer", "required in Java; records are bytes here"),
    ("value.deserializer", "required in Java; records are bytes here"),
    ("share.acquire.mode", "its validator ignores case and does not say so"),
];

/// Keys that the recording leaves out, as Kafka's documentation does.
const INTERNAL_KEYS: &[&str] = &["internal.throw.on.fetch.stable.offset.unsupported"];

#[test]
fn the_table_is_javas_definition() {
    let mut failures = Vec::new();
    let mut counts = BTreeMap::new();
    for line in include_str!("../testdata/client_keys.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let client = kind(&case);
        *counts.entry(format!("{client}")).or_insert(0) += 1;
        let definition = definition(client);
        let Some(key) = definition.key(name) else {
            failures.push(format!("{client}: {name} is missing"));
            continue;
        };
        let default = key.default_value.as_ref().map(|value| convert_to_string(value, Some(key.value_type)).unwrap());
        let got = serde_json::json!({
            "kind": case["kind"],
            "name": name,
            "type": key.value_type.name(),
            "required": key.default_value.is_none(),
            "default": default.flatten(),
            "validator": key.validator.as_ref().map(ToString::to_string),
        });
        if got != case && !OTHER_KEYS.iter().any(|(other, _)| *other == name) {
            failures.push(format!("{client}: expected {case}\n  got {got}"));
        }
    }
    for client in [ClientKind::Producer, ClientKind::Consumer, ClientKind::Admin] {
        let definition = definition(client);
        let keys = definition.config_keys().filter(|key| !INTERNAL_KEYS.contains(&key.name.as_ref())).count();
        assert_eq!(keys, counts[&format!("{client}")], "{client}: keys that Java lacks");
        assert!(definition.defects().is_empty());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
