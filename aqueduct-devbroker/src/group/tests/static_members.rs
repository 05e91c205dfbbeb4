//! Members with a `group.instance.id`.

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use tokio::time::sleep;

use super::*;

/// Two static members, "a" which leads and "b", in a stable group of generation 2.
async fn pair(coordinator: &Coordinator) -> [Joined; 2] {
    let first = coordinator.join(join_static("a", "")).await.unwrap();
    assert!(first.member_id.starts_with("a-"));
    let second = coordinator.join(join_static("b", ""));
    settle().await;
    let first = coordinator.join(join_static("a", &first.member_id)).await.unwrap();
    let joined = [first, second.await.unwrap()]
        .map(|response| Joined { id: response.member_id, generation: response.generation_id });
    coordinator.assign(&joined).await;
    joined
}

#[tokio::test(start_paused = true)]
async fn a_follower_comes_back_without_a_rebalance() {
    let coordinator = Coordinator::new();
    let [leader, follower] = pair(&coordinator).await;
    let back = coordinator.join(join_static("b", "")).await.unwrap();
    assert_eq!((back.generation_id, back.leader), (2, leader.id));
    assert_ne!(back.member_id, follower.id);
    assert!(!back.skip_assignment && back.members.is_empty());
    coordinator.assert_state("Stable", 2);
    // It has the place, and the assignment, of its former self.
    let assigned = coordinator.sync(sync(&Joined { id: back.member_id, generation: 2 })).await.unwrap();
    assert_eq!(assigned.assignment, follower.id.into_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_comes_back_leaves_the_assignment_as_it_is() {
    let coordinator = Coordinator::new();
    let [leader, _] = pair(&coordinator).await;
    let back = coordinator.join(join_static("a", "")).await.unwrap();
    assert_eq!((back.leader, back.skip_assignment, back.members.len()), (back.member_id.clone(), true, 2));
    // A client that cannot be told so is made a follower.
    let older = coordinator.join_as(join_static("a", ""), 8).await.unwrap();
    assert_eq!((older.leader, older.skip_assignment, older.members.len()), (back.member_id, false, 0));
    assert_ne!(older.member_id, leader.id);
}

#[tokio::test(start_paused = true)]
async fn who_was_replaced_is_fenced() {
    let coordinator = Coordinator::new();
    let [_, follower] = pair(&coordinator).await;
    coordinator.join(join_static("b", "")).await.unwrap();
    let fenced = Some(ResponseError::FencedInstanceId);
    let heartbeat = HeartbeatRequest::default()
        .with_group_id(group())
        .with_member_id(follower.id.clone())
        .with_generation_id(2)
        .with_group_instance_id(Some("b".into()));
    assert_eq!(coordinator.broker.groups.heartbeat(&heartbeat).err(), fenced);
    let sync = sync(&follower).with_group_instance_id(Some("b".into()));
    assert_eq!(error(coordinator.sync(sync).await.unwrap().error_code), fenced);
    let again = coordinator.join(join_static("b", &follower.id)).await.unwrap();
    assert_eq!(error(again.error_code), fenced);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_member_that_is_replaced_is_fenced() {
    let coordinator = Coordinator::new();
    let [leader, follower] = pair(&coordinator).await;
    let waiting = coordinator.join(join_static("a", &leader.id));
    settle().await;
    let back = coordinator.join(join_static("a", ""));
    assert_eq!(error(waiting.await.unwrap().error_code), Some(ResponseError::FencedInstanceId));
    coordinator.join(join_static("b", &follower.id)).await.unwrap();
    let back = back.await.unwrap();
    assert_eq!((back.generation_id, back.members.len()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_common_protocol_rebalances() {
    let coordinator = Coordinator::new();
    let wide = |instance: &str, id: &str| join_static(instance, id).with_protocols(protocols(&["p", "q"]));
    let first = coordinator.join(wide("a", "")).await.unwrap();
    coordinator.assign(&[Joined { id: first.member_id.clone(), generation: 1 }]).await;
    let narrow = join_static("a", "").with_protocols(protocols(&["q", "p"]));
    let back = coordinator.join(narrow).await.unwrap();
    assert_eq!((back.generation_id, back.protocol_name), (2, Some("q".into())));
}

#[tokio::test(start_paused = true)]
async fn a_silent_static_member_keeps_its_place_until_its_session_ends() {
    let coordinator = Coordinator::new();
    let first = coordinator.join(join_static("a", "")).await.unwrap();
    let patient = |id: &str| join_static("b", id).with_session_timeout_ms(300_000);
    let second = coordinator.join(patient(""));
    settle().await;
    let first = coordinator.join(join_static("a", &first.member_id)).await.unwrap();
    let second = second.await.unwrap();
    let joined = [first, second].map(|response| Joined { id: response.member_id, generation: 2 });
    coordinator.assign(&joined).await;
    // "b" does not join again: after the rebalance timeout the group goes on with its place taken.
    let response = coordinator.join(join_static("a", &joined[0].id)).await.unwrap();
    assert_eq!((response.generation_id, response.members.len()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_takes_a_static_member_out_by_name() {
    let coordinator = Coordinator::new();
    pair(&coordinator).await;
    let leaver = |instance: &str| MemberIdentity::default().with_group_instance_id(Some(text(instance)));
    let left = coordinator.broker.groups.leave(GROUP, &[leaver("b"), leaver("none")]).unwrap();
    let codes: Vec<_> = left.iter().map(|member| error(member.error_code)).collect();
    assert_eq!(codes, [None, Some(ResponseError::UnknownMemberId)]);
    coordinator.assert_state("PreparingRebalance", 1);
    sleep(SESSION + Duration::from_millis(10)).await;
    coordinator.assert_state("Empty", 0);
}
