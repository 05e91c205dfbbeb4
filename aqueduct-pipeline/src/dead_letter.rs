//! What is written to a dead letter queue (KIP-298).
//!
//! A failure of a consumed record goes in, a record for the queue comes out: the same bytes and headers, and behind them,
//! if they are wanted, headers that say what happened. Who sends it is not decided here.

use aqueduct_api::RawHeaders;
use aqueduct_data::{ByteString, Bytes};

use crate::report::{Failure, Original};
use crate::{ConsumedRecord, EncodedRecord};

/// The dead letter queue of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// `errors.deadletterqueue.topic.name`
    pub topic: ByteString,
    /// The connector's name.
    pub connector: String,
    /// The task's number.
    pub task: u32,
    /// `errors.deadletterqueue.context.headers.enable`
    pub context_headers: bool,
}

impl DeadLetters {
    /// The letter for a failure; `None` when the record did not come from Kafka.
    pub fn letter(&self, failure: &Failure<'_>) -> Option<EncodedRecord> {
        let Original::Sink(consumed) = failure.original else {
            return None;
        };
        let mut headers = consumed.headers.clone();
        if self.context_headers {
            self.describe(failure, consumed, &mut headers);
        }
        Some(EncodedRecord {
            topic: self.topic.clone(),
            partition: None,
            key: consumed.key.clone().map(Into::into),
            value: consumed.value.clone().map(Into::into),
            timestamp: (consumed.timestamp != -1).then_some(consumed.timestamp),
            headers,
        })
    }

    fn describe(&self, failure: &Failure<'_>, consumed: &ConsumedRecord, headers: &mut RawHeaders) {
        let error = failure.error;
        let text = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
        let context = [
            ("topic", text(&consumed.topic)),
            ("partition", text(&consumed.partition.to_string())),
            ("offset", text(&consumed.offset.to_string())),
            ("connector.name", text(&self.connector)),
            ("task.id", text(&self.task.to_string())),
            ("stage", text(failure.stage.name())),
            ("class.name", text(failure.class)),
            ("exception.class.name", text(error.class())),
            ("exception.message", error.message().and_then(text)),
            ("exception.stacktrace", text(&error.trace())),
        ];
        headers.extend(context.map(|(name, value)| (format!("__connect.errors.{name}").into(), value)));
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_api::{ConnectError, ErrorKind, TimestampType};

    use super::*;
    use crate::Stage;

    fn consumed() -> ConsumedRecord {
        ConsumedRecord {
            topic: "orders".into(),
            partition: 3,
            offset: 42,
            timestamp: 1_700_000_000_000,
            timestamp_type: TimestampType::CreateTime,
            key: Some(Bytes::from_static(b"k")),
            value: Some(Bytes::from_static(b"not json")),
            headers: vec![("h".into(), None)],
        }
    }

    fn letter(context_headers: bool, consumed: &ConsumedRecord, error: &ConnectError) -> EncodedRecord {
        let letters = DeadLetters { topic: "dead".into(), connector: "sink".into(), task: 1, context_headers };
        let (stage, class) = (Stage::ValueConverter, "org.apache.kafka.connect.json.JsonConverter");
        let failure = Failure { task: "sink-1", stage, class, error, original: Original::Sink(consumed) };
        letters.letter(&failure).unwrap()
    }

    #[test]
    fn a_letter_has_the_bytes_of_the_record() {
        let consumed = consumed();
        let letter = letter(false, &consumed, &ConnectError::data("bad"));
        assert_eq!((&*letter.topic, letter.partition), ("dead", None));
        assert_eq!(letter.key.as_deref(), consumed.key.as_deref());
        assert_eq!(letter.value.as_deref(), consumed.value.as_deref());
        assert_eq!(letter.headers, consumed.headers);
        assert_eq!(letter.timestamp, Some(1_700_000_000_000));
    }

    #[test]
    fn a_record_without_a_timestamp_stays_without() {
        let consumed = ConsumedRecord { timestamp: -1, ..consumed() };
        assert_eq!(letter(false, &consumed, &ConnectError::data("bad")).timestamp, None);
    }

    #[test]
    fn context_headers_follow_those_of_the_record_in_javas_order() {
        let error = ConnectError::data("bad").caused_by(ConnectError::with_kind(ErrorKind::Other, "worse"));
        let letter = letter(true, &consumed(), &error);
        let headers: Vec<(&str, &str)> = letter
            .headers
            .iter()
            .map(|(name, value)| {
                (&**name, value.as_deref().map_or("null", |value| std::str::from_utf8(value).unwrap()))
            })
            .collect();
        assert_eq!(
            headers,
            [
                ("h", "null"),
                ("__connect.errors.topic", "orders"),
                ("__connect.errors.partition", "3"),
                ("__connect.errors.offset", "42"),
                ("__connect.errors.connector.name", "sink"),
                ("__connect.errors.task.id", "1"),
                ("__connect.errors.stage", "VALUE_CONVERTER"),
                ("__connect.errors.class.name", "org.apache.kafka.connect.json.JsonConverter"),
                ("__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"),
                ("__connect.errors.exception.message", "bad"),
                (
                    "__connect.errors.exception.stacktrace",
                    "org.apache.kafka.connect.errors.DataException: bad\nCaused by: java.lang.RuntimeException: worse\n"
                ),
            ]
        );
    }
}
