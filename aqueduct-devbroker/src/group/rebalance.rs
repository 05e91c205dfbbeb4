//! The rebalance of a group: how its join phase begins, and how it ends in a new generation.
//!
//! It begins by `rebalance`, whoever asks for it, and ends by itself when all members have joined, or in `expire` when the
//! time is up. All members that joined get their answers then.

use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::JoinGroupResponse;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::member::{Member, sync_error};
use super::state::{Group, Initial, State};

/// As long as only absent static members are left, the end of the join phase is tried again after at least this time.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

// === impl Group ===

impl Group {
    /// Lets all members join again; goes on at once when all of them wait for it already.
    pub(super) fn rebalance(&mut self, now: Instant) {
        if self.state != State::PreparingRebalance {
            self.begin_join_phase(now);
        }
        self.end_join_phase_when_all_joined(now);
    }

    fn begin_join_phase(&mut self, now: Instant) {
        if self.state == State::CompletingRebalance {
            for member in &mut self.members {
                member.assignment.clear();
                member.answer_sync(sync_error(ResponseError::RebalanceInProgress));
                member.beat(now);
            }
        }
        for member in &mut self.members {
            member.owes_sync = false;
        }
        let timeout = self.rebalance_timeout();
        let from_empty = self.state == State::Empty;
        self.state = State::PreparingRebalance;
        if !from_empty {
            self.phase_ends = Some(now + timeout);
        } else if self.initial_delay.is_zero() {
            self.end_join_phase(now);
        } else {
            let remaining = timeout.saturating_sub(self.initial_delay);
            self.initial = Some(Initial { remaining, newcomers: false });
            self.phase_ends = Some(now + self.initial_delay);
        }
    }

    /// Ends the join phase when nobody is waited for any more. The first one of an empty group takes its time.
    pub(super) fn end_join_phase_when_all_joined(&mut self, now: Instant) {
        let all_joined = self.promised.is_empty() && self.members.iter().all(Member::awaits_join);
        if self.state == State::PreparingRebalance && self.initial.is_none() && all_joined {
            self.end_join_phase(now);
        }
    }

    /// The time of the join phase is up: ends it, or extends the first one when members are still coming.
    pub(super) fn end_join_phase_in_time(&mut self, now: Instant) {
        match self.initial.take() {
            Some(Initial { remaining, newcomers: true }) if !remaining.is_zero() => {
                let wait = self.initial_delay.min(remaining);
                self.initial = Some(Initial { remaining: remaining.saturating_sub(wait), newcomers: false });
                self.phase_ends = Some(now + wait);
            }
            _ => self.end_join_phase(now),
        }
    }

    fn end_join_phase(&mut self, now: Instant) {
        self.initial = None;
        // A static member keeps its place until its session ends.
        self.members.retain(|member| member.awaits_join() || member.is_static());
        if !self.elect_leader() {
            self.phase_ends = Some(now + self.rebalance_timeout().max(SHORTEST_WAIT));
            return;
        }
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        if self.members.is_empty() {
            self.state = State::Empty;
            self.protocol_name = None;
            self.phase_ends = None;
            return;
        }
        self.protocol_name = self.select_protocol();
        self.state = State::CompletingRebalance;
        self.phase_ends = Some(now + self.rebalance_timeout());
        for place in 0..self.members.len() {
            let response = self.joined(place);
            let member = &mut self.members[place];
            member.is_new = false;
            member.owes_sync = true;
            member.beat(now);
            member.answer_join(response);
        }
    }

    /// Makes sure that the leader is one that joined. False when members are left of whom none joined.
    fn elect_leader(&mut self) -> bool {
        let is_here =
            |leader: &StrBytes| self.members.iter().any(|member| member.id == *leader && member.awaits_join());
        if !self.leader.as_ref().is_some_and(is_here) {
            let joined = self.members.iter().find(|member| member.awaits_join());
            // When nobody joined, a static leader stays the leader.
            let leader = joined.or(self.members.first());
            self.leader = leader.map(|member| member.id.clone());
        }
        self.members.is_empty() || self.members.iter().any(Member::awaits_join)
    }

    /// The answer to a member's JoinGroup in this generation.
    pub(super) fn joined(&self, place: usize) -> JoinGroupResponse {
        let id = &self.members[place].id;
        let members = if self.is_leader(id) { self.to_leader() } else { Vec::new() };
        JoinGroupResponse::default()
            .with_generation_id(self.generation)
            .with_protocol_type(self.protocol_type.clone())
            .with_protocol_name(self.protocol_name.clone())
            .with_leader(self.leader.clone().unwrap_or_default())
            .with_member_id(id.clone())
            .with_members(members)
    }

    /// All members, as the leader has to know them.
    pub(super) fn to_leader(&self) -> Vec<JoinGroupResponseMember> {
        let protocol = self.protocol_name.as_deref().unwrap_or_default();
        self.members.iter().map(|member| member.to_leader(protocol)).collect()
    }

    /// Takes a member out, and answers what it waits for. The caller rebalances.
    pub(super) fn remove(&mut self, place: usize) {
        let mut member = self.members.remove(place);
        member.refuse(ResponseError::UnknownMemberId);
        if self.is_leader(&member.id) {
            self.leader = self.members.first().map(|member| member.id.clone());
        }
    }
}
