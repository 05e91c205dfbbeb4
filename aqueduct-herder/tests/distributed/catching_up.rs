//! Workers that know less, or more, of the config topic than the leader.

use std::time::Duration;

use aqueduct_herder::Herder;
use aqueduct_storage::MemoryTopic;
use tokio::time::Instant;

use crate::fixture::{Rig, settings, source};

const LEAVE: &str = "leave: taking too long to read the log";

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_behind_reads_first() {
    let rig = Rig::leading().await;
    rig.topic.hold();
    rig.topic.append("connector-c", Some(r#"{"properties":{"connector.class":"FileStreamSource","tasks.max":"1"}}"#));
    let mut assignment = rig.everything();
    assignment.offset += 1;
    assignment.connectors.push("c".to_owned());
    rig.assign(assignment).await;
    assert_eq!(rig.notes.take(), Vec::<String>::new());
    assert!(rig.herder.stage().unwrap().contains("reading to the end of the config topic"));
    rig.topic.release();
    rig.settle().await;
    assert_eq!(rig.notes.take()[0], "start c STARTED");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_ahead_asks_for_another_round() {
    let rig = Rig::leading().await;
    let mut assignment = rig.everything();
    assignment.offset -= 1;
    rig.assign(assignment).await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_could_not_assign_reads_and_asks_for_another_round() {
    let rig = Rig::leading().await;
    let mut assignment = rig.everything();
    (assignment.leads, assignment.error) = (true, true);
    rig.assign(assignment).await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_catch_up_leaves_waits_and_comes_back() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.topic.hold();
    let began = Instant::now();
    let mut assignment = rig.everything();
    assignment.offset += 1;
    rig.assign(assignment).await;
    // Three seconds for each try; then a fifth, a fourth, … of a tenth of the longest delay.
    let mut expect = Duration::ZERO;
    for pause in [6_000, 7_500, 10_000, 15_000, 30_000, 0] {
        expect += Duration::from_secs(3);
        tokio::time::sleep_until(began + expect + Duration::from_millis(2)).await;
        let left = rig.notes.take();
        assert_eq!(left[0], LEAVE);
        if pause == 0 {
            assert_eq!(left[1..], ["stop c", "stop c-0", "gave up 1 connectors and 1 tasks"]);
        } else {
            assert_eq!(left.len(), 1, "{left:?}");
        }
        expect += Duration::from_millis(pause);
    }
    rig.topic.append("unknown", Some("{}"));
    rig.topic.release();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["start c STARTED", "start c-0 of 1 STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn an_eager_worker_waits_as_long_as_it_was_told() {
    let mut eager = settings();
    (eager.eager, eager.signs) = (true, false);
    let rig = Rig::new(&MemoryTopic::new(), eager);
    rig.topic.hold();
    let mut assignment = rig.everything();
    assignment.offset += 1;
    rig.assign(assignment).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(rig.notes.take(), [LEAVE]);
    rig.topic.append("unknown", Some("{}"));
    rig.topic.release();
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert_eq!(rig.notes.take(), Vec::<String>::new());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_is_ready_after_its_first_round() {
    let rig = Rig::new(&MemoryTopic::new(), settings());
    assert!(!rig.herder.is_ready());
    let (healthy, ()) = tokio::join!(rig.herder.health_check(), rig.lead());
    healthy.unwrap();
    assert!(rig.herder.is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_eager_worker_meets_the_group_before_it_changes_anything() {
    let mut eager = settings();
    (eager.eager, eager.signs) = (true, false);
    let rig = Rig::new(&MemoryTopic::new(), eager);
    rig.lead().await;
    rig.herder.put_connector(source("c", 1)).await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["start c STARTED", "rejoin"]);
    rig.revoke(&["c"], &[]).await;
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["stop c", "start c STARTED", "start c-0 of 1 STARTED"]);
}
