//! LeaveGroup: members go, or are taken out.

use std::sync::Arc;

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

use super::{Context, code};
use crate::broker::Broker;

/// From this version on a request names many members.
const MANY: i16 = 3;

pub(crate) async fn handle(broker: &Arc<Broker>, request: LeaveGroupRequest, context: &Context) -> LeaveGroupResponse {
    let many = context.version >= MANY;
    let leavers = match many {
        true => request.members,
        false => vec![MemberIdentity::default().with_member_id(request.member_id)],
    };
    match broker.groups.leave(&request.group_id, &leavers) {
        Err(error) => LeaveGroupResponse::default().with_error_code(code(error)),
        Ok(members) if many => LeaveGroupResponse::default().with_members(members),
        // The only member's error is that of the request.
        Ok(members) => {
            LeaveGroupResponse::default().with_error_code(members.first().map_or(0, |member| member.error_code))
        }
    }
}

pub(crate) fn refuse(_: &LeaveGroupRequest, code: i16, _: &Context) -> LeaveGroupResponse {
    LeaveGroupResponse::default().with_error_code(code)
}
