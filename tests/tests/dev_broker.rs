//! The development broker and clients that nobody here wrote: kcat, confluent-kafka, Kafka's own tools, and Java Connect.
#![cfg(test)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use aqueduct_tests::{
    DevBroker, Worker, WorkerFiles, amount, eventually, file_sink, file_source, setting, topic_values,
};
use serde_json::{Value, json};

fn run(command: &mut Command, input: &str) -> String {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} ended with {status}:\n{out}{err}");
    out.into_owned()
}

fn append(file: &Path, from: usize, to: usize) {
    let lines: String = (from..to).map(|n| format!("line {n}\n")).collect();
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(lines.as_bytes()).unwrap();
}

fn wait_for_lines(file: &Path, count: usize) {
    eventually(&format!("{count} lines arrive"), || {
        let text = fs::read_to_string(file).ok()?;
        (text.lines().count() >= count).then_some(())
    });
    let expected: String = (0..count).map(|n| format!("line {n}\n")).collect();
    assert_eq!(fs::read_to_string(file).unwrap(), expected);
}

#[test]
fn kcat_writes_and_reads() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = DevBroker::start(folder.path());
    let kcat = |arguments: &str, input: &str| {
        let mut command = Command::new("kcat");
        command.args(["-b", broker.bootstrap()]).args(arguments.split(' '));
        run(&mut command, input)
    };
    let lines: String = (0..50_000).map(|n| format!("{n}\n")).collect();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        kcat(&format!("-P -t {codec} -z {codec}"), &lines);
        assert_eq!(kcat(&format!("-C -t {codec} -o beginning -e -q"), ""), lines);
    }
    kcat("-P -t keyed -K : -H place=here", "k:v\n");
    assert_eq!(kcat("-C -t keyed -e -q -f %k=%s(%h)", ""), "k=v(place=here)");
    assert_eq!(kcat("-G readers zstd -e -q -X auto.offset.reset=earliest", ""), lines);
    assert!(kcat("-L", "").contains("topic \"keyed\" with 1 partitions"));
    broker.kill_and_restart();
    let kcat =
        |arguments: &str| run(Command::new("kcat").args(["-b", broker.bootstrap()]).args(arguments.split(' ')), "");
    assert_eq!(kcat("-C -t gzip -o beginning -e -q"), lines);
}

#[test]
fn confluent_kafka_finds_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let broker = DevBroker::start(folder.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/dev_broker_clients.py");
    let said = run(Command::new(setting("AQUEDUCT_PYTHON")).args([script, broker.bootstrap()]), "");
    assert!(said.ends_with("ok\n"), "{said}");
}

#[test]
fn killed_again_and_again_it_forgets_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/dev_broker_kills.py");
    let mut command = Command::new(setting("AQUEDUCT_PYTHON"));
    command.arg(script).arg(setting("AQUEDUCT_BIN")).arg(folder.path());
    command.args([amount("AQUEDUCT_KILLS", 20).to_string(), amount("AQUEDUCT_SEED", 1).to_string()]);
    let said = run(&mut command, "");
    println!("{said}");
    assert!(said.ends_with("ok\n"), "{said}");
}

#[test]
fn the_console_tools_of_kafka_work() {
    let folder = tempfile::tempdir().unwrap();
    let broker = DevBroker::start(folder.path());
    let tool = |class: &str, arguments: &str, input: &str| {
        let mut command = Command::new(setting("AQUEDUCT_TESTBED"));
        command.args(["java", class, "--bootstrap-server", broker.bootstrap()]).args(arguments.split(' '));
        run(&mut command, input)
    };
    const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";
    const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    tool(TOPICS, "--create --topic t --partitions 2 --config cleanup.policy=compact", "");
    let described = tool(TOPICS, "--describe --topic t", "");
    assert!(described.contains("PartitionCount: 2") && described.contains("cleanup.policy=compact"), "{described}");
    let producing = "--topic t --reader-property parse.key=true --reader-property key.separator=:";
    tool("org.apache.kafka.tools.ConsoleProducer", producing, "a:one\na:two\na:three\n");
    let consuming = "--topic t --from-beginning --group readers --max-messages 3";
    let read = tool("org.apache.kafka.tools.consumer.ConsoleConsumer", consuming, "");
    assert_eq!(read, "one\ntwo\nthree\n");
    let offsets = tool("org.apache.kafka.tools.GetOffsetShell", "--topic t", "");
    let ends: i64 = offsets.lines().filter_map(|line| line.rsplit(':').next()?.parse::<i64>().ok()).sum();
    assert_eq!(ends, 3, "{offsets}");
    let described = tool(GROUPS, "--describe --group readers", "");
    assert!(described.contains("readers"), "{described}");
    tool(GROUPS, "--delete --group readers", "");
    tool(TOPICS, "--delete --topic t", "");
    assert!(!tool(TOPICS, "--list", "").lines().any(|line| line == "t"));
}

#[test]
fn a_java_standalone_worker_carries_a_file_over_restarts_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = DevBroker::start(folder.path());
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    append(&input, 0, 500);
    let files = WorkerFiles::new(folder.path(), broker.bootstrap())
        .connector(file_source("source", &input, "lines", &[]))
        .connector(file_sink("sink", &output, "lines", &[]));
    let worker = files.start_java();
    wait_for_lines(&output, 500);
    stored(&worker, "source");
    stored(&worker, "sink");
    worker.stop_or_kill();
    broker.kill_and_restart();
    append(&input, 500, 1000);
    let worker = files.start_java();
    wait_for_lines(&output, 1000);
    worker.stop_or_kill();
}

#[test]
fn a_java_distributed_worker_keeps_its_connectors_and_offsets_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = DevBroker::start(folder.path());
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    append(&input, 0, 500);
    let files = WorkerFiles::distributed(folder.path(), broker.bootstrap(), "connect");
    let worker = files.start_java();
    for connector in [file_source("source", &input, "lines", &[]), file_sink("sink", &output, "lines", &[])] {
        let name = connector[0].1.clone();
        let config: serde_json::Map<String, Value> =
            connector.into_iter().map(|(key, value)| (key, json!(value))).collect();
        let path = format!("/connectors/{name}/config");
        eventually("the worker takes the connector", || {
            let (status, _) = worker.request("PUT", &path, Some(&Value::Object(config.clone())));
            (status == 201 || status == 200).then_some(())
        });
    }
    wait_for_lines(&output, 500);
    stored(&worker, "source");
    stored(&worker, "sink");
    worker.stop_or_kill();
    broker.kill_and_restart();
    append(&input, 500, 1000);
    let worker = files.start_java();
    wait_for_lines(&output, 1000);
    worker.task_state("sink", 0, "RUNNING");
    worker.stop_or_kill();
    assert_eq!(topic_values(broker.bootstrap(), "lines").len(), 1000);
}

/// Waits until the connector's whole way is committed.
fn stored(worker: &Worker, connector: &str) {
    let mut last = Value::Null;
    eventually(&format!("the offsets of {connector} are stored"), || {
        let (_, offsets) = worker.request("GET", &format!("/connectors/{connector}/offsets"), None);
        let offset = offsets["offsets"][0]["offset"].clone();
        let position = offset["position"].as_i64().or(offset["kafka_offset"].as_i64());
        let whole = match connector {
            "sink" => position == Some(500),
            // Twice the same position is one that no longer moves.
            _ => position.is_some() && last == offset,
        };
        last = offset;
        whole.then_some(())
    });
}
