//! SyncGroup: the leader hands in the assignment, and every member gets its part.

use std::sync::Arc;

use kafka_protocol::messages::{SyncGroupRequest, SyncGroupResponse};

use super::Context;
use crate::broker::Broker;

pub(crate) async fn handle(broker: &Arc<Broker>, request: SyncGroupRequest, _: &Context) -> SyncGroupResponse {
    broker.groups.sync_member(request).await
}

pub(crate) fn refuse(_: &SyncGroupRequest, code: i16, _: &Context) -> SyncGroupResponse {
    SyncGroupResponse::default().with_error_code(code)
}
