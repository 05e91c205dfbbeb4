//! Joining: what is offered, what comes of answers, who assigns, what stops when.

use std::time::Duration;

use aqueduct_kafka::KafkaError;
use aqueduct_kafka::raw::{GroupFault, Joined};
use tokio::time::Instant;

use super::super::{GroupEvent, RevocationReason};
use super::script::{Stage, assignment, configured, joined, reported, said, work};
use crate::protocol::{Assignment, Metadata, Protocol};

#[track_caller]
fn check_offers(names: &[&str], expect: &[&str]) {
    assert_eq!(names, expect);
}

#[tokio::test(start_paused = true)]
async fn the_configured_protocol_and_the_older_ones_are_offered() {
    for (protocol, expect) in [
        (Protocol::Eager, &["default"][..]),
        (Protocol::Compatible, &["compatible", "default"]),
        (Protocol::Sessioned, &["sessioned", "compatible", "default"]),
    ] {
        let stage = Stage::new(protocol);
        stage.found().await;
        let (join, _) = stage.join().await;
        check_offers(&join.protocols.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expect);
        assert_eq!((join.member_id.as_str(), join.protocol_type.as_str(), join.reason.as_str()), ("", "connect", ""));
        assert_eq!(join.session_timeout, Duration::from_secs(10));
        assert_eq!(join.rebalance_timeout, Duration::from_secs(60));
        let metadata = Metadata { url: "http://a:8083/".into(), offset: 1, allocation: None };
        assert_eq!(said(&join, Protocol::Eager), metadata);
    }
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_joins_again_with_the_id_that_it_is_given() {
    let stage = Stage::new(Protocol::Sessioned);
    stage.found().await;
    let begin = Instant::now();
    stage.join().await.1.send(Err(GroupFault::MemberIdRequired("me".into()))).unwrap();
    let (join, _) = stage.join().await;
    assert_eq!(join.member_id, "me");
    assert_eq!(join.reason, "need to re-join with the given member-id: me");
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_new_joins_what_was_there() {
    let stage = Stage::settled(Protocol::Sessioned, &["a", "a-0"]).await;
    stage.member.rejoin();
    let join = stage.follow(2, Protocol::Sessioned, &assignment(&["b"], &[], 0)).await;
    assert_eq!(reported(&join), work(&["a", "a-0"]));
    assert_eq!(join.member_id, "me");
    stage.rebalancing().await;
    let assigned = stage.assigned().await;
    assert_eq!((assigned.generation, assigned.protocol), (2, Protocol::Sessioned));
    assert_eq!(assigned.assignment.assigned, work(&["b", "a", "a-0"]));
    assert!(!assigned.is_leader() && assigned.owners.is_none() && !assigned.rejoin_when_started);
    assert_eq!(assigned.assignment.leader_url, "http://b:8083/");
}

#[tokio::test(start_paused = true)]
async fn what_is_revoked_stops_before_the_rest_is_assigned() {
    let stage = Stage::settled(Protocol::Compatible, &["a", "a-0", "a-1"]).await;
    stage.member.rejoin();
    stage.follow(2, Protocol::Compatible, &assignment(&[], &["a-1"], 0)).await;
    stage.rebalancing().await;
    let revocation = stage.revoked().await;
    assert_eq!((&revocation.work, revocation.reason), (&work(&["a-1"]), RevocationReason::Moved));
    // It stays alive meanwhile.
    let (generation, answer) = stage.heartbeat().await;
    assert_eq!(generation, 2);
    answer.send(Ok(())).unwrap();
    revocation.done();
    let assigned = stage.assigned().await;
    assert_eq!(assigned.assignment.assigned, work(&["a", "a-0"]));
    assert!(assigned.rejoin_when_started);
    // It is the herder that has to ask for the round in which the work goes to others.
    stage.heartbeat().await.1.send(Ok(())).unwrap();
    stage.member.rejoin();
    let (join, _) = stage.join().await;
    let allocation = said(&join, Protocol::Compatible).allocation.unwrap();
    assert_eq!((allocation.assigned, allocation.revoked), (work(&["a", "a-0"]), work(&[])));
}

#[tokio::test(start_paused = true)]
async fn an_eager_member_stops_everything_before_it_joins() {
    let stage = Stage::settled(Protocol::Eager, &["a", "a-0"]).await;
    stage.member.rejoin();
    stage.rebalancing().await;
    let revocation = stage.revoked().await;
    assert_eq!((&revocation.work, revocation.reason), (&work(&["a", "a-0"]), RevocationReason::Rebalance));
    drop(revocation);
    stage.follow(2, Protocol::Eager, &assignment(&["b"], &[], 0)).await;
    assert_eq!(stage.assigned().await.assignment.assigned, work(&["b"]));
}

#[tokio::test(start_paused = true)]
async fn a_member_of_a_group_that_was_eager_so_far_reports_nothing_it_has_stopped() {
    let stage = Stage::new(Protocol::Sessioned);
    stage.found().await;
    stage.rebalancing().await;
    stage.follow(1, Protocol::Eager, &assignment(&["a"], &[], 0)).await;
    stage.assigned().await;
    stage.member.rejoin();
    stage.rebalancing().await;
    stage.revoked().await.done();
    let join = stage.follow(2, Protocol::Sessioned, &assignment(&["a"], &[], 0)).await;
    assert_eq!(reported(&join), work(&[]));
    assert_eq!(stage.assigned().await.assignment.assigned, work(&["a"]));
}

fn leading(generation: i32, members: Vec<(String, Vec<u8>)>) -> Joined {
    Joined { leader: "me".to_owned(), members, ..joined(generation, Protocol::Sessioned) }
}

#[tokio::test(start_paused = true)]
async fn the_leader_divides_what_is_configured() {
    let stage = Stage::new(Protocol::Sessioned);
    stage.config.set(configured(7, &[("a", 2)]));
    stage.found().await;
    stage.rebalancing().await;
    let (join, answer) = stage.join().await;
    let other = Metadata { url: "http://b:8083/".into(), offset: 7, allocation: None };
    let own = join.protocols[0].1.clone();
    let members = vec![("me".to_owned(), own), ("you".to_owned(), other.encode(Protocol::Sessioned).unwrap())];
    answer.send(Ok(leading(1, members))).unwrap();
    let (sync, answer) = stage.sync().await;
    assert_eq!(sync.assignments.iter().map(|(member, _)| member.as_str()).collect::<Vec<_>>(), ["me", "you"]);
    let decoded: Vec<Assignment> =
        sync.assignments.iter().map(|(_, bytes)| Assignment::decode(bytes).unwrap()).collect();
    assert_eq!(decoded[0].assigned, work(&["a", "a-0"]));
    assert_eq!(decoded[1].assigned, work(&["a-1"]));
    answer.send(Ok(sync.assignments[0].1.clone())).unwrap();
    let assigned = stage.assigned().await;
    assert!(assigned.is_leader());
    let owners = assigned.owners.unwrap();
    let owner = owners.task(&work(&["a-1"]).tasks[0]).unwrap();
    assert_eq!(owners.url(owner), Some("http://b:8083/"));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_behind_fails_the_round_and_waits_for_the_herder() {
    let stage = Stage::new(Protocol::Sessioned);
    stage.found().await;
    stage.rebalancing().await;
    let (join, answer) = stage.join().await;
    let ahead = Metadata { url: "http://b:8083/".into(), offset: 9, allocation: None };
    let own = join.protocols[0].1.clone();
    let members = vec![("me".to_owned(), own), ("you".to_owned(), ahead.encode(Protocol::Sessioned).unwrap())];
    answer.send(Ok(leading(1, members))).unwrap();
    let (sync, answer) = stage.sync().await;
    answer.send(Ok(sync.assignments[0].1.clone())).unwrap();
    let assigned = stage.assigned().await;
    assert!(assigned.assignment.failed() && assigned.owners.is_none());
    assert_eq!(assigned.assignment.offset, 9);
    stage.heartbeat().await.1.send(Ok(())).unwrap();
    stage.config.set(configured(9, &[]));
    stage.member.rejoin();
    assert_eq!(said(&stage.join().await.0, Protocol::Sessioned).offset, 9);
}

/// One fault of JoinGroup or SyncGroup: after how long the next request comes, under which id.
async fn check_fault(in_sync: bool, fault: GroupFault, waits: bool, id: &str) {
    let what = format!("{fault:?} in_sync={in_sync}");
    let stage = Stage::settled(Protocol::Sessioned, &["a"]).await;
    stage.member.rejoin();
    let (_, answer) = stage.join().await;
    let begin = Instant::now();
    if in_sync {
        answer.send(Ok(joined(2, Protocol::Sessioned))).unwrap();
        stage.sync().await.1.send(Err(fault.clone())).unwrap();
    } else {
        answer.send(Err(fault.clone())).unwrap();
    }
    if matches!(fault, GroupFault::NoCoordinator(_)) {
        stage.found().await;
    }
    let (join, _) = stage.join().await;
    assert_eq!(join.member_id, id, "{what}");
    assert_eq!(begin.elapsed() > Duration::ZERO, waits, "{what}");
    assert!(begin.elapsed() <= Duration::from_millis(200), "{what}");
    // What runs goes on, and is reported.
    assert_eq!(reported(&join), work(&["a"]), "{what}");
    stage.rebalancing().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_fault_a_member_joins_again() {
    check_fault(false, GroupFault::UnknownMember, false, "").await;
    check_fault(false, GroupFault::MemberIdRequired("new".into()), false, "new").await;
    check_fault(false, GroupFault::Rebalancing, false, "me").await;
    check_fault(false, GroupFault::NotYet("loading".into()), true, "me").await;
    check_fault(false, GroupFault::NoCoordinator("moved".into()), true, "me").await;
    check_fault(true, GroupFault::UnknownMember, false, "").await;
    check_fault(true, GroupFault::IllegalGeneration, false, "me").await;
    check_fault(true, GroupFault::Rebalancing, false, "me").await;
    check_fault(true, GroupFault::NoCoordinator("moved".into()), true, "me").await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_member() {
    let stage = Stage::new(Protocol::Sessioned);
    stage.found().await;
    stage.rebalancing().await;
    let refused = KafkaError::new(aqueduct_kafka::ErrorKind::Authorization, "Not authorized to access group: g");
    stage.join().await.1.send(Err(GroupFault::Fatal(refused))).unwrap();
    match stage.event().await {
        GroupEvent::Failed(error) => assert_eq!(error.to_string(), "Not authorized to access group: g"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_protocol_or_unreadable_assignment_ends_the_member() {
    for (protocol, bytes) in [("other", vec![]), ("sessioned", vec![]), ("sessioned", vec![0xff, 0xff])] {
        let stage = Stage::new(Protocol::Sessioned);
        stage.found().await;
        stage.rebalancing().await;
        let answer = Joined { protocol: protocol.to_owned(), ..joined(1, Protocol::Sessioned) };
        stage.join().await.1.send(Ok(answer)).unwrap();
        if protocol != "other" {
            stage.sync().await.1.send(Ok(bytes)).unwrap();
        }
        assert!(matches!(stage.event().await, GroupEvent::Failed(_)));
    }
}
