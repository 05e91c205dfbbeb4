//! A source and a sink on three brokers, of which each is killed in turn, one stays dead for a while, and one hangs.
#![cfg(test)]

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aqueduct_tests::{Cluster, WorkerFiles, amount, eventually_within, file_sink, file_source, unique};

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
        cluster.broker("restart", number);
        goes_on(&format!("with broker {number} again"), &output, &written, patience);
    }
    cluster.broker("pause", 1);
    pause(hung);
    goes_on("while broker 1 hangs", &output, &written, patience);
    cluster.broker("resume", 1);
    goes_on("after broker 1 hung", &output, &written, patience);

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
