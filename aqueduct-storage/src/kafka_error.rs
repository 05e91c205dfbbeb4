//! Failures of Kafka clients in the terms of Connect.

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_kafka::KafkaError;

/// The error of a Kafka client as one that people and plugins see, under Java's class name.
pub fn connect_error(error: &KafkaError) -> ConnectError {
    let kind = if error.is_retriable() { ErrorKind::Retriable } else { ErrorKind::Other };
    let mut chain = error.causes().iter().rev();
    let cause = chain.next().map(|root| {
        let root = ConnectError::with_kind(ErrorKind::Other, root.message.clone()).with_class(root.class);
        chain.fold(root, |inner, outer| {
            ConnectError::with_kind(ErrorKind::Other, outer.message.clone()).with_class(outer.class).caused_by(inner)
        })
    });
    let converted = ConnectError::with_kind(kind, error.message()).with_class(error.java_class());
    match cause {
        Some(cause) => converted.caused_by(cause),
        None => converted,
    }
}
