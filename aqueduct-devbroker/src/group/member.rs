//! A member of a group: who it is, which protocols it speaks, and which answers it waits for.
//!
//! It is made from a JoinGroup request. An answer that a member waits for is a oneshot channel: the coordinator answers and
//! forgets; where the client's connection is gone by then, nobody listens, and that is all.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_groups_response::DescribedGroupMember;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse, SyncGroupResponse};
use kafka_protocol::protocol::StrBytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Where the answer to a JoinGroup goes.
pub(super) type JoinAnswer = oneshot::Sender<JoinGroupResponse>;

/// Where the answer to a SyncGroup goes.
pub(super) type SyncAnswer = oneshot::Sender<SyncGroupResponse>;

/// Who sends a JoinGroup, beside what the request says.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// As Kafka tells it: `/127.0.0.1`.
    pub(crate) host: String,
    /// The request's version.
    pub(crate) version: i16,
}

/// A member of a group.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: StrBytes,
    /// `group.instance.id`: a static member keeps its place when it comes back under another member id (KIP-345).
    pub(super) instance_id: Option<StrBytes>,
    pub(super) client_id: String,
    pub(super) client_host: String,
    pub(super) session_timeout: Duration,
    pub(super) rebalance_timeout: Duration,
    /// Names and metadata, the best first.
    pub(super) protocols: Vec<(StrBytes, Bytes)>,
    pub(super) assignment: Bytes,
    /// Was never in a generation of the group: it may not know its id, so that its waiting says nothing about its life.
    pub(super) is_new: bool,
    /// Has not yet asked for its assignment in this generation.
    pub(super) owes_sync: bool,
    /// When the member counts as gone; none as long as waiting for the group's answer proves that it lives.
    pub(super) expires: Option<Instant>,
    join: Option<JoinAnswer>,
    sync: Option<SyncAnswer>,
}

// === impl Client ===

impl Client {
    /// From version 4 on a member has to come back with the id that it was given (KIP-394).
    pub(super) fn comes_back_with_id(&self) -> bool {
        self.version >= 4
    }

    /// From version 9 on a leader can be told to leave the assignment as it is (KIP-814).
    pub(super) fn can_skip_assignment(&self) -> bool {
        self.version >= 9
    }
}

// === impl Member ===

impl Member {
    pub(super) fn new(id: StrBytes, request: &JoinGroupRequest, client: &Client) -> Member {
        let mut member = Member {
            id,
            instance_id: request.group_instance_id.clone(),
            client_id: client.id.clone(),
            client_host: client.host.clone(),
            session_timeout: Duration::ZERO,
            rebalance_timeout: Duration::ZERO,
            protocols: Vec::new(),
            assignment: Bytes::new(),
            is_new: true,
            owes_sync: false,
            expires: None,
            join: None,
            sync: None,
        };
        member.update(request);
        member
    }

    /// Takes over what a new JoinGroup says.
    pub(super) fn update(&mut self, request: &JoinGroupRequest) {
        self.session_timeout = session_timeout(request);
        // Version 0 has no rebalance timeout.
        self.rebalance_timeout = match request.rebalance_timeout_ms {
            -1 => self.session_timeout,
            ms => Duration::from_millis(ms.max(0) as u64),
        };
        self.protocols = protocols(request);
    }

    /// The member has shown that it lives.
    pub(super) fn beat(&mut self, now: Instant) {
        self.expires = Some(now + self.session_timeout);
    }

    /// Lets the member wait for the end of the join phase.
    pub(super) fn await_join(&mut self, answer: JoinAnswer) {
        // An earlier request of the member can only come from a connection that it gave up.
        self.answer_join(join_error(ResponseError::RebalanceInProgress, &self.id.clone()));
        self.join = Some(answer);
    }

    /// Lets the member wait for its assignment.
    pub(super) fn await_sync(&mut self, answer: SyncAnswer) {
        self.answer_sync(sync_error(ResponseError::RebalanceInProgress));
        self.sync = Some(answer);
    }

    pub(super) fn answer_join(&mut self, response: JoinGroupResponse) {
        if let Some(answer) = self.join.take() {
            let _ = answer.send(response);
        }
    }

    pub(super) fn answer_sync(&mut self, response: SyncGroupResponse) {
        if let Some(answer) = self.sync.take() {
            let _ = answer.send(response);
        }
    }

    /// Answers whatever the member waits for with an error.
    pub(super) fn refuse(&mut self, error: ResponseError) {
        let id = self.id.clone();
        self.answer_join(join_error(error, &id));
        self.answer_sync(sync_error(error));
    }

    pub(super) fn awaits_join(&self) -> bool {
        self.join.is_some()
    }

    /// Whether the member's waiting proves that it lives.
    pub(super) fn waits(&self) -> bool {
        !self.is_new && (self.join.is_some() || self.sync.is_some())
    }

    pub(super) fn is_static(&self) -> bool {
        self.instance_id.is_some()
    }

    /// Whether a new JoinGroup asks for exactly what the member has.
    pub(super) fn matches(&self, request: &JoinGroupRequest) -> bool {
        self.protocols == protocols(request)
    }

    /// The metadata for a protocol; empty when the member does not speak it.
    pub(super) fn metadata(&self, protocol: &str) -> Bytes {
        let found = self.protocols.iter().find(|(name, _)| name.as_str() == protocol);
        found.map(|(_, metadata)| metadata.clone()).unwrap_or_default()
    }

    /// The member as the leader learns of it.
    pub(super) fn to_leader(&self, protocol: &str) -> JoinGroupResponseMember {
        JoinGroupResponseMember::default()
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance_id.clone())
            .with_metadata(self.metadata(protocol))
    }

    /// The member as DescribeGroups tells of it, without metadata.
    pub(super) fn describe(&self) -> DescribedGroupMember {
        DescribedGroupMember::default()
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance_id.clone())
            .with_client_id(self.client_id.clone().into())
            .with_client_host(self.client_host.clone().into())
            .with_member_assignment(self.assignment.clone())
    }
}

/// A JoinGroup that fails.
pub(crate) fn join_error(error: ResponseError, member_id: &StrBytes) -> JoinGroupResponse {
    JoinGroupResponse::default()
        .with_error_code(error.code())
        .with_protocol_name(None)
        .with_member_id(member_id.clone())
}

/// A SyncGroup that fails.
pub(crate) fn sync_error(error: ResponseError) -> SyncGroupResponse {
    SyncGroupResponse::default().with_error_code(error.code())
}

pub(super) fn session_timeout(request: &JoinGroupRequest) -> Duration {
    Duration::from_millis(request.session_timeout_ms.max(0) as u64)
}

fn protocols(request: &JoinGroupRequest) -> Vec<(StrBytes, Bytes)> {
    request.protocols.iter().map(|protocol| (protocol.name.clone(), protocol.metadata.clone())).collect()
}
