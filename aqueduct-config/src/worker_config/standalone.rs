//! The keys of a standalone worker.

use super::shared_keys::{common, key};
use super::{OFFSET_STORAGE_FILE_FILENAME, lift_reconnect_backoff};
use crate::{ClassResolver, ConfigDef, ConfigError, Importance, ParsedConfig, Properties, Type};

/// The definition of a standalone worker's configuration.
pub fn standalone() -> ConfigDef {
    common().define(key(
        OFFSET_STORAGE_FILE_FILENAME,
        Type::String,
        Importance::High,
        "The file that source offsets are stored in.",
    ))
}

/// Parses a standalone worker's properties.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse_standalone<P: Properties + ?Sized>(
    props: &P,
    classes: &dyn ClassResolver,
) -> Result<ParsedConfig, ConfigError> {
    let mut config = standalone().parse_with(props, classes)?;
    lift_reconnect_backoff(&mut config);
    Ok(config)
}
