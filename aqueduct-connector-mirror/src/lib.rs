//! MirrorMaker 2 as connectors: `MirrorSource` copies topics from one Kafka cluster to another, `MirrorCheckpoint`
//! translates the offsets of consumer groups, `MirrorHeartbeat` shows that the way between the two works.
//!
//! They stand for Kafka's connectors of these names: keys, defaults, topics, record formats, offsets and texts are theirs, so
//! that a mirror can go on where one of Java's stopped, and back. Records of the source cluster enter through a consumer of
//! `aqueduct-kafka` and leave as source records, which the worker writes to its own cluster, the target. Beside that the
//! connectors look at both clusters and change the target with admin clients of their own. This crate is the one plugin that
//! knows `aqueduct-kafka`: the system that it connects to is Kafka.

mod checkpoint;
mod filters;
mod formats;
mod heartbeat;
mod metrics;
mod offsets;
mod policy;
mod schedule;
mod settings;
mod source;
mod topics;
mod trouble;

use aqueduct_api::Plugin;

pub use checkpoint::{MirrorCheckpointConnector, MirrorCheckpointTask};
pub use heartbeat::{MirrorHeartbeatConnector, MirrorHeartbeatTask};
pub use metrics::show_metrics;
pub use source::{MirrorSourceConnector, MirrorSourceTask};

/// The version that all three answer: that of the Kafka release whose connectors they stand for.
pub const VERSION: &str = "4.3.1";

/// What this crate provides.
pub fn plugins() -> Vec<Plugin> {
    vec![
        Plugin::source(
            "org.apache.kafka.connect.mirror.MirrorSourceConnector",
            "org.apache.kafka.connect.mirror.MirrorSourceTask",
            VERSION,
            MirrorSourceConnector::default,
            MirrorSourceTask::default,
        ),
        Plugin::source(
            "org.apache.kafka.connect.mirror.MirrorCheckpointConnector",
            "org.apache.kafka.connect.mirror.MirrorCheckpointTask",
            VERSION,
            MirrorCheckpointConnector::default,
            MirrorCheckpointTask::default,
        ),
        Plugin::source(
            "org.apache.kafka.connect.mirror.MirrorHeartbeatConnector",
            "org.apache.kafka.connect.mirror.MirrorHeartbeatTask",
            VERSION,
            MirrorHeartbeatConnector::default,
            MirrorHeartbeatTask::default,
        ),
    ]
}
