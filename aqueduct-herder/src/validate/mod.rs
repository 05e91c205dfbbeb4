//! Checking a connector's configuration before anything is created (`AbstractHerder.validateConnectorConfig`).
//!
//! Runs on a thread that may block: a connector's own check may look at outside systems. [`check`] asks every part of the
//! configuration, [`answer`] puts together what they say, [`secrets`] keeps the values of variables out of it, [`turns`] keeps too
//! many from being checked at once.

mod answer;
mod check;
mod secrets;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_config::connector_config;
use aqueduct_jvm::hash_order::iteration_order_of_copy;
use aqueduct_plugins::Catalogue;
use aqueduct_worker::Worker;

use crate::{ConfigInfos, HerderError, HerderErrorKind};

pub(crate) use answer::key_info;
use check::Check;
pub(crate) use turns::Turns;

type Given = BTreeMap<String, Option<String>>;

/// The classes of the exceptions that Java's REST layer, where it did not expect any, passes on as a text.
const BAD_REQUEST: &str = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException";
const BAD_CONFIG: &str = "org.apache.kafka.common.config.ConfigException";

/// Checks a configuration.
///
/// # Errors
/// When there is nothing to check against: no class, an unknown class.
pub(crate) fn validate(worker: &Worker, config: &Given) -> Result<ConfigInfos, HerderError> {
    let class = config.get(connector_config::CONNECTOR_CLASS).and_then(Option::as_deref);
    let Some(class) = class else {
        let keys: Vec<&String> = config.keys().collect();
        let in_order = iteration_order_of_copy(&keys).into_iter().map(|at| keys[at]);
        let pairs: Vec<String> =
            in_order.map(|key| format!("{key}={}", config[key].as_deref().unwrap_or("null"))).collect();
        let message = format!("Connector config {{{}}} contains no connector type", pairs.join(", "));
        return Err(HerderError::bad_request(message));
    };
    let resolved = secrets::resolved(worker, config)?;
    let class = resolved.get(connector_config::CONNECTOR_CLASS).and_then(Option::as_deref).unwrap_or(class);
    let plugin = worker.plugins().connector(class.trim()).map_err(HerderError::bad_request)?;
    let check = Check { worker, plugin, config: &resolved, catalogue: Catalogue::new(Arc::clone(worker.plugins())) };
    let mut infos = check.run(class)?;
    secrets::hide(&mut infos, config, &resolved);
    Ok(infos)
}

/// The same failure as `config/validate` shows it, which expects none.
pub(crate) fn as_validation_failure(error: HerderError) -> HerderError {
    let class = match error.kind() {
        HerderErrorKind::BadRequest => BAD_REQUEST,
        HerderErrorKind::Internal => BAD_CONFIG,
        _ => return error,
    };
    HerderError::internal(format!("{class}: {}", error.message()))
}

/// The text of a refused create or update.
pub(crate) fn refusal(infos: &ConfigInfos) -> Option<HerderError> {
    if infos.error_count == 0 {
        return None;
    }
    let mut text =
        format!("Connector configuration is invalid and contains the following {} error(s):", infos.error_count);
    for error in infos.configs.iter().flat_map(|config| &config.value.errors) {
        text.push('\n');
        text.push_str(error);
    }
    text.push_str(
        "\nYou can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    );
    Some(HerderError::bad_request(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigInfo, ConfigValueInfo};

    #[test]
    fn what_stops_a_validation_is_told_with_its_class() {
        let check = |error, expected: &str| {
            let wrapped = as_validation_failure(error);
            assert_eq!((wrapped.kind(), wrapped.message()), (HerderErrorKind::Internal, expected));
        };
        check(HerderError::bad_request("no class"), &format!("{BAD_REQUEST}: no class"));
        check(HerderError::internal("no number"), &format!("{BAD_CONFIG}: no number"));
    }

    #[test]
    fn a_refusal_lists_the_errors_in_order() {
        let config = |errors: &[&str]| ConfigInfo {
            definition: None,
            value: ConfigValueInfo {
                name: "k".to_owned(),
                value: None,
                recommended_values: Vec::new(),
                errors: errors.iter().map(|&error| error.to_owned()).collect(),
                visible: true,
            },
        };
        let infos =
            |error_count, configs| ConfigInfos { name: "c".to_owned(), error_count, groups: Vec::new(), configs };
        assert_eq!(refusal(&infos(0, vec![config(&[])])), None);
        let refused = refusal(&infos(2, vec![config(&["one"]), config(&[]), config(&["two"])])).unwrap();
        assert_eq!(
            refused.message(),
            "Connector configuration is invalid and contains the following 2 error(s):\none\ntwo\nYou can also find the \
             above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"
        );
    }
}
