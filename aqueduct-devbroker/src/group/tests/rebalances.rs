//! How generations begin.

use std::collections::BTreeSet;

use kafka_protocol::messages::JoinGroupRequest;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::*;
use crate::group::member::Member;
use crate::group::state::{Group, State};

#[tokio::test(start_paused = true)]
async fn a_new_member_has_to_come_back_with_its_id() {
    let coordinator = Coordinator::new();
    let id = coordinator.new_id().await;
    assert!(id.starts_with("client-"));
    coordinator.assert_state("Empty", 0);
    let response = coordinator.join(join(&id)).await.unwrap();
    assert_eq!((response.generation_id, response.leader, response.member_id), (1, id.clone(), id));
}

#[tokio::test(start_paused = true)]
async fn before_version_4_a_new_member_joins_at_once() {
    let coordinator = Coordinator::new();
    let response = coordinator.join_as(join(""), 3).await.unwrap();
    assert_eq!((error(response.error_code), response.generation_id), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn only_the_leader_learns_of_the_members() {
    let coordinator = Coordinator::new();
    let first = coordinator.stable(1).await.remove(0);
    let id = coordinator.new_id().await;
    let second = coordinator.join(join(&id));
    settle().await;
    assert!(!second.is_finished());
    coordinator.assert_state("PreparingRebalance", 2);
    assert_eq!(coordinator.heartbeat(&first), Some(ResponseError::RebalanceInProgress));

    let leader = coordinator.join(join(&first.id)).await.unwrap();
    let follower = second.await.unwrap();
    assert_eq!((leader.generation_id, follower.generation_id), (2, 2));
    assert_eq!((leader.leader, follower.leader), (first.id.clone(), first.id.clone()));
    let members: Vec<_> =
        leader.members.iter().map(|member| (member.member_id.clone(), &member.metadata[..])).collect();
    assert_eq!(members, [(first.id, &b"p"[..]), (id, b"p")]);
    assert!(follower.members.is_empty());
    assert_eq!(follower.protocol_name, Some("p".into()));
}

#[tokio::test(start_paused = true)]
async fn followers_wait_for_the_leaders_assignment() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    // A leader that joins again starts the next generation.
    let next = coordinator.join_again(&members).await;
    let follower = coordinator.sync(sync(&next[1]));
    settle().await;
    assert!(!follower.is_finished());
    coordinator.assign(&next).await;
    assert_eq!(follower.await.unwrap().assignment, next[1].id.clone().into_bytes());
    coordinator.assert_state("Stable", 2);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_missed_its_answer_gets_it_again() {
    let coordinator = Coordinator::new();
    let id = coordinator.new_id().await;
    let first = coordinator.join(join(&id)).await.unwrap();
    assert_eq!(coordinator.join(join(&id)).await.unwrap(), first);
    // With other protocols it is something new.
    let other = coordinator.join(join(&id).with_protocols(protocols(&["q"]))).await.unwrap();
    assert_eq!(error(other.error_code), Some(ResponseError::InconsistentGroupProtocol));
    let more = coordinator.join(join(&id).with_protocols(protocols(&["p", "q"]))).await.unwrap();
    assert_eq!(more.generation_id, 2);
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_joins_again_as_it_was_causes_no_rebalance() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    let response = coordinator.join(join(&members[1].id)).await.unwrap();
    assert_eq!((response.generation_id, response.members.len()), (2, 0));
    coordinator.assert_state("Stable", 2);
}

#[tokio::test(start_paused = true)]
async fn syncs_that_wait_are_refused_when_a_rebalance_begins() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    let joins = [coordinator.join(join(&members[0].id)), coordinator.join(join(&members[1].id))];
    for join in joins {
        assert_eq!(join.await.unwrap().generation_id, 3);
    }
    let follower = Joined { generation: 3, ..members[1].clone() };
    let waiting = coordinator.sync(sync(&follower));
    settle().await;
    let id = coordinator.new_id().await;
    let _third = coordinator.join(join(&id));
    assert_eq!(error(waiting.await.unwrap().error_code), Some(ResponseError::RebalanceInProgress));
    let late = coordinator.sync(sync(&follower)).await.unwrap();
    assert_eq!(error(late.error_code), Some(ResponseError::RebalanceInProgress));
}

#[tokio::test(start_paused = true)]
async fn joins_are_refused() {
    let coordinator = Coordinator::new();
    coordinator.stable(1).await;
    let cases: [(JoinGroupRequest, ResponseError); 8] = [
        (join("").with_group_id(GroupId::default()), ResponseError::InvalidGroupId),
        (join("").with_session_timeout_ms(5_999), ResponseError::InvalidSessionTimeout),
        (join("").with_session_timeout_ms(1_800_001), ResponseError::InvalidSessionTimeout),
        (join("stranger"), ResponseError::UnknownMemberId),
        (join("stranger").with_group_id(GroupId("other".into())), ResponseError::UnknownMemberId),
        (join("").with_protocol_type("consumer".into()), ResponseError::InconsistentGroupProtocol),
        (join("").with_protocols(protocols(&["q"])), ResponseError::InconsistentGroupProtocol),
        (
            join("").with_group_id(GroupId("n".into())).with_protocols(Vec::new()),
            ResponseError::InconsistentGroupProtocol,
        ),
    ];
    for (request, expect) in cases {
        let response = coordinator.join(request.clone()).await.unwrap();
        assert_eq!(error(response.error_code), Some(expect), "{request:?}");
        assert_eq!((response.generation_id, response.member_id), (-1, request.member_id));
    }
    assert_eq!(coordinator.broker.groups.list(&[], &[]).len(), 1, "a refused join leaves no group behind");
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_does_not_stop_the_others() {
    let coordinator = Coordinator::new();
    let first = coordinator.stable(1).await.remove(0);
    let id = coordinator.new_id().await;
    let lost = coordinator.join(join(&id));
    settle().await;
    lost.abort();
    settle().await;
    let response = coordinator.join(join(&first.id)).await.unwrap();
    assert_eq!((response.generation_id, response.members.len()), (2, 2));
    // The member finds its way back.
    assert_eq!(coordinator.join(join(&id)).await.unwrap().generation_id, 2);
}

/// A group of members with these protocols, each list the best first.
fn group_of(lists: &[&[&str]]) -> Group {
    let mut group = Group::new(Duration::ZERO);
    group.state = State::Stable;
    group.protocol_type = Some("connect".into());
    let client = Client { id: String::new(), host: String::new(), version: 9 };
    for (place, list) in lists.iter().enumerate() {
        let request = join("").with_protocols(protocols(list));
        group.members.push(Member::new(text(&place.to_string()), &request, &client));
    }
    group
}

#[test]
fn the_protocol_with_most_votes_is_chosen() {
    let check = |lists: &[&[&str]], expect: Option<&'static str>| {
        assert_eq!(group_of(lists).select_protocol(), expect.map(StrBytes::from), "{lists:?}");
    };
    check(&[&["a", "b"]], Some("a"));
    check(&[&["a", "b"], &["b", "a"]], Some("a"));
    check(&[&["a", "b"], &["b", "a"], &["b", "a"]], Some("b"));
    check(&[&["a", "b"], &["b", "c"]], Some("b"));
    check(&[&["c", "a", "b"], &["b", "a"], &["a", "b"], &["b", "a"]], Some("a"));
    check(&[&["a"], &["b"]], None);
    check(&[], None);
}

#[test]
fn a_new_member_needs_a_protocol_that_all_speak() {
    let check = |lists: &[&[&str]], protocol_type: &str, names: &[&str], expect: bool| {
        let names: Vec<StrBytes> = names.iter().map(|name| text(name)).collect();
        let names: BTreeSet<&StrBytes> = names.iter().collect();
        assert_eq!(group_of(lists).supports(&text(protocol_type), &names), expect, "{lists:?} {names:?}");
    };
    check(&[&["a", "b"], &["b"]], "connect", &["b"], true);
    check(&[&["a", "b"], &["b"]], "connect", &["a"], false);
    check(&[&["a", "b"], &["b"]], "consumer", &["b"], false);
    check(&[&["a"]], "connect", &[], false);
}

#[test]
fn the_first_rebalance_waits_for_more_members() {
    let delay = Duration::from_secs(3);
    let mut group = Group::new(delay);
    let client = Client { id: "client".to_owned(), host: String::new(), version: 3 };
    let begin = Instant::now();
    let join_at = |group: &mut Group, after: Duration| {
        let (answer, answered) = oneshot::channel();
        group.join(&join(""), &client, answer, begin + after);
        answered
    };
    let mut first = join_at(&mut group, Duration::ZERO);
    let mut second = join_at(&mut group, Duration::from_secs(2));
    group.expire(begin + delay);
    assert!(first.try_recv().is_err(), "somebody came, so that it waits once more");
    group.expire(begin + 2 * delay);
    assert_eq!(first.try_recv().unwrap().members.len(), 2);
    assert_eq!(second.try_recv().unwrap().generation_id, 1);
}
