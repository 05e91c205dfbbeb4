//! A coordinator that does what a test says, and a herder that remembers what it heard.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_kafka::raw::{GroupFault, JoinGroup, Joined, SyncGroup};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use super::super::{
    Assigned, GroupCoordinator, GroupEvent, MemberHandle, MemberSettings, OutReason, Revocation, start,
};
use crate::protocol::{Assignment, Metadata, Protocol};
use crate::work::{ConfigSnapshot, TaskId, Work};

/// Longer than anything that a test waits for, on the paused clock.
const FOR_EVER: Duration = Duration::from_secs(3600);

type Answer<T> = oneshot::Sender<Result<T, GroupFault>>;

pub(super) enum Request {
    Find(Answer<()>),
    Join(JoinGroup, Answer<Joined>),
    Sync(SyncGroup, Answer<Vec<u8>>),
    Heartbeat(String, i32, Answer<()>),
    Leave(String, String, Answer<()>),
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Find(_) => f.write_str("find"),
            Self::Join(join, _) => join.fmt(f),
            Self::Sync(sync, _) => sync.fmt(f),
            Self::Heartbeat(member, generation, _) => write!(f, "heartbeat {member} {generation}"),
            Self::Leave(member, reason, _) => write!(f, "leave {member}: {reason}"),
        }
    }
}

struct Port(mpsc::UnboundedSender<Request>);

impl Port {
    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, GroupFault> {
        let (answer, wait) = oneshot::channel();
        self.0.send(request(answer)).unwrap();
        // A test that throws the question away lets it hang.
        match wait.await {
            Ok(answer) => answer,
            Err(_) => std::future::pending().await,
        }
    }
}

impl GroupCoordinator for Port {
    async fn find(&self) -> Result<(), GroupFault> {
        self.ask(Request::Find).await
    }

    async fn join(&self, join: JoinGroup) -> Result<Joined, GroupFault> {
        self.ask(|answer| Request::Join(join, answer)).await
    }

    async fn sync(&self, sync: SyncGroup) -> Result<Vec<u8>, GroupFault> {
        self.ask(|answer| Request::Sync(sync, answer)).await
    }

    async fn heartbeat(&self, member_id: &str, generation: i32) -> Result<(), GroupFault> {
        self.ask(|answer| Request::Heartbeat(member_id.to_owned(), generation, answer)).await
    }

    async fn leave(&self, member_id: &str, reason: &str) -> Result<(), GroupFault> {
        self.ask(|answer| Request::Leave(member_id.to_owned(), reason.to_owned(), answer)).await
    }
}

/// A member, with its coordinator and its herder in the hands of a test.
pub(super) struct Stage {
    pub(super) member: MemberHandle,
    pub(super) config: Arc<topic::Shared>,
    requests: Mutex<mpsc::UnboundedReceiver<Request>>,
    events: Mutex<mpsc::UnboundedReceiver<GroupEvent>>,
}

/// The config topic as a test sets it.
pub(super) mod topic {
    use std::sync::Mutex;

    use crate::work::ConfigSnapshot;

    #[derive(Default)]
    pub(in super::super) struct Shared(Mutex<ConfigSnapshot>);

    impl Shared {
        pub(in super::super) fn set(&self, snapshot: ConfigSnapshot) {
            *self.0.lock().unwrap() = snapshot;
        }

        pub(in super::super) fn get(&self) -> ConfigSnapshot {
            self.0.lock().unwrap().clone()
        }
    }
}

impl Stage {
    pub(super) fn new(protocol: Protocol) -> Self {
        let settings = MemberSettings { protocol, ..MemberSettings::new("http://a:8083/") };
        let config = Arc::new(topic::Shared::default());
        config.set(configured(1, &[]));
        let (port, requests) = mpsc::unbounded_channel();
        let view = Arc::clone(&config);
        let (member, events) = start(settings, Port(port), Arc::new(move || view.get()));
        Self { member, config, requests: Mutex::new(requests), events: Mutex::new(events) }
    }

    pub(super) async fn request(&self) -> Request {
        timeout(FOR_EVER, async { self.requests.lock().await.recv().await }).await.unwrap().unwrap()
    }

    pub(super) async fn event(&self) -> GroupEvent {
        timeout(FOR_EVER, async { self.events.lock().await.recv().await }).await.unwrap().unwrap()
    }

    pub(super) async fn find(&self) -> Answer<()> {
        match self.request().await {
            Request::Find(answer) => answer,
            other => panic!("expected a search for the coordinator, got {other:?}"),
        }
    }

    pub(super) async fn found(&self) {
        self.find().await.send(Ok(())).unwrap();
    }

    pub(super) async fn join(&self) -> (JoinGroup, Answer<Joined>) {
        match self.request().await {
            Request::Join(join, answer) => (join, answer),
            other => panic!("expected JoinGroup, got {other:?}"),
        }
    }

    pub(super) async fn sync(&self) -> (SyncGroup, Answer<Vec<u8>>) {
        match self.request().await {
            Request::Sync(sync, answer) => (sync, answer),
            other => panic!("expected SyncGroup, got {other:?}"),
        }
    }

    pub(super) async fn heartbeat(&self) -> (i32, Answer<()>) {
        match self.request().await {
            Request::Heartbeat(_, generation, answer) => (generation, answer),
            other => panic!("expected a heartbeat, got {other:?}"),
        }
    }

    pub(super) async fn leave(&self) -> (String, String) {
        match self.request().await {
            Request::Leave(member, reason, answer) => {
                answer.send(Ok(())).unwrap();
                (member, reason)
            }
            other => panic!("expected LeaveGroup, got {other:?}"),
        }
    }

    pub(super) async fn rebalancing(&self) {
        match self.event().await {
            GroupEvent::Rebalancing => {}
            other => panic!("expected a rebalance, got {other:?}"),
        }
    }

    pub(super) async fn revoked(&self) -> Revocation {
        match self.event().await {
            GroupEvent::Revoked(revocation) => revocation,
            other => panic!("expected a revocation, got {other:?}"),
        }
    }

    pub(super) async fn assigned(&self) -> Assigned {
        match self.event().await {
            GroupEvent::Assigned(assigned) => assigned,
            other => panic!("expected an assignment, got {other:?}"),
        }
    }

    pub(super) async fn out(&self) -> OutReason {
        match self.event().await {
            GroupEvent::Out(reason) => reason,
            other => panic!("expected to be out, got {other:?}"),
        }
    }

    /// Lets the member follow another leader into a generation; answers what it joined with.
    pub(super) async fn follow(&self, generation: i32, protocol: Protocol, assignment: &Assignment) -> JoinGroup {
        let (join, answer) = self.join().await;
        answer.send(Ok(joined(generation, protocol))).unwrap();
        let (sync, answer) = self.sync().await;
        assert_eq!((sync.generation, sync.assignments.len()), (generation, 0));
        answer.send(Ok(assignment.encode(protocol).unwrap())).unwrap();
        join
    }

    /// A member of generation 1 by the sessioned protocol, that runs `work`.
    pub(super) async fn settled(protocol: Protocol, work: &[&str]) -> Self {
        let stage = Self::new(protocol);
        stage.found().await;
        stage.rebalancing().await;
        stage.follow(1, protocol, &assignment(work, &[], 0)).await;
        stage.assigned().await;
        stage
    }
}

/// What a coordinator answers to a follower that is `me`.
pub(super) fn joined(generation: i32, protocol: Protocol) -> Joined {
    Joined {
        generation,
        protocol: protocol.name().to_owned(),
        leader: "other".to_owned(),
        member_id: "me".to_owned(),
        members: Vec::new(),
    }
}

/// Names are connectors, names with a number tasks.
pub(super) fn work(names: &[&str]) -> Work {
    let mut work = Work::default();
    for name in names {
        match name.split_once('-') {
            Some((connector, task)) => work.tasks.push(TaskId::new(connector, task.parse().unwrap())),
            None => work.connectors.push((*name).into()),
        }
    }
    work
}

pub(super) fn assignment(assigned: &[&str], revoked: &[&str], delay: i32) -> Assignment {
    Assignment {
        leader: "other".to_owned(),
        leader_url: "http://b:8083/".to_owned(),
        offset: 1,
        assigned: work(assigned),
        revoked: work(revoked),
        delay,
        ..Assignment::default()
    }
}

pub(super) fn configured(offset: i64, connectors: &[(&str, u32)]) -> ConfigSnapshot {
    ConfigSnapshot { offset, tasks: connectors.iter().map(|(name, tasks)| ((*name).into(), *tasks)).collect() }
}

/// What a member said of itself for a protocol.
pub(super) fn said(join: &JoinGroup, protocol: Protocol) -> Metadata {
    let (_, bytes) = join.protocols.iter().find(|(name, _)| name == protocol.name()).unwrap();
    Metadata::decode(bytes).unwrap()
}

/// What it said that it runs.
pub(super) fn reported(join: &JoinGroup) -> Work {
    said(join, Protocol::Sessioned).allocation.map(|allocation| allocation.assigned).unwrap_or_default()
}
