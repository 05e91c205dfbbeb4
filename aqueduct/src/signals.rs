//! The signals that stop the process.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Failure;

/// Signals within this time are one signal.
const SAME_BREATH: std::time::Duration = std::time::Duration::from_millis(200);

/// SIGINT and SIGTERM, which mean the same.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Whether the first signal has come.
    pub(crate) stopped: bool,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::start(format!("cannot listen to signals: {error}")));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            stopped: false,
        })
    }

    /// Waits for the first signal; ready at once after it.
    pub(crate) async fn stop(&mut self) {
        if !self.stopped {
            self.next().await;
            self.stopped = true;
        }
    }

    /// Waits for another signal. Supervisors tend to signal the process and its group in one breath; what comes together
    /// counts as one.
    pub(crate) async fn another(&mut self) {
        tokio::time::sleep(SAME_BREATH).await;
        while tokio::time::timeout(std::time::Duration::ZERO, self.next()).await.is_ok() {}
        self.next().await;
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
