//! Members of a group on a real Kafka: they form it, move work, lead in turn, leave. Run when `AQUEDUCT_TEST_BOOTSTRAP`
//! names a broker (`host:port`); otherwise the tests say on standard error that they did not.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aqueduct_group::member::{
    Assigned, GroupEvent, KafkaCoordinator, MemberHandle, MemberSettings, OutReason, RevocationReason, start,
};
use aqueduct_group::protocol::Protocol;
use aqueduct_group::{ConfigSnapshot, Work};
use aqueduct_kafka::raw::RawClient;
use aqueduct_kafka::{ClientSettings, ErrorKind};
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

fn bootstrap(test: &str) -> Option<String> {
    let bootstrap = std::env::var("AQUEDUCT_TEST_BOOTSTRAP").ok().filter(|bootstrap| !bootstrap.is_empty());
    if bootstrap.is_none() {
        // Not `eprintln!`, which a passing test swallows.
        let _ = writeln!(std::io::stderr(), "not run: {test}: AQUEDUCT_TEST_BOOTSTRAP names no broker");
    }
    bootstrap
}

fn unique(name: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("{name}-{now}-{}", std::process::id())
}

fn settings(bootstrap: &str) -> ClientSettings {
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", bootstrap).set_base("client.id", "connect-test");
    settings
}

/// What the workers of a group read from the config topic, at once.
type Config = Arc<Mutex<ConfigSnapshot>>;

fn config(offset: i64, connectors: &[(&str, u32)]) -> ConfigSnapshot {
    ConfigSnapshot { offset, tasks: connectors.iter().map(|(name, tasks)| ((*name).into(), *tasks)).collect() }
}

/// A worker that does what a herder has to do, and runs nothing.
struct Worker {
    member: MemberHandle,
    events: mpsc::UnboundedReceiver<GroupEvent>,
    revoked: Vec<(Work, RevocationReason)>,
}

impl Worker {
    fn new(bootstrap: &str, group: &str, protocol: Protocol, url: &str, config: &Config) -> Self {
        let settings_of_member = MemberSettings {
            protocol,
            session_timeout: Duration::from_secs(6),
            heartbeat_interval: Duration::from_millis(500),
            max_delay: Duration::from_secs(1),
            ..MemberSettings::new(url)
        };
        let coordinator = KafkaCoordinator::create(&settings(bootstrap), group).unwrap();
        let view = Arc::clone(config);
        let (member, events) = start(settings_of_member, coordinator, Arc::new(move || view.lock().unwrap().clone()));
        Self { member, events, revoked: Vec::new() }
    }

    /// Follows the group until `done` says that an assignment is what is waited for.
    async fn until(&mut self, what: &str, mut done: impl FnMut(&Assigned) -> bool) -> Assigned {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            match timeout(PATIENCE, self.events.recv()).await.expect(what).expect(what) {
                GroupEvent::Rebalancing => {}
                GroupEvent::Revoked(revocation) => {
                    self.revoked.push((revocation.work.clone(), revocation.reason));
                    revocation.done();
                }
                GroupEvent::Assigned(assigned) => {
                    if assigned.rejoin_when_started || assigned.assignment.failed() {
                        self.member.rejoin();
                    }
                    if done(&assigned) {
                        return assigned;
                    }
                }
                other => panic!("{what}: {other:?}"),
            }
        }
        panic!("{what}: too late");
    }

    async fn stop(mut self) {
        self.member.stop(PATIENCE).await;
        loop {
            match self.events.recv().await {
                Some(GroupEvent::Out(reason)) => return assert_eq!(reason, OutReason::Stopped),
                Some(GroupEvent::Revoked(revocation)) => revocation.done(),
                Some(_) => {}
                None => panic!("the member ended without a word"),
            }
        }
    }
}

fn runs(assigned: &Assigned, connectors: usize, tasks: usize) -> bool {
    let work = &assigned.assignment.assigned;
    (work.connectors.len(), work.tasks.len()) == (connectors, tasks) && !assigned.rejoin_when_started
}

/// Two workers: the second takes over half, and when the first leaves, the rest.
async fn check_group(bootstrap: &str, protocol: Protocol) {
    let group = unique("group");
    let topic: Config = Arc::new(Mutex::new(config(3, &[("a", 3), ("b", 3)])));
    let mut first = Worker::new(bootstrap, &group, protocol, "http://first:8083/", &topic);
    let alone = first.until("everything", |assigned| runs(assigned, 2, 6)).await;
    assert!(alone.is_leader());
    assert_eq!(alone.protocol, protocol);
    assert_eq!(alone.assignment.leader_url, "http://first:8083/");
    assert!(alone.member.as_str().starts_with("connect-test-"), "{:?}", alone.member);

    let mut second = Worker::new(bootstrap, &group, protocol, "http://second:8083/", &topic);
    let (kept, taken) = tokio::join!(
        first.until("half stays", |assigned| runs(assigned, 1, 3)),
        second.until("half comes", |assigned| runs(assigned, 1, 3))
    );
    assert_eq!(kept.generation, taken.generation);
    assert!(kept.is_leader() && !taken.is_leader());
    assert_eq!(taken.assignment.leader, kept.member.as_str());
    let owners = kept.owners.expect("the leader knows the owners");
    let moved = owners.connector(&taken.assignment.assigned.connectors[0]).expect("an owner");
    assert_eq!(owners.url(moved), Some("http://second:8083/"));
    let reason = if protocol == Protocol::Eager { RevocationReason::Rebalance } else { RevocationReason::Moved };
    assert!(first.revoked.iter().all(|(_, why)| *why == reason) && !first.revoked.is_empty(), "{:?}", first.revoked);

    // Another connector: a round in which nothing stops (but for the eager ones).
    *topic.lock().unwrap() = config(4, &[("a", 3), ("b", 3), ("c", 2)]);
    first.revoked.clear();
    first.member.rejoin();
    let (one, two) = tokio::join!(
        first
            .until("more", |assigned| assigned.assignment.offset == 4 && assigned.assignment.assigned.tasks.len() == 4),
        second
            .until("more", |assigned| assigned.assignment.offset == 4 && assigned.assignment.assigned.tasks.len() == 4),
    );
    let connectors = one.assignment.assigned.connectors.len() + two.assignment.assigned.connectors.len();
    assert_eq!(connectors, 3);
    assert_eq!(first.revoked.is_empty(), protocol != Protocol::Eager);

    // The leader goes: its work comes over, at once since the second leads for the first time.
    first.stop().await;
    let all = second.until("the rest", |assigned| runs(assigned, 3, 8)).await;
    assert!(all.is_leader());
    second.stop().await;
}

#[tokio::test]
async fn two_workers_share_move_and_hand_over_work() {
    let Some(bootstrap) = bootstrap("two_workers_share_move_and_hand_over_work") else { return };
    for protocol in [Protocol::Eager, Protocol::Compatible, Protocol::Sessioned] {
        check_group(&bootstrap, protocol).await;
    }
}

#[tokio::test]
async fn a_mixed_group_runs_on_what_all_offer() {
    let Some(bootstrap) = bootstrap("a_mixed_group_runs_on_what_all_offer") else { return };
    let (group, topic) = (unique("group"), Arc::new(Mutex::new(config(3, &[("a", 1)]))));
    let mut new = Worker::new(&bootstrap, &group, Protocol::Sessioned, "http://new:8083/", &topic);
    new.until("the new one's own", |assigned| assigned.protocol == Protocol::Sessioned).await;
    let mut old = Worker::new(&bootstrap, &group, Protocol::Eager, "http://old:8083/", &topic);
    tokio::join!(
        new.until("the old one's", |assigned| assigned.protocol == Protocol::Eager),
        old.until("its own", |assigned| assigned.protocol == Protocol::Eager)
    );
    old.stop().await;
    new.until("the new one's own again", |assigned| assigned.protocol == Protocol::Sessioned).await;
    new.stop().await;
}

#[tokio::test]
async fn work_of_a_worker_that_left_waits_for_the_delay() {
    let Some(bootstrap) = bootstrap("work_of_a_worker_that_left_waits_for_the_delay") else { return };
    let (group, topic) = (unique("group"), Arc::new(Mutex::new(config(3, &[("a", 2), ("b", 2)]))));
    let mut leader = Worker::new(&bootstrap, &group, Protocol::Sessioned, "http://a:8083/", &topic);
    leader.until("everything", |assigned| runs(assigned, 2, 4)).await;
    let mut other = Worker::new(&bootstrap, &group, Protocol::Sessioned, "http://b:8083/", &topic);
    tokio::join!(
        leader.until("half stays", |assigned| runs(assigned, 1, 2)),
        other.until("half comes", |assigned| runs(assigned, 1, 2))
    );
    other.stop().await;
    let delayed = leader.until("a delay", |assigned| assigned.assignment.delay > 0).await;
    assert_eq!(delayed.assignment.assigned.len(), 3);
    let begin = Instant::now();
    leader.until("everything again", |assigned| runs(assigned, 2, 4)).await;
    assert!(begin.elapsed() > Duration::from_millis(500));
    leader.stop().await;
}

#[tokio::test]
async fn a_worker_that_leaves_and_returns_keeps_its_work() {
    let Some(bootstrap) = bootstrap("a_worker_that_leaves_and_returns_keeps_its_work") else { return };
    let (group, topic) = (unique("group"), Arc::new(Mutex::new(config(3, &[("a", 1)]))));
    let mut worker = Worker::new(&bootstrap, &group, Protocol::Sessioned, "http://a:8083/", &topic);
    let before = worker.until("everything", |assigned| runs(assigned, 1, 1)).await;
    worker.member.leave("taking too long to read the log");
    match timeout(PATIENCE, worker.events.recv()).await {
        Ok(Some(GroupEvent::Out(OutReason::Asked))) => {}
        other => panic!("{other:?}"),
    }
    worker.member.rejoin();
    let after = worker.until("everything again", |assigned| runs(assigned, 1, 1)).await;
    assert_ne!(before.member, after.member);
    assert!(worker.revoked.is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn producers_are_fenced_by_their_transactional_ids() {
    let Some(bootstrap) = bootstrap("producers_are_fenced_by_their_transactional_ids") else { return };
    let client = RawClient::create(&settings(&bootstrap)).unwrap();
    let ids: Vec<String> = (0..5).map(|number| unique(&format!("id-{number}"))).collect();
    let first = client.fence_producers(&ids).await;
    let second = client.fence_producers(&ids).await;
    for (first, second) in first.into_iter().zip(second) {
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((first.producer_id, first.epoch + 1), (second.producer_id, second.epoch));
    }
    let refused = client.fence_producers(&[String::new()]).await.remove(0).unwrap_err();
    assert!(!refused.is_retriable(), "{refused:?}");
}

#[tokio::test]
async fn without_a_broker_a_request_ends_in_its_time() {
    let mut settings = settings("127.0.0.1:1");
    settings.set_base("default.api.timeout.ms", "300").set_base("request.timeout.ms", "200");
    let client = RawClient::create(&settings).unwrap();
    let error = client.fence_producers(&["id".to_owned()]).await.remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}
