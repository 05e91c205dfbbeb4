//! `DirectoryConfigProvider`: the files of a directory, each a key with its whole content as the value, as Kubernetes mounts
//! secrets.

use std::collections::BTreeMap;

use aqueduct_api::{ConfigData, ConfigMap, ConfigProvider, ConnectError};

use crate::allowed_paths::AllowedPaths;

/// Reads directories; the path of a variable is that of the directory, its key the name of a file.
pub(crate) struct DirectoryConfigProvider(AllowedPaths);

impl DirectoryConfigProvider {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        AllowedPaths::configure(props).map(Self)
    }
}

impl ConfigProvider for DirectoryConfigProvider {
    fn get(&self, path: &str, keys: Option<&[String]>) -> Result<ConfigData, ConnectError> {
        if path.is_empty() {
            return Ok(ConfigData::default());
        }
        let Some(directory) = self.0.check(path) else {
            return Ok(ConfigData::default());
        };
        if !directory.is_dir() {
            tracing::warn!("The path {path} is not a directory");
            return Ok(ConfigData::default());
        }
        let failed = || ConnectError::config(format!("Could not list directory {}", directory.display()));
        let mut data = BTreeMap::new();
        for entry in std::fs::read_dir(&directory).map_err(|error| failed().caused_by(error))? {
            let file = entry.map_err(|error| failed().caused_by(error))?.path();
            let Some(name) = file.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
            if file.is_file() && keys.is_none_or(|keys| keys.contains(&name)) {
                let value = std::fs::read_to_string(&file).map_err(|error| {
                    let message = format!("Could not read file {} for property {name}", file.display());
                    ConnectError::config(message).caused_by(error)
                })?;
                data.insert(name, value);
            }
        }
        Ok(ConfigData { data, ttl: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_keys_and_folders_are_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), "se\ncret\n").unwrap();
        std::fs::write(folder.path().join("user"), "me").unwrap();
        std::fs::create_dir(folder.path().join("more")).unwrap();
        let provider = DirectoryConfigProvider::configure(&ConfigMap::new()).unwrap();
        let path = folder.path().display().to_string();
        let some = provider.get(&path, Some(&["password".to_owned(), "more".to_owned()])).unwrap().data;
        assert_eq!(some, [("password".into(), "se\ncret\n".into())].into());
        assert_eq!(provider.get(&path, None).unwrap().data.len(), 2);
    }

    #[test]
    fn what_is_no_directory_has_nothing() {
        let provider = DirectoryConfigProvider::configure(&ConfigMap::new()).unwrap();
        assert_eq!(provider.get("/nowhere", None).unwrap(), ConfigData::default());
    }
}
