//! What administrators see of groups.

use super::*;
use crate::group::SWEEP_INTERVAL;
use crate::group::member::Client;

#[tokio::test(start_paused = true)]
async fn groups_are_listed_by_state_and_type() {
    let coordinator = Coordinator::new();
    coordinator.stable(1).await;
    let check = |states: &[&str], types: &[&str], expect: usize| {
        let texts = |values: &[&str]| values.iter().map(|value| text(value)).collect::<Vec<_>>();
        let listed = coordinator.broker.groups.list(&texts(states), &texts(types));
        assert_eq!(listed.len(), expect, "{states:?} {types:?}");
    };
    check(&[], &[], 1);
    check(&["stable"], &[], 1);
    check(&["Empty", " Stable "], &["Classic"], 1);
    check(&["Empty"], &[], 0);
    check(&["what"], &[], 0);
    check(&[], &["consumer"], 0);
    let listed = coordinator.broker.groups.list(&[], &[]).remove(0);
    assert_eq!(
        (listed.group_id, listed.protocol_type, listed.group_state),
        (group(), "connect".into(), "Stable".into())
    );
}

#[tokio::test(start_paused = true)]
async fn metadata_is_told_of_a_stable_group_only() {
    let coordinator = Coordinator::new();
    let member = coordinator.stable(1).await.remove(0);
    let described = coordinator.broker.groups.describe(&group()).unwrap();
    assert_eq!((described.protocol_data, described.protocol_type), ("p".into(), "connect".into()));
    let found = &described.members[0];
    assert_eq!((&found.client_id, &found.client_host), (&"client".into(), &"/127.0.0.1".into()));
    assert_eq!((&found.member_metadata[..], &found.member_assignment[..]), (&b"p"[..], member.id.as_bytes()));

    coordinator.join(join(&member.id)).await.unwrap();
    let described = coordinator.broker.groups.describe(&group()).unwrap();
    assert_eq!((described.group_state, described.protocol_data), ("CompletingRebalance".into(), "".into()));
    assert!(described.members[0].member_metadata.is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_a_group_without_members_is_deleted() {
    let coordinator = Coordinator::new();
    let groups = &coordinator.broker.groups;
    assert_eq!(groups.delete(GROUP), Err(ResponseError::GroupIdNotFound));
    coordinator.stable(1).await;
    assert_eq!(groups.delete(GROUP), Err(ResponseError::NonEmptyGroup));
    tokio::time::sleep(SESSION + Duration::from_millis(10)).await;
    tokio::time::sleep(REBALANCE).await;
    coordinator.assert_state("Empty", 0);
    assert_eq!(groups.delete(GROUP), Ok(()));
    coordinator.assert_state("Dead", 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_group_stays_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::in_folder(folder.path());
    let client = Client { id: "c".to_owned(), host: String::new(), version: 3 };
    coordinator.broker.groups.join(join(""), client).await;
    tokio::time::sleep(SESSION + Duration::from_millis(10)).await;
    coordinator.assert_state("Empty", 0);
    coordinator.broker.groups.delete(GROUP).unwrap();
    coordinator.broker.close().await.unwrap();
    drop(coordinator);
    assert!(Coordinator::in_folder(folder.path()).broker.groups.list(&[], &[]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_group_that_holds_nothing_is_forgotten_some_day() {
    let coordinator = Coordinator::new();
    coordinator.stable(1).await;
    tokio::time::sleep(SESSION + Duration::from_millis(10)).await;
    coordinator.assert_state("Empty", 0);
    tokio::time::sleep(SWEEP_INTERVAL).await;
    coordinator.assert_state("Dead", 0);
}
