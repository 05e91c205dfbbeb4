//! DescribeConfigs: the settings of topics, and the few of the broker itself.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::{BROKER, Context, DEFAULT, TOPIC, code, config_source, text};
use crate::broker::Broker;
use crate::topic_config::{Kind, SETTINGS, Setting};
use crate::topics::Topic;

/// Set in the broker's configuration file, as far as a client can tell.
const STATIC_BROKER: i8 = 4;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: DescribeConfigsRequest,
    _: &Context,
) -> DescribeConfigsResponse {
    let results = request.resources.iter().map(|resource| match resource.resource_type {
        TOPIC => match broker.topics.by_name(&resource.resource_name) {
            Some(topic) => result(resource, 0).with_configs(of_topic(&topic, resource, request.include_synonyms)),
            None => result(resource, code(ResponseError::UnknownTopicOrPartition))
                .with_error_message(Some(text("This server does not host this topic-partition."))),
        },
        BROKER => result(resource, 0).with_configs(of_broker(broker, resource)),
        other => result(resource, code(ResponseError::InvalidRequest))
            .with_error_message(Some(text(format!("Unsupported resource type: {other}")))),
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

pub(crate) fn refuse(request: &DescribeConfigsRequest, code: i16, _: &Context) -> DescribeConfigsResponse {
    let results = request.resources.iter().map(|resource| result(resource, code));
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn result(resource: &DescribeConfigsResource, code: i16) -> DescribeConfigsResult {
    DescribeConfigsResult::default()
        .with_error_code(code)
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone())
}

fn wants(resource: &DescribeConfigsResource, name: &str) -> bool {
    resource.configuration_keys.as_ref().is_none_or(|keys| keys.iter().any(|key| key.as_str() == name))
}

fn of_topic(topic: &Topic, resource: &DescribeConfigsResource, synonyms: bool) -> Vec<DescribeConfigsResourceResult> {
    let wanted = SETTINGS.iter().filter(|setting| wants(resource, setting.name));
    wanted.map(|setting| described(setting, topic.overrides.get(setting.name), synonyms)).collect()
}

fn described(setting: &Setting, set: Option<&String>, synonyms: bool) -> DescribeConfigsResourceResult {
    let value = set.map_or(setting.default, String::as_str);
    let mut same = Vec::new();
    if synonyms {
        let synonym = |value: &str, source| {
            DescribeConfigsSynonym::default()
                .with_name(text(setting.name))
                .with_value(Some(text(value)))
                .with_source(source)
        };
        same.extend(set.map(|set| synonym(set, config_source(true))));
        same.push(synonym(setting.default, DEFAULT));
    }
    DescribeConfigsResourceResult::default()
        .with_name(text(setting.name))
        .with_value(Some(text(value)))
        .with_config_source(config_source(set.is_some()))
        .with_synonyms(same)
        .with_config_type(setting.type_number())
        .with_documentation(None)
}

fn of_broker(broker: &Arc<Broker>, resource: &DescribeConfigsResource) -> Vec<DescribeConfigsResourceResult> {
    let settings = &broker.settings;
    let all = [
        ("auto.create.topics.enable", settings.auto_create_topics.to_string(), Kind::Boolean),
        ("broker.id", broker.node_id().to_string(), Kind::Int(0)),
        ("default.replication.factor", "1".to_owned(), Kind::Int(1)),
        ("delete.topic.enable", "true".to_owned(), Kind::Boolean),
        ("num.partitions", settings.default_partitions.to_string(), Kind::Int(1)),
        ("socket.request.max.bytes", settings.max_request_bytes.to_string(), Kind::Int(1)),
    ];
    let wanted = all.into_iter().filter(|(name, ..)| wants(resource, name));
    let described = wanted.map(|(name, value, kind)| {
        DescribeConfigsResourceResult::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
            .with_read_only(true)
            .with_config_source(STATIC_BROKER)
            .with_config_type(Setting { name, default: "", kind }.type_number())
            .with_documentation(None)
    });
    described.collect()
}
