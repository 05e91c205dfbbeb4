//! The store on a topic in memory: what it writes, in which order, and what it tells.

use std::time::Duration;

use aqueduct_api::ConfigMap;
use aqueduct_kafka::{ErrorKind, KafkaError};

use super::{ConfigEvent, ConfigEvents, ConfigWriteError, KafkaConfigStore, RefreshError, RestartRequest, SessionKey};
use crate::{MemoryTopic, TargetState};

fn config(value: &str) -> ConfigMap {
    ConfigMap::from([("k".to_owned(), value.to_owned())])
}

/// Keys and values as text.
fn written(topic: &MemoryTopic) -> Vec<String> {
    let text = |bytes: &Option<aqueduct_data::Bytes>| {
        bytes.as_ref().map_or_else(|| "null".to_owned(), |bytes| String::from_utf8(bytes.to_vec()).unwrap())
    };
    topic.records().iter().map(|record| format!("{} {}", text(&record.key), text(&record.value))).collect()
}

fn told(events: &mut ConfigEvents) -> Vec<ConfigEvent> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

#[tokio::test]
async fn records_are_written_in_javas_order() {
    let topic = MemoryTopic::new();
    let (store, _events) = KafkaConfigStore::in_memory(&topic);
    store
        .put_session_key(&SessionKey { key: vec![1], algorithm: "HmacSHA256".into(), creation_timestamp: 5 })
        .await
        .unwrap();
    store.put_connector_config("c", &config("1"), Some(TargetState::Stopped)).await.unwrap();
    store.put_connector_config("d", &config("1"), None).await.unwrap();
    store.put_task_configs("d", &[config("a"), config("b")]).await.unwrap();
    store.put_task_count_record("d", 2).await.unwrap();
    let request = RestartRequest { connector: "d".into(), only_failed: true, include_tasks: true };
    store.put_restart_request(&request).await.unwrap();
    store.put_target_state("d", TargetState::Paused).await.unwrap();
    store.put_logger_level("l", "DEBUG").await.unwrap();
    store.put_task_configs("d", &[]).await.unwrap();
    store.remove_connector_config("d").await.unwrap();
    assert_eq!(
        written(&topic),
        [
            r#"session-key {"key":"AQ==","algorithm":"HmacSHA256","creation-timestamp":5}"#,
            r#"target-state-c {"state":"PAUSED","state.v2":"STOPPED"}"#,
            r#"connector-c {"properties":{"k":"1"}}"#,
            r#"connector-d {"properties":{"k":"1"}}"#,
            r#"task-d-0 {"properties":{"k":"a"}}"#,
            r#"task-d-1 {"properties":{"k":"b"}}"#,
            r#"commit-d {"tasks":2}"#,
            r#"tasks-fencing-d {"task-count":2}"#,
            r#"restart-connector-d {"include-tasks":true,"only-failed":true}"#,
            r#"target-state-d {"state":"PAUSED","state.v2":"PAUSED"}"#,
            r#"logger-cluster-l {"level":"DEBUG"}"#,
            r#"commit-d {"tasks":0}"#,
            "connector-d null",
            "target-state-d null",
        ]
    );
}

#[tokio::test]
async fn other_workers_see_what_one_wrote() {
    let topic = MemoryTopic::new();
    let (leader, mut own) = KafkaConfigStore::in_memory(&topic);
    let (follower, mut others) = KafkaConfigStore::in_memory(&topic);
    leader.put_connector_config("c", &config("1"), None).await.unwrap();
    leader.put_task_configs("c", &[config("a")]).await.unwrap();
    assert_eq!(leader.snapshot(), follower.snapshot());
    let events = told(&mut others);
    assert_eq!(events, told(&mut own));
    assert_eq!(
        events,
        [
            ConfigEvent::ConnectorConfigUpdated("c".into()),
            ConfigEvent::TaskConfigsUpdated { connector: "c".into(), tasks: vec![0] }
        ]
    );
}

#[tokio::test]
async fn old_records_are_read_and_not_told() {
    let topic = MemoryTopic::new();
    let (first, _events) = KafkaConfigStore::in_memory(&topic);
    first.put_connector_config("c", &config("1"), None).await.unwrap();
    let request = RestartRequest { connector: "c".into(), only_failed: false, include_tasks: false };
    first.put_restart_request(&request).await.unwrap();
    let (second, mut events) = KafkaConfigStore::in_memory(&topic);
    assert!(second.contains("c"));
    assert_eq!(told(&mut events), []);
    first.put_restart_request(&request).await.unwrap();
    assert_eq!(told(&mut events), [ConfigEvent::Restart(request)]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_lags_behind_is_told() {
    let topic = MemoryTopic::new();
    let (store, _events) = KafkaConfigStore::in_memory(&topic);
    topic.hold();
    assert!(matches!(store.refresh(Duration::from_secs(3)).await, Err(RefreshError::Timeout)));
    let failed = store.put_connector_config("c", &config("1"), None).await.unwrap_err();
    let ConfigWriteError::Failed(failed) = failed else { panic!("{failed:?}") };
    assert_eq!(failed.message(), Some("Error writing connector configuration to Kafka"));
    assert_eq!(failed.cause().unwrap().class(), "java.util.concurrent.TimeoutException");
    assert!(!store.contains("c"));
    topic.release();
    store.refresh(Duration::from_secs(3)).await.unwrap();
    assert!(store.contains("c"), "what was written appears all the same");
}

#[tokio::test]
async fn failures_have_javas_words() {
    let topic = MemoryTopic::new();
    let (store, _events) = KafkaConfigStore::in_memory(&topic);
    let fail = || topic.fail_sends(1, &KafkaError::new(ErrorKind::RecordTooLarge, "why"));
    let check = |result: Result<(), ConfigWriteError>, expect: &str| {
        let error = result.unwrap_err().into_error();
        assert_eq!(error.message(), Some(expect));
        assert_eq!(error.cause().unwrap().message(), Some("why"));
    };
    fail();
    check(store.put_connector_config("c", &config("1"), None).await, "Error writing connector configuration to Kafka");
    // Both tombstones are on their way before the first one fails.
    topic.fail_sends(2, &KafkaError::new(ErrorKind::RecordTooLarge, "why"));
    check(store.remove_connector_config("c").await, "Error removing connector configuration from Kafka");
    fail();
    check(store.put_task_configs("c", &[config("1")]).await, "Error writing task configurations to Kafka");
    fail();
    check(store.put_task_configs("c", &[]).await, "Error writing root configuration to Kafka");
    fail();
    let key = SessionKey { key: vec![1], algorithm: "HmacSHA256".into(), creation_timestamp: 5 };
    check(store.put_session_key(&key).await, "Error writing session key to Kafka");
    fail();
    check(store.put_task_count_record("c", 1).await, "Error writing task count record to Kafka");
    fail();
    let state = store.put_target_state("c", TargetState::Paused).await;
    check(state.map_err(ConfigWriteError::Failed), "Error writing target state to Kafka");
    fail();
    let level = store.put_logger_level("l", "DEBUG").await;
    check(level.map_err(ConfigWriteError::Failed), "Error writing logger level to Kafka");
    fail();
    let request = RestartRequest { connector: "c".into(), only_failed: true, include_tasks: false };
    check(
        store.put_restart_request(&request).await,
        "Error writing restart request for {connectorName='c', onlyFailed=true, includeTasks=false} to Kafka",
    );
    assert_eq!(written(&topic), [] as [&str; 0]);
}
