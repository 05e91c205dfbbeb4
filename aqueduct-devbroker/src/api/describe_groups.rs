//! DescribeGroups: the state and the members of groups.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, GroupId};

use super::{Context, code, text};
use crate::broker::Broker;
use crate::group;

/// From this version on a group that is not there is an error (KIP-1043); before, it is a dead group.
const MISSING_IS_ERROR: i16 = 6;

/// What anybody may do with a group, as there are no rules of access: READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS,
/// ALTER_CONFIGS, each a bit.
const ALLOWED: i32 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: DescribeGroupsRequest,
    context: &Context,
) -> DescribeGroupsResponse {
    let describe = |id: GroupId| match broker.groups.describe(&id) {
        Some(group) if request.include_authorized_operations => group.with_authorized_operations(ALLOWED),
        Some(group) => group,
        None => missing(id, context),
    };
    let groups = request.groups.into_iter().map(describe).collect();
    DescribeGroupsResponse::default().with_groups(groups)
}

pub(crate) fn refuse(request: &DescribeGroupsRequest, code: i16, _: &Context) -> DescribeGroupsResponse {
    let refused = |id: &GroupId| DescribedGroup::default().with_group_id(id.clone()).with_error_code(code);
    DescribeGroupsResponse::default().with_groups(request.groups.iter().map(refused).collect())
}

fn missing(id: GroupId, context: &Context) -> DescribedGroup {
    let message = format!("Group {} not found.", id.as_str());
    let group = group::dead(id);
    if context.version < MISSING_IS_ERROR {
        return group;
    }
    group.with_error_code(code(ResponseError::GroupIdNotFound)).with_error_message(Some(text(message)))
}
