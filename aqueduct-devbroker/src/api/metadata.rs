//! Metadata: the node, and the topics with their partitions. A topic that is missing is made when client and broker agree.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse, TopicName};

use super::{Context, code, text};
use crate::broker::Broker;
use crate::partition::LEADER_EPOCH;
use crate::topic_config::Overrides;
use crate::topics::{Topic, check_name};

/// Read, write, create, delete, alter, describe, describe and alter configs: nobody is refused anything.
const TOPIC_OPERATIONS: i32 = 0b1101_1111_1000;
pub(super) const CLUSTER_OPERATIONS: i32 = 0b1_1111_1010_0000;

pub(crate) async fn handle(broker: &Arc<Broker>, request: MetadataRequest, context: &Context) -> MetadataResponse {
    let operations = request.include_topic_authorized_operations;
    let auto_create = broker.settings.auto_create_topics && (request.allow_auto_topic_creation || context.version < 4);
    // In version 0 an empty list meant all topics.
    let named = request.topics.filter(|topics| context.version > 0 || !topics.is_empty());
    let topics = match named {
        None => broker.topics.all().iter().map(|topic| describe(broker, topic, operations)).collect(),
        Some(named) => named.into_iter().map(|topic| find(broker, topic, auto_create, operations)).collect(),
    };
    let node = MetadataResponseBroker::default()
        .with_node_id(broker.node_id().into())
        .with_host(text(&broker.settings.advertised_host))
        .with_port(i32::from(broker.port));
    let cluster_operations = if request.include_cluster_authorized_operations { CLUSTER_OPERATIONS } else { i32::MIN };
    MetadataResponse::default()
        .with_brokers(vec![node])
        .with_cluster_id(Some(text(&broker.cluster_id)))
        .with_controller_id(broker.node_id().into())
        .with_topics(topics)
        .with_cluster_authorized_operations(cluster_operations)
}

pub(crate) fn refuse(request: &MetadataRequest, code: i16, _: &Context) -> MetadataResponse {
    let topics = request.topics.iter().flatten().map(|topic| failure(topic.clone(), code)).collect();
    MetadataResponse::default().with_topics(topics).with_error_code(code)
}

fn find(broker: &Arc<Broker>, asked: MetadataRequestTopic, auto_create: bool, operations: bool) -> MetadataResponseTopic {
    let Some(name) = &asked.name else {
        return match broker.topics.by_id(asked.topic_id) {
            Some(topic) => describe(broker, &topic, operations),
            None => failure(asked, code(ResponseError::UnknownTopicId)),
        };
    };
    if let Some(topic) = broker.topics.by_name(name) {
        return describe(broker, &topic, operations);
    }
    if let Err(error) = check_name(name) {
        return failure(asked, code(error.error));
    }
    if !auto_create {
        return failure(asked, code(ResponseError::UnknownTopicOrPartition));
    }
    match broker.topics.create(name, broker.settings.default_partitions, Overrides::new(), false) {
        Ok(topic) => describe(broker, &topic, operations),
        // Another request made it meanwhile.
        Err(_) => match broker.topics.by_name(name) {
            Some(topic) => describe(broker, &topic, operations),
            None => failure(asked, code(ResponseError::UnknownTopicOrPartition)),
        },
    }
}

fn describe(broker: &Arc<Broker>, topic: &Topic, operations: bool) -> MetadataResponseTopic {
    let node = broker.node_id().into();
    let partitions = (0..topic.partitions.len() as i32).map(|index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(node)
            .with_leader_epoch(LEADER_EPOCH)
            .with_replica_nodes(vec![node])
            .with_isr_nodes(vec![node])
    });
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(text(&topic.name))))
        .with_topic_id(topic.id)
        .with_partitions(partitions.collect())
        .with_topic_authorized_operations(if operations { TOPIC_OPERATIONS } else { i32::MIN })
}

fn failure(asked: MetadataRequestTopic, code: i16) -> MetadataResponseTopic {
    MetadataResponseTopic::default().with_name(asked.name).with_topic_id(asked.topic_id).with_error_code(code)
}
