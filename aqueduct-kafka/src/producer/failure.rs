//! Why a record was not written, in Java's words where Java has its own.

use crate::codes;
use crate::connection::Connection;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, DeliveredMessage, describe};

/// A record that was not taken.
pub(super) fn of_send(code: i32, topic: &str, client: &Client, connection: &Connection) -> KafkaError {
    of_record(code, topic, client, connection)
}

/// A record that was taken and not written.
pub(super) fn of_delivery(
    code: i32,
    message: &DeliveredMessage<'_>,
    client: &Client,
    connection: &Connection,
) -> KafkaError {
    of_record(code, &message.topic(), client, connection)
}

fn of_record(code: i32, topic: &str, client: &Client, connection: &Connection) -> KafkaError {
    match code {
        codes::TOPIC_AUTHORIZATION_FAILED => {
            KafkaError::from_code(code, format!("Not authorized to access topics: [{topic}]"))
        }
        codes::INVALID_TOPIC => KafkaError::from_code(code, format!("Invalid topics: [{topic}]")),
        codes::QUEUE_FULL => KafkaError::from_code(code, "the producer's buffer is full"),
        codes::UNKNOWN_TOPIC | codes::UNKNOWN_TOPIC_OR_PARTITION => {
            KafkaError::from_code(code, format!("Topic {topic} not present in metadata"))
        }
        codes::UNKNOWN_PARTITION => {
            KafkaError::from_code(code, format!("The partition given does not exist in topic {topic}"))
        }
        codes::MESSAGE_TIMED_OUT => {
            KafkaError::from_code(code, format!("A record for topic {topic} expired: it was not acknowledged in time"))
        }
        // The producer died or was closed and took the record with it: say what it died of.
        codes::FATAL | codes::PURGE_QUEUE | codes::PURGE_INFLIGHT => {
            connection.fault().or_else(|| client.fatal_error()).unwrap_or_else(|| {
                KafkaError::new(ErrorKind::Closed, "the producer was closed before the record was written")
            })
        }
        _ => KafkaError::from_code(code, format!("{} (topic {topic})", describe(code))),
    }
}
