//! The configuration keys of both connectors, and what a task needs of them in typed form.

use std::sync::LazyLock;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};

/// The file to read or to append to; none means standard input or output.
pub(crate) const FILE: &str = "file";
/// The topic that lines go to.
pub(crate) const TOPIC: &str = "topic";
/// How many lines a poll answers at most.
pub(crate) const BATCH_SIZE: &str = "batch.size";
/// The key of a source partition.
pub(crate) const FILENAME_FIELD: &str = "filename";
/// The key of a source offset.
pub(crate) const POSITION_FIELD: &str = "position";

pub(crate) static SOURCE: LazyLock<ConfigDef> = LazyLock::new(|| {
    ConfigDef::new()
        .define(
            ConfigKey::new(FILE, Type::String)
                .default_null()
                .importance(Importance::High)
                .doc("The file to read. Without one, the connector reads standard input."),
        )
        .define(
            ConfigKey::new(TOPIC, Type::String)
                .required()
                .validator(Validator::NonEmptyString)
                .importance(Importance::High)
                .doc("The topic that the lines are written to."),
        )
        .define(
            ConfigKey::new(BATCH_SIZE, Type::Int)
                .default(2000)
                .importance(Importance::Low)
                .doc("How many lines are read at most before they are passed on. Less than 1 counts as 1."),
        )
});

pub(crate) static SINK: LazyLock<ConfigDef> = LazyLock::new(|| {
    ConfigDef::new().define(
        ConfigKey::new(FILE, Type::String)
            .default_null()
            .importance(Importance::High)
            .doc("The file to append to. Without one, the connector writes to standard output."),
    )
});

/// What a source connector or task was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceSettings {
    /// The file; `None` is standard input.
    pub(crate) file: Option<String>,
    pub(crate) topic: String,
    /// At least 1: Java's task looks whether the batch is full after each line, so that smaller numbers act as 1 there.
    pub(crate) batch_size: usize,
}

impl SourceSettings {
    pub(crate) fn parse(props: &ConfigMap) -> Result<Self, ConnectError> {
        let parsed = SOURCE.parse(props)?;
        Ok(Self {
            file: parsed.optional_string(FILE)?.filter(|file| !file.is_empty()).map(str::to_owned),
            topic: parsed.string(TOPIC)?.to_owned(),
            batch_size: usize::try_from(parsed.int(BATCH_SIZE)?).unwrap_or(0).max(1),
        })
    }
}

/// The file of a sink; `None` is standard output.
pub(crate) fn sink_file(props: &ConfigMap) -> Result<Option<String>, ConnectError> {
    let parsed = SINK.parse(props)?;
    Ok(parsed.optional_string(FILE)?.filter(|file| !file.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(props: &[(&str, &str)], expect: Result<(Option<&str>, usize), &str>) {
        let props = props.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        match (SourceSettings::parse(&props), expect) {
            (Ok(settings), Ok((file, batch_size))) => {
                assert_eq!(settings.file.as_deref(), file);
                assert_eq!(settings.batch_size, batch_size);
            }
            (Err(error), Err(message)) => assert_eq!(error.message(), Some(message)),
            (parsed, expect) => panic!("{parsed:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn source_settings_are_kafkas() {
        check(&[("topic", "t")], Ok((None, 2000)));
        check(&[("topic", "t"), ("file", "")], Ok((None, 2000)));
        check(&[("topic", "t"), ("file", " a b "), ("batch.size", "7")], Ok((Some("a b"), 7)));
        check(&[("topic", "t"), ("batch.size", "0")], Ok((None, 1)));
        check(&[("topic", "t"), ("batch.size", "-2147483648")], Ok((None, 1)));
        check(&[], Err("Missing required configuration \"topic\" which has no default value."));
        check(&[("topic", "")], Err("Invalid value  for configuration topic: String must be non-empty"));
        check(
            &[("topic", "t"), ("batch.size", "x")],
            Err("Invalid value x for configuration batch.size: Not a number of type INT"),
        );
    }

    #[test]
    fn the_definitions_are_sound() {
        assert!(SOURCE.defects().is_empty() && SINK.defects().is_empty());
        assert_eq!(SOURCE.names().collect::<Vec<_>>(), ["file", "topic", "batch.size"]);
        assert_eq!(SINK.names().collect::<Vec<_>>(), ["file"]);
    }
}
