//! Two Java workers and two of ours in one group: each is stopped and started in turn while lines go through and clients ask
//! everybody everything, leaders of both kinds occur, and whoever is left has the whole state. Lines arrive at least once, and
//! where the workers write exactly once, they are in the topics once.
//!
//! `AQUEDUCT_ROUNDS` lets each worker stop and start more often.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use aqueduct_tests::{
    Ask, Clients, Placement, Worker, WorkerFiles, amount, bootstrap, committed_records, eventually, unique,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The connectors: two sources, and sinks on what they write. Twelve tasks.
const CONNECTORS: [(&str, usize, &str); 6] = [
    ("source-a", 1, "a"),
    ("source-b", 1, "b"),
    ("sink-a", 3, "a"),
    ("sink-b", 2, "b"),
    ("sink-both", 3, "a b"),
    ("sink-all", 2, "a b"),
];

/// The connector that is paused while the group changes hands.
const PAUSED: &str = "sink-all";

/// One story at a time: each has four workers.
static TURN: Mutex<()> = Mutex::new(());

/// Numbered lines, appended to a file the whole time.
struct Writer {
    letter: &'static str,
    written: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Writer {
    fn start(letter: &'static str, file: PathBuf) -> Self {
        let (written, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (Arc::clone(&written), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut out = OpenOptions::new().create(true).append(true).open(file).unwrap();
            while !end.load(Ordering::Relaxed) {
                let from = count.load(Ordering::Relaxed);
                let lines: String = (from..from + 5).map(|n| line(letter, n)).collect();
                out.write_all(lines.as_bytes()).unwrap();
                count.store(from + 5, Ordering::Relaxed);
                pace();
            }
        });
        Self { letter, written, stop, thread }
    }

    /// Ends it; answers all lines.
    fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        (0..self.written.load(Ordering::Relaxed)).map(|n| line(self.letter, n).trim_end().to_owned()).collect()
    }
}

fn line(letter: &str, n: usize) -> String {
    format!("{letter} {n:08}\n")
}

#[expect(clippy::disallowed_methods, reason = "the pace of the lines")]
fn pace() {
    std::thread::sleep(Duration::from_millis(100));
}

/// One of the four: its files, and the process while it runs.
struct Seat {
    files: WorkerFiles,
    java: bool,
    worker: Option<Worker>,
}

struct Group {
    name: String,
    exactly_once: bool,
    seats: Vec<Seat>,
    clients: Clients,
    connectors: Vec<(String, usize)>,
    /// What has led so far, by the word of those who followed: ours or Java's.
    java_led: BTreeSet<bool>,
    asked: usize,
    /// Outlives the workers, which write their logs there.
    folder: TempDir,
}

impl Group {
    /// Starts the four workers; a Java worker comes first and leads.
    fn start(exactly_once: bool) -> Self {
        let (folder, name) = (tempfile::tempdir().unwrap(), unique("four"));
        let seat = |n: usize| {
            let own = folder.path().join(format!("worker-{n}"));
            fs::create_dir(&own).unwrap();
            let files = WorkerFiles::distributed(&own, &bootstrap(), &name).with(&[
                ("scheduled.rebalance.max.delay.ms", "2000"),
                ("exactly.once.source.support", if exactly_once { "enabled" } else { "disabled" }),
            ]);
            Seat { files, java: n.is_multiple_of(2), worker: None }
        };
        let mut group = Self {
            exactly_once,
            seats: (0..4).map(seat).collect(),
            connectors: CONNECTORS.map(|(what, tasks, _)| (format!("{name}-{what}"), tasks)).to_vec(),
            clients: Clients::default(),
            java_led: BTreeSet::new(),
            asked: 0,
            folder,
            name,
        };
        for n in 0..4 {
            group.begin(n);
        }
        group
    }

    fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }

    fn output(&self, what: &str) -> PathBuf {
        self.folder.path().join(format!("{what}.txt"))
    }

    fn config(&self, which: usize, note: &str) -> Value {
        let (what, tasks, letters) = CONNECTORS[which];
        let topics: Vec<String> = letters.split(' ').map(|letter| self.name(letter)).collect();
        if what.starts_with("source") {
            return json!({
                "connector.class": "FileStreamSource", "tasks.max": "1", "file": self.input(letters), "topic": topics[0],
                "topic.creation.default.partitions": "4", "topic.creation.default.replication.factor": "1", "note": note,
                "exactly.once.support": if self.exactly_once { "required" } else { "requested" },
            });
        }
        json!({
            "connector.class": "FileStreamSink", "tasks.max": tasks.to_string(), "file": self.output(what),
            "topics": topics.join(","), "consumer.override.metadata.max.age.ms": "1000",
            "consumer.override.session.timeout.ms": "6000", "consumer.override.isolation.level": "read_committed",
            "note": note,
        })
    }

    fn input(&self, letter: &str) -> PathBuf {
        self.folder.path().join(format!("in-{letter}.txt"))
    }

    /// Lets a worker take its seat.
    fn begin(&mut self, n: usize) {
        let seat = &mut self.seats[n];
        let worker = if seat.java { seat.files.start_java() } else { seat.files.start() };
        self.clients.runs(&worker);
        seat.worker = Some(worker);
    }

    /// Lets workers go, one after another, and waits until the others have taken over.
    fn end(&mut self, which: &[usize]) {
        let mut goers = Vec::new();
        for n in which {
            let worker = self.seats[*n].worker.take().expect("it runs");
            self.clients.ends(&worker);
            goers.push((self.seats[*n].java, worker));
        }
        self.clients.around_an_end(|| {
            for (java, worker) in goers {
                if java {
                    worker.stop_or_kill();
                } else {
                    assert!(worker.stop().success());
                }
            }
            self.settle();
            self.leader()
        });
        self.see_leader();
    }

    fn running(&self) -> impl Iterator<Item = &Worker> {
        self.seats.iter().filter_map(|seat| seat.worker.as_ref())
    }

    /// Waits until everything that is not paused runs, shared evenly by those who are there, and all of them say so.
    fn settle(&self) {
        let living: BTreeSet<String> = self.running().map(Worker::worker_id).collect();
        let begun = Instant::now();
        eventually("everything runs, shared evenly", || {
            assert!(!self.clients.have_failed(), "a request failed; the thread of the clients said which");
            let mut all = None;
            for worker in self.running() {
                let placement = self.placement(worker)?;
                if all.is_some_and(|other| other != placement) {
                    return None;
                }
                all = Some(placement);
            }
            let placement = all?;
            if placement.workers().iter().any(|owner| !living.contains(*owner)) {
                return None;
            }
            let loads: Vec<usize> = living.iter().map(|id| placement.load(id).1).collect();
            (loads.iter().max()? - loads.iter().min()? <= 1).then_some(())
        });
        println!("{} workers settled after {:.1} s", living.len(), begun.elapsed().as_secs_f64());
    }

    fn placement(&self, worker: &Worker) -> Option<Placement> {
        Placement::in_states(worker, &self.connectors, &["RUNNING", "PAUSED"])
    }

    /// Waits until everybody is of one mind about who leads.
    fn leader(&self) -> String {
        eventually("everybody follows the same leader", || {
            let leaders: BTreeSet<Option<String>> = self.running().map(Worker::leader).collect();
            let [Some(leader)] = &Vec::from_iter(leaders)[..] else { return None };
            self.running().any(|worker| worker.worker_id() == *leader).then(|| leader.clone())
        })
    }

    /// Notes who leads; answers whether it is one of Java's.
    fn see_leader(&mut self) -> bool {
        let leader = self.leader();
        let seat = self.seats.iter().find(|seat| seat.worker.as_ref().is_some_and(|w| w.worker_id() == leader));
        let java = seat.expect("it runs").java;
        if self.running().count() > 1 {
            self.java_led.insert(java);
        }
        java
    }

    fn ask(&mut self, ask: Ask) -> Value {
        let which = self.asked % self.running().count();
        self.asked += 1;
        let worker = self.running().nth(which).expect("some run");
        self.clients.ask(worker, &ask)
    }

    /// What users do to their connectors, each request to another worker: a new configuration, restarts, pause and resume, and
    /// a connector that comes and goes.
    fn steer(&mut self, step: usize) {
        let which = step % CONNECTORS.len();
        let name = self.name(CONNECTORS[which].0);
        let config = self.config(which, &format!("step {step}"));
        self.ask(Ask::new("PUT", format!("/connectors/{name}/config"), 200).with(config));
        self.settle();
        self.ask(Ask::new("POST", format!("/connectors/{name}/restart"), 204));
        self.ask(Ask::new("POST", format!("/connectors/{name}/tasks/0/restart"), 204));
        self.settle();
        self.pause_everywhere(&name);
        self.ask(Ask::new("PUT", format!("/connectors/{name}/resume"), 202));
        self.in_state(&name, "RUNNING");
        self.entertain_guest(step);
    }

    /// A connector comes, is stopped, loses its offsets and goes; each request to another worker.
    fn entertain_guest(&mut self, step: usize) {
        let name = self.name(&format!("guest-{step}"));
        let (topic, file) = (self.name("guests"), self.input("a"));
        let config = json!({"connector.class": "FileStreamSource", "tasks.max": "1", "file": file, "topic": topic});
        self.ask(Ask::new("POST", "/connectors", 201).with(json!({"name": name, "config": config})));
        self.is_everywhere(&name, 1, "RUNNING");
        self.ask(Ask::new("PUT", format!("/connectors/{name}/stop"), 204));
        self.is_everywhere(&name, 0, "STOPPED");
        self.ask(Ask::new("DELETE", format!("/connectors/{name}/offsets"), 200));
        self.ask(Ask::new("DELETE", format!("/connectors/{name}"), 204));
        for worker in self.running() {
            eventually(&format!("{name} is gone"), || {
                let (status, _) = worker.request("GET", &format!("/connectors/{name}/status"), None);
                (status == 404).then_some(())
            });
        }
    }

    fn pause_everywhere(&mut self, name: &str) {
        self.ask(Ask::new("PUT", format!("/connectors/{name}/pause"), 202));
        self.in_state(name, "PAUSED");
    }

    /// Waits until every worker knows that a connector and its tasks are in a state.
    fn in_state(&self, name: &str, state: &str) {
        let tasks = self.connectors.iter().find(|(known, _)| known == name).expect("it is one of them").1;
        self.is_everywhere(name, tasks, state);
    }

    fn is_everywhere(&self, name: &str, tasks: usize, state: &str) {
        for worker in self.running() {
            let one = [(name.to_owned(), tasks)];
            eventually(&format!("{name} is {state}"), || Placement::in_states(worker, &one, &[state]));
        }
    }

    /// What must outlive every worker: configurations and tasks of all connectors.
    fn infos(&mut self) -> Value {
        self.ask(Ask::new("GET", "/connectors?expand=info", 200))
    }

    /// How far a connector has come, summed up over its partitions.
    fn progress(&mut self, name: &str) -> i64 {
        let offsets = self.ask(Ask::new("GET", format!("/connectors/{name}/offsets"), 200));
        let entries = offsets["offsets"].as_array().cloned().unwrap_or_default();
        let number = |entry: &Value| entry["offset"]["position"].as_i64().or(entry["offset"]["kafka_offset"].as_i64());
        entries.iter().filter_map(number).sum()
    }

    fn all_progress(&mut self) -> BTreeMap<String, i64> {
        let names: Vec<String> = self.connectors.iter().map(|(name, _)| name.clone()).collect();
        names.into_iter().map(|name| (name.clone(), self.progress(&name))).collect()
    }

    /// Asserts that who is left has the state of who was there, and that it goes on from there.
    fn has_whole_state(&mut self, infos: &Value, progress: &BTreeMap<String, i64>) {
        assert_eq!(self.infos(), *infos, "configurations and tasks");
        let paused = self.name(PAUSED);
        self.in_state(&paused, "PAUSED");
        for (name, had) in progress {
            assert!(self.progress(name) >= *had, "the offsets of {name} are there");
            if *name != paused {
                eventually(&format!("{name} goes on"), || (self.progress(name) > *had).then_some(()));
            }
        }
    }
}

/// What is asked of everybody the whole time.
fn background(group: &str) -> Vec<Ask> {
    let name = |what: &str| format!("{group}-{what}");
    let mut asks = vec![
        Ask::new("GET", "/", 200),
        Ask::new("GET", "/connector-plugins", 200),
        Ask::new("GET", "/connectors", 200),
        Ask::new("GET", "/connectors?expand=info&expand=status", 200),
        Ask::new("GET", "/admin/loggers", 200),
        Ask::new("GET", "/health", 200),
    ];
    let validated = json!({"connector.class": "FileStreamSink", "name": name("x"), "topics": "t", "file": "/tmp/x"});
    asks.push(Ask::new("PUT", "/connector-plugins/FileStreamSink/config/validate", 200).with(validated));
    for (what, _, _) in CONNECTORS {
        let path = format!("/connectors/{}", name(what));
        for more in ["", "/config", "/status", "/tasks", "/topics", "/offsets", "/tasks/0/status"] {
            asks.push(Ask::new("GET", format!("{path}{more}"), 200));
        }
        // Goes on to the leader and is written by it, and changes nothing as long as nothing has failed.
        asks.push(Ask::new("POST", format!("{path}/restart?includeTasks=true&onlyFailed=true"), 202));
    }
    // Written by whoever is asked.
    let logger = "/admin/loggers/org.apache.kafka.connect.transforms?scope=cluster";
    asks.push(Ask::new("PUT", logger, 204).with(json!({"level": "INFO"})));
    asks
}

/// Waits until a sink has written all these lines; answers how many it has written more than once.
fn arrived(output: &Path, lines: &[String]) -> usize {
    eventually(&format!("all lines are in {}", output.display()), || {
        let text = fs::read_to_string(output).ok()?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        text.lines().for_each(|line| *counts.entry(line).or_default() += 1);
        lines.iter().all(|line| counts.contains_key(line.as_str())).then(|| text.lines().count() - counts.len())
    })
}

#[test]
fn two_of_java_and_two_of_ours_come_and_go_and_nothing_is_lost() {
    come_and_go(false);
}

#[test]
fn two_of_java_and_two_of_ours_come_and_go_and_write_exactly_once() {
    come_and_go(true);
}

fn come_and_go(exactly_once: bool) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = Instant::now();
    let mut group = Group::start(exactly_once);
    let writers: Vec<Writer> = ["a", "b"].map(|letter| Writer::start(letter, group.input(letter))).into();
    for (which, (what, _, _)) in CONNECTORS.iter().enumerate() {
        let name = group.name(what);
        let body = json!({"name": name, "config": group.config(which, "first")});
        group.ask(Ask::new("POST", "/connectors", 201).with(body));
    }
    group.settle();
    group.clients.ask_on(background(&group.name));
    // Mostly the Java worker that came first, but a slow one may have been late.
    group.see_leader();

    // Each goes and comes back in turn.
    for step in 0..4 * amount("AQUEDUCT_ROUNDS", 1) as usize {
        group.end(&[step % 4]);
        group.steer(step);
        group.begin(step % 4);
        group.settle();
        group.see_leader();
    }

    // All of Java's leave: we have everything, and lead when they come back.
    let paused = group.name(PAUSED);
    group.pause_everywhere(&paused);
    let (infos, progress) = (group.infos(), group.all_progress());
    group.end(&[0, 2]);
    assert!(!group.see_leader());
    group.has_whole_state(&infos, &progress);
    group.steer(0);
    group.begin(0);
    group.begin(2);
    group.settle();
    assert!(!group.see_leader(), "we lead, and Java follows");
    group.steer(1);

    // All of ours leave: Java has everything.
    let (infos, progress) = (group.infos(), group.all_progress());
    group.end(&[1, 3]);
    assert!(group.see_leader());
    group.has_whole_state(&infos, &progress);
    group.ask(Ask::new("PUT", format!("/connectors/{paused}/resume"), 202));
    group.in_state(&paused, "RUNNING");
    assert_eq!(group.java_led, BTreeSet::from([false, true]), "workers of both kinds have led");

    let lines: BTreeMap<&str, Vec<String>> = writers.into_iter().map(|writer| (writer.letter, writer.end())).collect();
    for (what, _, letters) in CONNECTORS.iter().filter(|(what, _, _)| what.starts_with("sink")) {
        for letter in letters.split(' ') {
            let again = arrived(&group.output(what), &lines[letter]);
            println!("{what}: all {} lines of {letter}, {again} more than once", lines[letter].len());
        }
    }
    for (letter, lines) in lines.iter().filter(|_| exactly_once) {
        let records = committed_records(&bootstrap(), &group.name(letter));
        let mut values: Vec<String> = records.into_iter().filter_map(|record| record.value).collect();
        values.sort();
        assert!(values == *lines, "{} records of {} lines", values.len(), lines.len());
    }
    println!("{} after {:.0} s", group.clients.stop(), begun.elapsed().as_secs_f64());
    for worker in group.seats.into_iter().filter_map(|seat| seat.worker) {
        worker.stop_or_kill();
    }
}
