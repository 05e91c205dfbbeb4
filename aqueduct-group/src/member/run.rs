//! The loop's frame: what a member remembers, how it hears the herder, and what it does next.

use std::future::Future;
use std::sync::Arc;

use aqueduct_kafka::raw::{Backoff, GroupFault};
use aqueduct_metrics::groups::CoordinatorMetrics;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::event::{GroupEvent, MemberError, OutReason, Revocation, RevocationReason};
use super::handle::Command;
use super::heartbeat::Heartbeat;
use super::port::{ConfigView, GroupCoordinator};
use super::settings::MemberSettings;
use crate::leader::Leader;
use crate::protocol::{Assignment, Protocol};
use crate::work::Work;

/// Why the loop leaves what it is doing.
#[derive(Debug)]
pub(super) enum Interrupt {
    /// The herder wants the member to leave, or to end; [`Wishes`] has which.
    Herder,
    /// It cannot go on.
    Failed(MemberError),
}

impl From<MemberError> for Interrupt {
    fn from(error: MemberError) -> Self {
        Self::Failed(error)
    }
}

/// What the herder asked for and has not got yet.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) leave: Option<String>,
    pub(super) stop: bool,
    /// Who waits for the end.
    ended: Vec<oneshot::Sender<()>>,
}

/// A member.
pub(super) struct Member<C> {
    pub(super) settings: MemberSettings,
    pub(super) port: Arc<C>,
    pub(super) configs: Arc<dyn ConfigView>,
    commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<GroupEvent>,
    pub(super) wishes: Wishes,
    pub(super) leader: Leader,
    pub(super) backoff: Backoff,
    /// Empty for a newcomer.
    pub(super) member_id: String,
    /// The present generation; nothing outside of the group.
    pub(super) generation: Option<i32>,
    /// The last generation that this process completed, -1 for none.
    pub(super) last_generation: i32,
    /// What the last round was decided by, or at first what this member prefers.
    pub(super) protocol: Protocol,
    /// What it has to run; nothing before the first assignment and after all was given up.
    pub(super) allocation: Option<Assignment>,
    /// Whether the coordinator was found and not lost since.
    pub(super) has_coordinator: bool,
    /// Whether to join again, and the reason for the coordinator.
    pub(super) rejoin: Option<String>,
    /// Whether the herder knows of the rebalance that goes on.
    pub(super) prepared: bool,
    /// When a delayed rebalance is due.
    pub(super) rejoin_at: Option<Instant>,
    pub(super) heartbeat: Heartbeat,
    /// Whether the herder wants it to stay out.
    out: bool,
    pub(super) metrics: Arc<CoordinatorMetrics>,
}

impl<C: GroupCoordinator> Member<C> {
    pub(super) fn new(
        settings: MemberSettings,
        port: C,
        configs: Arc<dyn ConfigView>,
        commands: mpsc::UnboundedReceiver<Command>,
        events: mpsc::UnboundedSender<GroupEvent>,
        metrics: Arc<CoordinatorMetrics>,
    ) -> Self {
        Self {
            port: Arc::new(port),
            configs,
            commands,
            events,
            wishes: Wishes::default(),
            leader: Leader::new(settings.max_delay),
            backoff: Backoff::new(settings.retry_backoff, settings.retry_backoff_max),
            member_id: String::new(),
            generation: None,
            last_generation: -1,
            protocol: settings.protocol,
            allocation: None,
            has_coordinator: false,
            rejoin: None,
            prepared: false,
            rejoin_at: None,
            heartbeat: Heartbeat::now(),
            out: false,
            metrics,
            settings,
        }
    }

    /// Runs until it is told to stop, or cannot go on.
    pub(super) async fn run(mut self) {
        loop {
            match self.turn().await {
                Ok(()) => {}
                Err(Interrupt::Herder) if self.wishes.stop => {
                    self.leave_group("the consumer is being closed").await;
                    self.tell(GroupEvent::Out(OutReason::Stopped));
                    break;
                }
                Err(Interrupt::Herder) => {
                    let reason = self.wishes.leave.take().unwrap_or_default();
                    self.leave_group(&reason).await;
                    self.tell(GroupEvent::Out(OutReason::Asked));
                    // Unless it was told to come back meanwhile.
                    self.out = self.rejoin.is_none();
                }
                Err(Interrupt::Failed(error)) => {
                    tracing::error!("the group member cannot go on: {error}");
                    self.tell(GroupEvent::Failed(error));
                    break;
                }
            }
        }
        for waiting in self.wishes.ended.drain(..) {
            // Whoever lost patience does not mind.
            let _ = waiting.send(());
        }
    }

    /// One thing after the other: the coordinator, the rebalance, staying.
    async fn turn(&mut self) -> Result<(), Interrupt> {
        self.obey()?;
        if self.out {
            let command = self.commands.recv().await;
            self.hear(command);
            return self.obey();
        }
        if !self.has_coordinator {
            return self.find_coordinator().await;
        }
        if self.wants_to_join() {
            return self.join_group().await;
        }
        self.stay().await
    }

    /// Whether there is a reason to join.
    pub(super) fn wants_to_join(&self) -> bool {
        self.rejoin.is_some() || self.generation.is_none() || self.allocation.is_none()
    }

    /// Looks for the coordinator until it is found. When it takes longer than a heartbeat's interval, all work is given
    /// up, since others may be running it by now; and so it is when coordinators are found that never answer. Amid
    /// a rebalance, when all members look for the same coordinator, there is more time.
    async fn find_coordinator(&mut self) -> Result<(), Interrupt> {
        if self.holds_work() && self.is_given_up() {
            self.give_up_work().await?;
        }
        let mut patience = Instant::now() + self.settings.heartbeat_interval;
        if self.prepared {
            patience = patience.max(self.given_up_at());
        }
        let mut failures = 0;
        let mut last = String::new();
        loop {
            let limit = self.holds_work().then_some(patience);
            let port = Arc::clone(&self.port);
            match self.attend(async move { port.find().await }, limit).await? {
                Some(Ok(())) => {
                    self.has_coordinator = true;
                    self.heartbeat.found();
                    return Ok(());
                }
                Some(Err(GroupFault::Fatal(error))) => return Err(MemberError::Kafka(error).into()),
                Some(Err(fault)) => {
                    // A broker that is down gives the same answer many times.
                    let why = fault.to_string();
                    if last != why {
                        tracing::warn!("the group coordinator was not found: {why}");
                        last = why;
                    }
                    failures += 1;
                    let wait = Instant::now() + self.backoff.after(failures);
                    self.attend(sleep_until(wait), limit).await?;
                }
                None => {}
            }
            if self.holds_work() && Instant::now() >= patience {
                self.give_up_work().await?;
            }
        }
    }

    /// Shows what this worker has to run.
    pub(super) fn note_work(&self) {
        let work = self.allocation.as_ref().map(|allocation| &allocation.assigned);
        self.metrics.assigned(work.map_or(0, |w| w.connectors.len()), work.map_or(0, |w| w.tasks.len()));
    }

    fn holds_work(&self) -> bool {
        self.allocation.is_some()
    }

    async fn give_up_work(&mut self) -> Result<(), Interrupt> {
        tracing::warn!("the group coordinator is unreachable: all work is given up, since others may be running it");
        let work = self.allocation.take().map(|allocation| allocation.assigned).unwrap_or_default();
        self.rejoin_at = None;
        self.note_work();
        if !work.is_empty() {
            self.revoke(work, RevocationReason::CoordinatorLost).await?;
        }
        self.tell(GroupEvent::Out(OutReason::CoordinatorLost));
        Ok(())
    }

    /// Has the herder stop work and waits until it has, as a member that stays alive. When it takes longer than
    /// `rebalance.timeout.ms` the member leaves the group, and waits on.
    pub(super) async fn revoke(&mut self, work: Work, reason: RevocationReason) -> Result<(), Interrupt> {
        let (revocation, mut done) = Revocation::new(work, reason);
        self.tell(GroupEvent::Revoked(revocation));
        let too_late = Instant::now() + self.settings.rebalance_timeout;
        let mut late = false;
        while !self.wishes.stop {
            let beat_at = self.generation.is_some().then_some(self.heartbeat.due);
            tokio::select! {
                biased;
                _ = &mut done => return Ok(()),
                command = self.commands.recv() => self.hear(command),
                () = sleep_until(too_late), if !late => {
                    late = true;
                    tracing::warn!(
                        "worker poll timeout has expired: stopping work took longer than rebalance.timeout.ms, which \
                         is {} ms. The worker leaves the group until it has stopped.",
                        self.settings.rebalance_timeout.as_millis()
                    );
                    self.leave_group("worker poll timeout has expired.").await;
                    self.tell(GroupEvent::Out(OutReason::PollTimeout));
                }
                () = sleep_until(beat_at.unwrap_or(too_late)), if beat_at.is_some() => match self.stay_alive().await {
                    // To leave has to wait until the work has stopped.
                    Ok(()) | Err(Interrupt::Herder) => {}
                    Err(failed) => return Err(failed),
                },
            }
        }
        Err(Interrupt::Herder)
    }

    /// Leaves the group if the worker is in it. Whatever the answer, it is no member from then on.
    pub(super) async fn leave_group(&mut self, reason: &str) {
        if self.has_coordinator && !self.member_id.is_empty() {
            tracing::info!("member {} sends a LeaveGroup request to the coordinator: {reason}", self.member_id);
            // The coordinator notices a member that is gone after the session timeout anyway.
            let leave = self.port.leave(&self.member_id, reason);
            match tokio::time::timeout(self.settings.session_timeout, leave).await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => tracing::warn!("leaving the group failed: {fault}"),
                Err(_) => tracing::warn!("leaving the group failed: the coordinator did not answer in time"),
            }
        }
        self.forget_membership(true);
        self.rejoin_at = None;
    }

    /// The generation is over for this member, and with `id` the coordinator does not know it any more.
    pub(super) fn forget_membership(&mut self, id: bool) {
        self.generation = None;
        if id {
            self.member_id.clear();
        }
    }

    /// Waits for `future`, with an ear for the herder, and until `limit` at most; nothing when that was first.
    pub(super) async fn attend<T>(
        &mut self,
        future: impl Future<Output = T>,
        limit: Option<Instant>,
    ) -> Result<Option<T>, Interrupt> {
        tokio::pin!(future);
        loop {
            self.obey()?;
            let until = limit.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                command = self.commands.recv() => self.hear(command),
                result = &mut future => return Ok(Some(result)),
                () = sleep_until(until), if limit.is_some() => return Ok(None),
            }
        }
    }

    /// Takes a command in. None at all means that nobody holds the member any longer.
    pub(super) fn hear(&mut self, command: Option<Command>) {
        match command {
            Some(Command::Rejoin) => {
                self.out = false;
                // The reason on the wire stays empty, as Java leaves it.
                self.rejoin.get_or_insert_default();
            }
            Some(Command::Leave(reason)) => {
                self.wishes.leave = Some(reason);
                self.rejoin = None;
            }
            Some(Command::Stopped(work)) => {
                if let Some(allocation) = &mut self.allocation {
                    allocation.assigned.remove_all(&work);
                }
                self.note_work();
            }
            Some(Command::Stop(ended)) => {
                self.wishes.stop = true;
                self.wishes.ended.push(ended);
            }
            None => self.wishes.stop = true,
        }
    }

    /// The next command.
    pub(super) async fn command(&mut self) -> Option<Command> {
        self.commands.recv().await
    }

    /// Does not go on when the herder wants the member to leave or to end.
    pub(super) fn obey(&self) -> Result<(), Interrupt> {
        if self.wishes.stop || self.wishes.leave.is_some() { Err(Interrupt::Herder) } else { Ok(()) }
    }

    /// Tells the herder something. A herder that is gone means the end.
    pub(super) fn tell(&mut self, event: GroupEvent) {
        if self.events.send(event).is_err() {
            self.wishes.stop = true;
        }
    }
}
