//! A rebalance moves as little as it can, and what it does not move runs on: each start of a connector or a task is counted
//! (by the workers' own figures), and there is none beside those of what moved.
#![cfg(test)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aqueduct_tests::{Placement, Worker, WorkerFiles, bootstrap, eventually, unique};
use serde_json::json;
use tempfile::TempDir;

/// So many connectors, each with so many tasks: three workers have four tasks each, four have three.
const CONNECTORS: usize = 4;
const TASKS: usize = 3;

/// The workers of a group, and what they run.
struct Group {
    name: String,
    /// How long the work of a worker that is gone waits for it.
    delay: String,
    workers: Vec<Worker>,
    connectors: Vec<(String, usize)>,
    begun: usize,
    /// Outlives the workers, which write their logs there.
    folder: TempDir,
}

/// Where everything runs, and how often each worker has started a connector and a task.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    placement: Placement,
    starts: BTreeMap<String, (usize, usize)>,
    generation: u64,
}

impl Group {
    fn new(delay: &str) -> Self {
        let mut group = Self {
            folder: tempfile::tempdir().unwrap(),
            name: unique("moves"),
            delay: delay.to_owned(),
            workers: Vec::new(),
            connectors: Vec::new(),
            begun: 0,
        };
        (0..3).for_each(|_| group.begin());
        for n in 0..CONNECTORS {
            group.create(&format!("sink-{n}"), TASKS);
        }
        group
    }

    /// Starts another worker.
    fn begin(&mut self) {
        let folder = self.folder.path().join(format!("worker-{}", self.begun));
        std::fs::create_dir(&folder).unwrap();
        self.begun += 1;
        let files = WorkerFiles::distributed(&folder, &bootstrap(), &self.name)
            .with(&[("scheduled.rebalance.max.delay.ms", &self.delay)]);
        self.workers.push(files.start());
    }

    fn config(&self, tasks: usize, more: &str) -> serde_json::Value {
        let output = self.folder.path().join("out.txt");
        let topic = format!("{}-lines", self.name);
        json!({"connector.class": "FileStreamSink", "tasks.max": tasks.to_string(), "file": output, "topics": topic,
               "note": more})
    }

    /// Creates a connector, or gives it another configuration; what meets a rebalance is asked again.
    fn create(&mut self, what: &str, tasks: usize) {
        let name = format!("{}-{what}", self.name);
        let body = json!({"name": name, "config": self.config(tasks, "first")});
        self.succeeds("POST", "/connectors", Some(&body), 201);
        self.connectors.push((name, tasks));
    }

    fn succeeds(&self, method: &str, path: &str, body: Option<&serde_json::Value>, wanted: u16) {
        eventually(&format!("{method} {path} succeeds"), || {
            let (status, answer) = self.workers[0].request(method, path, body);
            assert!([wanted, 409].contains(&status), "{status} {answer}");
            (status == wanted).then_some(())
        });
    }

    /// What is there now, unless something is under way.
    fn look(&self) -> Option<Seen> {
        let placement = Placement::of(&self.workers[0], &self.connectors)?;
        let ids: Vec<String> = self.workers.iter().map(Worker::worker_id).collect();
        if placement.workers().iter().any(|owner| !ids.iter().any(|id| id == owner)) {
            return None;
        }
        let joined = generation(&self.workers[0])?;
        if self.workers.iter().any(|worker| generation(worker) != Some(joined)) {
            return None;
        }
        let starts = self.workers.iter().map(|worker| (worker.worker_id(), starts(worker))).collect();
        Some(Seen { placement, starts, generation: joined })
    }

    /// Waits until a later generation than that has settled: everything runs, and for two seconds nothing has changed.
    fn settled_after(&self, generation: u64) -> Seen {
        let mut last: Option<(Seen, Instant)> = None;
        eventually(&format!("generation {generation} is over, and everything runs"), || {
            let seen = self.look().filter(|seen| seen.generation > generation);
            let Some(seen) = seen else {
                last = None;
                return None;
            };
            match &last {
                Some((before, since)) if *before == seen => (since.elapsed() > Duration::from_secs(2)).then_some(seen),
                _ => {
                    last = Some((seen, Instant::now()));
                    None
                }
            }
        })
    }

    /// The worker that leads.
    fn leader(&self) -> usize {
        let leader = self.workers[0].leader().expect("it has joined");
        self.workers.iter().position(|worker| worker.worker_id() == leader).expect("one of them leads")
    }
}

const JOINED: &str = "Joined the group in generation ";

/// The generation that a worker joined last.
fn generation(worker: &Worker) -> Option<u64> {
    let log = worker.log();
    let (_, rest) = log.rsplit_once(JOINED)?;
    rest.split(':').next()?.parse().ok()
}

fn starts(worker: &Worker) -> (usize, usize) {
    let count = |what: &str| {
        worker.figure(&format!("kafka_connect_connect_worker_metrics_{what}_startup_attempts_total")) as usize
    };
    (count("connector"), count("task"))
}

/// Asserts that since then each worker started what came to it from elsewhere, and nothing else.
fn started_what_came(before: &Seen, after: &Seen) {
    for (worker, now) in &after.starts {
        let then = before.starts.get(worker).copied().unwrap_or_default();
        let came = after.placement.gained(worker, &before.placement);
        assert_eq!(
            (now.0 - then.0, now.1 - then.1),
            came,
            "connectors and tasks that {worker} started, and those that came to it\nbefore {before:?}\nafter {after:?}"
        );
    }
}

/// How many connectors and tasks run elsewhere than before.
fn moved(before: &Seen, after: &Seen) -> (usize, usize) {
    let each = after.starts.keys().map(|worker| after.placement.gained(worker, &before.placement));
    each.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

#[test]
fn what_no_rebalance_moves_is_never_started_again() {
    // Longer than the story: what a worker leaves behind stays its own.
    let mut group = Group::new("120000");
    let first = group.settled_after(0);
    for (worker, count) in &first.starts {
        assert_eq!(first.placement.load(worker), *count, "what {worker} runs, and how much it has started");
        assert_eq!(count.1, CONNECTORS * TASKS / 3);
    }

    // A connector comes: only it starts. And goes: nothing does.
    group.create("another", 1);
    let with_another = group.settled_after(first.generation);
    assert_eq!(moved(&first, &with_another), (1, 1), "the new connector alone");
    started_what_came(&first, &with_another);
    let (another, _) = group.connectors.pop().unwrap();
    group.succeeds("DELETE", &format!("/connectors/{another}"), None, 204);
    let without = group.settled_after(with_another.generation);
    assert_eq!(without.placement, first.placement);
    assert_eq!(without.starts, with_another.starts, "nothing started when a connector went");

    // A connector is configured anew: it starts again where it is, with its tasks, and no other does.
    let name = group.connectors[1].0.clone();
    let config = group.config(TASKS, "second");
    group.succeeds("PUT", &format!("/connectors/{name}/config"), Some(&config), 200);
    let anew = group.settled_after(without.generation);
    assert_eq!(anew.placement, first.placement);
    for (worker, now) in &anew.starts {
        let then = without.starts[worker];
        let connector = usize::from(first.placement.connectors[&name] == *worker);
        let tasks = first.placement.tasks.iter().filter(|((of, _), owner)| *of == name && *owner == worker).count();
        assert_eq!((now.0 - then.0, now.1 - then.1), (connector, tasks), "what {worker} started again");
    }

    // A worker stands still until the group has given it up, and comes back before its work was: nothing starts anywhere.
    let leader = group.leader();
    let follower = (leader + 1) % 3;
    group.workers[follower].freeze(true);
    let gone = eventually("the others have gone on without it", || {
        generation(&group.workers[leader]).filter(|now| *now > anew.generation)
    });
    group.workers[follower].freeze(false);
    let back = group.settled_after(gone);
    assert_eq!(back.placement, first.placement);
    assert_eq!(back.starts, anew.starts, "nothing started when a worker came back");
    end(group);
}

#[test]
fn a_worker_that_comes_or_goes_moves_only_what_it_must() {
    let mut group = Group::new("0");
    let three = group.settled_after(0);

    // Twelve tasks over four workers: three move, and one of four connectors.
    group.begin();
    let four = group.settled_after(three.generation);
    assert_eq!(moved(&three, &four), (1, 3));
    started_what_came(&three, &four);
    let newcomer = group.workers[3].worker_id();
    assert_eq!(four.placement.load(&newcomer), (1, 3));

    // One goes, cleanly: only what it had goes elsewhere.
    let follower = (1..3).find(|n| *n != group.leader()).unwrap();
    let left = leaves(&mut group, follower, four, |worker| assert!(worker.stop().success()));

    // And again when the one that goes leads: the next leader knows nothing but what the others say of themselves.
    let name = group.leader();
    assert_eq!(group.workers.len(), 3);
    leaves(&mut group, name, left, |worker| assert!(worker.stop().success()));
    end(group);
}

/// A worker leaves; answers what there is after.
fn leaves(group: &mut Group, which: usize, before: Seen, how: impl FnOnce(Worker)) -> Seen {
    let worker = group.workers.remove(which);
    let id = worker.worker_id();
    let had = before.placement.load(&id);
    how(worker);
    let after = group.settled_after(before.generation);
    assert_eq!(moved(&before, &after), had, "only the work of the one that left has moved");
    started_what_came(&before, &after);
    after
}

fn end(group: Group) {
    for worker in group.workers {
        assert!(worker.stop().success());
    }
}
