//! How long the leader of a large group takes for a round: 1,000 workers and 100,000 tasks, unless the arguments name
//! other numbers (workers, connectors, tasks). Prints one line for each kind of round: milliseconds for the decision
//! alone, and with reading what the members sent and writing what they are told.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use std::error::Error;
use std::time::{Duration, Instant};

use aqueduct_group::assignor::{Incremental, IncrementalRound};
use aqueduct_group::leader::Decision;
use aqueduct_group::protocol::{Assignment, Metadata, Protocol};
use aqueduct_group::{ConfigSnapshot, Leader, MemberId, Round, Work};

const PROTOCOL: Protocol = Protocol::Sessioned;

struct Group {
    leader: Leader,
    incremental: Incremental,
    configured: ConfigSnapshot,
    members: Vec<(MemberId, Option<Assignment>)>,
    generation: i32,
    now: i64,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Group {
    /// Plays a round, lets every member follow, and tells whether another is needed to come to rest.
    fn round(&mut self, what: &str) -> Result<bool, Box<dyn Error>> {
        let works: Vec<(MemberId, Work)> = self
            .members
            .iter()
            .map(|(id, allocation)| (id.clone(), allocation.as_ref().map(|a| a.assigned.clone()).unwrap_or_default()))
            .collect();
        let (generation, last_generation, now) = (self.generation + 1, self.generation, self.now);
        let round =
            IncrementalRound { now, last_generation, generation, configured: &self.configured, members: &works };
        let begin = Instant::now();
        let outcome = self.incremental.assign(&round);
        let alone = begin.elapsed();
        drop(outcome);

        let metadata = self.members.iter().map(|(id, allocation)| {
            let metadata = Metadata { url: format!("http://{id}:8083/"), offset: 1, allocation: allocation.clone() };
            Ok((id.clone(), metadata.encode(PROTOCOL)?))
        });
        let members = metadata.collect::<Result<Vec<_>, aqueduct_group::protocol::ProtocolError>>()?;
        let leader = self.members[0].0.clone();
        let round = Round { protocol: PROTOCOL, leader: &leader, members: &members, generation, last_generation, now };
        let begin = Instant::now();
        let decision = self.leader.assign(&round, &self.configured, || self.configured.clone())?;
        let told = told(&decision)?;
        let whole = begin.elapsed();

        let (mut assigned, mut revoked, mut delay) = (0, 0, 0);
        for ((_, allocation), bytes) in self.members.iter_mut().zip(told) {
            let received = Assignment::decode(&bytes)?;
            assigned += received.assigned.len();
            revoked += received.revoked.len();
            delay = received.delay;
            let mut following = received.following(PROTOCOL, allocation.take());
            following.revoked = Work::default();
            *allocation = Some(following);
        }
        self.generation = generation;
        self.now += i64::from(delay) + 1;
        println!(
            "{what:<28} {:>8.1} ms alone {:>8.1} ms with bytes   {assigned} assigned, {revoked} revoked, delay {delay} ms",
            milliseconds(alone),
            milliseconds(whole)
        );
        Ok(revoked > 0 || delay > 0)
    }

    fn until_rest(&mut self, what: &str) -> Result<(), Box<dyn Error>> {
        let mut name = what.to_owned();
        while self.round(&name)? {
            "  and the round after".clone_into(&mut name);
        }
        Ok(())
    }
}

fn told(decision: &Decision) -> Result<Vec<Vec<u8>>, aqueduct_group::protocol::ProtocolError> {
    decision.assignments.iter().map(|(_, assignment)| assignment.encode(PROTOCOL)).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let mut number = |otherwise| numbers.next().unwrap_or(Ok(otherwise));
    let (workers, connectors, tasks) = (number(1000)?, number(1000)?.max(1), number(100_000)?);
    let count = |connector| tasks / connectors + u32::from(connector < tasks % connectors);
    let tasks = (0..connectors).map(|number| (format!("connector-{number}").into(), count(number)));
    let member = |number: u32| (MemberId::from(format!("connect-{number:08}-5f3c-4b1e")), None);
    let delay = Duration::from_secs(300);
    let mut group = Group {
        leader: Leader::new(delay),
        incremental: Incremental::new(delay),
        configured: ConfigSnapshot { offset: 1, tasks: tasks.collect() },
        members: (0..workers).map(member).collect(),
        generation: 0,
        now: 1,
    };
    group.until_rest("all workers start")?;
    group.until_rest("nothing changes")?;
    group.members.truncate(workers as usize * 9 / 10);
    group.until_rest("a tenth of them leaves")?;
    group.members.extend((workers..workers + workers / 10).map(member));
    group.until_rest("as many come")?;
    for tasks in group.configured.tasks.values_mut().step_by(10) {
        *tasks = 0;
    }
    group.until_rest("a tenth of the tasks goes")
}
