//! Two clusters, and a worker at the second one that mirrors the first: topics, configurations, offsets, groups, heartbeats.
#![cfg(test)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aqueduct_kafka::raw::{AclBinding, AclOperation, AclPermission, ConfigChange, PatternType, RawClient};
use aqueduct_kafka::{Admin, ClientSettings, NewTopic, OffsetAndMetadata, TopicPartition};
use aqueduct_tests::{Cluster, DevBroker, Worker, WorkerFiles, eventually};
use serde_json::{Value, json};

/// A cluster, seen from outside.
struct Side {
    bootstrap: String,
    runtime: tokio::runtime::Runtime,
}

impl Side {
    fn new(bootstrap: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { bootstrap: bootstrap.to_owned(), runtime }
    }

    fn settings(&self) -> ClientSettings {
        ClientSettings::from_user([("bootstrap.servers".to_owned(), self.bootstrap.clone())].into())
    }

    fn admin<T>(&self, call: impl AsyncFnOnce(Admin, RawClient) -> T) -> T {
        let (admin, raw) = (Admin::create(&self.settings()).unwrap(), RawClient::create(&self.settings()).unwrap());
        self.runtime.block_on(call(admin, raw))
    }

    fn create(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) {
        let configs = configs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (partitions, replication_factor) = (Some(partitions), Some(1));
        let new = NewTopic { name: topic.to_owned(), partitions, replication_factor, configs };
        let results = self.admin(async |admin, _| admin.create_topics(&[new]).await).unwrap();
        results.into_iter().for_each(|(_, result)| result.unwrap());
    }

    fn topics(&self) -> BTreeMap<String, Vec<i32>> {
        self.admin(async |admin, _| admin.list_topics().await).unwrap()
    }

    fn config(&self, topic: &str, key: &str) -> Option<String> {
        let configs = self.admin(async |_, raw| raw.describe_topic_configs(&[topic]).await).unwrap();
        let configs = configs.into_values().next()?.ok()?;
        configs.into_iter().find(|config| config.name == key)?.value
    }

    fn set_config(&self, topic: &str, key: &str, value: &str) {
        let change = (key.to_owned(), ConfigChange::Set(Some(value.to_owned())));
        let changes = [(topic.to_owned(), vec![change])].into();
        let results = self.admin(async |_, raw| raw.alter_topic_configs(&changes).await).unwrap();
        results.into_values().for_each(|result| result.unwrap());
    }

    fn committed(&self, group: &str, topic: &str) -> BTreeMap<i32, i64> {
        let offsets = self.admin(async |admin, _| admin.list_group_offsets(group).await).unwrap();
        let of_topic = offsets.into_iter().filter(|(partition, _)| partition.topic == *topic);
        of_topic.map(|(partition, offset)| (partition.partition, offset.offset)).collect()
    }

    fn commit(&self, group: &str, topic: &str, offsets: &[(i32, i64)]) {
        let offset = |(partition, offset): &(i32, i64)| {
            (TopicPartition::new(topic, *partition), OffsetAndMetadata { offset: *offset, metadata: "here".into() })
        };
        let offsets = offsets.iter().map(offset).collect();
        self.admin(async |admin, _| admin.alter_group_offsets(group, &offsets).await).unwrap();
    }

    fn kcat(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new("kcat");
        command.args(["-b", &self.bootstrap]).args(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kcat is there");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes numbered records with keys and headers to one partition.
    fn produce(&self, topic: &str, partition: i32, numbers: std::ops::Range<usize>) {
        let lines: String = numbers.map(|n| format!("key{n}:value {n} grüße\n")).collect();
        let partition = partition.to_string();
        self.kcat(&["-P", "-t", topic, "-p", &partition, "-K", ":", "-H", "place=here", "-H", "empty="], &lines);
    }

    /// Everything that is in a topic: partition, offset, timestamp, key, value and headers of each record, sorted.
    fn dump(&self, topic: &str) -> Vec<String> {
        if !self.topics().contains_key(topic) {
            return Vec::new();
        }
        let format = "%p %o %T %k %s (%h)\n";
        let printed = self.kcat(&["-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", format], "");
        let mut lines: Vec<String> = printed.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }
}

/// A worker at B with the connectors' usual settings: everything is looked at every second.
fn worker(folder: &Path, target: &Side) -> WorkerFiles {
    const BYTES: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";
    WorkerFiles::distributed(folder, &target.bootstrap, "mirrors").with(&[
        ("key.converter", BYTES),
        ("value.converter", BYTES),
        ("header.converter", BYTES),
    ])
}

fn connector(class: &str, source: &Side, target: &Side, more: &[(&str, &str)]) -> Value {
    let mut config = serde_json::Map::new();
    let usual = [
        ("connector.class", class),
        ("tasks.max", "2"),
        ("source.cluster.alias", "A"),
        ("target.cluster.alias", "B"),
        ("source.cluster.bootstrap.servers", &source.bootstrap),
        ("target.cluster.bootstrap.servers", &target.bootstrap),
        ("replication.factor", "1"),
        ("offset-syncs.topic.replication.factor", "1"),
        ("checkpoints.topic.replication.factor", "1"),
        ("heartbeats.topic.replication.factor", "1"),
        ("refresh.topics.interval.seconds", "1"),
        ("sync.topic.configs.interval.seconds", "1"),
        ("refresh.groups.interval.seconds", "1"),
        ("emit.checkpoints.interval.seconds", "1"),
        ("sync.group.offsets.enabled", "true"),
        ("sync.group.offsets.interval.seconds", "1"),
        ("offset.lag.max", "0"),
    ];
    for (key, value) in usual.iter().chain(more) {
        config.insert((*key).to_owned(), json!(value));
    }
    Value::Object(config)
}

fn put(worker: &Worker, name: &str, config: &Value) {
    eventually(&format!("the worker takes {name}"), || {
        let (status, _) = worker.request("PUT", &format!("/connectors/{name}/config"), Some(config));
        (status == 201 || status == 200).then_some(())
    });
}

/// Waits until a topic of the source is at the target to the last record, with the same offsets.
fn is_mirrored(source: &Side, target: &Side, topic: &str, remote: &str, records: usize) {
    let original = source.dump(topic);
    assert_eq!(original.len(), records, "{topic}");
    eventually(&format!("{records} records of {topic} are in {remote}"), || {
        (target.dump(remote).len() >= records).then_some(())
    });
    assert_eq!(target.dump(remote), original);
}

/// Waits until the stored source offsets are those of the last records.
fn is_stored(worker: &Worker, name: &str, topic: &str, last: &[i64]) {
    eventually(&format!("the offsets of {name} are stored"), || {
        let (_, body) = worker.request("GET", &format!("/connectors/{name}/offsets"), None);
        let all = body["offsets"].as_array()?;
        let stored = |partition: usize| {
            let at = |entry: &&Value| {
                entry["partition"]["topic"] == topic
                    && entry["partition"]["partition"].as_u64() == Some(partition as u64)
            };
            all.iter().find(at)?["offset"]["offset"].as_i64()
        };
        last.iter().enumerate().all(|(partition, offset)| stored(partition) == Some(*offset)).then_some(())
    });
}

fn everything_is_mirrored(a: &str, b: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (Side::new(a), Side::new(b));
    source.create("orders", 2, &[("retention.ms", "123456789"), ("min.insync.replicas", "1")]);
    source.create("orders.replica", 1, &[]);
    source.produce("orders", 0, 0..50);
    source.produce("orders", 1, 50..80);
    source.commit("shop", "orders", &[(0, 50), (1, 20)]);
    source.commit("connect-x", "orders", &[(0, 10)]);

    let files = worker(folder.path(), &target);
    let ours = files.start();
    put(&ours, "source", &connector("MirrorSource", &source, &target, &[]));
    put(&ours, "heartbeat", &connector("MirrorHeartbeat", &source, &target, &[]));
    put(&ours, "checkpoint", &connector("MirrorCheckpoint", &source, &target, &[]));

    // Topics, with keys, headers and timestamps as they are, and what is set on them.
    is_mirrored(&source, &target, "orders", "A.orders", 80);
    assert!(!target.topics().contains_key("A.orders.replica"));
    eventually("the topic's configuration is copied", || {
        (target.config("A.orders", "retention.ms")? == "123456789").then_some(())
    });
    source.set_config("orders", "retention.ms", "987654321");
    eventually("a changed configuration is copied", || {
        (target.config("A.orders", "retention.ms")? == "987654321").then_some(())
    });

    // New topics and new partitions.
    source.create("payments", 1, &[]);
    source.produce("payments", 0, 0..5);
    is_mirrored(&source, &target, "payments", "A.payments", 5);
    let grown = [("orders".to_owned(), 3)].into();
    let created = source.admin(async |_, raw| raw.create_partitions(&grown).await).unwrap();
    created.into_values().for_each(|result| result.unwrap());
    source.produce("orders", 2, 80..90);
    is_mirrored(&source, &target, "orders", "A.orders", 90);
    assert_eq!(target.topics()["A.orders"], [0, 1, 2]);

    // Which offsets stand for each other, as bytes: topic and partition, upstream and downstream.
    let syncs = source.kcat(
        &["-C", "-t", "mm2-offset-syncs.B.internal", "-o", "beginning", "-e", "-q", "-K", ":", "-s", "value=qq"],
        "",
    );
    assert!(syncs.contains("orders") && syncs.contains("49"), "{syncs}");

    // Groups: a checkpoint, and offsets of the group's own at the target.
    let checkpoints = eventually("there are checkpoints", || {
        let dump = target.dump("A.checkpoints.internal");
        dump.iter().any(|line| line.contains("shop")).then_some(dump)
    });
    assert!(!checkpoints.iter().any(|line| line.contains("connect-x")), "{checkpoints:?}");
    let translated = eventually("the group's offsets are at the target", || {
        let committed = target.committed("shop", "A.orders");
        (committed.len() == 2).then_some(committed)
    });
    assert_eq!(translated[&0], 50);
    assert!((1..=20).contains(&translated[&1]), "{translated:?}");
    source.commit("shop", "orders", &[(1, 30)]);
    eventually("the group's offsets go on", || (target.committed("shop", "A.orders")[&1] == 30).then_some(()));
    let rest =
        target.kcat(&["-G", "shop", "-e", "-q", "-X", "auto.offset.reset=earliest", "-f", "%s\n", "A.orders"], "");
    let rest: Vec<&str> = rest.lines().collect();
    assert_eq!(rest.len(), 10, "the group reads what it had not read at the source: {rest:?}");

    // Heartbeats.
    eventually("there are heartbeats", || (target.dump("heartbeats").len() > 2).then_some(()));
    assert!(target.dump("heartbeats")[0].contains("\u{1}A\0\u{1}B"), "{:?}", target.dump("heartbeats")[0]);

    // Another worker goes on where this one stopped.
    is_stored(&ours, "source", "orders", &[49, 29, 9]);
    assert!(ours.stop().success());
    source.produce("orders", 0, 90..100);
    let ours = files.start();
    is_mirrored(&source, &target, "orders", "A.orders", 100);
    ours.task_state("source", 1, "RUNNING");
    ours.kill();
    source.produce("orders", 1, 100..110);
    let ours = files.start();
    eventually("everything is there after a kill", || {
        // Since the last commit some may have come twice.
        let mut there = values(&target.dump("A.orders"));
        there.dedup();
        (there == values(&source.dump("orders"))).then_some(())
    });
    assert!(ours.stop().success());
}

#[test]
fn everything_is_mirrored_between_development_brokers() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [a, b] = folders.each_ref().map(|folder| DevBroker::start(folder.path()));
    everything_is_mirrored(a.bootstrap(), b.bootstrap());
}

#[test]
fn everything_is_mirrored_between_real_clusters() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [a, b] = folders.each_ref().map(|folder| Cluster::of_one(folder.path()));
    everything_is_mirrored(a.bootstrap(), b.bootstrap());
}

/// The values in a topic, whatever their offsets, in order of their texts.
fn values(dump: &[String]) -> Vec<String> {
    let mut values: Vec<String> = dump.iter().filter_map(|line| Some(line.split_once(" key")?.1.to_owned())).collect();
    values.sort_unstable();
    values
}

#[test]
fn a_mirror_that_writes_exactly_once_repeats_nothing_after_kills() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (a, b) = (DevBroker::start(folders[0].path()), DevBroker::start(folders[1].path()));
    let (source, target) = (Side::new(a.bootstrap()), Side::new(b.bootstrap()));
    source.create("once", 2, &[]);
    let files = worker(folders[2].path(), &target).with(&[("exactly.once.source.support", "enabled")]);
    let more = [("exactly.once.support", "required"), ("source.consumer.isolation.level", "read_committed")];
    let mut ours = files.start();
    put(&ours, "source", &connector("MirrorSource", &source, &target, &more));
    for round in 0..3 {
        source.produce("once", 0, round * 200..round * 200 + 100);
        eventually("records arrive", || (target.dump("A.once").len() > round * 200).then_some(()));
        source.produce("once", 1, round * 200 + 100..round * 200 + 200);
        ours.kill();
        ours = files.start();
    }
    let all = values(&source.dump("once"));
    assert_eq!(all.len(), 600);
    eventually("everything is there", || (target.dump("A.once").len() >= 600).then_some(()));
    assert_eq!(values(&target.dump("A.once")), all);
    assert!(ours.stop().success());
}

#[test]
fn access_control_lists_are_copied_but_the_right_to_write() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let a = Cluster::with_authorizer(folders[0].path());
    let b = Cluster::with_authorizer(folders[1].path());
    let (source, target) = (Side::new(a.bootstrap()), Side::new(b.bootstrap()));
    source.create("secrets", 1, &[]);
    let rule = |topic: &str, operation| AclBinding {
        topic: topic.to_owned(),
        pattern: PatternType::LITERAL,
        principal: "User:alice".to_owned(),
        host: "*".to_owned(),
        operation,
        permission: AclPermission::ALLOW,
    };
    let rules = [rule("secrets", AclOperation::READ), rule("secrets", AclOperation::WRITE)];
    let created = source.admin(async |_, raw| raw.create_topic_acls(&rules).await).unwrap();
    created.into_iter().for_each(|result| result.unwrap());
    let ours = worker(folders[2].path(), &target).start();
    put(&ours, "source", &connector("MirrorSource", &source, &target, &[("sync.topic.acls.interval.seconds", "1")]));
    let copied = eventually("the rules are copied", || {
        let rules = target.admin(async |_, raw| raw.describe_topic_acls().await).unwrap();
        (!rules.is_empty()).then_some(rules)
    });
    assert_eq!(copied, [rule("A.secrets", AclOperation::READ)]);
    assert!(ours.stop().success());
}

#[test]
fn java_and_we_take_turns_at_one_mirror() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let a = Cluster::of_one(folders[0].path());
    let b = Cluster::of_one(folders[1].path());
    let (source, target) = (Side::new(a.bootstrap()), Side::new(b.bootstrap()));
    source.create("turns", 3, &[]);
    for n in 0..8 {
        source.create(&format!("topic-{n}"), 1 + n % 3, &[]);
    }
    let files = worker(folders[2].path(), &target);
    let mut shares = Vec::new();
    for (turn, who) in ["java", "ours", "java", "ours"].iter().enumerate() {
        source.produce("turns", 0, turn * 100..turn * 100 + 20);
        let worker = if *who == "java" { files.start_java() } else { files.start() };
        if turn == 0 {
            put(&worker, "source", &connector("MirrorSource", &source, &target, &[]));
            put(&worker, "checkpoint", &connector("MirrorCheckpoint", &source, &target, &[]));
        }
        source.produce("turns", 1, turn * 100 + 20..turn * 100 + 40);
        source.commit("group", "turns", &[(0, (turn * 20 + 20) as i64)]);
        is_mirrored(&source, &target, "turns", "A.turns", (turn + 1) * 40);
        let end = (turn * 20 + 20) as i64;
        is_stored(&worker, "source", "turns", &[end - 1, end - 1]);
        eventually(&format!("turn {turn}, {who}: the group's offset is translated"), || {
            (target.committed("group", "A.turns").get(&0) == Some(&end)).then_some(())
        });
        shares.push(partitions_of_tasks(&worker, "source"));
        if *who == "java" {
            worker.stop_or_kill();
        } else {
            assert!(worker.stop().success());
        }
    }
    // Nothing is divided anew when a worker of the other kind takes over.
    assert_eq!(shares[0].len(), 2);
    assert!(shares.iter().all(|share| *share == shares[0]), "{shares:?}");
}

/// What each task copies.
fn partitions_of_tasks(worker: &Worker, name: &str) -> Vec<String> {
    let (_, tasks) = worker.request("GET", &format!("/connectors/{name}/tasks"), None);
    let of = |task: &Value| task["config"]["task.assigned.partitions"].as_str().unwrap_or_default().to_owned();
    tasks.as_array().map(|tasks| tasks.iter().map(of).collect()).unwrap_or_default()
}
