//! The configuration keys of the file connectors.

use aqueduct_api::ConfigMap;
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};

/// The file that is read or written; without it standard input or output.
pub(crate) const FILE: &str = "file";
/// The topic that lines go to.
pub(crate) const TOPIC: &str = "topic";
/// How many lines make a batch at most.
pub(crate) const BATCH_SIZE: &str = "batch.size";
const DEFAULT_BATCH_SIZE: i32 = 2000;

pub(crate) fn source_def() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(FILE, Type::String)
                .default_null()
                .importance(Importance::High)
                .doc("The file whose lines are read. Without it, standard input."),
        )
        .define(
            ConfigKey::new(TOPIC, Type::String)
                .required()
                .validator(Validator::NonEmptyString)
                .importance(Importance::High)
                .doc("The topic that the lines go to."),
        )
        .define(
            ConfigKey::new(BATCH_SIZE, Type::Int)
                .default(DEFAULT_BATCH_SIZE)
                .importance(Importance::Low)
                .doc("How many lines make a batch at most."),
        )
}

pub(crate) fn sink_def() -> ConfigDef {
    ConfigDef::new().define(
        ConfigKey::new(FILE, Type::String)
            .default_null()
            .importance(Importance::High)
            .doc("The file that lines are appended to. Without it, standard output."),
    )
}

/// The file of a configuration; an empty name counts as none.
pub(crate) fn file(config: &ConfigMap) -> Option<String> {
    config.get(FILE).map(|file| file.trim().to_owned()).filter(|file| !file.is_empty())
}
