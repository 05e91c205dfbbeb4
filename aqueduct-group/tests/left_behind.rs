//! Work that is not configured and that no round has given out: the round that sees it leaves it running, asks for
//! another, and that one revokes it.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

use std::time::Duration;

use aqueduct_group::assignor::{Incremental, IncrementalRound, Outcome};
use aqueduct_group::{ConfigSnapshot, MemberId, TaskId, Work};

fn work(connectors: &[&str], tasks: &[(&str, i32)]) -> Work {
    Work {
        connectors: connectors.iter().map(|&name| name.into()).collect(),
        tasks: tasks.iter().map(|&(name, task)| TaskId::new(name, task)).collect(),
    }
}

fn round(assignor: &mut Incremental, generation: i32, configured: &ConfigSnapshot, reported: Work) -> Outcome {
    let members = [(MemberId::from("m"), reported)];
    let last_generation = generation - 1;
    assignor.assign(&IncrementalRound { now: 5, last_generation, generation, configured, members: &members })
}

#[test]
fn deleted_work_that_a_worker_brings_back_is_revoked_in_the_round_that_is_asked_for() {
    let mut assignor = Incremental::new(Duration::from_secs(300));
    // As much is configured as the worker has, so that balancing takes nothing.
    let configured = ConfigSnapshot { offset: 9, tasks: [("kept".into(), 1), ("new".into(), 1)].into() };
    let brought = work(&["kept", "deleted"], &[("kept", 0), ("deleted", 0)]);
    let first = round(&mut assignor, 1, &configured, brought);
    assert_eq!(first.changes[0].assigned, work(&["new"], &[("new", 0)]));
    assert!(first.changes[0].revoked.is_empty());
    assert!(first.wants_another_round);
    let second = round(&mut assignor, 2, &configured, first.owned[0].clone());
    assert_eq!(second.changes[0].revoked, work(&["deleted"], &[("deleted", 0)]));
    // Whoever has something to stop joins again by itself.
    assert!(!second.wants_another_round);
}

#[test]
fn a_round_that_leaves_nothing_behind_asks_for_no_other() {
    let mut assignor = Incremental::new(Duration::from_secs(300));
    let configured = ConfigSnapshot { offset: 9, tasks: [("kept".into(), 1)].into() };
    let first = round(&mut assignor, 1, &configured, Work::default());
    assert_eq!(first.changes[0].assigned, work(&["kept"], &[("kept", 0)]));
    assert_eq!(first.owned[0], first.changes[0].assigned);
    assert!(!first.wants_another_round);
}
