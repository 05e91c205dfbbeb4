//! Exactly-once sources (KIP-618): the leader that has to be the only one, and the rounds of fencing.

use std::time::Duration;

use aqueduct_herder::{Herder, HerderErrorKind, NewConnector};
use aqueduct_kafka::{ErrorKind, KafkaError};
use aqueduct_storage::MemoryTopic;

use crate::fixture::{LEADER, Rig, message, source};

/// A worker alone, which leads a group of exactly-once workers.
async fn leading() -> Rig {
    let rig = Rig::exactly_once(&MemoryTopic::new());
    rig.lead().await;
    rig
}

/// Gives a connector another number of tasks, and plays the rounds until they run.
async fn with_tasks(rig: &Rig, name: &str, tasks: usize) {
    rig.herder.put_connector(NewConnector { replace: true, ..source(name, tasks) }).await.unwrap();
    rig.settle().await;
    rig.lead().await;
    rig.lead().await;
    rig.notes.take();
}

fn count(rig: &Rig) -> Option<u32> {
    rig.config.snapshot().task_count_record("c")
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_begins_to_lead_shuts_out_the_leader_before_it() {
    let topic = MemoryTopic::new();
    let (first, second) = (Rig::exactly_once(&topic), Rig::exactly_once(&topic));
    first.lead().await;
    assert_eq!((topic.claims(), first.keys()), (1, vec!["session-key".to_owned()]));
    // It goes on to lead, and so keeps its claim.
    first.lead().await;
    first.running("c", 1).await;
    assert_eq!(topic.claims(), 1);
    second.lead().await;
    assert_eq!(topic.claims(), 2);
    let error = first.herder.put_connector(source("d", 1)).await.unwrap_err();
    assert_eq!(
        error.message(),
        "Failed to write to config topic; this may be due to a transient error and the request can be safely retried"
    );
    assert!(!first.config.contains("d"));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_is_followed_by_another_claim() {
    let rig = leading().await;
    rig.topic.fail_sends(1, &KafkaError::new(ErrorKind::Timeout, "no broker"));
    assert_eq!(rig.herder.put_connector(source("c", 1)).await.unwrap_err().kind(), HerderErrorKind::Internal);
    rig.herder.put_connector(source("c", 1)).await.unwrap();
    assert_eq!(rig.topic.claims(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_leads_again_claims_again() {
    let rig = leading().await;
    rig.follow().await;
    rig.lead().await;
    assert_eq!(rig.topic.claims(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_tasks_fence_nobody_and_leave_their_number() {
    let rig = leading().await;
    rig.running("c", 2).await;
    assert_eq!(count(&rig), None);
    rig.herder.fence_zombies("c").await.unwrap();
    assert_eq!((count(&rig), rig.notes.take()), (Some(2), vec![]));
    // It is done for these tasks.
    let records = rig.topic.records().len();
    rig.herder.fence_zombies("c").await.unwrap();
    assert_eq!(rig.topic.records().len(), records);
}

#[tokio::test(start_paused = true)]
async fn the_tasks_before_a_new_set_are_fenced_once_for_all_who_ask() {
    let rig = leading().await;
    rig.running("c", 2).await;
    rig.herder.fence_zombies("c").await.unwrap();
    with_tasks(&rig, "c", 3).await;
    *rig.instances.slowness.lock() = Duration::from_secs(5);
    let (one, other) = tokio::join!(rig.herder.fence_zombies("c"), rig.herder.fence_zombies("c"));
    assert_eq!((one, other), (Ok(()), Ok(())));
    assert_eq!((count(&rig), rig.notes.take()), (Some(3), vec!["fence 2 producers of c".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn one_task_in_place_of_one_shuts_it_out_by_itself() {
    let rig = leading().await;
    rig.running("c", 1).await;
    rig.herder.fence_zombies("c").await.unwrap();
    let mut again = NewConnector { replace: true, ..source("c", 1) };
    again.config.insert("value".to_owned(), Some("other".to_owned()));
    rig.herder.put_connector(again).await.unwrap();
    rig.settle().await;
    rig.lead().await;
    rig.notes.take();
    assert!(rig.config.snapshot().pending_fencing("c"));
    rig.herder.fence_zombies("c").await.unwrap();
    assert!(!rig.config.snapshot().pending_fencing("c"));
    assert_eq!(rig.notes.take(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_round_ends_when_new_tasks_are_configured() {
    let rig = leading().await;
    rig.running("c", 2).await;
    rig.herder.fence_zombies("c").await.unwrap();
    with_tasks(&rig, "c", 3).await;
    *rig.instances.slowness.lock() = Duration::from_secs(5);
    let (fenced, ()) = tokio::join!(rig.herder.fence_zombies("c"), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        rig.config.put_task_configs("c", &[]).await.unwrap();
    });
    let error = fenced.unwrap_err();
    assert_eq!(error.kind(), HerderErrorKind::Conflict);
    let expect = "Failed to complete zombie fencing because a new set of task configs was generated";
    assert_eq!(error.message(), expect);
    // What is left of it changes nothing.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(count(&rig), Some(2));
}

#[tokio::test(start_paused = true)]
async fn brokers_that_refuse_are_told_and_nothing_is_written() {
    let rig = leading().await;
    rig.running("c", 2).await;
    rig.herder.fence_zombies("c").await.unwrap();
    let mut again = NewConnector { replace: true, ..source("c", 1) };
    again.config.insert("unfenceable".to_owned(), Some("yes".to_owned()));
    rig.herder.put_connector(again).await.unwrap();
    rig.settle().await;
    rig.lead().await;
    assert_eq!(message(rig.herder.fence_zombies("c").await), "Failed to perform zombie fencing: no");
    assert_eq!(count(&rig), Some(2));
    // Before offsets are changed, former tasks have to be shut out too.
    rig.herder.stop_connector("c").await.unwrap();
    rig.settle().await;
    rig.lead().await;
    let changed = rig.herder.reset_offsets("c").await;
    let expect = "Failed to perform zombie fencing for source connector prior to modifying offsets";
    assert_eq!(message(changed), expect);
}

#[tokio::test(start_paused = true)]
async fn only_the_leader_fences_and_only_sources() {
    let rig = leading().await;
    assert_eq!(rig.herder.fence_zombies("c").await.unwrap_err().kind(), HerderErrorKind::NotFound);
    let mut sink = source("c", 1);
    sink.config.insert("connector.class".to_owned(), Some("FileStreamSink".to_owned()));
    sink.config.insert("topics".to_owned(), Some("t".to_owned()));
    rig.herder.put_connector(sink).await.unwrap();
    rig.settle().await;
    rig.lead().await;
    rig.lead().await;
    let refused = rig.herder.fence_zombies("c").await.unwrap_err();
    assert_eq!(refused.kind(), HerderErrorKind::BadRequest);
    assert_eq!(refused.message(), "Connector c is not a source connector");
    rig.follow().await;
    let refused = rig.herder.fence_zombies("c").await.unwrap_err();
    assert_eq!((refused.url(), refused.message()), (Some(LEADER), "Only the leader may perform zombie fencing."));
}
