//! Keys and values that appear in a topic all together or not at all: each write is a transaction of its own.

use std::sync::Arc;

use aqueduct_data::ByteString;
use bytes::Bytes;
use parking_lot::Mutex;

use super::{Delivery, DeliverySink, Producer, ProducerLane};
use crate::error::{ErrorKind, KafkaError};
use crate::record::ProducerRecord;
use crate::settings::ClientSettings;

/// A producer that has taken over its transactional id, and so shut out whoever wrote with it before.
pub struct TransactionalWriter {
    producer: Producer,
    lane: tokio::sync::Mutex<ProducerLane>,
    lost: Arc<FirstLoss>,
}

/// Why the first record of a transaction was lost, which says more than that the transaction cannot be committed.
#[derive(Default)]
struct FirstLoss(Mutex<Option<KafkaError>>);

impl DeliverySink for FirstLoss {
    fn delivered(&self, deliveries: &[Delivery]) {
        if let Some(error) = deliveries.iter().find_map(|delivery| delivery.outcome.as_ref().err()) {
            self.0.lock().get_or_insert_with(|| error.clone());
        }
    }
}

impl TransactionalWriter {
    /// Takes over the `transactional.id` of the settings. While no broker answers this waits.
    ///
    /// # Errors
    /// As [`Producer::create`] and [`Producer::init_transactions`].
    pub async fn take_over(settings: &ClientSettings) -> Result<Self, KafkaError> {
        let producer = Producer::create(settings)?;
        producer.init_transactions().await?;
        let lost = Arc::new(FirstLoss::default());
        let lane = tokio::sync::Mutex::new(producer.register(Arc::clone(&lost) as _)?);
        Ok(Self { producer, lane, lost })
    }

    /// What has put an end to the producer, if something has: another one has taken over, for example.
    pub fn fault(&self) -> Option<KafkaError> {
        self.producer.fault()
    }

    /// Writes the entries of a topic in one transaction, one write after another. While no broker answers this waits.
    ///
    /// # Errors
    /// When a record cannot be sent or was not written, or as [`Producer::commit_transaction`].
    pub async fn write(
        &self,
        topic: &ByteString,
        entries: impl IntoIterator<Item = (Bytes, Option<Bytes>)>,
    ) -> Result<(), KafkaError> {
        let mut lane = self.lane.lock().await;
        self.producer.begin_transaction().await?;
        for (sequence, (key, value)) in (0..).zip(entries) {
            let record = ProducerRecord {
                topic: topic.clone(),
                partition: None,
                key: Some(key.into()),
                value: value.map(Into::into),
                timestamp: None,
                headers: Vec::new(),
            };
            while let Err(error) = lane.send(sequence, &record) {
                if error.kind() != ErrorKind::QueueFull {
                    return Err(error);
                }
                lane.ready().await;
            }
        }
        let committed = self.producer.commit_transaction().await;
        committed.map_err(|error| self.lost.0.lock().take().unwrap_or(error))
    }
}
