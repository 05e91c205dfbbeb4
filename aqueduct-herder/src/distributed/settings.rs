//! What a distributed worker's properties say to its herder.

use std::time::Duration;

use aqueduct_config::worker_config as keys;
use aqueduct_config::{ConfigError, ParsedConfig};

/// The settings of a distributed herder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributedSettings {
    /// `group.id`
    pub group_id: String,
    /// Whether requests between workers are signed as long as nobody knows what the group has agreed on:
    /// `connect.protocol=sessioned`.
    pub signs: bool,
    /// Whether the workers stop everything before each rebalance: `connect.protocol=eager`.
    pub eager: bool,
    /// `worker.sync.timeout.ms`: how long the worker tries to catch up with the config topic.
    pub sync_timeout: Duration,
    /// `worker.unsync.backoff.ms`: how long a worker of an eager group that did not catch up stays out of it.
    pub unsync_backoff: Duration,
    /// `scheduled.rebalance.max.delay.ms`
    pub max_rebalance_delay: Duration,
    /// `inter.worker.key.ttl.ms`
    pub key_ttl: Duration,
    /// `inter.worker.key.generation.algorithm`
    pub key_algorithm: String,
    /// `inter.worker.key.size`, in bits; none means the usual one of the algorithm.
    pub key_bits: Option<i32>,
    /// `inter.worker.signature.algorithm`
    pub signature_algorithm: String,
    /// `inter.worker.verification.algorithms`
    pub verification_algorithms: Vec<String>,
}

impl DistributedSettings {
    /// Reads the properties of a distributed worker.
    ///
    /// # Errors
    /// When a key has no value of its type.
    pub fn from_worker(config: &ParsedConfig) -> Result<Self, ConfigError> {
        let protocol = config.string(keys::CONNECT_PROTOCOL)?;
        let int = |key| -> Result<Duration, ConfigError> { Ok(millis(config.int(key)?.into())) };
        Ok(Self {
            group_id: config.string(keys::GROUP_ID)?.to_owned(),
            signs: protocol.eq_ignore_ascii_case("sessioned"),
            eager: protocol.eq_ignore_ascii_case("eager"),
            sync_timeout: int(keys::WORKER_SYNC_TIMEOUT_MS)?,
            unsync_backoff: int(keys::WORKER_UNSYNC_BACKOFF_MS)?,
            max_rebalance_delay: int(keys::SCHEDULED_REBALANCE_MAX_DELAY_MS)?,
            key_ttl: int(keys::INTER_WORKER_KEY_TTL_MS)?,
            key_algorithm: config.string(keys::INTER_WORKER_KEY_GENERATION_ALGORITHM)?.to_owned(),
            key_bits: config.optional_int(keys::INTER_WORKER_KEY_SIZE)?,
            signature_algorithm: config.string(keys::INTER_WORKER_SIGNATURE_ALGORITHM)?.to_owned(),
            verification_algorithms: config.list(keys::INTER_WORKER_VERIFICATION_ALGORITHMS)?.to_vec(),
        })
    }
}

impl DistributedSettings {
    /// `connect.protocol`, as the figures of a worker that has joined nothing yet show it.
    pub(super) fn preferred_protocol(&self) -> &'static str {
        match (self.eager, self.signs) {
            (true, _) => "EAGER",
            (false, true) => "SESSIONED",
            (false, false) => "COMPATIBLE",
        }
    }
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
