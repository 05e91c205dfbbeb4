//! Whether what has failed is restarted, and when: pure, the clock comes in.

use std::collections::VecDeque;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_config::AnyClass;
use aqueduct_config::connector_config::{self as keys, restart_def};
use aqueduct_worker::Worker;
use tokio::time::Instant;

/// The `errors.restart.*` keys of a connector with `errors.restart.policy=on-failure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestartPolicy {
    /// `errors.restart.max.attempts`
    pub(crate) max_attempts: u32,
    /// `errors.restart.window.ms`
    pub(crate) window: Duration,
    /// `errors.restart.delay.ms`
    pub(crate) delay: Duration,
    /// `errors.restart.delay.max.ms`
    pub(crate) delay_max: Duration,
}

impl RestartPolicy {
    /// The policy of a connector as it is written, with variables. One that cannot be read restarts nothing.
    pub(crate) fn of_connector(worker: &Worker, name: &str, config: &ConfigMap) -> Option<Self> {
        // Looking up variables may read files, and statuses are asked for often.
        if !config.contains_key(keys::ERRORS_RESTART_POLICY) {
            return None;
        }
        let policy = worker.resolved(config).and_then(|config| Self::of(&config));
        policy.unwrap_or_else(|error| {
            tracing::warn!("Connector {name} is not restarted automatically: {}", error.trace().trim_end());
            None
        })
    }

    /// The policy of a connector; none when it restarts nothing.
    ///
    /// # Errors
    /// `ConfigException` for a value that cannot be used.
    pub(crate) fn of(config: &ConfigMap) -> Result<Option<Self>, ConnectError> {
        if !config.contains_key(keys::ERRORS_RESTART_POLICY) {
            return Ok(None);
        }
        let parsed = restart_def().parse_with(config, &AnyClass)?;
        if parsed.string(keys::ERRORS_RESTART_POLICY)? == "none" {
            return Ok(None);
        }
        let millis = |key| Ok::<_, ConnectError>(Duration::from_millis(parsed.long(key)?.unsigned_abs()));
        Ok(Some(Self {
            max_attempts: parsed.int(keys::ERRORS_RESTART_MAX_ATTEMPTS)?.unsigned_abs(),
            window: millis(keys::ERRORS_RESTART_WINDOW_MS)?,
            delay: millis(keys::ERRORS_RESTART_DELAY_MS)?,
            delay_max: millis(keys::ERRORS_RESTART_DELAY_MAX_MS)?,
        }))
    }
}

/// The automatic restarts of one connector instance or task.
#[derive(Debug, Default)]
pub(crate) struct History(VecDeque<Instant>);

impl History {
    /// How many there were within the window.
    pub(crate) fn attempts(&mut self, policy: &RestartPolicy, now: Instant) -> u32 {
        while self.0.front().is_some_and(|at| now.duration_since(*at) >= policy.window) {
            self.0.pop_front();
        }
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// How long to wait before the next one; none when there were enough.
    pub(crate) fn next(&mut self, policy: &RestartPolicy, now: Instant) -> Option<Duration> {
        let attempts = self.attempts(policy, now);
        if attempts >= policy.max_attempts {
            return None;
        }
        let factor = 1_u32.checked_shl(attempts).unwrap_or(u32::MAX);
        Some(policy.delay.saturating_mul(factor).min(policy.delay_max))
    }

    /// One begins.
    pub(crate) fn restarted(&mut self, now: Instant) {
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(pairs: &[(&str, &str)]) -> Result<Option<RestartPolicy>, ConnectError> {
        let pairs = pairs.iter().map(|(key, value)| (format!("errors.restart.{key}"), (*value).to_owned()));
        RestartPolicy::of(&pairs.collect())
    }

    #[test]
    fn restarts_are_off_unless_asked_for() {
        assert_eq!(policy(&[]).unwrap(), None);
        assert_eq!(policy(&[("policy", "none"), ("max.attempts", "3")]).unwrap(), None);
        assert_eq!(policy(&[("max.attempts", "3")]).unwrap(), None);
        let on = policy(&[("policy", "on-failure"), ("max.attempts", "3")]).unwrap().unwrap();
        let seconds = Duration::from_secs;
        let expect = RestartPolicy { max_attempts: 3, window: seconds(600), delay: seconds(1), delay_max: seconds(60) };
        assert_eq!(on, expect);
        let wrong = policy(&[("policy", "always")]).unwrap_err();
        assert!(wrong.message().unwrap().contains("none, on-failure"), "{wrong}");
    }

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_attempts() {
        let policy = policy(&[("policy", "on-failure"), ("max.attempts", "4"), ("delay.max.ms", "3000")]);
        let (policy, mut history, start) = (policy.unwrap().unwrap(), History::default(), Instant::now());
        let mut waits = Vec::new();
        while let Some(wait) = history.next(&policy, start) {
            waits.push(wait.as_millis());
            history.restarted(start);
        }
        assert_eq!(waits, [1_000, 2_000, 3_000, 3_000]);
        // What is older than the window no longer counts.
        let later = start + policy.window;
        assert_eq!(history.next(&policy, later), Some(policy.delay));
    }
}
