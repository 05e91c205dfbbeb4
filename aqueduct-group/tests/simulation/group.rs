//! The group: a coordinator that lets all members join and hands out what the leader decides, and what befalls them.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_group::protocol::Protocol;
use aqueduct_group::{ConfigSnapshot, MemberId, Round};

use super::checks::{Checks, Seen};
use super::rng::Rng;
use super::worker::{State, Worker};

const PROTOCOL: Protocol = Protocol::Sessioned;

/// How large a group is and how much befalls it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) workers: usize,
    pub(crate) connectors: usize,
    pub(crate) tasks: usize,
    pub(crate) events: usize,
    pub(crate) max_delay: i64,
}

pub(crate) struct Group {
    form: Form,
    rng: Rng,
    now: i64,
    generation: i32,
    workers: Vec<Worker>,
    leader: Option<usize>,
    /// What the config topic holds.
    config: Arc<ConfigSnapshot>,
    checks: Checks,
    /// How often an assignment does not reach its member, and a worker reads the config topic late.
    percent_lost: usize,
    pub(crate) rounds: usize,
}

impl Group {
    pub(crate) fn new(form: Form, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut config = ConfigSnapshot { offset: 1, ..ConfigSnapshot::default() };
        let mut left = form.tasks;
        for number in 0..form.connectors {
            let count = if number + 1 == form.connectors {
                left
            } else {
                left.min(rng.below(2 * form.tasks / form.connectors + 1))
            };
            left -= count;
            config.tasks.insert(format!("connector-{number}").into(), u32::try_from(count).unwrap());
        }
        let config = Arc::new(config);
        let max_delay = Duration::from_millis(form.max_delay.unsigned_abs());
        let workers = (0..form.workers).map(|number| Worker::new(number, max_delay, config.clone())).collect();
        let (percent_lost, checks) = (0, Checks::new(form.max_delay));
        Self {
            form,
            rng,
            now: 1_000_000,
            generation: 0,
            workers,
            leader: None,
            config,
            checks,
            percent_lost,
            rounds: 0,
        }
    }

    /// Everything that befalls the group, then rest; and again without any loss from the start of the rest.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        self.let_pass(self.form.max_delay)?;
        for event in 0..self.form.events {
            self.percent_lost = [0, 0, 2, 20][self.rng.below(4)];
            self.befall();
            let pause = self.rng.millis(self.form.max_delay / 2 + 100);
            self.let_pass(pause)?;
            if event % 10 == 9 {
                self.rest()?;
            }
        }
        self.rest()
    }

    fn max_delay(&self) -> Duration {
        Duration::from_millis(self.form.max_delay.unsigned_abs())
    }

    fn some_up(&mut self) -> Option<usize> {
        let up: Vec<usize> = (0..self.workers.len()).filter(|&w| self.workers[w].state == State::Up).collect();
        (up.len() > 1).then(|| up[self.rng.below(up.len())])
    }

    /// Something happens.
    fn befall(&mut self) {
        let max_delay = self.max_delay();
        let until = self.now + self.rng.millis(self.form.max_delay * 2 + 1000);
        match self.rng.below(12) {
            0 | 1 => {
                let number = self.workers.len();
                self.workers.push(Worker::new(number, max_delay, self.config.clone()));
            }
            2 => self.lose(max_delay, State::Gone),
            3 | 4 => self.lose(max_delay, State::Down(until)),
            5 => {
                // Several at once, the leader among them.
                if let Some(leader) = self.leader.filter(|_| self.some_up().is_some()) {
                    self.workers[leader].end(max_delay, State::Down(until));
                    self.join_all();
                }
                for _ in 0..self.rng.below(self.workers.len() / 4 + 1) {
                    self.lose(max_delay, State::Down(until));
                }
            }
            6 => {
                if let Some(worker) = self.some_up() {
                    let worker = &mut self.workers[worker];
                    (worker.state, worker.member, worker.joins_at) = (State::CutOff(until), None, None);
                    worker.wants_to_join = false;
                    if self.rng.chance(50) {
                        // It noticed that the coordinator is gone, and stopped all that it ran.
                        worker.running.clear();
                        worker.assignment = None;
                    }
                    self.join_all();
                }
            }
            7..=9 => self.configure(),
            10 => {
                if let Some(worker) = self.some_up() {
                    self.workers[worker].wants_to_join = true;
                }
            }
            _ => self.join_all(),
        }
    }

    fn lose(&mut self, max_delay: Duration, state: State) {
        if let Some(worker) = self.some_up() {
            self.workers[worker].end(max_delay, state);
            self.join_all();
        }
    }

    /// The coordinator tells everybody to join again.
    fn join_all(&mut self) {
        for worker in self.workers.iter_mut().filter(|worker| worker.state == State::Up) {
            worker.wants_to_join = true;
        }
    }

    /// A connector comes, goes, or has another number of tasks. Most workers read of it at once and join again.
    fn configure(&mut self) {
        let mut config = ConfigSnapshot::clone(&self.config);
        config.offset += 1;
        let name = format!("connector-{}", self.rng.below(self.form.connectors + 2)).into();
        let usual = 2 * self.form.tasks / self.form.connectors.max(1) + 1;
        if self.rng.chance(40) {
            config.tasks.remove(&name);
        } else {
            config.tasks.insert(name, u32::try_from(self.rng.below(usual)).unwrap());
        }
        self.config = Arc::new(config);
        for worker in self.workers.iter_mut().filter(|worker| worker.state == State::Up) {
            if !self.rng.chance(self.percent_lost) {
                worker.config = self.config.clone();
                worker.wants_to_join = true;
            }
        }
    }

    /// Lets time pass, with all the rounds that members ask for.
    fn let_pass(&mut self, millis: i64) -> Result<(), String> {
        let end = self.now + millis;
        let mut rounds = 0;
        loop {
            self.come_back();
            if self.workers.iter().any(|worker| worker.state == State::Up && worker.wants_to_join) {
                rounds += 1;
                // In a large group that loses much, somebody always misses something.
                if rounds > 5 {
                    self.percent_lost = 0;
                }
                if rounds > 100 {
                    return Err("the group finds no rest".into());
                }
                self.round()?;
                continue;
            }
            let times = self.workers.iter().filter_map(|worker| match worker.state {
                State::Up => worker.joins_at,
                State::CutOff(until) | State::Down(until) => Some(until),
                State::Gone => None,
            });
            match times.min() {
                Some(time) if time <= end => self.now = self.now.max(time),
                _ => break,
            }
        }
        self.now = self.now.max(end);
        Ok(())
    }

    /// Wakes whoever's time has come.
    fn come_back(&mut self) {
        for worker in &mut self.workers {
            match worker.state {
                State::Up if worker.joins_at.is_some_and(|time| time <= self.now) => {
                    (worker.joins_at, worker.wants_to_join) = (None, true);
                }
                State::CutOff(until) | State::Down(until) if until <= self.now => {
                    (worker.state, worker.wants_to_join) = (State::Up, true);
                }
                _ => {}
            }
        }
    }

    /// Nothing is lost any more and nothing happens, for long enough. Then everything has to be right.
    fn rest(&mut self) -> Result<(), String> {
        self.percent_lost = 0;
        for worker in self.workers.iter_mut().filter(|worker| worker.state == State::Up) {
            worker.wants_to_join |= worker.config.offset < self.config.offset;
            worker.config = self.config.clone();
        }
        self.let_pass(self.form.max_delay * 12 + 10_000)?;
        let up = || self.workers.iter().filter(|worker| worker.state == State::Up);
        self.checks.at_rest(&self.config, up())
    }

    fn round(&mut self) -> Result<(), String> {
        self.rounds += 1;
        self.now += 1 + self.rng.millis(20);
        self.generation += 1;
        let mut joined: Vec<usize> = (0..self.workers.len()).filter(|&w| self.workers[w].state == State::Up).collect();
        self.rng.shuffle(&mut joined);
        for &worker in &joined {
            let number = self.rng.below(usize::MAX);
            let worker = &mut self.workers[worker];
            worker.member.get_or_insert_with(|| MemberId::from(format!("connect-{number:016x}")));
        }
        let leader = match self.leader {
            Some(leader) if joined.contains(&leader) => leader,
            _ => joined[0],
        };
        if self.rng.chance(95) {
            // Usually it has read as far as the others.
            self.workers[leader].config = self.config.clone();
        }
        self.leader = Some(leader);
        let members: Vec<(MemberId, Vec<u8>)> = joined
            .iter()
            .map(|&worker| {
                let worker = &self.workers[worker];
                (worker.member.clone().expect("it just got one"), worker.metadata(PROTOCOL))
            })
            .collect();
        let newest = if self.rng.chance(90) { self.config.clone() } else { self.workers[leader].config.clone() };
        let id = self.workers[leader].member.clone().expect("it just got one");
        let round = Round {
            protocol: PROTOCOL,
            leader: &id,
            members: &members,
            generation: self.generation,
            last_generation: self.workers[leader].last_generation,
            now: self.now,
        };
        let snapshot = self.workers[leader].config.clone();
        let before = self.workers[leader].leader.incremental().clone();
        let decision = self.workers[leader].leader.assign(&round, &snapshot, || ConfigSnapshot::clone(&newest));
        let decision = decision.map_err(|error| error.to_string())?;
        let assigned = decision.fresh.clone().map_or(snapshot, Arc::new);
        self.workers[leader].config = assigned.clone();
        let seen = Seen { now: self.now, leader, config: &assigned, members: &members, before: &before };
        self.checks.round(&seen, &decision)?;
        for (&worker, (_, assignment)) in joined.iter().zip(&decision.assignments) {
            if self.rng.chance(self.percent_lost) {
                self.workers[worker].wants_to_join = true;
                continue;
            }
            let bytes = assignment.encode(PROTOCOL).unwrap();
            let starts = self.workers[worker].follow(&bytes, PROTOCOL, self.generation, self.now, &self.config);
            self.checks.started(self.generation, worker, starts)?;
        }
        self.workers[leader].wants_to_join |= decision.wants_another_round;
        Ok(())
    }
}
