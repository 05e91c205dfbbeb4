//! Every API of groups in every version, as bytes: that requests are read and answers can be written.

use bytes::BytesMut;
use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, Request};

use super::*;
use crate::api::{Context, SUPPORTED, answer};
use crate::topic_config::Overrides;

impl Coordinator {
    /// Sends the request in all versions of its API that the broker knows, first as it is, then refused with
    /// NOT_COORDINATOR, and shows the error that is found in the answer.
    async fn in_all_versions<R: Request>(
        &self,
        request: impl Fn(i16) -> R,
        found: impl Fn(i16, R::Response) -> Option<i16>,
        expect: Option<ResponseError>,
    ) {
        let key = ApiKey::try_from(R::KEY).unwrap();
        let (_, min, max) = SUPPORTED.iter().find(|(known, ..)| *known as i16 == R::KEY).unwrap();
        let not_coordinator = ResponseError::NotCoordinator;
        for version in *min..=*max {
            for (refused, expect) in [(None, expect), (Some(not_coordinator.code()), Some(not_coordinator))] {
                let mut body = BytesMut::new();
                request(version).encode(&mut body, version).unwrap();
                let context = Context { version, client_id: "client".to_owned(), client_host: "/127.0.0.1".to_owned() };
                let answer = answer(&self.broker, key, &context, body.freeze(), refused).await;
                let mut bytes = answer.unwrap().unwrap().freeze();
                let response = R::Response::decode(&mut bytes, version).unwrap();
                assert!(bytes.is_empty(), "{key:?} version {version}");
                let code = found(version, response);
                assert_eq!(code.and_then(error), expect, "{key:?} version {version}");
                assert!(code.is_some(), "{key:?} version {version} has no answer");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn memberships_are_answered_in_all_versions() {
    let coordinator = Coordinator::new();
    let member = coordinator.join(join_static("i", "")).await.unwrap();
    let member = Joined { id: member.member_id, generation: 1 };
    coordinator.assign(std::slice::from_ref(&member)).await;
    let instance = |version: i16, from: i16| (version >= from).then(|| text("i"));
    let joins = |version| {
        let mut request = join(&member.id).with_group_instance_id(instance(version, 5));
        if version == 0 {
            request.rebalance_timeout_ms = -1;
        }
        request
    };
    coordinator.in_all_versions(joins, |_, response| Some(response.error_code), None).await;
    let generation = async || {
        let response = coordinator.join(join_static("i", &member.id)).await.unwrap();
        Joined { id: response.member_id, generation: response.generation_id }
    };
    let member = generation().await;
    let syncs = |version| sync(&member).with_group_instance_id(instance(version, 3));
    coordinator.in_all_versions(syncs, |_, response| Some(response.error_code), None).await;
    let beats = |version| {
        HeartbeatRequest::default()
            .with_group_id(group())
            .with_member_id(member.id.clone())
            .with_generation_id(member.generation)
            .with_group_instance_id(instance(version, 3))
    };
    coordinator.in_all_versions(beats, |_, response| Some(response.error_code), None).await;
    let describes = |_| DescribeGroupsRequest::default().with_groups(vec![group()]);
    let first = |_, response: DescribeGroupsResponse| response.groups.first().map(|group| group.error_code);
    coordinator.in_all_versions(describes, first, None).await;
    let lists = |_| ListGroupsRequest::default();
    coordinator.in_all_versions(lists, |_, response| Some(response.error_code), None).await;
    let deletes = |_| DeleteGroupsRequest::default().with_groups_names(vec![group()]);
    let first = |_, response: DeleteGroupsResponse| response.results.first().map(|result| result.error_code);
    coordinator.in_all_versions(deletes, first, Some(ResponseError::NonEmptyGroup)).await;
    let leaves = |version| {
        let request = LeaveGroupRequest::default().with_group_id(group());
        let stranger = leave_group_request::MemberIdentity::default().with_member_id("stranger".into());
        if version < 3 { request.with_member_id("stranger".into()) } else { request.with_members(vec![stranger]) }
    };
    let code = |version, response: LeaveGroupResponse| match response.members.first() {
        Some(member) if version >= 3 => Some(member.error_code),
        _ => Some(response.error_code),
    };
    coordinator.in_all_versions(leaves, code, Some(ResponseError::UnknownMemberId)).await;
}

#[tokio::test(start_paused = true)]
async fn offsets_are_answered_in_all_versions() {
    let coordinator = Coordinator::new();
    coordinator.broker.topics.create("t", 1, Overrides::new(), false).unwrap();
    let topic = || TopicName("t".into());
    let commits = |_| {
        let partition = OffsetCommitRequestPartition::default().with_committed_offset(5);
        let topic = OffsetCommitRequestTopic::default().with_name(topic()).with_partitions(vec![partition]);
        OffsetCommitRequest::default()
            .with_group_id(group())
            .with_generation_id_or_member_epoch(-1)
            .with_topics(vec![topic])
    };
    let first = |_, response: OffsetCommitResponse| Some(response.topics[0].partitions[0].error_code);
    coordinator.in_all_versions(commits, first, None).await;

    let fetches = |version| {
        let request = OffsetFetchRequest::default();
        if version < 8 {
            let topic = OffsetFetchRequestTopic::default().with_name(topic()).with_partition_indexes(vec![0]);
            return request.with_group_id(group()).with_topics(Some(vec![topic]));
        }
        let topic = OffsetFetchRequestTopics::default().with_name(topic()).with_partition_indexes(vec![0]);
        let group = OffsetFetchRequestGroup::default().with_group_id(group()).with_topics(Some(vec![topic]));
        request.with_topics(Some(Vec::new())).with_groups(vec![group])
    };
    let code = |version, response: OffsetFetchResponse| {
        let (code, offset) = if version < 8 {
            let partition = response.topics.first().map(|topic| &topic.partitions[0]);
            let refused = partition.map_or(response.error_code, |partition| partition.error_code);
            (refused, partition.map(|partition| partition.committed_offset))
        } else {
            let group = &response.groups[0];
            (group.error_code, group.topics.first().map(|topic| topic.partitions[0].committed_offset))
        };
        assert!(code != 0 || offset == Some(5));
        Some(code)
    };
    coordinator.in_all_versions(fetches, code, None).await;

    let commits = |_| {
        let partition = TxnOffsetCommitRequestPartition::default().with_committed_offset(5);
        let topic = TxnOffsetCommitRequestTopic::default().with_name(topic()).with_partitions(vec![partition]);
        TxnOffsetCommitRequest::default().with_group_id(GroupId::default()).with_topics(vec![topic])
    };
    let first = |_, response: TxnOffsetCommitResponse| Some(response.topics[0].partitions[0].error_code);
    coordinator.in_all_versions(commits, first, Some(ResponseError::InvalidGroupId)).await;
    let deletes = |_| OffsetDeleteRequest::default().with_group_id(group());
    coordinator.in_all_versions(deletes, |_, response| Some(response.error_code), None).await;
    let deletes = |_| DeleteGroupsRequest::default().with_groups_names(vec![GroupId("none".into())]);
    let first = |_, response: DeleteGroupsResponse| response.results.first().map(|result| result.error_code);
    coordinator.in_all_versions(deletes, first, Some(ResponseError::GroupIdNotFound)).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_not_there_is_dead_or_from_version_6_on_an_error() {
    let coordinator = Coordinator::new();
    for (version, expect) in [(5, None), (6, Some(ResponseError::GroupIdNotFound))] {
        let mut body = BytesMut::new();
        DescribeGroupsRequest::default().with_groups(vec![group()]).encode(&mut body, version).unwrap();
        let context = Context { version, client_id: String::new(), client_host: String::new() };
        let answer = answer(&coordinator.broker, ApiKey::DescribeGroups, &context, body.freeze(), None).await;
        let mut bytes = answer.unwrap().unwrap().freeze();
        let described = DescribeGroupsResponse::decode(&mut bytes, version).unwrap().groups.remove(0);
        assert_eq!((error(described.error_code), described.group_state), (expect, "Dead".into()));
        assert_eq!(described.error_message.is_some(), version == 6);
    }
}
