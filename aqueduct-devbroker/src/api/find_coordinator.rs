//! FindCoordinator: it is always this node.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};

use super::{Context, code, text};
use crate::broker::Broker;

/// From this version on a request names many coordinators.
const MANY: i16 = 4;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: FindCoordinatorRequest,
    context: &Context,
) -> FindCoordinatorResponse {
    // 0 is a group's coordinator, 1 that of a transactional id; share groups are not known.
    if !(0..=1).contains(&request.key_type) {
        return refuse(&request, code(ResponseError::InvalidRequest), context);
    }
    let (node, host, port) =
        (broker.node_id().into(), text(&broker.settings.advertised_host), i32::from(broker.port));
    if context.version < MANY {
        return FindCoordinatorResponse::default().with_node_id(node).with_host(host).with_port(port);
    }
    let found = request.coordinator_keys.into_iter().map(|key| {
        Coordinator::default().with_key(key).with_node_id(node).with_host(host.clone()).with_port(port)
    });
    FindCoordinatorResponse::default().with_coordinators(found.collect())
}

pub(crate) fn refuse(request: &FindCoordinatorRequest, code: i16, context: &Context) -> FindCoordinatorResponse {
    if context.version < MANY {
        return FindCoordinatorResponse::default().with_error_code(code).with_node_id((-1).into()).with_port(-1);
    }
    let missing = request.coordinator_keys.iter().map(|key| {
        Coordinator::default().with_key(key.clone()).with_error_code(code).with_node_id((-1).into()).with_port(-1)
    });
    FindCoordinatorResponse::default().with_coordinators(missing.collect())
}
