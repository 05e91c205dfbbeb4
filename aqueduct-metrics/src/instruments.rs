//! What measures: totals with their rates, spreads of values, shares of successes.
//!
//! Each is fed from the loop of a task and read from anywhere; a feed is a short lock that nobody else holds for long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::window::{Samples, Window};

/// Counts for ever, and how many there were for each second lately (`…-total` and `…-rate`).
#[derive(Debug)]
pub struct Meter {
    total: AtomicU64,
    samples: Mutex<Samples>,
}

impl Meter {
    /// A meter that has counted nothing.
    pub fn new(window: Window) -> Self {
        Self { total: AtomicU64::new(0), samples: Mutex::new(Samples::new(window)) }
    }

    /// Counts `n` more.
    pub fn mark(&self, n: u64) {
        self.total.fetch_add(n, Ordering::Relaxed);
        self.samples.lock().add(Instant::now(), 1, n as f64, n as f64, n as f64);
    }

    /// All that was counted.
    pub fn total(&self) -> f64 {
        self.total.load(Ordering::Relaxed) as f64
    }

    /// How many for each second, lately.
    pub fn rate(&self, now: Instant) -> f64 {
        self.samples.lock().rate(now)
    }
}

/// The least, greatest and mean of the values of the recent past (`…-min`, `…-max`, `…-avg`).
#[derive(Debug)]
pub struct Spread(Mutex<Samples>);

impl Spread {
    /// A spread without values.
    pub fn new(window: Window) -> Self {
        Self(Mutex::new(Samples::new(window)))
    }

    /// Takes a value.
    pub fn record(&self, value: f64) {
        self.0.lock().add(Instant::now(), 1, value, value, value);
    }

    /// Takes several values at once: how many, their sum, the least and the greatest.
    pub fn record_all(&self, count: u64, sum: f64, min: f64, max: f64) {
        self.0.lock().add(Instant::now(), count, sum, min, max);
    }

    /// Takes the time since `began`, in milliseconds.
    pub fn record_since(&self, began: Instant) {
        self.record(began.elapsed().as_secs_f64() * 1000.0);
    }

    /// The least value; not a number when there was none.
    pub fn min(&self, now: Instant) -> f64 {
        let recent = self.0.lock().recent(now);
        if recent.count == 0 { f64::NAN } else { recent.min }
    }

    /// The greatest value; not a number when there was none.
    pub fn max(&self, now: Instant) -> f64 {
        let recent = self.0.lock().recent(now);
        if recent.count == 0 { f64::NAN } else { recent.max }
    }

    /// The mean of the values; not a number when there was none.
    pub fn avg(&self, now: Instant) -> f64 {
        let recent = self.0.lock().recent(now);
        if recent.count == 0 { f64::NAN } else { recent.sum / recent.count as f64 }
    }
}

/// The share of successes and failures in the recent past, from 0 to 1 (`…-success-percentage`).
#[derive(Debug)]
pub struct Frequency(Mutex<Samples>);

impl Frequency {
    /// Nothing has been tried yet.
    pub fn new(window: Window) -> Self {
        Self(Mutex::new(Samples::new(window)))
    }

    /// Counts a try.
    pub fn record(&self, success: bool) {
        let value = f64::from(u8::from(success));
        self.0.lock().add(Instant::now(), 1, value, value, value);
    }

    /// The share of successes; 0 when nothing was tried.
    pub fn success(&self, now: Instant) -> f64 {
        let recent = self.0.lock().recent(now);
        if recent.count == 0 { 0.0 } else { recent.sum / recent.count as f64 }
    }

    /// The share of failures; 0 when nothing was tried.
    pub fn failure(&self, now: Instant) -> f64 {
        let recent = self.0.lock().recent(now);
        if recent.count == 0 { 0.0 } else { 1.0 - recent.sum / recent.count as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_without_values_is_not_a_number() {
        let spread = Spread::new(Window::default());
        assert!(spread.max(Instant::now()).is_nan() && spread.avg(Instant::now()).is_nan());
        spread.record(2.0);
        spread.record(4.0);
        let now = Instant::now();
        assert_eq!((spread.min(now), spread.max(now), spread.avg(now)), (2.0, 4.0, 3.0));
    }

    #[test]
    fn shares_of_nothing_are_zero() {
        let tries = Frequency::new(Window::default());
        assert_eq!((tries.success(Instant::now()), tries.failure(Instant::now())), (0.0, 0.0));
        [true, true, true, false].iter().for_each(|&success| tries.record(success));
        assert_eq!((tries.success(Instant::now()), tries.failure(Instant::now())), (0.75, 0.25));
    }
}
