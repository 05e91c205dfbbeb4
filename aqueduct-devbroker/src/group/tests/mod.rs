//! The coordinator as its clients see it, under a paused clock: what the tests share.

mod admin;
mod offsets;
mod rebalances;
mod sessions;
mod static_members;
mod wire;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;
use tokio::task::JoinHandle;

use super::Client;
use crate::broker::{Broker, Settings};
use crate::faults::Faults;
use crate::storage::Storage;

const GROUP: &str = "g";
const SESSION: Duration = Duration::from_secs(10);
const REBALANCE: Duration = Duration::from_secs(60);

/// A broker, of which the tests ask for its groups.
struct Coordinator {
    broker: Arc<Broker>,
}

/// A member that joined and has the assignment of its name.
#[derive(Debug, Clone)]
struct Joined {
    id: StrBytes,
    generation: i32,
}

impl Coordinator {
    fn new() -> Coordinator {
        Coordinator::of(Storage::memory())
    }

    fn in_folder(folder: &Path) -> Coordinator {
        Coordinator::of(Storage::folder(folder.to_owned()).unwrap())
    }

    fn of(storage: Storage) -> Coordinator {
        let settings = Settings {
            auto_create_topics: true,
            default_partitions: 1,
            memory_limit: 1 << 20,
            max_request_bytes: 1 << 20,
            advertised_host: "127.0.0.1".to_owned(),
        };
        Coordinator { broker: Broker::open(settings, Arc::new(storage), Faults::new(), 0).unwrap() }
    }

    /// Sends a JoinGroup of version 9.
    fn join(&self, request: JoinGroupRequest) -> JoinHandle<JoinGroupResponse> {
        self.join_as(request, 9)
    }

    fn join_as(&self, request: JoinGroupRequest, version: i16) -> JoinHandle<JoinGroupResponse> {
        let client = Client { id: "client".to_owned(), host: "/127.0.0.1".to_owned(), version };
        let broker = self.broker.clone();
        tokio::spawn(async move { broker.groups.join(request, client).await })
    }

    fn sync(&self, request: SyncGroupRequest) -> JoinHandle<SyncGroupResponse> {
        let broker = self.broker.clone();
        tokio::spawn(async move { broker.groups.sync_member(request).await })
    }

    /// An id for a dynamic member.
    async fn new_id(&self) -> StrBytes {
        let response = self.join(join("")).await.unwrap();
        assert_eq!(error(response.error_code), Some(ResponseError::MemberIdRequired));
        response.member_id
    }

    /// Brings so many dynamic members into the group, which is stable then. The first one leads.
    async fn stable(&self, count: usize) -> Vec<Joined> {
        let mut members: Vec<Joined> = Vec::new();
        for _ in 0..count {
            let id = self.new_id().await;
            let mut joins = vec![self.join(join(&id))];
            settle().await;
            joins.splice(0..0, members.iter().map(|member| self.join(join(&member.id))));
            members.clear();
            for join in joins {
                let response = join.await.unwrap();
                assert_eq!(error(response.error_code), None);
                members.push(Joined { id: response.member_id, generation: response.generation_id });
            }
            self.assign(&members).await;
        }
        members
    }

    /// Lets all members join once more, at the same time.
    async fn join_again(&self, members: &[Joined]) -> Vec<Joined> {
        let joins: Vec<_> = members.iter().map(|member| self.join(join(&member.id))).collect();
        let mut next = Vec::new();
        for join in joins {
            let response = join.await.unwrap();
            next.push(Joined { id: response.member_id, generation: response.generation_id });
        }
        next
    }

    /// The first of the members divides the work, and all of them get theirs: the member's own id.
    async fn assign(&self, members: &[Joined]) {
        let assignments = members.iter().map(|member| {
            SyncGroupRequestAssignment::default()
                .with_member_id(member.id.clone())
                .with_assignment(member.id.clone().into_bytes())
        });
        let leader = sync(&members[0]).with_assignments(assignments.collect());
        assert_eq!(error(self.sync(leader).await.unwrap().error_code), None);
        for member in members {
            let response = self.sync(sync(member)).await.unwrap();
            assert_eq!((error(response.error_code), response.assignment), (None, member.id.clone().into_bytes()));
        }
    }

    fn heartbeat(&self, member: &Joined) -> Option<ResponseError> {
        let request = HeartbeatRequest::default()
            .with_group_id(group())
            .with_member_id(member.id.clone())
            .with_generation_id(member.generation);
        self.broker.groups.heartbeat(&request).err()
    }

    /// The state and the number of members.
    fn state(&self) -> (String, usize) {
        match self.broker.groups.describe(&group()) {
            Some(described) => (described.group_state.as_str().to_owned(), described.members.len()),
            None => ("Dead".to_owned(), 0),
        }
    }

    fn assert_state(&self, state: &str, members: usize) {
        assert_eq!(self.state(), (state.to_owned(), members));
    }
}

fn group() -> GroupId {
    GroupId(GROUP.into())
}

/// A JoinGroup with the protocol "p".
fn join(member_id: &str) -> JoinGroupRequest {
    JoinGroupRequest::default()
        .with_group_id(group())
        .with_member_id(text(member_id))
        .with_session_timeout_ms(SESSION.as_millis() as i32)
        .with_rebalance_timeout_ms(REBALANCE.as_millis() as i32)
        .with_protocol_type("connect".into())
        .with_protocols(protocols(&["p"]))
}

fn join_static(instance: &str, member_id: &str) -> JoinGroupRequest {
    join(member_id).with_group_instance_id(Some(text(instance)))
}

/// Protocols whose metadata is their name.
fn protocols(names: &[&str]) -> Vec<JoinGroupRequestProtocol> {
    let protocol = |name: &&str| {
        JoinGroupRequestProtocol::default().with_name(text(name)).with_metadata(Bytes::copy_from_slice(name.as_bytes()))
    };
    names.iter().map(protocol).collect()
}

fn sync(member: &Joined) -> SyncGroupRequest {
    SyncGroupRequest::default()
        .with_group_id(group())
        .with_member_id(member.id.clone())
        .with_generation_id(member.generation)
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn error(code: i16) -> Option<ResponseError> {
    ResponseError::try_from_code(code)
}

/// Lets all tasks go on as far as they can without time passing.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
