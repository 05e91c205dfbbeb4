//! JoinGroup: a member comes into a group, comes back, or takes its place under another id.
//!
//! The request comes in with the place where its answer goes: at once for errors and for what needs no rebalance, else from
//! `rebalance` when the join phase ends.

use std::collections::BTreeSet;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::member::{Client, JoinAnswer, Member, join_error, session_timeout};
use super::state::{Group, State};

/// A member that joins for the first time is waited for so long: its connection may be gone, and its session does not count
/// yet. Kafka's own number.
const NEW_MEMBER_TIMEOUT: Duration = Duration::from_secs(5 * 60);

// === impl Group ===

impl Group {
    /// Takes in a JoinGroup.
    pub(super) fn join(&mut self, request: &JoinGroupRequest, client: &Client, answer: JoinAnswer, now: Instant) {
        let id = &request.member_id;
        let names: BTreeSet<&StrBytes> = request.protocols.iter().map(|protocol| &protocol.name).collect();
        if !self.supports(&request.protocol_type, &names) {
            refuse(answer, ResponseError::InconsistentGroupProtocol, id);
        } else if id.is_empty() {
            self.join_first_time(request, client, answer, now);
        } else if request.group_instance_id.is_none() && self.promised.contains_key(id) {
            self.add(Member::new(id.clone(), request, client), request, answer, now);
        } else {
            match self.check_member(id, request.group_instance_id.as_ref()) {
                Ok(place) => self.join_again(place, request, answer, now),
                Err(error) => refuse(answer, error, id),
            }
        }
    }

    fn join_first_time(&mut self, request: &JoinGroupRequest, client: &Client, answer: JoinAnswer, now: Instant) {
        let prefix = request.group_instance_id.as_deref().unwrap_or(&client.id);
        let id = StrBytes::from_string(format!("{prefix}-{}", Uuid::new_v4()));
        let known = request.group_instance_id.as_ref().map(|instance| self.position_of_instance(instance));
        match known {
            Some(Some(place)) => self.replace(place, id, request, client, answer, now),
            None if client.comes_back_with_id() => {
                self.promised.insert(id.clone(), now + session_timeout(request));
                refuse(answer, ResponseError::MemberIdRequired, &id);
            }
            _ => self.add(Member::new(id, request, client), request, answer, now),
        }
    }

    fn add(&mut self, mut member: Member, request: &JoinGroupRequest, answer: JoinAnswer, now: Instant) {
        self.promised.remove(&member.id);
        if let Some(initial) = &mut self.initial {
            initial.newcomers = true;
        }
        if self.members.is_empty() {
            self.protocol_type = Some(request.protocol_type.clone());
            self.leader = Some(member.id.clone());
        }
        member.expires = Some(now + NEW_MEMBER_TIMEOUT);
        member.await_join(answer);
        self.members.push(member);
        self.rebalance(now);
    }

    /// A member that the group knows joins again.
    fn join_again(&mut self, place: usize, request: &JoinGroupRequest, answer: JoinAnswer, now: Instant) {
        let member = &self.members[place];
        let knows_all = match self.state {
            State::Empty | State::PreparingRebalance => false,
            // Nothing is new: the member has missed the answer to its last JoinGroup.
            State::CompletingRebalance => member.matches(request),
            // A leader joins again to have the work divided anew.
            State::Stable => member.matches(request) && !self.is_leader(&member.id),
        };
        if knows_all {
            let _ = answer.send(self.joined(place));
            return;
        }
        let member = &mut self.members[place];
        member.update(request);
        member.await_join(answer);
        self.rebalance(now);
    }

    /// A static member comes back without its id: it gets a new one, and who still uses the old one is fenced.
    fn replace(
        &mut self,
        place: usize,
        id: StrBytes,
        request: &JoinGroupRequest,
        client: &Client,
        answer: JoinAnswer,
        now: Instant,
    ) {
        let former_leader = self.leader.clone().unwrap_or_default();
        let leads = self.is_leader(&self.members[place].id);
        if leads {
            self.leader = Some(id.clone());
        }
        let member = &mut self.members[place];
        member.refuse(ResponseError::FencedInstanceId);
        member.id = id;
        member.client_id = client.id.clone();
        member.client_host = client.host.clone();
        member.update(request);
        member.beat(now);
        if self.state == State::Stable && self.select_protocol() == self.protocol_name {
            let _ = answer.send(self.replaced(place, leads, former_leader, client));
            return;
        }
        self.members[place].await_join(answer);
        // Also in CompletingRebalance: the leader may be dividing the work with the old id in hand.
        self.rebalance(now);
    }

    /// The answer to a static member that goes on where it left off, without a rebalance.
    fn replaced(&self, place: usize, leads: bool, former_leader: StrBytes, client: &Client) -> JoinGroupResponse {
        if client.can_skip_assignment() {
            return self.joined(place).with_skip_assignment(leads);
        }
        // An older client must not divide the work anew: it is told that another one leads.
        self.joined(place).with_members(Vec::new()).with_leader(former_leader)
    }
}

fn refuse(answer: JoinAnswer, error: ResponseError, member_id: &StrBytes) {
    let _ = answer.send(join_error(error, member_id));
}
