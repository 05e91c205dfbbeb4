//! IncrementalAlterConfigs: single settings of a topic are set, removed, or changed as lists.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

use super::alter_configs::only_topics;
use super::{Context, code, text};
use crate::broker::Broker;
use crate::topic_config::{Kind, Overrides, Setting, list};
use crate::topics::TopicError;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: IncrementalAlterConfigsRequest,
    _: &Context,
) -> IncrementalAlterConfigsResponse {
    let results = request.resources.iter().map(|resource| match alter(broker, resource, request.validate_only) {
        Ok(()) => result(resource, 0),
        Err(error) => result(resource, code(error.error)).with_error_message(Some(text(error.message))),
    });
    IncrementalAlterConfigsResponse::default().with_responses(results.collect())
}

pub(crate) fn refuse(
    request: &IncrementalAlterConfigsRequest,
    code: i16,
    _: &Context,
) -> IncrementalAlterConfigsResponse {
    let results = request.resources.iter().map(|resource| result(resource, code));
    IncrementalAlterConfigsResponse::default().with_responses(results.collect())
}

fn alter(broker: &Arc<Broker>, resource: &AlterConfigsResource, validate_only: bool) -> Result<(), TopicError> {
    only_topics(resource.resource_type)?;
    let Some(topic) = broker.topics.by_name(&resource.resource_name) else {
        let message = format!("The topic '{}' does not exist.", resource.resource_name);
        return Err(TopicError { error: ResponseError::UnknownTopicOrPartition, message });
    };
    let mut overrides = topic.overrides.clone();
    for config in &resource.configs {
        change(&mut overrides, config)
            .map_err(|message| TopicError { error: ResponseError::InvalidConfig, message })?;
    }
    broker.topics.configure(&resource.resource_name, overrides, validate_only)
}

fn change(overrides: &mut Overrides, config: &AlterableConfig) -> Result<(), String> {
    let name = config.name.as_str();
    let setting = Setting::find(name).ok_or_else(|| format!("Unknown topic config name: {name}"))?;
    if config.config_operation == DELETE {
        overrides.remove(name);
        return Ok(());
    }
    let value = config.value.as_ref().ok_or_else(|| format!("Null value not supported for : {name}"))?.as_str();
    let words = || list(overrides.get(name).map_or(setting.default, String::as_str));
    let changed = match (config.config_operation, setting.kind) {
        (SET, _) => value.to_owned(),
        (APPEND, Kind::List(_)) => {
            let new = list(value).filter(|word| words().all(|known| known != *word));
            words().chain(new).collect::<Vec<_>>().join(",")
        }
        (SUBTRACT, Kind::List(_)) => {
            words().filter(|word| list(value).all(|gone| gone != *word)).collect::<Vec<_>>().join(",")
        }
        _ => return Err(format!("Can't append to or subtract from {name}: its type is not a list")),
    };
    overrides.insert(name.to_owned(), changed);
    Ok(())
}

fn result(resource: &AlterConfigsResource, code: i16) -> AlterConfigsResourceResponse {
    AlterConfigsResourceResponse::default()
        .with_error_code(code)
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone())
}
