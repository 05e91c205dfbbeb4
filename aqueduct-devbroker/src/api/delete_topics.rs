//! DeleteTopics: by name, or by id.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse, TopicName};

use super::{Context, code, text};
use crate::broker::Broker;
use crate::group;

pub(crate) async fn handle(broker: &Arc<Broker>, request: DeleteTopicsRequest, _: &Context) -> DeleteTopicsResponse {
    let results = asked(&request).map(|asked| delete(broker, asked)).collect();
    DeleteTopicsResponse::default().with_responses(results)
}

pub(crate) fn refuse(request: &DeleteTopicsRequest, code: i16, _: &Context) -> DeleteTopicsResponse {
    DeleteTopicsResponse::default().with_responses(asked(request).map(|asked| result(asked, code)).collect())
}

/// Until version 5 a list of names, from version 6 on names or ids.
fn asked(request: &DeleteTopicsRequest) -> impl Iterator<Item = DeleteTopicState> {
    let named = request.topic_names.iter().map(|name| DeleteTopicState::default().with_name(Some(name.clone())));
    named.chain(request.topics.iter().cloned())
}

fn delete(broker: &Arc<Broker>, asked: DeleteTopicState) -> DeletableTopicResult {
    let name = match &asked.name {
        Some(name) => name.to_string(),
        None => match broker.topics.by_id(asked.topic_id) {
            Some(topic) => topic.name.clone(),
            None => return result(asked, code(ResponseError::UnknownTopicId)),
        },
    };
    match broker.topics.delete(&name) {
        Ok(topic) => {
            group::topic_deleted(broker, &name);
            result(asked, 0).with_name(Some(TopicName(text(name)))).with_topic_id(topic.id)
        }
        Err(error) => result(asked, code(error.error)).with_error_message(Some(text(error.message))),
    }
}

fn result(asked: DeleteTopicState, code: i16) -> DeletableTopicResult {
    DeletableTopicResult::default().with_name(asked.name).with_topic_id(asked.topic_id).with_error_code(code)
}
