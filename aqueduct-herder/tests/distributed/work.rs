//! What runs, and when.

use std::time::Duration;

use aqueduct_herder::distributed::GroupEvent;
use aqueduct_herder::{Herder, RestartRequest};
use aqueduct_storage::TargetState;
use tokio::sync::oneshot;

use crate::fixture::{Rig, config, source};

#[tokio::test(start_paused = true)]
async fn a_new_connector_runs_after_one_round_and_its_tasks_after_another() {
    let rig = Rig::leading().await;
    let created = rig.herder.put_connector(source("c", 2)).await.unwrap();
    assert!(created.created && created.info.tasks.is_empty());
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["start c STARTED", "rejoin"]);
    assert_eq!(rig.keys()[1..], ["connector-c", "task-c-0", "task-c-1", "commit-c"]);
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["start c-0 of 2 STARTED", "start c-1 of 2 STARTED"]);
    assert_eq!(rig.herder.connectors().await.unwrap(), ["c"]);
}

#[tokio::test(start_paused = true)]
async fn another_configuration_restarts_the_connector_and_then_its_tasks() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let mut changed = source("c", 1);
    changed.config.extend(config(&[("value", "new")]));
    changed.replace = true;
    let answer = rig.herder.put_connector(changed).await.unwrap();
    assert!(!answer.created && answer.info.tasks.len() == 1);
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["stop c", "start c STARTED", "stop c-0", "rejoin"]);
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["start c-0 of 1 STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_configuration_once_more_restarts_the_connector_alone() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let mut same = source("c", 1);
    same.replace = true;
    rig.herder.put_connector(same).await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["stop c", "start c STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn pausing_and_resuming_need_no_round() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.herder.pause_connector("c").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["c becomes PAUSED"]);
    rig.herder.resume_connector("c").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["c becomes STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_tasks_before_the_group_meets() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    *rig.instances.slowness.lock() = Duration::from_secs(2);
    rig.herder.stop_connector("c").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), Vec::<String>::new());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(rig.notes.take(), ["stop c-0", "rejoin"]);
    assert_eq!(rig.config.snapshot().target_state("c"), Some(TargetState::Stopped));
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["c becomes STOPPED"]);
    // The leader has taken the status of the task away.
    assert!(rig.herder.connector_status("c").await.unwrap().tasks.is_empty());
    assert_eq!(rig.herder.connector_info("c").await.unwrap().tasks, []);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_connector_is_taken_away_by_the_round_and_its_statuses_by_the_leader() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.statuses.add_topic("c", "t");
    rig.herder.delete_connector("c").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["stop c", "rejoin"]);
    rig.revoke(&["c"], &[("c", 0)]).await;
    assert_eq!(rig.notes.take(), ["stop c-0"]);
    rig.lead().await;
    assert_eq!(rig.herder.connector_status("c").await.unwrap_err().message(), "No status found for connector c");
    assert_eq!(rig.herder.active_topics("c").await.unwrap(), Vec::<String>::new());
    assert_eq!(rig.herder.connectors().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_away_has_stopped_before_the_group_goes_on() {
    let rig = Rig::leading().await;
    rig.running("c", 2).await;
    *rig.instances.slowness.lock() = Duration::from_secs(1);
    rig.revoke(&[], &[("c", 1)]).await;
    assert_eq!(rig.notes.take(), ["stop c-1"]);
    let mut assignment = rig.everything();
    assignment.leads = true;
    assignment.tasks.pop();
    assignment.rejoin_when_started = true;
    rig.assign(assignment).await;
    assert_eq!(rig.notes.take(), ["rejoin"]);
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["start c-1 of 2 STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_connector_holds_up_no_other() {
    let rig = Rig::leading().await;
    rig.running("slow", 1).await;
    rig.running("quick", 1).await;
    *rig.instances.slowness.lock() = Duration::from_secs(60);
    let (done, stopped) = oneshot::channel();
    rig.send(GroupEvent::Revoked { connectors: vec![], tasks: vec![aqueduct_herder::TaskId::new("slow", 0)], done });
    rig.settle().await;
    rig.herder.pause_connector("quick").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["quick becomes PAUSED"]);
    stopped.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restart_of_everything_goes_through_the_topic() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let request = RestartRequest { connector: "c".to_owned(), only_failed: false, include_tasks: true };
    let plan = rig.herder.restart(request).await.unwrap();
    assert_eq!((plan.connector.state, plan.tasks[0].status.state), ("RESTARTING", "RESTARTING"));
    rig.settle().await;
    assert_eq!(rig.notes.take(), ["stop c", "stop c-0", "start c STARTED", "start c-0 of 1 STARTED"]);
    assert_eq!(rig.keys().last().unwrap(), "restart-connector-c");
    let request = RestartRequest { connector: "c".to_owned(), only_failed: true, include_tasks: true };
    let plan = rig.herder.restart(request).await.unwrap();
    assert_eq!((plan.connector.state, plan.tasks[0].status.state), ("RUNNING", "RUNNING"));
    rig.settle().await;
    assert_eq!(rig.notes.take(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_restarted_where_it_runs() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.herder.restart_connector("c").await.unwrap();
    assert_eq!(rig.notes.take(), ["stop c", "start c STARTED"]);
    rig.herder.restart_task(&aqueduct_herder::TaskId::new("c", 0)).await.unwrap();
    assert_eq!(rig.notes.take(), ["stop c-0", "start c-0 of 1 STARTED"]);
}

#[tokio::test(start_paused = true)]
async fn a_logger_is_set_where_the_topic_is_read() {
    let rig = Rig::leading().await;
    rig.herder.set_logger_level("org.x", "DEBUG").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.levels.take(), ["org.x DEBUG"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_stops_everything_before_the_group_is_left() {
    let rig = Rig::leading().await;
    rig.herder.stop().await;
    assert_eq!(rig.notes.take(), ["stop everything", "leave for good"]);
    assert_eq!(rig.herder.connectors().await.unwrap_err().message(), "Worker is shutting down");
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_what_was_taken_away_and_is_stopping_still() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    *rig.instances.slowness.lock() = Duration::from_secs(1);
    let (done, _stopped) = oneshot::channel();
    rig.send(GroupEvent::Revoked { connectors: vec![], tasks: vec![aqueduct_herder::TaskId::new("c", 0)], done });
    rig.settle().await;
    rig.herder.stop().await;
    assert_eq!(rig.notes.take(), ["stop everything", "stop c-0", "leave for good"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_what_never_stops() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    *rig.instances.slowness.lock() = Duration::from_secs(3600);
    let (done, _stopped) = oneshot::channel();
    rig.send(GroupEvent::Revoked { connectors: vec![], tasks: vec![aqueduct_herder::TaskId::new("c", 0)], done });
    rig.settle().await;
    rig.herder.stop().await;
    assert_eq!(rig.notes.take(), ["stop everything", "leave for good"]);
}
