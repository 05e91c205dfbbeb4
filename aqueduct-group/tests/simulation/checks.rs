//! What has to hold whatever befalls a group.

use std::collections::{HashMap, HashSet};

use aqueduct_group::assignor::Incremental;
use aqueduct_group::leader::Decision;
use aqueduct_group::protocol::Metadata;
use aqueduct_group::{ConfigSnapshot, MemberId, TaskId, Work};

use super::worker::{Worker, configured, items};

/// What a leader saw.
pub(crate) struct Seen<'a> {
    pub(crate) now: i64,
    pub(crate) leader: usize,
    pub(crate) config: &'a ConfigSnapshot,
    pub(crate) members: &'a [(MemberId, Vec<u8>)],
    /// Its memory before the round.
    pub(crate) before: &'a Incremental,
}

impl Seen<'_> {
    /// What the members report to have.
    fn reports(&self) -> Vec<Work> {
        let read = |bytes| Metadata::decode(bytes).unwrap().allocation.unwrap_or_default().assigned;
        self.members.iter().map(|(_, bytes)| read(bytes)).collect()
    }
}

pub(crate) struct Checks {
    max_delay: i64,
    /// Who started an item last, and in which generation.
    started: HashMap<TaskId, (i32, usize)>,
    /// Since when an item belongs to nobody, and in how many rounds it did after the delay was over.
    unowned: HashMap<TaskId, (i64, usize)>,
    members: HashSet<MemberId>,
    last_departure: i64,
    /// The leader whose balancing revoked something in the last round.
    balanced_by: Option<usize>,
}

impl Checks {
    pub(crate) fn new(max_delay: i64) -> Self {
        Self {
            max_delay,
            started: HashMap::new(),
            unowned: HashMap::new(),
            members: HashSet::new(),
            last_departure: 0,
            balanced_by: None,
        }
    }

    /// Nothing is started by two members in one generation.
    pub(crate) fn started(&mut self, generation: i32, worker: usize, items: Vec<TaskId>) -> Result<(), String> {
        for item in items {
            if let Some((when, other)) = self.started.insert(item.clone(), (generation, worker))
                && when == generation
                && other != worker
            {
                return Err(format!("workers {other} and {worker} both start {item} in generation {generation}"));
            }
        }
        Ok(())
    }

    pub(crate) fn round(&mut self, seen: &Seen<'_>, decision: &Decision) -> Result<(), String> {
        let members: HashSet<MemberId> = seen.members.iter().map(|(id, _)| id.clone()).collect();
        if !self.members.is_subset(&members) {
            self.last_departure = seen.now;
        }
        self.members = members;
        if decision.owners.is_none() {
            return Ok(());
        }
        self.nothing_waits_too_long(seen, decision)?;
        self.revocations_have_reasons(seen, decision)
    }

    /// Nothing is unassigned for longer than the delay and two rounds. A member that leaves begins a new delay; what is
    /// revoked from a member that does not learn of it runs on and is not without an owner.
    fn nothing_waits_too_long(&mut self, seen: &Seen<'_>, decision: &Decision) -> Result<(), String> {
        let owners = decision.owners.as_ref().expect("there are owners");
        let reported: HashSet<TaskId> = seen.reports().iter().flat_map(items).collect();
        let mut unowned = HashMap::new();
        for item in configured(seen.config) {
            let owner = if item.task < 0 { owners.connector(&item.connector) } else { owners.task(&item) };
            if owner.is_none() && !reported.contains(&item) {
                let (since, late) = self.unowned.get(&item).copied().unwrap_or((seen.now, 0));
                let late = late + usize::from(seen.now >= since.max(self.last_departure) + self.max_delay);
                if late > 2 {
                    return Err(format!("{item} belongs to nobody since {since}, now {}", seen.now));
                }
                unowned.insert(item, (since, late));
            }
        }
        self.unowned = unowned;
        Ok(())
    }

    /// Nothing is revoked but what is not configured, what several members run, and what a member has beyond an even
    /// share; the last not during a delay, and not twice in a row.
    fn revocations_have_reasons(&mut self, seen: &Seen<'_>, decision: &Decision) -> Result<(), String> {
        let wanted: HashSet<TaskId> = configured(seen.config).collect();
        let mut reports: HashMap<TaskId, usize> = HashMap::new();
        let mut reported = seen.reports();
        for work in &reported {
            for item in items(work).collect::<HashSet<_>>() {
                *reports.entry(item).or_default() += 1;
            }
        }
        let count = seen.members.len();
        let connectors_each = seen.config.tasks.len() / count;
        let tasks_each = (wanted.len() - seen.config.tasks.len()) / count;
        let mut balances = false;
        for ((id, assignment), reported) in decision.assignments.iter().zip(&mut reported) {
            let taken: Vec<TaskId> = items(&assignment.revoked)
                .filter(|item| wanted.contains(item) && reports.get(item).is_none_or(|&count| count < 2))
                .collect();
            reported.remove_all(&assignment.revoked);
            let connectors = reported.connectors.len() + assignment.assigned.connectors.len();
            let tasks = reported.tasks.len() + assignment.assigned.tasks.len();
            let too_few =
                |item: &&TaskId| if item.task < 0 { connectors < connectors_each } else { tasks < tasks_each };
            if let Some(item) = taken.iter().find(too_few) {
                return Err(format!("{item} is revoked from {id}, which has no more than its share"));
            }
            if let Some(item) = taken.first().filter(|_| assignment.delay > 0) {
                return Err(format!("{item} is revoked from {id} during a delay"));
            }
            balances |= !taken.is_empty();
        }
        if balances && self.max_delay > 0 && seen.before.revoked_in_previous() && self.balanced_by == Some(seen.leader)
        {
            return Err("balancing revokes in two rounds in a row".into());
        }
        self.balanced_by = balances.then_some(seen.leader);
        Ok(())
    }

    /// At rest everything that is configured runs once, nothing else runs, and loads differ by one at most.
    pub(crate) fn at_rest<'a>(
        &self,
        config: &ConfigSnapshot,
        workers: impl Iterator<Item = &'a Worker>,
    ) -> Result<(), String> {
        let mut missing: HashSet<TaskId> = configured(config).collect();
        let (mut connectors, mut tasks) = (Vec::new(), Vec::new());
        for worker in workers {
            for item in &worker.running {
                if !missing.remove(item) {
                    return Err(format!("{item} runs twice or is not configured"));
                }
            }
            let own = worker.running.iter().filter(|item| item.task < 0).count();
            connectors.push(own);
            tasks.push(worker.running.len() - own);
        }
        if let Some(item) = missing.iter().next() {
            return Err(format!("{item} does not run"));
        }
        for (kind, loads) in [("connectors", connectors), ("tasks", tasks)] {
            let (least, most) = (loads.iter().min(), loads.iter().max());
            if let (Some(least), Some(most)) = (least, most)
                && most - least > 1
            {
                return Err(format!("between {least} and {most} {kind}"));
            }
        }
        Ok(())
    }
}
