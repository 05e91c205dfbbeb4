//! Source connectors that write exactly once (KIP-618): workers are killed, stand still, and hand over to Java; a reader of
//! committed records sees each line once and in order.
#![cfg(test)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use aqueduct_tests::{
    Cluster, Seeded, Worker, WorkerFiles, amount, bootstrap, eventually, eventually_within, topic_records,
    topic_values, unique,
};
use serde_json::{Value, json};

const ENABLED: [(&str, &str); 1] = [("exactly.once.source.support", "enabled")];
/// What a killed worker leaves open hides what comes after it until it runs out, by default after a minute. Not for brokers
/// that die: until their partitions have another leader takes nearly as long, and a task whose transaction ran out has failed.
const SOON_ABORTED: [(&str, &str); 1] = [("producer.transaction.timeout.ms", "10000")];

fn lines(range: Range<usize>) -> String {
    range.map(|n| format!("{n:09} {}\n", "x".repeat(60))).collect()
}

fn append(file: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A file source that has to write exactly once.
fn source(file: &Path, topic: &str, more: &Value) -> Value {
    let mut config = json!({
        "connector.class": "FileStreamSource", "tasks.max": "1", "file": file, "topic": topic,
        "exactly.once.support": "required", "batch.size": "200",
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

/// Makes a request until it is not in the way of a rebalance.
fn settled(worker: &Worker, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    eventually(&format!("{method} {path} is answered"), || {
        let (status, answer) = worker.request(method, path, body);
        (status != 409).then_some((status, answer))
    })
}

fn create(worker: &Worker, name: &str, config: &Value) {
    let (status, answer) = settled(worker, "PUT", &format!("/connectors/{name}/config"), Some(config));
    assert_eq!(status, 201, "{answer}");
}

/// Waits until the reader of committed records has seen so many lines of the topic.
fn arrived(topic: &str, count: usize) -> Vec<String> {
    arrived_at(&bootstrap(), topic, count)
}

fn arrived_at(bootstrap: &str, topic: &str, count: usize) -> Vec<String> {
    eventually_within(Duration::from_mins(3), &format!("{count} lines are committed"), || {
        let last = topic_values(bootstrap, topic);
        (last.len() >= count).then(|| last.into_iter().map(Option::unwrap_or_default).collect())
    })
}

#[track_caller]
fn once_and_in_order(read: &[String], written: &str) {
    let written: Vec<&str> = written.lines().collect();
    let difference = read.iter().zip(&written).position(|(read, written)| read != written);
    assert_eq!(difference, None, "the first line that is not as it was written");
    assert_eq!(read.len(), written.len());
}

/// The worker's name in statuses.
fn here(worker: &Worker) -> String {
    format!("127.0.0.1:{}", worker.port())
}

/// Waits until that moment.
fn wait_until(moment: Instant) {
    eventually("the moment comes", || (Instant::now() >= moment).then_some(()));
}

#[test]
fn after_many_kills_each_line_is_committed_once_and_in_order() {
    let (each, kills) = (amount("AQUEDUCT_LINES", 40_000) as usize, amount("AQUEDUCT_KILLS", 5));
    let mut seeded = Seeded::new(618);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let input = folders[0].path().join("in.txt");
    let (group, topic) = (unique("once"), unique("once-lines"));
    let mut text = String::new();
    let mut write = |range: Range<usize>| {
        let more = lines(range);
        append(&input, &more);
        text.push_str(&more);
    };
    let files = [0, 1]
        .map(|n| WorkerFiles::distributed(folders[n].path(), &bootstrap(), &group).with(&ENABLED).with(&SOON_ABORTED));
    let mut workers = files.iter().map(WorkerFiles::start).collect::<Vec<_>>();
    write(0..each);
    create(&workers[0], "source", &source(&input, &topic, &json!({})));

    let mut written = each;
    for _ in 0..kills {
        // Whoever runs the task dies three times of four: while it reads, commits, or has just taken over.
        let status = workers[0].task_state("source", 0, "RUNNING");
        write(written..written + each);
        written += each;
        wait_until(Instant::now() + Duration::from_millis(seeded.below(2_000)));
        let owner = usize::from(status["worker_id"] != here(&workers[0]));
        let victim = if seeded.below(4) == 0 { 1 - owner } else { owner };
        workers.remove(victim).kill();
        workers.insert(victim, files[victim].launch());
    }
    once_and_in_order(&arrived(&topic, written), &text);
    for worker in workers {
        assert!(worker.stop().success());
    }
}

#[test]
fn on_brokers_that_die_in_turn_each_line_is_committed_once_and_in_order() {
    let each = amount("AQUEDUCT_LINES", 20_000) as usize;
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::of_three(folder.path());
    let input = folder.path().join("in.txt");
    let (group, topic) = (unique("dying"), unique("dying-lines"));
    let replicated = ["config", "offset", "status"].map(|store| (format!("{store}.storage.replication.factor"), "3"));
    let replicated: Vec<(&str, &str)> = replicated.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let worker =
        WorkerFiles::distributed(folder.path(), cluster.bootstrap(), &group).with(&ENABLED).with(&replicated).start();
    let mut text = lines(0..each);
    append(&input, &text);
    let with = json!({"topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "3"});
    create(&worker, "source", &source(&input, &topic, &with));
    once_and_in_order(&arrived_at(cluster.bootstrap(), &topic, each), &text);
    for broker in 1..=3 {
        let from = text.lines().count();
        let more = lines(from..from + each);
        append(&input, &more);
        text.push_str(&more);
        cluster.broker("kill", broker);
        // The two that are left go on: leaders and coordinators move.
        let end = text.len();
        eventually_within(Duration::from_mins(2), &format!("all is committed without broker {broker}"), || {
            let (_, offsets) = worker.request("GET", "/connectors/source/offsets", None);
            (offsets["offsets"][0]["offset"]["position"] == end).then_some(())
        });
        cluster.broker("restart", broker);
        worker.task_state("source", 0, "RUNNING");
    }
    once_and_in_order(&arrived_at(cluster.bootstrap(), &topic, text.lines().count()), &text);
    assert!(worker.stop().success());
}

#[test]
fn a_worker_that_stood_still_commits_nothing_any_more() {
    let count = amount("AQUEDUCT_LINES", 100_000) as usize;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let input = folders[0].path().join("in.txt");
    let (group, topic) = (unique("zombie"), unique("zombie-lines"));
    let mut text = lines(0..count);
    fs::write(&input, &text).unwrap();
    let files = [0, 1]
        .map(|n| WorkerFiles::distributed(folders[n].path(), &bootstrap(), &group).with(&ENABLED).with(&SOON_ABORTED));
    let sleeper = files[0].start();
    create(
        &sleeper,
        "source",
        &source(
            &input,
            &topic,
            &json!({"transaction.boundary": "interval",
        "transaction.boundary.interval.ms": "300"}),
        ),
    );
    sleeper.task_state("source", 0, "RUNNING");
    eventually("it has begun", || (topic_values(&bootstrap(), &topic).len() > 100).then_some(()));

    // It stands still in the middle of a transaction, until the group has given its task away.
    sleeper.freeze(true);
    let successor = files[1].start();
    eventually("the task runs elsewhere", || {
        let status = successor.task_state("source", 0, "RUNNING");
        (status["worker_id"] == here(&successor)).then_some(())
    });
    append(&input, &lines(count..count + 1_000));
    text.push_str(&lines(count..count + 1_000));
    let read = arrived(&topic, count + 1_000);
    once_and_in_order(&read, &text);
    sleeper.freeze(false);
    // It is a member again, and has written nothing in between.
    eventually("it is in the group", || {
        let (status, _) = sleeper.request("GET", "/connectors/source", None);
        (status == 200).then_some(())
    });
    append(&input, &lines(count + 1_000..count + 2_000));
    text.push_str(&lines(count + 1_000..count + 2_000));
    let read = arrived(&topic, count + 2_000);
    once_and_in_order(&read, &text);
    assert!(successor.stop().success());
    assert!(sleeper.stop().success());
}

#[test]
fn offsets_are_in_the_connectors_own_topic_and_can_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.txt");
    let (group, topic, offsets) = (unique("own"), unique("own-lines"), unique("own-offsets"));
    fs::write(&input, lines(0..10)).unwrap();
    let files = WorkerFiles::distributed(folder.path(), &bootstrap(), &group)
        .with(&ENABLED)
        .with(&SOON_ABORTED)
        .with(&[("offset.storage.partitions", "3")]);
    let worker = files.start();
    let with = json!({
        "offsets.storage.topic": offsets, "exactly.once.support": "required",
        "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
    });
    create(&worker, "source", &source(&input, &topic, &with));
    once_and_in_order(&arrived(&topic, 10), &lines(0..10));
    let line = lines(0..1).len();
    let position = |offsets: &Value| offsets["offsets"][0]["offset"]["position"].clone();
    let own = topic_records(&bootstrap(), &offsets);
    let key = json!(["source", {"filename": input}]).to_string();
    let last = own.iter().rfind(|(found, _)| found.as_deref() == Some(&key)).unwrap();
    assert_eq!(last.1, Some(json!({"position": 10 * line}).to_string()));
    let (_, seen) = settled(&worker, "GET", "/connectors/source/offsets", None);
    assert_eq!(position(&seen), 10 * line);

    // Back by three lines: they are sent again.
    assert_eq!(settled(&worker, "PUT", "/connectors/source/stop", None).0, 204);
    let back = json!({"offsets": [{"partition": {"filename": input}, "offset": {"position": 7 * line}}]});
    let stopped = |method: &str, body: Option<&Value>| {
        eventually("the offsets are changed", || {
            let (status, answer) = settled(&worker, method, "/connectors/source/offsets", body);
            (status == 200).then_some(answer)
        })
    };
    stopped("PATCH", Some(&back));
    let (_, seen) = settled(&worker, "GET", "/connectors/source/offsets", None);
    assert_eq!(position(&seen), 7 * line);
    assert_eq!(settled(&worker, "PUT", "/connectors/source/resume", None).0, 202);
    once_and_in_order(&arrived(&topic, 13), &(lines(0..10) + &lines(7..10)));

    // And to the beginning.
    assert_eq!(settled(&worker, "PUT", "/connectors/source/stop", None).0, 204);
    stopped("DELETE", None);
    let (_, seen) = settled(&worker, "GET", "/connectors/source/offsets", None);
    assert_eq!(seen, json!({"offsets": []}));
    assert!(worker.stop().success());
}

#[test]
fn java_and_we_fence_for_each_other_and_hand_over() {
    let (ours, javas) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (group, topics) = (unique("mixed-once"), [unique("mixed-once-a"), unique("mixed-once-b")]);
    let inputs = ["a.txt", "b.txt"].map(|name| ours.path().join(name));
    let names = ["source-a", "source-b"];
    let files = WorkerFiles::distributed(ours.path(), &bootstrap(), &group).with(&ENABLED).with(&SOON_ABORTED);
    let java_files = WorkerFiles::distributed(javas.path(), &bootstrap(), &group).with(&ENABLED).with(&SOON_ABORTED);
    let mut text = String::new();
    let mut write_and_check = |range: Range<usize>| {
        let more = lines(range);
        inputs.iter().for_each(|input| append(input, &more));
        text.push_str(&more);
        for topic in &topics {
            once_and_in_order(&arrived(topic, text.lines().count()), &text);
        }
    };
    let running = |worker: &Worker, owners: usize| {
        eventually("all tasks run", || {
            let mut found = std::collections::BTreeSet::new();
            for name in names {
                let (_, status) = worker.request("GET", &format!("/connectors/{name}/status"), None);
                let task = status["tasks"].as_array()?.first()?.clone();
                if task["state"] != "RUNNING" || status["connector"]["state"] != "RUNNING" {
                    return None;
                }
                found.insert(task["worker_id"].as_str()?.to_owned());
            }
            (found.len() == owners).then_some(())
        });
    };

    // Java leads, and fences for our task.
    let java = java_files.start_java();
    let worker = files.start();
    for (name, (input, topic)) in names.iter().zip(inputs.iter().zip(&topics)) {
        append(input, "");
        create(&worker, name, &source(input, topic, &json!({})));
    }
    running(&worker, 2);
    write_and_check(0..500);
    // New tasks: the one of a side that does not lead is let through by the other.
    for (name, (input, topic)) in names.iter().zip(inputs.iter().zip(&topics)) {
        let config = source(input, topic, &json!({"batch.size": "100"}));
        let (status, answer) = settled(&worker, "PUT", &format!("/connectors/{name}/config"), Some(&config));
        assert_eq!(status, 200, "{answer}");
    }
    running(&worker, 2);
    write_and_check(500..1_000);
    // We lead alone, then for Java.
    java.stop_or_kill();
    running(&worker, 1);
    write_and_check(1_000..1_500);
    let java = java_files.start_java();
    running(&worker, 2);
    write_and_check(1_500..2_000);
    // And Java goes on from our offsets.
    assert!(worker.stop().success());
    running(&java, 1);
    write_and_check(2_000..2_500);
    java.stop_or_kill();
}
