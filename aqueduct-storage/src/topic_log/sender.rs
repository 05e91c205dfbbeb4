//! Writes records to the topic of a log, in the order of the calls.
//!
//! Calls put records into a queue and go on; a task hands them to the producer, waits while its buffer is full, and starts
//! another producer when one has died. The queue has no limit of its own: statuses and configurations are few and small,
//! and their writers may not wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_data::{ByteString, Bytes};
use aqueduct_kafka::{
    ClientSettings, Delivery, DeliverySink, ErrorKind, KafkaError, Producer, ProducerLane, ProducerRecord,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::Sent;

/// How long a dead producer may take to give up the records that it had.
const LAST_RESULTS: Duration = Duration::from_secs(2);

/// The writing half of a log.
pub(super) struct Sender {
    queue: Mutex<Queue>,
    under_way: Arc<UnderWay>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Queue {
    next: u64,
    records: Option<mpsc::UnboundedSender<(u64, ProducerRecord)>>,
}

/// Records that have not come to their end, by number.
#[derive(Default)]
struct UnderWay {
    records: Mutex<BTreeMap<u64, oneshot::Sender<Result<(), KafkaError>>>>,
    progress: Notify,
}

impl UnderWay {
    fn end(&self, number: u64, outcome: Result<(), KafkaError>) {
        if let Some(result) = self.records.lock().remove(&number) {
            // Nobody has to wait for it.
            let _ = result.send(outcome);
        }
        self.progress.notify_waiters();
    }
}

impl DeliverySink for UnderWay {
    fn delivered(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.end(delivery.sequence, delivery.outcome.clone().map(|_| ()));
        }
    }
}

impl Sender {
    /// Starts a producer with these settings.
    pub(super) fn start(topic: &str, settings: ClientSettings) -> Result<Self, KafkaError> {
        let under_way = Arc::new(UnderWay::default());
        let lane = open(&settings, &under_way)?;
        let (sender, records) = mpsc::unbounded_channel();
        let writer = Writer { topic: topic.into(), settings, lane, records, under_way: Arc::clone(&under_way) };
        let task = Mutex::new(Some(tokio::spawn(writer.run())));
        Ok(Self { queue: Mutex::new(Queue { next: 0, records: Some(sender) }), under_way, task })
    }

    /// See [`super::TopicLog::send`].
    pub(super) fn send(&self, key: Bytes, value: Option<Bytes>) -> Sent {
        let (sender, result) = oneshot::channel();
        let record = ProducerRecord {
            // Filled in by the writer, which shares one name.
            topic: ByteString::new(),
            partition: None,
            key: Some(key.into()),
            value: value.map(Into::into),
            timestamp: None,
            headers: Vec::new(),
        };
        {
            let mut queue = self.queue.lock();
            let number = queue.next;
            queue.next += 1;
            self.under_way.records.lock().insert(number, sender);
            let taken = queue.records.as_ref().is_some_and(|records| records.send((number, record)).is_ok());
            if !taken {
                self.under_way.end(number, Err(stopped()));
            }
        }
        Box::pin(async move { result.await.unwrap_or_else(|_| Err(stopped())) })
    }

    /// Waits until each record that was sent before has come to its end.
    pub(super) async fn flush(&self) {
        let next = self.queue.lock().next;
        loop {
            let progress = self.under_way.progress.notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if self.under_way.records.lock().range(..next).next().is_none() {
                return;
            }
            progress.await;
        }
    }

    /// Takes no more records and waits up to `patience` for those under way.
    pub(super) async fn stop(&self, patience: Duration) {
        self.queue.lock().records = None;
        let in_time = tokio::time::timeout(patience, self.flush()).await.is_ok();
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
        let left = std::mem::take(&mut *self.under_way.records.lock());
        if !in_time {
            tracing::warn!("{} records were not written within {} ms", left.len(), patience.as_millis());
        }
        self.under_way.progress.notify_waiters();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

struct Writer {
    topic: ByteString,
    settings: ClientSettings,
    lane: ProducerLane,
    records: mpsc::UnboundedReceiver<(u64, ProducerRecord)>,
    under_way: Arc<UnderWay>,
}

impl Writer {
    async fn run(mut self) {
        while let Some((number, mut record)) = self.records.recv().await {
            record.topic = self.topic.clone();
            if let Err(error) = self.write(number, &record).await {
                self.under_way.end(number, Err(error));
            }
        }
        // The lane has to live until the last result: whoever stops the log aborts this task then.
        std::future::pending::<()>().await;
    }

    async fn write(&mut self, number: u64, record: &ProducerRecord) -> Result<(), KafkaError> {
        if self.lane.producer().fault().is_some() {
            // Its last results come before it goes.
            let _ = self.lane.flush(LAST_RESULTS).await;
            self.lane = open(&self.settings, &self.under_way)?;
        }
        loop {
            match self.lane.send(number, record) {
                // The lane is also ready when its producer died: then sending fails for good.
                Err(error) if error.kind() == ErrorKind::QueueFull => self.lane.ready().await,
                outcome => return outcome,
            }
        }
    }
}

fn open(settings: &ClientSettings, under_way: &Arc<UnderWay>) -> Result<ProducerLane, KafkaError> {
    Producer::create(settings)?.register(Arc::clone(under_way) as Arc<dyn DeliverySink>)
}

pub(super) fn stopped() -> KafkaError {
    KafkaError::new(ErrorKind::Closed, "the log was stopped")
}
