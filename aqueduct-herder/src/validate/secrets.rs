//! Variables in a configuration that is checked: what is checked are the values, what is shown are the variables.

use aqueduct_worker::Worker;

use super::Given;
use crate::herder::present;
use crate::{ConfigInfos, HerderError};

/// The configuration with the values of its variables.
pub(super) fn resolved(worker: &Worker, config: &Given) -> Result<Given, HerderError> {
    let values = worker.resolved(&present(config)).map_err(|error| HerderError::internal(error.to_string()))?;
    Ok(config.iter().map(|(key, value)| (key.clone(), value.as_ref().and_then(|_| values.get(key).cloned()))).collect())
}

/// Shows variables instead of what they stand for, which Java does not: the answer goes to whoever asks.
pub(super) fn hide(infos: &mut ConfigInfos, given: &Given, resolved: &Given) {
    for (key, given) in given {
        let (Some(given), Some(Some(secret))) = (given, resolved.get(key)) else { continue };
        if given == secret || secret.is_empty() {
            continue;
        }
        for config in &mut infos.configs {
            if config.value.name == *key {
                config.value.value = Some(given.clone());
            }
            for error in &mut config.value.errors {
                *error = error.replace(secret.as_str(), given);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigInfo, ConfigValueInfo};

    fn given(value: &str) -> Given {
        [("password".to_owned(), Some(value.to_owned())), ("user".to_owned(), Some("me".to_owned()))].into()
    }

    #[test]
    fn neither_values_nor_errors_show_what_a_variable_stands_for() {
        let value = |name: &str, value: &str, errors: &[&str]| ConfigInfo {
            definition: None,
            value: ConfigValueInfo {
                name: name.to_owned(),
                value: Some(value.to_owned()),
                recommended_values: Vec::new(),
                errors: errors.iter().map(|&error| error.to_owned()).collect(),
                visible: true,
            },
        };
        let configs = vec![
            value("password", "s3cret", &["Invalid value s3cret for configuration password"]),
            value("user", "me", &[]),
        ];
        let mut infos = ConfigInfos { name: "c".to_owned(), error_count: 1, groups: Vec::new(), configs };
        hide(&mut infos, &given("${f:p:k}"), &given("s3cret"));
        assert!(!format!("{infos:?}").contains("s3cret"), "{infos:?}");
        assert_eq!(infos.configs[0].value.value.as_deref(), Some("${f:p:k}"));
        assert_eq!(infos.configs[1].value.value.as_deref(), Some("me"));
    }
}
