//! DescribeCluster: the cluster's id and its only node.

use std::sync::Arc;

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

use super::metadata::CLUSTER_OPERATIONS;
use super::{Context, text};
use crate::broker::Broker;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: DescribeClusterRequest,
    _: &Context,
) -> DescribeClusterResponse {
    let node = DescribeClusterBroker::default()
        .with_broker_id(broker.node_id().into())
        .with_host(text(&broker.settings.advertised_host))
        .with_port(i32::from(broker.port));
    let operations = if request.include_cluster_authorized_operations { CLUSTER_OPERATIONS } else { i32::MIN };
    DescribeClusterResponse::default()
        .with_cluster_id(text(&broker.cluster_id))
        .with_controller_id(broker.node_id().into())
        .with_endpoint_type(request.endpoint_type)
        .with_brokers(vec![node])
        .with_cluster_authorized_operations(operations)
}

pub(crate) fn refuse(_: &DescribeClusterRequest, code: i16, _: &Context) -> DescribeClusterResponse {
    DescribeClusterResponse::default().with_error_code(code)
}
