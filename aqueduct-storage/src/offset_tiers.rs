//! The offsets of a connector that has a topic of its own for them (`offsets.storage.topic`,
//! `ConnectorOffsetBackingStore`): that topic first, and the worker's below it, so that a connector which is given its own
//! topic goes on from where it was.

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ConnectError};
use aqueduct_data::{Bytes, ValueMap};
use tokio::sync::OnceCell;

use crate::offset_store::{OffsetEntries, OffsetStore};

/// Two stores: what the upper one does not have is looked up in the lower one.
pub struct TieredOffsetStore {
    upper: Arc<dyn OffsetStore>,
    lower: Arc<dyn OffsetStore>,
}

impl TieredOffsetStore {
    /// A connector's own store over the worker's.
    pub fn new(upper: Arc<dyn OffsetStore>, lower: Arc<dyn OffsetStore>) -> Self {
        Self { upper, lower }
    }

    /// Writes what must be in the lower store before the upper one has it: a partition that is forgotten above would
    /// otherwise be found below.
    ///
    /// # Errors
    /// When it may not be there.
    pub async fn forget_below(&self, entries: &OffsetEntries) -> Result<(), ConnectError> {
        let gone: OffsetEntries = entries.iter().filter(|(_, value)| value.is_none()).cloned().collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.lower.set(gone).await
    }

    /// Writes what the upper store has by now to the lower one too, without anybody waiting for it: it is for workers that
    /// do not know of the upper one.
    pub fn copy_below(&self, entries: OffsetEntries) {
        let kept: OffsetEntries = entries.into_iter().filter(|(_, value)| value.is_some()).collect();
        if kept.is_empty() {
            return;
        }
        let lower = Arc::clone(&self.lower);
        tokio::spawn(async move {
            if let Err(error) = lower.set(kept).await {
                tracing::warn!("Failed to write offsets with the worker's store too: {error}");
            }
        });
    }
}

impl OffsetStore for TieredOffsetStore {
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>> {
        Box::pin(async move {
            let upper = self.upper.get(keys.clone()).await?;
            if upper.iter().all(Option::is_some) {
                return Ok(upper);
            }
            let lower = self.lower.get(keys).await?;
            Ok(upper.into_iter().zip(lower).map(|(upper, lower)| upper.or(lower)).collect())
        })
    }

    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            self.forget_below(&entries).await?;
            self.upper.set(entries.clone()).await?;
            self.copy_below(entries);
            Ok(())
        })
    }

    fn under_kept_keys(&self, entries: OffsetEntries) -> OffsetEntries {
        self.upper.under_kept_keys(entries)
    }

    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>> {
        let connector = connector.to_owned();
        Box::pin(async move {
            let mut partitions = self.upper.partitions(&connector).await?;
            for partition in self.lower.partitions(&connector).await? {
                if !partitions.contains(&partition) {
                    partitions.push(partition);
                }
            }
            Ok(partitions)
        })
    }
}

/// What makes a store, each time it is asked.
type Open<S> = Box<dyn Fn() -> BoxFuture<'static, Result<S, ConnectError>> + Send + Sync>;

/// A store that is opened when somebody first needs it: a connector that never asks for offsets costs no client. An opening
/// that failed is tried again by the next one who asks.
pub struct LateOffsetStore<S> {
    open: Open<S>,
    store: OnceCell<S>,
}

impl<S: OffsetStore> LateOffsetStore<S> {
    /// A store that `open` opens.
    pub fn new(open: impl Fn() -> BoxFuture<'static, Result<S, ConnectError>> + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open), store: OnceCell::new() }
    }

    /// The store, opened.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn opened(&self) -> Result<&S, ConnectError> {
        self.store.get_or_try_init(|| (self.open)()).await
    }
}

impl<S: OffsetStore> OffsetStore for LateOffsetStore<S> {
    fn get(&self, keys: Vec<Bytes>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ConnectError>> {
        Box::pin(async move { self.opened().await?.get(keys).await })
    }

    fn set(&self, entries: OffsetEntries) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move { self.opened().await?.set(entries).await })
    }

    fn under_kept_keys(&self, entries: OffsetEntries) -> OffsetEntries {
        match self.store.get() {
            Some(store) => store.under_kept_keys(entries),
            None => entries,
        }
    }

    fn partitions(&self, connector: &str) -> BoxFuture<'_, Result<Vec<ValueMap>, ConnectError>> {
        let connector = connector.to_owned();
        Box::pin(async move { self.opened().await?.partitions(&connector).await })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aqueduct_api::OffsetReader;

    use super::*;
    use crate::{KafkaOffsetStore, MemoryTopic, OffsetWriter, StoredOffsets};

    fn partition(name: &str) -> ValueMap {
        [("p", name)].into_iter().collect()
    }

    fn offset(position: i64) -> ValueMap {
        [("o", position)].into_iter().collect()
    }

    async fn write(store: &Arc<dyn OffsetStore>, name: &str, position: Option<i64>) {
        let mut writer = OffsetWriter::new("c", Arc::clone(store));
        writer.put(Arc::new(partition(name)), position.map(offset));
        writer.flush(Duration::from_secs(5)).await.unwrap();
    }

    async fn read(store: &Arc<dyn OffsetStore>, name: &str) -> Option<ValueMap> {
        StoredOffsets::new("c", Arc::clone(store)).offsets(vec![partition(name)]).await.unwrap().remove(0)
    }

    fn stores() -> (Arc<dyn OffsetStore>, Arc<dyn OffsetStore>, Arc<dyn OffsetStore>) {
        let store = || Arc::new(KafkaOffsetStore::in_memory(&MemoryTopic::new())) as Arc<dyn OffsetStore>;
        let (upper, lower) = (store(), store());
        (Arc::new(TieredOffsetStore::new(Arc::clone(&upper), Arc::clone(&lower))), upper, lower)
    }

    #[tokio::test]
    async fn what_the_connectors_topic_lacks_comes_from_the_workers() {
        let (tiers, upper, lower) = stores();
        write(&lower, "a", Some(1)).await;
        write(&lower, "b", Some(1)).await;
        write(&upper, "b", Some(2)).await;
        assert_eq!(read(&tiers, "a").await, Some(offset(1)));
        assert_eq!(read(&tiers, "b").await, Some(offset(2)));
        assert_eq!(read(&tiers, "c").await, None);
        assert_eq!(StoredOffsets::new("c", tiers).all().await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn both_get_what_is_written_and_a_forgotten_partition_stays_forgotten() {
        let (tiers, upper, lower) = stores();
        write(&tiers, "a", Some(1)).await;
        assert_eq!(read(&upper, "a").await, Some(offset(1)));
        // Nobody waits for the copy.
        tokio::task::yield_now().await;
        assert_eq!(read(&lower, "a").await, Some(offset(1)));
        write(&tiers, "a", None).await;
        assert_eq!((read(&tiers, "a").await, read(&lower, "a").await), (None, None));
    }

    #[tokio::test]
    async fn a_late_store_is_opened_once_by_the_first_who_needs_it() {
        let topic = MemoryTopic::new();
        let opened = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let store: Arc<dyn OffsetStore> = Arc::new(LateOffsetStore::new(move || {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let store = KafkaOffsetStore::in_memory(&topic);
            Box::pin(async move { Ok(store) })
        }));
        assert_eq!(opened.load(std::sync::atomic::Ordering::Relaxed), 0);
        write(&store, "a", Some(1)).await;
        assert_eq!(read(&store, "a").await, Some(offset(1)));
        assert_eq!(opened.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}
