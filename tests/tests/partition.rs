//! Networks that are cut or go silent: between a worker and its broker, and between workers. Nobody's work is done twice, what
//! was decided meanwhile stays, and everything goes on when the network is whole again.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aqueduct_tests::{
    Cluster, GrowingFile, Instance, Proxy, Worker, WorkerFiles, WorkerGroup, committed_records, eventually,
    eventually_within, line_number, unique,
};
use serde_json::{Value, json};

/// `scheduled.rebalance.max.delay.ms`: longer than a heartbeat's interval (1 s) and the time that tasks have to stop (2 s),
/// so that a worker that hears nothing any more has stopped before anybody takes its work over. (A leader that falls silent
/// is another matter: its successor knows of no delay, here and in Java, and only transactions keep them apart.)
const DELAY: Duration = Duration::from_secs(5);
/// `session.timeout.ms`
const SESSION: Duration = Duration::from_secs(6);
const ALLOWANCE: Duration = Duration::from_secs(10);
const PAIRS: usize = 2;

fn worker_files(folder: &Path, bootstrap: &str, group: &str, number: usize) -> WorkerFiles {
    let folder = folder.join(format!("worker-{number}"));
    fs::create_dir(&folder).unwrap();
    WorkerFiles::distributed(&folder, bootstrap, group).with(&[
        ("scheduled.rebalance.max.delay.ms", &DELAY.as_millis().to_string()),
        ("session.timeout.ms", &SESSION.as_millis().to_string()),
        ("task.shutdown.graceful.timeout.ms", "2000"),
        ("offset.flush.interval.ms", "1500"),
    ])
}

/// Two workers, of which number 0 meets the broker behind a proxy; sources whose files grow, and sinks of the same topics.
struct Story {
    cluster: Cluster,
    network: Proxy,
    group: WorkerGroup,
    name: String,
    inputs: Vec<GrowingFile>,
    outputs: Vec<PathBuf>,
}

impl Story {
    fn begin(folder: &Path) -> Self {
        let (cluster, network, way) = Cluster::of_one_behind_a_proxy(folder);
        let name = unique("partition");
        let files = vec![worker_files(folder, &way, &name, 0), worker_files(folder, cluster.bootstrap(), &name, 1)];
        let mut story = Self {
            cluster,
            network,
            group: WorkerGroup::start(files),
            inputs: (0..PAIRS).map(|n| GrowingFile::start(&folder.join(format!("in-{n}")), 40)).collect(),
            outputs: (0..PAIRS).map(|n| folder.join(format!("out-{n}"))).collect(),
            name,
        };
        for n in 0..PAIRS {
            let config = json!({
                "connector.class": "FileStreamSource", "tasks.max": "1", "file": story.inputs[n].path(),
                "topic": story.topic(n), "topic.creation.default.partitions": "1",
                "topic.creation.default.replication.factor": "1",
            });
            story.create(&format!("source-{n}"), &config);
        }
        for n in 0..PAIRS {
            let config = json!({
                "connector.class": "FileStreamSink", "tasks.max": "1", "file": story.outputs[n],
                "topics": story.topic(n), "consumer.override.session.timeout.ms": "6000",
                "consumer.override.heartbeat.interval.ms": "1000",
            });
            story.create(&format!("sink-{n}"), &config);
        }
        story.group.settles("at first", Instant::now(), Duration::from_secs(60));
        story
    }

    fn topic(&self, n: usize) -> String {
        format!("{}-lines-{n}", self.name)
    }

    /// One after another, so that each worker gets a source and a sink.
    fn create(&mut self, connector: &str, config: &Value) {
        let name = format!("{}-{connector}", self.name);
        self.group.create(&name, config, 1);
        self.group.worker(1).task_state(&name, 0, "RUNNING");
    }

    /// Waits until lines that are written from now on have arrived at every sink.
    fn goes_on(&self, what: &str) {
        for (input, output) in self.inputs.iter().zip(&self.outputs) {
            let mark = aqueduct_tests::line(input.count());
            eventually_within(Duration::from_secs(40), &format!("{what}: {} goes on", output.display()), || {
                fs::read_to_string(output).ok()?.contains(&mark).then_some(())
            });
        }
    }

    /// Watches worker 1 take everything over from worker 0, which has to have stopped by then.
    fn is_taken_over(&self, what: &str, since: Instant) {
        let tasks = |number| -> BTreeSet<Instance> {
            self.group.running_on(number).into_iter().filter(|(_, task)| task.is_some()).collect()
        };
        let all: BTreeSet<Instance> = self.group.wanted().iter().filter(|(_, task)| task.is_some()).cloned().collect();
        let mut stopped = None;
        eventually_within(DELAY + SESSION + ALLOWANCE, &format!("{what}: worker 1 runs everything"), || {
            // In this order: what is taken over between the two looks has stopped before them.
            let there = tasks(1);
            let here = tasks(0);
            let twice: Vec<_> = here.intersection(&there).collect();
            assert!(twice.is_empty(), "{what}: {twice:?} run twice");
            if here.is_empty() {
                stopped.get_or_insert_with(|| since.elapsed());
            }
            (there == all).then_some(())
        });
        println!(
            "{what}: worker 0 had stopped after {stopped:.1?}, worker 1 ran everything after {:.1?}",
            since.elapsed()
        );
    }

    /// Makes trouble between worker 0 and the broker, and ends it when worker 1 has everything.
    fn is_cut_off(&mut self, what: &str, trouble: impl Fn(&Proxy)) {
        assert!(!self.group.running_on(0).is_empty());
        trouble(&self.network);
        let since = Instant::now();
        self.is_taken_over(what, since);
        self.goes_on(what);
        // Who is in no group leads none, and changes nothing.
        let (status, answer) = self.group.worker(0).request(
            "PUT",
            &format!("/connectors/{}-source-0/config", self.name),
            Some(&json!({"connector.class": "FileStreamSource", "file": "/nowhere", "topic": "nowhere"})),
        );
        assert_eq!(status, 409, "{answer}");
        // What is decided meanwhile stays.
        let paused = format!("{}-sink-1", self.name);
        let (status, _) = self.group.worker(1).request("PUT", &format!("/connectors/{paused}/pause"), None);
        assert_eq!(status, 202);
        self.group.worker(1).task_state(&paused, 0, "PAUSED");

        self.network.mend();
        let since = Instant::now();
        eventually_within(DELAY + SESSION + ALLOWANCE, &format!("{what}: worker 0 has work again"), || {
            (!self.group.running_on(0).is_empty()).then_some(())
        });
        self.group.worker(0).task_state(&paused, 0, "PAUSED");
        let (status, _) = self.group.worker(1).request("PUT", &format!("/connectors/{paused}/resume"), None);
        assert_eq!(status, 202);
        let took = self.group.settles(what, since, DELAY + SESSION + ALLOWANCE);
        println!("{what}: converged {took:.1?} after the network was whole again");
        self.goes_on(what);
    }

    /// Nothing is lost, and nobody wrote what another had gone on from: after each restart the numbers go on one by one.
    fn end(mut self) {
        let counts: Vec<u64> = self.inputs.iter_mut().map(GrowingFile::finish).collect();
        for (n, count) in counts.into_iter().enumerate() {
            let last = aqueduct_tests::line(count - 1);
            eventually_within(Duration::from_secs(60), "every line arrives", || {
                fs::read_to_string(&self.outputs[n]).ok()?.contains(&last).then_some(())
            });
            let records = committed_records(self.cluster.bootstrap(), &self.topic(n));
            let written = records.iter().map(|record| record.value.as_deref().and_then(line_number).expect("a line"));
            in_order(&format!("topic {n}"), written, count);
            let output = fs::read_to_string(&self.outputs[n]).unwrap();
            in_order(&format!("output {n}"), output.lines().map(|line| line_number(line).expect("a line")), count);
        }
        self.group.stop();
    }
}

/// Each number follows the one before it, or begins again at one that was there already.
fn in_order(what: &str, numbers: impl Iterator<Item = u64>, count: u64) {
    let (mut next, mut end, mut beginnings) = (0, 0, 0);
    for number in numbers {
        if number != next {
            assert!(number < next, "{what}: {number} follows {}", next - 1);
            beginnings += 1;
        }
        next = number + 1;
        end = next.max(end);
    }
    assert_eq!(end, count, "{what}");
    assert_eq!(next, count, "{what} ends with its last line");
    println!("{what}: {count} lines, begun again {beginnings} times");
}

#[test]
fn a_worker_without_its_broker_has_stopped_before_another_takes_over_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::begin(folder.path());
    story.is_cut_off("cut off", Proxy::cut);
    story.is_cut_off("in silence", Proxy::silence);
    story.end();
}

/// A worker that others reach through a proxy only.
fn behind(files: WorkerFiles) -> (WorkerFiles, Proxy) {
    let proxy = Proxy::to(&format!("127.0.0.1:{}", files.port()));
    let port = proxy.port().to_string();
    (files.with(&[("rest.advertised.host.name", "127.0.0.1"), ("rest.advertised.port", &port)]), proxy)
}

fn post(worker: &Worker, name: &str, folder: &Path) -> (u16, Value) {
    let config = json!({
        "connector.class": "FileStreamSource", "tasks.max": "1", "file": folder.join("in"), "topic": name,
    });
    worker.request("POST", "/connectors", Some(&json!({"name": name, "config": config})))
}

#[test]
fn workers_that_cannot_reach_their_leader_say_so_and_tell_it_of_tasks_when_they_can() {
    let folder = tempfile::tempdir().unwrap();
    let group = unique("estranged");
    fs::write(folder.path().join("in"), "").unwrap();
    let bootstrap = aqueduct_tests::bootstrap();
    let (files, network) = behind(worker_files(folder.path(), &bootstrap, &group, 0));
    // Who is first leads.
    let leader = files.start();
    eventually("the leader has joined", || leader.log().contains("this worker").then_some(()));
    let (files, _its_network) = behind(worker_files(folder.path(), &bootstrap, &group, 1));
    let follower = files.start();
    eventually("the follower has joined", || follower.log().contains("Joined the group").then_some(()));
    let name = |n: usize| format!("{group}-{n}");
    eventually("a request is forwarded", || {
        let (status, answer) = post(&follower, &name(0), folder.path());
        assert!([201, 409].contains(&status), "{status} {answer}");
        (status == 201).then_some(())
    });
    leader.task_state(&name(0), 0, "RUNNING");

    network.cut();
    let (status, answer) = post(&follower, &name(9), folder.path());
    assert_eq!(status, 500, "{answer}");
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("IO Error trying to forward REST request: "), "{message}");

    // Enough connectors for the follower to get one more; it has to tell the leader of their tasks.
    for n in 1..4 {
        eventually(&format!("connector {n} is created"), || {
            (post(&leader, &name(n), folder.path()).0 == 201).then_some(())
        });
    }
    eventually("the follower fails to tell of tasks", || {
        follower.log().contains("Failed to reconfigure the tasks of connector").then_some(())
    });
    let without_tasks = |worker: &Worker| -> Vec<usize> {
        (1..4)
            .filter(|n| worker.request("GET", &format!("/connectors/{}/tasks", name(*n)), None).1 == json!([]))
            .collect()
    };
    eventually("only the leader's own connectors have tasks", || {
        let without = without_tasks(&leader);
        let own = |n: &usize| {
            let (_, status) = leader.request("GET", &format!("/connectors/{}/status", name(*n)), None);
            status["connector"]["worker_id"] == format!("127.0.0.1:{}", network.port()).as_str()
        };
        (!without.is_empty() && without.iter().all(|n| !own(n))).then_some(())
    });
    // It still answers what it knows itself, and what any worker may decide.
    let (status, _) = follower.request("GET", "/connectors", None);
    assert_eq!(status, 200);
    network.mend();
    for n in 1..4 {
        leader.task_state(&name(n), 0, "RUNNING");
    }
    eventually("requests are forwarded again", || (post(&follower, &name(9), folder.path()).0 == 201).then_some(()));

    // Nothing comes back at all: the request waits, others do not.
    network.silence();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| post(&follower, &name(10), folder.path()));
        let (status, _) = follower.request("GET", &format!("/connectors/{}/status", name(0)), None);
        assert_eq!(status, 200);
        network.mend();
        let (status, answer) = waiting.join().unwrap();
        // Lost on the way, or sent after the network was whole again.
        assert!([201, 500].contains(&status), "{status} {answer}");
    });
    assert!(follower.stop().success());
    assert!(leader.stop().success());
}
