//! Requests between workers: keys, signatures, tasks on their way to the leader.

use std::time::Duration;

use aqueduct_herder::{
    Herder, HerderErrorKind, InternalRequest, SIGNATURE_ALGORITHM_HEADER, SIGNATURE_HEADER, odd_name,
};
use aqueduct_storage::{MemoryTopic, SessionKey};

use crate::fixture::{LEADER, Rig, settings, source};

fn key(byte: u8, creation_timestamp: i64) -> SessionKey {
    SessionKey { key: vec![byte; 32], algorithm: "HmacSHA256".to_owned(), creation_timestamp }
}

/// A time far enough in the future that the key is fresh.
const FRESH: i64 = 4_000_000_000_000;

#[tokio::test(start_paused = true)]
async fn the_leader_makes_a_key_and_the_others_take_it() {
    let topic = MemoryTopic::new();
    let (leader, follower) = (Rig::new(&topic, settings()), Rig::new(&topic, settings()));
    follower.follow().await;
    assert_eq!(leader.keys(), Vec::<String>::new());
    leader.lead().await;
    assert_eq!(leader.keys(), ["session-key"]);
    let request = InternalRequest {
        signature: Some("AAAA".to_owned()),
        algorithm: Some("HmacSHA256".to_owned()),
        ..InternalRequest::default()
    };
    assert_eq!(follower.herder.check_internal(&request).unwrap_err().kind(), HerderErrorKind::Forbidden);
    assert_eq!(
        follower.herder.check_internal(&InternalRequest::default()).unwrap_err().message(),
        "Internal request missing required signature"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_is_replaced_when_its_time_is_over() {
    let rig = Rig::leading().await;
    tokio::time::sleep(Duration::from_secs(3_590)).await;
    assert_eq!(rig.keys().len(), 1);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(rig.keys(), ["session-key", "session-key"]);
}

#[tokio::test(start_paused = true)]
async fn an_old_key_that_was_found_is_replaced_at_once() {
    let topic = MemoryTopic::new();
    let rig = Rig::new(&topic, settings());
    rig.config.put_session_key(&key(1, 0)).await.unwrap();
    rig.lead().await;
    assert_eq!(rig.keys().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_an_older_protocol_signs_nothing() {
    let rig = Rig::new(&MemoryTopic::new(), settings());
    let mut assignment = rig.everything();
    (assignment.leads, assignment.signed) = (true, false);
    rig.assign(assignment).await;
    assert_eq!(rig.keys(), Vec::<String>::new());
    assert_eq!(rig.herder.check_internal(&InternalRequest::default()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn tasks_go_to_the_leader_signed_and_are_sent_again_until_they_arrive() {
    let rig = Rig::new(&MemoryTopic::new(), settings());
    rig.config.put_session_key(&key(7, FRESH)).await.unwrap();
    let connector = source("c d", 2).config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    rig.config.put_connector_config("c d", &connector, None).await.unwrap();
    rig.peers.statuses.lock().extend([204, 500, 403]);
    rig.follow().await;
    assert_eq!(rig.peers.requests.lock().len(), 1);
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(rig.peers.requests.lock().len(), 2);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(rig.peers.requests.lock().len(), 3);
    tokio::time::sleep(Duration::from_secs(600)).await;
    let requests = rig.peers.requests.lock();
    assert_eq!(requests.len(), 3);
    let request = &requests[2];
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", &*format!("{LEADER}connectors/c%20d/tasks")));
    assert_eq!(request.body.as_deref(), Some(&br#"[{"of":""},{"of":""}]"#[..]));
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, [SIGNATURE_HEADER, SIGNATURE_ALGORITHM_HEADER]);
    let received = InternalRequest {
        body: request.body.clone().unwrap(),
        signature: Some(request.headers[0].1.clone()),
        algorithm: Some(request.headers[1].1.clone()),
    };
    assert_eq!(rig.herder.check_internal(&received), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn tasks_of_a_connector_that_no_path_can_hold_go_to_the_leader_too() {
    let topic = MemoryTopic::new();
    let rig = Rig::new(&topic, settings());
    let config = source("a/b", 1).config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    rig.config.put_connector_config("a/b", &config, None).await.unwrap();
    rig.follow().await;
    let requests = rig.peers.requests.lock().clone();
    assert_eq!(requests[0].url, format!("{LEADER}connectors/%20/tasks"));
    let name = requests[0].headers.iter().find(|(header, _)| *header == odd_name::HEADER);
    assert_eq!(name.unwrap().1, "a%2Fb");
}

#[tokio::test(start_paused = true)]
async fn the_leader_takes_tasks_of_others_unless_the_connector_is_stopped() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let task = [("of".to_owned(), "x".to_owned())].into();
    rig.herder.put_task_configs("c", vec![task]).await.unwrap();
    assert_eq!(rig.config.snapshot().task_config("c", 0).unwrap()["of"], "x");
    rig.settle().await;
    rig.lead().await;
    rig.herder.stop_connector("c").await.unwrap();
    rig.settle().await;
    rig.lead().await;
    let refused = rig.herder.put_task_configs("c", vec![Default::default()]).await.unwrap_err();
    assert_eq!(refused.message(), "Cannot submit non-empty set of task configs for stopped connector c");
}
