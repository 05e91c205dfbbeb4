//! Whole histories of the config topic, and what becomes of them.

use aqueduct_data::Value;

use super::ConfigEvent::{ConnectorConfigRemoved, ConnectorConfigUpdated, TargetStateChanged};
use super::state::ConfigState;
use super::{ClusterConfigState, ConfigEvent};
use crate::TargetState;
use crate::topic_json::TopicJson;

/// A state, and everything that was told about it.
#[derive(Default)]
struct History {
    state: ConfigState,
    next: i64,
    events: Vec<ConfigEvent>,
}

impl History {
    fn of(records: &[(&str, &str)]) -> Self {
        let mut history = Self::default();
        for (key, value) in records {
            history.read(key, value);
        }
        history
    }

    fn read(&mut self, key: &str, value: &str) -> Option<ConfigEvent> {
        let value = TopicJson::new().read(Some(value.to_owned().into()));
        let event = self.state.apply(self.next, Some(key.as_bytes()), value);
        self.next += 1;
        self.events.extend(event.clone());
        event
    }

    fn now(&self) -> ClusterConfigState {
        (*self.state.snapshot()).clone()
    }
}

fn tasks_updated(connector: &str, tasks: &[u32]) -> ConfigEvent {
    ConfigEvent::TaskConfigsUpdated { connector: connector.into(), tasks: tasks.to_vec() }
}

fn properties(value: &str) -> String {
    format!(r#"{{"properties":{{"k":"{value}"}}}}"#)
}

const CONNECTOR: (&str, &str) = ("connector-c", r#"{"properties":{"name":"c"}}"#);

/// The values of `k` in the task configurations that hold.
fn task_values(state: &ClusterConfigState, connector: &str) -> Vec<String> {
    state.task_configs(connector).iter().map(|config| config["k"].clone()).collect()
}

#[test]
fn an_empty_topic_is_at_minus_one() {
    let state = History::default().now();
    assert_eq!((state.offset(), state.connectors().count()), (-1, 0));
    assert_eq!((state.task_count("c"), state.tasks("c"), state.target_state("c")), (0, 0..0, None));
}

#[test]
fn a_connector_begins_started_unless_a_state_was_written_before() {
    let state = History::of(&[CONNECTOR]).now();
    assert_eq!(state.target_state("c"), Some(TargetState::Started));
    assert_eq!(state.connectors().collect::<Vec<_>>(), ["c"]);
    let state = History::of(&[("target-state-c", r#"{"state":"PAUSED","state.v2":"STOPPED"}"#), CONNECTOR]).now();
    assert_eq!(state.target_state("c"), Some(TargetState::Stopped));
}

#[test]
fn the_offset_is_one_past_the_last_record_even_if_it_means_nothing() {
    let mut history = History::of(&[CONNECTOR, ("nonsense", "{}"), ("commit-c", "[]")]);
    assert_eq!(history.now().offset(), 3);
    // One whose value is no JSON does not count.
    assert_eq!(history.state.apply(3, Some(b"connector-c"), TopicJson::new().read(Some("{".into()))), None);
    assert_eq!(history.now().offset(), 3);
    assert_eq!(history.state.apply(4, None, Ok(Value::Null)), None);
    assert_eq!(history.now().offset(), 5);
}

#[test]
fn task_configurations_wait_for_their_commit() {
    let mut history = History::of(&[CONNECTOR, ("task-c-0", &properties("a")), ("task-c-1", &properties("b"))]);
    assert_eq!((history.now().task_count("c"), history.now().task_config("c", 0)), (0, None));
    assert_eq!(history.read("commit-c", r#"{"tasks":2}"#), Some(tasks_updated("c", &[0, 1])));
    let state = history.now();
    assert_eq!((state.tasks("c"), task_values(&state, "c")), (0..2, vec!["a".into(), "b".into()]));
    assert_eq!(state.task_config_generation("c"), Some(0));
    assert!(state.pending_fencing("c"));
}

#[test]
fn a_commit_notes_the_configuration_that_the_tasks_were_made_from() {
    let mut history = History::of(&[CONNECTOR, ("task-c-0", &properties("a"))]);
    assert_eq!(history.now().applied_config("c"), None);
    history.read("commit-c", r#"{"tasks":1}"#);
    history.read("connector-c", r#"{"properties":{"name":"c","new":"1"}}"#);
    let state = history.now();
    assert!(!state.applied_config("c").unwrap().contains_key("new"));
    assert!(state.connector_config("c").unwrap().contains_key("new"));
}

#[test]
fn a_set_of_tasks_that_compaction_made_incomplete_is_not_run() {
    // Of two tasks the first was written anew by a leader that died then.
    let mut history = History::of(&[CONNECTOR, ("task-c-1", &properties("b")), ("commit-c", r#"{"tasks":2}"#)]);
    assert_eq!(history.events.last(), Some(&tasks_updated("c", &[])));
    let state = history.now();
    assert!(state.is_inconsistent("c"));
    assert_eq!(state.inconsistent_connectors().collect::<Vec<_>>(), ["c"]);
    assert_eq!((state.task_count("c"), state.tasks("c"), state.applied_config("c")), (2, 0..0, None));
    assert_eq!((state.task_config("c", 1), state.task_config_generation("c")), (None, None));
    // What was there is of no use to the next set.
    history.read("task-c-0", &properties("x"));
    history.read("commit-c", r#"{"tasks":2}"#);
    assert!(history.now().is_inconsistent("c"));
    for (key, value) in [("task-c-0", "x"), ("task-c-1", "y")] {
        history.read(key, &properties(value));
    }
    history.read("commit-c", r#"{"tasks":2}"#);
    let state = history.now();
    assert!(!state.is_inconsistent("c"));
    assert_eq!(task_values(&state, "c"), ["x", "y"]);
}

#[test]
fn a_task_of_an_earlier_larger_set_does_no_harm() {
    let state = History::of(&[
        CONNECTOR,
        ("task-c-1", &properties("old")),
        ("task-c-0", &properties("new")),
        ("commit-c", r#"{"tasks":1}"#),
    ])
    .now();
    assert_eq!((state.tasks("c"), task_values(&state, "c")), (0..1, vec!["new".into()]));
}

#[test]
fn an_incomplete_set_leaves_the_old_configurations() {
    let state = History::of(&[
        CONNECTOR,
        ("task-c-0", &properties("a")),
        ("commit-c", r#"{"tasks":1}"#),
        ("task-c-0", &properties("b")),
        ("commit-c", r#"{"tasks":2}"#),
    ])
    .now();
    assert_eq!((state.task_count("c"), state.tasks("c")), (2, 0..0));
    assert_eq!(state.task_config("c", 0).unwrap()["k"], "a");
}

#[test]
fn no_tasks_at_all_are_a_complete_set() {
    let mut history = History::of(&[CONNECTOR, ("commit-c", r#"{"tasks":0}"#)]);
    let state = history.now();
    assert_eq!((state.is_inconsistent("c"), state.task_config_generation("c")), (false, None));
    assert!(state.applied_config("c").is_some());
    for record in [("task-c-0", properties("a")), ("commit-c", r#"{"tasks":1}"#.into())] {
        history.read(record.0, &record.1);
    }
    assert_eq!(history.now().task_config_generation("c"), Some(0));
    // Once there were task configurations each commit counts.
    assert_eq!(history.read("commit-c", r#"{"tasks":0}"#), Some(tasks_updated("c", &[])));
    let state = history.now();
    assert_eq!((state.tasks("c"), state.task_config_generation("c")), (0..0, Some(1)));
}

#[test]
fn a_commit_that_compaction_left_of_a_deleted_connector_is_nothing() {
    let mut history = History::of(&[("task-c-0", &properties("a"))]);
    assert_eq!(history.read("commit-c", r#"{"tasks":1}"#), None);
    // Nor do its task configurations count for a new connector of that name.
    for (key, value) in [CONNECTOR, ("commit-c", r#"{"tasks":1}"#)] {
        history.read(key, value);
    }
    assert!(history.now().is_inconsistent("c"));
}

#[test]
fn deleting_a_connector_takes_its_tasks_along() {
    let mut history = History::of(&[CONNECTOR, ("task-c-0", &properties("a")), ("commit-c", r#"{"tasks":1}"#)]);
    history.read("task-c-0", &properties("b"));
    assert_eq!(history.read("connector-c", "null"), Some(ConnectorConfigRemoved("c".into())));
    let state = history.now();
    assert_eq!((state.contains("c"), state.task_count("c"), state.task_config("c", 0)), (false, 0, None));
    assert_eq!((state.applied_config("c"), state.target_state("c")), (None, Some(TargetState::Started)));
    assert_eq!(history.read("target-state-c", "null"), None);
    assert_eq!(history.now().target_state("c"), None);
    history.read(CONNECTOR.0, CONNECTOR.1);
    history.read("commit-c", r#"{"tasks":1}"#);
    assert!(history.now().is_inconsistent("c"), "the configuration that was waiting is gone");
}

#[test]
fn a_target_state_is_told_when_it_changes_and_there_is_a_connector() {
    let check = |before: &[(&str, &str)], value: &str, expect: Option<ConfigEvent>, state: Option<TargetState>| {
        let mut history = History::of(before);
        assert_eq!(history.read("target-state-c", value), expect, "{before:?} {value}");
        assert_eq!(history.now().target_state("c"), state, "{before:?} {value}");
    };
    let paused = r#"{"state":"PAUSED","state.v2":"PAUSED"}"#;
    let changed = Some(TargetStateChanged("c".into()));
    check(&[CONNECTOR], paused, changed, Some(TargetState::Paused));
    check(&[CONNECTOR], r#"{"state":"STARTED","state.v2":"STARTED"}"#, None, Some(TargetState::Started));
    check(&[CONNECTOR, ("target-state-c", paused)], paused, None, Some(TargetState::Paused));
    check(&[], paused, None, Some(TargetState::Paused));
    check(&[CONNECTOR, ("target-state-c", paused)], "null", None, Some(TargetState::Started));
    check(&[("target-state-c", paused)], "null", None, None);
    check(&[CONNECTOR], r#"{"state":"X"}"#, None, Some(TargetState::Started));
}

#[test]
fn the_same_configuration_once_more_is_told() {
    let history = History::of(&[CONNECTOR, CONNECTOR]);
    assert_eq!(history.events, [ConnectorConfigUpdated("c".into()), ConnectorConfigUpdated("c".into())]);
}

#[test]
fn a_task_count_record_ends_the_wait_for_fencing() {
    let mut history = History::of(&[
        CONNECTOR,
        ("task-c-0", &properties("a")),
        ("commit-c", r#"{"tasks":1}"#),
        ("tasks-fencing-c", r#"{"task-count":1}"#),
    ]);
    let state = history.now();
    assert_eq!((state.task_count_record("c"), state.pending_fencing("c")), (Some(1), false));
    history.read("commit-c", r#"{"tasks":0}"#);
    assert!(history.now().pending_fencing("c"));
    // The tasks may outlive their connector.
    history.read("connector-c", "null");
    assert_eq!(history.now().task_count_record("c"), Some(1));
}

#[test]
fn the_last_session_key_is_kept() {
    let history = History::of(&[
        ("session-key", r#"{"key":"AQ==","algorithm":"HmacSHA256","creation-timestamp":1}"#),
        ("session-key", r#"{"key":"Ag==","algorithm":"HmacSHA512","creation-timestamp":2}"#),
        ("session-key", "null"),
    ]);
    let state = history.now();
    let key = state.session_key().unwrap();
    assert_eq!((&key.key[..], &*key.algorithm, key.creation_timestamp), (&[2][..], "HmacSHA512", 2));
    assert_eq!(history.events.len(), 2);
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let mut history = History::of(&[CONNECTOR]);
    let before = history.state.snapshot();
    history.read("connector-c", "null");
    assert!(before.contains("c") && !history.state.snapshot().contains("c"));
}
