//! Who may do what, and in which words it is refused.

use std::time::Duration;

use aqueduct_herder::distributed::GroupEvent;
use aqueduct_herder::{Herder, HerderError, HerderErrorKind, InitialState, RestartRequest, TaskId};

use crate::fixture::{LEADER, Rig, config, message, source};

fn elsewhere<T: std::fmt::Debug>(outcome: Result<T, HerderError>) -> (String, Option<String>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), HerderErrorKind::Elsewhere, "{error}");
    (error.message().to_owned(), error.url().map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn who_does_not_lead_names_the_leader() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.follow().await;
    let leader = || Some(LEADER.to_owned());
    let check = |got: (String, Option<String>), message: &str| assert_eq!(got, (message.to_owned(), leader()));
    check(elsewhere(rig.herder.put_connector(source("d", 1)).await), "Only the leader can set connector configs.");
    check(elsewhere(rig.herder.patch_connector("c", config(&[])).await), "Only the leader can set connector configs.");
    check(elsewhere(rig.herder.delete_connector("c").await), "Only the leader can delete connector configs.");
    check(
        elsewhere(rig.herder.stop_connector("c").await),
        "Only the leader can transition connectors to the STOPPED state.",
    );
    let request = RestartRequest { connector: "c".to_owned(), only_failed: false, include_tasks: true };
    check(elsewhere(rig.herder.restart(request).await), "Only the leader can process restart requests.");
    check(
        elsewhere(rig.herder.reset_offsets("c").await),
        "Only the leader can process external offsets modification requests",
    );
    check(elsewhere(rig.herder.put_task_configs("c", vec![]).await), "Only the leader may write task configurations.");
    // What is valid or not is found out where the request arrives.
    let mut invalid = source("d", 1);
    invalid.config.remove("topic");
    assert_eq!(rig.herder.put_connector(invalid).await.unwrap_err().kind(), HerderErrorKind::BadRequest);
    // States are everybody's business.
    rig.herder.pause_connector("c").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn unknown_connectors_are_refused_in_javas_words() {
    let rig = Rig::leading().await;
    let h = &rig.herder;
    assert_eq!(message(h.connector_info("x").await), "Connector x not found");
    assert_eq!(message(h.task_configs("x").await), "Connector x not found");
    assert_eq!(message(h.connector_status("x").await), "No status found for connector x");
    assert_eq!(message(h.task_status(&TaskId::new("x", 0)).await), "No status found for task x-0");
    assert_eq!(message(h.offsets("x").await), "Connector x not found");
    assert_eq!(message(h.reset_offsets("x").await), "Connector x not found");
    assert_eq!(message(h.delete_connector("x").await), "Connector x not found");
    assert_eq!(message(h.patch_connector("x", config(&[])).await), "Connector x not found");
    assert_eq!(message(h.pause_connector("x").await), "Unknown connector x");
    assert_eq!(message(h.resume_connector("x").await), "Unknown connector x");
    assert_eq!(message(h.stop_connector("x").await), "Unknown connector x");
    assert_eq!(message(h.restart_connector("x").await), "Unknown connector: x");
    assert_eq!(message(h.restart_task(&TaskId::new("x", 0)).await), "Unknown connector: x");
    assert_eq!(message(h.put_task_configs("x", vec![]).await), "Connector x not found");
    rig.running("c", 1).await;
    assert_eq!(message(h.restart_task(&TaskId::new("c", 1)).await), "Unknown task: c-1");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_runs_is_restarted_nowhere() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    rig.revoke(&["c"], &[("c", 0)]).await;
    let mut assignment = rig.everything();
    assignment.leads = true;
    assignment.connectors.clear();
    assignment.tasks.clear();
    rig.assign(assignment).await;
    assert_eq!(
        elsewhere(rig.herder.restart_task(&TaskId::new("c", 0)).await),
        ("Cannot restart task since it is not assigned to this member".to_owned(), None)
    );
    assert_eq!(
        elsewhere(rig.herder.restart_connector("c").await),
        ("Cannot restart connector since it is not assigned to this member".to_owned(), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_connector_is_created_once() {
    let rig = Rig::leading().await;
    rig.herder.put_connector(source("c", 1)).await.unwrap();
    let (second, ()) = tokio::join!(rig.herder.put_connector(source("c", 1)), async {
        rig.settle().await;
        rig.lead().await;
        rig.lead().await;
    });
    let refused = second.unwrap_err();
    assert_eq!((refused.kind(), refused.message()), (HerderErrorKind::Conflict, "Connector c already exists"));
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_begins_stopped_has_no_tasks() {
    let rig = Rig::leading().await;
    let mut stopped = source("c", 1);
    stopped.initial_state = Some(InitialState::Stopped);
    stopped.config.extend(config(&[("file", "in")]));
    rig.herder.put_connector(stopped).await.unwrap();
    rig.settle().await;
    rig.lead().await;
    assert_eq!(rig.notes.take(), ["rejoin", "start c STOPPED"]);
    assert_eq!(rig.keys()[1..], ["target-state-c", "connector-c"]);
    assert_eq!(
        rig.herder.reset_offsets("c").await.unwrap(),
        "The offsets for this connector have been reset successfully"
    );
}

#[tokio::test(start_paused = true)]
async fn offsets_of_a_running_connector_cannot_be_set() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let refused = message(rig.herder.reset_offsets("c").await);
    assert!(refused.starts_with("Connectors must be in the STOPPED state before"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn commands_wait_for_the_end_of_a_round() {
    let rig = Rig::leading().await;
    rig.send(GroupEvent::Joining);
    let answer = tokio::time::timeout(Duration::from_secs(60), rig.herder.connectors()).await;
    assert!(answer.is_err(), "answered in the middle of a round");
    assert!(rig.herder.stage().unwrap().starts_with("The worker is currently ensuring membership in the cluster"));
    let (answer, ()) = tokio::join!(rig.herder.connectors(), rig.lead());
    assert_eq!(answer.unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_has_waited_for_a_round_that_another_follows_is_told_to_ask_again() {
    let rig = Rig::leading().await;
    rig.running("c", 1).await;
    let mut assignment = rig.everything();
    assignment.leads = true;
    rig.send(GroupEvent::Joining);
    rig.settle().await;
    let props = source("d", 1).config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    rig.config.put_connector_config("d", &props, None).await.unwrap();
    let task = TaskId::new("c", 0);
    let request = RestartRequest { connector: "c".to_owned(), only_failed: false, include_tasks: true };
    let h = &rig.herder;
    let (list, info, tasks, restart, restart_all, offsets, status, patched, ()) = tokio::join!(
        h.connectors(),
        h.connector_info("c"),
        h.task_configs("c"),
        h.restart_task(&task),
        h.restart(request),
        h.reset_offsets("c"),
        h.connector_status("c"),
        h.patch_connector("c", config(&[])),
        async {
            rig.settle().await;
            rig.send(GroupEvent::Assigned(assignment));
            rig.settle().await;
            rig.lead().await;
            rig.lead().await;
        }
    );
    let stale = |error: HerderError| {
        assert_eq!(error.kind(), HerderErrorKind::Conflict);
        assert!(error.message().contains("due to stale configuration"), "{error}");
    };
    stale(list.unwrap_err());
    stale(info.unwrap_err());
    stale(tasks.unwrap_err());
    stale(restart.unwrap_err());
    stale(offsets.unwrap_err());
    stale(restart_all.unwrap_err());
    // These go by what is written.
    status.unwrap();
    patched.unwrap();
    assert_eq!(h.connectors().await.unwrap(), ["c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_a_group_answers_and_knows_no_leader() {
    let rig = Rig::leading().await;
    rig.send(GroupEvent::Joining);
    rig.send(GroupEvent::Lost);
    assert_eq!(rig.herder.connectors().await.unwrap(), Vec::<String>::new());
    assert_eq!(elsewhere(rig.herder.delete_connector("x").await).1, None);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_can_never_be_in_the_group_says_why() {
    let rig = Rig::leading().await;
    rig.send(GroupEvent::Failed("not authorized".to_owned()));
    assert_eq!(rig.herder.failed().await, "not authorized");
}

#[tokio::test(start_paused = true)]
async fn a_sink_of_the_workers_own_group_is_refused() {
    let rig = Rig::leading().await;
    let mut sink = source("cluster", 1);
    sink.config = config(&[("name", "cluster"), ("connector.class", "FileStreamSink"), ("topics", "t")]);
    let refused = message(rig.herder.put_connector(sink).await);
    assert!(refused.contains("conflicts with Connect worker group connect-cluster"), "{refused}");
}
