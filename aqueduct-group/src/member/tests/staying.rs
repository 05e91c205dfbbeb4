//! In the group: heartbeats, rounds that are due, what the herder asks for, the end.

use std::time::Duration;

use aqueduct_kafka::raw::GroupFault;
use tokio::time::Instant;

use super::super::OutReason;
use super::script::{Stage, assignment, reported, work};
use crate::protocol::Protocol;

const INTERVAL: Duration = Duration::from_secs(3);

#[tokio::test(start_paused = true)]
async fn heartbeats_go_out_in_their_interval() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    for _ in 0..20 {
        let begin = Instant::now();
        let (generation, answer) = stage.heartbeat().await;
        assert_eq!((generation, begin.elapsed()), (1, INTERVAL));
        answer.send(Ok(())).unwrap();
    }
}

/// A heartbeat's fault: with which id and reason the member joins again.
async fn check_fault(fault: GroupFault, id: &str, reason: &str) {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.heartbeat().await.1.send(Err(fault)).unwrap();
    stage.rebalancing().await;
    let (join, _) = stage.join().await;
    assert_eq!((join.member_id.as_str(), join.reason.as_str()), (id, reason));
    assert_eq!(reported(&join), work(&["a"]));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_tell_of_rebalances_and_of_memberships_that_ended() {
    check_fault(GroupFault::Rebalancing, "me", "group is already rebalancing").await;
    check_fault(GroupFault::IllegalGeneration, "me", "encountered ILLEGAL_GENERATION from HEARTBEAT response").await;
    check_fault(GroupFault::UnknownMember, "", "encountered UNKNOWN_MEMBER_ID from HEARTBEAT response").await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_rebalance_makes_the_member_join_when_it_is_due() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.member.rejoin();
    stage.follow(2, Protocol::Sessioned, &assignment(&[], &[], 10_000)).await;
    let begin = Instant::now();
    stage.rebalancing().await;
    assert_eq!(stage.assigned().await.assignment.delay, 10_000);
    for _ in 0..3 {
        stage.heartbeat().await.1.send(Ok(())).unwrap();
    }
    stage.follow(3, Protocol::Sessioned, &assignment(&["b"], &[], 0)).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
    stage.rebalancing().await;
    assert_eq!(stage.assigned().await.assignment.assigned, work(&["b", "a"]));
    // Once only.
    stage.heartbeat().await.1.send(Ok(())).unwrap();
    stage.heartbeat().await.1.send(Ok(())).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rejoin_that_is_asked_for_during_a_rebalance_means_another_one() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.member.rejoin();
    let (_, answer) = stage.join().await;
    stage.member.rejoin();
    answer.send(Ok(super::script::joined(2, Protocol::Sessioned))).unwrap();
    let (_, answer) = stage.sync().await;
    answer.send(Ok(assignment(&[], &[], 0).encode(Protocol::Sessioned).unwrap())).unwrap();
    stage.follow(3, Protocol::Sessioned, &assignment(&[], &[], 0)).await;
    stage.heartbeat().await.1.send(Ok(())).unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_leaves_stays_out_until_told_and_keeps_the_work() {
    let stage = Stage::settled(Protocol::Sessioned, &["a", "a-0"]).await;
    stage.member.leave("taking too long to read the log");
    assert_eq!(stage.leave().await, ("me".into(), "taking too long to read the log".into()));
    assert_eq!(stage.out().await, OutReason::Asked);
    let begin = Instant::now();
    tokio::time::sleep(Duration::from_secs(300)).await;
    stage.member.stopped(work(&["a-0"]));
    stage.member.rejoin();
    let (join, _) = stage.join().await;
    assert_eq!(begin.elapsed(), Duration::from_secs(300));
    assert_eq!(join.member_id, "");
    assert_eq!(reported(&join), work(&["a"]));
}

#[tokio::test(start_paused = true)]
async fn to_leave_and_to_come_back_at_once_is_to_come_back() {
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.member.leave("x");
    stage.member.rejoin();
    stage.leave().await;
    stage.join().await;
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_stopped_leaves_and_ends_even_while_it_joins() {
    for joining in [false, true] {
        let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
        if joining {
            stage.member.rejoin();
            // Never answered.
            stage.join().await;
            stage.rebalancing().await;
        }
        let member = stage.member.clone();
        let stopping = tokio::spawn(async move { member.stop(Duration::from_secs(60)).await });
        assert_eq!(stage.leave().await, ("me".into(), "the consumer is being closed".into()));
        assert_eq!(stage.out().await, OutReason::Stopped);
        let begin = Instant::now();
        stopping.await.unwrap();
        assert_eq!(begin.elapsed(), Duration::ZERO);
        // To stop it again harms nobody.
        stage.member.stop(Duration::from_secs(60)).await;
    }
}
