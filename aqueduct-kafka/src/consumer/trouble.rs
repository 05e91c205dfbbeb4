//! Errors that come in the place of records: which end the consumer, and which are weather.

use std::collections::BTreeSet;

use crate::codes;
use crate::connection::Connection;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, ConsumeError};

/// Judges errors and remembers what was said already.
pub(super) struct Troubles {
    group: Option<String>,
    /// Topics that were missing when last heard of.
    missing: BTreeSet<String>,
    /// The next poll fails with this.
    next: Option<KafkaError>,
}

impl Troubles {
    pub(super) fn new(group: Option<String>) -> Troubles {
        Troubles { group, missing: BTreeSet::new(), next: None }
    }

    /// The error that the caller has to know of now.
    pub(super) fn take(&mut self) -> Option<KafkaError> {
        self.next.take()
    }

    /// Records of `topic` have come.
    pub(super) fn is_there(&mut self, topic: &str) {
        if !self.missing.is_empty() {
            self.missing.remove(topic);
        }
    }

    /// Judges `errors`.
    pub(super) fn judge(&mut self, errors: Vec<ConsumeError>, client: &Client, connection: &Connection) {
        for error in errors {
            if let Some(serious) = self.judge_one(&error, client, connection)
                && self.next.is_none()
            {
                self.next = Some(serious);
            }
        }
    }

    fn judge_one(&mut self, error: &ConsumeError, client: &Client, connection: &Connection) -> Option<KafkaError> {
        let topic = error.partition.as_ref().map_or("", |partition| &partition.topic);
        match error.code {
            codes::TOPIC_AUTHORIZATION_FAILED => Some(self.topic_refused(topic)),
            codes::GROUP_AUTHORIZATION_FAILED => self.group.is_some().then(|| self.group_refused()),
            codes::AUTO_OFFSET_RESET | codes::OFFSET_OUT_OF_RANGE => {
                let partition = error.partition.as_ref().map_or_else(String::new, ToString::to_string);
                let message = format!("Undefined offset with no reset policy for partitions: [{partition}]");
                Some(KafkaError::new(ErrorKind::NoOffset, message))
            }
            codes::FATAL => {
                Some(client.fatal_error().unwrap_or_else(|| KafkaError::from_code(error.code, &*error.text)))
            }
            codes::UNKNOWN_TOPIC | codes::UNKNOWN_TOPIC_OR_PARTITION => {
                if self.missing.insert(topic.to_owned()) {
                    tracing::warn!("consumer {}: topic {topic} does not exist (yet)", connection.client_id());
                }
                None
            }
            codes::MAX_POLL_EXCEEDED => {
                tracing::warn!(
                    "consumer {}: it was not polled for longer than max.poll.interval.ms, so the group gives its \
                     partitions away: {}",
                    connection.client_id(),
                    error.text
                );
                None
            }
            code => {
                tracing::debug!(client = connection.client_id(), code, "{topic}: {}", error.text);
                None
            }
        }
    }

    pub(super) fn topic_refused(&self, topic: &str) -> KafkaError {
        let message = format!("Not authorized to access topics: [{topic}]");
        KafkaError::from_code(codes::TOPIC_AUTHORIZATION_FAILED, message)
    }

    pub(super) fn group_refused(&self) -> KafkaError {
        let message = format!("Not authorized to access group: {}", self.group.as_deref().unwrap_or_default());
        KafkaError::from_code(codes::GROUP_AUTHORIZATION_FAILED, message)
    }
}
