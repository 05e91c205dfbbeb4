//! `FileConfigProvider`: the keys of a properties file in UTF-8.

use std::collections::BTreeMap;

use aqueduct_api::{ConfigData, ConfigMap, ConfigProvider, ConnectError};
use aqueduct_jvm::properties;

use crate::allowed_paths::AllowedPaths;

/// Reads properties files; the path of a variable is that of the file.
pub(crate) struct FileConfigProvider(AllowedPaths);

impl FileConfigProvider {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        AllowedPaths::configure(props).map(Self)
    }
}

impl ConfigProvider for FileConfigProvider {
    fn get(&self, path: &str, keys: Option<&[String]>) -> Result<ConfigData, ConnectError> {
        if path.is_empty() {
            return Ok(ConfigData::default());
        }
        let Some(file) = self.0.check(path) else {
            return Ok(ConfigData::default());
        };
        let failed = || ConnectError::config(format!("Could not read properties from file {path}"));
        let text = std::fs::read_to_string(&file).map_err(|error| failed().caused_by(error))?;
        let all = properties::load_text(&text)
            .map_err(|error| failed().caused_by(ConnectError::config(error.to_string())))?;
        let wanted = |key: &String| keys.is_none_or(|keys| keys.contains(key));
        let data: BTreeMap<String, String> = all.into_iter().filter(|(key, _)| wanted(key)).collect();
        Ok(ConfigData { data, ttl: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_file_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.properties");
        std::fs::write(&file, "# secret\nuser = jörg\npassword=a\\u0041\\\n  b\nother:x\n").unwrap();
        let provider = FileConfigProvider::configure(&ConfigMap::new()).unwrap();
        let path = file.display().to_string();
        let keys = ["user".to_owned(), "password".to_owned(), "missing".to_owned()];
        let some = provider.get(&path, Some(&keys)).unwrap().data;
        assert_eq!(some, [("password".into(), "aAb".into()), ("user".into(), "jörg".into())].into());
        assert_eq!(provider.get(&path, None).unwrap().data.len(), 3);
        assert_eq!(provider.get("", None).unwrap(), ConfigData::default());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_that_names_it() {
        let provider = FileConfigProvider::configure(&ConfigMap::new()).unwrap();
        let error = provider.get("/nowhere/at.all", None).unwrap_err();
        assert_eq!(error.message(), Some("Could not read properties from file /nowhere/at.all"));
    }

    #[test]
    fn a_file_elsewhere_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.properties");
        std::fs::write(&file, "a=b\n").unwrap();
        let allowed = tempfile::tempdir().unwrap();
        let props = [("allowed.paths".to_owned(), allowed.path().display().to_string())].into();
        let provider = FileConfigProvider::configure(&props).unwrap();
        assert_eq!(provider.get(&file.display().to_string(), None).unwrap(), ConfigData::default());
    }
}
