//! Reads the topic of a log: from its beginning to the end that it has then, and on from there as records come.
//!
//! Whoever wants to have read everything asks with a [`Request`]; the task looks up where the topic ends now and answers when
//! it has come there. Transactions leave marks in the log that are no records, so how far it has read is what the consumer
//! says at the end of a partition, or one past the last record, whichever is more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_kafka::{
    Admin, ClientSettings, Consumer, ConsumerEvent, ErrorKind, KafkaError, OffsetSpec, StartOffset, TopicPartition,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::{LogReader, LogRecord};

/// How long one look for the end of the topic takes, and the pause before the next.
const LOOK_UP: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(500));
/// The pause after a failed poll.
const POLL_AGAIN: Duration = Duration::from_secs(1);
/// How long nothing may happen before the loop looks around; only bounds a timer.
const IDLE: Duration = Duration::from_secs(3600);
/// How often reading an old log says how far it is.
const PROGRESS: Duration = Duration::from_secs(5);

/// Asks for an answer when everything that is in the log now was read.
pub(super) type Request = oneshot::Sender<()>;

/// Somebody waits until these positions are reached.
struct Waiting {
    ends: BTreeMap<TopicPartition, i64>,
    requests: Vec<Request>,
}

pub(super) struct Follower {
    settings: ClientSettings,
    consumer: Consumer,
    /// Asked for the end: the consumer's own connection is busy most of the time with a fetch that waits for records.
    admin: Arc<Admin>,
    /// The next offset of each partition.
    positions: BTreeMap<TopicPartition, i64>,
    read: LogReader,
    /// Whether the records that come are new.
    live: bool,
    waiting: Vec<Waiting>,
    /// Whether something went wrong that was said and is not over yet.
    in_trouble: bool,
}

impl Follower {
    /// A reader at the beginning of these partitions.
    pub(super) fn start(
        settings: ClientSettings,
        admin: Arc<Admin>,
        topic: &str,
        partitions: &[i32],
        read: LogReader,
    ) -> Result<Self, KafkaError> {
        let positions: BTreeMap<_, _> =
            partitions.iter().map(|partition| (TopicPartition::new(topic, *partition), 0)).collect();
        let consumer = Consumer::create_to_follow(&settings)?;
        let mut follower =
            Self { settings, consumer, admin, positions, read, live: false, waiting: Vec::new(), in_trouble: false };
        let beginning =
            follower.positions.keys().map(|partition| (partition.clone(), StartOffset::Beginning)).collect();
        follower.consumer.assign(&beginning)?;
        Ok(follower)
    }

    /// Reads up to the present end. Fails when the broker refuses us, or when it cannot be asked for `patience`.
    pub(super) async fn read_once(&mut self, topic: &str, patience: Duration) -> Result<(), KafkaError> {
        let deadline = Instant::now() + patience;
        let ends = loop {
            match self.ends().await {
                Ok(ends) => break ends,
                Err(error) if error.is_fatal() || Instant::now() >= deadline => return Err(error),
                // A new topic is not known to all brokers at once.
                Err(error) => self.trouble("looking for its end", &error),
            }
            sleep(LOOK_UP.1).await;
        };
        let all: i64 = ends.values().sum();
        let mut next_word = Instant::now() + PROGRESS;
        while !self.has_reached(&ends) {
            self.poll(PROGRESS).await?;
            if Instant::now() >= next_word {
                let read: i64 = self.positions.values().sum();
                tracing::info!("Reading topic {topic}: at offset {read} of {all}, all partitions together");
                next_word = Instant::now() + PROGRESS;
            }
        }
        self.live = true;
        Ok(())
    }

    /// Reads until nobody can ask any more.
    pub(super) async fn follow(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        let mut open = true;
        while open {
            tokio::select! {
                request = requests.recv() => match request {
                    None => open = false,
                    Some(request) => {
                        let mut asked = vec![request];
                        while let Ok(another) = requests.try_recv() {
                            asked.push(another);
                        }
                        self.wait_for_the_end(asked).await;
                    }
                },
                polled = self.poll(IDLE) => if let Err(error) = polled {
                    self.recover(&error).await;
                },
            }
            self.answer();
        }
        self.consumer.close(Duration::from_secs(5)).await;
    }

    /// Notes what those who asked wait for. Asks the broker until it answers, or until nobody wants to know any more.
    async fn wait_for_the_end(&mut self, mut requests: Vec<Request>) {
        loop {
            requests.retain(|request| !request.is_closed());
            if requests.is_empty() {
                return;
            }
            match self.ends().await {
                Ok(ends) => {
                    self.waiting.push(Waiting { ends, requests });
                    return;
                }
                Err(error) => {
                    self.trouble("looking for its end", &error);
                    sleep(LOOK_UP.1).await;
                }
            }
        }
    }

    /// Answers those whose wait is over.
    fn answer(&mut self) {
        let Self { waiting, positions, .. } = self;
        waiting.retain_mut(|waiting| {
            waiting.requests.retain(|request| !request.is_closed());
            if !reached(positions, &waiting.ends) {
                return !waiting.requests.is_empty();
            }
            for request in waiting.requests.drain(..) {
                // Whoever asked may have gone in the meantime.
                let _ = request.send(());
            }
            false
        });
    }

    /// A failed poll: the next one may go well, or needs another consumer.
    async fn recover(&mut self, error: &KafkaError) {
        self.trouble("reading", error);
        sleep(POLL_AGAIN).await;
        if !error.is_fatal() {
            return;
        }
        let another = Consumer::create_to_follow(&self.settings).and_then(|mut consumer| {
            let positions = &self.positions;
            let from = positions.iter().map(|(partition, at)| (partition.clone(), StartOffset::At(*at))).collect();
            consumer.assign(&from).map(|()| consumer)
        });
        match another {
            Ok(consumer) => self.consumer = consumer,
            Err(error) => self.trouble("reading anew", &error),
        }
    }

    async fn poll(&mut self, max: Duration) -> Result<(), KafkaError> {
        match self.consumer.poll(max).await? {
            ConsumerEvent::Records(records) => {
                self.out_of_trouble();
                for record in records {
                    let partition = TopicPartition { topic: record.topic, partition: record.partition };
                    self.positions.insert(partition, record.offset + 1);
                    let record = LogRecord { offset: record.offset, key: record.key, value: record.value };
                    (self.read)(record, self.live);
                }
            }
            // The end may have been passed already by records that came in the same batch.
            ConsumerEvent::ReachedEnd(ends) => {
                for (partition, end) in ends {
                    let position = self.positions.entry(partition).or_insert(end);
                    *position = end.max(*position);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Where each partition ends now.
    async fn ends(&mut self) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        let latest: Vec<_> = self.positions.keys().map(|partition| (partition.clone(), OffsetSpec::Latest)).collect();
        match timeout(LOOK_UP.0, self.admin.list_offsets(&latest, false)).await {
            Ok(ends) => {
                let ends = ends?.into_iter().map(|(partition, end)| Ok((partition, end?)));
                let ends = ends.collect::<Result<_, KafkaError>>()?;
                self.out_of_trouble();
                Ok(ends)
            }
            Err(_) => {
                let message = format!("no answer within {} ms", LOOK_UP.0.as_millis());
                Err(KafkaError::new(ErrorKind::Timeout, message))
            }
        }
    }

    fn has_reached(&self, ends: &BTreeMap<TopicPartition, i64>) -> bool {
        reached(&self.positions, ends)
    }

    /// Says that something is wrong; once, until it is over.
    fn trouble(&mut self, doing: &str, error: &KafkaError) {
        let topic = self.topic();
        if std::mem::replace(&mut self.in_trouble, true) {
            tracing::debug!("topic {topic}: {doing}: {error}");
        } else {
            tracing::warn!("topic {topic}: {doing}: {error}. Trying again until it goes well");
        }
    }

    fn out_of_trouble(&mut self) {
        if std::mem::replace(&mut self.in_trouble, false) {
            tracing::info!("topic {}: it can be read again", self.topic());
        }
    }

    fn topic(&self) -> String {
        self.positions.keys().next().map_or_else(String::new, |partition| partition.topic.to_string())
    }
}

fn reached(positions: &BTreeMap<TopicPartition, i64>, ends: &BTreeMap<TopicPartition, i64>) -> bool {
    ends.iter().all(|(partition, end)| positions.get(partition).is_some_and(|position| position >= end))
}
