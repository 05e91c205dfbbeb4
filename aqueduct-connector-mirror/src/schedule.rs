//! Work of a connector beside its calls: some of it at once, some again and again, one piece at a time.
//!
//! A piece that fails is logged, and the next one runs all the same: clusters come and go. Nothing here fails a connector.
//! Dropping the schedule ends what is under way.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::ConnectError;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// The work of one connector or task.
pub(crate) struct Schedule {
    /// Whose it is, for the log.
    name: Arc<str>,
    /// How long a piece may take before it is said.
    limit: Duration,
    /// Held by the piece that runs.
    turn: Arc<Turn<()>>,
    under_way: Mutex<JoinSet<()>>,
}

impl Schedule {
    pub(crate) fn new(name: impl Into<Arc<str>>, limit: Duration) -> Self {
        Self { name: name.into(), limit, turn: Arc::default(), under_way: Mutex::default() }
    }

    /// Does a piece of work now and waits for it; when it takes too long, it goes on by itself.
    pub(crate) async fn now<F>(&self, what: &'static str, work: F)
    where
        F: Future<Output = Result<(), ConnectError>> + Send + 'static,
    {
        let (name, turn, limit) = (Arc::clone(&self.name), Arc::clone(&self.turn), self.limit);
        let (done, ended) = oneshot::channel();
        self.under_way.lock().spawn(async move {
            let _turn = turn.lock().await;
            carry_out(&name, what, Some(limit), work).await;
            // Nobody may be waiting any longer.
            let _ = done.send(());
        });
        if timeout(self.limit, ended).await.is_err() {
            tracing::error!("{} timed out running task: {what}", self.name);
        }
    }

    /// Does a piece of work beside the caller, however long it takes.
    pub(crate) fn beside<F>(&self, what: &'static str, work: F)
    where
        F: Future<Output = Result<(), ConnectError>> + Send + 'static,
    {
        let (name, turn) = (Arc::clone(&self.name), Arc::clone(&self.turn));
        self.under_way.lock().spawn(async move {
            let _turn = turn.lock().await;
            carry_out(&name, what, None, work).await;
        });
    }

    /// Does something for as long as the schedule lives, whoever's turn it is.
    pub(crate) fn apart(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.under_way.lock().spawn(work);
    }

    /// Does a piece of work after `first` and then every `interval`; never when there is no interval.
    pub(crate) fn every<F>(
        &self,
        what: &'static str,
        first: Duration,
        interval: Option<Duration>,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<(), ConnectError>> + Send + 'static,
    {
        let Some(interval) = interval else { return };
        let (name, turn, limit) = (Arc::clone(&self.name), Arc::clone(&self.turn), self.limit);
        self.under_way.lock().spawn(async move {
            // An interval of nothing would leave no time for anything else.
            let mut ticks = interval_at(Instant::now() + first, interval.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let _turn = turn.lock().await;
                carry_out(&name, what, Some(limit), work()).await;
            }
        });
    }
}

async fn carry_out(
    name: &str,
    what: &str,
    limit: Option<Duration>,
    work: impl Future<Output = Result<(), ConnectError>>,
) {
    let start = Instant::now();
    match work.await {
        Ok(()) => {
            let took = start.elapsed();
            tracing::debug!("{name}: {what} took {} ms", took.as_millis());
            if limit.is_some_and(|limit| took > limit) {
                tracing::warn!("{name} took too long ({} ms) running task: {what}", took.as_millis());
            }
        }
        Err(error) => {
            tracing::error!("{name} caught exception in scheduled task: {what}: {}", error.trace().trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn schedule() -> Schedule {
        Schedule::new("test", Duration::from_secs(60))
    }

    fn counter() -> (Arc<AtomicUsize>, impl Fn() -> std::future::Ready<Result<(), ConnectError>> + Clone) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        (count, move || {
            counted.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Ok(()))
        })
    }

    #[tokio::test(start_paused = true)]
    async fn repeated_work_begins_after_the_first_delay_and_goes_on_through_failures() {
        let schedule = schedule();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        schedule.every("counting", Duration::from_secs(10), Some(Duration::from_secs(5)), move || {
            counted.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Err(ConnectError::connect("no")))
        });
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(count.load(Ordering::Relaxed), 0);
        tokio::time::sleep(Duration::from_secs(12)).await;
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_interval_is_never_done_and_dropping_ends_the_rest() {
        let schedule = schedule();
        let (count, work) = counter();
        schedule.every("never", Duration::ZERO, None, work.clone());
        schedule.every("always", Duration::ZERO, Some(Duration::from_secs(1)), work);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(count.load(Ordering::Relaxed), 1);
        drop(schedule);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_too_long_is_left_behind_and_holds_up_what_comes_after() {
        let schedule = schedule();
        let start = Instant::now();
        schedule
            .now("sleeping", async {
                tokio::time::sleep(Duration::from_secs(90)).await;
                Ok(())
            })
            .await;
        assert_eq!(start.elapsed(), Duration::from_secs(60));
        schedule.now("nothing", std::future::ready(Ok(()))).await;
        assert_eq!(start.elapsed(), Duration::from_secs(90));
    }
}
