//! CreatePartitions: a topic gets more partitions.

use std::sync::Arc;

use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse, TopicName};

use super::{Context, code, text};
use crate::broker::Broker;

pub(crate) async fn handle(
    broker: &Arc<Broker>,
    request: CreatePartitionsRequest,
    _: &Context,
) -> CreatePartitionsResponse {
    let results = request.topics.into_iter().map(|topic| {
        match broker.topics.grow(&topic.name, topic.count, request.validate_only) {
            Ok(()) => result(topic.name, 0),
            Err(error) => result(topic.name, code(error.error)).with_error_message(Some(text(error.message))),
        }
    });
    CreatePartitionsResponse::default().with_results(results.collect())
}

pub(crate) fn refuse(request: &CreatePartitionsRequest, code: i16, _: &Context) -> CreatePartitionsResponse {
    let results = request.topics.iter().map(|topic| result(topic.name.clone(), code));
    CreatePartitionsResponse::default().with_results(results.collect())
}

fn result(name: TopicName, code: i16) -> CreatePartitionsTopicResult {
    CreatePartitionsTopicResult::default().with_name(name).with_error_code(code)
}
