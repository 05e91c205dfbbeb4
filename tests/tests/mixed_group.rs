//! A Java worker and ours in one group: whoever leads, the work is shared, and taken over when the other one goes.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use aqueduct_tests::{Worker, WorkerFiles, bootstrap, eventually, unique};
use serde_json::{Value, json};

const CONNECTORS: [&str; 4] = ["source", "sink-0", "sink-1", "sink-2"];

fn append(file: &Path, line: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    writeln!(file, "{line}").unwrap();
}

/// Creates a connector; a request that meets a rebalance is made again.
fn create(worker: &Worker, name: &str, config: &Value) {
    let body = json!({"name": name, "config": config});
    eventually(&format!("{name} is created"), || {
        let (status, answer) = worker.request("POST", "/connectors", Some(&body));
        assert!([201, 409].contains(&status), "{answer}");
        (status == 201).then_some(())
    });
}

/// Waits until everything runs; answers the workers that run something.
fn owners(worker: &Worker, group: &str) -> BTreeSet<String> {
    eventually("every connector runs with two tasks or one", || {
        let mut owners = BTreeSet::new();
        for name in CONNECTORS {
            let (_, status) = worker.request("GET", &format!("/connectors/{group}-{name}/status"), None);
            let tasks = status["tasks"].as_array()?;
            let wanted = if name == "source" { 1 } else { 2 };
            if tasks.len() != wanted {
                return None;
            }
            for instance in tasks.iter().chain([&status["connector"]]) {
                if instance["state"] != "RUNNING" {
                    return None;
                }
                owners.insert(instance["worker_id"].as_str()?.to_owned());
            }
        }
        Some(owners)
    })
}

/// Waits until a sink's file has a line.
fn arrives(file: &Path, line: &str) {
    eventually(&format!("{line} arrives"), || {
        fs::read_to_string(file).ok()?.lines().any(|have| have == line).then_some(())
    });
}

#[test]
fn a_group_of_java_and_us_shares_the_work_whoever_leads() {
    takes_turns("sessioned", "sessioned");
}

#[test]
fn so_does_one_that_divides_everything_anew_each_time() {
    takes_turns("eager", "eager");
}

#[test]
fn so_does_one_in_the_middle_of_an_upgrade() {
    // What they have in common decides; when the other one is away, it is what the rest prefers.
    takes_turns("sessioned", "eager");
    takes_turns("eager", "compatible");
}

/// A Java worker and ours come and go, each with a protocol of its own.
fn takes_turns(our_protocol: &str, javas_protocol: &str) {
    let (ours, javas) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (group, topic) = (unique("mixed"), unique("mixed-lines"));
    let input = ours.path().join("in.txt");
    let output = |n: usize| ours.path().join(format!("out-{n}.txt"));
    append(&input, "first");
    let files = WorkerFiles::distributed(ours.path(), &bootstrap(), &group).with(&[("connect.protocol", our_protocol)]);
    let java_files =
        WorkerFiles::distributed(javas.path(), &bootstrap(), &group).with(&[("connect.protocol", javas_protocol)]);

    // Java comes first and leads; what we have computed goes to it, signed.
    let java = java_files.start_java();
    let worker = files.start();
    create(
        &worker,
        &format!("{group}-source"),
        &json!({"connector.class": "FileStreamSource", "tasks.max": "1", "file": input, "topic": topic}),
    );
    for n in 0..3 {
        create(
            if n == 1 { &java } else { &worker },
            &format!("{group}-sink-{n}"),
            &json!({
                "connector.class": "FileStreamSink", "tasks.max": "2", "file": output(n), "topics": topic,
                "consumer.override.metadata.max.age.ms": "1000",
            }),
        );
    }
    let shared = |worker: &Worker| {
        eventually("both workers run something", || (owners(worker, &group).len() == 2).then_some(()));
    };
    shared(&worker);
    shared(&java);
    (0..3).for_each(|n| arrives(&output(n), "first"));

    // We are left alone, lead, and are followed by Java.
    java.stop_or_kill();
    eventually("one worker runs everything", || (owners(&worker, &group).len() == 1).then_some(()));
    append(&input, "second");
    (0..3).for_each(|n| arrives(&output(n), "second"));
    let java = java_files.start_java();
    shared(&java);
    append(&input, "third");
    (0..3).for_each(|n| arrives(&output(n), "third"));

    // And Java is left alone.
    assert!(worker.stop().success());
    eventually("Java runs everything", || (owners(&java, &group).len() == 1).then_some(()));
    append(&input, "fourth");
    (0..3).for_each(|n| arrives(&output(n), "fourth"));
    java.stop_or_kill();
}
