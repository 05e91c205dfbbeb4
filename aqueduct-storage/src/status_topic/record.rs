//! The records of the status topic: keys and JSON values, as Java writes and reads them.

use aqueduct_data::{Value, ValueMap};

use crate::{Status, StatusState};

const CONNECTOR: &str = "status-connector-";
const TASK: &str = "status-task-";
const TOPIC: &str = "status-topic-";
const TOPIC_CONNECTOR: &str = ":connector-";

/// What a status is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A connector.
    Connector(String),
    /// A task of a connector.
    Task(String, u32),
    /// The use of a topic by a connector.
    Topic {
        /// The topic.
        topic: String,
        /// The connector.
        connector: String,
    },
}

impl Subject {
    /// What a key is about.
    ///
    /// # Errors
    /// Why it is no key.
    pub(super) fn parse(key: &str) -> Result<Self, String> {
        if let Some(name) = key.strip_prefix(CONNECTOR) {
            if name.is_empty() {
                return Err(format!("Discarding record with invalid connector status key {key}"));
            }
            return Ok(Self::Connector(name.into()));
        }
        if let Some(id) = key.strip_prefix(TASK) {
            let parts = id.rsplit_once('-').and_then(|(name, task)| Some((name, task.parse().ok()?)));
            let (name, task) = parts.ok_or_else(|| format!("Discarding record with invalid task status key {key}"))?;
            return Ok(Self::Task(name.into(), task));
        }
        if let Some(rest) = key.strip_prefix(TOPIC) {
            // A topic's name holds no colon; a connector's may.
            let (topic, connector) = rest
                .split_once(':')
                .and_then(|(topic, rest)| Some((topic, rest.strip_prefix(&TOPIC_CONNECTOR[1..])?)))
                .ok_or_else(|| format!("Discarding record with invalid topic status key {key}"))?;
            if topic.is_empty() {
                return Err(format!("Discarding record with invalid topic status key containing empty topic {key}"));
            }
            if connector.is_empty() {
                return Err(format!(
                    "Discarding record with invalid topic status key containing empty connector {key}"
                ));
            }
            return Ok(Self::Topic { topic: topic.into(), connector: connector.into() });
        }
        Err(format!("Discarding record with invalid key {key}"))
    }

    /// The key.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Connector(name) => format!("{CONNECTOR}{name}"),
            Self::Task(name, task) => format!("{TASK}{name}-{task}"),
            Self::Topic { topic, connector } => format!("{TOPIC}{topic}{TOPIC_CONNECTOR}{connector}"),
        }
    }
}

/// The value of a connector's or task's record; members are in the order of Java's schema.
pub(super) fn status_value(generation: i32, status: &Status) -> ValueMap {
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    ValueMap::from_iter([
        ("state", Value::from(status.state.name())),
        ("trace", text(&status.trace)),
        ("worker_id", status.worker_id.as_str().into()),
        ("generation", generation.into()),
        ("version", text(&status.version)),
    ])
}

/// The generation and the status in a value.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse_status(value: &Value) -> Result<(i32, Status), String> {
    let map = value.as_map().ok_or("it is no map")?;
    let text = |field: &str| match map.get_str(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())).ok_or(format!("{field} is no text")),
    };
    let state = text("state")?.ok_or("it has no state")?;
    let state = StatusState::of_name(&state).ok_or(format!("there is no state {state}"))?;
    let generation = map.get_str("generation").and_then(Value::as_i64).ok_or("it has no generation")?;
    let generation = i32::try_from(generation).map_err(|_| "its generation is no 32-bit number")?;
    let worker_id = text("worker_id")?.unwrap_or_default();
    Ok((generation, Status { state, worker_id, trace: text("trace")?, version: text("version")? }))
}

/// The value of a topic's record; the time is in milliseconds since the epoch.
pub(super) fn topic_value(topic: &str, connector: &str, task: u32, discovered: i64) -> ValueMap {
    let status = ValueMap::from_iter([
        ("name", Value::from(topic)),
        ("connector", connector.into()),
        ("task", i64::from(task).into()),
        ("discoverTimestamp", discovered.into()),
    ]);
    ValueMap::from_iter([("topic", status)])
}

/// Whether a value is one of a topic's record.
pub(super) fn is_topic_value(value: &Value) -> bool {
    value.as_map().and_then(|map| map.get_str("topic")).is_some_and(|topic| topic.as_map().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic_json::TopicJson;

    fn json(map: ValueMap) -> String {
        String::from_utf8(TopicJson::new().write(map).to_vec()).unwrap()
    }

    fn read(text: &str) -> Value {
        TopicJson::new().read(Some(text.to_owned().into())).unwrap()
    }

    #[test]
    fn keys_are_those_of_a_java_worker() {
        let check = |subject: Subject, key: &str| {
            assert_eq!(subject.key(), key);
            assert_eq!(Subject::parse(key), Ok(subject));
        };
        check(Subject::Connector("first".into()), "status-connector-first");
        check(Subject::Task("fourth".into(), 0), "status-task-fourth-0");
        check(Subject::Task("a-1".into(), 12), "status-task-a-1-12");
        let topic = |topic: &str, connector: &str| Subject::Topic { topic: topic.into(), connector: connector.into() };
        check(topic("t-sessioned", "first"), "status-topic-t-sessioned:connector-first");
        check(topic("t", "a:connector-b"), "status-topic-t:connector-a:connector-b");
    }

    #[test]
    fn what_is_no_key_is_told() {
        let check = |key: &str, expect: &str| assert_eq!(Subject::parse(key), Err(expect.replace("{}", key)));
        check("status-connector-", "Discarding record with invalid connector status key {}");
        check("status-task-c", "Discarding record with invalid task status key {}");
        check("status-task-c-x", "Discarding record with invalid task status key {}");
        check("status-topic-t", "Discarding record with invalid topic status key {}");
        check("status-topic-:connector-c", "Discarding record with invalid topic status key containing empty topic {}");
        check(
            "status-topic-t:connector-",
            "Discarding record with invalid topic status key containing empty connector {}",
        );
        check("connector-c", "Discarding record with invalid key {}");
    }

    #[test]
    fn values_are_those_of_a_java_worker() {
        let check = |generation, status: Status, value: &str| {
            assert_eq!(json(status_value(generation, &status)), value);
            assert_eq!(parse_status(&read(value)), Ok((generation, status)));
        };
        check(
            2,
            Status {
                state: StatusState::Running,
                worker_id: "127.0.0.1:30231".into(),
                trace: None,
                version: Some("4.3.1".into()),
            },
            r#"{"state":"RUNNING","trace":null,"worker_id":"127.0.0.1:30231","generation":2,"version":"4.3.1"}"#,
        );
        check(
            11,
            Status {
                state: StatusState::Failed,
                worker_id: "127.0.0.1:30232".into(),
                trace: Some("a.B: \"x\"\n\tat y\u{1}é\n".into()),
                version: None,
            },
            "{\"state\":\"FAILED\",\"trace\":\"a.B: \\\"x\\\"\\n\\tat y\\u0001é\\n\",\"worker_id\":\"127.0.0.1:30232\",\
             \"generation\":11,\"version\":null}",
        );
        assert_eq!(
            json(topic_value("t-sessioned", "first", 0, 1_795_394_629_407)),
            r#"{"topic":{"name":"t-sessioned","connector":"first","task":0,"discoverTimestamp":1795394629407}}"#
        );
    }

    #[test]
    fn records_of_older_workers_have_no_version() {
        let status =
            parse_status(&read(r#"{"state":"PAUSED","trace":null,"worker_id":"w","generation":1}"#)).unwrap().1;
        assert_eq!((status.state, status.version), (StatusState::Paused, None));
    }

    #[test]
    fn what_is_no_status_is_told() {
        let check = |value: &str, expect: &str| assert_eq!(parse_status(&read(value)), Err(expect.to_owned()));
        check("[]", "it is no map");
        check("{}", "it has no state");
        check(r#"{"state":"X"}"#, "there is no state X");
        check(r#"{"state":"RUNNING","worker_id":"w"}"#, "it has no generation");
        check(r#"{"state":"RUNNING","generation":1,"worker_id":5}"#, "worker_id is no text");
        assert!(!is_topic_value(&read(r#"{"topic":5}"#)) && is_topic_value(&read(r#"{"topic":{}}"#)));
    }
}
