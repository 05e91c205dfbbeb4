//! The stores of the distributed mode while their broker is away: nothing is lost, and they go on by themselves.
#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_api::ConfigMap;
use aqueduct_config::AnyClass;
use aqueduct_config::worker_config::parse_distributed;
use aqueduct_data::ValueMap;
use aqueduct_storage::{
    KafkaConfigStore, KafkaOffsetStore, KafkaStatusStore, OffsetWriter, RefreshError, Status, StatusState, StatusStore,
    StoreSettings, StoredOffsets, TargetState,
};
use aqueduct_tests::{Cluster, WorkerFiles, eventually_within, unique};

const PATIENCE: Duration = Duration::from_secs(90);

fn settings(files: &WorkerFiles) -> StoreSettings {
    let props: BTreeMap<String, String> = files.worker_properties().iter().cloned().collect();
    StoreSettings::from_worker(&parse_distributed(&props, &AnyClass).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_go_on_after_their_broker_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::of_one(folder.path());
    let settings = settings(&WorkerFiles::distributed(folder.path(), cluster.bootstrap(), &unique("outage")));
    let (configs, _events) = KafkaConfigStore::start(&settings).await.unwrap();
    let offsets = KafkaOffsetStore::start(&settings).await.unwrap();
    let statuses = KafkaStatusStore::start(&settings).await.unwrap();
    let connector = ConfigMap::from([("name".to_owned(), "c".to_owned())]);
    configs.put_connector_config("c", &connector, None).await.unwrap();

    cluster.all("kill");
    // The broker may still answer while it is dying.
    let dead = Instant::now() + Duration::from_secs(10);
    let mut refreshed = configs.refresh(Duration::from_secs(2)).await;
    while refreshed.is_ok() && Instant::now() < dead {
        refreshed = configs.refresh(Duration::from_secs(2)).await;
    }
    assert!(matches!(refreshed, Err(RefreshError::Timeout)), "{refreshed:?}");
    let running = Status { state: StatusState::Running, worker_id: "w".into(), trace: None, version: None };
    statuses.put_task("c", 0, 1, running.clone());
    let mut writer = OffsetWriter::new("c", Arc::new(offsets.clone()));
    writer.put(Arc::new(ValueMap::from_iter([("p", 1_i64)])), Some(ValueMap::from_iter([("o", 7_i64)])));
    assert!(writer.flush(Duration::from_secs(1)).await.is_err(), "nothing is stored while the broker is away");
    let paused = tokio::spawn({
        let configs = configs.clone();
        async move { configs.put_target_state("c", TargetState::Paused).await }
    });
    // The snapshot is there all the same.
    assert!(configs.contains("c"));

    cluster.all("restart");
    assert_eq!(writer.flush(PATIENCE).await.unwrap(), 1);
    configs.refresh(PATIENCE).await.unwrap();
    // Written within its thirty seconds, or told that it may not have been.
    let state = if paused.await.unwrap().is_ok() {
        vec![TargetState::Paused]
    } else {
        vec![TargetState::Started, TargetState::Paused]
    };
    assert!(state.contains(&configs.snapshot().target_state("c").unwrap()));
    let look = || statuses.task("c", 0);
    let seen = tokio::task::block_in_place(|| eventually_within(PATIENCE, "the status is written", look));
    assert_eq!(seen, running);
    assert_eq!(StoredOffsets::new("c", Arc::new(offsets.clone())).all().await.unwrap().len(), 1);
    configs.put_connector_config("d", &connector, None).await.unwrap();
    assert_eq!(configs.snapshot().connectors().collect::<Vec<_>>(), ["c", "d"]);
    configs.stop().await;
    offsets.stop().await;
    statuses.stop().await;
}
