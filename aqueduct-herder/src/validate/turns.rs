//! Checks take turns: as many run side by side as there are cores, since each holds the answers of all keys in memory, and
//! a thousand requests at once would hold a thousand of them.
//!
//! A connector's own check may hang. Whoever has waited for a while no longer waits for its turn.

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::HerderError;

/// How long a check waits for others at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// The turns of one worker.
#[derive(Debug)]
pub(crate) struct Turns(Semaphore);

impl Turns {
    /// Nothing is being checked.
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)))
    }

    /// Runs a check on a thread that may block.
    ///
    /// # Errors
    /// What the check answers, or its panic.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        check: impl FnOnce() -> Result<T, HerderError> + Send + 'static,
    ) -> Result<T, HerderError> {
        let _turn = tokio::time::timeout(PATIENCE, self.0.acquire()).await;
        let checked = tokio::task::spawn_blocking(check).await;
        checked.unwrap_or_else(|failed| Err(HerderError::internal(format!("validating the configuration: {failed}"))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use parking_lot::Mutex;

    use super::*;

    #[tokio::test]
    async fn checks_that_hang_do_not_keep_others_waiting_for_long() {
        let turns = Arc::new(Turns::new());
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let hang = |_| {
            let (turns, held) = (Arc::clone(&turns), Arc::clone(&held));
            tokio::spawn(async move { turns.run(move || Ok(held.lock().recv().is_err())).await })
        };
        let hanging: Vec<_> = (0..turns.0.available_permits()).map(hang).collect();
        tokio::task::yield_now().await;
        assert_eq!(turns.run(|| Ok(1)).await.unwrap(), 1);
        drop(release);
        for one in hanging {
            assert!(one.await.unwrap().unwrap());
        }
    }

    #[tokio::test]
    async fn a_check_that_panics_is_an_error() {
        let failed = Turns::new().run::<()>(|| panic!("on purpose")).await.unwrap_err();
        assert!(failed.message().starts_with("validating the configuration: "), "{failed}");
    }
}
