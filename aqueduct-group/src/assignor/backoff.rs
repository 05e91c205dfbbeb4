//! How long revocations wait when the round before revoked too.

/// What one wait is multiplied with for the next.
const MULTIPLIER: f64 = 40.0;

/// The delay, in milliseconds, when balancing wants to revoke for the `successive`-th time in a row: 40 to that power, at
/// most `max_delay` (`scheduled.rebalance.max.delay.ms`); 0 when that is 0.
///
/// Reckoned in doubles and cut off, as Java does it: the highest value is often one millisecond short of the maximum.
pub fn revocation_backoff(successive: u32, max_delay: i32) -> i32 {
    if max_delay <= 1 {
        return max_delay.max(0);
    }
    let longest = f64::from(max_delay).ln() / MULTIPLIER.ln();
    let delay = MULTIPLIER.powf(f64::from(successive).min(longest));
    (delay as i32).min(max_delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_forty_times_up_to_the_maximum() {
        let delays = |max| [1, 2, 3, 4, 5].map(|successive| revocation_backoff(successive, max));
        assert_eq!(delays(300_000), [40, 1600, 64_000, 300_000, 300_000]);
        assert_eq!(delays(1000), [40, 999, 999, 999, 999]);
        assert_eq!(delays(0), [0; 5]);
        assert_eq!(delays(1), [1; 5]);
    }
}
