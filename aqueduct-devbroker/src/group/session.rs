//! The life of a member within a generation: SyncGroup, Heartbeat and LeaveGroup, and what happens when it falls silent.

use std::collections::HashMap;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{HeartbeatRequest, SyncGroupRequest, SyncGroupResponse};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::member::{SyncAnswer, sync_error};
use super::state::{Group, State};

// === impl Group ===

impl Group {
    /// Takes in a SyncGroup. Followers are answered when the leader has sent the assignment.
    pub(super) fn sync(&mut self, request: SyncGroupRequest, answer: SyncAnswer, now: Instant) {
        let place = match self.check_sync(&request) {
            Ok(place) => place,
            Err(error) => {
                let _ = answer.send(sync_error(error));
                return;
            }
        };
        self.members[place].owes_sync = false;
        self.members[place].await_sync(answer);
        if self.state == State::Stable {
            self.hand_out(place, now);
        } else if self.is_leader(&request.member_id) {
            self.assign(request, now);
        }
        if !self.members.iter().any(|member| member.owes_sync) {
            self.phase_ends = None;
        }
    }

    fn check_sync(&self, request: &SyncGroupRequest) -> Result<usize, ResponseError> {
        let instance = request.group_instance_id.as_ref();
        let place = self.check_generation(&request.member_id, instance, request.generation_id)?;
        // Versions before 5 do not tell the protocol.
        let differs = |told: &Option<StrBytes>, own: &Option<StrBytes>| told.is_some() && told != own;
        if differs(&request.protocol_type, &self.protocol_type) || differs(&request.protocol_name, &self.protocol_name)
        {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        match self.state {
            State::Empty => Err(ResponseError::UnknownMemberId),
            State::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            State::CompletingRebalance | State::Stable => Ok(place),
        }
    }

    /// The leader has divided the work. Who is not mentioned gets nothing.
    fn assign(&mut self, request: SyncGroupRequest, now: Instant) {
        let mut assignments: HashMap<StrBytes, Bytes> =
            request.assignments.into_iter().map(|one| (one.member_id, one.assignment)).collect();
        self.state = State::Stable;
        for place in 0..self.members.len() {
            let member = &mut self.members[place];
            member.assignment = assignments.remove(&member.id).unwrap_or_default();
            self.hand_out(place, now);
        }
    }

    /// Gives a member its assignment, where it waits for it.
    fn hand_out(&mut self, place: usize, now: Instant) {
        let response = SyncGroupResponse::default()
            .with_protocol_type(self.protocol_type.clone())
            .with_protocol_name(self.protocol_name.clone())
            .with_assignment(self.members[place].assignment.clone());
        let member = &mut self.members[place];
        member.answer_sync(response);
        member.beat(now);
    }

    /// Takes in a Heartbeat.
    pub(super) fn heartbeat(&mut self, request: &HeartbeatRequest, now: Instant) -> Result<(), ResponseError> {
        let instance = request.group_instance_id.as_ref();
        let place = self.check_generation(&request.member_id, instance, request.generation_id)?;
        self.members[place].beat(now);
        match self.state {
            State::Empty => Err(ResponseError::UnknownMemberId),
            State::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            State::CompletingRebalance | State::Stable => Ok(()),
        }
    }

    /// Takes members out that leave, or that an administrator takes out.
    pub(super) fn leave(&mut self, leavers: &[MemberIdentity], now: Instant) -> Vec<MemberResponse> {
        let before = self.members.len();
        let responses = leavers
            .iter()
            .map(|leaver| {
                let code = self.leave_one(leaver).map_or_else(|error| error.code(), |()| 0);
                MemberResponse::default()
                    .with_member_id(leaver.member_id.clone())
                    .with_group_instance_id(leaver.group_instance_id.clone())
                    .with_error_code(code)
            })
            .collect();
        if self.members.len() < before {
            self.rebalance(now);
        } else {
            self.end_join_phase_when_all_joined(now);
        }
        responses
    }

    fn leave_one(&mut self, leaver: &MemberIdentity) -> Result<(), ResponseError> {
        let place = match &leaver.group_instance_id {
            // An administrator knows the static member's name only.
            Some(instance) if leaver.member_id.is_empty() => {
                self.position_of_instance(instance).ok_or(ResponseError::UnknownMemberId)?
            }
            None if self.promised.remove(&leaver.member_id).is_some() => return Ok(()),
            instance => self.check_member(&leaver.member_id, instance.as_ref())?,
        };
        self.remove(place);
        Ok(())
    }

    /// Does what is due: promised ids that nobody used, members that fell silent, phases that took too long.
    pub(super) fn expire(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        self.promised.retain(|_, until| *until > now);
        let mut gone = false;
        for place in (0..self.members.len()).rev() {
            let member = &mut self.members[place];
            if !due(member.expires) {
                continue;
            }
            if member.waits() {
                // Its session goes on with the answer.
                member.expires = None;
            } else {
                tracing::info!(member = member.id.as_str(), "a member of a group fell silent");
                self.remove(place);
                gone = true;
            }
        }
        match gone {
            true => self.rebalance(now),
            false => self.end_join_phase_when_all_joined(now),
        }
        if due(self.phase_ends) {
            self.phase_ends = None;
            match self.state {
                State::Empty => {}
                State::PreparingRebalance => self.end_join_phase_in_time(now),
                State::CompletingRebalance | State::Stable => self.remove_debtors(now),
            }
        }
    }

    /// Takes members out that never asked for their assignment.
    fn remove_debtors(&mut self, now: Instant) {
        let before = self.members.len();
        for place in (0..before).rev() {
            if self.members[place].owes_sync {
                self.remove(place);
            }
        }
        if self.members.len() < before {
            self.rebalance(now);
        }
    }
}
