//! A log on a Kafka topic.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConnectError, ready};
use aqueduct_data::Bytes;
use aqueduct_kafka::{ErrorKind, KafkaError};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::create::ensure_topic;
use super::follower::{Follower, Request};
use super::sender::{Sender, stopped};
use super::{LogReader, Sent, TopicLog};
use crate::kafka_error::connect_error;
use crate::store_settings::TopicSettings;

/// How long the first look for the end of the topic may take, attempts together, as in Java.
const FIRST_READ: Duration = Duration::from_secs(15 * 60);
/// How long stopping waits for records under way, and for the reader. Whoever needs a record waits for it before.
const STOPPING: Duration = Duration::from_secs(1);

/// A log on a compacted topic: a producer, and a consumer that reads all partitions without a group.
pub(crate) struct KafkaTopicLog {
    topic: String,
    /// None in a log that is only read.
    sender: Option<Sender>,
    requests: Mutex<Option<mpsc::UnboundedSender<Request>>>,
    follower: Mutex<Option<JoinHandle<()>>>,
}

impl KafkaTopicLog {
    /// Opens the log, and gives `read` everything that is in it now. The topic is created if there is none.
    pub(crate) async fn open(settings: &TopicSettings, read: LogReader) -> Result<Arc<dyn TopicLog>, ConnectError> {
        Self::open_with(settings, true, read).await
    }

    /// As [`KafkaTopicLog::open`], for a log that others write: sending is refused.
    pub(crate) async fn open_to_read(
        settings: &TopicSettings,
        read: LogReader,
    ) -> Result<Arc<dyn TopicLog>, ConnectError> {
        Self::open_with(settings, false, read).await
    }

    async fn open_with(
        settings: &TopicSettings,
        writes: bool,
        read: LogReader,
    ) -> Result<Arc<dyn TopicLog>, ConnectError> {
        let failed = |error: KafkaError| connect_error(&error);
        let topic = &settings.topic;
        tracing::info!("Reading topic {topic} ({})", settings.purpose);
        let admin = settings.admin.acquire().map_err(failed)?;
        let partitions = ensure_topic(&admin, settings).await?;
        let sender = writes.then(|| Sender::start(topic, settings.producer.clone())).transpose().map_err(failed)?;
        let mut follower =
            Follower::start(settings.consumer.clone(), admin, topic, &partitions, read).map_err(failed)?;
        follower.read_once(topic, FIRST_READ).await.map_err(failed)?;
        tracing::info!("Finished reading topic {topic}");
        let (requests, receiver) = mpsc::unbounded_channel();
        let follower = tokio::spawn(follower.follow(receiver));
        Ok(Arc::new(Self {
            topic: topic.clone(),
            sender,
            requests: Mutex::new(Some(requests)),
            follower: Mutex::new(Some(follower)),
        }))
    }
}

impl TopicLog for KafkaTopicLog {
    fn send(&self, key: Bytes, value: Option<Bytes>) -> Sent {
        match &self.sender {
            Some(sender) => sender.send(key, value),
            None => ready(Err(KafkaError::new(ErrorKind::Closed, "the log was opened to be read"))),
        }
    }

    fn read_to_end(&self) -> BoxFuture<'_, Result<(), KafkaError>> {
        Box::pin(async move {
            // What we have sent has to be in the log before we look for its end.
            self.flush().await;
            let (request, answer) = oneshot::channel();
            let asked = self.requests.lock().as_ref().is_some_and(|requests| requests.send(request).is_ok());
            if !asked {
                return Err(stopped());
            }
            answer.await.map_err(|_| stopped())
        })
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(sender) = &self.sender {
                sender.flush().await;
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.requests.lock().take();
            let follower = self.follower.lock().take();
            let stop_reading = async {
                if let Some(mut follower) = follower
                    && tokio::time::timeout(STOPPING, &mut follower).await.is_err()
                {
                    follower.abort();
                }
            };
            let stop_writing = async {
                if let Some(sender) = &self.sender {
                    sender.stop(STOPPING).await;
                }
            };
            tokio::join!(stop_writing, stop_reading);
            tracing::info!("Stopped reading and writing topic {}", self.topic);
        })
    }
}

impl Drop for KafkaTopicLog {
    fn drop(&mut self) {
        if let Some(follower) = self.follower.lock().take() {
            follower.abort();
        }
    }
}
