//! What Kafka's own transforms and predicates did with thousands of records, against ours.
#![cfg(test)]

use std::cell::RefCell;
use std::collections::BTreeMap;

use aqueduct_api::{ConfigMap, ConnectError, Factory, Origin, Plugin, Record};
use aqueduct_testkit::conformance::{Case, ConformanceRecord, Failure, NotCompared, RecordKind, Runner, Verdict};
use aqueduct_transforms::plugins;

/// Transforms that are still to come.
const TO_COME: [&str; 2] = ["TimestampConverter", "TimestampRouter"];

/// A regular expression that is refused here: characters cannot be written by their names.
const OTHER_REGEX: &str = r"\N{LATIN SMALL LETTER A}";

fn failure(error: &ConnectError, phase: &'static str) -> Failure {
    Failure::new(error.class(), error.message().unwrap_or_default()).phase(phase)
}

fn plugin(case: &Case) -> Result<Plugin, NotCompared> {
    let class = case.class();
    if let Some(plugin) = plugins().into_iter().find(|plugin| plugin.class == class) {
        return Ok(plugin);
    }
    let simple = class.rsplit('.').next().and_then(|name| name.split('$').next()).unwrap_or_default();
    assert!(TO_COME.contains(&simple), "{class} is missing");
    Err(NotCompared::Elsewhere("a transform that is still to come".into()))
}

fn config(case: &Case) -> Result<ConfigMap, NotCompared> {
    let config = case.config()?;
    let pairs = config.into_iter().map(|(key, value)| Some((key, value?)));
    pairs.collect::<Option<_>>().ok_or_else(|| NotCompared::Unrepresentable("a null in the configuration".into()))
}

fn record(case: &Case) -> Result<(Record, ConformanceRecord), NotCompared> {
    let input: ConformanceRecord = case.decode("input")?;
    let topic = input.topic.clone().ok_or_else(|| NotCompared::Unrepresentable("a record without a topic".into()))?;
    let origin = match input.kind {
        RecordKind::Sink { offset } => Origin::Sink { offset },
        RecordKind::Source { .. } => Origin::Source,
    };
    let record = Record {
        topic: topic.into(),
        partition: input.partition,
        key: input.key.clone(),
        value: input.value.clone(),
        timestamp: input.timestamp,
        headers: input.headers.clone(),
        origin,
    };
    Ok((record, input))
}

fn transform(case: &Case) -> Result<Verdict, NotCompared> {
    let plugin = plugin(case)?;
    if config(case)?.get("regex").is_some_and(|regex| regex == OTHER_REGEX) {
        return Err(NotCompared::Elsewhere("a regular expression that differs".into()));
    }
    let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no transform") };
    let (props, (input, recorded)) = (config(case)?, record(case)?);
    let outcome = configure(&props).map_err(|error| (error, "configure"));
    let outcome = outcome.and_then(|mut transform| transform.apply(input).map_err(|error| (error, "apply")));
    let cause = outcome.as_ref().err().and_then(|(error, _)| error.cause()).map(|cause| failure(cause, "cause"));
    let verdict = case.check_transform(outcome.map_err(|(error, phase)| failure(&error, phase)).map(|record| {
        record.map(|record| ConformanceRecord {
            kind: recorded.kind,
            topic: Some(record.topic.to_string()),
            partition: record.partition,
            key: record.key,
            value: record.value,
            timestamp: record.timestamp,
            headers: record.headers,
        })
    }))?;
    // What led to a failure is in the corpus where something did.
    let recorded_cause = &case.expected()["error"]["cause"];
    if recorded_cause.is_null() {
        return Ok(verdict);
    }
    let got = cause.map_or(Ok(true), Err);
    let expected = serde_json::json!({ "error": recorded_cause });
    Ok(verdict.and(Verdict::of(&expected, "result", got)?))
}

#[test]
fn transforms_do_what_java_did() {
    let compared = RefCell::new(BTreeMap::<String, usize>::new());
    Runner::of("transforms.jsonl")
        .not_compared("a null in the configuration", 6)
        .not_compared("a record without a topic", 4)
        .not_compared("a transform that is still to come", 877)
        .not_compared("a regular expression that differs", 1)
        .not_compared("bigint", 71)
        // A Java object's identity in one; the others name the class of a byte buffer, which is an array here.
        .other_messages(11)
        .run(|case| {
            let verdict = transform(case)?;
            *compared.borrow_mut().entry(case.class().to_owned()).or_default() += 1;
            Ok(verdict)
        });
    for (class, count) in compared.take() {
        println!("{count:5} {class}");
    }
}

#[test]
fn predicates_do_what_java_did() {
    let runner = Runner::of("predicates.jsonl")
        .not_compared("a null in the configuration", 1)
        .not_compared("a record without a topic", 1);
    runner.run(|case| {
        let plugin = plugin(case)?;
        let Factory::Predicate { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no predicate") };
        let (props, (input, _)) = (config(case)?, record(case)?);
        let outcome = configure(&props).map_err(|error| failure(&error, "configure"));
        let outcome = outcome.and_then(|mut predicate| predicate.test(&input).map_err(|error| failure(&error, "test")));
        case.check("result", outcome)
    });
}
