//! Consumer groups on a real broker: commits, members that come and go, patterns.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_kafka::{Admin, Consumer, ConsumerEvent, ErrorKind, Offsets, TopicPartition};
use support::{PATIENCE, assigned, create_topic, group_settings, next, offsets, produce, records, unique};

fn member(bootstrap: &str, group: &str, topic: &str) -> Consumer {
    let mut consumer = Consumer::create(&group_settings(bootstrap, group)).unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

#[tokio::test]
async fn reading_goes_on_where_the_group_has_committed() {
    let bootstrap = broker_or_return!();
    let (topic, group) = (create_topic(&bootstrap, 1).await, unique("group"));
    let partition = TopicPartition::new(topic.as_str(), 0);
    produce(&bootstrap, &topic, 1, 10).await;
    let mut first = member(&bootstrap, &group, &topic);
    assigned(&mut first).await;
    assert_eq!(
        first.positions(std::slice::from_ref(&partition), PATIENCE).await.unwrap()[&partition],
        0,
        "auto.offset.reset"
    );
    records(&mut first, 10).await;
    assert_eq!(
        first.positions(std::slice::from_ref(&partition), PATIENCE).await.unwrap()[&partition],
        10,
        "after the last one"
    );
    first.commit_sync(&Offsets::from([(partition.clone(), 4.into())]), PATIENCE).await.unwrap();
    assert_eq!(first.committed(std::slice::from_ref(&partition), PATIENCE).await.unwrap()[&partition].offset, 4);
    first.close(PATIENCE).await;

    let mut second = member(&bootstrap, &group, &topic);
    assigned(&mut second).await;
    let positions = second.positions(std::slice::from_ref(&partition), PATIENCE).await.unwrap();
    assert_eq!(positions[&partition], 4, "committed");
    second.complete_assignment(&positions, &[]).unwrap();
    assert_eq!(offsets(&records(&mut second, 6).await), (4..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn partitions_move_between_members_and_can_be_committed_before() {
    let bootstrap = broker_or_return!();
    for protocol in ["RangeAssignor", "CooperativeStickyAssignor"] {
        let (topic, group) = (create_topic(&bootstrap, 4).await, unique("group"));
        let mut settings = group_settings(&bootstrap, &group);
        let class = format!("org.apache.kafka.clients.consumer.{protocol}");
        settings.set_user("partition.assignment.strategy", class).set_user("heartbeat.interval.ms", "100");
        let create = || {
            let mut consumer = Consumer::create(&settings).unwrap();
            consumer.subscribe(&[&topic]).unwrap();
            consumer
        };
        let mut first = create();
        assert_eq!(assigned(&mut first).await.len(), 4, "{protocol}");
        first.complete_assignment(&BTreeMap::new(), &[]).unwrap();
        assert_eq!(first.assignment().len(), 4);

        let mut second = create();
        let joining = tokio::spawn(async move {
            while second.assignment().len() < 2 {
                if let ConsumerEvent::Assigned(_) = next(&mut second).await {
                    second.complete_assignment(&BTreeMap::new(), &[]).unwrap();
                }
            }
            second
        });
        let revoked = loop {
            match next(&mut first).await {
                ConsumerEvent::Revoked(partitions) => break partitions,
                ConsumerEvent::Assigned(none) => assert!(none.is_empty(), "{protocol}: {none:?}"),
                other => panic!("{protocol}: expected a revocation, got {other:?}"),
            }
        };
        assert_eq!(revoked.len(), if protocol == "RangeAssignor" { 4 } else { 2 });
        let offsets: Offsets = revoked.iter().map(|partition| (partition.clone(), 3.into())).collect();
        first.commit_sync(&offsets, PATIENCE).await.unwrap();
        first.complete_revocation().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !joining.is_finished() || first.assignment().len() != 2 {
            assert!(Instant::now() < deadline, "{protocol}: {:?}", first.assignment());
            first.poll(Duration::from_millis(50)).await.unwrap();
        }
        let second = joining.await.unwrap();
        assert!(first.assignment().iter().all(|partition| !second.is_assigned(partition)), "{protocol}");
        let committed = second.committed(&revoked, PATIENCE).await.unwrap();
        assert!(
            committed.values().all(|offset| offset.offset == 3) && committed.len() == revoked.len(),
            "{committed:?}"
        );
        first.close(PATIENCE).await;
        second.close(PATIENCE).await;
    }
}

#[tokio::test]
async fn a_member_that_leaves_hands_its_partitions_over_at_once() {
    let bootstrap = broker_or_return!();
    let (topic, group) = (create_topic(&bootstrap, 1).await, unique("group"));
    let mut leaver = member(&bootstrap, &group, &topic);
    assigned(&mut leaver).await;
    let mut heir = member(&bootstrap, &group, &topic);
    let waiting = tokio::spawn(async move {
        let start = Instant::now();
        while heir.assignment().is_empty() {
            next(&mut heir).await;
            heir.complete_assignment(&BTreeMap::new(), &[]).unwrap();
        }
        (heir, start.elapsed())
    });
    leaver.close(PATIENCE).await;
    let (heir, waited) = waiting.await.unwrap();
    // Far below session.timeout.ms, which is 45 s.
    assert!(waited < Duration::from_secs(15), "{waited:?}");
    heir.close(PATIENCE).await;
}

#[tokio::test]
async fn a_pattern_follows_topics_as_they_come() {
    let bootstrap = broker_or_return!();
    let topic = create_topic(&bootstrap, 1).await;
    let mut settings = group_settings(&bootstrap, &unique("group"));
    settings.set_user("metadata.max.age.ms", "500");
    let mut consumer = Consumer::create(&settings).unwrap();
    let prefix = topic.clone();
    consumer.subscribe_pattern(Arc::new(move |name: &str| name == prefix || name == format!("{prefix}-b"))).unwrap();
    assert_eq!(assigned(&mut consumer).await, [TopicPartition::new(topic.as_str(), 0)]);
    let later = format!("{topic}-b");
    produce(&bootstrap, &later, 1, 1).await;
    let both = [TopicPartition::new(topic.as_str(), 0), TopicPartition::new(later.as_str(), 0)];
    let deadline = Instant::now() + PATIENCE;
    while consumer.assignment() != both {
        assert!(Instant::now() < deadline, "{:?}", consumer.assignment());
        consumer.poll(Duration::from_millis(100)).await.unwrap();
    }
    consumer.close(PATIENCE).await;
}

#[tokio::test]
async fn a_consumer_that_is_dropped_in_the_midst_of_a_rebalance_leaves_the_group() {
    let bootstrap = broker_or_return!();
    let (topic, group) = (create_topic(&bootstrap, 1).await, unique("group"));
    let mut pending = member(&bootstrap, &group, &topic);
    assigned(&mut pending).await;
    drop(pending);
    let start = Instant::now();
    let mut successor = member(&bootstrap, &group, &topic);
    assert_eq!(assigned(&mut successor).await.len(), 1);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    successor.close(PATIENCE).await;
}

#[tokio::test]
async fn a_member_that_does_not_poll_loses_its_partitions_and_cannot_commit_them() {
    let bootstrap = broker_or_return!();
    let (topic, group) = (create_topic(&bootstrap, 1).await, unique("group"));
    let mut settings = group_settings(&bootstrap, &group);
    settings.set_user("max.poll.interval.ms", "6000").set_user("session.timeout.ms", "6000");
    let mut sleeper = Consumer::create(&settings).unwrap();
    sleeper.subscribe(&[&topic]).unwrap();
    assigned(&mut sleeper).await;
    sleeper.complete_assignment(&BTreeMap::new(), &[]).unwrap();
    // The group's offsets can be changed from outside once the sleeper was thrown out.
    let admin = Admin::create(&support::settings(&bootstrap)).unwrap();
    let offsets = Offsets::from([(TopicPartition::new(topic.as_str(), 0), 0.into())]);
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = admin.alter_group_offsets(&group, &offsets).await {
        assert!(error.kind() == ErrorKind::GroupActive && Instant::now() < deadline, "{error:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let lost = loop {
        match next(&mut sleeper).await {
            ConsumerEvent::Lost(partitions) => break partitions,
            ConsumerEvent::Records(_) => {}
            other => panic!("expected a loss, got {other:?}"),
        }
    };
    assert_eq!(lost.len(), 1);
    let error = sleeper.commit_sync(&Offsets::from([(lost[0].clone(), 1.into())]), PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitFailed);
    sleeper.complete_revocation().unwrap();
    assert_eq!(assigned(&mut sleeper).await.len(), 1, "it joins again");
    sleeper.close(PATIENCE).await;
}
