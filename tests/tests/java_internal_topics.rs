//! The stores of the distributed mode and a Java cluster on the same internal topics: each reads what the other wrote.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::ConfigMap;
use aqueduct_config::AnyClass;
use aqueduct_config::worker_config::parse_distributed;
use aqueduct_data::ValueMap;
use aqueduct_storage::{
    ConfigEvent, ConfigEvents, KafkaConfigStore, KafkaOffsetStore, KafkaStatusStore, OffsetWriter, RestartRequest,
    StatusState, StatusStore, StoreSettings, StoredOffsets, TargetState,
};
use aqueduct_tests::{Worker, WorkerFiles, bootstrap, eventually, file_source, topic_values, unique};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const PATIENCE: Duration = Duration::from_secs(60);

fn settings(files: &WorkerFiles, exactly_once: &str) -> StoreSettings {
    let mut props: BTreeMap<String, String> = files.worker_properties().iter().cloned().collect();
    props.insert("exactly.once.source.support".into(), exactly_once.into());
    StoreSettings::from_worker(&parse_distributed(&props, &AnyClass).unwrap()).unwrap()
}

fn text_map(json: &Value) -> ConfigMap {
    let members = json.as_object().unwrap();
    members.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn config(file: &Path, topic: &str) -> ConfigMap {
    file_source("c", file, topic, &[]).into_iter().collect()
}

fn wait_for_lines(topic: &str, expect: &[&str]) {
    eventually("the lines arrive", || {
        let values: Vec<String> = topic_values(&bootstrap(), topic).into_iter().flatten().collect();
        (values == expect).then_some(())
    });
}

async fn event(events: &mut ConfigEvents, expect: impl Fn(&ConfigEvent) -> bool) {
    let found = async { while !expect(&events.recv().await.unwrap()) {} };
    tokio::time::timeout(PATIENCE, found).await.unwrap();
}

fn connector_state(worker: &Worker, state: &str) {
    eventually(&format!("the connector is {state}"), || {
        let (_, status) = worker.request("GET", "/connectors/c/status", None);
        (status["connector"]["state"] == state).then_some(())
    });
}

/// Its leader writes in transactions, whose marks leave holes between the records and behind the last one.
#[test]
fn what_a_java_cluster_with_exactly_once_sources_wrote_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (input, topic) = (folder.path().join("in.txt"), unique("read"));
    fs::write(&input, "a\nb\n").unwrap();
    let files = WorkerFiles::distributed(folder.path(), &bootstrap(), &unique("java"))
        .with(&[("exactly.once.source.support", "enabled")]);
    let java = files.start_java();
    let (status, _) = java.request("PUT", "/connectors/c/config", Some(&json!(config(&input, &topic))));
    assert_eq!(status, 201);
    java.task_state("c", 0, "RUNNING");
    let stored = 4;
    eventually("the offset behind both lines is stored", || {
        let (_, offsets) = java.request("GET", "/connectors/c/offsets", None);
        (offsets["offsets"][0]["offset"]["position"] == stored).then_some(())
    });
    java.request("PUT", "/connectors/c/pause", None);
    java.task_state("c", 0, "PAUSED");
    java.request("PUT", "/connectors/c/resume", None);
    let running = java.task_state("c", 0, "RUNNING");
    let (_, told) = java.request("GET", "/connectors/c", None);
    let (_, tasks) = java.request("GET", "/connectors/c/tasks", None);

    Runtime::new().unwrap().block_on(async {
        let plain = settings(&files, "disabled");
        let (configs, mut events) = KafkaConfigStore::start(&plain).await.unwrap();
        configs.refresh(PATIENCE).await.unwrap();
        let now = configs.snapshot();
        assert_eq!(now.connectors().collect::<Vec<_>>(), ["c"]);
        assert_eq!(**now.connector_config("c").unwrap(), text_map(&told["config"]));
        assert_eq!((now.tasks("c"), now.target_state("c")), (0..1, Some(TargetState::Started)));
        assert_eq!(**now.task_config("c", 0).unwrap(), text_map(&tasks[0]["config"]));
        assert_eq!((now.task_count_record("c"), now.pending_fencing("c")), (Some(1), false));
        assert_eq!(now.session_key().unwrap().algorithm, "HmacSHA256");

        // With either isolation level.
        for exactly_once in ["disabled", "enabled"] {
            let offsets = KafkaOffsetStore::start(&settings(&files, exactly_once)).await.unwrap();
            let all = StoredOffsets::new("c", Arc::new(offsets)).all().await.unwrap();
            let file = input.display().to_string();
            let expect =
                (ValueMap::from_iter([("filename", file)]), ValueMap::from_iter([("position", i64::from(stored))]));
            assert_eq!(all, [expect]);
        }

        let statuses = KafkaStatusStore::start(&plain).await.unwrap();
        let task = statuses.task("c", 0).unwrap();
        assert_eq!((task.state, task.trace), (StatusState::Running, None));
        assert_eq!(task.worker_id, running["worker_id"].as_str().unwrap());
        assert_eq!(statuses.topics("c"), [topic]);

        // And what comes while we listen.
        java.request("PUT", "/connectors/c/stop", None);
        event(&mut events, |event| *event == ConfigEvent::TargetStateChanged("c".into())).await;
        assert_eq!(
            (configs.snapshot().tasks("c"), configs.snapshot().target_state("c")),
            (0..0, Some(TargetState::Stopped))
        );
        java.request("DELETE", "/connectors/c", None);
        event(&mut events, |event| *event == ConfigEvent::ConnectorConfigRemoved("c".into())).await;
        configs.refresh(PATIENCE).await.unwrap();
        assert_eq!(configs.snapshot().target_state("c"), None);
    });
    java.stop_or_kill();
}

#[test]
fn a_java_worker_goes_on_with_what_the_stores_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (input, topic) = (folder.path().join("in.txt"), unique("written"));
    fs::write(&input, "old\nnew\n").unwrap();
    let files = WorkerFiles::distributed(folder.path(), &bootstrap(), &unique("ours"));
    let runtime = Runtime::new().unwrap();
    let settings = settings(&files, "disabled");
    let config = config(&input, &topic);

    let (configs, statuses) = runtime.block_on(async {
        let (configs, _) = KafkaConfigStore::start(&settings).await.unwrap();
        configs.put_connector_config("c", &config, Some(TargetState::Paused)).await.unwrap();
        let mut task = config.clone();
        task.insert("task.class".into(), "org.apache.kafka.connect.file.FileStreamSourceTask".into());
        configs.put_task_configs("c", &[task]).await.unwrap();
        let offsets = KafkaOffsetStore::start(&settings).await.unwrap();
        let mut writer = OffsetWriter::new("c", Arc::new(offsets.clone()));
        let partition = ValueMap::from_iter([("filename", input.display().to_string())]);
        writer.put(Arc::new(partition), Some(ValueMap::from_iter([("position", 4_i64)])));
        writer.flush(PATIENCE).await.unwrap();
        let statuses = KafkaStatusStore::start(&settings).await.unwrap();
        statuses.add_topic("c", 0, "written-before");
        statuses.flush().await;
        (configs, statuses)
    });

    let java = files.start_java();
    java.task_state("c", 0, "PAUSED");
    let (_, told) = java.request("GET", "/connectors/c", None);
    assert_eq!(text_map(&told["config"]), config);
    runtime.block_on(configs.put_target_state("c", TargetState::Started)).unwrap();
    java.task_state("c", 0, "RUNNING");
    wait_for_lines(&topic, &["new"]);
    let (_, topics) = java.request("GET", "/connectors/c/topics", None);
    assert!(topics["c"]["topics"].as_array().unwrap().contains(&json!("written-before")), "{topics}");
    let seen = eventually("we see the status that Java wrote", || {
        statuses.task("c", 0).filter(|status| status.state == StatusState::Running)
    });
    assert_eq!(seen.version.as_deref(), Some("4.3.1"));

    // Java's workers do what our leader asks of them.
    let request = RestartRequest { connector: "c".into(), only_failed: false, include_tasks: true };
    runtime.block_on(configs.put_restart_request(&request)).unwrap();
    eventually("the worker restarts the connector", || {
        java.log().contains("restart request for {connectorName='c'").then_some(())
    });
    java.task_state("c", 0, "RUNNING");
    runtime.block_on(configs.put_target_state("c", TargetState::Paused)).unwrap();
    connector_state(&java, "PAUSED");
    runtime.block_on(configs.remove_connector_config("c")).unwrap();
    eventually("the connector is gone", || (java.request("GET", "/connectors/c", None).0 == 404).then_some(()));
    eventually("so is its status", || statuses.connectors().is_empty().then_some(()));
    java.stop_or_kill();
}
