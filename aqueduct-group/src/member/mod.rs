//! A worker's membership in its group: a loop that joins, stays, follows and, when it is the leader's, assigns.
//!
//! [`start`] runs it as a tokio task. Words of the herder enter through a [`MemberHandle`], what happens in the group leaves
//! as [`GroupEvent`]s; requests go out through a [`GroupCoordinator`], in production the [`KafkaCoordinator`]. The loop
//! decides what Java's coordinator code decides: when to join, what to stop first, when the coordinator is lost.
//!
//! - [`Member::turn`](run): find the coordinator, join where that is needed, stay;
//! - [`join`]: one rebalance, from what has to stop before to what is assigned after;
//! - [`heartbeat`]: staying a member, also while the herder stops work.

mod event;
mod handle;
mod heartbeat;
mod join;
mod port;
mod run;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aqueduct_metrics::Window;
use aqueduct_metrics::groups::CoordinatorMetrics;
use tokio::sync::mpsc;

pub use event::{Assigned, GroupEvent, MemberError, OutReason, Revocation, RevocationReason};
pub use handle::MemberHandle;
pub use port::{ConfigView, GroupCoordinator};
pub use settings::MemberSettings;

/// The group's coordinator on a real Kafka.
pub use aqueduct_kafka::raw::GroupClient as KafkaCoordinator;
pub use aqueduct_kafka::raw::{GroupFault, JoinGroup, Joined, SyncGroup};

/// Starts a member, which joins at once. Events come in their order. A member whose herder is gone, that is, the last
/// handle or the receiver of the events, leaves the group and ends.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn start<C: GroupCoordinator>(
    settings: MemberSettings,
    coordinator: C,
    configs: Arc<dyn ConfigView>,
) -> (MemberHandle, mpsc::UnboundedReceiver<GroupEvent>) {
    start_measured(settings, coordinator, configs, Arc::new(CoordinatorMetrics::new(Window::default())))
}

/// The same for a member whose figures somebody looks at.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn start_measured<C: GroupCoordinator>(
    settings: MemberSettings,
    coordinator: C,
    configs: Arc<dyn ConfigView>,
    metrics: Arc<CoordinatorMetrics>,
) -> (MemberHandle, mpsc::UnboundedReceiver<GroupEvent>) {
    let (commands, heard) = mpsc::unbounded_channel();
    let (events, told) = mpsc::unbounded_channel();
    tokio::spawn(run::Member::new(settings, coordinator, configs, heard, events, metrics).run());
    (MemberHandle { commands }, told)
}
