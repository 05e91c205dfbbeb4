//! A leader's round: from what the coordinator hands to the leader to what it hands back for every member.
//!
//! Members' metadata comes in as bytes, assignments go out, with who owns what. Relies on the caller for the clock, the
//! generations and the state of the config topic.

use std::collections::HashMap;
use std::time::Duration;

use crate::assignor::{Incremental, IncrementalRound, eager};
use crate::names::{ConnectorName, MemberId};
use crate::protocol::{Assignment, Metadata, Protocol, ProtocolError};
use crate::work::{ConfigSnapshot, TaskId, Work};

/// What a worker process knows as a leader. It lives as long as the process, since what was remembered while it led
/// counts when it leads again.
#[derive(Clone, Debug)]
pub struct Leader {
    incremental: Incremental,
}

/// What the coordinator and the worker know at the time of a round.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// The protocol that the coordinator chose.
    pub protocol: Protocol,
    /// This member, which leads.
    pub leader: &'a MemberId,
    /// All members with the metadata that they joined with, in the coordinator's order.
    pub members: &'a [(MemberId, Vec<u8>)],
    /// The generation of this round.
    pub generation: i32,
    /// The last generation that this member completed; -1 for none.
    pub last_generation: i32,
    /// The clock, in milliseconds since an epoch.
    pub now: i64,
}

/// What a round decided.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Each member's assignment.
    pub assignments: Vec<(MemberId, Assignment)>,
    /// Who owns what now; nothing when the leader is behind the members and could not assign.
    pub owners: Option<Owners>,
    /// The snapshot that was assigned, when it is not the one that the leader joined with.
    pub fresh: Option<ConfigSnapshot>,
    /// Whether the leader should join again at once, for the sake of work that is not configured and runs on.
    pub wants_another_round: bool,
}

/// Who owns what, as the leader knows it: the way to the worker that a request has to be sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    urls: HashMap<MemberId, String>,
    connectors: HashMap<ConnectorName, MemberId>,
    tasks: HashMap<TaskId, MemberId>,
}

impl Owners {
    /// The member that runs a connector.
    pub fn connector(&self, connector: &ConnectorName) -> Option<&MemberId> {
        self.connectors.get(connector)
    }

    /// The member that runs a task.
    pub fn task(&self, task: &TaskId) -> Option<&MemberId> {
        self.tasks.get(task)
    }

    /// The REST URL of a member.
    pub fn url(&self, member: &MemberId) -> Option<&str> {
        self.urls.get(member).map(String::as_str)
    }
}

/// A round that cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaderError {
    /// A member's metadata cannot be read.
    Metadata(MemberId, ProtocolError),
    /// The leader is not among the members.
    NotAMember(MemberId),
}

impl std::fmt::Display for LeaderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Metadata(member, error) => write!(f, "reading the metadata of member {member}: {error}"),
            Self::NotAMember(leader) => write!(f, "the leader {leader} is not among the members"),
        }
    }
}

impl std::error::Error for LeaderError {}

impl Leader {
    /// A process that never led. `max_delay` is `scheduled.rebalance.max.delay.ms`.
    pub fn new(max_delay: Duration) -> Self {
        Self { incremental: Incremental::new(max_delay) }
    }

    /// The memory of the incremental assignor.
    pub fn incremental(&self) -> &Incremental {
        &self.incremental
    }

    /// Decides a round. `snapshot` is what the leader knew of the config topic when it joined; `fresh` gives what it knows
    /// by now and is asked only when a member knows more.
    ///
    /// # Errors
    /// When a member's metadata cannot be read, or the leader is not a member. Nothing is remembered then.
    pub fn assign(
        &mut self,
        round: &Round<'_>,
        snapshot: &ConfigSnapshot,
        fresh: impl FnOnce() -> ConfigSnapshot,
    ) -> Result<Decision, LeaderError> {
        let members = metadata_of(round.members)?;
        let leader_url = members.iter().find(|(id, _)| id == round.leader).map(|(_, metadata)| metadata.url.clone());
        let leader_url = leader_url.ok_or_else(|| LeaderError::NotAMember(round.leader.clone()))?;
        let newest = members.iter().map(|(_, metadata)| metadata.offset).max().unwrap_or(snapshot.offset);
        let fresh = (snapshot.offset < newest).then(fresh);
        let behind = fresh.as_ref().is_some_and(|fresh| fresh.offset < newest);
        let blank = Assignment {
            version: round.protocol.version(),
            error: if behind { Assignment::CONFIG_MISMATCH } else { Assignment::NO_ERROR },
            leader: round.leader.as_str().to_owned(),
            leader_url,
            offset: fresh.as_ref().filter(|_| !behind).map_or(newest, |fresh| fresh.offset),
            ..Assignment::default()
        };
        if behind {
            let assignments = members.into_iter().map(|(id, _)| (id, blank.clone())).collect();
            return Ok(Decision { assignments, owners: None, fresh: None, wants_another_round: false });
        }
        let configured = fresh.as_ref().unwrap_or(snapshot);
        let (assignments, owners, wants_another_round) = match round.protocol {
            Protocol::Eager => {
                let (assignments, owners) = eagerly(members, configured, &blank);
                (assignments, owners, false)
            }
            Protocol::Compatible | Protocol::Sessioned => self.incrementally(round, members, configured, &blank),
        };
        Ok(Decision { assignments, owners: Some(owners), fresh, wants_another_round })
    }

    fn incrementally(
        &mut self,
        round: &Round<'_>,
        members: Vec<(MemberId, Metadata)>,
        configured: &ConfigSnapshot,
        blank: &Assignment,
    ) -> (Vec<(MemberId, Assignment)>, Owners, bool) {
        let mut urls = HashMap::new();
        let mut works = Vec::with_capacity(members.len());
        for (id, metadata) in members {
            urls.insert(id.clone(), metadata.url);
            works.push((id, metadata.allocation.unwrap_or_default().assigned));
        }
        let outcome = self.incremental.assign(&IncrementalRound {
            now: round.now,
            last_generation: round.last_generation,
            generation: round.generation,
            configured,
            members: &works,
        });
        let mut owners = Owners { urls, ..Owners::default() };
        let mut assignments = Vec::with_capacity(works.len());
        for (((id, _), change), owned) in works.into_iter().zip(outcome.changes).zip(outcome.owned) {
            owners.add(&id, owned);
            let (assigned, revoked) = (change.assigned, change.revoked);
            assignments.push((id, Assignment { assigned, revoked, delay: outcome.delay, ..blank.clone() }));
        }
        (assignments, owners, outcome.wants_another_round)
    }
}

fn eagerly(
    members: Vec<(MemberId, Metadata)>,
    configured: &ConfigSnapshot,
    blank: &Assignment,
) -> (Vec<(MemberId, Assignment)>, Owners) {
    let ids: Vec<MemberId> = members.iter().map(|(id, _)| id.clone()).collect();
    let urls = members.into_iter().map(|(id, metadata)| (id, metadata.url)).collect();
    let mut owners = Owners { urls, ..Owners::default() };
    let shares = eager(configured, &ids).into_iter().map(|(id, assigned)| {
        owners.add(&id, assigned.clone());
        (id, Assignment { assigned, ..blank.clone() })
    });
    (shares.collect(), owners)
}

impl Owners {
    fn add(&mut self, member: &MemberId, work: Work) {
        self.connectors.extend(work.connectors.into_iter().map(|connector| (connector, member.clone())));
        self.tasks.extend(work.tasks.into_iter().map(|task| (task, member.clone())));
    }
}

fn metadata_of(members: &[(MemberId, Vec<u8>)]) -> Result<Vec<(MemberId, Metadata)>, LeaderError> {
    let decode = |(id, bytes): &(MemberId, Vec<u8>)| match Metadata::decode(bytes) {
        Ok(metadata) => Ok((id.clone(), metadata)),
        Err(error) => Err(LeaderError::Metadata(id.clone(), error)),
    };
    members.iter().map(decode).collect()
}
