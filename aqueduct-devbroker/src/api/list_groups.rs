//! ListGroups: which groups there are, by state and type.

use std::sync::Arc;

use kafka_protocol::messages::{ListGroupsRequest, ListGroupsResponse};

use super::Context;
use crate::broker::Broker;

pub(crate) async fn handle(broker: &Arc<Broker>, request: ListGroupsRequest, _: &Context) -> ListGroupsResponse {
    ListGroupsResponse::default().with_groups(broker.groups.list(&request.states_filter, &request.types_filter))
}

pub(crate) fn refuse(_: &ListGroupsRequest, code: i16, _: &Context) -> ListGroupsResponse {
    ListGroupsResponse::default().with_error_code(code)
}
