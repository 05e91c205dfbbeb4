//! Waiting for something to become true, with a deadline.

use std::time::{Duration, Instant};

/// Waits up to a minute until `check` answers something.
///
/// # Panics
/// When it does not.
pub fn eventually<T>(what: &str, check: impl FnMut() -> Option<T>) -> T {
    eventually_within(Duration::from_mins(1), what, check)
}

/// Waits until `check` answers something.
///
/// # Panics
/// When it does not within `limit`.
pub fn eventually_within<T>(limit: Duration, what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {} s", limit.as_secs());
        pause(Duration::from_millis(20));
    }
}

/// Between two looks, or two requests.
#[allow(clippy::disallowed_methods, reason = "the pause of a poll with a deadline")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
