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
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn checks_that_hang_do_not_keep_others_waiting_for_long() {
        let turns = Turns::new();
        let cores = turns.0.available_permits();
        let (release, held) = mpsc::channel::<()>();
        let held = std::sync::Arc::new(parking_lot::Mutex::new(held));
        let hang = || {
            let held = std::sync::Arc::clone(&held);
            turns.run(move || {
                let _ = held.lock().recv();
                Ok(())
            })
        };
        let hanging = futures_util::future::join_all((0..cores).map(|_| hang()));
        let next = async {
            let answer = turns.run(|| Ok(1)).await;
            drop(release);
            answer
        };
        let (_, answer) = tokio::join!(hanging, next);
        assert_eq!(answer.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_check_that_panics_is_an_error() {
        let failed = Turns::new().run::<()>(|| panic!("on purpose")).await.unwrap_err();
        assert!(failed.message().starts_with("validating the configuration: "), "{failed}");
    }
}
