//! `MirrorHeartbeat`: one record a second on the target's topic of heartbeats. Mirrored on from there, it shows everywhere
//! that the way from cluster to cluster works, and how long it takes.

mod connector;
mod task;

pub use connector::MirrorHeartbeatConnector;
pub use task::MirrorHeartbeatTask;
