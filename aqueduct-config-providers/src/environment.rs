//! `EnvVarConfigProvider`: the environment of the worker (KIP-887).

use std::collections::BTreeMap;

use aqueduct_api::{ConfigData, ConfigMap, ConfigProvider, ConnectError};
use aqueduct_jvm::regex::JavaRegex;

const ALLOWLIST_PATTERN: &str = "allowlist.pattern";

/// Reads the environment as it was when the provider was made; variables have no path.
pub(crate) struct EnvVarConfigProvider {
    variables: BTreeMap<String, String>,
}

impl EnvVarConfigProvider {
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        // What is no text cannot be the value of a configuration.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::of(props, environment)
    }

    fn of(props: &ConfigMap, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConnectError> {
        let Some(pattern) = props.get(ALLOWLIST_PATTERN) else {
            return Ok(Self { variables: environment.collect() });
        };
        let allowed = JavaRegex::new(pattern).map_err(|error| {
            ConnectError::config(format!("Invalid value {pattern} for configuration {ALLOWLIST_PATTERN}: {error}"))
        })?;
        let mut variables = BTreeMap::new();
        for (name, value) in environment {
            if allowed.try_matches(&name).map_err(|error| ConnectError::config(error.to_string()))? {
                variables.insert(name, value);
            }
        }
        Ok(Self { variables })
    }
}

impl ConfigProvider for EnvVarConfigProvider {
    fn get(&self, path: &str, keys: Option<&[String]>) -> Result<ConfigData, ConnectError> {
        if !path.is_empty() {
            return Err(ConnectError::config(format!(
                "Path is not supported for EnvVarConfigProvider, invalid value '{path}'"
            )));
        }
        let wanted = |name: &String| keys.is_none_or(|keys| keys.contains(name));
        let found = self.variables.iter().filter(|(name, _)| wanted(name));
        Ok(ConfigData { data: found.map(|(name, value)| (name.clone(), value.clone())).collect(), ttl: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(pattern: Option<&str>) -> Result<EnvVarConfigProvider, ConnectError> {
        let props = pattern.map(|pattern| (ALLOWLIST_PATTERN.to_owned(), pattern.to_owned())).into_iter().collect();
        let environment = [("DB_USER", "me"), ("DB_PASSWORD", "secret"), ("HOME", "/home")];
        EnvVarConfigProvider::of(&props, environment.into_iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn variables_are_answered() {
        let keys = ["DB_USER".to_owned(), "MISSING".to_owned()];
        let data = provider(None).unwrap().get("", Some(&keys)).unwrap().data;
        assert_eq!(data, [("DB_USER".into(), "me".into())].into());
    }

    #[test]
    fn only_allowed_variables_are_there() {
        assert_eq!(provider(Some("DB_.*")).unwrap().get("", None).unwrap().data.len(), 2);
        assert_eq!(provider(Some("DB_")).unwrap().get("", None).unwrap().data.len(), 0);
        assert!(provider(Some("(")).is_err());
    }

    #[test]
    fn a_path_is_refused() {
        let error = provider(None).unwrap().get("x", None).unwrap_err();
        assert_eq!(error.message(), Some("Path is not supported for EnvVarConfigProvider, invalid value 'x'"));
    }
}
