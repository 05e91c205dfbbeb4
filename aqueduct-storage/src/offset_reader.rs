//! Reads the offsets of one connector (`OffsetStorageReaderImpl`).

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConnectError, OffsetReader};
use aqueduct_data::{Bytes, ValueMap};
use aqueduct_json::offsets::{offset_key, parse_offset_value};

use crate::offset_store::OffsetStore;

/// The offsets of one connector, as its tasks see them.
#[derive(Clone)]
pub struct StoredOffsets {
    connector: Arc<str>,
    store: Arc<dyn OffsetStore>,
}

impl StoredOffsets {
    /// The offsets of this connector in this store.
    pub fn new(connector: &str, store: Arc<dyn OffsetStore>) -> Self {
        Self { connector: connector.into(), store }
    }

    /// Every partition with its offset.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn all(&self) -> Result<Vec<(ValueMap, ValueMap)>, ConnectError> {
        let partitions = self.store.partitions(&self.connector).await?;
        let offsets = self.offsets(partitions.clone()).await?;
        Ok(partitions.into_iter().zip(offsets).filter_map(|(p, o)| Some((p, o?))).collect())
    }
}

impl OffsetReader for StoredOffsets {
    fn offsets(&self, partitions: Vec<ValueMap>) -> BoxFuture<'_, Result<Vec<Option<ValueMap>>, ConnectError>> {
        Box::pin(async move {
            let keys = partitions
                .iter()
                .map(|partition| Ok(Bytes::from(offset_key(&self.connector, partition)?)))
                .collect::<Result<Vec<_>, ConnectError>>()?;
            let values = self
                .store
                .get(keys)
                .await
                .map_err(|error| ConnectError::connect("Failed to fetch offsets.").caused_by(error))?;
            let read = |bytes: Bytes| match parse_offset_value(&bytes) {
                Ok(offset) => offset,
                Err(error) => {
                    tracing::error!(
                        "CRITICAL: Failed to deserialize offset data when getting offsets for task with namespace {}. No \
                         value for this data will be returned, which may break the task or cause it to skip some data. {}",
                        self.connector,
                        error
                    );
                    None
                }
            };
            Ok(values.into_iter().map(|bytes| bytes.and_then(read)).collect())
        })
    }
}
