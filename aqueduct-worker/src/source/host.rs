//! What a source task sees of the runtime.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{BoxFuture, ConfigMap, OffsetReader, SourceHost, TransactionContext};
use tokio_util::sync::CancellationToken;

/// The runtime, as one source task sees it.
pub(crate) struct Host {
    pub(crate) config: ConfigMap,
    pub(crate) offsets: Arc<dyn OffsetReader>,
    /// With `transaction.boundary=connector`.
    pub(crate) transactions: Option<TransactionContext>,
    pub(crate) stop: CancellationToken,
    /// Where timers run, whichever thread asks for one.
    pub(crate) runtime: tokio::runtime::Handle,
}

impl SourceHost for Host {
    fn config(&self) -> ConfigMap {
        self.config.clone()
    }

    fn offset_reader(&self) -> Arc<dyn OffsetReader> {
        Arc::clone(&self.offsets)
    }

    fn transaction_context(&self) -> Option<TransactionContext> {
        self.transactions.clone()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let _on_the_runtime = self.runtime.enter();
        Box::pin(tokio::time::sleep(duration))
    }

    fn stopping(&self) -> BoxFuture<'static, ()> {
        let stop = self.stop.clone();
        Box::pin(async move { stop.cancelled().await })
    }

    fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }
}
