//! `transforms.jsonl` and `predicates.jsonl`: single message transforms and predicates on records.

use aqueduct_api::{ConfigMap, ConnectError, Factory, Fate, Origin, Plugin, Record};
use aqueduct_testkit::conformance::{Case, ConformanceRecord, Failure, NotCompared, RecordKind, Recorded, Verdict};
use aqueduct_transforms::plugins;
use serde_json::{Value as Json, json};

fn failure(error: &ConnectError, phase: &'static str) -> Failure {
    Failure::new(error.class(), error.message().unwrap_or_default()).phase(phase)
}

fn plugin(case: &Case) -> Plugin {
    let class = case.class();
    plugins().into_iter().find(|plugin| plugin.class == class).unwrap_or_else(|| panic!("{class} is missing"))
}

fn config(case: &Case) -> Result<ConfigMap, NotCompared> {
    let config = case.config()?;
    let pairs = config.into_iter().map(|(key, value)| Some((key, value?)));
    pairs.collect::<Option<_>>().ok_or_else(|| NotCompared::Unrepresentable("a null in the configuration".into()))
}

/// Whether a transform only carries the BigIntegers of a case, from one place to another. What it makes of one cannot be
/// compared: there is no such value here.
fn carries_big_integers(case: &Case) -> bool {
    let config = case.get("config").as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
    let named: Vec<&str> = config.flat_map(|text| text.split([',', ':'])).collect();
    let moves = ["ExtractField", "HeaderFrom"].iter().any(|transform| case.class().contains(transform));
    let is_named = |entry: &Json| {
        entry[1].get("bigint").is_some() && entry[0]["string"].as_str().is_some_and(|key| named.contains(&key))
    };
    let parts = [&case.get("input")["key"], &case.get("input")["value"]];
    parts.iter().all(|part| {
        let mut entries = part["map"].as_array().into_iter().flatten();
        part.get("bigint").is_none() && (moves || !entries.any(is_named))
    }) && !case.expected().to_string().contains("java.math.BigInteger")
}

/// Decimals without a fraction in the place of BigIntegers.
fn with_stand_ins(json: &Json) -> Json {
    match json {
        Json::Object(members) => match members.get("bigint") {
            Some(digits) => json!({"decimal": {"scale": 0, "unscaled": digits}}),
            None => members.iter().map(|(name, value)| (name.clone(), with_stand_ins(value))).collect(),
        },
        Json::Array(items) => items.iter().map(with_stand_ins).collect(),
        other => other.clone(),
    }
}

fn record(input: &Json) -> Result<(Record, ConformanceRecord), NotCompared> {
    let input = ConformanceRecord::decode(input)?;
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

/// How a transform compares.
pub(crate) fn check_transform(case: &Case) -> Result<Verdict, NotCompared> {
    let plugin = plugin(case);
    let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no transform") };
    let (mut input, mut expected) = (case.get("input").clone(), case.expected().clone());
    if carries_big_integers(case) {
        (input, expected) = (with_stand_ins(&input), with_stand_ins(&expected));
    }
    let (props, (mut record, recorded)) = (config(case)?, record(&input)?);
    let outcome = configure(&props).map_err(|error| (error, "configure"));
    let outcome = outcome.and_then(|mut transform| transform.apply(&mut record).map_err(|error| (error, "apply")));
    let cause = outcome.as_ref().err().and_then(|(error, _)| error.cause()).map(|cause| failure(cause, "cause"));
    let outcome = outcome.map_err(|(error, phase)| failure(&error, phase)).map(|fate| {
        (fate == Fate::Kept).then(|| ConformanceRecord {
            kind: recorded.kind,
            topic: Some(record.topic.to_string()),
            partition: record.partition,
            key: record.key,
            value: record.value,
            timestamp: record.timestamp,
            headers: record.headers,
        })
    });
    let verdict = match outcome {
        Ok(Some(record)) => Verdict::of(&expected, "record", Ok::<_, Failure>(record))?,
        other => case.check_transform(other)?,
    };
    // What led to a failure is in the corpus where something did.
    let recorded_cause = &case.expected()["error"]["cause"];
    if recorded_cause.is_null() {
        return Ok(verdict);
    }
    let got = cause.map_or(Ok(true), Err);
    let expected = json!({ "error": recorded_cause });
    Ok(verdict.and(Verdict::of(&expected, "result", got)?))
}

/// How a predicate compares.
pub(crate) fn check_predicate(case: &Case) -> Result<Verdict, NotCompared> {
    let plugin = plugin(case);
    let Factory::Predicate { configure, .. } = &plugin.factory else { panic!("{plugin:?} is no predicate") };
    let (props, (input, _)) = (config(case)?, record(case.get("input"))?);
    let outcome = configure(&props).map_err(|error| failure(&error, "configure"));
    let outcome = outcome.and_then(|mut predicate| predicate.test(&input).map_err(|error| failure(&error, "test")));
    case.check("result", outcome)
}
