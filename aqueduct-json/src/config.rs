//! The configuration of `JsonConverter`.

use std::sync::LazyLock;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator, Width};

const CONVERTER_TYPE: &str = "converter.type";
const SCHEMAS_ENABLE: &str = "schemas.enable";
const SCHEMAS_CACHE_SIZE: &str = "schemas.cache.size";
const SCHEMA_CONTENT: &str = "schema.content";
const DECIMAL_FORMAT: &str = "decimal.format";
const REPLACE_NULL_WITH_DEFAULT: &str = "replace.null.with.default";

/// How decimals are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalFormat {
    /// The unscaled value's bytes in Base64.
    Base64,
    /// A number.
    Numeric,
}

/// A parsed configuration.
#[derive(Debug)]
pub(crate) struct Config {
    /// Whether values come and go in envelopes with their schema.
    pub(crate) schemas_enable: bool,
    /// How many schemas each of the two caches holds.
    pub(crate) cache_size: usize,
    /// The JSON form of a schema that holds for all values that are read, which then have no envelope (KIP-1054).
    pub(crate) schema_content: Option<String>,
    /// How decimals are written; both formats are read.
    pub(crate) decimal_format: DecimalFormat,
    /// Whether null becomes the default of its schema.
    pub(crate) replace_null: bool,
}

static DEFINITION: LazyLock<ConfigDef> = LazyLock::new(|| {
    ConfigDef::new()
        .define(
            ConfigKey::new(CONVERTER_TYPE, Type::String)
                .required()
                .validator(Validator::one_of(["key", "value", "header"]))
                .importance(Importance::Low)
                .doc("How this converter will be used."),
        )
        .define(
            ConfigKey::new(SCHEMAS_ENABLE, Type::Boolean)
                .default(true)
                .importance(Importance::High)
                .doc("Whether each key and value is wrapped in an envelope that holds its schema.")
                .group("Schemas")
                .order(0)
                .width(Width::Medium)
                .display_name("Enable Schemas"),
        )
        .define(
            ConfigKey::new(SCHEMAS_CACHE_SIZE, Type::Int)
                .default(1000)
                .importance(Importance::High)
                .doc("How many schemas this converter keeps ready, at most.")
                .group("Schemas")
                .order(1)
                .width(Width::Medium)
                .display_name("Schema Cache Size"),
        )
        .define(
            ConfigKey::new(SCHEMA_CONTENT, Type::String)
                .default_null()
                .importance(Importance::High)
                .doc(
                    "A schema in its JSON form. When it is set, a sink reads every message with this schema, and the \
                     messages have no envelope. It only counts when 'schemas.enable' is true.",
                )
                .group("Schemas")
                .order(2)
                .width(Width::Medium)
                .display_name("Schema Content"),
        )
        .define(
            ConfigKey::new(DECIMAL_FORMAT, Type::String)
                .default("BASE64")
                .validator(Validator::one_of_ignoring_case(["BASE64", "NUMERIC"]))
                .importance(Importance::Low)
                .doc("How decimals are written: 'BASE64', or 'NUMERIC' for numbers. Case does not matter.")
                .group("Serialization")
                .order(0)
                .width(Width::Medium)
                .display_name("Decimal Format"),
        )
        .define(
            ConfigKey::new(REPLACE_NULL_WITH_DEFAULT, Type::Boolean)
                .default(true)
                .importance(Importance::Low)
                .doc("Whether a null of a field that has a default becomes the default; otherwise it stays null.")
                .group("Serialization")
                .order(1)
                .width(Width::Medium)
                .display_name("Replace null with default"),
        )
});

/// The configuration definition of `JsonConverter`.
pub fn definition() -> ConfigDef {
    DEFINITION.clone()
}

impl Config {
    /// Parses a configuration; `usage` is what the converter is for: `key`, `value` or `header`.
    pub(crate) fn parse(props: &ConfigMap, usage: &str) -> Result<Self, ConnectError> {
        let mut props = props.clone();
        props.insert(CONVERTER_TYPE.to_owned(), usage.to_owned());
        let config = DEFINITION.parse(&props)?;
        let numeric = config.string(DECIMAL_FORMAT)?.eq_ignore_ascii_case("numeric");
        let schema_content = config.optional_string(SCHEMA_CONTENT)?.filter(|text| !text.is_empty());
        Ok(Self {
            schemas_enable: config.boolean(SCHEMAS_ENABLE)?,
            // Java's cache holds nothing when its size is negative.
            cache_size: usize::try_from(config.int(SCHEMAS_CACHE_SIZE)?).unwrap_or(0),
            schema_content: schema_content.map(str::to_owned),
            decimal_format: if numeric { DecimalFormat::Numeric } else { DecimalFormat::Base64 },
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
        })
    }
}
