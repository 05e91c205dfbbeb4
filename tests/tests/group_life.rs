//! What a worker of a group does by itself: restarts what has failed on it, names itself in its figures, ends as Java's does
//! when it cannot start.
#![cfg(test)]

use std::fs;

use aqueduct_tests::{Worker, WorkerFiles, bootstrap, eventually, unique};
use serde_json::{Value, json};

/// Creates a connector; a request that meets a rebalance is made again.
fn create(worker: &Worker, name: &str, config: &Value) {
    let body = json!({"name": name, "config": config});
    eventually(&format!("{name} is created"), || {
        let (status, answer) = worker.request("POST", "/connectors", Some(&body));
        assert!([201, 409].contains(&status), "{answer}");
        (status == 201).then_some(())
    });
}

#[test]
fn a_task_that_fails_comes_back_on_the_worker_that_runs_it() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let group = unique("life");
    let first = WorkerFiles::distributed(here.path(), &bootstrap(), &group).start();
    let second = WorkerFiles::distributed(there.path(), &bootstrap(), &group).start();
    let folder = here.path().join("made later");
    let config = json!({
        "connector.class": "FileStreamSink", "tasks.max": "1", "topics": unique("life"), "file": folder.join("out.txt"),
        "errors.restart.policy": "on-failure", "errors.restart.delay.ms": "100", "errors.restart.delay.max.ms": "200",
        "errors.restart.max.attempts": "100000",
    });
    let name = unique("sink");
    create(&first, &name, &config);
    let path = format!("/connectors/{name}/status");
    let task = |worker: &Worker| worker.request("GET", &path, None).1["tasks"][0].clone();
    let owner = eventually("the task has failed twice", || {
        [&first, &second].into_iter().find(|worker| task(worker)["restarts"]["attempts"].as_u64() >= Some(2))
    });
    let id = format!("127.0.0.1:{}", owner.port());
    assert_eq!(task(owner)["worker_id"], id.as_str());
    fs::create_dir(&folder).unwrap();
    eventually("the task runs", || (task(owner)["state"] == "RUNNING").then_some(()));
    assert!(folder.join("out.txt").exists());
    // The other worker has not counted.
    let other = if owner.port() == first.port() { &second } else { &first };
    eventually("the other worker knows that it runs", || (task(other)["state"] == "RUNNING").then_some(()));
    assert_eq!(task(other)["restarts"], Value::Null);
}

#[test]
fn a_worker_shows_its_rounds_its_membership_and_the_clients_of_its_tasks() {
    let folder = tempfile::tempdir().unwrap();
    let group = unique("life");
    let worker = WorkerFiles::distributed(folder.path(), &bootstrap(), &group).start();
    let (topic, name) = (unique("figures"), unique("figures"));
    let input = folder.path().join("in.txt");
    fs::write(&input, "one\ntwo\n").unwrap();
    create(&worker, &name, &json!({"connector.class": "FileStreamSource", "file": input, "topic": topic}));
    let sink = format!("{name}-sink");
    let output = folder.path().join("out.txt");
    create(&worker, &sink, &json!({"connector.class": "FileStreamSink", "file": output, "topics": topic}));
    eventually("both lines arrive", || (fs::read_to_string(&output).ok()?.lines().count() == 2).then_some(()));
    let figures = || worker.text("/metrics");
    let figure = |text: &str, name: &str, label: &str| {
        let line = text.lines().find(|line| line.starts_with(name) && line.contains(label))?;
        line.rsplit(' ').next()?.parse::<f64>().ok()
    };
    let id = format!("127.0.0.1:{}", worker.port());
    let member = format!("client_id=\"connect-{id}\"");
    eventually("the worker has followed its rounds", || {
        let text = figures();
        let coordinator =
            |name: &str| figure(&text, &format!("kafka_connect_connect_coordinator_metrics_{name}"), &member);
        let rounds = |name: &str| figure(&text, &format!("kafka_connect_connect_worker_rebalance_metrics_{name}"), "");
        let leader = format!("leader_name=\"http://{id}/\"");
        let all = coordinator("assigned_connectors")? == 2.0
            && coordinator("assigned_tasks")? == 2.0
            && coordinator("join_total")? >= 2.0
            && coordinator("rebalance_total")? >= 2.0
            && rounds("completed_rebalances_total")? >= 2.0
            && rounds("epoch")? >= 2.0
            && rounds("rebalancing")? == 0.0
            && text.contains(&leader)
            && text.contains("connect_protocol=\"SESSIONED\"");
        all.then_some(())
    });
    let consumer = format!("client_id=\"connector-consumer-{sink}-0\"");
    eventually("the clients have told what they did", || {
        let text = figures();
        let consumed =
            figure(&text, "kafka_consumer_consumer_fetch_manager_metrics_records_consumed_total", &consumer)?;
        let lag = figure(&text, "kafka_consumer_consumer_fetch_manager_metrics_records_lag_max", &consumer)?;
        let sent = figure(&text, "kafka_producer_producer_metrics_record_send_total", &format!("producer-{id}\""))?;
        (consumed == 2.0 && lag == 0.0 && sent == 2.0).then_some(())
    });
}

#[test]
fn a_worker_that_cannot_use_its_topics_ends_with_1() {
    let (good, bad) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let group = unique("life");
    let worker = WorkerFiles::distributed(good.path(), &bootstrap(), &group).start();
    // Five partitions, of which the topic of configurations may have one.
    let topic = format!("{group}-statuss");
    let refused = WorkerFiles::distributed(bad.path(), &bootstrap(), &format!("{group}-2"))
        .with(&[("config.storage.topic", topic.as_str())])
        .launch();
    let log = bad.path().join("worker.log");
    assert_eq!(refused.exit().code(), Some(1));
    let log = fs::read_to_string(log).unwrap();
    let text = format!(
        "Topic '{topic}' supplied via the 'config.storage.topic' property is required to have a single partition"
    );
    assert!(log.contains(&text), "{log}");
    drop(worker);
}
