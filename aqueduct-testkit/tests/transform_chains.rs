//! Any recorded record goes through any chain of recorded transforms, and through the converters behind them, without a
//! panic. That a transform answers an error is fine: it ends the chain.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use aqueduct_api::{ConfigMap, ConnectError, Factory, Fate, Origin, Record};
use aqueduct_testkit::conformance::{ConformanceRecord, Json, RecordKind, Recorded, config};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// What the corpus has.
struct Corpus {
    records: Vec<Record>,
    /// Class and configuration.
    transforms: Vec<(String, ConfigMap)>,
}

fn corpus() -> Corpus {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/transforms.jsonl");
    let cases: Vec<Json> =
        std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let transforms = cases.iter().filter_map(|case| {
        let props = config(&case["config"]).unwrap().into_iter().map(|(key, value)| Some((key, value?)));
        Some((case["class"].as_str().unwrap().to_owned(), props.collect::<Option<ConfigMap>>()?))
    });
    // Every transform comes again with paths, some of them into the fields that recorded values have.
    let transforms: Vec<(String, ConfigMap)> = transforms.collect();
    let with_paths =
        transforms.iter().zip(["", "inner.", "map.", "in.", "m."].into_iter().cycle()).map(|((class, props), way)| {
            let path = |(key, value): (&String, &String)| {
                let names = ["field", "fields", "spec", "exclude", "include", "static.field", "topic.field"];
                let parts = value.split(',').map(|part| format!("{way}{part}")).collect::<Vec<_>>().join(",");
                (key.clone(), if names.contains(&key.as_str()) { parts } else { value.clone() })
            };
            let mut props: ConfigMap = props.iter().map(path).collect();
            props.insert("field.syntax.version".to_owned(), "V2".to_owned());
            (class.clone(), props)
        });
    let transforms = with_paths.collect::<Vec<_>>().into_iter().chain(transforms);
    let records = cases.iter().filter_map(|case| record_of(&case["input"]));
    Corpus { records: records.collect(), transforms: transforms.collect() }
}

/// A recorded record; none where it has no topic.
fn record_of(input: &Json) -> Option<Record> {
    let input = ConformanceRecord::decode(input).ok()?;
    Some(Record {
        topic: input.topic?.into(),
        partition: input.partition,
        key: input.key,
        value: input.value,
        timestamp: input.timestamp,
        headers: input.headers,
        origin: match input.kind {
            RecordKind::Sink { offset } => Origin::Sink { offset },
            RecordKind::Source { .. } => Origin::Source,
        },
    })
}

/// Sends a record through; answers how many transforms it passed.
fn send(record: Record, chain: &[&(String, ConfigMap)]) -> usize {
    let plugins = aqueduct_transforms::plugins();
    let mut passed = 0;
    let mut record = record;
    for (class, props) in chain {
        let plugin = plugins.iter().find(|plugin| plugin.class == *class).unwrap();
        let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no transform") };
        let Ok(mut transform) = configure(props) else { continue };
        if transform.apply(&mut record) != Ok(Fate::Kept) {
            return passed;
        }
        // A transform keeps what it learned of the first record.
        drop(transform.apply(&mut record.clone()));
        passed += 1;
    }
    for plugin in aqueduct_json::plugins().into_iter().chain(aqueduct_converters::plugins()) {
        let Factory::Converter { configure, .. } = &plugin.factory else { continue };
        let Ok(mut converter) = configure(&ConfigMap::new(), false) else { continue };
        for data in [&record.key, &record.value] {
            if let Ok(bytes) = converter.from_connect_data(&record.topic, &mut Vec::new(), data) {
                drop(converter.to_connect_data(&record.topic, &Vec::new(), bytes.map(Into::into)));
            }
        }
    }
    passed
}

#[test]
fn no_chain_panics() {
    let corpus = corpus();
    assert!(corpus.records.len() > 3000 && corpus.transforms.len() > 3000);
    let config = Config { failure_persistence: None, cases: 30_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (0..corpus.records.len(), vec(0..corpus.transforms.len(), 1..6));
    let passed = std::cell::Cell::new(0);
    let outcome = runner.run(&strategy, |(record, chain)| {
        let chain: Vec<_> = chain.into_iter().map(|at| &corpus.transforms[at]).collect();
        let record = corpus.records[record].clone();
        match catch_unwind(AssertUnwindSafe(|| send(record.clone(), &chain))) {
            Ok(count) => passed.set(passed.get() + count),
            Err(_) => prop_assert!(false, "{chain:?} panics on {record:?}"),
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    // Most of what could happen does.
    assert!(passed.get() > 10_000, "only {} steps succeeded", passed.get());
}

/// Where Java's transform succeeds, the same configuration read as paths does the same, as long as no name has a dot or a
/// backtick.
#[test]
fn a_path_of_one_name_is_that_name() {
    let plugins = aqueduct_transforms::plugins();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/transforms.jsonl");
    let mut compared = 0;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let props = config(&case["config"]).unwrap().into_iter().map(|(key, value)| Some((key, value?)));
        let Some(props) = props.collect::<Option<ConfigMap>>() else { continue };
        let has_path = ["field", "fields", "spec", "exclude", "include", "renames", "hoisted"]
            .into_iter()
            .filter_map(|key| props.get(key))
            .any(|value| value.contains(['.', '`']));
        let Some(record) = record_of(&case["input"]).filter(|_| !has_path) else { continue };
        let plugin = plugins.iter().find(|plugin| plugin.class == case["class"].as_str().unwrap()).unwrap();
        let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no transform") };
        let apply = |props: &ConfigMap| {
            let mut record = record.clone();
            let fate = configure(props).and_then(|mut transform| transform.apply(&mut record))?;
            Ok::<_, ConnectError>((fate, record))
        };
        let Ok(expected) = apply(&props) else { continue };
        let mut props = props;
        props.insert("field.syntax.version".to_owned(), "V2".to_owned());
        assert_eq!(apply(&props), Ok(expected), "{}", case["id"]);
        compared += 1;
    }
    assert!(compared > 2000, "{compared}");
}
