//! Whole groups without Kafka and without clocks: workers join, leave, crash, are cut off and come back, configurations
//! change, assignments get lost; after each round the invariants of `checks` have to hold. Everything follows from a
//! seed, which a failure names.
//!
//! `AQUEDUCT_SIMULATION=long` adds groups of hundreds of workers with 100,000 tasks; `AQUEDUCT_SIMULATION_SEED` begins
//! at another seed.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails when there is nothing to unwrap, and prints figures"
)]

mod checks;
mod group;
mod rng;
mod worker;

use group::{Form, Group};

fn is_long() -> bool {
    std::env::var("AQUEDUCT_SIMULATION").is_ok_and(|form| form == "long")
}

#[track_caller]
fn check(form: Form, seeds: u64) {
    let first = std::env::var("AQUEDUCT_SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut rounds = 0;
    for seed in first..first + seeds {
        let mut group = Group::new(form, seed);
        if let Err(violation) = group.run() {
            panic!("seed {seed}, round {}: {violation} ({form:?})", group.rounds);
        }
        rounds += group.rounds;
    }
    println!("{seeds} groups, {rounds} rounds: {form:?}");
}

#[test]
fn small_groups_keep_the_invariants() {
    let form = Form { workers: 3, connectors: 4, tasks: 20, events: 100, max_delay: 300_000 };
    check(form, if is_long() { 3000 } else { 150 });
    check(Form { workers: 8, connectors: 10, tasks: 60, ..form }, if is_long() { 1000 } else { 60 });
}

#[test]
fn groups_without_a_delay_keep_the_invariants() {
    check(Form { workers: 5, connectors: 4, tasks: 30, events: 100, max_delay: 0 }, if is_long() { 2000 } else { 100 });
}

#[test]
fn groups_with_a_short_delay_keep_the_invariants() {
    check(
        Form { workers: 5, connectors: 4, tasks: 30, events: 100, max_delay: 50 },
        if is_long() { 2000 } else { 100 },
    );
}

#[test]
fn groups_with_less_work_than_workers_keep_the_invariants() {
    check(Form { workers: 12, connectors: 2, tasks: 5, events: 60, max_delay: 60_000 }, 60);
}

#[test]
fn large_groups_keep_the_invariants() {
    check(Form { workers: 200, connectors: 50, tasks: 5000, events: 20, max_delay: 300_000 }, 1);
    if is_long() {
        check(Form { workers: 300, connectors: 500, tasks: 100_000, events: 40, max_delay: 300_000 }, 3);
    }
}
