//! Collects the offsets of one task and stores them (`OffsetStorageWriter`).
//!
//! What a failed or timed-out flush did not store stays here, under anything newer, and goes with the next one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::ConnectError;
use aqueduct_data::{Bytes, ValueMap};
use aqueduct_json::offsets::{offset_key, offset_value};

use crate::offset_store::{OffsetEntries, OffsetStore};

/// Collects the offsets of one task and stores them.
pub struct OffsetWriter {
    connector: Arc<str>,
    store: Arc<dyn OffsetStore>,
    pending: HashMap<Arc<ValueMap>, Option<ValueMap>>,
}

impl OffsetWriter {
    /// A writer for the connector of this name.
    pub fn new(connector: &str, store: Arc<dyn OffsetStore>) -> Self {
        Self { connector: connector.into(), store, pending: HashMap::new() }
    }

    /// Notes the offset of a partition; a newer one replaces it, `None` forgets the partition.
    pub fn put(&mut self, partition: Arc<ValueMap>, offset: Option<ValueMap>) {
        self.pending.insert(partition, offset);
    }

    /// The number of partitions with an offset that is not stored yet.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Stores everything that was put; answers how many partitions that were.
    ///
    /// # Errors
    /// When the offsets cannot be expressed, when the store failed, or when it took too long. Nothing is forgotten.
    pub async fn flush(&mut self, timeout: Duration) -> Result<usize, ConnectError> {
        if self.pending.is_empty() {
            return Ok(0);
        }
        let entries = self.entries()?;
        let count = entries.len();
        let stored = tokio::time::timeout(timeout, self.store.set(entries)).await;
        match stored {
            Ok(Ok(())) => {
                self.pending.clear();
                Ok(count)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ConnectError::connect(format!(
                "Timed out after {} ms while storing offsets (offset.flush.timeout.ms)",
                timeout.as_millis()
            ))),
        }
    }

    /// What is to be stored now, for those who do it themselves, in a transaction; [`OffsetWriter::stored`] follows when it
    /// is safe.
    ///
    /// # Errors
    /// When the offsets cannot be expressed.
    pub fn unstored(&self) -> Result<OffsetEntries, ConnectError> {
        Ok(self.store.under_kept_keys(self.entries()?))
    }

    /// What [`OffsetWriter::unstored`] answered is safe.
    pub fn stored(&mut self) {
        self.pending.clear();
    }

    fn entries(&self) -> Result<OffsetEntries, ConnectError> {
        self.pending
            .iter()
            .map(|(partition, offset)| {
                let key = Bytes::from(offset_key(&self.connector, partition)?);
                Ok((key, offset_value(offset.as_ref())?.map(Bytes::from)))
            })
            .collect()
    }
}
