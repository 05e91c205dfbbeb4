//! ApiVersions: what a client may ask for.

use std::sync::Arc;

use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};

use super::{Context, version_list};
use crate::broker::Broker;

pub(crate) async fn handle(_: &Arc<Broker>, _: ApiVersionsRequest, _: &Context) -> ApiVersionsResponse {
    ApiVersionsResponse::default().with_api_keys(version_list())
}

pub(crate) fn refuse(_: &ApiVersionsRequest, code: i16, _: &Context) -> ApiVersionsResponse {
    ApiVersionsResponse::default().with_error_code(code)
}
