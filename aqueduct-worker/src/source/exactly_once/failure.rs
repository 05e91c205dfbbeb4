//! How a task fails whose transaction does, in Java's words.

use aqueduct_api::ConnectError;
use aqueduct_kafka::KafkaError;

use crate::TaskId;
use crate::errors::connect_error;

/// What Kafka says to a producer whose transaction took too long.
const STALE_EPOCH: &str = "org.apache.kafka.common.errors.InvalidProducerEpochException";
/// What the producer says of a record that was not written in the time of its transaction.
const TOO_LATE: &str = "org.apache.kafka.common.errors.TimeoutException";

/// A record could not be handed to the producer.
pub(super) fn send_failure(id: &TaskId, error: &KafkaError) -> ConnectError {
    explained(id, "Unrecoverable exception trying to send".to_owned(), connect_error(error))
}

/// A transaction could not be committed.
pub(super) fn commit_failure(id: &TaskId, error: ConnectError) -> ConnectError {
    explained(id, format!("Failed to flush offsets and/or records for task {id}"), error)
}

fn explained(id: &TaskId, message: String, error: ConnectError) -> ConnectError {
    let too_late = |error: &ConnectError| [STALE_EPOCH, TOO_LATE].contains(&error.class());
    let message = if too_late(&error) || error.cause().is_some_and(too_late) { expired(id) } else { message };
    ConnectError::connect(message).caused_by(error)
}

fn expired(id: &TaskId) -> String {
    format!(
        "The task {id} was unable to finish writing records to Kafka before its producer transaction expired. It may be \
         necessary to reconfigure this connector in order for it to run healthily with exactly-once support. Options for \
         this include: tune the connector's producer configuration for higher throughput, increase the transaction timeout \
         for the connector's producers, decrease the offset commit interval (if using interval-based transaction \
         boundaries), or use the 'poll' transaction boundary (if the connector is not already configured to use it)."
    )
}

#[cfg(test)]
mod tests {
    use aqueduct_kafka::ErrorKind;

    use super::*;

    #[test]
    fn the_message_says_what_was_being_done_or_that_it_took_too_long() {
        let id = TaskId::new("c", 0);
        let fenced = KafkaError::new(ErrorKind::Fenced, "there is a newer producer");
        assert_eq!(send_failure(&id, &fenced).message(), Some("Unrecoverable exception trying to send"));
        let failure = commit_failure(&id, connect_error(&fenced));
        assert_eq!(failure.message(), Some("Failed to flush offsets and/or records for task c-0"));
        assert_eq!(failure.cause().unwrap().class(), "org.apache.kafka.common.errors.ProducerFencedException");
        let stale = ConnectError::connect("").with_class(STALE_EPOCH);
        assert!(commit_failure(&id, stale).message().unwrap().contains("its producer transaction expired"));
        let late = KafkaError::new(ErrorKind::Timeout, "a record expired");
        assert!(send_failure(&id, &late).message().unwrap().contains("its producer transaction expired"));
    }
}
