//! `transforms.jsonl` and `predicates.jsonl`: single message transforms and predicates on records.

use aqueduct_api::{ConfigMap, ConnectError, Factory, Fate, Origin, Plugin, Record};
use aqueduct_config::ConfigDef;
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

/// The configuration, checked as the worker checks it before anything is made of it. A null that passes that is left out
/// when the configuration goes into effect, which Java does not do.
fn config(case: &Case, define: &dyn Fn() -> ConfigDef) -> Result<Result<ConfigMap, Failure>, NotCompared> {
    let config = case.config()?;
    if config.values().all(Option::is_some) {
        return Ok(Ok(config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()));
    }
    match define().parse(&config) {
        Err(error) => Ok(Err(failure(&error.into(), "configure"))),
        Ok(_) => Err(NotCompared::Unrepresentable("a null in the configuration".into())),
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
    let Factory::Transformation { define, configure } = &plugin.factory else { panic!("{plugin:?} is no transform") };
    let (mut record, recorded) = record(case.get("input"))?;
    let props = match config(case, &**define)? {
        Ok(props) => props,
        Err(failure) => return case.check_transform(Err(failure)),
    };
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
    let verdict = case.check_transform(outcome)?;
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
    let Factory::Predicate { define, configure } = &plugin.factory else { panic!("{plugin:?} is no predicate") };
    let (input, _) = record(case.get("input"))?;
    let props = match config(case, &**define)? {
        Ok(props) => props,
        Err(failure) => return case.check("result", Err::<bool, _>(failure)),
    };
    let outcome = configure(&props).map_err(|error| failure(&error, "configure"));
    let outcome = outcome.and_then(|mut predicate| predicate.test(&input).map_err(|error| failure(&error, "test")));
    case.check("result", outcome)
}
