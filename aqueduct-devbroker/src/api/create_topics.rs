//! CreateTopics: each topic for itself, with the settings that it shall have.

use std::collections::HashMap;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use kafka_protocol::messages::{BrokerId, CreateTopicsRequest, CreateTopicsResponse};

use super::{Context, code, text};
use crate::broker::Broker;
use crate::topic_config::{Overrides, SETTINGS};
use crate::topics::{Topic, TopicError};

pub(crate) async fn handle(broker: &Arc<Broker>, request: CreateTopicsRequest, _: &Context) -> CreateTopicsResponse {
    let mut times: HashMap<String, u32> = HashMap::new();
    for topic in &request.topics {
        *times.entry(topic.name.to_string()).or_default() += 1;
    }
    let results = request.topics.iter().map(|topic| {
        let made = match times.get(topic.name.as_str()) {
            Some(1) => create(broker, topic, request.validate_only),
            _ => fail(ResponseError::InvalidRequest, "Duplicate topic name."),
        };
        match made {
            Ok((made, partitions)) => success(topic, &made, partitions),
            Err(error) => failure(topic, code(error.error)).with_error_message(Some(text(error.message))),
        }
    });
    CreateTopicsResponse::default().with_topics(results.collect())
}

pub(crate) fn refuse(request: &CreateTopicsRequest, code: i16, _: &Context) -> CreateTopicsResponse {
    CreateTopicsResponse::default().with_topics(request.topics.iter().map(|topic| failure(topic, code)).collect())
}

fn create(broker: &Arc<Broker>, topic: &CreatableTopic, validate_only: bool) -> Result<(Arc<Topic>, i32), TopicError> {
    let partitions = match (topic.num_partitions, topic.assignments.len()) {
        (-1, 0) => broker.settings.default_partitions,
        (count, 0) => count,
        (-1, assigned) => check_assignments(broker, topic).map(|()| assigned as i32)?,
        _ => {
            let message = "A manual partition assignment was specified, but numPartitions was not set to -1.";
            return fail(ResponseError::InvalidRequest, message);
        }
    };
    match topic.replication_factor {
        -1 | 1 => {}
        factor if factor > 1 => {
            let message = format!(
                "Unable to replicate the partition {factor} time(s): The target replication factor of {factor} cannot be \
                 reached because only 1 broker(s) are registered."
            );
            return fail(ResponseError::InvalidReplicationFactor, message);
        }
        _ => return fail(ResponseError::InvalidReplicationFactor, "Replication factor must be larger than 0."),
    }
    let mut overrides = Overrides::new();
    for config in &topic.configs {
        let Some(value) = &config.value else {
            let message = format!("Null value not supported for topic configs: {}", config.name);
            return fail(ResponseError::InvalidConfig, message);
        };
        overrides.insert(config.name.to_string(), value.to_string());
    }
    let made = broker.topics.create(&topic.name, partitions, overrides, validate_only)?;
    Ok((made, partitions))
}

fn check_assignments(broker: &Arc<Broker>, topic: &CreatableTopic) -> Result<(), TopicError> {
    let mut indexes: Vec<i32> = topic.assignments.iter().map(|assignment| assignment.partition_index).collect();
    indexes.sort_unstable();
    let consecutive = indexes.iter().enumerate().all(|(at, &index)| at as i32 == index);
    let here = [BrokerId(broker.node_id())];
    match consecutive && topic.assignments.iter().all(|assignment| assignment.broker_ids == here) {
        true => Ok(()),
        false => {
            let message = "partitions are counted from 0 and have one replica, on broker 1";
            fail(ResponseError::InvalidReplicaAssignment, message)
        }
    }
}

fn success(asked: &CreatableTopic, made: &Topic, partitions: i32) -> CreatableTopicResult {
    let configs = SETTINGS.iter().map(|setting| {
        let set = made.overrides.get(setting.name);
        CreatableTopicConfigs::default()
            .with_name(text(setting.name))
            .with_value(Some(text(set.map_or(setting.default, String::as_str))))
            .with_config_source(super::config_source(set.is_some()))
    });
    failure(asked, 0)
        .with_topic_id(made.id)
        .with_num_partitions(partitions)
        .with_replication_factor(1)
        .with_configs(Some(configs.collect()))
}

fn failure(asked: &CreatableTopic, code: i16) -> CreatableTopicResult {
    CreatableTopicResult::default().with_name(asked.name.clone()).with_error_code(code).with_configs(None)
}

fn fail<T>(error: ResponseError, message: impl Into<String>) -> Result<T, TopicError> {
    Err(TopicError { error, message: message.into() })
}
