//! Errors of the Kafka clients, as tasks fail with them.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_kafka::KafkaError;

/// The error of a Kafka client as an error of a task, under Java's class name.
pub fn connect_error(error: &KafkaError) -> ConnectError {
    let kind = if error.is_retriable() { ErrorKind::Retriable } else { ErrorKind::Other };
    ConnectError::with_kind(kind, error.message()).with_class(error.java_class().to_owned())
}
