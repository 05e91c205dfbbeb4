//! Transactions of a producer that has a `transactional.id`: what is sent between begin and commit appears to readers of
//! committed records all together, or not at all.
//!
//! librdkafka blocks the thread in each step, so the steps run on the runtime's threads for blocking work, a second at a
//! time: whoever stops waiting leaves no thread behind for long.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::Producer;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, Refusal};

/// How long a step blocks a thread before it is asked again whether anybody still waits.
const SLICE_MS: i32 = 1_000;
/// The pause after a step that may be tried again and failed at once.
const AGAIN: Duration = Duration::from_millis(100);

impl Producer {
    /// Takes over the transactional id, before the first transaction: ends the one that a former producer left open, and
    /// shuts that producer out. While no broker answers this waits.
    ///
    /// # Errors
    /// When the broker refuses, or the producer has no `transactional.id`.
    pub async fn init_transactions(&self) -> Result<(), KafkaError> {
        self.step("taking over the transactional id", |client| client.init_transactions(SLICE_MS)).await
    }

    /// Opens a transaction. What any lane of this producer sends from now on belongs to it.
    ///
    /// # Errors
    /// When a transaction is open already, or another producer has taken over the transactional id.
    pub async fn begin_transaction(&self) -> Result<(), KafkaError> {
        self.step("beginning a transaction", Client::begin_transaction).await
    }

    /// Waits until everything that was sent is written, then commits. While no broker answers this waits.
    ///
    /// # Errors
    /// [`AbortableTransaction`](ErrorKind::AbortableTransaction): a record was not written, or the transaction took too long;
    /// it has to be aborted. [`Fenced`](ErrorKind::Fenced): another producer has taken over the transactional id.
    pub async fn commit_transaction(&self) -> Result<(), KafkaError> {
        self.step("committing a transaction", |client| client.commit_transaction(SLICE_MS)).await
    }

    /// Aborts the transaction: what was sent in it will not be read.
    ///
    /// # Errors
    /// When no transaction is open, or another producer has taken over the transactional id.
    pub async fn abort_transaction(&self) -> Result<(), KafkaError> {
        self.step("aborting a transaction", |client| client.abort_transaction(SLICE_MS)).await
    }

    async fn step(&self, doing: &str, step: fn(&Client) -> Result<(), Refusal>) -> Result<(), KafkaError> {
        loop {
            if let Some(fault) = self.fault() {
                return Err(fault);
            }
            let client = Arc::clone(&self.core().engine().client);
            let refusal = match tokio::task::spawn_blocking(move || step(&client)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(refusal)) => refusal,
                Err(stopped) => return Err(KafkaError::new(ErrorKind::Closed, format!("{doing}: {stopped}"))),
            };
            if !refusal.again {
                return Err(refusal.error);
            }
            tracing::trace!(client = self.client_id(), "{doing}: {}", refusal.error);
            if refusal.error.kind() != ErrorKind::Timeout {
                sleep(AGAIN).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::super::{Delivery, DeliverySink, ProducerLane};
    use super::*;
    use crate::native::mock::{MockCluster, api};
    use crate::record::ProducerRecord;
    use crate::settings::ClientSettings;

    #[derive(Default)]
    struct Written(Mutex<Vec<bool>>);

    impl DeliverySink for Written {
        fn delivered(&self, deliveries: &[Delivery]) {
            self.0.lock().extend(deliveries.iter().map(|delivery| delivery.outcome.is_ok()));
        }
    }

    fn cluster() -> MockCluster {
        let cluster = MockCluster::start(1);
        cluster.create_topic("t", 1);
        cluster
    }

    async fn transactional(cluster: &MockCluster) -> (Producer, ProducerLane, Arc<Written>) {
        let mut settings = ClientSettings::default();
        settings.set_base("bootstrap.servers", cluster.bootstrap()).set_base("transactional.id", "id");
        let producer = Producer::create(&settings).unwrap();
        producer.init_transactions().await.unwrap();
        let written = Arc::new(Written::default());
        let lane = producer.register(written.clone()).unwrap();
        (producer, lane, written)
    }

    fn record() -> ProducerRecord {
        ProducerRecord {
            topic: "t".into(),
            partition: Some(0),
            key: None,
            value: Some("x".into()),
            timestamp: None,
            headers: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_commit_waits_for_the_records() {
        let cluster = cluster();
        let (producer, mut lane, written) = transactional(&cluster).await;
        for sequence in 0..2 {
            producer.begin_transaction().await.unwrap();
            lane.send(sequence, &record()).unwrap();
            producer.commit_transaction().await.unwrap();
            assert_eq!(lane.outstanding(), 0);
        }
        assert_eq!(*written.0.lock(), [true, true]);
    }

    #[tokio::test]
    async fn an_aborted_transaction_ends_and_the_next_can_begin() {
        let cluster = cluster();
        let (producer, mut lane, written) = transactional(&cluster).await;
        producer.begin_transaction().await.unwrap();
        lane.send(0, &record()).unwrap();
        producer.abort_transaction().await.unwrap();
        producer.begin_transaction().await.unwrap();
        lane.send(1, &record()).unwrap();
        producer.commit_transaction().await.unwrap();
        assert_eq!(written.0.lock().last(), Some(&true));
    }

    #[tokio::test]
    async fn a_lost_record_fails_the_commit_and_the_transaction_can_be_aborted() {
        let cluster = cluster();
        let (producer, mut lane, _) = transactional(&cluster).await;
        producer.begin_transaction().await.unwrap();
        // MESSAGE_TOO_LARGE
        cluster.fail_next(api::PRODUCE, &[10]);
        lane.send(0, &record()).unwrap();
        let error = producer.commit_transaction().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AbortableTransaction, "{error:?}");
        producer.abort_transaction().await.unwrap();
        producer.begin_transaction().await.unwrap();
    }

    #[tokio::test]
    async fn a_fenced_producer_says_so_and_is_of_no_use_any_more() {
        let cluster = cluster();
        let (producer, mut lane, _) = transactional(&cluster).await;
        producer.begin_transaction().await.unwrap();
        lane.send(0, &record()).unwrap();
        // PRODUCER_FENCED
        cluster.fail_next(api::END_TXN, &[90]);
        let error = producer.commit_transaction().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Fenced, "{error:?}");
        assert_eq!(producer.begin_transaction().await.unwrap_err().kind(), ErrorKind::Fenced);
    }

    #[tokio::test]
    async fn steps_out_of_order_are_refused() {
        let cluster = cluster();
        let (producer, _lane, _) = transactional(&cluster).await;
        assert!(!producer.commit_transaction().await.unwrap_err().is_retriable());
        producer.begin_transaction().await.unwrap();
        assert!(!producer.begin_transaction().await.unwrap_err().is_retriable());
    }
}
