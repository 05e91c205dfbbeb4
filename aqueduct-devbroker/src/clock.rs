//! The broker's clock: wall time for time stamps and retention, derived from tokio's clock so that tests can pause it.
//!
//! The wall time is read once, when the clock is made; from then on it moves as tokio's clock moves. It relies on being
//! made and asked inside of a tokio runtime only where that runtime's clock is paused.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Tells the time in milliseconds since 1970, by tokio's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    wall_at_origin: i64,
}

// === impl Clock ===

impl Clock {
    /// A clock that shows the machine's time now.
    pub(crate) fn new() -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Clock { origin: Instant::now(), wall_at_origin: wall }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.wall_at_origin + self.origin.elapsed().as_millis() as i64
    }
}
