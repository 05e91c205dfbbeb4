//! A member and its coordinator's troubles, on brokers of the test's own: one that hangs, one that restarts, and one of
//! three that is killed.
//!
//! Starts brokers with `tests/testbed/testbed.sh` (another script: `AQUEDUCT_TESTBED`), which needs Java, where tests on real
//! brokers are wanted (`AQUEDUCT_TEST_BOOTSTRAP` names one). Otherwise the tests say on standard error that they did not run.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_group::ConfigSnapshot;
use aqueduct_group::member::{
    Assigned, GroupEvent, KafkaCoordinator, MemberHandle, MemberSettings, OutReason, RevocationReason, start,
};
use aqueduct_kafka::ClientSettings;
use aqueduct_kafka::raw::RawClient;
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(120);

/// Brokers in a folder; gone when they go out of scope.
struct Brokers {
    folder: tempfile::TempDir,
    bootstrap: String,
}

impl Brokers {
    /// `start` or `cluster`; nothing when no brokers are wanted or there is no Java.
    fn new(test: &str, command: &str) -> Option<Self> {
        let wanted = std::env::var("AQUEDUCT_TEST_BOOTSTRAP").is_ok_and(|bootstrap| !bootstrap.is_empty());
        let java = Command::new("java").arg("-version").output().is_ok();
        if !wanted || !java {
            let why = if java { "AQUEDUCT_TEST_BOOTSTRAP names no broker" } else { "there is no java" };
            // Not `eprintln!`, which a passing test swallows.
            let _ = writeln!(std::io::stderr(), "not run: {test}: {why}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let bootstrap = testbed(&[command, "auto", folder.path().to_str().unwrap()]);
        Some(Self { folder, bootstrap })
    }

    fn run(&self, command: &str, broker: &str) {
        testbed(&[command, self.folder.path().join(broker).to_str().unwrap()]);
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        self.run("kill", "");
    }
}

fn testbed(arguments: &[&str]) -> String {
    let script = std::env::var("AQUEDUCT_TESTBED")
        .unwrap_or_else(|_| format!("{}/../tests/testbed/testbed.sh", env!("CARGO_MANIFEST_DIR")));
    let output = Command::new("bash").arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn client(bootstrap: &str) -> ClientSettings {
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", bootstrap).set_base("client.id", "connect-test");
    settings
}

/// A worker with a connector and a task.
struct Worker {
    member: MemberHandle,
    events: mpsc::UnboundedReceiver<GroupEvent>,
}

impl Worker {
    async fn with_work(bootstrap: &str) -> (Self, Assigned) {
        let settings = MemberSettings {
            // A member that comes back under another id waits for the work that the one before has lost.
            max_delay: Duration::from_secs(1),
            ..MemberSettings::new("http://127.0.0.1:1/")
        };
        let coordinator = KafkaCoordinator::create(&client(bootstrap), "outage").unwrap();
        let configs = || ConfigSnapshot { offset: 1, tasks: [("a".into(), 1)].into() };
        let (member, events) = start(settings, coordinator, Arc::new(configs));
        let mut worker = Self { member, events };
        let assigned = worker.assigned().await;
        (worker, assigned)
    }

    async fn event(&mut self) -> GroupEvent {
        timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap()
    }

    /// The next assignment that holds all the work.
    async fn assigned(&mut self) -> Assigned {
        loop {
            match self.event().await {
                GroupEvent::Assigned(assigned) if assigned.assignment.assigned.len() == 2 => return assigned,
                GroupEvent::Assigned(_) => {}
                GroupEvent::Rebalancing => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn gives_up(&mut self) {
        match self.event().await {
            GroupEvent::Revoked(revocation) => {
                assert_eq!(revocation.reason, RevocationReason::CoordinatorLost);
                assert_eq!(revocation.work.len(), 2);
                revocation.done();
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(self.event().await, GroupEvent::Out(OutReason::CoordinatorLost)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_given_up_while_the_only_broker_hangs_and_comes_back_with_it() {
    let Some(brokers) = Brokers::new("work_is_given_up_while_the_only_broker_hangs", "start") else { return };
    let (mut worker, _) = Worker::with_work(&brokers.bootstrap).await;
    let begin = Instant::now();
    brokers.run("pause", "");
    worker.gives_up().await;
    // A session without a heartbeat, and the time to look for another coordinator.
    assert!((7..25).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    brokers.run("resume", "");
    worker.assigned().await;

    brokers.run("kill", "");
    worker.gives_up().await;
    brokers.run("restart", "");
    worker.assigned().await;
    worker.member.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_stays_in_its_group_when_another_broker_takes_it_over() {
    let Some(brokers) = Brokers::new("a_member_stays_in_its_group", "cluster") else { return };
    let (mut worker, before) = Worker::with_work(&brokers.bootstrap).await;
    for broker in ["1", "2", "3"] {
        // Cleanly: the group moves at once when it was here.
        brokers.run("stop", broker);
        brokers.run("restart", broker);
        let fenced = RawClient::create(&client(&brokers.bootstrap)).unwrap();
        fenced.fence_producers(&["id".to_owned()]).await.remove(0).unwrap();
    }
    worker.member.rejoin();
    let after = worker.assigned().await;
    assert_eq!(after.member, before.member);
    assert_eq!(after.generation, before.generation + 1);
    for broker in ["1", "2", "3"] {
        // Not cleanly: for some seconds the others name a coordinator that is no more.
        brokers.run("kill", broker);
        worker.member.rejoin();
        assert_eq!(worker.assigned().await.member, before.member);
        brokers.run("restart", broker);
    }
    worker.member.stop(PATIENCE).await;
}
