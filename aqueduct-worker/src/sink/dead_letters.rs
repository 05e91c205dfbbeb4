//! The dead letter queue of a sink task: letters go to a producer, and the task's loop asks whether they have arrived.
//!
//! Letters are written from the record path, which does not wait for them; before offsets are committed the loop waits
//! for the letters of their partitions, so that no offset overtakes a letter. A letter that cannot be written for good
//! is said to the log, as in Java.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConnectError, TopicPartition};
use aqueduct_kafka::{Admin, Delivery, DeliverySink, ErrorKind, KafkaError, NewTopic, Producer, ProducerLane};
use aqueduct_metrics::groups::TaskErrorMetrics;
use aqueduct_pipeline::{DeadLetters, EncodedRecord, Failure, Original, Reporter};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::errors::connect_error;
use crate::source::producer_record;

/// How long to wait before a letter is sent again that the producer could not take.
const SEND_BACKOFF: Duration = Duration::from_millis(100);

/// What a letter's sender is told when it is safe, or never will be.
pub(crate) type Receipt = oneshot::Receiver<Result<(), ConnectError>>;

/// A letter under way.
struct Pending {
    /// Where the record came from.
    partition: TopicPartition,
    /// Who wants to know.
    sender: Option<oneshot::Sender<Result<(), ConnectError>>>,
}

/// The letters under way.
struct Letters {
    topic: String,
    pending: Mutex<BTreeMap<u64, Pending>>,
    /// Partitions with letters that were not sent because the task is to stop.
    unsent: Mutex<BTreeSet<TopicPartition>>,
    /// A letter that a task reported and that could not be written.
    failure: Mutex<Option<ConnectError>>,
    progress: Notify,
    metrics: Arc<TaskErrorMetrics>,
}

impl Letters {
    fn ended(&self, sequence: u64, outcome: Result<(), &KafkaError>) {
        let Some(Pending { sender, .. }) = self.pending.lock().remove(&sequence) else {
            return;
        };
        let outcome = outcome.map_err(|error| {
            self.metrics.letter_lost();
            tracing::error!("Could not produce message to dead letter queue. topic={}: {error}", self.topic);
            connect_error(error)
        });
        if let Some(sender) = sender {
            if let Err(error) = &outcome {
                self.failure.lock().get_or_insert_with(|| error.clone());
            }
            // Nobody has to wait for it.
            let _ = sender.send(outcome);
        }
    }
}

impl DeliverySink for Letters {
    fn delivered(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.ended(delivery.sequence, delivery.outcome.as_ref().map(drop));
        }
        self.progress.notify_waiters();
    }
}

struct Sender {
    lane: ProducerLane,
    sequence: u64,
}

/// A task's dead letter queue.
pub(crate) struct DeadLetterQueue {
    pub(crate) form: DeadLetters,
    letters: Arc<Letters>,
    sender: Mutex<Sender>,
    stop: CancellationToken,
}

impl DeadLetterQueue {
    /// A queue whose letters go out through `producer`.
    ///
    /// # Errors
    /// When the producer has failed.
    pub(crate) fn new(
        form: DeadLetters,
        producer: &Producer,
        stop: CancellationToken,
        metrics: Arc<TaskErrorMetrics>,
    ) -> Result<Self, KafkaError> {
        let letters = Arc::new(Letters {
            topic: form.topic.to_string(),
            pending: Mutex::default(),
            unsent: Mutex::default(),
            failure: Mutex::default(),
            progress: Notify::new(),
            metrics,
        });
        let lane = producer.register(Arc::clone(&letters) as _)?;
        Ok(Self { form, letters, sender: Mutex::new(Sender { lane, sequence: 0 }), stop })
    }

    /// Sends the letter for a failure, and a receipt when it is safe. Waits for room in the producer, with the thread of
    /// the task, which has nothing better to do: letters are rare.
    pub(crate) fn send(&self, failure: &Failure<'_>) -> Option<Receipt> {
        let (sender, receipt) = oneshot::channel();
        self.write(failure, Some(sender)).then_some(receipt)
    }

    /// Sends the letter for a failure; answers false when the record did not come from Kafka.
    fn write(&self, failure: &Failure<'_>, sender: Option<oneshot::Sender<Result<(), ConnectError>>>) -> bool {
        let (Original::Sink(consumed), Some(letter)) = (failure.original, self.form.letter(failure)) else {
            return false;
        };
        let partition = TopicPartition { topic: consumed.topic.clone(), partition: consumed.partition };
        self.post(letter, Pending { partition, sender });
        true
    }

    fn post(&self, letter: EncodedRecord, pending: Pending) {
        self.letters.metrics.letter();
        let record = producer_record(letter);
        let mut sender = self.sender.lock();
        sender.sequence += 1;
        let sequence = sender.sequence;
        let partition = pending.partition.clone();
        // Before the record is sent: the result can be here at once.
        self.letters.pending.lock().insert(sequence, pending);
        while let Err(error) = sender.lane.send(sequence, &record) {
            let goes_on = match error.kind() {
                ErrorKind::QueueFull => self.wait(async { sender.lane.ready().await }),
                _ if error.is_retriable() => self.wait(tokio::time::sleep(SEND_BACKOFF)),
                _ => {
                    self.letters.ended(sequence, Err(&error));
                    return;
                }
            };
            if !goes_on {
                self.letters.pending.lock().remove(&sequence);
                self.letters.unsent.lock().insert(partition);
                return;
            }
        }
    }

    /// Waits with the calling thread; answers false when the task is to stop.
    fn wait(&self, what: impl Future<Output = ()>) -> bool {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                tokio::select! {
                    () = self.stop.cancelled() => false,
                    () = what => true,
                }
            })
        })
    }

    /// Waits until no letter of these partitions is under way.
    ///
    /// # Errors
    /// When a letter that the task reported could not be written: the task is to fail.
    pub(crate) async fn settled(&self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        loop {
            let progress = self.letters.progress.notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if let Some(error) = self.letters.failure.lock().take() {
                let message = "Encountered an error while awaiting an errant record future's completion.";
                return Err(ConnectError::connect(message).caused_by(error));
            }
            if !self.letters.pending.lock().values().any(|letter| partitions.contains(&letter.partition)) {
                return Ok(());
            }
            progress.await;
        }
    }

    /// Whether letters of a partition are not safe (yet).
    pub(crate) fn is_open(&self, partition: &TopicPartition) -> bool {
        self.letters.unsent.lock().contains(partition)
            || self.letters.pending.lock().values().any(|letter| letter.partition == *partition)
    }

    /// The task lost these partitions: nobody waits for their letters any more.
    pub(crate) fn forget(&self, partitions: &[TopicPartition]) {
        self.letters.pending.lock().retain(|_, letter| !partitions.contains(&letter.partition));
        self.letters.unsent.lock().retain(|partition| !partitions.contains(partition));
    }
}

/// Writes a letter for every failure of the record path.
pub(crate) struct DeadLetterReporter(pub(crate) Arc<DeadLetterQueue>);

impl Reporter for DeadLetterReporter {
    fn wants_original(&self) -> bool {
        true
    }

    fn report(&mut self, failure: &Failure<'_>) {
        self.0.write(failure, None);
    }
}

/// Makes the topic of a dead letter queue if it is not there: one partition, with this replication factor.
///
/// # Errors
/// `ConnectException` when that cannot be done: the task is to fail.
pub(crate) async fn prepare(admin: &Admin, topic: &str, replication_factor: i16) -> Result<(), ConnectError> {
    let outcome = async {
        let described = admin.describe_topics(&[topic]).await?.into_iter().next();
        match described.map(|(_, topic)| topic) {
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) if error.kind() != ErrorKind::UnknownTopic => return Err(error),
            _ => {}
        }
        tracing::error!("Topic {topic} doesn't exist. Will attempt to create topic.");
        let new = NewTopic {
            name: topic.to_owned(),
            partitions: Some(1),
            replication_factor: (replication_factor > 0).then_some(replication_factor),
            configs: BTreeMap::new(),
        };
        match admin.create_topics(std::slice::from_ref(&new)).await?.into_iter().next() {
            Some((_, Err(error))) if error.kind() != ErrorKind::TopicExists => Err(error),
            _ => Ok(()),
        }
    };
    outcome.await.map_err(|error| {
        ConnectError::connect(format!("Could not initialize dead letter queue with topic={topic}"))
            .caused_by(connect_error(&error))
    })
}
