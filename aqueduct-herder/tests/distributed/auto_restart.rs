//! Automatic restarts in a group of workers.

use std::time::Duration;

use aqueduct_herder::{Herder, NewConnector, Restarts, TaskId};

use crate::fixture::{Rig, config, source};

/// A source whose failures are restarted after a second.
fn persistent() -> NewConnector {
    let mut connector = source("c", 1);
    connector.config.extend(config(&[("errors.restart.policy", "on-failure")]));
    connector
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn shown(rig: &Rig) -> Option<Restarts> {
    rig.herder.connector_status("c").await.unwrap().tasks[0].status.restarts
}

async fn rig() -> Rig {
    let rig = Rig::leading().await;
    rig.running_with(persistent()).await;
    rig
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_restarted_where_it_runs_and_counted_there() {
    let rig = rig().await;
    assert_eq!(shown(&rig).await, Some(Restarts { attempts: 0, max_attempts: 5, next_at: None }));
    rig.instances.fail_task("c", 0);
    rig.settle().await;
    assert!(shown(&rig).await.unwrap().next_at.is_some());
    seconds(2).await;
    assert_eq!(rig.notes.take(), ["stop c-0", "start c-0 of 1 STARTED"]);
    assert_eq!(shown(&rig).await, Some(Restarts { attempts: 1, max_attempts: 5, next_at: None }));
    rig.instances.fail_connector("c");
    seconds(2).await;
    assert_eq!(rig.notes.take(), ["stop c", "start c STARTED"]);
    let of_task = rig.herder.task_status(&TaskId::new("c", 0)).await.unwrap().status.restarts;
    assert_eq!(of_task.unwrap().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_policy_what_has_failed_is_left_alone() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.instances.fail_task("c", 0);
    seconds(1000).await;
    assert_eq!(rig.notes.take(), Vec::<String>::new());
    assert_eq!(shown(&rig).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_round_that_leaves_a_task_here_leaves_its_restart_due() {
    let rig = rig().await;
    rig.instances.fail_task("c", 0);
    rig.lead().await;
    seconds(2).await;
    assert_eq!(rig.notes.take(), ["stop c-0", "start c-0 of 1 STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_away_is_not_restarted_here_any_more() {
    let rig = rig().await;
    rig.instances.fail_task("c", 0);
    rig.settle().await;
    rig.revoke(&[], &[("c", 0)]).await;
    seconds(1000).await;
    assert_eq!(rig.notes.take(), ["stop c-0"]);
    assert_eq!(shown(&rig).await.unwrap().next_at, None);
}

#[tokio::test(start_paused = true)]
async fn what_users_do_cancels_the_restart_that_is_due() {
    let rig = rig().await;
    rig.instances.fail_task("c", 0);
    rig.settle().await;
    rig.herder.pause_connector("c").await.unwrap();
    seconds(1000).await;
    assert_eq!(rig.notes.take(), ["c becomes PAUSED"]);
    rig.herder.resume_connector("c").await.unwrap();
    rig.settle().await;
    rig.notes.take();
    rig.instances.fail_task("c", 0);
    rig.settle().await;
    rig.herder.restart_task(&TaskId::new("c", 0)).await.unwrap();
    seconds(1000).await;
    assert_eq!(rig.notes.take(), ["stop c-0", "start c-0 of 1 STARTED"]);
    assert_eq!(shown(&rig).await, Some(Restarts { attempts: 0, max_attempts: 5, next_at: None }));
}
