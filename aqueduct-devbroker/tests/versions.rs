//! Every version of every API that is offered is answered.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

mod client;

use aqueduct_devbroker::DevBroker;
use client::{Client, NOBODY, name};
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_producers_request::TopicRequest;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::incremental_alter_configs_request;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Request, StrBytes};
use uuid::Uuid;

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

/// Sends each version from `min` to what is offered, and fails where one is not answered.
async fn all<R: Request>(client: &mut Client, min: i16, offered: &ApiVersionsResponse, make: impl Fn(i16) -> R)
where
    R::Response: std::fmt::Debug,
{
    let found = offered.api_keys.iter().find(|key| key.api_key == R::KEY).expect("offered");
    assert_eq!(found.min_version, min, "api key {}", R::KEY);
    for version in min..=found.max_version {
        let answer = client.try_send(&make(version), version).await;
        assert!(answer.is_some(), "api key {} version {version} was not answered", R::KEY);
    }
}

#[tokio::test]
async fn records() {
    let broker = DevBroker::builder().start().await.unwrap();
    let client = &mut Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    let offered = client.send(&ApiVersionsRequest::default(), 0).await;
    let metadata = client.send(&MetadataRequest::default().with_topics(None), 12).await;
    let topic_id = metadata.topics[0].topic_id;

    all(client, 0, &offered, |_| ApiVersionsRequest::default()).await;
    all(client, 3, &offered, |_| client::produce_request("t", client::batch(NOBODY, &[("k", Some("v"))]))).await;
    all(client, 4, &offered, |version| {
        let partitions = vec![FetchPartition::default().with_partition_max_bytes(1000)];
        let topic = FetchTopic::default().with_partitions(partitions);
        let topic = if version >= 13 { topic.with_topic_id(topic_id) } else { topic.with_topic(name("t")) };
        FetchRequest::default().with_max_bytes(1000).with_topics(vec![topic])
    })
    .await;
    all(client, 4, &offered, |version| {
        let topic = FetchTopic::default().with_partitions(vec![FetchPartition::default().with_fetch_offset(99)]);
        let unknown =
            if version >= 13 { topic.with_topic_id(Uuid::from_u128(1)) } else { topic.with_topic(name("none")) };
        FetchRequest::default().with_max_bytes(1000).with_topics(vec![unknown])
    })
    .await;
    for (topic, timestamp) in [("t", -1), ("t", 5), ("none", -2)] {
        all(client, 1, &offered, |_| {
            let partitions = vec![ListOffsetsPartition::default().with_timestamp(timestamp)];
            let topic = ListOffsetsTopic::default().with_name(name(topic)).with_partitions(partitions);
            ListOffsetsRequest::default().with_topics(vec![topic])
        })
        .await;
    }
    all(client, 2, &offered, |_| {
        let topic = OffsetForLeaderTopic::default().with_topic(name("t"));
        let topic = topic.with_partitions(vec![OffsetForLeaderPartition::default()]);
        OffsetForLeaderEpochRequest::default().with_topics(vec![topic])
    })
    .await;
    all(client, 0, &offered, |_| {
        let topic = DeleteRecordsTopic::default().with_name(name("t"));
        let topic = topic.with_partitions(vec![DeleteRecordsPartition::default()]);
        DeleteRecordsRequest::default().with_topics(vec![topic])
    })
    .await;
    all(client, 0, &offered, |_| {
        let topic = TopicRequest::default().with_name(name("t")).with_partition_indexes(vec![0]);
        DescribeProducersRequest::default().with_topics(vec![topic])
    })
    .await;
}

#[tokio::test]
async fn topics_and_settings() {
    let broker = DevBroker::builder().start().await.unwrap();
    let client = &mut Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    let offered = client.send(&ApiVersionsRequest::default(), 0).await;
    for topic in ["t", "new", "not a name"] {
        all(client, 0, &offered, |_| {
            MetadataRequest::default()
                .with_topics(Some(vec![MetadataRequestTopic::default().with_name(Some(name(topic)))]))
        })
        .await;
        all(client, 2, &offered, |_| {
            let topic =
                CreatableTopic::default().with_name(name(topic)).with_num_partitions(1).with_replication_factor(1);
            CreateTopicsRequest::default().with_topics(vec![topic])
        })
        .await;
        all(client, 0, &offered, |_| {
            let topic = CreatePartitionsTopic::default().with_name(name(topic)).with_count(1).with_assignments(None);
            CreatePartitionsRequest::default().with_topics(vec![topic])
        })
        .await;
        let resource = StrBytes::from_string(topic.to_owned());
        all(client, 1, &offered, |_| {
            let resource =
                DescribeConfigsResource::default().with_resource_type(2).with_resource_name(resource.clone());
            DescribeConfigsRequest::default()
                .with_include_synonyms(true)
                .with_resources(vec![resource.with_configuration_keys(None)])
        })
        .await;
        all(client, 0, &offered, |_| {
            let resource = AlterConfigsResource::default().with_resource_type(2).with_resource_name(resource.clone());
            AlterConfigsRequest::default().with_resources(vec![resource])
        })
        .await;
        all(client, 0, &offered, |_| {
            let resource = incremental_alter_configs_request::AlterConfigsResource::default();
            let resource = resource.with_resource_type(2).with_resource_name(text("t"));
            IncrementalAlterConfigsRequest::default().with_resources(vec![resource])
        })
        .await;
        all(client, 1, &offered, |version| match version {
            6 => DeleteTopicsRequest::default()
                .with_topics(vec![DeleteTopicState::default().with_name(Some(name(topic)))]),
            _ => DeleteTopicsRequest::default().with_topic_names(vec![name(topic)]),
        })
        .await;
    }
    all(client, 0, &offered, |_| DescribeClusterRequest::default()).await;
    for key_type in [0, 1, 7] {
        all(client, 0, &offered, |version| match version {
            0 => FindCoordinatorRequest::default().with_key(text("g")),
            1..4 => FindCoordinatorRequest::default().with_key(text("g")).with_key_type(key_type),
            _ => FindCoordinatorRequest::default().with_coordinator_keys(vec![text("g")]).with_key_type(key_type),
        })
        .await;
    }
}

#[tokio::test]
async fn groups() {
    let broker = DevBroker::builder().start().await.unwrap();
    let client = &mut Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    let offered = client.send(&ApiVersionsRequest::default(), 0).await;
    let group = || GroupId(text("g"));
    all(client, 0, &offered, |_| {
        let protocol = JoinGroupRequestProtocol::default().with_name(text("p"));
        JoinGroupRequest::default()
            .with_group_id(group())
            .with_session_timeout_ms(6000)
            .with_protocol_type(text("connect"))
            .with_protocols(vec![protocol])
            .with_member_id(text("stranger"))
    })
    .await;
    all(client, 0, &offered, |_| SyncGroupRequest::default().with_group_id(group()).with_member_id(text("m"))).await;
    all(client, 0, &offered, |_| HeartbeatRequest::default().with_group_id(group()).with_member_id(text("m"))).await;
    all(client, 0, &offered, |version| match version {
        0..3 => LeaveGroupRequest::default().with_group_id(group()).with_member_id(text("m")),
        _ => LeaveGroupRequest::default()
            .with_group_id(group())
            .with_members(vec![MemberIdentity::default().with_member_id(text("m"))]),
    })
    .await;
    for topic in ["t", "none"] {
        all(client, 2, &offered, |_| {
            let partition = OffsetCommitRequestPartition::default().with_committed_offset(3);
            let topic = OffsetCommitRequestTopic::default().with_name(name(topic)).with_partitions(vec![partition]);
            OffsetCommitRequest::default()
                .with_group_id(group())
                .with_generation_id_or_member_epoch(-1)
                .with_topics(vec![topic])
        })
        .await;
        all(client, 1, &offered, |version| match version {
            0..8 => {
                let topic = OffsetFetchRequestTopic::default().with_name(name(topic)).with_partition_indexes(vec![0]);
                OffsetFetchRequest::default().with_group_id(group()).with_topics(Some(vec![topic]))
            }
            _ => {
                let topic = OffsetFetchRequestTopics::default().with_name(name(topic)).with_partition_indexes(vec![0]);
                let asked = OffsetFetchRequestGroup::default().with_group_id(group()).with_topics(Some(vec![topic]));
                OffsetFetchRequest::default().with_groups(vec![asked])
            }
        })
        .await;
        all(client, 0, &offered, |_| {
            let partitions = vec![OffsetDeleteRequestPartition::default()];
            let topic = OffsetDeleteRequestTopic::default().with_name(name(topic)).with_partitions(partitions);
            OffsetDeleteRequest::default().with_group_id(group()).with_topics(vec![topic])
        })
        .await;
    }
    all(client, 0, &offered, |_| ListGroupsRequest::default()).await;
    for id in ["g", "none"] {
        all(client, 0, &offered, |_| DescribeGroupsRequest::default().with_groups(vec![GroupId(text(id))])).await;
        all(client, 0, &offered, |_| DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(id))])).await;
    }
}

#[tokio::test]
async fn transactions() {
    let broker = DevBroker::builder().start().await.unwrap();
    let client = &mut Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    let offered = client.send(&ApiVersionsRequest::default(), 0).await;
    let producer = client.producer("tx").await;
    let id = || TransactionalId(text("tx"));
    for (pid, epoch) in [producer, (99, 1)] {
        let pid: ProducerId = pid.into();
        all(client, 0, &offered, |_| {
            let topic = AddPartitionsToTxnTopic::default().with_name(name("t")).with_partitions(vec![0]);
            AddPartitionsToTxnRequest::default()
                .with_v3_and_below_transactional_id(id())
                .with_v3_and_below_producer_id(pid)
                .with_v3_and_below_producer_epoch(epoch)
                .with_v3_and_below_topics(vec![topic])
        })
        .await;
        all(client, 0, &offered, |_| {
            AddOffsetsToTxnRequest::default()
                .with_transactional_id(id())
                .with_producer_id(pid)
                .with_producer_epoch(epoch)
                .with_group_id(GroupId(text("g")))
        })
        .await;
        all(client, 0, &offered, |_| {
            let partition = TxnOffsetCommitRequestPartition::default().with_committed_offset(1);
            let topic = TxnOffsetCommitRequestTopic::default().with_name(name("t")).with_partitions(vec![partition]);
            TxnOffsetCommitRequest::default()
                .with_transactional_id(id())
                .with_producer_id(pid)
                .with_producer_epoch(epoch)
                .with_group_id(GroupId(text("g")))
                .with_topics(vec![topic])
        })
        .await;
        all(client, 0, &offered, |_| {
            EndTxnRequest::default().with_transactional_id(id()).with_producer_id(pid).with_producer_epoch(epoch)
        })
        .await;
    }
    for transactional_id in [None, Some(id())] {
        all(client, 0, &offered, |_| {
            InitProducerIdRequest::default()
                .with_transactional_id(transactional_id.clone())
                .with_transaction_timeout_ms(1000)
                .with_producer_id((-1).into())
                .with_producer_epoch(-1)
        })
        .await;
    }
    all(client, 0, &offered, |_| {
        DescribeTransactionsRequest::default().with_transactional_ids(vec![id(), TransactionalId(text("none"))])
    })
    .await;
    all(client, 0, &offered, |_| ListTransactionsRequest::default()).await;
}
