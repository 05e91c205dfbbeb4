//! `MirrorCheckpoint`: where consumer groups of the source stand, in the offsets of the target, so that they can go on there.
//!
//! The connector ([`connector`]) looks for groups. A task ([`task`]) follows the topic of offset syncs ([`syncs`], read by
//! [`follow`]), translates the offsets of its groups ([`translation`]) and writes those that are news ([`store`]) as
//! checkpoints; [`group_offsets`] stores them for the groups themselves.

mod connector;
mod follow;
mod group_offsets;
mod store;
mod syncs;
mod task;
mod translation;

pub use connector::MirrorCheckpointConnector;
pub use task::MirrorCheckpointTask;
