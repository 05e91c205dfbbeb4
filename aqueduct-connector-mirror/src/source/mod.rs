//! `MirrorSource`: copies topics, with their configurations and access control lists, from the source to the target.
//!
//! The connector ([`connector`]) looks after topics: [`replication`] knows which there are and makes them at the target,
//! [`configs`] and [`acls`] say what is copied of them, [`assignment`] deals partitions out to tasks. A task ([`task`]) reads
//! partitions of the source; [`offset_syncs`] writes down which offsets stand for each other.

mod acls;
mod assignment;
mod configs;
mod connector;
mod offset_syncs;
mod replication;
mod spacing;
mod task;

use std::time::SystemTime;

pub use connector::MirrorSourceConnector;
pub use task::MirrorSourceTask;

/// Milliseconds since the epoch.
pub(crate) fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
