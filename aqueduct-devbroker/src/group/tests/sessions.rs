//! How members live, fall silent and leave.

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use tokio::time::{advance, sleep};

use super::*;

#[tokio::test(start_paused = true)]
async fn heartbeats_are_checked() {
    let coordinator = Coordinator::new();
    let member = coordinator.stable(1).await.remove(0);
    let check = |id: &str, instance: Option<&str>, generation: i32, expect: Option<ResponseError>| {
        let request = HeartbeatRequest::default()
            .with_group_id(group())
            .with_member_id(text(id))
            .with_group_instance_id(instance.map(text))
            .with_generation_id(generation);
        assert_eq!(coordinator.broker.groups.heartbeat(&request).err(), expect, "{request:?}");
        let sync = sync(&Joined { id: text(id), generation }).with_group_instance_id(instance.map(text));
        coordinator.sync(sync)
    };
    let syncs = [
        (check(&member.id, None, 1, None), None),
        (check(&member.id, None, 2, Some(ResponseError::IllegalGeneration)), Some(ResponseError::IllegalGeneration)),
        (check("other", None, 1, Some(ResponseError::UnknownMemberId)), Some(ResponseError::UnknownMemberId)),
        (check(&member.id, Some("i"), 1, Some(ResponseError::UnknownMemberId)), Some(ResponseError::UnknownMemberId)),
    ];
    for (sync, expect) in syncs {
        assert_eq!(error(sync.await.unwrap().error_code), expect);
    }
    let unknown = HeartbeatRequest::default().with_group_id(GroupId("none".into()));
    assert_eq!(coordinator.broker.groups.heartbeat(&unknown), Err(ResponseError::UnknownMemberId));
    let unnamed = HeartbeatRequest::default();
    assert_eq!(coordinator.broker.groups.heartbeat(&unnamed), Err(ResponseError::InvalidGroupId));
}

#[tokio::test(start_paused = true)]
async fn a_sync_with_another_protocol_is_refused() {
    let coordinator = Coordinator::new();
    let member = coordinator.stable(1).await.remove(0);
    for (protocol_type, name, expect) in [
        (Some("connect"), Some("p"), None),
        (Some("consumer"), Some("p"), Some(ResponseError::InconsistentGroupProtocol)),
        (Some("connect"), Some("q"), Some(ResponseError::InconsistentGroupProtocol)),
    ] {
        let request = sync(&member).with_protocol_type(protocol_type.map(text)).with_protocol_name(name.map(text));
        assert_eq!(error(coordinator.sync(request).await.unwrap().error_code), expect, "{protocol_type:?} {name:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_member_is_removed_when_its_session_ends() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    for _ in 0..2 {
        advance(SESSION / 2).await;
        assert_eq!(coordinator.heartbeat(&members[0]), None);
    }
    sleep(Duration::from_millis(10)).await;
    coordinator.assert_state("PreparingRebalance", 1);
    let response = coordinator.join(join(&members[0].id)).await.unwrap();
    assert_eq!((response.generation_id, response.members.len()), (3, 1));
    // Then it falls silent too.
    sleep(SESSION + Duration::from_millis(10)).await;
    coordinator.assert_state("Empty", 0);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_join_again_in_time_is_out() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    let begin = tokio::time::Instant::now();
    let leader = coordinator.join(join(&members[0].id));
    // The other one goes on sending heartbeats, as if it were busy.
    while begin.elapsed() < REBALANCE - Duration::from_secs(1) {
        sleep(SESSION / 2).await;
        assert_eq!(coordinator.heartbeat(&members[1]), Some(ResponseError::RebalanceInProgress));
    }
    let response = leader.await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), REBALANCE.as_secs());
    assert_eq!((response.generation_id, response.members.len()), (3, 1));
    assert_eq!(coordinator.heartbeat(&members[1]), Some(ResponseError::UnknownMemberId));
}

#[tokio::test(start_paused = true)]
async fn who_never_asks_for_its_assignment_is_out() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    let next = coordinator.join_again(&members).await;
    assert_eq!(error(coordinator.sync(sync(&next[0])).await.unwrap().error_code), None);
    let begin = tokio::time::Instant::now();
    while begin.elapsed() <= REBALANCE {
        for member in &next {
            coordinator.heartbeat(member);
        }
        sleep(SESSION / 2).await;
    }
    coordinator.assert_state("PreparingRebalance", 1);
    assert_eq!(coordinator.heartbeat(&next[1]), Some(ResponseError::UnknownMemberId));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_nobody_uses_holds_up_the_others_for_a_session_only() {
    let coordinator = Coordinator::new();
    let first = coordinator.stable(1).await.remove(0);
    coordinator.new_id().await;
    let begin = tokio::time::Instant::now();
    let response = coordinator.join(join(&first.id)).await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), SESSION.as_secs());
    assert_eq!((response.generation_id, response.members.len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_was_never_joined_vanishes() {
    let coordinator = Coordinator::new();
    let id = coordinator.new_id().await;
    sleep(SESSION + Duration::from_millis(10)).await;
    coordinator.assert_state("Dead", 0);
    let late = coordinator.join(join(&id)).await.unwrap();
    assert_eq!(error(late.error_code), Some(ResponseError::UnknownMemberId));
}

#[tokio::test(start_paused = true)]
async fn waiting_members_need_no_heartbeats() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    let begin = tokio::time::Instant::now();
    let waiting = coordinator.join(join(&members[0].id));
    while begin.elapsed() < 3 * SESSION {
        sleep(SESSION / 2).await;
        coordinator.heartbeat(&members[1]);
    }
    coordinator.join(join(&members[1].id)).await.unwrap();
    assert_eq!(waiting.await.unwrap().members.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn leaving_starts_a_rebalance_at_once() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(3).await;
    let promised = coordinator.new_id().await;
    let leaver = |id: &str| MemberIdentity::default().with_member_id(text(id));
    let leavers = [leaver(&members[1].id), leaver("stranger"), leaver(&promised)];
    let codes: Vec<_> = coordinator.broker.groups.leave(GROUP, &leavers).unwrap();
    let codes: Vec<_> = codes.iter().map(|member| error(member.error_code)).collect();
    assert_eq!(codes, [None, Some(ResponseError::UnknownMemberId), None]);
    coordinator.assert_state("PreparingRebalance", 2);
    // The last but one leaves while the other one waits.
    let waiting = coordinator.join(join(&members[2].id));
    settle().await;
    coordinator.broker.groups.leave(GROUP, &[leaver(&members[0].id)]).unwrap();
    let response = waiting.await.unwrap();
    assert_eq!((response.members.len(), response.leader), (1, members[2].id.clone()));
    coordinator.broker.groups.leave(GROUP, &[leaver(&members[2].id)]).unwrap();
    coordinator.assert_state("Empty", 0);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_not_there_cannot_be_left() {
    let coordinator = Coordinator::new();
    for (id, expect) in [("none", ResponseError::UnknownMemberId), ("", ResponseError::InvalidGroupId)] {
        assert_eq!(coordinator.broker.groups.leave(id, &[]), Err(expect));
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_member_that_is_taken_out_is_told() {
    let coordinator = Coordinator::new();
    let members = coordinator.stable(2).await;
    let waiting = coordinator.join(join(&members[0].id));
    settle().await;
    let leaver = MemberIdentity::default().with_member_id(members[0].id.clone());
    coordinator.broker.groups.leave(GROUP, &[leaver]).unwrap();
    assert_eq!(error(waiting.await.unwrap().error_code), Some(ResponseError::UnknownMemberId));
    coordinator.assert_state("PreparingRebalance", 1);
}
