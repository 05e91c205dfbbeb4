//! A source and a sink on three brokers, of which each is killed in turn, one stays dead for a while, and one hangs.
#![cfg(test)]

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aqueduct_tests::{
    Cluster, Worker, WorkerFiles, amount, eventually, eventually_within, file_sink, file_source, unique,
};

/// Appends numbered lines until it is told to stop; answers how many.
fn write_lines(file: &Path, stop: &AtomicBool, written: &AtomicUsize) {
    let mut out = OpenOptions::new().create(true).append(true).open(file).unwrap();
    while !stop.load(Ordering::Relaxed) {
        let from = written.load(Ordering::Relaxed);
        let lines: String = (from..from + 200).map(|n| format!("{n:09} some text of a line\n")).collect();
        out.write_all(lines.as_bytes()).unwrap();
        written.store(from + 200, Ordering::Relaxed);
        pause(Duration::from_millis(50));
    }
}

/// The pace of the writer, and how long a fault lasts.
#[expect(clippy::disallowed_methods, reason = "the story is about time: a fault lasts a while")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn arrived(output: &Path) -> HashSet<String> {
    fs::read_to_string(output).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Waits until lines that were written after this moment have arrived.
fn goes_on(what: &str, output: &Path, written: &AtomicUsize, limit: Duration) {
    let mark = format!("{:09} some text of a line", written.load(Ordering::Relaxed) + 199);
    let started = Instant::now();
    eventually_within(limit, what, || {
        let text = fs::read_to_string(output).ok()?;
        text.contains(&mark).then_some(())
    });
    println!("{what}: went on after {:.1} s", started.elapsed().as_secs_f64());
}

/// How often the log says that broker `number` is lost, and that it is back.
fn said(worker: &Worker, number: usize) -> (usize, usize) {
    let log = worker.log();
    let count = |what: &str| {
        log.lines().filter(|line| line.contains(&format!("Broker {number} at ")) && line.contains(what)).count()
    };
    (count("cannot be reached"), count("can be reached again"))
}

/// Waits until the log says it as often as it should, and not more often.
fn is_said(worker: &Worker, number: usize, expect: (usize, usize)) {
    eventually(&format!("broker {number} is said to be lost and back {expect:?} times"), || {
        let said = said(worker, number);
        assert!(said.0 <= expect.0 && said.1 <= expect.1, "broker {number}: {said:?}\n{}", worker.log());
        (said == expect).then_some(())
    });
}

/// The sum of the sink's committed offsets, as the group's coordinator has them.
fn committed(worker: &Worker, sink: &str) -> i64 {
    let (_, body) = worker.request("GET", &format!("/connectors/{sink}/offsets"), None);
    let offset = |entry: &serde_json::Value| entry["offset"]["kafka_offset"].as_i64();
    body["offsets"].as_array().map_or(0, |offsets| offsets.iter().filter_map(offset).sum())
}

/// Waits until the group's coordinator, wherever it is now, takes commits.
fn commits_go_on(worker: &Worker, sink: &str) {
    let before = committed(worker, sink);
    eventually("offsets are committed", || (committed(worker, sink) > before).then_some(()));
}

#[test]
fn nothing_is_lost_when_brokers_die_in_turn_stay_dead_or_hang() {
    let dead = Duration::from_secs(amount("AQUEDUCT_DEAD_SECONDS", 15));
    let hung = Duration::from_secs(amount("AQUEDUCT_HUNG_SECONDS", 40));
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::of_three(folder.path());
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let (topic, sink) = (unique("three"), unique("three-sink"));
    fs::write(&input, "").unwrap();
    let worker = WorkerFiles::new(folder.path(), cluster.bootstrap())
        .connector(file_source(
            "source",
            &input,
            &topic,
            &[("topic.creation.default.partitions", "3"), ("topic.creation.default.replication.factor", "3")],
        ))
        .connector(file_sink(&sink, &output, &topic, &[]))
        .start();
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writer = {
        let (input, stop, written) = (input.clone(), Arc::clone(&stop), Arc::clone(&written));
        std::thread::spawn(move || write_lines(&input, &stop, &written))
    };
    let patience = Duration::from_secs(90);
    goes_on("with all brokers", &output, &written, patience);
    for number in 1..=3 {
        cluster.broker("kill", number);
        if number == 2 {
            goes_on("while broker 2 is dead", &output, &written, patience);
            pause(dead);
        }
        goes_on(&format!("without broker {number}"), &output, &written, patience);
        // One of the three was the coordinator of the sink's group.
        commits_go_on(&worker, &sink);
        is_said(&worker, number, (1, 0));
        cluster.broker("restart", number);
        goes_on(&format!("with broker {number} again"), &output, &written, patience);
        is_said(&worker, number, (1, 1));
    }
    cluster.broker("pause", 1);
    pause(hung);
    goes_on("while broker 1 hangs", &output, &written, patience);
    commits_go_on(&worker, &sink);
    is_said(&worker, 1, (2, 1));
    cluster.broker("resume", 1);
    goes_on("after broker 1 hung", &output, &written, patience);
    is_said(&worker, 1, (2, 2));

    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    let total = written.load(Ordering::Relaxed);
    eventually_within(patience, "every line arrives", || {
        let have = arrived(&output);
        (have.len() >= total && (0..total).all(|n| have.contains(&format!("{n:09} some text of a line")))).then_some(())
    });
    worker.task_state("source", 0, "RUNNING");
    worker.task_state(&sink, 0, "RUNNING");
    assert!(worker.stop().success());
}
