//! AlterConfigs: a topic's settings are replaced whole.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};

use super::{Context, TOPIC, code, text};
use crate::broker::Broker;
use crate::topic_config::Overrides;
use crate::topics::TopicError;

pub(crate) async fn handle(broker: &Arc<Broker>, request: AlterConfigsRequest, _: &Context) -> AlterConfigsResponse {
    let results = request.resources.iter().map(|resource| match alter(broker, resource, request.validate_only) {
        Ok(()) => result(resource, 0),
        Err(error) => result(resource, code(error.error)).with_error_message(Some(text(error.message))),
    });
    AlterConfigsResponse::default().with_responses(results.collect())
}

pub(crate) fn refuse(request: &AlterConfigsRequest, code: i16, _: &Context) -> AlterConfigsResponse {
    let results = request.resources.iter().map(|resource| result(resource, code));
    AlterConfigsResponse::default().with_responses(results.collect())
}

fn alter(broker: &Arc<Broker>, resource: &AlterConfigsResource, validate_only: bool) -> Result<(), TopicError> {
    only_topics(resource.resource_type)?;
    let mut overrides = Overrides::new();
    for config in &resource.configs {
        let Some(value) = &config.value else {
            let message = format!("Null value not supported for : {}", config.name);
            return Err(TopicError { error: ResponseError::InvalidRequest, message });
        };
        overrides.insert(config.name.to_string(), value.to_string());
    }
    broker.topics.configure(&resource.resource_name, overrides, validate_only)
}

/// The broker's own settings are given when it starts.
pub(super) fn only_topics(resource_type: i8) -> Result<(), TopicError> {
    match resource_type {
        TOPIC => Ok(()),
        _ => {
            let message = "A development broker's settings are given at its start; only topics can be altered.".to_owned();
            Err(TopicError { error: ResponseError::InvalidRequest, message })
        }
    }
}

fn result(resource: &AlterConfigsResource, code: i16) -> AlterConfigsResourceResponse {
    AlterConfigsResourceResponse::default()
        .with_error_code(code)
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone())
}
