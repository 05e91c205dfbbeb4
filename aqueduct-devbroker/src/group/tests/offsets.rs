//! What groups commit.

use super::*;
use crate::group::{Committer, Fetched, Position, commit_in_transaction, end_transaction, topic_deleted};
use crate::topic_config::Overrides;

static NOBODY: StrBytes = StrBytes::new();

impl Coordinator {
    fn with_topic(self, name: &str) -> Coordinator {
        self.broker.topics.create(name, 2, Overrides::new(), false).unwrap();
        self
    }

    /// Commits an offset of partition 0 as somebody who is no member.
    fn commit(&self, topic: &str, offset: i64) -> Option<ResponseError> {
        let committer = committer(&NOBODY, -1);
        error(self.broker.groups.commit(&self.broker.topics, &committer, vec![position(topic, offset)])[0])
    }

    fn commit_later(&self, producer_id: i64, topic: &str, offset: i64) -> Option<ResponseError> {
        let committer = Committer { producer_id: Some(producer_id), ..committer(&NOBODY, -1) };
        error(commit_in_transaction(&self.broker, &committer, vec![position(topic, offset)])[0])
    }

    fn end(&self, producer_id: i64, commit: bool) {
        end_transaction(&self.broker, GROUP, producer_id, commit).unwrap();
    }

    /// The offset of partition 0; an error when a transaction may change it.
    fn stable_offset(&self, topic: &str) -> Result<i64, ResponseError> {
        let wanted = Some(vec![(topic.to_owned(), vec![0])]);
        let fetched = self.broker.groups.fetch(GROUP, wanted, true).remove(0).1.remove(0);
        error(fetched.code).map_or(Ok(fetched.offset), Err)
    }
}

fn committer(member_id: &StrBytes, generation: i32) -> Committer<'_> {
    Committer { group_id: GROUP, member_id, instance_id: None, generation, producer_id: None }
}

fn position(topic: &str, offset: i64) -> Position {
    Position { topic: topic.to_owned(), partition: 0, offset, leader_epoch: 7, metadata: "m".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_is_fetched() {
    let coordinator = Coordinator::new().with_topic("t");
    assert_eq!(coordinator.commit("t", 5), None);
    let wanted = Some(vec![("t".to_owned(), vec![0, 1]), ("u".to_owned(), vec![0])]);
    let known = Fetched { partition: 0, offset: 5, leader_epoch: 7, metadata: "m".to_owned(), code: 0 };
    let expect = vec![
        ("t".to_owned(), vec![known.clone(), Fetched::refused(1, 0)]),
        ("u".to_owned(), vec![Fetched::refused(0, 0)]),
    ];
    assert_eq!(coordinator.broker.groups.fetch(GROUP, wanted.clone(), false), expect);
    assert_eq!(coordinator.broker.groups.fetch(GROUP, None, false), [("t".to_owned(), vec![known])]);
    // A group that is not there has committed nothing.
    let nothing = coordinator.broker.groups.fetch("other", wanted, false);
    assert!(nothing.iter().flat_map(|(_, fetched)| fetched).all(|fetched| (fetched.offset, fetched.code) == (-1, 0)));
    assert_eq!(coordinator.broker.groups.fetch("other", None, false), []);
    coordinator.assert_state("Empty", 0);
}

#[tokio::test(start_paused = true)]
async fn committers_are_checked() {
    let coordinator = Coordinator::new().with_topic("t");
    let check = |member: &StrBytes, generation: i32, transactional: bool, expect: Option<ResponseError>| {
        let producer_id = transactional.then_some(1);
        let committer = Committer { producer_id, ..committer(member, generation) };
        let codes = coordinator.broker.groups.commit(&coordinator.broker.topics, &committer, vec![position("t", 1)]);
        assert_eq!(error(codes[0]), expect, "{committer:?}");
    };
    // Nobody but who is no member may make the group.
    check(&text("m"), 1, false, Some(ResponseError::IllegalGeneration));
    let member = coordinator.stable(1).await.remove(0);
    check(&member.id, 1, false, None);
    check(&member.id, 1, true, None);
    check(&member.id, 0, false, Some(ResponseError::IllegalGeneration));
    check(&member.id, 2, true, Some(ResponseError::IllegalGeneration));
    check(&text("other"), 1, false, Some(ResponseError::UnknownMemberId));
    check(&NOBODY, -1, false, Some(ResponseError::UnknownMemberId));
    check(&NOBODY, -1, true, None);
    // The next generation has not its assignment yet.
    assert_eq!(coordinator.join(join(&member.id)).await.unwrap().generation_id, 2);
    check(&member.id, 2, false, Some(ResponseError::RebalanceInProgress));
    check(&member.id, 2, true, None);
}

#[tokio::test(start_paused = true)]
async fn a_commit_is_a_sign_of_life() {
    let coordinator = Coordinator::new().with_topic("t");
    let member = coordinator.stable(1).await.remove(0);
    for _ in 0..4 {
        tokio::time::sleep(SESSION / 2).await;
        let committer = committer(&member.id, 1);
        let codes = coordinator.broker.groups.commit(&coordinator.broker.topics, &committer, vec![position("t", 1)]);
        assert_eq!(codes, [0]);
    }
    coordinator.assert_state("Stable", 1);
}

#[tokio::test(start_paused = true)]
async fn each_position_has_its_own_code() {
    let coordinator = Coordinator::new().with_topic("t");
    let long = |length: usize| Position { metadata: "x".repeat(length), ..position("t", 1) };
    let positions = vec![position("t", 1), position("none", 1), long(4097), long(4096)];
    let expect = [0, ResponseError::UnknownTopicOrPartition.code(), ResponseError::OffsetMetadataTooLarge.code(), 0];
    let committer = committer(&NOBODY, -1);
    assert_eq!(coordinator.broker.groups.commit(&coordinator.broker.topics, &committer, positions), expect);
}

#[tokio::test(start_paused = true)]
async fn pending_offsets_count_when_the_transaction_is_committed() {
    let coordinator = Coordinator::new().with_topic("t").with_topic("u");
    coordinator.commit("t", 1);
    assert_eq!(coordinator.commit_later(9, "t", 2), None);
    assert_eq!(coordinator.stable_offset("t"), Err(ResponseError::UnstableOffsetCommit));
    assert_eq!(coordinator.stable_offset("u"), Ok(-1));
    let loose = coordinator.broker.groups.fetch(GROUP, None, false);
    assert_eq!((loose[0].1[0].offset, loose[0].1[0].code), (1, 0));
    coordinator.end(9, false);
    assert_eq!(coordinator.stable_offset("t"), Ok(1));
    coordinator.commit_later(9, "t", 3);
    coordinator.end(8, true);
    assert_eq!(coordinator.stable_offset("t"), Err(ResponseError::UnstableOffsetCommit));
    coordinator.end(9, true);
    assert_eq!(coordinator.stable_offset("t"), Ok(3));
    coordinator.end(9, false);
    assert_eq!(coordinator.stable_offset("t"), Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_later_commit_outlives_an_earlier_transaction() {
    let coordinator = Coordinator::new().with_topic("t");
    coordinator.commit_later(9, "t", 2);
    coordinator.commit("t", 5);
    coordinator.end(9, true);
    assert_eq!(coordinator.stable_offset("t"), Ok(5));
}

#[tokio::test(start_paused = true)]
async fn a_group_of_an_aborted_transaction_vanishes() {
    let coordinator = Coordinator::new().with_topic("t");
    coordinator.commit_later(9, "t", 2);
    coordinator.assert_state("Empty", 0);
    coordinator.end(9, false);
    coordinator.assert_state("Dead", 0);
}

#[tokio::test(start_paused = true)]
async fn offsets_and_generations_survive() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::in_folder(folder.path()).with_topic("t").with_topic("u");
    let member = coordinator.stable(1).await.remove(0);
    let committer = committer(&member.id, 1);
    coordinator.broker.groups.commit(&coordinator.broker.topics, &committer, vec![position("t", 5)]);
    coordinator.commit_later(9, "u", 6);
    coordinator.broker.close().await.unwrap();
    drop(coordinator);

    let coordinator = Coordinator::in_folder(folder.path());
    coordinator.assert_state("Empty", 0);
    assert_eq!(coordinator.stable_offset("t"), Ok(5));
    assert_eq!(coordinator.stable_offset("u"), Err(ResponseError::UnstableOffsetCommit));
    coordinator.end(9, true);
    assert_eq!(coordinator.stable_offset("u"), Ok(6));
    assert_eq!(coordinator.heartbeat(&member), Some(ResponseError::UnknownMemberId));
    let late = coordinator.broker.groups.commit(&coordinator.broker.topics, &committer, vec![position("t", 4)]);
    assert_eq!(late, [ResponseError::UnknownMemberId.code()]);
    assert_eq!(coordinator.stable(1).await[0].generation, 2);
    // The later one still counts.
    coordinator.commit_later(9, "t", 7);
    coordinator.end(9, true);
    assert_eq!(coordinator.stable_offset("t"), Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_topic_takes_its_offsets_along() {
    let coordinator = Coordinator::new().with_topic("t").with_topic("u");
    coordinator.commit("t", 1);
    coordinator.commit("u", 1);
    coordinator.commit_later(9, "t", 2);
    topic_deleted(&coordinator.broker, "t");
    assert_eq!(coordinator.stable_offset("t"), Ok(-1));
    coordinator.end(9, true);
    assert_eq!(coordinator.stable_offset("t"), Ok(-1));
    assert_eq!(coordinator.stable_offset("u"), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn offsets_are_deleted_unless_somebody_may_read_on() {
    let coordinator = Coordinator::new().with_topic("t");
    let delete = |group: &str| coordinator.broker.groups.delete_offsets(group, vec![("t".to_owned(), 0)]);
    assert_eq!(delete(GROUP), Err(ResponseError::GroupIdNotFound));
    assert_eq!(delete(""), Err(ResponseError::InvalidGroupId));
    coordinator.commit("t", 1);
    assert_eq!(delete(GROUP), Ok(vec![0]));
    assert_eq!(coordinator.stable_offset("t"), Ok(-1));
    // Nobody knows what members of another type do with their offsets.
    coordinator.stable(1).await;
    assert_eq!(delete(GROUP), Err(ResponseError::NonEmptyGroup));
}

#[tokio::test(start_paused = true)]
async fn offsets_of_a_topic_that_consumers_read_are_not_deleted() {
    let coordinator = Coordinator::new();
    // A subscription of version 0 to "t".
    let mut protocol = protocols(&["range"]);
    protocol[0].metadata = Bytes::from_static(b"\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff");
    let request = join("").with_protocol_type("consumer".into()).with_protocols(protocol);
    coordinator.join_as(request, 3).await.unwrap();
    let partitions = vec![("t".to_owned(), 0), ("u".to_owned(), 0)];
    let expect = vec![ResponseError::GroupSubscribedToTopic.code(), 0];
    assert_eq!(coordinator.broker.groups.delete_offsets(GROUP, partitions), Ok(expect));
}
