//! How long to wait before trying again: doubling, with a little chance, as Java's clients do.

use std::time::Duration;

/// The share by which a wait is made longer or shorter, so that many clients do not come at once.
const JITTER: f64 = 0.2;

/// Waits that double from a first one to a longest one, each off by at most a fifth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// From `first` to `longest`. A longest that is shorter than the first counts for both.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first: first.min(longest), longest }
    }

    /// The wait after `failures` in a row, of which there is at least one.
    pub fn after(&self, failures: u32) -> Duration {
        self.exact(failures).mul_f64(1.0 - JITTER + 2.0 * JITTER * chance()).min(self.longest)
    }

    fn exact(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// A number from 0 up to 1; the middle where there is no chance to be had.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match openssl::rand::rand_bytes(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: u64, longest: u64, failures: u32, expect: u64) {
        let backoff = Backoff::new(Duration::from_millis(first), Duration::from_millis(longest));
        assert_eq!(backoff.exact(failures), Duration::from_millis(expect));
        let wait = backoff.after(failures);
        let (least, most) = (expect * 4 / 5, (expect * 6 / 5).min(longest));
        assert!((least..=most).contains(&u64::try_from(wait.as_millis()).unwrap()), "{wait:?}");
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        check(100, 1000, 1, 100);
        check(100, 1000, 2, 200);
        check(100, 1000, 4, 800);
        check(100, 1000, 5, 1000);
        check(100, 1000, 500, 1000);
        check(100, 50, 1, 50);
        check(0, 0, 3, 0);
    }
}
