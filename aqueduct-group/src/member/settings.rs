//! What a member has to know about itself and its group.

use std::time::Duration;

use crate::protocol::Protocol;

/// The settings of a member. The defaults are those of the worker's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSettings {
    /// The worker's advertised REST URL, with a slash at its end. The others reach it there.
    pub url: String,
    /// `connect.protocol`: this protocol and the older ones are offered.
    pub protocol: Protocol,
    /// `session.timeout.ms`: after how long without a heartbeat the coordinator gives the member up.
    pub session_timeout: Duration,
    /// `rebalance.timeout.ms`: how long the members have to join again, and how long stopping work may take before the
    /// member leaves the group.
    pub rebalance_timeout: Duration,
    /// `heartbeat.interval.ms`. Also how long the coordinator is looked for before all work is given up.
    pub heartbeat_interval: Duration,
    /// `retry.backoff.ms`: the first wait before a failed request is made again.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`: the longest such wait.
    pub retry_backoff_max: Duration,
    /// `scheduled.rebalance.max.delay.ms`: how long a leader keeps the work of a member that left.
    pub max_delay: Duration,
}

impl MemberSettings {
    /// The defaults, for a worker that is reached at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            protocol: Protocol::Sessioned,
            session_timeout: Duration::from_secs(10),
            rebalance_timeout: Duration::from_secs(60),
            heartbeat_interval: Duration::from_secs(3),
            retry_backoff: Duration::from_millis(100),
            retry_backoff_max: Duration::from_secs(1),
            max_delay: Duration::from_secs(300),
        }
    }
}
