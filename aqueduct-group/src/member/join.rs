//! One rebalance: what stops before, JoinGroup, the leader's round, SyncGroup, what is assigned after.

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use aqueduct_kafka::raw::{GroupFault, JoinGroup, Joined, SyncGroup};
use tokio::time::{Instant, sleep_until};

use super::event::{Assigned, GroupEvent, MemberError, RevocationReason};
use super::heartbeat::code_name;
use super::port::GroupCoordinator;
use super::run::{Interrupt, Member};
use crate::leader::{Owners, Round};
use crate::names::MemberId;
use crate::protocol::{Assignment, Metadata, PROTOCOL_TYPE, Protocol, offers};
use crate::work::{ConfigSnapshot, Work};

/// What the leader decided beside the assignments.
#[derive(Default)]
struct Decided {
    assignments: Vec<(String, Vec<u8>)>,
    owners: Option<Owners>,
    wants_another_round: bool,
}

/// A round that is complete.
struct Outcome {
    joined: Joined,
    protocol: Protocol,
    decided: Decided,
    bytes: Vec<u8>,
}

impl<C: GroupCoordinator> Member<C> {
    /// Joins, again and again until a generation is complete or the coordinator has to be found first.
    pub(super) async fn join_group(&mut self) -> Result<(), Interrupt> {
        if !self.prepared {
            self.prepared = true;
            self.prepare().await?;
        }
        let (mut failures, began) = (0, Instant::now());
        while self.has_coordinator {
            match self.round().await? {
                Ok(outcome) => {
                    self.metrics.rebalanced(began.elapsed());
                    return self.complete(outcome).await;
                }
                Err(fault) => {
                    if !matches!(fault, GroupFault::MemberIdRequired(_)) {
                        self.metrics.rebalance_failed();
                    }
                    tracing::info!("joining the group did not succeed: {fault}");
                    if let Some(wait) = self.after_fault(fault, &mut failures)? {
                        self.attend(sleep_until(wait), None).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The herder learns of the rebalance; by the eager protocol everything stops.
    async fn prepare(&mut self) -> Result<(), Interrupt> {
        tracing::info!("Rebalance started");
        self.rejoin_at = None;
        self.tell(GroupEvent::Rebalancing);
        if self.protocol == Protocol::Eager {
            let held = self.allocation.as_ref().map(|allocation| allocation.assigned.clone()).unwrap_or_default();
            if !held.is_empty() {
                self.revoke(held, RevocationReason::Rebalance).await?;
            }
            if let Some(allocation) = &mut self.allocation {
                allocation.assigned = Work::default();
            }
            self.note_work();
        }
        Ok(())
    }

    async fn round(&mut self) -> Result<Result<Outcome, GroupFault>, Interrupt> {
        // A wish for another round that comes from here on is not fulfilled by this one.
        let reason = self.rejoin.take().unwrap_or_default();
        let snapshot = self.configs.snapshot();
        let url = self.settings.url.clone();
        let metadata = Metadata { url, offset: snapshot.offset, allocation: self.allocation.clone() };
        let protocols = offers(self.settings.protocol, &metadata).map_err(MemberError::Protocol)?;
        let join = JoinGroup {
            member_id: self.member_id.clone(),
            session_timeout: self.settings.session_timeout,
            rebalance_timeout: self.settings.rebalance_timeout,
            protocol_type: PROTOCOL_TYPE.to_owned(),
            protocols: protocols.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect(),
            reason,
        };
        let (port, asked) = (Arc::clone(&self.port), Instant::now());
        let answer = self.attend(async move { port.join(join).await }, None).await?;
        if asked.elapsed() >= self.settings.heartbeat_interval {
            // For so long a coordinator waited for the other members, and counted this one.
            self.heartbeat.succeeded();
        }
        let joined = match answer {
            Some(Ok(joined)) => joined,
            Some(Err(fault)) => return Ok(Err(fault)),
            None => return Ok(Err(GroupFault::NotYet("no answer".to_owned()))),
        };
        self.metrics.joined(asked.elapsed());
        tracing::info!("member {} joined generation {}", joined.member_id, joined.generation);
        let protocol = Protocol::from_name(&joined.protocol);
        let protocol = protocol.ok_or_else(|| MemberError::UnknownProtocol(joined.protocol.clone()))?;
        self.member_id.clone_from(&joined.member_id);
        self.generation = Some(joined.generation);
        let decided = if joined.leader == joined.member_id {
            self.lead(&joined, protocol, &snapshot)?
        } else {
            Decided::default()
        };
        let sync = SyncGroup {
            member_id: joined.member_id.clone(),
            generation: joined.generation,
            protocol_type: PROTOCOL_TYPE.to_owned(),
            protocol: joined.protocol.clone(),
            assignments: decided.assignments.clone(),
        };
        let (port, asked) = (Arc::clone(&self.port), Instant::now());
        Ok(match self.attend(async move { port.sync(sync).await }, None).await? {
            Some(Ok(bytes)) => {
                self.metrics.synced(asked.elapsed());
                Ok(Outcome { joined, protocol, decided, bytes })
            }
            Some(Err(fault)) => Err(fault),
            None => Err(GroupFault::NotYet("no answer".to_owned())),
        })
    }

    fn lead(&mut self, joined: &Joined, protocol: Protocol, snapshot: &ConfigSnapshot) -> Result<Decided, MemberError> {
        let members: Vec<(MemberId, Vec<u8>)> =
            joined.members.iter().map(|(id, metadata)| (MemberId::from(id.as_str()), metadata.clone())).collect();
        let round = Round {
            protocol,
            leader: &MemberId::from(joined.member_id.as_str()),
            members: &members,
            generation: joined.generation,
            last_generation: self.last_generation,
            now: steady_millis(),
        };
        let decision = self.leader.assign(&round, snapshot, || self.configs.snapshot()).map_err(MemberError::Leader)?;
        let assignments = decision.assignments.iter().map(|(member, assignment)| {
            let bytes = assignment.encode(protocol).map_err(MemberError::Protocol)?;
            Ok((member.as_str().to_owned(), bytes))
        });
        Ok(Decided {
            assignments: assignments.collect::<Result<_, MemberError>>()?,
            owners: decision.owners,
            wants_another_round: decision.wants_another_round,
        })
    }

    /// Follows the assignment: stops what is revoked, and tells the herder what to run.
    async fn complete(&mut self, outcome: Outcome) -> Result<(), Interrupt> {
        let Outcome { joined, protocol, decided, bytes } = outcome;
        let received = Assignment::decode(&bytes).map_err(MemberError::Protocol)?;
        self.protocol = protocol;
        self.prepared = false;
        self.begin_session();
        let revokes = protocol != Protocol::Eager && !received.revoked.is_empty();
        if revokes {
            self.revoke(received.revoked.clone(), RevocationReason::Moved).await?;
        }
        let merged = received.following(protocol, self.allocation.take());
        self.last_generation = joined.generation;
        let delay = u64::try_from(merged.delay).unwrap_or(0);
        self.rejoin_at = (delay > 0).then(|| Instant::now() + std::time::Duration::from_millis(delay));
        // What was revoked has stopped, and is nobody's business any longer.
        self.allocation = Some(Assignment { revoked: Work::default(), ..merged.clone() });
        self.note_work();
        self.tell(GroupEvent::Assigned(Assigned {
            member: MemberId::from(joined.member_id),
            generation: joined.generation,
            protocol,
            assignment: merged,
            owners: decided.owners,
            rejoin_when_started: revokes || decided.wants_another_round,
        }));
        Ok(())
    }

    /// What a fault means for the membership, and until when to wait before the next attempt.
    fn after_fault(&mut self, fault: GroupFault, failures: &mut u32) -> Result<Option<Instant>, Interrupt> {
        let name = code_name(&fault);
        self.rejoin.get_or_insert_with(|| match &fault {
            GroupFault::MemberIdRequired(_) => fault.to_string(),
            _ => format!("rebalance failed due to {name}"),
        });
        match fault {
            GroupFault::MemberIdRequired(id) => {
                self.forget_membership(true);
                self.member_id = id;
                Ok(None)
            }
            GroupFault::UnknownMember => {
                self.forget_membership(true);
                Ok(None)
            }
            // The member may be known all the same.
            GroupFault::IllegalGeneration => {
                self.forget_membership(false);
                Ok(None)
            }
            GroupFault::Rebalancing => Ok(None),
            GroupFault::NoCoordinator(why) => {
                self.lose_coordinator(&why);
                Ok(Some(self.retry_at(failures)))
            }
            GroupFault::NotYet(_) => Ok(Some(self.retry_at(failures))),
            GroupFault::Fatal(error) => Err(MemberError::Kafka(error).into()),
        }
    }

    fn retry_at(&self, failures: &mut u32) -> Instant {
        *failures += 1;
        Instant::now() + self.backoff.after(*failures)
    }
}

/// Milliseconds since the epoch, by a clock that never jumps: the leader's delays live on it as long as the process.
fn steady_millis() -> i64 {
    static START: OnceLock<(Instant, i64)> = OnceLock::new();
    let (start, at_start) = START.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (Instant::now(), i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
    });
    at_start.saturating_add(i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX))
}
