//! One group: its state, its members, and the questions that every request asks of it.
//!
//! ```text
//!           join                    all joined, or time is up          the leader's assignment
//!  Empty ───────▶ PreparingRebalance ───────▶ CompletingRebalance ───────▶ Stable
//!    ▲                 │      ▲                        │                      │
//!    └── nobody joined ┘      └── a join, a leave, or a member's silence ─────┘
//! ```
//!
//! Kafka's fifth state, Dead, is that of a group which is not there. A group knows no clock: every change is told what time it
//! is, and `wakes` says when `expire` has something to do. The changes are in `join`, `rebalance` and `session`; the
//! committed offsets are in `offsets`, and independent of the state but for who may commit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::member::Member;
use super::offsets::Offsets;
use super::subscription;

/// The state of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// No members; perhaps committed offsets.
    Empty,
    /// Waits for its members to join again.
    PreparingRebalance,
    /// Waits for the leader's assignment.
    CompletingRebalance,
    /// Every member has its assignment, or may ask for it.
    Stable,
}

/// The first rebalance of an empty group, which waits a while for more members.
#[derive(Debug)]
pub(super) struct Initial {
    /// How much longer the waiting may get.
    pub(super) remaining: Duration,
    /// Somebody joined since the waiting began.
    pub(super) newcomers: bool,
}

/// A group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(super) state: State,
    /// `group.initial.rebalance.delay.ms`.
    pub(super) initial_delay: Duration,
    pub(super) initial: Option<Initial>,
    pub(super) generation: i32,
    /// Of the members, also when they have gone; none for a group that only holds offsets.
    pub(super) protocol_type: Option<StrBytes>,
    /// What the members of this generation speak.
    pub(super) protocol_name: Option<StrBytes>,
    pub(super) leader: Option<StrBytes>,
    /// In the order in which they joined.
    pub(super) members: Vec<Member>,
    /// Ids that were given out and not used yet, and until when they may be used.
    pub(super) promised: BTreeMap<StrBytes, Instant>,
    /// The end of the join phase, or from then on the latest time for the members to ask for their assignment.
    pub(super) phase_ends: Option<Instant>,
    pub(super) offsets: Offsets,
}

// === impl State ===

impl State {
    /// As ListGroups and DescribeGroups tell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

// === impl Group ===

impl Group {
    pub(super) fn new(initial_delay: Duration) -> Group {
        Group {
            state: State::Empty,
            initial_delay,
            initial: None,
            generation: 0,
            protocol_type: None,
            protocol_name: None,
            leader: None,
            members: Vec::new(),
            promised: BTreeMap::new(),
            phase_ends: None,
            offsets: Offsets::default(),
        }
    }

    /// When `expire` has to be called at the latest.
    pub(super) fn wakes(&self) -> Option<Instant> {
        let members = self.members.iter().filter_map(|member| member.expires);
        members.chain(self.promised.values().copied()).chain(self.phase_ends).min()
    }

    /// Nothing would be lost if the group were forgotten.
    pub(super) fn is_void(&self) -> bool {
        self.state == State::Empty && self.promised.is_empty() && self.offsets.is_empty()
    }

    /// There never was more than a try to make it.
    pub(super) fn is_unused(&self) -> bool {
        self.is_void() && self.generation == 0
    }

    pub(super) fn is_of_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some(subscription::CONSUMER)
    }

    pub(super) fn is_leader(&self, id: &StrBytes) -> bool {
        self.leader.as_ref() == Some(id)
    }

    pub(super) fn position(&self, id: &StrBytes) -> Option<usize> {
        self.members.iter().position(|member| member.id == *id)
    }

    pub(super) fn position_of_instance(&self, instance: &StrBytes) -> Option<usize> {
        self.members.iter().position(|member| member.instance_id.as_ref() == Some(instance))
    }

    /// The place of the member that a request comes from.
    pub(super) fn check_member(&self, id: &StrBytes, instance: Option<&StrBytes>) -> Result<usize, ResponseError> {
        if let Some(instance) = instance {
            return match self.position_of_instance(instance) {
                None => Err(ResponseError::UnknownMemberId),
                Some(place) if self.members[place].id != *id => Err(ResponseError::FencedInstanceId),
                Some(place) => Ok(place),
            };
        }
        self.position(id).ok_or(ResponseError::UnknownMemberId)
    }

    /// As `check_member`, for a member that says which generation it takes part in.
    pub(super) fn check_generation(
        &self,
        id: &StrBytes,
        instance: Option<&StrBytes>,
        generation: i32,
    ) -> Result<usize, ResponseError> {
        let place = self.check_member(id, instance)?;
        if generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        Ok(place)
    }

    /// Whether this committer may commit offsets now. Tells the member's place when it is one.
    pub(super) fn check_commit(
        &self,
        id: &StrBytes,
        instance: Option<&StrBytes>,
        generation: i32,
        transactional: bool,
    ) -> Result<Option<usize>, ResponseError> {
        if generation < 0 && self.state == State::Empty {
            return Ok(None);
        }
        let place = if generation >= 0 || !id.is_empty() || instance.is_some() {
            Some(self.check_generation(id, instance, generation)?)
        } else if transactional {
            None
        } else {
            // A stranger must not overwrite what the members commit.
            return Err(ResponseError::UnknownMemberId);
        };
        if self.state == State::CompletingRebalance && !transactional {
            return Err(ResponseError::RebalanceInProgress);
        }
        Ok(place)
    }

    /// The longest of the members' rebalance timeouts: how long the group waits for all of them.
    pub(super) fn rebalance_timeout(&self) -> Duration {
        self.members.iter().map(|member| member.rebalance_timeout).max().unwrap_or_default()
    }

    /// Whether a member with these protocols fits to the others: it must speak one that all of them speak.
    pub(super) fn supports(&self, protocol_type: &StrBytes, names: &BTreeSet<&StrBytes>) -> bool {
        if self.state == State::Empty {
            return !protocol_type.is_empty() && !names.is_empty();
        }
        self.protocol_type.as_ref() == Some(protocol_type)
            && names.iter().any(|name| self.members.iter().all(|member| speaks(member, name)))
    }

    /// The protocol with most votes: each member votes for the first of its own that all members speak.
    pub(super) fn select_protocol(&self) -> Option<StrBytes> {
        let mut votes: Vec<(&StrBytes, usize)> = Vec::new();
        for member in &self.members {
            let mut names = member.protocols.iter().map(|(name, _)| name);
            let Some(choice) = names.find(|name| self.members.iter().all(|other| speaks(other, name))) else {
                continue;
            };
            match votes.iter_mut().find(|(name, _)| *name == choice) {
                Some((_, count)) => *count += 1,
                None => votes.push((choice, 1)),
            }
        }
        // Of equals the first: that of the member who joined first.
        let most = votes.iter().map(|(_, count)| *count).max()?;
        votes.iter().find(|(_, count)| *count == most).map(|(name, _)| (*name).clone())
    }

    /// Whether the members read this topic, as far as one can know: only consumers tell.
    pub(super) fn reads(&self, topic: &str) -> bool {
        if !self.is_of_consumers() || self.members.is_empty() {
            return false;
        }
        let Some(protocol) = &self.protocol_name else { return true };
        self.members.iter().any(|member| match subscription::topics(member.metadata(protocol)) {
            Some(topics) => topics.iter().any(|subscribed| subscribed.as_str() == topic),
            None => true,
        })
    }
}

fn speaks(member: &Member, protocol: &StrBytes) -> bool {
    member.protocols.iter().any(|(name, _)| name == protocol)
}
