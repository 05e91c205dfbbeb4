//! Transactions through the whole broker: commit, abort, fencing, and what a restart carries out.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

mod client;

use aqueduct_devbroker::DevBroker;
use client::{Client, NOBODY, Origin, name};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::{AddPartitionsToTxnRequest, EndTxnRequest, TransactionalId};
use kafka_protocol::protocol::StrBytes;

fn id(text: &str) -> TransactionalId {
    TransactionalId(StrBytes::from_string(text.to_owned()))
}

async fn add(client: &mut Client, producer: (i64, i16), topic: &str) -> i16 {
    let topic = AddPartitionsToTxnTopic::default().with_name(name(topic)).with_partitions(vec![0]);
    let request = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id(id("tx"))
        .with_v3_and_below_producer_id(producer.0.into())
        .with_v3_and_below_producer_epoch(producer.1)
        .with_v3_and_below_topics(vec![topic]);
    let response = client.send(&request, 3).await;
    response.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code
}

async fn end(client: &mut Client, producer: (i64, i16), commit: bool) -> i16 {
    let request = EndTxnRequest::default()
        .with_transactional_id(id("tx"))
        .with_producer_id(producer.0.into())
        .with_producer_epoch(producer.1)
        .with_committed(commit);
    client.send(&request, 3).await.error_code
}

fn within(producer: (i64, i16), sequence: i32) -> Origin {
    Origin { producer, sequence, transactional: true }
}

async fn values(client: &mut Client, committed: bool) -> Vec<String> {
    client.read_all("t", committed).await.into_iter().map(|(_, value)| value).collect()
}

async fn broker() -> (DevBroker, Client) {
    let broker = DevBroker::builder().start().await.unwrap();
    let mut client = Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    (broker, client)
}

#[tokio::test]
async fn only_committed_records_are_seen_by_those_who_ask_for_them() {
    let (_broker, mut client) = broker().await;
    let producer = client.producer("tx").await;
    assert_eq!(add(&mut client, producer, "t").await, 0);
    client.produce("t", within(producer, 0), &[("k", Some("a"))]).await;
    client.produce("t", NOBODY, &[("k", Some("plain"))]).await;
    assert!(values(&mut client, true).await.is_empty());
    assert_eq!(end(&mut client, producer, false).await, 0);
    assert_eq!(values(&mut client, true).await, ["plain"]);
    assert_eq!(add(&mut client, producer, "t").await, 0);
    client.produce("t", within(producer, 1), &[("k", Some("b"))]).await;
    assert_eq!(end(&mut client, producer, true).await, 0);
    assert_eq!(end(&mut client, producer, true).await, 0);
    assert_eq!(values(&mut client, true).await, ["plain", "b"]);
    assert_eq!(values(&mut client, false).await, ["a", "plain", "b"]);
}

#[tokio::test]
async fn records_outside_of_the_transaction_are_refused() {
    let (_broker, mut client) = broker().await;
    let producer = client.producer("tx").await;
    let refused = client.produce("t", within(producer, 0), &[("k", Some("a"))]).await;
    assert_eq!(refused.error_code, ResponseError::InvalidTxnState.code());
    assert_eq!(add(&mut client, producer, "none").await, ResponseError::UnknownTopicOrPartition.code());
}

#[tokio::test]
async fn a_second_producer_shuts_out_the_first() {
    let (_broker, mut client) = broker().await;
    let zombie = client.producer("tx").await;
    add(&mut client, zombie, "t").await;
    client.produce("t", within(zombie, 0), &[("k", Some("a"))]).await;
    let heir = client.producer("tx").await;
    assert!(heir.1 > zombie.1 && heir.0 == zombie.0);
    let refused = client.produce("t", within(zombie, 1), &[("k", Some("b"))]).await;
    assert_eq!(refused.error_code, ResponseError::InvalidProducerEpoch.code());
    assert_eq!(end(&mut client, zombie, true).await, ResponseError::ProducerFenced.code());
    assert_eq!(add(&mut client, zombie, "t").await, ResponseError::ProducerFenced.code());
    client.produce("t", NOBODY, &[("k", Some("plain"))]).await;
    assert_eq!(values(&mut client, true).await, ["plain"]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_takes_too_long_is_aborted() {
    let (_broker, mut client) = broker().await;
    let producer = client.producer("tx").await;
    add(&mut client, producer, "t").await;
    client.produce("t", within(producer, 0), &[("k", Some("a"))]).await;
    tokio::time::sleep(std::time::Duration::from_secs(65)).await;
    client.produce("t", NOBODY, &[("k", Some("plain"))]).await;
    assert_eq!(values(&mut client, true).await, ["plain"]);
    assert_eq!(end(&mut client, producer, true).await, ResponseError::ProducerFenced.code());
}

#[tokio::test]
async fn a_folder_keeps_open_transactions_and_producers() {
    let folder = tempfile::tempdir().unwrap();
    let start = || DevBroker::builder().folder(folder.path()).start();
    let broker = start().await.unwrap();
    let mut client = Client::connect(&broker).await;
    client.create("t", 1, &[]).await;
    let producer = client.producer("tx").await;
    add(&mut client, producer, "t").await;
    client.produce("t", within(producer, 0), &[("k", Some("a"))]).await;
    broker.stop().await;
    let broker = start().await.unwrap();
    let mut client = Client::connect(&broker).await;
    assert!(values(&mut client, true).await.is_empty());
    let repeated = client.produce("t", within(producer, 0), &[("k", Some("a"))]).await;
    assert_eq!((repeated.error_code, repeated.base_offset), (0, 0));
    assert_eq!(end(&mut client, producer, true).await, 0);
    assert_eq!(values(&mut client, true).await, ["a"]);
}
