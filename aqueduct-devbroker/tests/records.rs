//! Records through the whole broker: produced, fetched, numbered, kept, removed.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

mod client;

use std::time::Duration;

use aqueduct_devbroker::{DevBroker, Fault};
use bytes::Bytes;
use client::{Client, NOBODY, Origin, batch_at, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    ApiKey, DeleteRecordsRequest, InitProducerIdRequest, ListOffsetsRequest, MetadataRequest,
};

async fn memory() -> (DevBroker, Client) {
    let broker = DevBroker::builder().start().await.unwrap();
    let client = Client::connect(&broker).await;
    (broker, client)
}

fn values(found: &[(i64, String)]) -> Vec<&str> {
    found.iter().map(|(_, value)| value.as_str()).collect()
}

async fn list(client: &mut Client, topic: &str, timestamp: i64) -> (i64, i64) {
    let partition = ListOffsetsPartition::default().with_timestamp(timestamp);
    let topic = ListOffsetsTopic::default().with_name(name(topic)).with_partitions(vec![partition]);
    let response = client.send(&ListOffsetsRequest::default().with_topics(vec![topic]), 8).await;
    let found = &response.topics[0].partitions[0];
    assert_eq!(found.error_code, 0);
    (found.timestamp, found.offset)
}

#[tokio::test]
async fn what_is_produced_is_fetched() {
    let (broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    assert_eq!(client.produce("t", NOBODY, &[("k", Some("one")), ("k", None)]).await.base_offset, 0);
    assert_eq!(client.produce("t", NOBODY, &[("k", Some("three"))]).await.base_offset, 2);
    let found = client.read_all("t", false).await;
    assert_eq!(found, [(0, "one".into()), (1, "null".into()), (2, "three".into())]);
    broker.stop().await;
}

#[tokio::test]
async fn a_fetch_waits_for_a_record() {
    let (broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    let mut other = Client::connect(&broker).await;
    let waiting = tokio::spawn(async move { other.fetch("t", 0, false, 60_000).await });
    client.produce("t", NOBODY, &[("k", Some("late"))]).await;
    let data = tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
    assert_eq!(client::decode(data.records.unwrap()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_ends_when_the_time_is_over() {
    let (_broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    let before = tokio::time::Instant::now();
    assert!(client.fetch("t", 0, false, 5_000).await.records.unwrap().is_empty());
    assert_eq!(before.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn offsets_out_of_range_and_unknown_partitions_are_refused() {
    let (_broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    assert_eq!(client.fetch("t", 7, false, 0).await.error_code, ResponseError::OffsetOutOfRange.code());
    assert_eq!(client.fetch("none", 0, false, 0).await.error_code, ResponseError::UnknownTopicOrPartition.code());
}

#[tokio::test]
async fn an_idempotent_batch_is_written_once_and_in_order() {
    let (_broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    let request = InitProducerIdRequest::default().with_transactional_id(None);
    let given = client.send(&request.with_producer_id((-1).into()).with_producer_epoch(-1), 4).await;
    assert_eq!(given.error_code, 0);
    let producer = (given.producer_id.0, given.producer_epoch);
    let at = |sequence| Origin { producer, sequence, transactional: false };
    assert_eq!(client.produce("t", at(0), &[("k", Some("a"))]).await.base_offset, 0);
    let repeated = client.produce("t", at(0), &[("k", Some("a"))]).await;
    assert_eq!((repeated.error_code, repeated.base_offset), (0, 0));
    let gap = client.produce("t", at(2), &[("k", Some("c"))]).await;
    assert_eq!(gap.error_code, ResponseError::OutOfOrderSequenceNumber.code());
    assert_eq!(client.produce("t", at(1), &[("k", Some("b"))]).await.base_offset, 1);
    assert_eq!(values(&client.read_all("t", false).await), ["a", "b"]);
}

#[tokio::test]
async fn a_changed_batch_is_refused_whole() {
    let (_broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    let mut broken = client::batch(NOBODY, &[("k", Some("v"))]).to_vec();
    *broken.last_mut().unwrap() ^= 1;
    let refused = client.produce_bytes("t", Bytes::from(broken)).await;
    assert_eq!(refused.error_code, ResponseError::CorruptMessage.code());
    assert!(client.read_all("t", false).await.is_empty());
}

#[tokio::test]
async fn a_time_has_an_offset() {
    let (_broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    for time in [100, 200, 300] {
        client.produce_bytes("t", batch_at(NOBODY, time, &[("k", Some("v")), ("k", Some("w"))])).await;
    }
    assert_eq!(list(&mut client, "t", -2).await.1, 0);
    assert_eq!(list(&mut client, "t", -1).await.1, 6);
    assert_eq!(list(&mut client, "t", 150).await, (200, 2));
    assert_eq!(list(&mut client, "t", -3).await, (300, 4));
    assert_eq!(list(&mut client, "t", 301).await, (-1, -1));
}

#[tokio::test]
async fn a_folder_keeps_records_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    let start = || DevBroker::builder().folder(folder.path()).start();
    let broker = start().await.unwrap();
    let mut client = Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    for value in ["a", "b", "c"] {
        client.produce("t", NOBODY, &[("k", Some(value))]).await;
    }
    let partition = DeleteRecordsPartition::default().with_offset(1);
    let topic = DeleteRecordsTopic::default().with_name(name("t")).with_partitions(vec![partition]);
    let deleted = client.send(&DeleteRecordsRequest::default().with_topics(vec![topic]), 2).await;
    assert_eq!(deleted.topics[0].partitions[0].low_watermark, 1);
    broker.stop().await;
    let broker = start().await.unwrap();
    let mut client = Client::connect(&broker).await;
    assert_eq!(client.read_all("t", false).await, [(1, "b".into()), (2, "c".into())]);
    assert_eq!(client.produce("t", NOBODY, &[("k", Some("d"))]).await.base_offset, 3);
}

#[tokio::test]
async fn a_folder_has_one_broker() {
    let folder = tempfile::tempdir().unwrap();
    let _broker = DevBroker::builder().folder(folder.path()).start().await.unwrap();
    let second = DevBroker::builder().folder(folder.path()).start().await.unwrap_err().to_string();
    assert!(second.contains("is in use by another broker"), "{second}");
}

#[tokio::test]
async fn an_address_has_one_broker() {
    let (broker, _) = memory().await;
    let second = DevBroker::builder().listen(broker.bootstrap()).start().await.unwrap_err().to_string();
    assert!(second.contains("is in use by another process"), "{second}");
}

#[tokio::test(start_paused = true)]
async fn compaction_keeps_the_latest_of_each_key() {
    let (_broker, mut client) = memory().await;
    client
        .create("t", 1, &[("cleanup.policy", "compact"), ("segment.bytes", "200"), ("delete.retention.ms", "0")])
        .await;
    for (key, value) in
        [("a", Some("1")), ("b", Some("2")), ("a", Some("3")), ("b", None), ("c", Some("4")), ("z", Some("5"))]
    {
        client.produce("t", NOBODY, &[(key, value)]).await;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let found = client.read_all("t", false).await;
    assert_eq!(values(&found), ["3", "4", "5"]);
    assert_eq!(found[0].0, 2);
}

#[tokio::test(start_paused = true)]
async fn retention_removes_old_records() {
    let (_broker, mut client) = memory().await;
    client.create("t", 1, &[("retention.ms", "60000")]).await;
    client.produce("t", NOBODY, &[("k", Some("long ago"))]).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(client.read_all("t", false).await.is_empty());
    assert_eq!(client.produce("t", NOBODY, &[("k", Some("v"))]).await.base_offset, 1);
}

#[tokio::test]
async fn memory_is_bounded() {
    let broker = DevBroker::builder().memory_limit(1_000_000).start().await.unwrap();
    let mut client = Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    let value = "x".repeat(50_000);
    for _ in 0..100 {
        assert_eq!(client.produce("t", NOBODY, &[("k", Some(&value))]).await.error_code, 0);
    }
    let found = client.read_all("t", false).await;
    assert!((5..20).contains(&found.len()), "{} records remain", found.len());
    assert_eq!(found.last().unwrap().0, 99);
    // A topic that keeps its records cannot give room.
    client.create("kept", 1, &[("cleanup.policy", "compact")]).await;
    let mut refused = 0;
    for number in 0..30 {
        let written = client.produce("kept", NOBODY, &[(&number.to_string(), Some(&value))]).await;
        refused += i32::from(written.error_code == ResponseError::PolicyViolation.code());
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn topics_are_made_when_both_sides_agree() {
    let (_broker, mut client) = memory().await;
    let mut ask = async |topic: &str, create: bool| {
        let topic = MetadataRequestTopic::default().with_name(Some(name(topic)));
        let request = MetadataRequest::default().with_topics(Some(vec![topic])).with_allow_auto_topic_creation(create);
        client.send(&request, 9).await.topics[0].error_code
    };
    assert_eq!(ask("t", false).await, ResponseError::UnknownTopicOrPartition.code());
    assert_eq!(ask("t", true).await, 0);
    assert_eq!(ask("t", false).await, 0);
    assert_eq!(ask("not a name", true).await, ResponseError::InvalidTopicException.code());
}

#[tokio::test]
async fn faults_hit_the_request_that_was_named() {
    let (broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    broker.faults().at(ApiKey::Produce as i16, 2, Fault::Error(ResponseError::NotLeaderOrFollower.code()));
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(client.produce("t", NOBODY, &[("k", Some("v"))]).await.error_code);
    }
    assert_eq!(codes, [0, ResponseError::NotLeaderOrFollower.code(), 0]);
    broker.faults().next(ApiKey::Produce as i16, 1, Fault::DropAnswer);
    let records = client::batch(NOBODY, &[("k", Some("unanswered"))]);
    assert!(client.try_send(&client::produce_request("t", records), 9).await.is_none());
    let mut client = Client::connect(&broker).await;
    assert_eq!(values(&client.read_all("t", false).await), ["v", "v", "unanswered"]);
    broker.faults().drop_connections();
    assert!(client.is_closed().await);
    broker.faults().refuse_connections(true);
    assert!(Client::connect(&broker).await.is_closed().await);
}

#[tokio::test]
async fn a_restart_in_memory_keeps_what_there_was() {
    let (mut broker, mut client) = memory().await;
    client.create("t", 1, &[]).await;
    client.produce("t", NOBODY, &[("k", Some("v"))]).await;
    broker.restart().await.unwrap();
    assert!(client.is_closed().await);
    let mut client = Client::connect(&broker).await;
    assert_eq!(values(&client.read_all("t", false).await), ["v"]);
}
