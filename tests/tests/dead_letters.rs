//! Bad records of a sink: where they go, what is committed, and what a kill leaves.
#![cfg(test)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aqueduct_tests::{
    Seeded, Worker, WorkerFiles, amount, bootstrap, eventually, eventually_within, file_sink, file_source,
    topic_values, unique,
};

const JSON: [(&str, &str); 2] =
    [("value.converter", "org.apache.kafka.connect.json.JsonConverter"), ("value.converter.schemas.enable", "false")];

fn is_bad(n: usize) -> bool {
    n.is_multiple_of(10)
}

fn line(n: usize) -> String {
    if is_bad(n) { format!("bad {n}") } else { format!("{{\"n\":{n}}}") }
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

/// The sum of one number of all offsets of a connector.
fn offsets(worker: &Worker, connector: &str, number: &str) -> u64 {
    let (_, body) = worker.request("GET", &format!("/connectors/{connector}/offsets"), None);
    let offset = |entry: &serde_json::Value| entry["offset"][number].as_u64();
    body["offsets"].as_array().map_or(0, |offsets| offsets.iter().filter_map(offset).sum())
}

fn committed(worker: &Worker, sink: &str) -> u64 {
    offsets(worker, sink, "kafka_offset")
}

#[test]
fn no_offset_overtakes_a_dead_letter() {
    let count = amount("AQUEDUCT_LINES", 60_000) as usize;
    let kills = amount("AQUEDUCT_KILLS", 4);
    let mut random = Seeded::new(20_261_124);
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let (topic, dead, sink) = (unique("letters"), unique("letters-dead"), unique("letters-sink"));
    let text: String = (0..count).map(|n| line(n) + "\n").collect();
    fs::write(&input, text).unwrap();
    let mut settings = JSON.to_vec();
    settings.extend([
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", &*dead),
        ("errors.deadletterqueue.topic.replication.factor", "1"),
        ("errors.deadletterqueue.context.headers.enable", "true"),
        // So that the group gives a killed sink's partition away soon.
        ("consumer.override.session.timeout.ms", "6000"),
        ("consumer.override.heartbeat.interval.ms", "500"),
    ]);
    let files = WorkerFiles::new(folder.path(), &bootstrap())
        .with(&[("offset.flush.interval.ms", "50")])
        .connector(file_source("source", &input, &topic, &[]))
        .connector(file_sink(&sink, &output, &topic, &settings));
    for _ in 0..kills {
        let worker = files.start();
        let more = size(&output) + 1 + random.below(100_000);
        // All that there is may have arrived before: then it is killed at the end.
        eventually("the sink goes on, or has all", || {
            (size(&output) >= more || committed(&worker, &sink) >= count as u64).then_some(())
        });
        worker.kill();
    }
    let worker = files.start();
    let limit = Duration::from_secs(60 + count as u64 / 5_000);
    eventually_within(limit, "the source has sent its file", || {
        (offsets(&worker, "source", "position") == size(&input)).then_some(())
    });
    // A killed source sends again what it had not stored the offset of: the topic is longer than the file.
    let sent = topic_values(&bootstrap(), &topic).len() as u64;
    eventually_within(limit, "all offsets are committed", || (committed(&worker, &sink) == sent).then_some(()));
    assert!(worker.stop().success());

    let arrived: HashSet<String> = fs::read_to_string(&output).unwrap().lines().map(str::to_owned).collect();
    let letters: HashSet<String> = topic_values(&bootstrap(), &dead).into_iter().flatten().collect();
    for n in 0..count {
        if is_bad(n) {
            assert!(letters.contains(&line(n)), "record {n} is in no dead letter");
        } else {
            assert!(arrived.contains(&format!("{{n={n}}}")), "record {n} is not in the output");
        }
    }
    assert_eq!(letters.len(), count.div_ceil(10), "only bad records are dead letters");
}

#[test]
fn a_bad_record_that_is_not_tolerated_fails_the_task_and_nothing_behind_it_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let (topic, sink) = (unique("poison"), unique("poison-sink"));
    let text: String = (1..=20).map(|n| line(n) + "\n").collect();
    fs::write(&input, text).unwrap();
    let worker = WorkerFiles::new(folder.path(), &bootstrap())
        .connector(file_source("source", &input, &topic, &[]))
        .connector(file_sink(&sink, &output, &topic, &JSON))
        .start();
    let status = worker.task_state(&sink, 0, "FAILED");
    let trace = status["trace"].as_str().unwrap();
    for part in
        ["Tolerance exceeded in error handler", &format!("record {topic}-0@9"), "Probable cause:", "StringConverter"]
    {
        assert!(trace.contains(part), "{part:?} is not in:\n{trace}");
    }
    assert!(committed(&worker, &sink) <= 9, "the offset of the bad record was committed");
    assert!(worker.stop().success());
    let arrived = fs::read_to_string(&output).unwrap_or_default();
    assert!(!arrived.contains("{n=11}"), "what is behind the bad record was delivered:\n{arrived}");
}
