//! The key that requests between workers are signed with (KIP-507): the leader makes it and writes it to the config topic,
//! every worker reads it there.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aqueduct_storage::SessionKey;
use tokio::time::Instant;

use super::event::{Event, Write, Written};
use super::herding::Herding;
use super::settings::DistributedSettings;
use super::signature::{generate_key, key_length};
use crate::HerderError;

/// A key that was just made.
pub(super) type NewKey = SessionKey;

/// When the present key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Never,
    At(Instant),
}

/// What the loop knows of the present key.
#[derive(Debug)]
pub(super) struct Keys {
    end: End,
    /// A new key is on its way to the topic, and was not read there yet.
    writing: bool,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self { end: End::Never, writing: false }
    }
}

/// Milliseconds since the epoch.
fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// How much of its life a key has before it.
fn left(key: &SessionKey, ttl: Duration, now: i64) -> Duration {
    let end = key.creation_timestamp.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
    Duration::from_millis(u64::try_from(end.saturating_sub(now)).unwrap_or(0))
}

/// Whether this worker would make another kind of key.
fn outdated(key: &SessionKey, settings: &DistributedSettings) -> bool {
    key.algorithm != settings.key_algorithm
        || key_length(&settings.key_algorithm, settings.key_bits).is_ok_and(|length| length != key.key.len())
}

impl Herding {
    /// Takes the key that stood in the topic when the worker started or caught up.
    pub(super) fn adopt_key(&mut self) {
        let Some(key) = self.state.session_key().cloned() else { return };
        if self.shared.key().as_ref() == Some(&key) {
            return;
        }
        self.key_read(key, true);
    }

    /// A key was read. A lifetime of 0 ends a key that was found, and none that came while the worker watched: else the
    /// leader would do nothing but make keys.
    pub(super) fn key_read(&mut self, key: SessionKey, found: bool) {
        let ttl = self.settings().key_ttl;
        self.keys = Keys::new();
        if found || !ttl.is_zero() {
            let left = left(&key, ttl, wall_clock());
            self.keys.end = End::At(Instant::now() + left);
            self.after(left, Event::KeyDue);
        }
        self.shared.set_key(key);
    }

    /// Makes a new key, if this worker leads and the present one has had its time.
    pub(super) fn rotate_key(&mut self) {
        if self.keys.writing || !self.leads() || !self.shared.signs() {
            return;
        }
        let due = match self.shared.key().as_ref() {
            None => true,
            Some(key) => {
                matches!(self.keys.end, End::At(end) if end <= Instant::now()) || outdated(key, self.settings())
            }
        };
        if !due {
            return;
        }
        let settings = self.settings();
        match generate_key(&settings.key_algorithm, settings.key_bits) {
            Ok(key) => {
                let key =
                    SessionKey { key, algorithm: settings.key_algorithm.clone(), creation_timestamp: wall_clock() };
                tracing::debug!("Making a new session key");
                self.keys.writing = true;
                self.write(Write::Key(key));
            }
            Err(error) => tracing::error!("{error}"),
        }
    }

    pub(super) fn write_key(&mut self, key: NewKey) {
        if !self.leads() {
            self.keys.writing = false;
            return self.write_ended();
        }
        self.keys.end = End::Never;
        let config = self.shared.config.clone();
        let writing = self.shared.stage.beside("writing a new session key to the config topic");
        self.spawn(async move {
            let _writing = writing;
            let outcome = config.put_session_key(&key).await;
            Event::Written(Written::Key(outcome.map_err(|error| HerderError::from(error.into_error()))))
        });
    }

    pub(super) fn key_written(&mut self, outcome: Result<(), HerderError>) {
        if let Err(error) = outcome {
            self.keys = Keys { end: End::At(Instant::now()), writing: false };
            tracing::info!(
                "Failed to write new session key to config topic; forcing a read to the end of the config topic before possibly retrying: {error}"
            );
            self.can_read = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lives_as_long_as_its_time_says_whoever_reads_it() {
        let key = SessionKey { key: vec![1], algorithm: "HmacSHA256".to_owned(), creation_timestamp: 1_000 };
        let check = |ttl, now, expect| {
            assert_eq!(left(&key, Duration::from_millis(ttl), now), Duration::from_millis(expect));
        };
        check(500, 1_000, 500);
        check(500, 1_400, 100);
        check(500, 1_500, 0);
        check(500, 9_000, 0);
        // The clock of the leader may be ahead of ours.
        check(500, 900, 600);
        check(0, 1_000, 0);
    }
}
