//! Sets the offsets of a stopped connector whose tasks write them in transactions: each write is a transaction, with the
//! transactional id of the first task, so that none of the former tasks can write after it.

use aqueduct_api::{BoxFuture, ConnectError};
use aqueduct_data::{Bytes, ValueMap};
use aqueduct_kafka::{ClientSettings, KafkaError, TransactionalWriter};
use aqueduct_storage::{OffsetEntries, OffsetStore};

use super::TaskOffsets;
use crate::errors::connect_error;

/// A store that writes in transactions.
pub(super) struct TransactionalOffsets {
    offsets: TaskOffsets,
    producer: ClientSettings,
}

impl TransactionalOffsets {
    /// A store on a connector's offsets, with a transactional producer for each write.
    pub(super) fn new(offsets: TaskOffsets, producer: ClientSettings) -> Self {
        Self { offsets, producer }
    }

    async fn write(&self, entries: &OffsetEntries) -> Result<(), KafkaError> {
        let writer = TransactionalWriter::take_over(&self.producer).await?;
        writer.write(&self.offsets.topic().into(), entries.iter().cloned()).await
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
