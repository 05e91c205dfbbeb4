//! Source tasks that write exactly once, on a development broker in this process: what a reader of committed records sees,
//! which offsets go with it, and how a task fails.

#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod rig;
mod script;

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConnectError, ready};
use aqueduct_storage::StatusState;
use aqueduct_worker::ExactlyOnceGate;
use rig::{Rig, until};
use script::{Step, record};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_committed_with_the_offset_behind_it() {
    let rig = Rig::start(&[]).await;
    rig.script.step(Step::of(["a", "b"]));
    until("the batch is committed", || async { rig.committed("t").await == ["a", "b"] }).await;
    assert_eq!(rig.offset().await, Some(2));
    // The task is told afterwards: where its records are, and that they are safe.
    until("the task is told", || async { rig.script.told() == ["t@0", "t@1", "commit"] }).await;
    rig.script.step(Step::of(["c"]));
    until("the next is committed", || async { rig.committed("t").await == ["a", "b", "c"] }).await;
    assert_eq!(rig.offset().await, Some(3));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interval_ends_also_when_the_source_has_nothing_more() {
    let rig = Rig::start(&[("transaction.boundary", "interval"), ("transaction.boundary.interval.ms", "500")]).await;
    rig.script.step(Step::of(["a"]));
    rig.script.step(Step::of(["b"]));
    until("the interval is over", || async { rig.committed("t").await == ["a", "b"] }).await;
    assert_eq!(rig.offset().await, Some(2));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_to_stop_commits_what_it_has_sent() {
    let rig = Rig::start(&[("transaction.boundary", "interval"), ("transaction.boundary.interval.ms", "600000")]).await;
    rig.script.step(Step::of(["a"]));
    rig.uncommitted("t", "a").await;
    rig.stop().await;
    assert_eq!((rig.committed("t").await, rig.offset().await), (vec!["a".to_owned()], Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_may_say_where_its_transactions_end() {
    let rig = Rig::start(&[("transaction.boundary", "connector")]).await;
    rig.script.step(Step::of(["a", "b", "c"]).asking(|context, records| {
        context.commit_transaction_after(records[1].clone());
    }));
    until("up to the second record", || async { rig.committed("t").await == ["a", "b"] }).await;
    assert_eq!(rig.offset().await, Some(2));
    // An aborted transaction is skipped, whether its records were sent yet or not, and its offsets are committed all the same.
    rig.script.step(Step::of(["d"]).asking(|context, _| context.abort_transaction()));
    until("the offsets are committed", || async { rig.offset().await == Some(4) }).await;
    rig.script.step(Step::of(["e"]).asking(|context, _| context.commit_transaction()));
    until("the next is committed", || async { rig.committed("t").await == ["a", "b", "e"] }).await;
    // What nobody asked to commit is left out, to be read again.
    rig.script.step(Step::of(["f"]));
    rig.uncommitted("t", "f").await;
    rig.stop().await;
    assert_eq!((rig.committed("t").await.len(), rig.offset().await), (3, Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_fails_the_task() {
    let rig = Rig::start(&[("transaction.boundary", "connector")]).await;
    rig.script.step(Step::of(["a"]).asking(|context, _| {
        context.commit_transaction();
        context.abort_transaction();
    }));
    let trace = rig.fails().await;
    assert!(trace.starts_with("java.lang.IllegalStateException: Connector requested both commit and abort"), "{trace}");
    assert_eq!((rig.committed("t").await.len(), rig.offset().await), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fenced_task_fails_and_commits_nothing_more() {
    let rig = Rig::start(&[]).await;
    rig.script.step(Step::of(["a"]));
    until("it runs", || async { rig.committed("t").await == ["a"] }).await;
    rig.worker.fence_zombies("c", &rig.config, 1).await.unwrap();
    rig.script.step(Step::of(["b"]));
    let trace = rig.fails().await;
    assert!(trace.contains("Failed to flush offsets and/or records for task c-0"), "{trace}");
    assert!(trace.contains("org.apache.kafka.common.errors.ProducerFencedException"), "{trace}");
    assert_eq!((rig.committed("t").await, rig.offset().await), (vec!["a".into()], Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_can_never_be_written_fails_the_task_whatever_is_tolerated() {
    let rig = Rig::start(&[("errors.tolerance", "all"), ("producer.override.max.request.size", "1000")]).await;
    rig.script.step(Step::of(["a".to_owned(), "x".repeat(2_000)]));
    let trace = rig.fails().await;
    assert!(trace.contains("Failed to flush offsets and/or records for task c-0"), "{trace}");
    assert!(trace.contains("org.apache.kafka.common.errors.RecordTooLargeException"), "{trace}");
    // The transaction was aborted: readers see the end of the topic, and nothing before it.
    assert_eq!((rig.committed("t").await.len(), rig.offset().await), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_may_not_write_to_its_own_offsets_topic() {
    let rig = Rig::start(&[]).await;
    let topic = rig.offsets_topic();
    rig.script.step(Step { records: vec![record(&topic, "a", 1)], ask: None });
    let trace = rig.fails().await;
    let expect = "Source tasks may not produce to their own offsets topics when exactly-once support is enabled";
    assert!(trace.contains(expect), "{trace}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_go_to_the_connectors_own_topic_and_the_workers_has_a_copy() {
    let rig = Rig::start(&[("offsets.storage.topic", "own")]).await;
    rig.script.step(Step::of(["a"]));
    until("it is committed", || async { rig.committed("t").await == ["a"] }).await;
    assert_eq!(rig.committed("own").await, [r#"{"o":1}"#]);
    assert_eq!(rig.offset().await, Some(1));
    until("there is a copy", || async { rig.common_offset().await == Some(1) }).await;
    // Setting them takes the place of the task's producer.
    rig.stop().await;
    rig.set_offset(7).await;
    assert_eq!(rig.offset().await, Some(7));
    assert_eq!(rig.committed("own").await, [r#"{"o":1}"#, r#"{"o":7}"#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_task_leaves_no_transaction_open() {
    let rig = Rig::start(&[("transaction.boundary", "interval"), ("transaction.boundary.interval.ms", "600000")]).await;
    rig.script.step(Step::of(["a"]));
    rig.uncommitted("t", "a").await;
    rig.worker.transition_tasks("c", aqueduct_storage::TargetState::Paused);
    until("it is paused", || async { rig.statuses.last() == Some(StatusState::Paused) }).await;
    until("what it had is committed", || async { rig.committed("t").await == ["a"] }).await;
    rig.worker.transition_tasks("c", aqueduct_storage::TargetState::Started);
    until("it runs again", || async { rig.statuses.last() == Some(StatusState::Running) }).await;
    rig.stop().await;
}

/// A gate that is shut somewhere.
struct Shut {
    fence: Option<&'static str>,
    verify: Option<&'static str>,
}

impl ExactlyOnceGate for Shut {
    fn fence(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(self.fence.map_or(Ok(()), |why| Err(ConnectError::connect(why))))
    }

    fn verify(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(self.verify.map_or(Ok(()), |why| Err(ConnectError::connect(why))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_not_let_through_never_starts() {
    for gate in [Shut { fence: Some("no fencing"), verify: None }, Shut { fence: None, verify: Some("revoked") }] {
        let why = gate.fence.or(gate.verify).unwrap();
        let rig = Rig::behind(Arc::new(gate), &[]).await;
        let trace = rig.fails().await;
        assert!(trace.starts_with(&format!("org.apache.kafka.connect.errors.ConnectException: {why}")), "{trace}");
        assert!(!rig.script.started());
    }
}

/// A gate that answers never.
struct Silent;

impl ExactlyOnceGate for Silent {
    fn fence(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(std::future::pending())
    }

    fn verify(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_waits_at_the_gate_can_be_stopped() {
    let rig = Rig::behind(Arc::new(Silent), &[]).await;
    tokio::time::timeout(Duration::from_secs(4), rig.stop()).await.unwrap();
    assert_eq!(rig.statuses.last(), Some(StatusState::Unassigned));
}
