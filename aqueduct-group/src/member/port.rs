//! What a member needs from outside: a coordinator to talk to, and what the config topic holds.

use std::future::Future;

use aqueduct_kafka::raw::{GroupClient, GroupFault, JoinGroup, Joined, SyncGroup};

use crate::work::ConfigSnapshot;

/// What this worker knows of the config topic at this moment. Asked whenever the member joins, and again when it leads and
/// another member knows more. It may not wait for anything.
pub trait ConfigView: Send + Sync + 'static {
    /// The present state.
    fn snapshot(&self) -> ConfigSnapshot;
}

impl<F: Fn() -> ConfigSnapshot + Send + Sync + 'static> ConfigView for F {
    fn snapshot(&self) -> ConfigSnapshot {
        self()
    }
}

/// The group's coordinator. A request that is given up (its future dropped) must not disturb later ones.
pub trait GroupCoordinator: Send + Sync + 'static {
    /// Looks for the coordinator, once; the other requests go to the one that was found last.
    fn find(&self) -> impl Future<Output = Result<(), GroupFault>> + Send;
    /// Joins.
    fn join(&self, join: JoinGroup) -> impl Future<Output = Result<Joined, GroupFault>> + Send;
    /// Asks for the assignment.
    fn sync(&self, sync: SyncGroup) -> impl Future<Output = Result<Vec<u8>, GroupFault>> + Send;
    /// Says that the member is alive.
    fn heartbeat(&self, member_id: &str, generation: i32) -> impl Future<Output = Result<(), GroupFault>> + Send;
    /// Leaves the group.
    fn leave(&self, member_id: &str, reason: &str) -> impl Future<Output = Result<(), GroupFault>> + Send;
}

impl GroupCoordinator for GroupClient {
    async fn find(&self) -> Result<(), GroupFault> {
        GroupClient::find(self).await
    }

    async fn join(&self, join: JoinGroup) -> Result<Joined, GroupFault> {
        GroupClient::join(self, join).await
    }

    async fn sync(&self, sync: SyncGroup) -> Result<Vec<u8>, GroupFault> {
        GroupClient::sync(self, sync).await
    }

    async fn heartbeat(&self, member_id: &str, generation: i32) -> Result<(), GroupFault> {
        GroupClient::heartbeat(self, member_id, generation).await
    }

    async fn leave(&self, member_id: &str, reason: &str) -> Result<(), GroupFault> {
        GroupClient::leave(self, member_id, reason).await
    }
}
