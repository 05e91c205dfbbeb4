//! Reading a topic of one partition from its beginning to its end, and on.

use std::time::Duration;

use aqueduct_kafka::{
    ClientSettings, Consumer, ConsumerEvent, ConsumerRecord, KafkaError, StartOffset, TopicPartition,
};
use tokio::time::sleep;

/// How long one look at the topic takes when there is nothing.
const LOOK: Duration = Duration::from_secs(60);
/// How long to wait after an error.
const PAUSE: Duration = Duration::from_secs(1);

/// What is found in a topic.
pub(crate) enum Found {
    /// Records, in order.
    Records(Vec<ConsumerRecord>),
    /// There are no more at present.
    End,
}

/// A reader of partition 0 of a topic.
pub(crate) struct Follower {
    consumer: Consumer,
}

impl Follower {
    pub(crate) fn open(client: &ClientSettings, topic: &str) -> Result<Self, KafkaError> {
        let mut consumer = Consumer::create_to_follow(client)?;
        consumer.assign(&[(TopicPartition::new(topic, 0), StartOffset::Beginning)].into())?;
        Ok(Self { consumer })
    }

    /// Waits for the next thing to be found.
    pub(crate) async fn next(&mut self) -> Result<Found, KafkaError> {
        loop {
            match self.consumer.poll(LOOK).await? {
                ConsumerEvent::Records(records) => return Ok(Found::Records(records)),
                ConsumerEvent::ReachedEnd(_) => return Ok(Found::End),
                _ => {}
            }
        }
    }
}

/// Follows a topic for ever, whatever happens on the way. After an error that is the client's end another one begins anew,
/// from the topic's beginning.
pub(crate) async fn follow(
    client: &ClientSettings,
    topic: &str,
    mut take: impl FnMut(Found),
) -> std::convert::Infallible {
    loop {
        match Follower::open(client, topic) {
            Ok(mut follower) => loop {
                match follower.next().await {
                    Ok(found) => take(found),
                    Err(error) => {
                        tracing::warn!("Reading {topic}: {}: {error}", error.java_class());
                        sleep(PAUSE).await;
                        if error.is_fatal() {
                            break;
                        }
                    }
                }
            },
            Err(error) => tracing::error!("Reading {topic}: {}: {error}", error.java_class()),
        }
        sleep(PAUSE).await;
    }
}
