//! Sets the offsets of a stopped connector whose tasks write them in transactions: each write is a transaction, with the
//! transactional id of the first task, so that none of the former tasks can write after it.

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConnectError};
use aqueduct_data::{Bytes, ValueMap};
use aqueduct_kafka::{
    ClientSettings, Delivery, DeliverySink, ErrorKind, KafkaError, Producer, ProducerLane, ProducerRecord,
};
use aqueduct_storage::{OffsetEntries, OffsetStore};
use parking_lot::Mutex;

use super::TaskOffsets;
use crate::errors::connect_error;

/// A store that writes in transactions.
pub(super) struct TransactionalOffsets {
    offsets: TaskOffsets,
    producer: ClientSettings,
}

/// Why the first entry was not written.
#[derive(Default)]
struct FirstLoss(Mutex<Option<KafkaError>>);

impl DeliverySink for FirstLoss {
    fn delivered(&self, deliveries: &[Delivery]) {
        if let Some(error) = deliveries.iter().find_map(|delivery| delivery.outcome.as_ref().err()) {
            self.0.lock().get_or_insert_with(|| error.clone());
        }
    }
}

impl TransactionalOffsets {
    /// A store on a connector's offsets, with a transactional producer for each write.
    pub(super) fn new(offsets: TaskOffsets, producer: ClientSettings) -> Self {
        Self { offsets, producer }
    }

    async fn write(&self, entries: &OffsetEntries) -> Result<(), KafkaError> {
        let producer = Producer::create(&self.producer)?;
        producer.init_transactions().await?;
        let lost = Arc::new(FirstLoss::default());
        let mut lane = producer.register(Arc::clone(&lost) as _)?;
        producer.begin_transaction().await?;
        for (sequence, (key, value)) in (0..).zip(entries) {
            self.send(&mut lane, sequence, key, value.as_ref()).await?;
        }
        producer.commit_transaction().await.map_err(|error| lost.0.lock().take().unwrap_or(error))
    }

    async fn send(
        &self,
        lane: &mut ProducerLane,
        sequence: u64,
        key: &Bytes,
        value: Option<&Bytes>,
    ) -> Result<(), KafkaError> {
        let record = ProducerRecord {
            topic: self.offsets.topic().into(),
            partition: None,
            key: Some(key.clone().into()),
            value: value.cloned().map(Into::into),
            timestamp: None,
            headers: Vec::new(),
        };
        while let Err(error) = lane.send(sequence, &record) {
            if error.kind() != ErrorKind::QueueFull {
                return Err(error);
            }
            lane.ready().await;
        }
        Ok(())
    }
}

impl OffsetStore for TransactionalOffsets {
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>> {
        let store = self.offsets.store();
        Box::pin(async move { store.get(keys).await })
    }

    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            let entries = self.offsets.store().under_kept_keys(entries);
            self.offsets.before(&entries).await?;
            self.write(&entries).await.map_err(|error| {
                ConnectError::connect("Failed to write to the offsets topic").caused_by(connect_error(&error))
            })?;
            self.offsets.committed(entries).await;
            Ok(())
        })
    }

    fn under_kept_keys(&self, entries: OffsetEntries) -> OffsetEntries {
        self.offsets.store().under_kept_keys(entries)
    }

    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>> {
        let (store, connector) = (self.offsets.store(), connector.to_owned());
        Box::pin(async move { store.partitions(&connector).await })
    }
}
