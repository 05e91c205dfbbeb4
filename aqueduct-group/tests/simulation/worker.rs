//! A worker process: what it runs, what it was assigned, and how it follows an assignment.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_group::protocol::{Assignment, Metadata, Protocol};
use aqueduct_group::{ConfigSnapshot, Leader, MemberId, TaskId, Work};

/// The connector itself, or one of its tasks: an item of work. The connector has the number -1.
pub(crate) fn items(work: &Work) -> impl Iterator<Item = TaskId> + '_ {
    let connectors = work.connectors.iter().map(|connector| TaskId { connector: connector.clone(), task: -1 });
    connectors.chain(work.tasks.iter().cloned())
}

/// All that is configured.
pub(crate) fn configured(config: &ConfigSnapshot) -> impl Iterator<Item = TaskId> + '_ {
    config.tasks.iter().flat_map(|(connector, &count)| {
        (-1..count.cast_signed()).map(|task| TaskId { connector: connector.clone(), task })
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In the group, or about to join.
    Up,
    /// Thrown out of the group; runs on, and comes back at this time.
    CutOff(i64),
    /// Not running; starts again at this time.
    Down(i64),
    /// Gone for good.
    Gone,
}

pub(crate) struct Worker {
    pub(crate) url: String,
    pub(crate) state: State,
    pub(crate) member: Option<MemberId>,
    /// What it knows as a leader, as long as the process lives.
    pub(crate) leader: Leader,
    pub(crate) last_generation: i32,
    pub(crate) config: Arc<ConfigSnapshot>,
    pub(crate) assignment: Option<Assignment>,
    pub(crate) running: HashSet<TaskId>,
    pub(crate) wants_to_join: bool,
    pub(crate) joins_at: Option<i64>,
}

impl Worker {
    pub(crate) fn new(number: usize, max_delay: Duration, config: Arc<ConfigSnapshot>) -> Self {
        Self {
            url: format!("http://worker-{number}:8083/"),
            state: State::Up,
            member: None,
            leader: Leader::new(max_delay),
            last_generation: -1,
            config,
            assignment: None,
            running: HashSet::new(),
            wants_to_join: true,
            joins_at: None,
        }
    }

    /// The process ends, and with it all that it knew.
    pub(crate) fn end(&mut self, max_delay: Duration, state: State) {
        *self = Self {
            url: std::mem::take(&mut self.url),
            state,
            wants_to_join: false,
            config: self.config.clone(),
            ..Self::new(0, max_delay, self.config.clone())
        };
    }

    pub(crate) fn metadata(&self, protocol: Protocol) -> Vec<u8> {
        let metadata =
            Metadata { url: self.url.clone(), offset: self.config.offset, allocation: self.assignment.clone() };
        metadata.encode(protocol).unwrap()
    }

    /// Follows an assignment, and returns what it starts.
    pub(crate) fn follow(
        &mut self,
        bytes: &[u8],
        protocol: Protocol,
        generation: i32,
        now: i64,
        newest: &Arc<ConfigSnapshot>,
    ) -> Vec<TaskId> {
        let received = Assignment::decode(bytes).unwrap();
        for item in items(&received.revoked) {
            self.running.remove(&item);
        }
        let mut merged = received.following(protocol, self.assignment.take());
        self.last_generation = generation;
        self.wants_to_join = false;
        self.joins_at = (merged.delay > 0).then(|| now + i64::from(merged.delay));
        if self.config.offset < merged.offset {
            self.config = newest.clone();
        }
        let mut starts = Vec::new();
        if merged.failed() || self.config.offset != merged.offset {
            self.wants_to_join = true;
        } else {
            starts.extend(items(&merged.assigned).filter(|item| !self.running.contains(item)));
            self.running = items(&merged.assigned).collect();
            if !merged.revoked.is_empty() {
                merged.revoked = Work::default();
                self.wants_to_join = true;
            }
        }
        self.assignment = Some(merged);
        starts
    }
}
