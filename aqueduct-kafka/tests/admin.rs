//! The admin client on a real broker.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aqueduct_kafka::{Admin, Consumer, ErrorKind, NewTopic, OffsetSpec, Offsets, TopicPartition};
use support::{PATIENCE, assigned, create_topic, group_settings, produce, settings, unique};

fn admin(bootstrap: &str) -> Admin {
    Admin::create(&settings(bootstrap)).unwrap()
}

fn topic(name: &str) -> NewTopic {
    let configs = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
    NewTopic { name: name.to_owned(), partitions: Some(3), replication_factor: Some(-1), configs }
}

#[tokio::test]
async fn the_cluster_id_comes_quickly() {
    let bootstrap = broker_or_return!();
    let (first, start) = (admin(&bootstrap).cluster_id().await.unwrap(), Instant::now());
    assert_eq!(first.len(), 22, "{first}");
    assert_eq!(admin(&bootstrap).cluster_id().await.unwrap(), first);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn topics_are_created_described_and_deleted() {
    let bootstrap = broker_or_return!();
    let (admin, name) = (admin(&bootstrap), unique("topic"));
    assert!(!admin.list_topics().await.unwrap().contains_key(&name));
    let missing = admin.describe_topics(&[&name]).await.unwrap().remove(0).1.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::UnknownTopic);
    assert_eq!(
        admin.create_topics(&[topic(&name)]).await.unwrap().remove(0).1.map_err(|error| error.to_string()),
        Ok(())
    );
    let again = admin.create_topics(&[topic(&name)]).await.unwrap().remove(0).1.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::TopicExists);
    assert_eq!(again.java_class(), "org.apache.kafka.common.errors.TopicExistsException");
    assert_eq!(again.message(), format!("Topic '{name}' already exists."));
    let described = admin.describe_topics(&[&name]).await.unwrap().remove(0).1.unwrap();
    assert_eq!((described.partitions, described.internal), (vec![0, 1, 2], false));
    assert_eq!(admin.list_topics().await.unwrap()[&name].len(), 3);
    let configs = admin.describe_topic_configs(&[&name]).await.unwrap().remove(0).1.unwrap();
    assert_eq!(configs["cleanup.policy"].value.as_deref(), Some("compact"));
    assert!(!configs["cleanup.policy"].is_default && configs["retention.ms"].is_default);
    admin.delete_topics(&[&name]).await.unwrap().remove(0).1.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while admin.describe_topics(&[&name]).await.unwrap()[0].1.is_ok() {
        assert!(Instant::now() < deadline);
    }
}

#[tokio::test]
async fn a_bad_topic_is_refused_with_the_brokers_words() {
    let bootstrap = broker_or_return!();
    let admin = admin(&bootstrap);
    let check = async |change: fn(&mut NewTopic), class: &str, words: &str| {
        let mut bad = topic(&unique("topic"));
        change(&mut bad);
        let error = admin.create_topics(&[bad]).await.unwrap().remove(0).1.unwrap_err();
        assert_eq!(error.java_class(), format!("org.apache.kafka.common.errors.{class}"), "{error}");
        assert!(error.message().contains(words), "{error}");
    };
    check(|topic| topic.replication_factor = Some(9), "InvalidReplicationFactorException", "replication factor").await;
    check(|topic| topic.name = "a/b".into(), "InvalidTopicException", "a/b").await;
    check(
        |topic| drop(topic.configs.insert("cleanup.policy".into(), "sweep".into())),
        "InvalidConfigurationException",
        "cleanup.policy",
    )
    .await;
}

#[tokio::test]
async fn offsets_of_partitions_are_listed() {
    let bootstrap = broker_or_return!();
    let (admin, name) = (admin(&bootstrap), create_topic(&bootstrap, 2).await);
    produce(&bootstrap, &name, 1, 7).await;
    let (full, empty) = (TopicPartition::new(name.as_str(), 0), TopicPartition::new(name.as_str(), 1));
    let check = async |partition: &TopicPartition, spec, expected| {
        let listed = admin.list_offsets(&[(partition.clone(), spec)], true).await.unwrap();
        assert_eq!(*listed[partition].as_ref().unwrap(), expected, "{partition} {spec:?}");
    };
    check(&full, OffsetSpec::Earliest, 0).await;
    check(&full, OffsetSpec::Latest, 7).await;
    check(&full, OffsetSpec::Timestamp(1), 0).await;
    check(&full, OffsetSpec::Timestamp(support::now() + 1_000_000), -1).await;
    check(&empty, OffsetSpec::Latest, 0).await;
}

#[tokio::test]
async fn group_offsets_are_listed_altered_and_deleted() {
    let bootstrap = broker_or_return!();
    let (admin, name, group) = (admin(&bootstrap), create_topic(&bootstrap, 2).await, unique("group"));
    let partition = |number| TopicPartition::new(name.as_str(), number);
    assert!(admin.list_group_offsets(&group).await.unwrap().is_empty(), "an unknown group");
    assert_eq!(admin.delete_group(&group).await.unwrap_err().kind(), ErrorKind::GroupNotFound);
    admin.delete_group_offsets(&group, &[partition(0)]).await.unwrap();

    let offsets = Offsets::from([(partition(0), 5.into()), (partition(1), 6.into())]);
    admin.alter_group_offsets(&group, &offsets).await.unwrap();
    assert_eq!(admin.list_group_offsets(&group).await.unwrap(), offsets);
    admin.delete_group_offsets(&group, &[partition(0)]).await.unwrap();
    assert_eq!(admin.list_group_offsets(&group).await.unwrap(), Offsets::from([(partition(1), 6.into())]));

    let mut member = Consumer::create(&group_settings(&bootstrap, &group)).unwrap();
    member.subscribe(&[&name]).unwrap();
    assigned(&mut member).await;
    member.complete_assignment(&BTreeMap::new(), &[]).unwrap();
    let active = [
        admin.alter_group_offsets(&group, &offsets).await.unwrap_err(),
        admin.delete_group_offsets(&group, &[partition(1)]).await.unwrap_err(),
        admin.delete_group(&group).await.unwrap_err(),
    ];
    for error in active {
        assert_eq!(error.kind(), ErrorKind::GroupActive, "{error:?}");
    }
    member.close(PATIENCE).await;
    let negative = Offsets::from([(partition(0), (-3).into())]);
    assert!(admin.alter_group_offsets(&group, &negative).await.is_err());
    admin.delete_group(&group).await.unwrap();
    assert!(admin.list_group_offsets(&group).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_broker_a_call_ends_when_its_time_is_up() {
    // A port where nothing listens: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let start = Instant::now();
    let admin = admin(&format!("127.0.0.1:{port}")).with_timeout(Duration::from_millis(700));
    let error = admin.cluster_id().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.java_class(), "org.apache.kafka.common.errors.TimeoutException");
    assert!(start.elapsed() >= Duration::from_millis(700) && start.elapsed() < Duration::from_secs(5));
}
