//! The configurations of the converters: what they are for, and the encoding of strings.

use std::sync::LazyLock;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, ParsedConfig, Type, Validator, Width};

use crate::plain::Usage;

const CONVERTER_TYPE: &str = "converter.type";
pub(crate) const ENCODING: &str = "converter.encoding";

static PLAIN: LazyLock<ConfigDef> = LazyLock::new(|| {
    ConfigDef::new().define(
        ConfigKey::new(CONVERTER_TYPE, Type::String)
            .required()
            .validator(Validator::one_of(["key", "value", "header"]))
            .importance(Importance::Low)
            .doc("How this converter will be used."),
    )
});

static STRING: LazyLock<ConfigDef> = LazyLock::new(|| {
    PLAIN.clone().define(
        ConfigKey::new(ENCODING, Type::String)
            .default("UTF-8")
            .importance(Importance::High)
            .doc("The name of the character set for strings, as Java knows it.")
            .width(Width::Medium)
            .display_name("Encoding"),
    )
});

/// The definition of a converter that has nothing to configure.
pub(crate) fn plain() -> ConfigDef {
    PLAIN.clone()
}

/// The definition of `StringConverter`.
pub(crate) fn string() -> ConfigDef {
    STRING.clone()
}

/// Parses a configuration of a converter for this usage.
pub(crate) fn parse(definition: &ConfigDef, props: &ConfigMap, usage: Usage) -> Result<ParsedConfig, ConnectError> {
    let mut props = props.clone();
    let usage = match usage {
        Usage::Key => "key",
        Usage::Value => "value",
        Usage::Header => "header",
    };
    props.insert(CONVERTER_TYPE.to_owned(), usage.to_owned());
    Ok(definition.parse(&props)?)
}
