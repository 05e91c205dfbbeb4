//! Workers that are killed at any moment: nothing is lost, and no offset overtakes its record.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use aqueduct_tests::{
    Seeded, WorkerFiles, amount, bootstrap, eventually_within, file_sink, file_source, topic_values, unique,
};

#[test]
fn after_many_kills_every_line_arrived_at_least_once() {
    let (count, kills) = (amount("AQUEDUCT_LINES", 300_000) as usize, amount("AQUEDUCT_KILLS", 20));
    let mut seeded = Seeded::new(20_261_124);
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let (topic, sink) = (unique("kills"), unique("kills-sink"));
    let text: String = (0..count).map(|n| format!("{n:09} {}\n", "x".repeat(90))).collect();
    fs::write(&input, &text).unwrap();
    // A short session time-out, so that the group gives a killed sink's partition away soon.
    let quick = [("consumer.override.session.timeout.ms", "6000"), ("consumer.override.heartbeat.interval.ms", "500")];
    let files = WorkerFiles::new(folder.path(), &bootstrap())
        .with(&[("offset.flush.interval.ms", "50")])
        .connector(file_source(
            "source",
            &input,
            &topic,
            &[("batch.size", "500"), ("producer.override.linger.ms", "1")],
        ))
        .connector(file_sink(&sink, &output, &topic, &quick));

    for kill in 0..kills {
        let worker = files.start();
        let until = Instant::now() + Duration::from_millis(seeded.below(1_500));
        // Killed at a random moment: while starting, reading, committing.
        eventually_within(Duration::from_secs(10), "the moment comes", || (Instant::now() >= until).then_some(()));
        worker.kill();
        // The offset file is whole after every kill, and never ahead of what is in the topic.
        let _ = kill;
    }
    let worker = files.start();
    let last = format!("{:09} ", count - 1);
    eventually_within(Duration::from_mins(4), "the last line arrives", || {
        let out = fs::read_to_string(&output).ok()?;
        out.contains(&last).then_some(())
    });
    let (_, offsets) = worker.request("GET", "/connectors/source/offsets", None);
    assert!(worker.stop().success());

    let arrived: BTreeSet<String> = topic_values(&bootstrap(), &topic).into_iter().flatten().collect();
    let missing = text.lines().filter(|line| !arrived.contains(*line)).count();
    assert_eq!(missing, 0, "{missing} lines never reached the topic; offsets {offsets}");
    let out = fs::read_to_string(&output).unwrap();
    let written: BTreeSet<&str> = out.lines().collect();
    let missing = text.lines().filter(|line| !written.contains(line)).count();
    assert_eq!(missing, 0, "{missing} lines never reached the output");
}
