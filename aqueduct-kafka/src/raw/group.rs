//! The requests of a member of a group, sent to the group's coordinator (the classic protocol: JoinGroup, SyncGroup,
//! Heartbeat, LeaveGroup).
//!
//! Answers are sorted into what a member does about them ([`GroupFault`]). The oldest versions that do are those of
//! Kafka 0.11; newer ones are used where the broker has them.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{GroupId, HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest};
use kafka_protocol::protocol::StrBytes;
use parking_lot::Mutex;

use super::RawClient;
use super::calls::Call;
use super::client::Coordinates;
use super::settings::Address;
use crate::codes::GROUP_AUTHORIZATION_FAILED;
use crate::error::KafkaError;
use crate::settings::ClientSettings;

/// A reason is cut off here, as in Java; brokers refuse longer ones.
const LONGEST_REASON: usize = 255;
/// How much longer than the rebalance a JoinGroup is waited for, as in Java.
const JOIN_MARGIN: Duration = Duration::from_secs(5);

/// A wish to be a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroup {
    /// The id that the coordinator gave before; empty for a newcomer.
    pub member_id: String,
    /// `session.timeout.ms`: after how long without a heartbeat the coordinator gives the member up.
    pub session_timeout: Duration,
    /// `rebalance.timeout.ms`: how long the coordinator waits for the members to join again.
    pub rebalance_timeout: Duration,
    /// The group's protocol type.
    pub protocol_type: String,
    /// Protocols with the member's metadata for each, the most preferred first.
    pub protocols: Vec<(String, Vec<u8>)>,
    /// Why it joins (KIP-800). May be empty.
    pub reason: String,
}

/// The coordinator's answer to a member that joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The generation that begins.
    pub generation: i32,
    /// The protocol that was chosen.
    pub protocol: String,
    /// The leader's member id.
    pub leader: String,
    /// This member's id.
    pub member_id: String,
    /// All members with their metadata, for the leader; nothing for the others.
    pub members: Vec<(String, Vec<u8>)>,
}

/// A member's question for its assignment; the leader brings everybody's along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// The member.
    pub member_id: String,
    /// The generation that it joined.
    pub generation: i32,
    /// The group's protocol type.
    pub protocol_type: String,
    /// The protocol that was chosen.
    pub protocol: String,
    /// Every member's assignment, from the leader.
    pub assignments: Vec<(String, Vec<u8>)>,
}

/// What keeps a request of a member from being granted.
#[derive(Clone, Debug)]
pub enum GroupFault {
    /// The coordinator cannot be reached, did not answer, or is one no longer: look for it.
    NoCoordinator(String),
    /// The coordinator is not ready: try again in a while.
    NotYet(String),
    /// The group is about to rebalance: join again.
    Rebalancing,
    /// The generation is over; the member may still be known.
    IllegalGeneration,
    /// The coordinator does not know the member.
    UnknownMember,
    /// Join again with this id.
    MemberIdRequired(String),
    /// Waiting does not help.
    Fatal(KafkaError),
}

impl std::fmt::Display for GroupFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCoordinator(why) | Self::NotYet(why) => f.write_str(why),
            Self::Rebalancing => f.write_str("The group is rebalancing, so a rejoin is needed."),
            Self::IllegalGeneration => f.write_str("Specified group generation id is not valid."),
            Self::UnknownMember => f.write_str("The coordinator is not aware of this member."),
            Self::MemberIdRequired(id) => write!(f, "need to re-join with the given member-id: {id}"),
            Self::Fatal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for GroupFault {}

/// A member's way to the coordinator of its group.
#[derive(Debug)]
pub struct GroupClient {
    client: RawClient,
    group_id: String,
    coordinator: Mutex<Option<Address>>,
}

impl GroupClient {
    /// For a group, with the settings of the group's member.
    ///
    /// # Errors
    /// As [`RawClient::create`].
    pub fn create(settings: &ClientSettings, group_id: &str) -> Result<Self, KafkaError> {
        Ok(Self::of_client(RawClient::create(settings)?, group_id))
    }

    /// The same over a client that exists.
    pub fn of_client(client: RawClient, group_id: &str) -> Self {
        Self { client, group_id: group_id.to_owned(), coordinator: Mutex::default() }
    }

    /// Looks for the coordinator: one round over the brokers.
    ///
    /// # Errors
    /// [`GroupFault::NoCoordinator`] or [`GroupFault::Fatal`].
    pub async fn find(&self) -> Result<(), GroupFault> {
        *self.coordinator.lock() = None;
        let found = self.client.coordinator(Coordinates::Group, &self.group_id).await;
        let found = found.map_err(|error| match error.code() {
            GROUP_AUTHORIZATION_FAILED => self.fault(30, None, "FindCoordinator response"),
            _ => self.lost(error),
        })?;
        tracing::info!("Discovered group coordinator {found} of group {}", self.group_id);
        *self.coordinator.lock() = Some(found);
        Ok(())
    }

    /// Joins. It is answered when the other members have joined too.
    ///
    /// # Errors
    /// Any fault.
    pub async fn join(&self, join: JoinGroup) -> Result<Joined, GroupFault> {
        let limit = self.client.settings().request_timeout.max(join.rebalance_timeout + JOIN_MARGIN);
        let protocols = join.protocols.into_iter().map(|(name, metadata)| {
            JoinGroupRequestProtocol::default().with_name(text(name)).with_metadata(Bytes::from(metadata))
        });
        let request = JoinGroupRequest::default()
            .with_group_id(self.group())
            .with_session_timeout_ms(millis(join.session_timeout))
            .with_rebalance_timeout_ms(millis(join.rebalance_timeout))
            .with_member_id(text(join.member_id))
            .with_protocol_type(text(join.protocol_type.clone()))
            .with_protocols(protocols.collect());
        let reason = reason(join.reason);
        let make = |version| Ok(if version < 8 { request } else { request.with_reason(reason) });
        let answer = self.call(limit, make).await?;
        if answer.error_code != 0 {
            return Err(self.fault(answer.error_code, Some(answer.member_id.as_str()), "join group response"));
        }
        if answer.protocol_type.as_ref().is_some_and(|named| named.as_str() != join.protocol_type) {
            return Err(self.fault(INCONSISTENT_GROUP_PROTOCOL, None, "join group response"));
        }
        let string = |text: &StrBytes| text.as_str().to_owned();
        Ok(Joined {
            generation: answer.generation_id,
            protocol: answer.protocol_name.as_ref().map(string).unwrap_or_default(),
            leader: string(&answer.leader),
            member_id: string(&answer.member_id),
            members: answer
                .members
                .iter()
                .map(|member| (string(&member.member_id), member.metadata.to_vec()))
                .collect(),
        })
    }

    /// Asks for the assignment. It is answered when the leader has asked.
    ///
    /// # Errors
    /// Any fault.
    pub async fn sync(&self, sync: SyncGroup) -> Result<Vec<u8>, GroupFault> {
        let assignments = sync.assignments.into_iter().map(|(member, assignment)| {
            SyncGroupRequestAssignment::default().with_member_id(text(member)).with_assignment(Bytes::from(assignment))
        });
        let request = SyncGroupRequest::default()
            .with_group_id(self.group())
            .with_generation_id(sync.generation)
            .with_member_id(text(sync.member_id))
            .with_assignments(assignments.collect());
        let make = |version| {
            Ok(if version < 5 {
                request
            } else {
                request.with_protocol_type(Some(text(sync.protocol_type))).with_protocol_name(Some(text(sync.protocol)))
            })
        };
        let answer = self.call(self.client.settings().request_timeout, make).await?;
        match answer.error_code {
            0 => Ok(answer.assignment.to_vec()),
            code => Err(self.fault(code, None, "SyncGroup")),
        }
    }

    /// Says that the member is alive.
    ///
    /// # Errors
    /// Any fault.
    pub async fn heartbeat(&self, member_id: &str, generation: i32) -> Result<(), GroupFault> {
        let request = HeartbeatRequest::default()
            .with_group_id(self.group())
            .with_generation_id(generation)
            .with_member_id(text(member_id.to_owned()));
        let answer = self.call(self.client.settings().request_timeout, |_| Ok(request)).await?;
        match answer.error_code {
            0 => Ok(()),
            code => Err(self.fault(code, None, "heartbeat response")),
        }
    }

    /// Leaves the group.
    ///
    /// # Errors
    /// Any fault; the coordinator gives the member up after the session timeout then.
    pub async fn leave(&self, member_id: &str, why: &str) -> Result<(), GroupFault> {
        let request = LeaveGroupRequest::default().with_group_id(self.group());
        let make = |version| {
            let member = text(member_id.to_owned());
            if version < 3 {
                return Ok(request.with_member_id(member));
            }
            let mut identity = MemberIdentity::default().with_member_id(member);
            if version >= 5 {
                identity = identity.with_reason(reason(why.to_owned()));
            }
            Ok(request.with_members(vec![identity]))
        };
        let answer = self.call(self.client.settings().request_timeout, make).await?;
        let of_member = answer.members.first().map_or(0, |member| member.error_code);
        match (answer.error_code, of_member) {
            (0, 0) => Ok(()),
            (0, code) | (code, _) => Err(self.fault(code, None, "LeaveGroup response")),
        }
    }

    async fn call<C: Call>(
        &self,
        limit: Duration,
        make: impl FnOnce(i16) -> Result<C, KafkaError>,
    ) -> Result<C::Response, GroupFault> {
        let coordinator = self.coordinator.lock().clone();
        let Some(coordinator) = coordinator else {
            return Err(GroupFault::NoCoordinator("The coordinator is not available.".to_owned()));
        };
        self.client.call(&coordinator, limit, make).await.map_err(|error| self.lost(error))
    }

    /// A request that got no answer.
    fn lost(&self, error: KafkaError) -> GroupFault {
        if error.is_retriable() {
            *self.coordinator.lock() = None;
            GroupFault::NoCoordinator(error.message().to_owned())
        } else {
            GroupFault::Fatal(error)
        }
    }

    fn fault(&self, code: i16, member_id: Option<&str>, place: &str) -> GroupFault {
        match code {
            14 => GroupFault::NotYet("The coordinator is loading and hence can't process requests.".to_owned()),
            15 | 16 => {
                *self.coordinator.lock() = None;
                GroupFault::NoCoordinator("This is not the correct coordinator.".to_owned())
            }
            22 => GroupFault::IllegalGeneration,
            25 => GroupFault::UnknownMember,
            27 => GroupFault::Rebalancing,
            79 => GroupFault::MemberIdRequired(member_id.unwrap_or_default().to_owned()),
            _ => {
                let group = &self.group_id;
                let message = match code {
                    INCONSISTENT_GROUP_PROTOCOL => {
                        "The group member's supported protocols are incompatible with those \
                                                    of existing members or first group member tried to join with empty \
                                                    protocol type or empty protocol list."
                            .to_owned()
                    }
                    24 => "The group id is invalid.".to_owned(),
                    26 => "The session timeout is not within the range allowed by the broker (as configured by \
                           group.min.session.timeout.ms and group.max.session.timeout.ms)."
                        .to_owned(),
                    30 => format!("Not authorized to access group: {group}"),
                    81 => "The consumer group has reached its max size.".to_owned(),
                    82 => "The broker rejected this static consumer since another consumer with the same \
                           group.instance.id has registered with a different member.id."
                        .to_owned(),
                    code => format!("Unexpected error in {place}: error code {code}"),
                };
                GroupFault::Fatal(KafkaError::from_code(i32::from(code), message))
            }
        }
    }

    fn group(&self) -> GroupId {
        GroupId(text(self.group_id.clone()))
    }
}

const INCONSISTENT_GROUP_PROTOCOL: i16 = 23;

fn text(text: String) -> StrBytes {
    StrBytes::from_string(text)
}

fn reason(mut why: String) -> Option<StrBytes> {
    if let Some((end, _)) = why.char_indices().nth(LONGEST_REASON) {
        why.truncate(end);
    }
    Some(text(why))
}

fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}
