//! A coordinator that moves, hangs or is gone, and a herder that takes too long.

use std::time::Duration;

use aqueduct_kafka::raw::GroupFault;
use tokio::time::Instant;

use super::super::{OutReason, RevocationReason};
use super::script::{Request, Stage, assignment, reported, work};
use crate::protocol::Protocol;

fn moved() -> GroupFault {
    GroupFault::NoCoordinator("This is not the correct coordinator.".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_moves_finds_the_member_in_its_group() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.heartbeat().await.1.send(Err(moved())).unwrap();
    stage.find().await.send(Err(moved())).unwrap();
    stage.found().await;
    // No rebalance, the same generation.
    let (generation, answer) = stage.heartbeat().await;
    assert_eq!(generation, 1);
    answer.send(Ok(())).unwrap();
    stage.heartbeat().await.1.send(Ok(())).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_hangs_for_a_session_is_looked_for_again() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    let begin = Instant::now();
    // Never answered.
    let hanging = stage.heartbeat().await;
    let answer = stage.find().await;
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
    answer.send(Ok(())).unwrap();
    drop(hanging);
    let (generation, _) = stage.heartbeat().await;
    assert_eq!(generation, 1);
}

#[tokio::test(start_paused = true)]
async fn work_is_given_up_when_no_coordinator_is_found_in_a_heartbeats_interval() {
    let stage = Stage::settled(Protocol::Sessioned, &["a", "a-0"]).await;
    stage.heartbeat().await.1.send(Err(moved())).unwrap();
    let begin = Instant::now();
    let revocation = loop {
        tokio::select! {
            request = stage.request() => match request {
                // It may be given up already.
                Request::Find(answer) => drop(answer.send(Err(moved()))),
                other => panic!("{other:?}"),
            },
            revocation = stage.revoked() => break revocation,
        }
    };
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
    assert_eq!((&revocation.work, revocation.reason), (&work(&["a", "a-0"]), RevocationReason::CoordinatorLost));
    revocation.done();
    assert_eq!(stage.out().await, OutReason::CoordinatorLost);
    // It goes on looking, and joins under its id with nothing in its hands.
    // (The last search may have been given up when the time was over.)
    while stage.find().await.send(Err(moved())).is_err() {}
    stage.found().await;
    stage.rebalancing().await;
    let join = stage.follow(2, Protocol::Sessioned, &assignment(&["b"], &[], 0)).await;
    assert_eq!((join.member_id.as_str(), reported(&join)), ("me", work(&[])));
    assert_eq!(stage.assigned().await.assignment.assigned, work(&["b"]));
}

#[tokio::test(start_paused = true)]
async fn a_search_that_hangs_gives_the_work_up_too() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.heartbeat().await.1.send(Err(moved())).unwrap();
    let begin = Instant::now();
    let hanging = stage.find().await;
    stage.revoked().await.done();
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
    drop(hanging);
}

#[tokio::test(start_paused = true)]
async fn without_work_there_is_nothing_to_give_up() {
    let stage = Stage::new(Protocol::Sessioned);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        stage.find().await.send(Err(moved())).unwrap();
    }
    stage.found().await;
    stage.rebalancing().await;
}

#[tokio::test(start_paused = true)]
async fn a_herder_that_takes_too_long_to_stop_costs_the_membership() {
    let stage = Stage::settled(Protocol::Sessioned, &["a", "b"]).await;
    stage.member.rejoin();
    stage.follow(2, Protocol::Sessioned, &assignment(&[], &["b"], 0)).await;
    stage.rebalancing().await;
    let begin = Instant::now();
    let revocation = stage.revoked().await;
    loop {
        match stage.request().await {
            Request::Heartbeat(_, 2, answer) => answer.send(Ok(())).unwrap(),
            Request::Leave(member, reason, answer) => {
                assert_eq!((member.as_str(), reason.as_str()), ("me", "worker poll timeout has expired."));
                answer.send(Ok(())).unwrap();
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(begin.elapsed(), Duration::from_secs(60));
    assert_eq!(stage.out().await, OutReason::PollTimeout);
    tokio::time::sleep(Duration::from_secs(60)).await;
    revocation.done();
    assert_eq!(stage.assigned().await.assignment.assigned, work(&["a"]));
    stage.rebalancing().await;
    let (join, _) = stage.join().await;
    assert_eq!((join.member_id.as_str(), reported(&join)), ("", work(&["a"])));
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_is_lost_while_work_stops_is_looked_for_meanwhile() {
    let stage = Stage::settled(Protocol::Sessioned, &["a", "b"]).await;
    stage.member.rejoin();
    stage.follow(2, Protocol::Sessioned, &assignment(&[], &["b"], 0)).await;
    stage.rebalancing().await;
    let revocation = stage.revoked().await;
    stage.heartbeat().await.1.send(Err(moved())).unwrap();
    stage.found().await;
    assert_eq!(stage.heartbeat().await.0, 2);
    revocation.done();
    assert_eq!(stage.assigned().await.assignment.assigned, work(&["a"]));
}

#[tokio::test(start_paused = true)]
async fn to_leave_waits_until_the_work_has_stopped() {
    let stage = Stage::settled(Protocol::Sessioned, &["a", "b"]).await;
    stage.member.rejoin();
    stage.follow(2, Protocol::Sessioned, &assignment(&[], &["b"], 0)).await;
    stage.rebalancing().await;
    let revocation = stage.revoked().await;
    stage.member.leave("x");
    let begin = Instant::now();
    tokio::time::sleep(Duration::from_secs(20)).await;
    revocation.done();
    stage.assigned().await;
    assert_eq!(begin.elapsed(), Duration::from_secs(20));
    assert_eq!(stage.leave().await.1, "x");
    assert_eq!(stage.out().await, OutReason::Asked);
}

#[tokio::test(start_paused = true)]
async fn coordinators_that_never_answer_are_as_good_as_none() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    let begin = Instant::now();
    let revocation = loop {
        tokio::select! {
            request = stage.request() => match request {
                Request::Find(answer) => answer.send(Ok(())).unwrap(),
                Request::Heartbeat(_, 1, answer) => answer.send(Err(moved())).unwrap(),
                other => panic!("{other:?}"),
            },
            revocation = stage.revoked() => break revocation,
        }
    };
    // Two sessions and an interval.
    assert_eq!(begin.elapsed().as_secs(), 23);
    assert_eq!(revocation.reason, RevocationReason::CoordinatorLost);
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_answers_in_the_end_keeps_the_work_where_it_is() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(22) {
        match stage.request().await {
            Request::Find(answer) => answer.send(Ok(())).unwrap(),
            Request::Heartbeat(_, 1, answer) => answer.send(Err(moved())).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    for _ in 0..10 {
        match stage.request().await {
            Request::Find(answer) => answer.send(Ok(())).unwrap(),
            Request::Heartbeat(_, 1, answer) => answer.send(Ok(())).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn amid_a_rebalance_there_is_time_to_find_another_coordinator() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.member.rejoin();
    let begin = Instant::now();
    stage.join().await.1.send(Err(moved())).unwrap();
    while begin.elapsed() < Duration::from_secs(20) {
        stage.find().await.send(Err(moved())).unwrap();
    }
    stage.found().await;
    stage.rebalancing().await;
    assert_eq!(reported(&stage.join().await.0), work(&["a"]));
}

#[tokio::test(start_paused = true)]
async fn amid_a_rebalance_too_work_is_given_up_in_the_end() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.member.rejoin();
    stage.rebalancing().await;
    let begin = Instant::now();
    stage.join().await.1.send(Err(moved())).unwrap();
    // Never answered.
    let _hanging = stage.find().await;
    assert_eq!(stage.revoked().await.reason, RevocationReason::CoordinatorLost);
    assert_eq!(begin.elapsed().as_secs(), 23);
}
