//! Figures over the recent past, as Kafka's metrics sample them.
//!
//! Time is cut into samples of `metrics.sample.window.ms`; the newest `metrics.num.samples` of them count.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long the past counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// `metrics.num.samples`
    pub samples: usize,
    /// `metrics.sample.window.ms`
    pub length: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self { samples: 2, length: Duration::from_secs(30) }
    }
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    start: Instant,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

/// What the samples that still count add up to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recent {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Since the oldest of them began; none when nothing counts.
    pub(crate) since: Option<Duration>,
}

/// Values that were recorded in the recent past.
#[derive(Debug)]
pub(crate) struct Samples {
    window: Window,
    samples: VecDeque<Sample>,
}

impl Samples {
    pub(crate) fn new(window: Window) -> Self {
        let window = Window { samples: window.samples.max(1), length: window.length.max(Duration::from_millis(1)) };
        Self { window, samples: VecDeque::with_capacity(window.samples) }
    }

    /// Adds `count` values that make `sum` together, of which the least is `min` and the greatest `max`.
    pub(crate) fn add(&mut self, now: Instant, count: u64, sum: f64, min: f64, max: f64) {
        self.purge(now);
        if self.samples.back().is_none_or(|last| now.saturating_duration_since(last.start) >= self.window.length) {
            if self.samples.len() == self.window.samples {
                self.samples.pop_front();
            }
            self.samples.push_back(Sample {
                start: now,
                count: 0,
                sum: 0.0,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
            });
        }
        if let Some(last) = self.samples.back_mut() {
            last.count += count;
            last.sum += sum;
            last.min = last.min.min(min);
            last.max = last.max.max(max);
        }
    }

    pub(crate) fn recent(&mut self, now: Instant) -> Recent {
        self.purge(now);
        let since = self.samples.front().map(|oldest| now.saturating_duration_since(oldest.start));
        let nothing = Recent { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, since };
        self.samples.iter().fold(nothing, |all, sample| Recent {
            count: all.count + sample.count,
            sum: all.sum + sample.sum,
            min: all.min.min(sample.min),
            max: all.max.max(sample.max),
            since,
        })
    }

    /// The sum for each second. A window that has only begun counts as if it were nearly full, so that the first
    /// moments do not look like a storm.
    pub(crate) fn rate(&mut self, now: Instant) -> f64 {
        let recent = self.recent(now);
        let Some(since) = recent.since else { return 0.0 };
        let full_before = u32::try_from(self.window.samples - 1).unwrap_or(u32::MAX);
        let full = u32::try_from(since.as_nanos() / self.window.length.as_nanos()).unwrap_or(u32::MAX);
        let elapsed = since + self.window.length * full_before.saturating_sub(full);
        if elapsed.is_zero() { 0.0 } else { recent.sum / elapsed.as_secs_f64() }
    }

    fn purge(&mut self, now: Instant) {
        let limit = self.window.length * u32::try_from(self.window.samples).unwrap_or(u32::MAX);
        while self.samples.front().is_some_and(|oldest| now.saturating_duration_since(oldest.start) >= limit) {
            self.samples.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn samples() -> Samples {
        Samples::new(Window { samples: 2, length: 10 * SECOND })
    }

    #[test]
    fn old_samples_no_longer_count() {
        let (mut samples, start) = (samples(), Instant::now());
        samples.add(start, 1, 5.0, 5.0, 5.0);
        samples.add(start + 10 * SECOND, 1, 1.0, 1.0, 1.0);
        assert_eq!(samples.recent(start + 19 * SECOND).max, 5.0);
        assert_eq!(samples.recent(start + 20 * SECOND).max, 1.0);
        assert_eq!(samples.recent(start + 30 * SECOND).count, 0);
    }

    #[test]
    fn a_rate_counts_the_windows_that_are_missing_yet() {
        let (mut samples, start) = (samples(), Instant::now());
        samples.add(start, 100, 100.0, 1.0, 1.0);
        assert_eq!(samples.rate(start), 10.0);
        assert_eq!(samples.rate(start + 5 * SECOND), 100.0 / 15.0);
        assert_eq!(samples.rate(start + 15 * SECOND), 100.0 / 15.0);
        assert_eq!(samples.rate(start + 20 * SECOND), 0.0);
    }
}
