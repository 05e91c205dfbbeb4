//! A lock for each connector, held while a command works on it. A lock that nobody holds or waits for is forgotten, so that
//! connectors which come and go leave nothing behind.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

type ByName = HashMap<String, Arc<tokio::sync::Mutex<()>>>;

/// The locks of all connectors.
#[derive(Debug, Default)]
pub(super) struct ConnectorLocks(Arc<Mutex<ByName>>);

/// The lock of one connector, for as long as this lives.
#[derive(Debug)]
pub(super) struct ConnectorLock {
    name: String,
    guard: Option<OwnedMutexGuard<()>>,
    all: Arc<Mutex<ByName>>,
}

impl ConnectorLocks {
    /// Waits until nobody else holds the connector's lock.
    pub(super) async fn lock(&self, name: &str) -> ConnectorLock {
        let lock = Arc::clone(self.0.lock().entry(name.to_owned()).or_default());
        let guard = Some(lock.lock_owned().await);
        ConnectorLock { name: name.to_owned(), guard, all: Arc::clone(&self.0) }
    }
}

impl Drop for ConnectorLock {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        // Whoever waits holds a share; shares are taken only under the lock of the map.
        drop(self.guard.take());
        if all.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            all.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_holds_a_lock_and_none_is_left_behind() {
        let locks = ConnectorLocks::default();
        let first = locks.lock("c").await;
        let other = locks.lock("other").await;
        assert!(tokio::time::timeout(Duration::from_secs(1), locks.lock("c")).await.is_err());
        let second = async {
            let second = locks.lock("c").await;
            assert_eq!(locks.0.lock().len(), 1);
            drop(second);
        };
        let release = async {
            tokio::task::yield_now().await;
            drop((first, other));
        };
        tokio::join!(second, release);
        assert!(locks.0.lock().is_empty());
    }
}
