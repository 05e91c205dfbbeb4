//! The worker's own configuration keys, for both modes.
//!
//! Keys that are not defined here are legal: they go to clients, converters and extensions. A worker starts from
//! [`parse_standalone`] or [`parse_distributed`], which also apply the rules between keys.

mod distributed;
mod exactly_once;
mod headers;
mod keys;
mod listeners;
mod mac;
mod shared_keys;
mod standalone;

pub use distributed::{distributed, internal_topic_settings, parse_distributed};
pub use exactly_once::ExactlyOnceSources;
pub use headers::{HeaderAction, HeaderRule, response_header_rules};
pub use keys::*;
pub use mac::MAC_ALGORITHMS;
pub use shared_keys::{common, override_allowlist};
pub use standalone::{parse_standalone, standalone};

use crate::ParsedConfig;

/// A user who sets the first reconnect pause alone wants it for all reconnects: the longest one is lifted to it.
fn lift_reconnect_backoff(config: &mut ParsedConfig) {
    let originals = config.originals();
    if originals.contains_key(RECONNECT_BACKOFF_MS) && !originals.contains_key(RECONNECT_BACKOFF_MAX_MS) {
        let first = config.values().get(RECONNECT_BACKOFF_MS).cloned();
        if let Some(first) = first {
            tracing::warn!(
                "Disabling exponential reconnect backoff because {RECONNECT_BACKOFF_MS} is set, but \
                 {RECONNECT_BACKOFF_MAX_MS} is not."
            );
            config.set(RECONNECT_BACKOFF_MAX_MS, first);
        }
    }
}
