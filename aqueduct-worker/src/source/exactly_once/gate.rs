//! What a source task has to ask the cluster before it may write exactly once (KIP-618): that nobody writes any more whose
//! place it takes, and then whether it is still the one to do so.

use aqueduct_api::{BoxFuture, ConnectError};

/// The cluster, as a source task that is to write exactly once sees it. Implemented by the herder.
pub trait ExactlyOnceGate: Send + Sync {
    /// Has the producers of the connector's former tasks shut out, unless that was done for the present tasks already.
    ///
    /// # Errors
    /// When it could not be done; the task fails then.
    fn fence(&self) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// Checks, after the task has taken over its transactional id, that no newer one was shut out by that: that the
    /// connector's task configurations are those with which this task was started, and that it still belongs here.
    ///
    /// # Errors
    /// When it does not; the task fails then.
    fn verify(&self) -> BoxFuture<'_, Result<(), ConnectError>>;
}
