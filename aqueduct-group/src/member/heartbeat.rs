//! Staying a member: heartbeats, what their answers mean, and what else a member waits for meanwhile.

use std::sync::Arc;

use aqueduct_kafka::raw::GroupFault;
use tokio::time::{Instant, sleep_until};

use super::event::MemberError;
use super::port::GroupCoordinator;
use super::run::{Interrupt, Member};

/// When the next heartbeat is due, and when the last one got through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    pub(super) due: Instant,
    /// When the coordinator was heard of, or found.
    heard: Instant,
    /// When a heartbeat got through, or a generation began.
    alive: Instant,
    /// How often a coordinator was found since then.
    searches: u32,
}

impl Heartbeat {
    /// As after a heartbeat that got through, with the next one due at once.
    pub(super) fn now() -> Self {
        Self::first_at(Instant::now(), Instant::now())
    }

    fn first_at(due: Instant, now: Instant) -> Self {
        Self { due, heard: now, alive: now, searches: 0 }
    }

    /// One got through, or something as good.
    pub(super) fn succeeded(&mut self) {
        *self = Self::first_at(self.due, Instant::now());
    }

    /// A coordinator was found: it has the length of a session to answer.
    pub(super) fn found(&mut self) {
        self.heard = Instant::now();
        self.searches += 1;
    }
}

impl<C: GroupCoordinator> Member<C> {
    /// Whether it is in the group, as far as it knows, and can say so.
    pub(super) fn is_member(&self) -> bool {
        self.has_coordinator && self.generation.is_some()
    }

    /// A generation begins: the session and the next interval do too.
    pub(super) fn begin_session(&mut self) {
        let now = Instant::now();
        self.heartbeat = Heartbeat::first_at(now + self.settings.heartbeat_interval, now);
    }

    /// When the group must have given this member up, if no heartbeat gets through: after two sessions. One is not enough,
    /// since a coordinator that was killed is named by other brokers for most of one, and whoever takes the group over
    /// begins every member's session anew.
    pub(super) fn given_up_at(&self) -> Instant {
        self.heartbeat.alive + 2 * self.settings.session_timeout + self.settings.heartbeat_interval
    }

    /// Whether coordinators were found again and again, and none of them took a heartbeat in time.
    pub(super) fn is_given_up(&self) -> bool {
        self.heartbeat.searches > 1 && self.given_up_at() <= Instant::now()
    }

    /// Stays in the group until there is something to do about it.
    pub(super) async fn stay(&mut self) -> Result<(), Interrupt> {
        while self.is_member() && !self.wants_to_join() {
            self.obey()?;
            let due = self.rejoin_at.map_or(self.heartbeat.due, |at| at.min(self.heartbeat.due));
            tokio::select! {
                biased;
                command = self.command() => self.hear(command),
                () = sleep_until(due) => {
                    if self.rejoin_at.is_some_and(|at| at <= Instant::now()) {
                        tracing::info!("the delay of the rebalance is over: the member joins again");
                        self.rejoin_at = None;
                        self.rejoin.get_or_insert_default();
                    } else {
                        self.beat().await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends a heartbeat, or looks for a coordinator that was lost: what a member does that cannot do anything else now.
    pub(super) async fn stay_alive(&mut self) -> Result<(), Interrupt> {
        if self.has_coordinator {
            return self.beat().await;
        }
        let limit = Instant::now() + self.settings.heartbeat_interval;
        self.heartbeat.due = limit;
        let port = Arc::clone(&self.port);
        match self.attend(async move { port.find().await }, Some(limit)).await? {
            Some(Ok(())) => {
                self.has_coordinator = true;
                self.heartbeat.found();
                self.heartbeat.due = Instant::now();
            }
            Some(Err(GroupFault::Fatal(error))) => return Err(MemberError::Kafka(error).into()),
            Some(Err(fault)) => tracing::debug!("the group coordinator was not found: {fault}"),
            None => {}
        }
        Ok(())
    }

    /// Sends a heartbeat and acts on the answer. Without one for a session timeout the coordinator counts as lost.
    pub(super) async fn beat(&mut self) -> Result<(), Interrupt> {
        let Some(generation) = self.generation else { return Ok(()) };
        self.heartbeat.due = Instant::now() + self.settings.heartbeat_interval;
        let (port, id, asked) = (Arc::clone(&self.port), self.member_id.clone(), Instant::now());
        let end = self.heartbeat.heard + self.settings.session_timeout;
        let answer = self.attend(async move { port.heartbeat(&id, generation).await }, Some(end)).await?;
        if answer.is_some() {
            self.metrics.heartbeat(asked.elapsed());
        }
        match answer {
            Some(Ok(())) => self.heartbeat.succeeded(),
            Some(Err(GroupFault::Rebalancing)) => {
                tracing::info!("the group is rebalancing: member {} joins again", self.member_id);
                self.heartbeat.succeeded();
                self.rejoin.get_or_insert_with(|| "group is already rebalancing".to_owned());
            }
            Some(Err(fault @ (GroupFault::IllegalGeneration | GroupFault::UnknownMember))) => {
                tracing::info!("the heartbeat of member {} failed: {fault}", self.member_id);
                self.forget_membership(matches!(fault, GroupFault::UnknownMember));
                self.rejoin = Some(format!("encountered {} from HEARTBEAT response", code_name(&fault)));
            }
            Some(Err(GroupFault::NoCoordinator(why))) => {
                self.heartbeat.due = Instant::now() + self.settings.retry_backoff;
                self.lose_coordinator(&why);
            }
            Some(Err(GroupFault::Fatal(error))) => return Err(MemberError::Kafka(error).into()),
            // Not an answer to heartbeats, but then it has been heard of.
            Some(Err(GroupFault::NotYet(_) | GroupFault::MemberIdRequired(_))) => {}
            None => {
                self.heartbeat.due = Instant::now() + self.settings.retry_backoff;
                self.lose_coordinator("session timed out without receiving a heartbeat response.");
            }
        }
        Ok(())
    }

    /// The coordinator has to be found again. The membership stays: coordinators hand it on.
    pub(super) fn lose_coordinator(&mut self, why: &str) {
        tracing::info!("the group coordinator is unavailable or invalid and will be looked for again: {why}");
        self.has_coordinator = false;
    }
}

/// The fault as Java names it in a reason to join.
pub(super) fn code_name(fault: &GroupFault) -> &'static str {
    match fault {
        GroupFault::IllegalGeneration => "ILLEGAL_GENERATION",
        GroupFault::UnknownMember => "UNKNOWN_MEMBER_ID",
        GroupFault::Rebalancing => "REBALANCE_IN_PROGRESS",
        GroupFault::MemberIdRequired(_) => "MEMBER_ID_REQUIRED",
        GroupFault::NotYet(_) => "COORDINATOR_LOAD_IN_PROGRESS",
        GroupFault::NoCoordinator(_) => "NOT_COORDINATOR",
        GroupFault::Fatal(_) => "UNKNOWN_SERVER_ERROR",
    }
}
