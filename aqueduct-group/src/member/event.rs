//! What a member tells the herder.

use tokio::sync::oneshot;

use crate::leader::{LeaderError, Owners};
use crate::names::MemberId;
use crate::protocol::{Assignment, Protocol, ProtocolError};
use crate::work::Work;
use aqueduct_kafka::KafkaError;

/// What happened in the group, in its order.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "events are few, and taken apart at once")]
pub enum GroupEvent {
    /// A rebalance began: who owns what is unknown until the next assignment. What runs goes on, but for what
    /// a revocation names.
    Rebalancing,
    /// Work has to stop.
    Revoked(Revocation),
    /// A generation is complete.
    Assigned(Assigned),
    /// The worker is no member now.
    Out(OutReason),
    /// The member cannot go on; it has ended. A worker ends then too.
    Failed(MemberError),
}

/// Work that has to stop, and be known to have stopped.
#[derive(Debug)]
pub struct Revocation {
    /// What to stop.
    pub work: Work,
    /// Why.
    pub reason: RevocationReason,
    done: oneshot::Sender<()>,
}

/// Why work has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// A rebalance by the eager protocol: everything stops before the member joins.
    Rebalance,
    /// Another member gets it, or it is not configured any longer.
    Moved,
    /// The coordinator could not be found: others may be given the work by now.
    CoordinatorLost,
}

/// What a member has to run from now on.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// This member's id.
    pub member: MemberId,
    /// The generation.
    pub generation: i32,
    /// The protocol that the group agreed on.
    pub protocol: Protocol,
    /// Everything that this member has to run, what it ran before included; beside it the leader, its URL, the config
    /// offset, the error, what was revoked and the delay as they came.
    pub assignment: Assignment,
    /// Who runs what, in the leader; nothing in other members or when the leader could not assign.
    pub owners: Option<Owners>,
    /// Whether to ask for another round, by [`rejoin`](super::MemberHandle::rejoin), once the assigned work was started:
    /// what was revoked is given out in that one.
    pub rejoin_when_started: bool,
}

/// Why a worker is no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutReason {
    /// The coordinator could not be found, and all work was given up. The member joins when it is found.
    CoordinatorLost,
    /// Stopping work took longer than `rebalance.timeout.ms`. The member joins when it has stopped.
    PollTimeout,
    /// [`leave`](super::MemberHandle::leave) was called. The member joins when it is told to.
    Asked,
    /// The member was stopped; it has ended.
    Stopped,
}

/// Why a member cannot go on.
#[derive(Clone, Debug)]
pub enum MemberError {
    /// A broker refuses the member.
    Kafka(KafkaError),
    /// What another member wrote cannot be read, or what this one has to say cannot be written.
    Protocol(ProtocolError),
    /// A round cannot be decided.
    Leader(LeaderError),
    /// The coordinator chose a protocol that was not offered.
    UnknownProtocol(String),
}

impl Revocation {
    /// A revocation, and what to wait for until it is done.
    pub(super) fn new(work: Work, reason: RevocationReason) -> (Self, oneshot::Receiver<()>) {
        let (done, wait) = oneshot::channel();
        (Self { work, reason, done }, wait)
    }

    /// The work has stopped. To drop the revocation says the same.
    pub fn done(self) {
        // A member that has ended waits no longer.
        let _ = self.done.send(());
    }
}

impl Assigned {
    /// Whether this member leads the group.
    pub fn is_leader(&self) -> bool {
        self.assignment.leader == self.member.as_str()
    }
}

impl std::fmt::Display for MemberError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kafka(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Leader(error) => error.fmt(f),
            Self::UnknownProtocol(name) => {
                write!(f, "the coordinator chose the protocol '{name}', which was not offered")
            }
        }
    }
}

impl std::error::Error for MemberError {}
