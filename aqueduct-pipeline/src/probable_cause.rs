//! The classic mistakes behind failing records, and what to do about them.
//!
//! An error goes in, with the step that failed; out comes a sentence for whoever reads the status of the task. It never
//! quotes data: traces are shown to people who may not see it.

use aqueduct_api::ConnectError;

use crate::operator::Stage;

/// What probably led to a failure and how to mend it, where that is known.
pub(crate) fn probable_cause(stage: Stage, error: &ConnectError) -> Option<String> {
    let messages: Vec<&str> =
        std::iter::successors(Some(error), |error| error.cause()).filter_map(|error| error.message()).collect();
    let says = |text: &str| messages.iter().any(|message| message.contains(text));
    let converter = match stage {
        Stage::KeyConverter => Some("key.converter"),
        Stage::ValueConverter => Some("value.converter"),
        _ => None,
    };
    if let Some(key) = converter {
        if says("with schemas.enable requires") {
            return Some(format!(
                "the record is JSON without Connect's schema envelope; set {key}.schemas.enable=false, or have it written with \
                 \"schema\" and \"payload\""
            ));
        }
        if says("code 0)") {
            return Some(format!(
                "the record begins with a zero byte, as what a schema registry's serializer writes (Avro, Protobuf, JSON \
                 Schema); set {key} to the converter of that format"
            ));
        }
        if says("failed due to serialization error") {
            return Some(format!(
                "the record is no JSON; set {key} to the converter of what was written, for plain text \
                 org.apache.kafka.connect.storage.StringConverter"
            ));
        }
        if says("Size of data received by") {
            return Some(format!("the record was not written by the serializer that belongs to {key}"));
        }
    }
    if stage == Stage::Transformation {
        if says("Only Map objects supported") || says("Only Struct objects supported") {
            return Some(
                "the transform works on fields, and what it was given has none; put HoistField before it, use a converter \
                 that makes fields (such as JsonConverter), or choose its records with a predicate"
                    .to_owned(),
            );
        }
        if says("Field does not exist") {
            return Some(
                "not every record has that field; mind upper and lower case, or choose the transform's records with a \
                 predicate"
                    .to_owned(),
            );
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stage: Stage, message: &str, expect: &str) {
        let outer = ConnectError::data("outer").caused_by(ConnectError::data(message));
        let cause = probable_cause(stage, &outer).unwrap_or_default();
        assert!(cause.contains(expect) && cause.is_empty() == expect.is_empty(), "{message}: {cause}");
    }

    #[test]
    fn classic_mistakes_are_recognised() {
        let serialization = "Converting byte[] to Kafka Connect data failed due to serialization error: ";
        check(
            Stage::ValueConverter,
            "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields",
            "value.converter.schemas.enable=false",
        );
        check(Stage::KeyConverter, "Illegal character ((CTRL-CHAR, code 0)): only", "set key.converter to");
        check(Stage::KeyConverter, serialization, "StringConverter");
        check(Stage::ValueConverter, "Size of data received by IntegerDeserializer is not 4", "value.converter");
        check(Stage::Transformation, "Only Map objects supported in absence of schema for [x]", "HoistField");
        check(Stage::Transformation, "Field does not exist: a", "predicate");
    }

    #[test]
    fn nothing_is_guessed() {
        check(Stage::Transformation, serialization_of_a_transform(), "");
        check(Stage::ValueConverter, "something else", "");
    }

    /// What would be a classic mistake of a converter.
    fn serialization_of_a_transform() -> &'static str {
        "failed due to serialization error"
    }
}
