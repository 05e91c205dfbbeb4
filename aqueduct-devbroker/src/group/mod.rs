//! The group coordinator: Kafka's classic group protocol for members of any type, and the offsets that groups commit.
//!
//! Requests come in from `api`, one method of `Groups` each. All groups are behind one lock, which is never held while
//! something is waited for: who has to wait for others (JoinGroup, SyncGroup) gets its answer by a channel. Time passes by
//! one task that sleeps until the earliest moment at which a group has something to do. What has to survive the broker is
//! written to the log `groups` before it is answered.

mod admin;
mod commit;
mod join;
mod member;
mod offsets;
mod rebalance;
mod session;
mod state;
mod storage;
mod subscription;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest, SyncGroupResponse,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::broker::Broker;
use crate::storage::InternalLog;

pub(crate) use admin::dead;
pub(crate) use commit::{Committer, Fetched, Position};
pub(crate) use member::{Client, join_error, sync_error};

use state::Group;
use storage::GroupLog;

/// `group.initial.rebalance.delay.ms`: a quickstart has no time to wait for more members.
const INITIAL_DELAY: Duration = Duration::ZERO;

/// `group.min.session.timeout.ms` and `group.max.session.timeout.ms`, as Kafka has them by default.
const SESSION_TIMEOUTS_MS: std::ops::RangeInclusive<i32> = 6_000..=1_800_000;

/// `offsets.retention.check.interval.ms`: so often groups are forgotten that have neither members nor offsets.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// All groups.
#[derive(Debug)]
pub(crate) struct Groups {
    known: Mutex<Known>,
    log: GroupLog,
    initial_delay: Duration,
    /// The sequence of the latest commit.
    sequence: AtomicU64,
    /// Told when a group has something to do earlier than was planned.
    replan: Arc<Notify>,
}

#[derive(Debug)]
struct Known {
    groups: BTreeMap<String, Group>,
    /// When the clock's task will look after the groups.
    planned: Option<Instant>,
}

// === impl Groups ===

impl Groups {
    /// Opens what the log remembers.
    ///
    /// # Errors
    ///
    /// When the log holds something else than groups.
    pub(crate) fn open(log: InternalLog) -> io::Result<Groups> {
        Groups::open_with(log, INITIAL_DELAY)
    }

    /// As `open`, for groups that wait so long for more members when the first one joins.
    pub(crate) fn open_with(log: InternalLog, initial_delay: Duration) -> io::Result<Groups> {
        let log = GroupLog::new(log);
        let groups = log.load(initial_delay)?;
        let sequence = groups.values().map(|group| group.offsets.latest()).max().unwrap_or(0);
        Ok(Groups {
            known: Mutex::new(Known { groups, planned: None }),
            log,
            initial_delay,
            sequence: AtomicU64::new(sequence),
            replan: Arc::default(),
        })
    }

    /// JoinGroup: answered when the group's next generation begins, unless it is refused.
    pub(crate) async fn join(&self, request: JoinGroupRequest, client: Client) -> JoinGroupResponse {
        let id = &request.member_id;
        if request.group_id.is_empty() {
            return join_error(ResponseError::InvalidGroupId, id);
        }
        if !SESSION_TIMEOUTS_MS.contains(&request.session_timeout_ms) {
            return join_error(ResponseError::InvalidSessionTimeout, id);
        }
        let (answer, answered) = oneshot::channel();
        let join = |group: &mut Group, now| group.join(&request, &client, answer, now);
        if self.change(&request.group_id, id.is_empty(), join).is_none() {
            return join_error(ResponseError::UnknownMemberId, id);
        }
        answered.await.unwrap_or_else(|_| join_error(ResponseError::CoordinatorNotAvailable, id))
    }

    /// SyncGroup: answered when the leader has sent the assignment, unless it is refused.
    pub(crate) async fn sync_member(&self, request: SyncGroupRequest) -> SyncGroupResponse {
        if request.group_id.is_empty() {
            return sync_error(ResponseError::InvalidGroupId);
        }
        let (answer, answered) = oneshot::channel();
        let id = request.group_id.clone();
        if self.change(&id, false, |group, now| group.sync(request, answer, now)).is_none() {
            return sync_error(ResponseError::UnknownMemberId);
        }
        answered.await.unwrap_or_else(|_| sync_error(ResponseError::CoordinatorNotAvailable))
    }

    /// Heartbeat.
    pub(crate) fn heartbeat(&self, request: &HeartbeatRequest) -> Result<(), ResponseError> {
        if request.group_id.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let beaten = self.change(&request.group_id, false, |group, now| group.heartbeat(request, now));
        beaten.unwrap_or(Err(ResponseError::UnknownMemberId))
    }

    /// LeaveGroup. An error is that of the whole request.
    pub(crate) fn leave(&self, id: &str, leavers: &[MemberIdentity]) -> Result<Vec<MemberResponse>, ResponseError> {
        if id.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        self.change(id, false, |group, now| group.leave(leavers, now)).ok_or(ResponseError::UnknownMemberId)
    }

    /// Flushes the log to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.log.sync()
    }

    /// Changes a group, and sees to what follows from it. None when there is no such group, and none is to be made.
    fn change<T>(&self, id: &str, make: bool, change: impl FnOnce(&mut Group, Instant) -> T) -> Option<T> {
        let now = Instant::now();
        let mut known = self.known.lock();
        if make && !known.groups.contains_key(id) {
            known.groups.insert(id.to_owned(), Group::new(self.initial_delay));
        }
        let group = known.groups.get_mut(id)?;
        let result = self.remembering(id, group, |group| change(group, now));
        let wakes = group.wakes();
        if group.is_unused() {
            known.groups.remove(id);
        }
        if let Some(wakes) = wakes
            && known.planned.is_none_or(|planned| wakes < planned)
        {
            known.planned = Some(wakes);
            self.replan.notify_one();
        }
        Some(result)
    }

    /// Changes a group and writes down its generation when it is a new one.
    fn remembering<T>(&self, id: &str, group: &mut Group, change: impl FnOnce(&mut Group) -> T) -> T {
        let former = group.generation;
        let result = change(group);
        // Without it the generation starts anew after a restart. That does no harm, as the members have to join again then.
        if group.generation != former
            && let Err(error) = self.log.put_group(id, group)
        {
            tracing::warn!(group = id, %error, "the generation of a group cannot be stored");
        }
        result
    }

    /// Lets time pass for all groups, and tells when that has to happen again.
    fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut known = self.known.lock();
        for (id, group) in &mut known.groups {
            if group.wakes().is_some_and(|at| at <= now) {
                self.remembering(id, group, |group| group.expire(now));
            }
        }
        known.groups.retain(|_, group| !group.is_unused());
        known.planned = known.groups.values().filter_map(Group::wakes).min();
        known.planned
    }

    /// Forgets the groups that hold nothing any more.
    fn sweep(&self) {
        let mut known = self.known.lock();
        known.groups.retain(|id, group| {
            if !group.is_void() {
                return true;
            }
            let removed = self.log.remove_group(id, group);
            if let Err(error) = &removed {
                tracing::warn!(group = id, %error, "an empty group cannot be removed");
            }
            removed.is_err()
        });
    }

    fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Starts what the coordinator does by itself.
pub(crate) fn start(broker: &Arc<Broker>) {
    let (owner, replan) = (Arc::downgrade(broker), broker.groups.replan.clone());
    broker.spawn(async move {
        while let Some(next) = owner.upgrade().map(|broker| broker.groups.expire()) {
            match next {
                None => replan.notified().await,
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = replan.notified() => {}
                },
            }
        }
    });
    let owner = Arc::downgrade(broker);
    broker.spawn(async move {
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            let Some(broker) = owner.upgrade() else { return };
            broker.groups.sweep();
        }
    });
}

/// Forgets the offsets of a topic that was deleted.
pub(crate) fn topic_deleted(broker: &Arc<Broker>, topic: &str) {
    if let Err(error) = broker.groups.remove_topic(topic) {
        tracing::warn!(topic, %error, "offsets of a deleted topic cannot be removed");
    }
}

/// Keeps the offsets of a TxnOffsetCommit until the transaction ends; the code of each position in their order. That the
/// producer may do so is for the caller to check.
pub(crate) fn commit_in_transaction(
    broker: &Arc<Broker>,
    committer: &Committer<'_>,
    positions: Vec<Position>,
) -> Vec<i16> {
    broker.groups.commit(&broker.topics, committer, positions)
}

/// Ends a producer's transaction in a group: its pending offsets become committed, or vanish. Done twice it does nothing.
///
/// # Errors
///
/// When the folder cannot be written. Some of the offsets may have changed; the rest does when it is called again.
pub(crate) fn end_transaction(broker: &Arc<Broker>, group_id: &str, producer_id: i64, commit: bool) -> io::Result<()> {
    broker.groups.end_transaction(group_id, producer_id, commit)
}
