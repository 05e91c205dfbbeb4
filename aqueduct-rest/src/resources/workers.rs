//! What workers of a cluster ask each other. A standalone worker knows the requests and refuses them.

use super::Call;
use crate::answer::{Failure, Handled};
use crate::{body, request};

/// Task configurations that another worker has computed.
pub(super) async fn put_task_configs(call: Call<'_>) -> Handled {
    request::text_maps(&body::read(call.body).await?)?;
    Err(Failure::internal("Kafka Connect in standalone mode does not support externally setting task configurations."))
}

/// Fences the producers of a source connector's former tasks (KIP-618).
pub(super) fn fence() -> Handled {
    Err(Failure::internal("Kafka Connect in standalone mode does not support exactly-once source connectors."))
}
