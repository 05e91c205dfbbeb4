//! Errors of Kafka clients, as errors of connectors.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_kafka::{ErrorKind as Kafka, KafkaError};

/// The error under its Java class. What may pass with time is retriable.
pub(crate) fn from_kafka(error: &KafkaError) -> ConnectError {
    let kind = match error.kind() {
        Kafka::InvalidConfig => ErrorKind::Config,
        _ if error.is_retriable() => ErrorKind::Retriable,
        _ => ErrorKind::Other,
    };
    let caused = error.causes().iter().rev().fold(None, |below: Option<ConnectError>, cause| {
        let error = ConnectError::with_kind(ErrorKind::Other, cause.message.clone()).with_class(cause.class);
        Some(match below {
            Some(below) => error.caused_by(below),
            None => error,
        })
    });
    let converted = ConnectError::with_kind(kind, error.message()).with_class(error.java_class());
    match caused {
        Some(cause) => converted.caused_by(cause),
        None => converted,
    }
}
