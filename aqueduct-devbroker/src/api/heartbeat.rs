//! Heartbeat: a member lives, and learns of a rebalance.

use std::sync::Arc;

use kafka_protocol::messages::{HeartbeatRequest, HeartbeatResponse};

use super::{Context, code};
use crate::broker::Broker;

pub(crate) async fn handle(broker: &Arc<Broker>, request: HeartbeatRequest, _: &Context) -> HeartbeatResponse {
    HeartbeatResponse::default().with_error_code(broker.groups.heartbeat(&request).map_or_else(code, |()| 0))
}

pub(crate) fn refuse(_: &HeartbeatRequest, code: i16, _: &Context) -> HeartbeatResponse {
    HeartbeatResponse::default().with_error_code(code)
}
