//! What Kafka's own transforms and predicates did with thousands of records, against ours.
#![cfg(test)]

use aqueduct_api::{ConfigMap, ConnectError, Factory, Origin, Plugin, Record};
use aqueduct_testkit::conformance::{Case, ConformanceRecord, Failure, NotCompared, RecordKind, Runner, Verdict};
use aqueduct_transforms::plugins;

/// Transforms that are still to come.
const TO_COME: [&str; 12] = [
    "Cast",
    "DropHeaders",
    "ExtractField",
    "Flatten",
    "HeaderFrom",
    "InsertHeader",
    "MaskField",
    "ReplaceField",
    "SetSchemaMetadata",
    "TimestampConverter",
    "TimestampRouter",
    "ValueToKey",
];

/// Regular expressions that do something else here; the corpus test of the regular expressions says why.
const OTHER_REGEXES: [&str; 6] =
    [r"(?U)\w+", r"\X", "\\b{g}\u{e9}", r"\N{LATIN SMALL LETTER A}", "[a&&&b]", r"\p{block=Cyrillic}+"];

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
    if config(case)?.get("regex").is_some_and(|regex| OTHER_REGEXES.contains(&regex.as_str())) {
        return Err(NotCompared::Elsewhere("a regular expression that differs".into()));
    }
    let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no transform") };
    let (props, (input, recorded)) = (config(case)?, record(case)?);
    let outcome = configure(&props)
        .map_err(|error| failure(&error, "configure"))
        .and_then(|mut transform| transform.apply(input).map_err(|error| failure(&error, "apply")));
    case.check_transform(outcome.map(|record| {
        record.map(|record| ConformanceRecord {
            kind: recorded.kind,
            topic: Some(record.topic.to_string()),
            partition: record.partition,
            key: record.key,
            value: record.value,
            timestamp: record.timestamp,
            headers: record.headers,
        })
    }))
}

#[test]
fn transforms_do_what_java_did() {
    Runner::of("transforms.jsonl")
        .not_compared("a null in the configuration", 2)
        .not_compared("a record without a topic", 4)
        .not_compared("a transform that is still to come", 2888)
        .not_compared("a regular expression that differs", 6)
        // A Java object's identity in one; the others are the words and places of syntax errors in patterns.
        .other_messages(13)
        .run(transform);
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
        let expected = case.expected()["result"].as_bool();
        Ok(match (outcome, case.expected_error(), expected) {
            (Ok(got), None, Some(want)) if got == want => Verdict::Same,
            (Err(_), Some(_), _) => Verdict::Same,
            (got, _, _) => Verdict::Different { expected: case.expected().to_string(), got: format!("{got:?}") },
        })
    });
}
