//! Configuration providers: where the values of variables such as `${file:/run/secrets.properties:password}` come from
//! (KIP-297, KIP-421, KIP-887).
//!
//! Each answers what is at a path; who asks, and what becomes of the answer, is not decided here. Nothing that was read is
//! kept or logged.

mod allowed_paths;
mod directory;
mod environment;
mod file;

use aqueduct_api::Plugin;

/// The version of Kafka that these behave like.
const VERSION: &str = "4.3.1";
/// The package of Kafka's own providers.
const PACKAGE: &str = "org.apache.kafka.common.config.provider";

/// The plugins of this crate.
pub fn plugins() -> Vec<Plugin> {
    let class = |name: &str| format!("{PACKAGE}.{name}");
    vec![
        Plugin::config_provider(class("FileConfigProvider"), VERSION, file::FileConfigProvider::configure),
        Plugin::config_provider(
            class("DirectoryConfigProvider"),
            VERSION,
            directory::DirectoryConfigProvider::configure,
        ),
        Plugin::config_provider(class("EnvVarConfigProvider"), VERSION, environment::EnvVarConfigProvider::configure),
    ]
}
