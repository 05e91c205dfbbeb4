//! DeleteGroups: groups without members are forgotten, with their offsets.

use std::sync::Arc;

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse, GroupId};

use super::{Context, code};
use crate::broker::Broker;

pub(crate) async fn handle(broker: &Arc<Broker>, request: DeleteGroupsRequest, _: &Context) -> DeleteGroupsResponse {
    answer(&request, |id| broker.groups.delete(id).map_or_else(code, |()| 0))
}

pub(crate) fn refuse(request: &DeleteGroupsRequest, code: i16, _: &Context) -> DeleteGroupsResponse {
    answer(request, |_| code)
}

fn answer(request: &DeleteGroupsRequest, result: impl Fn(&GroupId) -> i16) -> DeleteGroupsResponse {
    let results = request
        .groups_names
        .iter()
        .map(|id| DeletableGroupResult::default().with_group_id(id.clone()).with_error_code(result(id)));
    DeleteGroupsResponse::default().with_results(results.collect())
}
