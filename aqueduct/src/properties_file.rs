//! Properties files on disk.

use std::collections::BTreeMap;
use std::path::Path;

use aqueduct_api::ConfigMap;

/// Reads a properties file; a key that comes twice has its last value.
pub(crate) fn read(path: &Path, what: &str) -> Result<ConfigMap, String> {
    let bytes = std::fs::read(path).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file; check the path",
            std::io::ErrorKind::PermissionDenied => "this user may not read it",
            std::io::ErrorKind::IsADirectory => "it is a folder; name a file in it",
            _ => return format!("{what} {} cannot be read: {error}", path.display()),
        };
        format!("{what} {} cannot be read: {hint}", path.display())
    })?;
    parse(&bytes).map_err(|error| format!("{what} {}: {error}", path.display()))
}

pub(crate) fn parse(bytes: &[u8]) -> Result<ConfigMap, aqueduct_jvm::properties::PropertiesError> {
    Ok(aqueduct_jvm::properties::load(bytes)?.into_iter().collect::<BTreeMap<_, _>>())
}
