//! Configuration definitions as data: parse, validate and describe, with Kafka's results and messages.
//!
//! A [`ConfigDef`] lists keys ([`ConfigKey`]): name, type, default, validator and how a user interface should show
//! them. Given properties (any map of strings, see [`Properties`]) it answers typed values ([`ParsedConfig`]) or one
//! verdict for each key ([`ConfigValue`]), as `org.apache.kafka.common.config.ConfigDef` of Kafka 4.3 would, down to
//! the wording. Data enters as properties and leaves as values and errors; nothing here does I/O.
//!
//! ```
//! use aqueduct_config::{ConfigDef, ConfigKey, Importance, Type, Validator};
//! use std::collections::BTreeMap;
//!
//! let def = ConfigDef::new()
//!     .define(ConfigKey::new("file", Type::String).default_null().importance(Importance::High).doc("File to read."))
//!     .define(ConfigKey::new("batch.size", Type::Int).default(2000).validator(Validator::at_least(1)));
//!
//! let config = def.parse(&BTreeMap::from([("batch.size", " 5 ")]))?;
//! assert_eq!(config.int("batch.size")?, 5);
//! assert_eq!(config.optional_string("file")?, None);
//!
//! let verdicts = def.validate(&BTreeMap::from([("batch.size", "0")]));
//! assert_eq!(
//!     verdicts[1].error_messages,
//!     ["Invalid value 0 for configuration batch.size: Value must be at least 1"]
//! );
//! # Ok::<(), aqueduct_config::ConfigError>(())
//! ```
//!

mod class;
pub mod client_config;
pub mod client_security;
pub mod connector_config;
mod def;
mod error;
mod key;
mod kinds;
mod parse;
mod parsed;
mod properties;
mod recommender;
mod validate;
mod validator;
mod value;
pub mod version;
pub mod version_range;
pub mod worker_config;

pub use class::{AnyClass, ClassResolver, NoClasses};
pub use def::ConfigDef;
pub use error::{ConfigError, ConfigErrorKind};
pub use key::ConfigKey;
pub use kinds::{Importance, Type, Width};
pub use parse::{convert_to_string, parse_type};
pub use parsed::ParsedConfig;
pub use properties::{Originals, Properties, PropertyText};
pub use recommender::{Recommender, ValidValues};
pub use validate::ConfigValue;
pub use validator::{CustomValidator, Number, ValidList, Validator};
pub use value::{ConfigValueData, OtherValue, Password, Values};
