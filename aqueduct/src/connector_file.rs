//! Connector files: a JSON object of texts, a JSON create request, or properties, in this order, whatever the name's ending.

use std::collections::BTreeMap;
use std::path::Path;

use aqueduct_herder::{InitialState, NewConnector};
use serde_json::{Map, Value};

/// Reads a connector file.
pub(crate) fn read(path: &Path) -> Result<NewConnector, String> {
    let shown = path.display();
    let missing_name = || format!("Connector configuration at '{shown}' is missing the mandatory 'name' configuration");
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("Connector configuration at '{shown}' cannot be read: there is no such file")
        }
        _ => format!("Connector configuration at '{shown}' cannot be read: {error}"),
    })?;
    if let Ok(Value::Object(object)) = serde_json::from_slice(&bytes) {
        if let Some(config) = flat(&object) {
            let name = config.get("name").cloned().ok_or_else(missing_name)?;
            return Ok(create(name, config, None));
        }
        return request(&object, path);
    }
    let config = crate::properties_file::parse(&bytes).map_err(|error| format!("{shown}: {error}"))?;
    let name = config.get("name").cloned().ok_or_else(missing_name)?;
    Ok(create(name, config, None))
}

fn create(name: String, config: BTreeMap<String, String>, initial_state: Option<InitialState>) -> NewConnector {
    let config = config.into_iter().map(|(key, value)| (key, Some(value))).collect();
    NewConnector { name, config, initial_state, replace: false }
}

/// The object as texts; none when a member is an object or a list.
fn flat(object: &Map<String, Value>) -> Option<BTreeMap<String, String>> {
    object
        .iter()
        .map(|(key, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            Some((key.clone(), text))
        })
        .collect()
}

/// A create request, as `POST /connectors` takes it; unknown members are ignored here.
fn request(object: &Map<String, Value>, path: &Path) -> Result<NewConnector, String> {
    let shown = path.display();
    let name = object.get("name").and_then(Value::as_str);
    let config = object.get("config").and_then(Value::as_object).and_then(flat);
    let (Some(name), Some(mut config)) = (name, config) else {
        return Err(format!(
            "Connector configuration at '{shown}' is neither a JSON object of texts nor one with 'name' and 'config'"
        ));
    };
    match config.get("name") {
        Some(other) if other != name => {
            return Err(format!(
                "Connector name configuration in 'config' doesn't match the one specified in 'name' at '{shown}'"
            ));
        }
        _ => config.insert("name".into(), name.to_owned()),
    };
    let initial_state = match object.get("initial_state") {
        None | Some(Value::Null) => None,
        Some(state) => {
            let parsed = state.as_str().and_then(InitialState::parse);
            Some(parsed.ok_or_else(|| {
                format!("Connector configuration at '{shown}': initial_state {state} is not RUNNING, PAUSED or STOPPED")
            })?)
        }
    };
    Ok(create(name.to_owned(), config, initial_state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: Result<(&str, Option<InitialState>), &str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        match (read(file.path()), expect) {
            (Ok(connector), Ok((name, state))) => {
                assert_eq!((connector.name.as_str(), connector.initial_state), (name, state), "{content}");
                assert_eq!(connector.config["name"].as_deref(), Some(name));
            }
            (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
            (outcome, _) => panic!("{content}: {outcome:?}"),
        }
    }

    #[test]
    fn the_three_forms_are_read() {
        check("name=a\nfile=b", Ok(("a", None)));
        check(r#"{"name":"a","tasks.max":1,"x":true}"#, Ok(("a", None)));
        check(r#"{"name":"a","config":{"file":"b"}}"#, Ok(("a", None)));
        check(r#"{"name":"a","config":{},"initial_state":"stopped","more":1}"#, Ok(("a", Some(InitialState::Stopped))));
    }

    #[test]
    fn mistakes_are_named() {
        check("file=b", Err("missing the mandatory 'name'"));
        check(r#"{"file":"b"}"#, Err("missing the mandatory 'name'"));
        check(r#"{"name":"a","config":{"name":"b"}}"#, Err("doesn't match"));
        check(r#"{"name":"a","config":{},"initial_state":"x"}"#, Err("initial_state"));
        check(r#"{"name":"a","config":[]}"#, Err("neither"));
    }
}
