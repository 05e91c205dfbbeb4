//! Where offsets are kept, as bytes (`OffsetBackingStore`).

use aqueduct_api::{BoxFuture, ConnectError, ready};
use aqueduct_data::{Bytes, ValueMap};
use parking_lot::Mutex;

use crate::offset_keys::OffsetMap;

/// Keys with their values; no value is a tombstone.
pub type OffsetEntries = Vec<(Bytes, Option<Bytes>)>;

/// Keeps the offsets of all connectors. Keys are the bytes of `["connector",{partition}]`, values those of the offset.
pub trait OffsetStore: Send + Sync {
    /// The values of these keys, in the same order.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>>;

    /// Stores entries; ready when they are safe.
    ///
    /// # Errors
    /// When they may not be; storing them again does no harm.
    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// The same entries under the keys that the store keeps their partitions by: a Java worker may have written one in
    /// another member order. For those who write past [`OffsetStore::set`].
    fn under_kept_keys(&self, entries: OffsetEntries) -> OffsetEntries {
        entries
    }

    /// The partitions for which the store has an offset of this connector.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>>;
}

/// Keeps offsets in memory, for tests and for connectors without a past.
#[derive(Debug, Default)]
pub struct MemoryOffsetStore(Mutex<OffsetMap>);

impl OffsetStore for MemoryOffsetStore {
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>> {
        let map = self.0.lock();
        ready(Ok(keys.iter().map(|key| map.get(key)).collect()))
    }

    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>> {
        let mut map = self.0.lock();
        for (key, value) in entries {
            map.insert(Some(key), value);
        }
        ready(Ok(()))
    }

    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>> {
        ready(Ok(self.0.lock().partitions(connector)))
    }
}
