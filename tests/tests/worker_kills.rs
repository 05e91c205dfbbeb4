//! Three workers in one group on three brokers, of which some are killed at any moment under load: nothing is lost, no
//! offset overtakes its record, and the group has converged soon after each kill. Where sources write exactly once, no line
//! is there twice for those who read what is committed.
//!
//! The long form: `AQUEDUCT_SECONDS=600`, with `AQUEDUCT_SEED` for another order of kills.
#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aqueduct_tests::{
    ArrivingLines, Cluster, GrowingFile, LINE, Lines, Seeded, WorkerFiles, WorkerGroup, amount, committed_records,
    eventually_within, line_number,
};
use serde_json::{Value, json};

const WORKERS: usize = 3;
const SOURCES: usize = 3;
/// Some topics have two sinks, so that connectors and workers are not as many.
const SINKS: usize = 5;
/// `scheduled.rebalance.max.delay.ms`
const DELAY: Duration = Duration::from_secs(5);
/// `session.timeout.ms`, as it is by default. A broker that dies takes the group's coordinator with it for nearly as long: so
/// long is `broker.session.timeout.ms`, and then all give their work up and begin anew.
const SESSION: Duration = Duration::from_secs(10);
/// What the group may take beyond these two.
const ALLOWANCE: Duration = Duration::from_secs(10);

/// One story at a time: each has three brokers.
static TURN: Mutex<()> = Mutex::new(());

/// What sources promise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    AtLeastOnce,
    /// `exactly.once.source.support=enabled`
    ExactlyOnce,
}

/// The workers, the brokers, and what goes through them.
struct Story {
    promise: Promise,
    cluster: Cluster,
    group: WorkerGroup,
    name: String,
    inputs: Vec<GrowingFile>,
    outputs: Vec<ArrivingLines>,
    slowest: Duration,
}

impl Story {
    fn begin(folder: &Path, promise: Promise) -> Self {
        let cluster = Cluster::of_three(folder);
        // Always the same, so that the seed also decides which broker leads the groups.
        let name = "worker-kills".to_owned();
        let files = (0..WORKERS).map(|number| {
            let files = worker_files(folder, cluster.bootstrap(), &name, number);
            match promise {
                Promise::AtLeastOnce => files,
                Promise::ExactlyOnce => files.with(&[("exactly.once.source.support", "enabled")]),
            }
        });
        let mut group = WorkerGroup::start(files.collect());
        let inputs = (0..SOURCES).map(|n| GrowingFile::start(&folder.join(format!("in-{n}")), 40)).collect::<Vec<_>>();
        for (n, input) in inputs.iter().enumerate() {
            group.create(&format!("{name}-source-{n}"), &source(input.path(), &topic(&name, n)), 1);
        }
        let mut outputs = Vec::new();
        for n in 0..SINKS {
            let output = folder.join(format!("out-{n}"));
            group.create(&format!("{name}-sink-{n}"), &sink(&output, &topic(&name, n % SOURCES)), 1);
            outputs.push(ArrivingLines::of(&output));
        }
        group.settles("at first", Instant::now(), Duration::from_secs(60));
        Self { promise, cluster, group, name, inputs, outputs, slowest: Duration::ZERO }
    }

    fn limit() -> Duration {
        DELAY + SESSION + ALLOWANCE
    }

    fn settled(&mut self, what: &str, took: Duration) {
        self.slowest = self.slowest.max(took);
        println!("{what}: converged after {:.1} s", took.as_secs_f64());
    }

    /// Kills workers, and lets the others take over before they come back, or not.
    fn kill_workers(&mut self, numbers: &[usize], come_back_at_once: bool) {
        let what = format!("killed workers {numbers:?}{}", if come_back_at_once { ", back at once" } else { "" });
        numbers.iter().for_each(|number| self.group.kill(*number));
        let since = Instant::now();
        if come_back_at_once {
            numbers.iter().for_each(|number| self.group.launch(*number));
        }
        let took = self.group.settles(&what, since, Self::limit());
        self.settled(&what, took);
        self.nothing_is_ahead();
        let since = Instant::now();
        numbers.iter().for_each(|number| self.group.launch(*number));
        let took = self.group.settles("all workers again", since, Self::limit());
        println!("all workers again: converged after {:.1} s", took.as_secs_f64());
    }

    /// Kills a broker, and when the group has settled one worker too; then both come back.
    fn kill_broker(&mut self, number: usize, worker: Option<usize>) {
        let what = format!("killed broker {number}");
        self.cluster.broker("kill", number);
        let took = self.group.settles_for_good(&what, Instant::now(), Self::limit());
        self.settled(&what, took);
        if let Some(worker) = worker {
            self.kill_workers(&[worker], false);
        }
        self.goes_on(&what);
        self.cluster.broker("restart", number);
    }

    /// Waits until lines that are written from now on have arrived everywhere.
    fn goes_on(&mut self, what: &str) {
        let marks: Vec<u64> = self.inputs.iter().map(GrowingFile::count).collect();
        let since = Instant::now();
        for (n, output) in self.outputs.iter_mut().enumerate() {
            eventually_within(Duration::from_secs(60), &format!("{what}: sink {n} goes on"), || {
                output.look().has(marks[n % SOURCES]).then_some(())
            });
        }
        println!("{what}: everything went on after {:.1} s", since.elapsed().as_secs_f64());
    }

    fn offsets(&self, connector: &str) -> Vec<Value> {
        let path = format!("/connectors/{}-{connector}/offsets", self.name);
        eventually_within(Duration::from_secs(60), &format!("the offsets of {connector} are told"), || {
            let worker = self.group.living().next()?;
            let (status, body) = worker.request("GET", &path, None);
            (status == 200).then(|| body["offsets"].as_array().cloned().unwrap_or_default())
        })
    }

    /// Every line before a source's offset is in its topic; every record before a sink's is in its file.
    fn nothing_is_ahead(&mut self) {
        for n in 0..SOURCES {
            let source: u64 = self
                .offsets(&format!("source-{n}"))
                .iter()
                .filter_map(|entry| entry["offset"]["position"].as_u64())
                .sum();
            let sinks: Vec<(usize, Vec<Value>)> =
                (n..SINKS).step_by(SOURCES).map(|sink| (sink, self.offsets(&format!("sink-{sink}")))).collect();
            let records = committed_records(self.cluster.bootstrap(), &topic(&self.name, n));
            let mut lines = Lines::default();
            for record in &records {
                lines.add(record.value.as_deref().and_then(line_number).expect("a whole line"));
            }
            let missing = lines.first_missing(source / LINE as u64);
            assert_eq!(missing, None, "the offset of source {n} is {source}, ahead of this line");
            for (sink, offsets) in sinks {
                let committed: BTreeMap<i64, i64> = offsets.iter().filter_map(committed_offset).collect();
                let written = self.outputs[sink].look();
                for record in &records {
                    if committed.get(&i64::from(record.partition)).is_some_and(|next| record.offset < *next) {
                        let number = record.value.as_deref().and_then(line_number).expect("a whole line");
                        assert!(written.has(number), "sink {sink} has committed {record:?}, which it did not write");
                    }
                }
            }
        }
    }

    /// Every line has arrived in its topic and at its sinks.
    fn end(mut self) {
        let counts: Vec<u64> = self.inputs.iter_mut().map(GrowingFile::finish).collect();
        for (n, output) in self.outputs.iter_mut().enumerate() {
            eventually_within(Duration::from_secs(90), &format!("every line arrives at sink {n}"), || {
                output.look().first_missing(counts[n % SOURCES]).is_none().then_some(())
            });
        }
        self.nothing_is_ahead();
        for (n, count) in counts.iter().enumerate() {
            let mut lines = Lines::default();
            for record in committed_records(self.cluster.bootstrap(), &topic(&self.name, n)) {
                lines.add(record.value.as_deref().and_then(line_number).expect("a whole line"));
            }
            assert_eq!(lines.first_missing(*count), None, "topic {n}");
            let repeated = lines.repeated();
            println!("topic {n}: {count} lines, all there, {repeated} more than once");
            assert!(
                self.promise == Promise::AtLeastOnce || repeated == 0,
                "{repeated} lines of topic {n} are there twice"
            );
        }
        println!("the slowest convergence after a kill took {:.1} s", self.slowest.as_secs_f64());
        self.group.stop();
    }
}

fn worker_files(folder: &Path, bootstrap: &str, group: &str, number: usize) -> WorkerFiles {
    let folder = folder.join(format!("worker-{number}"));
    std::fs::create_dir(&folder).unwrap();
    WorkerFiles::distributed(&folder, bootstrap, group).with(&[
        ("config.storage.replication.factor", "3"),
        ("offset.storage.replication.factor", "3"),
        ("status.storage.replication.factor", "3"),
        ("scheduled.rebalance.max.delay.ms", &DELAY.as_millis().to_string()),
        ("session.timeout.ms", &SESSION.as_millis().to_string()),
        // Longer than the file source waits for more lines: most kills leave records behind that no offset covers yet.
        ("offset.flush.interval.ms", "1500"),
    ])
}

fn topic(name: &str, n: usize) -> String {
    format!("{name}-lines-{n}")
}

fn source(file: &Path, topic: &str) -> Value {
    json!({
        "connector.class": "FileStreamSource", "tasks.max": "1", "file": file, "topic": topic,
        "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "3",
    })
}

/// A short session, so that the partitions of a killed sink are given away soon.
fn sink(file: &Path, topic: &str) -> Value {
    json!({
        "connector.class": "FileStreamSink", "tasks.max": "1", "file": file, "topics": topic,
        "consumer.override.session.timeout.ms": "6000", "consumer.override.heartbeat.interval.ms": "1000",
        "consumer.override.metadata.max.age.ms": "5000", "consumer.override.isolation.level": "read_committed",
    })
}

fn committed_offset(entry: &Value) -> Option<(i64, i64)> {
    Some((entry["partition"]["kafka_partition"].as_i64()?, entry["offset"]["kafka_offset"].as_i64()?))
}

#[test]
fn killed_workers_and_brokers_lose_nothing_and_the_group_converges() {
    kill_on(Promise::AtLeastOnce, 35);
}

#[test]
fn killed_workers_and_brokers_leave_nothing_twice_where_sources_write_exactly_once() {
    kill_on(Promise::ExactlyOnce, 25);
}

/// Kills for so many seconds, or as many as the environment wants.
fn kill_on(promise: Promise, seconds: u64) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut seeded = Seeded::new(20_261_124);
    let duration = Duration::from_secs(amount("AQUEDUCT_SECONDS", seconds));
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::begin(folder.path(), promise);
    let started = Instant::now();
    let mut round = 0;
    while started.elapsed() < duration {
        // A random moment: in the middle of a commit, a rebalance of the sinks, a start.
        let moment = Instant::now() + Duration::from_millis(seeded.below(2_000));
        eventually_within(Duration::from_secs(10), "the moment comes", || (Instant::now() >= moment).then_some(()));
        let worker = seeded.below(WORKERS as u64) as usize;
        let other = (worker + 1 + seeded.below(WORKERS as u64 - 1) as usize) % WORKERS;
        let (how, broker) = (seeded.below(4), 1 + seeded.below(3) as usize);
        match (round % 3, how) {
            (1, 0 | 1) => story.kill_broker(broker, None),
            (1, _) => story.kill_broker(broker, Some(worker)),
            (_, 0 | 1) => story.kill_workers(&[worker], false),
            (_, 2) => story.kill_workers(&[worker], true),
            _ => story.kill_workers(&[worker, other], false),
        }
        round += 1;
    }
    println!("{round} rounds");
    story.end();
}
