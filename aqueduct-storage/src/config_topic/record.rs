//! The records of the config topic: keys and JSON values, as Java writes and reads them.

use std::fmt;

use aqueduct_api::ConfigMap;
use aqueduct_data::{Value, ValueMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::TargetState;
use crate::topic_json::class_of;

const TARGET_STATE: &str = "target-state-";
const CONNECTOR: &str = "connector-";
const TASK: &str = "task-";
const COMMIT: &str = "commit-";
const RESTART: &str = "restart-connector-";
const TASK_COUNT: &str = "tasks-fencing-";
const SESSION_KEY: &str = "session-key";
const LOGGER: &str = "logger-cluster-";

const PROPERTIES: &str = "properties";

/// The key that requests between workers are signed with (KIP-507).
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey {
    /// The key itself.
    pub key: Vec<u8>,
    /// The algorithm that it was made with (`HmacSHA256`, …).
    pub algorithm: String,
    /// When it was made, in milliseconds since the epoch.
    pub creation_timestamp: i64,
}

impl fmt::Debug for SessionKey {
    /// Without the key, which is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKey")
            .field("algorithm", &self.algorithm)
            .field("creation_timestamp", &self.creation_timestamp)
            .finish_non_exhaustive()
    }
}

/// The wish to restart a connector and perhaps its tasks (KIP-745).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RestartRequest {
    /// The connector.
    pub connector: String,
    /// Whether only failed instances are meant.
    pub only_failed: bool,
    /// Whether its tasks are meant, too.
    pub include_tasks: bool,
}

impl RestartRequest {
    /// How much it asks for, from 0 to 3: of two requests for a connector the one with the higher rank is carried out.
    pub fn rank(&self) -> u8 {
        u8::from(self.include_tasks) + 2 * u8::from(!self.only_failed)
    }

    /// Whether this one is to be carried out rather than `other`.
    pub fn outranks(&self, other: &RestartRequest) -> bool {
        self.rank() > other.rank()
    }
}

impl fmt::Display for RestartRequest {
    /// As Java's messages show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connector, only_failed, include_tasks } = self;
        write!(
            f,
            "restart request for {{connectorName='{connector}', onlyFailed={only_failed}, includeTasks={include_tasks}}}"
        )
    }
}

/// A record of the config topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigRecord {
    /// A connector's configuration; none when it was deleted.
    Connector(String, Option<ConfigMap>),
    /// The state that a connector is to be in; none when it was deleted.
    TargetState(String, Option<TargetState>),
    /// The configuration of a task, which holds from the next commit on.
    Task(String, u32, ConfigMap),
    /// The end of a set of task configurations, and their number.
    Commit(String, u32),
    /// A restart request.
    Restart(RestartRequest),
    /// How many tasks' producers have to be fenced before the next set of tasks may begin (KIP-618).
    TaskCount(String, u32),
    /// A session key.
    SessionKey(SessionKey),
    /// A logger and its level.
    Logger(String, String),
}

impl ConfigRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// Why it means nothing.
    pub(crate) fn parse(key: &str, value: &Value) -> Result<Self, String> {
        // The order of the prefixes is Java's.
        if let Some(name) = key.strip_prefix(TARGET_STATE) {
            return target_state(name, value).map(|state| Self::TargetState(name.into(), state));
        }
        if let Some(name) = key.strip_prefix(CONNECTOR) {
            if value.is_null() {
                return Ok(Self::Connector(name.into(), None));
            }
            let map = value.as_map().ok_or_else(|| {
                let class = class_of(Some(value));
                format!("Ignoring configuration for connector '{name}' because it is in the wrong format: {class}")
            })?;
            let config = properties(map).map_err(|found| {
                format!(
                    "Invalid data for config for connector '{name}': 'properties' field should be a Map but is {found}"
                )
            })?;
            return Ok(Self::Connector(name.into(), Some(config)));
        }
        if let Some(id) = key.strip_prefix(TASK) {
            return task(key, id, value);
        }
        if let Some(name) = key.strip_prefix(COMMIT) {
            let tasks = value.as_map().map(|map| count(map, "tasks")).ok_or_else(|| {
                format!(
                    "Ignoring connector tasks configuration commit for connector '{name}' because it is in the wrong \
                     format: {}",
                    class_of(Some(value))
                )
            })??;
            return Ok(Self::Commit(name.into(), tasks));
        }
        if let Some(name) = key.strip_prefix(RESTART) {
            let map = value.as_map().ok_or_else(|| {
                format!("Ignoring restart request because the value is not a Map but is {}", class_of(Some(value)))
            })?;
            let flag = |field| flag(map, field);
            let (only_failed, include_tasks) = (flag("only-failed"), flag("include-tasks"));
            return Ok(Self::Restart(RestartRequest { connector: name.into(), only_failed, include_tasks }));
        }
        if let Some(name) = key.strip_prefix(TASK_COUNT) {
            let tasks = value.as_map().map(|map| count(map, "task-count")).ok_or_else(|| {
                format!(
                    "Ignoring task count record for connector '{name}' because it is in the wrong format: {}",
                    class_of(Some(value))
                )
            })??;
            return Ok(Self::TaskCount(name.into(), tasks));
        }
        if key == SESSION_KEY {
            return session_key(value).map(Self::SessionKey);
        }
        if let Some(logger) = key.strip_prefix(LOGGER) {
            return logger_level(logger, value).map(|level| Self::Logger(logger.into(), level));
        }
        Err(format!("Discarding config update record with invalid key: {key}"))
    }

    /// The record's key.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Connector(name, _) => format!("{CONNECTOR}{name}"),
            Self::TargetState(name, _) => format!("{TARGET_STATE}{name}"),
            Self::Task(name, task, _) => format!("{TASK}{name}-{task}"),
            Self::Commit(name, _) => format!("{COMMIT}{name}"),
            Self::Restart(request) => format!("{RESTART}{}", request.connector),
            Self::TaskCount(name, _) => format!("{TASK_COUNT}{name}"),
            Self::SessionKey(_) => SESSION_KEY.into(),
            Self::Logger(logger, _) => format!("{LOGGER}{logger}"),
        }
    }

    /// The record's value; none for a tombstone. Members are in the order of Java's schemas.
    pub(crate) fn value(&self) -> Option<ValueMap> {
        Some(match self {
            Self::Connector(_, None) | Self::TargetState(_, None) => return None,
            Self::Connector(_, Some(config)) | Self::Task(_, _, config) => {
                let properties: ValueMap = config.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                ValueMap::from_iter([(PROPERTIES, properties)])
            }
            Self::TargetState(_, Some(state)) => {
                // Workers before 3.5 read `state`, and know no STOPPED.
                let old = if *state == TargetState::Stopped { TargetState::Paused } else { *state };
                ValueMap::from_iter([("state", old.name()), ("state.v2", state.name())])
            }
            Self::Commit(_, tasks) => ValueMap::from_iter([("tasks", i64::from(*tasks))]),
            Self::Restart(request) => {
                ValueMap::from_iter([("include-tasks", request.include_tasks), ("only-failed", request.only_failed)])
            }
            Self::TaskCount(_, tasks) => ValueMap::from_iter([("task-count", i64::from(*tasks))]),
            Self::SessionKey(key) => ValueMap::from_iter([
                ("key", Value::from(BASE64.encode(&key.key))),
                ("algorithm", key.algorithm.as_str().into()),
                ("creation-timestamp", key.creation_timestamp.into()),
            ]),
            Self::Logger(_, level) => ValueMap::from_iter([("level", level.as_str())]),
        })
    }
}

fn target_state(name: &str, value: &Value) -> Result<Option<TargetState>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let map = value.as_map().ok_or_else(|| {
        format!(
            "Ignoring target state for connector '{name}' because it is in the wrong format: {}",
            class_of(Some(value))
        )
    })?;
    // Only workers from 3.5 on write the second one, and it says more.
    let field = if map.get_str("state.v2").is_some_and(|state| !state.is_null()) { "state.v2" } else { "state" };
    let state = map.get_str(field).and_then(Value::as_str).ok_or_else(|| {
        let class = class_of(map.get_str(field));
        format!(
            "Invalid data for target state for connector '{name}': '{field}' field should be a String but is {class}"
        )
    })?;
    [TargetState::Started, TargetState::Paused, TargetState::Stopped]
        .into_iter()
        .find(|known| known.name() == state)
        .map(Some)
        .ok_or_else(|| format!("Invalid target state for connector '{name}': {state}"))
}

fn task(key: &str, id: &str, value: &Value) -> Result<ConfigRecord, String> {
    let id = id.rsplit_once('-').and_then(|(name, task)| Some((name, task.parse::<u32>().ok()?)));
    let (name, task) =
        id.ok_or_else(|| format!("Ignoring task configuration because {key} couldn't be parsed as a task config key"))?;
    if value.is_null() {
        return Err(format!("Ignoring task configuration for task {name}-{task} because it is unexpectedly null"));
    }
    let map = value.as_map().ok_or_else(|| {
        let class = class_of(Some(value));
        format!("Ignoring task configuration for task {name}-{task} because the value is not a Map but is {class}")
    })?;
    let config = properties(map).map_err(|found| {
        format!("Invalid data for config of task {name}-{task} 'properties' field should be a Map but is {found}")
    })?;
    Ok(ConfigRecord::Task(name.into(), task, config))
}

/// The configuration in a record, or what is there in its place. Texts are what workers write; what else a foreign hand put
/// there counts as its text, and a null as absent.
fn properties(map: &ValueMap) -> Result<ConfigMap, String> {
    let properties = map.get_str(PROPERTIES);
    let Some(properties) = properties.and_then(Value::as_map) else { return Err(class_of(properties)) };
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        other => Some(other.as_i64().map_or_else(|| format!("{other:?}"), |number| number.to_string())),
    };
    Ok(properties.iter().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), text(value)?))).collect())
}

fn count(map: &ValueMap, field: &str) -> Result<u32, String> {
    let number = map.get_str(field).and_then(Value::as_i64);
    let number = number.ok_or_else(|| "Expected integer value to be either Integer or Long".to_owned())?;
    Ok(u32::try_from(number).unwrap_or(0))
}

fn flag(map: &ValueMap, field: &str) -> bool {
    match map.get_str(field) {
        Some(Value::Boolean(flag)) => *flag,
        other => {
            tracing::warn!(
                "Invalid data for restart request '{field}' field should be a Boolean but is {}, defaulting to false",
                class_of(other)
            );
            false
        }
    }
}

fn session_key(value: &Value) -> Result<SessionKey, String> {
    if value.is_null() {
        return Err("Ignoring session key because it is unexpectedly null".into());
    }
    let map = value.as_map().ok_or_else(|| {
        format!("Ignoring session key because the value is not a Map but is {}", class_of(Some(value)))
    })?;
    let text = |field: &str, is: &str| {
        map.get_str(field).and_then(Value::as_str).ok_or_else(|| {
            let class = class_of(map.get_str(field));
            format!("Invalid data for session key '{field}' field should be a String but {is} {class}")
        })
    };
    let (key, algorithm) = (text("key", "is")?, text("algorithm", "it is")?);
    let timestamp = map.get_str("creation-timestamp");
    let creation_timestamp = timestamp.and_then(Value::as_i64).ok_or_else(|| {
        let class = class_of(timestamp);
        format!("Invalid data for session key 'creation-timestamp' field should be a long but it is {class}")
    })?;
    let key = BASE64.decode(key).map_err(|error| format!("Ignoring session key because it is no Base64: {error}"))?;
    Ok(SessionKey { key, algorithm: algorithm.into(), creation_timestamp })
}

fn logger_level(logger: &str, value: &Value) -> Result<String, String> {
    if value.is_null() {
        return Err(format!("Ignoring logging level for namespace {logger} because it is unexpectedly null"));
    }
    let map = value.as_map().ok_or_else(|| {
        let class = class_of(Some(value));
        format!("Ignoring logging level for namespace {logger} because the value is not a Map but is {class}")
    })?;
    let level = map.get_str("level").and_then(Value::as_str).ok_or_else(|| {
        let class = class_of(map.get_str("level"));
        format!("Invalid data for logging level key 'level' field with namespace {logger}; should be a String but it is {class}")
    })?;
    Ok(level.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic_json::TopicJson;

    fn config(pairs: &[(&str, &str)]) -> ConfigMap {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    /// The record is written as this key and value, and read back from them.
    fn check(record: ConfigRecord, key: &str, value: &str) {
        let json = TopicJson::new();
        let bytes = record.value().map(|value| json.write(value));
        assert_eq!(record.key(), key);
        assert_eq!(bytes.as_deref(), (value != "null").then_some(value.as_bytes()), "{key}");
        assert_eq!(ConfigRecord::parse(key, &json.read(bytes).unwrap()), Ok(record));
    }

    #[test]
    fn records_are_those_of_a_java_worker() {
        // Dumped from topics of a Java cluster.
        check(
            ConfigRecord::SessionKey(SessionKey {
                key: BASE64.decode("W/oLpZ4JRTwrR9CWaEr1jBGx8BqgFLXXccvGEs7JcdA=").unwrap(),
                algorithm: "HmacSHA256".into(),
                creation_timestamp: 1_795_394_628_156,
            }),
            "session-key",
            r#"{"key":"W/oLpZ4JRTwrR9CWaEr1jBGx8BqgFLXXccvGEs7JcdA=","algorithm":"HmacSHA256","creation-timestamp":1795394628156}"#,
        );
        check(
            ConfigRecord::Connector("first".into(), Some(config(&[("file", "in.txt"), ("name", "first")]))),
            "connector-first",
            r#"{"properties":{"file":"in.txt","name":"first"}}"#,
        );
        check(
            ConfigRecord::Task("first".into(), 0, config(&[("file", "in.txt"), ("task.class", "a.Task")])),
            "task-first-0",
            r#"{"properties":{"file":"in.txt","task.class":"a.Task"}}"#,
        );
        check(ConfigRecord::Commit("first".into(), 1), "commit-first", r#"{"tasks":1}"#);
        check(ConfigRecord::TaskCount("first".into(), 1), "tasks-fencing-first", r#"{"task-count":1}"#);
        check(
            ConfigRecord::Restart(RestartRequest {
                connector: "first".into(),
                only_failed: false,
                include_tasks: true,
            }),
            "restart-connector-first",
            r#"{"include-tasks":true,"only-failed":false}"#,
        );
        let target_state = |state| ConfigRecord::TargetState("first".into(), state);
        let key = "target-state-first";
        check(target_state(Some(TargetState::Paused)), key, r#"{"state":"PAUSED","state.v2":"PAUSED"}"#);
        check(target_state(Some(TargetState::Stopped)), key, r#"{"state":"PAUSED","state.v2":"STOPPED"}"#);
        check(target_state(Some(TargetState::Started)), key, r#"{"state":"STARTED","state.v2":"STARTED"}"#);
        check(
            ConfigRecord::Logger("some.logger".into(), "DEBUG".into()),
            "logger-cluster-some.logger",
            r#"{"level":"DEBUG"}"#,
        );
        check(ConfigRecord::Connector("second".into(), None), "connector-second", "null");
        check(ConfigRecord::TargetState("second".into(), None), "target-state-second", "null");
    }

    #[test]
    fn names_may_hold_anything() {
        check(ConfigRecord::Task("a-1".into(), 12, ConfigMap::new()), "task-a-1-12", r#"{"properties":{}}"#);
        check(ConfigRecord::Commit("task-é".into(), 0), "commit-task-é", r#"{"tasks":0}"#);
    }

    fn parse(key: &str, value: &str) -> Result<ConfigRecord, String> {
        ConfigRecord::parse(key, &TopicJson::new().read(Some(value.to_owned().into())).unwrap())
    }

    #[test]
    fn target_states_of_older_workers_are_read() {
        let check = |value: &str, expect: Result<TargetState, &str>| {
            let state = match parse("target-state-c", value) {
                Ok(ConfigRecord::TargetState(_, state)) => Ok(state.unwrap()),
                Ok(other) => panic!("{other:?}"),
                Err(why) => Err(why),
            };
            assert_eq!(state, expect.map_err(str::to_owned), "{value}");
        };
        check(r#"{"state":"STARTED"}"#, Ok(TargetState::Started));
        check(r#"{"state":"STOPPED"}"#, Ok(TargetState::Stopped));
        check(r#"{"state":"STARTED","state.v2":null}"#, Ok(TargetState::Started));
        check(r#"{"state":"PAUSED","state.v2":"STOPPED"}"#, Ok(TargetState::Stopped));
        check(r#"{"state":"started"}"#, Err("Invalid target state for connector 'c': started"));
        check(r#"{"state":"PAUSED","state.v2":"X"}"#, Err("Invalid target state for connector 'c': X"));
        check(
            "{}",
            Err("Invalid data for target state for connector 'c': 'state' field should be a String but is null"),
        );
        check(
            r#"{"state":"PAUSED","state.v2":1}"#,
            Err("Invalid data for target state for connector 'c': 'state.v2' field should be a String but is class \
                 java.lang.Long"),
        );
    }

    #[test]
    fn what_is_no_record_is_told() {
        let check = |key: &str, value: &str, expect: &str| assert_eq!(parse(key, value), Err(expect.to_owned()));
        check("other-key", "{}", "Discarding config update record with invalid key: other-key");
        check("session-key-2", "{}", "Discarding config update record with invalid key: session-key-2");
        check(
            "connector-c",
            "[]",
            "Ignoring configuration for connector 'c' because it is in the wrong format: class java.util.ArrayList",
        );
        check(
            "connector-c",
            r#"{"properties":"x"}"#,
            "Invalid data for config for connector 'c': 'properties' field should be a Map but is class java.lang.String",
        );
        check("task-c", "{}", "Ignoring task configuration because task-c couldn't be parsed as a task config key");
        check("task-c-x", "{}", "Ignoring task configuration because task-c-x couldn't be parsed as a task config key");
        check("task-c-0", "null", "Ignoring task configuration for task c-0 because it is unexpectedly null");
        check("task-c-0", "{}", "Invalid data for config of task c-0 'properties' field should be a Map but is null");
        check("commit-c", "{}", "Expected integer value to be either Integer or Long");
        check(
            "commit-c",
            "null",
            "Ignoring connector tasks configuration commit for connector 'c' because it is in the wrong format: null",
        );
        check(
            "tasks-fencing-c",
            "1",
            "Ignoring task count record for connector 'c' because it is in the wrong format: class java.lang.Long",
        );
        check("restart-connector-c", "null", "Ignoring restart request because the value is not a Map but is null");
        check("session-key", "null", "Ignoring session key because it is unexpectedly null");
        check(
            "session-key",
            r#"{"key":"aa==","algorithm":5}"#,
            "Invalid data for session key 'algorithm' field should be a String but it is class java.lang.Long",
        );
        check(
            "logger-cluster-l",
            "{}",
            "Invalid data for logging level key 'level' field with namespace l; should be a String but it is null",
        );
    }

    #[test]
    fn flags_that_are_no_booleans_count_as_false() {
        let request = parse("restart-connector-c", r#"{"only-failed":"true"}"#).unwrap();
        let expect = RestartRequest { connector: "c".into(), only_failed: false, include_tasks: false };
        assert_eq!(request, ConfigRecord::Restart(expect));
    }

    #[test]
    fn the_request_that_asks_for_more_wins() {
        let rank =
            |only_failed, include_tasks| RestartRequest { connector: "c".into(), only_failed, include_tasks }.rank();
        assert_eq!([rank(true, false), rank(true, true), rank(false, false), rank(false, true)], [0, 1, 2, 3]);
    }

    #[test]
    fn a_session_key_is_not_shown() {
        let key = SessionKey { key: b"secret".to_vec(), algorithm: "HmacSHA256".into(), creation_timestamp: 5 };
        assert_eq!(format!("{key:?}"), r#"SessionKey { algorithm: "HmacSHA256", creation_timestamp: 5, .. }"#);
    }
}
