//! JoinGroup: a member comes into a group. The answer waits for the other members.

use std::sync::Arc;

use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use kafka_protocol::protocol::StrBytes;

use super::Context;
use crate::broker::Broker;
use crate::group::Client;

pub(crate) async fn handle(broker: &Arc<Broker>, request: JoinGroupRequest, context: &Context) -> JoinGroupResponse {
    let client = Client { id: context.client_id.clone(), host: context.client_host.clone(), version: context.version };
    fit(broker.groups.join(request, client).await, context)
}

pub(crate) fn refuse(request: &JoinGroupRequest, code: i16, context: &Context) -> JoinGroupResponse {
    let response = JoinGroupResponse::default()
        .with_error_code(code)
        .with_protocol_name(None)
        .with_member_id(request.member_id.clone());
    fit(response, context)
}

/// Before version 7 there is always a protocol's name, if only an empty one.
fn fit(mut response: JoinGroupResponse, context: &Context) -> JoinGroupResponse {
    if context.version < 7 && response.protocol_name.is_none() {
        response.protocol_name = Some(StrBytes::new());
    }
    response
}
