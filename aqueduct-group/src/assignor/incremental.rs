//! The incremental cooperative assignor: members keep what they run, and only what has to move is moved.
//!
//! A round gets what the members run and what is configured, and says what each member is to start and to stop. What was
//! lost with a member waits for its return, up to `scheduled.rebalance.max.delay.ms`; what has to be balanced is
//! revoked in one round and given out in the next. Between rounds the leader remembers what it decided: the memory belongs
//! to the process, not to its time as the leader.

use std::collections::HashSet;
use std::time::Duration;

use aqueduct_jvm::hash_order;

use super::balance::{Load, give_out, surplus};
use super::items::{Both, Item, Items, Names, Task, contains, minus, set, union_and_shared};
use super::revocation_backoff;
use crate::names::MemberId;
use crate::work::{ConfigSnapshot, Work};

/// The assignor of one worker process, with its memory.
#[derive(Clone, Debug)]
pub struct Incremental {
    /// `scheduled.rebalance.max.delay.ms`, in milliseconds.
    max_delay: i32,
    /// What was given out when the last round ended, and what was lost then.
    previous: Work,
    /// What the last round revoked.
    previous_revocation: Work,
    /// The generation of the last round.
    previous_generation: i32,
    /// The members of the last round.
    previous_members: HashSet<MemberId>,
    /// Whether balancing revoked something in the last round.
    revoked_in_previous: bool,
    /// How many rounds in a row wanted to revoke after one that did.
    successive: u32,
    /// When the present delay ends, in milliseconds; 0 for none.
    scheduled: i64,
    /// The present delay, in milliseconds.
    delay: i32,
    /// Members that came without work while lost work waited: they get it when the delay ends.
    candidates: Vec<MemberId>,
}

/// What a round gets to see.
#[derive(Clone, Copy, Debug)]
pub struct IncrementalRound<'a> {
    /// The leader's clock, in milliseconds since an epoch. It may go backwards.
    pub now: i64,
    /// The last generation that the leader completed; -1 for none.
    pub last_generation: i32,
    /// The generation of this round.
    pub generation: i32,
    /// What is to run.
    pub configured: &'a ConfigSnapshot,
    /// The members, each once, and what they report to have, in the coordinator's order.
    pub members: &'a [(MemberId, Work)],
}

/// What one member is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What is new for it.
    pub assigned: Work,
    /// What it has to stop. It may never have had it.
    pub revoked: Work,
}

/// What a round decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For each member, in the order that they were given in.
    pub changes: Vec<Change>,
    /// What each member has after it followed, in the same order.
    pub owned: Vec<Work>,
    /// After how many milliseconds every member joins again; 0 for not at all.
    pub delay: i32,
    /// Whether another round is needed that nobody asks for by itself: work that is not configured runs on, and only the
    /// next round revokes it. Java leaves it running until something else causes a round; the leader may join again at once.
    pub wants_another_round: bool,
}

/// One kind of items in a round: sets, and what is done with the members'.
struct Kind<T> {
    configured: Vec<T>,
    lost: Vec<T>,
    created: Vec<T>,
    /// For each member in the order of visits: what it is to stop, and what it will have.
    revoked: Vec<Vec<T>>,
    loads: Vec<Load<T>>,
}

impl<T: Item> Kind<T> {
    fn new(configured: Vec<T>, previous: &[T], active: &[T], shared: &[T], currents: Vec<Vec<T>>) -> Self {
        // What the last round left and is configured no more; what others report of the kind is left alone.
        let deleted = minus(previous, &[&configured]);
        let stops = |item: &T| contains(&deleted, item) || contains(shared, item);
        let (revoked, kept): (Vec<Vec<T>>, Vec<Vec<T>>) =
            currents.into_iter().map(|current| current.into_iter().partition(stops)).unzip();
        Self {
            lost: minus(previous, &[active, &deleted]),
            created: minus(&configured, &[previous, active]),
            loads: kept.into_iter().map(Load::keeping).collect(),
            configured,
            revoked,
        }
    }

    fn surplus(&self) -> Vec<usize> {
        surplus(self.configured.len(), &self.loads.iter().map(Load::len).collect::<Vec<_>>())
    }

    /// Takes the first items of each load away.
    fn revoke(&mut self, counts: &[usize]) {
        for ((load, revoked), &count) in self.loads.iter_mut().zip(&mut self.revoked).zip(counts) {
            revoked.extend_from_slice(&load.items()[..count]);
            load.take_first(count);
        }
    }

    /// Gives the lost items to workers in turn.
    fn give_lost(&mut self, workers: &[usize]) {
        for (&item, &worker) in self.lost.iter().zip(workers.iter().cycle()) {
            self.loads[worker].give(item);
        }
    }

    fn give_out(&mut self, by_id: &[usize], lost: bool) {
        let lost: &[T] = if lost { &self.lost } else { &[] };
        give_out(&mut self.loads, by_id, &[&self.created, lost].concat());
    }

    /// What the next round will find as the previous assignment: all loads, and what is lost, given out or not.
    fn remembered(&self) -> Vec<T> {
        let loads = self.loads.iter().flat_map(Load::items);
        set(loads.chain(&self.lost).copied().collect())
    }

    fn keeps_unconfigured(&self) -> bool {
        self.loads.iter().flat_map(Load::items).any(|item| !contains(&self.configured, item))
    }
}

/// A round's work, both kinds of it.
type Kinds = Both<Kind<u32>, Kind<Task>>;

impl Kinds {
    fn has_lost(&self) -> bool {
        !self.connectors.lost.is_empty() || !self.tasks.lost.is_empty()
    }

    fn is_idle(&self, worker: usize) -> bool {
        self.connectors.loads[worker].is_empty() && self.tasks.loads[worker].is_empty()
    }

    /// What balancing would take from each worker; nothing when it would take nothing from any.
    fn surplus(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        let all_idle = (0..self.tasks.loads.len()).all(|worker| self.is_idle(worker));
        if all_idle || self.connectors.configured.is_empty() && self.tasks.configured.is_empty() {
            return None;
        }
        let surplus = (self.connectors.surplus(), self.tasks.surplus());
        surplus.0.iter().chain(&surplus.1).any(|&count| count > 0).then_some(surplus)
    }

    fn revoke(&mut self, (connectors, tasks): &(Vec<usize>, Vec<usize>)) {
        self.connectors.revoke(connectors);
        self.tasks.revoke(tasks);
    }
}

impl Incremental {
    /// An assignor without memories. `max_delay` is `scheduled.rebalance.max.delay.ms`; more than 2³¹-1 ms count as that.
    pub fn new(max_delay: Duration) -> Self {
        Self {
            max_delay: i32::try_from(max_delay.as_millis()).unwrap_or(i32::MAX),
            previous: Work::default(),
            previous_revocation: Work::default(),
            previous_generation: -1,
            previous_members: HashSet::new(),
            revoked_in_previous: false,
            successive: 0,
            scheduled: 0,
            delay: 0,
            candidates: Vec::new(),
        }
    }

    /// Decides a round, and remembers what it decided. The round has members.
    pub fn assign(&mut self, round: &IncrementalRound<'_>) -> Outcome {
        if self.previous_generation != round.last_generation {
            self.previous = Work::default();
        }
        let ids: Vec<&MemberId> = round.members.iter().map(|(id, _)| id).collect();
        let order = hash_order::iteration_order(&ids.iter().map(|id| id.as_str()).collect::<Vec<_>>());
        let visited: Vec<&MemberId> = order.iter().map(|&place| ids[place]).collect();
        let mut by_id: Vec<usize> = (0..order.len()).collect();
        by_id.sort_by_key(|&worker| visited[worker]);

        let previous = self.previous.clone();
        let previous_revocation = std::mem::take(&mut self.previous_revocation);
        let mut works: Vec<&Work> = round.members.iter().map(|(_, work)| work).collect();
        works.extend([&previous, &previous_revocation]);
        let names = Names::new(round.configured.tasks.keys(), &works);
        let currents: Vec<Items> = order.iter().map(|&place| names.items(&round.members[place].1)).collect();
        let mut kinds = kinds(&names, round.configured, &previous, &previous_revocation, currents);

        let give_lost = self.handle_lost(round.now, &visited, &mut kinds);
        self.balance(round.now, &mut kinds);
        kinds.connectors.give_out(&by_id, give_lost);
        kinds.tasks.give_out(&by_id, give_lost);

        self.previous = names.work(&kinds.connectors.remembered(), &kinds.tasks.remembered());
        self.previous_revocation = names.work(&kinds.connectors.revoked.concat(), &kinds.tasks.revoked.concat());
        self.previous_generation = round.generation;
        self.previous_members = visited.into_iter().cloned().collect();
        self.outcome(&names, &order, &kinds)
    }

    /// Decides about work that vanished with its members. Says whether it is to be given out like new work; otherwise it
    /// waits, or was given to the candidates.
    fn handle_lost(&mut self, now: i64, visited: &[&MemberId], kinds: &mut Kinds) -> bool {
        if !kinds.has_lost() && !self.revoked_in_previous {
            self.end_delay();
            return true;
        }
        let present: HashSet<&MemberId> = visited.iter().copied().collect();
        let nobody_left = self.previous_members.iter().all(|member| present.contains(member));
        // Nobody left: members did not get what they were assigned.
        if self.scheduled <= 0 && nobody_left || self.max_delay == 0 {
            return true;
        }
        if self.scheduled > 0 && now >= self.scheduled {
            let place = |candidate: &MemberId| visited.iter().position(|member| *member == candidate);
            let candidates: Vec<usize> = self.candidates.iter().filter_map(place).collect();
            kinds.connectors.give_lost(&candidates);
            kinds.tasks.give_lost(&candidates);
            self.end_delay();
            // After a whole delay, balancing may revoke again.
            self.revoked_in_previous = false;
            return candidates.is_empty();
        }
        let idle: Vec<&MemberId> = visited
            .iter()
            .enumerate()
            .filter(|&(worker, _)| kinds.is_idle(worker))
            .map(|(_, &member)| member)
            .collect();
        for place in hash_order::iteration_order(&idle.iter().map(|id| id.as_str()).collect::<Vec<_>>()) {
            if !self.candidates.contains(idle[place]) {
                self.candidates.push(idle[place].clone());
            }
        }
        self.delay = if now < self.scheduled { self.remaining(now) } else { self.max_delay };
        self.scheduled = now.wrapping_add(i64::from(self.delay));
        false
    }

    /// How long the present delay still takes, whatever became of the clock.
    fn remaining(&self, now: i64) -> i32 {
        let remaining = self.scheduled.wrapping_sub(now).clamp(0, i64::from(self.max_delay));
        i32::try_from(remaining).unwrap_or(self.max_delay)
    }

    fn end_delay(&mut self) {
        self.candidates.clear();
        self.scheduled = 0;
        self.delay = 0;
    }

    /// Takes away what some workers have too much, unless a delay is running or the round before did so too.
    fn balance(&mut self, now: i64, kinds: &mut Kinds) {
        if self.delay != 0 {
            self.revoked_in_previous = false;
            return;
        }
        match kinds.surplus() {
            Some(surplus) if self.revoked_in_previous => {
                self.successive = self.successive.saturating_add(1);
                self.delay = revocation_backoff(self.successive, self.max_delay);
                if self.delay == 0 {
                    kinds.revoke(&surplus);
                } else {
                    self.scheduled = now.wrapping_add(i64::from(self.delay));
                }
            }
            Some(surplus) => {
                kinds.revoke(&surplus);
                self.revoked_in_previous = true;
            }
            None if self.revoked_in_previous => {
                self.revoked_in_previous = false;
                self.successive = 0;
            }
            None => {}
        }
    }

    fn outcome(&self, names: &Names<'_>, order: &[usize], kinds: &Kinds) -> Outcome {
        let Both { connectors, tasks } = kinds;
        let mut outcome = Outcome {
            changes: vec![Change::default(); order.len()],
            owned: vec![Work::default(); order.len()],
            delay: self.delay,
            wants_another_round: false,
        };
        for (worker, &place) in order.iter().enumerate() {
            let (of_connectors, of_tasks) = (&connectors.loads[worker], &tasks.loads[worker]);
            outcome.changes[place] = Change {
                assigned: names.work(of_connectors.given(), of_tasks.given()),
                revoked: names.work(&connectors.revoked[worker], &tasks.revoked[worker]),
            };
            outcome.owned[place] = names.work(of_connectors.items(), of_tasks.items());
        }
        // Whoever has to stop something joins again by itself.
        let revokes = !self.previous_revocation.is_empty();
        outcome.wants_another_round = !revokes && (connectors.keeps_unconfigured() || tasks.keeps_unconfigured());
        outcome
    }

    /// When the present delay ends, on the clock of the rounds; nothing when none is running.
    pub fn scheduled_rebalance(&self) -> Option<i64> {
        (self.scheduled != 0).then_some(self.scheduled)
    }

    /// The delay of the last round, in milliseconds.
    pub fn delay(&self) -> i32 {
        self.delay
    }

    /// Whether balancing revoked in the last round, so that it waits in the next.
    pub fn revoked_in_previous(&self) -> bool {
        self.revoked_in_previous
    }

    /// How many rounds in a row wanted to revoke after one that did.
    pub fn successive_revocations(&self) -> u32 {
        self.successive
    }

    /// The members that get the lost work when the delay ends.
    pub fn candidates(&self) -> &[MemberId] {
        &self.candidates
    }
}

/// The sets of a round, from what the members have (in the order of visits) and what the last round remembered.
fn kinds(
    names: &Names<'_>,
    configured: &ConfigSnapshot,
    previous: &Work,
    previous_revocation: &Work,
    currents: Vec<Items>,
) -> Kinds {
    let (active_connectors, shared_connectors) = union_and_shared(currents.iter().map(|items| &items.connectors[..]));
    let (active_tasks, shared_tasks) = union_and_shared(currents.iter().map(|items| &items.tasks[..]));
    let mut before = names.items(previous);
    let revoked = names.items(previous_revocation);
    let runs_on = revoked.connectors.iter().any(|item| contains(&active_connectors, item))
        || revoked.tasks.iter().any(|item| contains(&active_tasks, item));
    if !revoked.is_empty() && runs_on {
        // The revocation did not reach its member: what runs now is where to start from.
        before = Items { connectors: active_connectors.clone(), tasks: active_tasks.clone() };
    }
    let connectors: Vec<(u32, u32)> =
        configured.tasks.iter().map(|(name, &count)| (names.number(name), count)).collect();
    let all_tasks =
        connectors.iter().flat_map(|&(number, count)| (0..count.cast_signed()).map(move |task| (number, task)));
    let (current_connectors, current_tasks) = currents.into_iter().map(|items| (items.connectors, items.tasks)).unzip();
    Both {
        tasks: Kind::new(all_tasks.collect(), &before.tasks, &active_tasks, &shared_tasks, current_tasks),
        connectors: Kind::new(
            connectors.iter().map(|&(number, _)| number).collect(),
            &before.connectors,
            &active_connectors,
            &shared_connectors,
            current_connectors,
        ),
    }
}
