//! One lane for each connector: what is done to its instance and its tasks is done one after another, in the order in which
//! the herder decided it, while those of other connectors go on beside it.

use std::collections::HashMap;
use std::future::Future;

use tokio::sync::oneshot;

/// The ends of all lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    tails: HashMap<String, oneshot::Receiver<()>>,
}

impl Lanes {
    /// Lets a job for a connector run when the jobs before it have ended. The receiver is answered when it has ended.
    pub(super) fn run(
        &mut self,
        connector: &str,
        job: impl Future<Output = ()> + Send + 'static,
    ) -> oneshot::Receiver<()> {
        // Lanes of connectors that are long gone are cleared away from time to time.
        if self.tails.len() > 64 {
            self.tails.retain(|_, tail| tail.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        }
        let (ended, tail) = oneshot::channel();
        let (done, finished) = oneshot::channel();
        let before = self.tails.insert(connector.to_owned(), tail);
        tokio::spawn(async move {
            // A job that ended in a panic has dropped its sender, which ends the wait too.
            if let Some(before) = before {
                let _ = before.await;
            }
            job.await;
            let _ = done.send(());
            let _ = ended.send(());
        });
        finished
    }

    /// Waits until every job has ended.
    pub(super) async fn ended(&mut self) {
        for (_, tail) in self.tails.drain() {
            // Dropped by a job that ended in a panic.
            let _ = tail.await;
        }
    }
}

/// Waits until all jobs have ended, be it in a panic.
pub(super) async fn all(jobs: Vec<oneshot::Receiver<()>>) {
    for job in jobs {
        let _ = job.await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn jobs_of_a_connector_follow_each_other_and_those_of_others_do_not_wait() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut lanes = Lanes::default();
        let mut jobs = Vec::new();
        for (connector, seconds, name) in [("a", 3, "a1"), ("a", 1, "a2"), ("b", 2, "b1")] {
            let seen = Arc::clone(&seen);
            jobs.push(lanes.run(connector, async move {
                tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
                seen.lock().push(name);
            }));
        }
        all(jobs).await;
        assert_eq!(*seen.lock(), ["b1", "a1", "a2"]);
    }

    #[tokio::test]
    async fn a_job_that_panics_does_not_block_its_lane() {
        let mut lanes = Lanes::default();
        let broken = lanes.run("a", async { panic!("as it should") });
        let next = lanes.run("a", async {});
        all(vec![broken]).await;
        assert_eq!(next.await, Ok(()));
    }
}
