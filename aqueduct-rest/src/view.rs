//! How the herder's answers look as JSON: member names and their order.

use std::collections::BTreeMap;

use aqueduct_data::{Value, ValueMap};
use aqueduct_herder::{
    ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo, ConnectorInfo, ConnectorOffset, ConnectorStatus,
    InstanceStatus, PluginInfo, Restarts, ServerInfo, TaskId, TaskInfo, TaskStatus,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::LoggerLevel;

/// How a value looks in answers.
pub(crate) trait Show {
    /// Prints the value.
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A value as REST shows it.
pub(crate) struct View<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Show + ?Sized> Serialize for View<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.show(serializer)
    }
}

/// Prints members in order.
macro_rules! object {
    ($serializer:ident { $($name:literal: $value:expr),* $(,)? }) => {{
        let mut object = $serializer.serialize_map(None)?;
        $(object.serialize_entry($name, &$value)?;)*
        object.end()
    }};
}

impl<T: Show> Show for Vec<T> {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(View))
    }
}

impl<T: Show> Show for Option<T> {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(View).serialize(serializer)
    }
}

impl<T: Show> Show for BTreeMap<String, T> {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, View(value))))
    }
}

impl Show for ServerInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "version": self.version,
            "commit": self.commit,
            "kafka_cluster_id": self.kafka_cluster_id,
        })
    }
}

impl Show for TaskId {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer { "connector": self.connector, "task": self.task })
    }
}

impl Show for ConnectorInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "name": self.name,
            "config": self.config,
            "tasks": View(&self.tasks),
            "type": self.kind.name(),
        })
    }
}

impl Show for TaskInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer { "id": View(&self.id), "config": self.config })
    }
}

/// The members that a connector and a task have in common.
fn instance<M: SerializeMap>(object: &mut M, status: &InstanceStatus) -> Result<(), M::Error> {
    object.serialize_entry("state", status.state)?;
    object.serialize_entry("worker_id", &status.worker_id)?;
    object.serialize_entry("version", &status.version)?;
    if let Some(trace) = status.trace.as_deref().filter(|trace| !trace.is_empty()) {
        object.serialize_entry("trace", trace)?;
    }
    match &status.restarts {
        Some(restarts) => object.serialize_entry("restarts", &View(restarts)),
        None => Ok(()),
    }
}

impl Show for Restarts {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "attempts": self.attempts,
            "max_attempts": self.max_attempts,
            "next_at": self.next_at,
        })
    }
}

impl Show for InstanceStatus {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        instance(&mut object, self)?;
        object.end()
    }
}

impl Show for TaskStatus {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("id", &self.id)?;
        instance(&mut object, &self.status)?;
        object.end()
    }
}

impl Show for ConnectorStatus {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "name": self.name,
            "connector": View(&self.connector),
            "tasks": View(&self.tasks),
            "type": self.kind.name(),
        })
    }
}

impl Show for PluginInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("class", &self.class)?;
        object.serialize_entry("type", self.kind)?;
        if let Some(version) = &self.version {
            object.serialize_entry("version", version)?;
        }
        object.end()
    }
}

impl Show for ConfigKeyInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "name": self.name,
            "type": self.r#type,
            "required": self.required,
            "default_value": self.default_value,
            "importance": self.importance,
            "documentation": self.documentation,
            "group": self.group,
            "order_in_group": self.order,
            "width": self.width,
            "display_name": self.display_name,
            "dependents": self.dependents,
        })
    }
}

impl Show for ConfigValueInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "name": self.name,
            "value": self.value,
            "recommended_values": self.recommended_values,
            "errors": self.errors,
            "visible": self.visible,
        })
    }
}

impl Show for ConfigInfo {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer { "definition": View(&self.definition), "value": View(&self.value) })
    }
}

impl Show for ConfigInfos {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer {
            "name": self.name,
            "error_count": self.error_count,
            "groups": self.groups,
            "configs": View(&self.configs),
        })
    }
}

impl Show for LoggerLevel {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer { "level": self.level.name(), "last_modified": self.last_modified })
    }
}

impl Show for ConnectorOffset {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer { "partition": View(&self.partition), "offset": View(&self.offset) })
    }
}

impl Show for ValueMap {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key_text(key), View(value))))
    }
}

impl Show for Value {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Int8(n) => serializer.serialize_i8(*n),
            Value::Int16(n) => serializer.serialize_i16(*n),
            Value::Int32(n) => serializer.serialize_i32(*n),
            Value::Int64(n) | Value::Date(n) => serializer.serialize_i64(*n),
            Value::Float32(n) if n.is_finite() => serializer.serialize_f32(*n),
            Value::Float64(n) if n.is_finite() => serializer.serialize_f64(*n),
            // JSON has no such numbers; Java writes their names as text.
            Value::Float32(n) => serializer.serialize_str(not_finite(f64::from(*n))),
            Value::Float64(n) => serializer.serialize_str(not_finite(*n)),
            Value::Boolean(b) => serializer.serialize_bool(*b),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Value::Decimal(decimal) => {
                serializer.serialize_str(&format!("{}E{}", decimal.unscaled(), -decimal.scale()))
            }
            Value::Java(object) => serializer.collect_str(object),
            Value::Array(items) => serializer.collect_seq(items.iter().map(View)),
            Value::Map(map) => View(map.as_ref()).serialize(serializer),
            Value::Struct(fields) => {
                serializer.collect_map(fields.iter().map(|(field, value)| (&**field.name(), View(value))))
            }
        }
    }
}

fn not_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// A key of an offset map. Offsets are stored as JSON, whose keys are texts; another key is printed like its value.
fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.to_string(),
        other => String::from_utf8_lossy(&crate::json::to_bytes(&View(other))).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_herder::ConnectorKind;

    use super::*;

    #[track_caller]
    fn check<T: Show>(value: &T, expect: &str) {
        assert_eq!(String::from_utf8_lossy(&crate::json::to_bytes(&View(value))), expect);
    }

    fn status(version: Option<&str>, trace: Option<&str>) -> InstanceStatus {
        InstanceStatus {
            state: "FAILED",
            worker_id: "h:1".to_owned(),
            version: version.map(str::to_owned),
            trace: trace.map(str::to_owned),
            restarts: None,
        }
    }

    #[test]
    fn members_come_in_javas_order() {
        let info = ConnectorInfo {
            name: "c".to_owned(),
            config: [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into(),
            tasks: vec![TaskId::new("c", 0)],
            kind: ConnectorKind::Source,
        };
        check(&info, r#"{"name":"c","config":{"a":"1","b":"2"},"tasks":[{"connector":"c","task":0}],"type":"source"}"#);
        check(
            &ConnectorStatus {
                name: "c".to_owned(),
                connector: status(Some("1"), None),
                tasks: vec![TaskStatus { id: 3, status: status(None, Some("t")) }],
                kind: ConnectorKind::Sink,
            },
            "{\"name\":\"c\",\"connector\":{\"state\":\"FAILED\",\"worker_id\":\"h:1\",\"version\":\"1\"},\
             \"tasks\":[{\"id\":3,\"state\":\"FAILED\",\"worker_id\":\"h:1\",\"version\":null,\"trace\":\"t\"}],\
             \"type\":\"sink\"}",
        );
        check(
            &TaskInfo { id: TaskId::new("c", 1), config: [("k".to_owned(), "v".to_owned())].into() },
            r#"{"id":{"connector":"c","task":1},"config":{"k":"v"}}"#,
        );
    }

    #[test]
    fn an_empty_trace_is_not_shown() {
        check(&status(None, Some("")), r#"{"state":"FAILED","worker_id":"h:1","version":null}"#);
    }

    #[test]
    fn restarts_come_last() {
        let mut failed = status(None, Some("t"));
        failed.restarts = Some(Restarts { attempts: 1, max_attempts: 5, next_at: Some(7) });
        check(
            &failed,
            "{\"state\":\"FAILED\",\"worker_id\":\"h:1\",\"version\":null,\"trace\":\"t\",\
             \"restarts\":{\"attempts\":1,\"max_attempts\":5,\"next_at\":7}}",
        );
    }

    #[test]
    fn a_plugin_without_version_shows_none() {
        let plugin = |version: Option<&str>| PluginInfo {
            class: "a.B".to_owned(),
            kind: "sink",
            version: version.map(str::to_owned),
        };
        check(&plugin(Some("1")), r#"{"class":"a.B","type":"sink","version":"1"}"#);
        check(&plugin(None), r#"{"class":"a.B","type":"sink"}"#);
    }

    #[test]
    fn validations_come_in_javas_order() {
        let definition = ConfigKeyInfo {
            name: "k".to_owned(),
            r#type: "INT",
            required: false,
            default_value: None,
            importance: "HIGH",
            documentation: "d".to_owned(),
            group: None,
            width: "NONE",
            display_name: "K".to_owned(),
            dependents: vec!["x".to_owned()],
            order: -1,
        };
        let value = ConfigValueInfo {
            name: "k".to_owned(),
            value: Some("1".to_owned()),
            recommended_values: vec![],
            errors: vec!["e".to_owned()],
            visible: true,
        };
        check(
            &ConfigInfos {
                name: "C".to_owned(),
                error_count: 1,
                groups: vec!["G".to_owned()],
                configs: vec![
                    ConfigInfo { definition: Some(definition), value: value.clone() },
                    ConfigInfo { definition: None, value },
                ],
            },
            "{\"name\":\"C\",\"error_count\":1,\"groups\":[\"G\"],\"configs\":[{\"definition\":{\"name\":\"k\",\
             \"type\":\"INT\",\"required\":false,\"default_value\":null,\"importance\":\"HIGH\",\
             \"documentation\":\"d\",\"group\":null,\"order_in_group\":-1,\"width\":\"NONE\",\"display_name\":\"K\",\
             \"dependents\":[\"x\"]},\"value\":{\"name\":\"k\",\"value\":\"1\",\"recommended_values\":[],\
             \"errors\":[\"e\"],\"visible\":true}},{\"definition\":null,\"value\":{\"name\":\"k\",\"value\":\"1\",\
             \"recommended_values\":[],\"errors\":[\"e\"],\"visible\":true}}]}",
        );
    }

    #[test]
    fn offsets_keep_their_order_and_types() {
        let partition: ValueMap = [("z", Value::from("f")), ("a", Value::Int32(1))].into_iter().collect();
        let offset: ValueMap = [
            ("l", Value::Int64(9_007_199_254_740_993)),
            ("d", Value::Float64(1e7)),
            ("n", Value::Null),
            ("nan", Value::Float64(f64::NAN)),
            ("b", Value::Boolean(true)),
            ("m", Value::from([("k", 1i64)].into_iter().collect::<ValueMap>())),
            ("list", Value::array([Value::Null, Value::from("x")])),
        ]
        .into_iter()
        .collect();
        check(
            &ConnectorOffset { partition: Some(partition), offset: Some(offset) },
            "{\"partition\":{\"z\":\"f\",\"a\":1},\"offset\":{\"l\":9007199254740993,\"d\":1.0E7,\"n\":null,\
             \"nan\":\"NaN\",\"b\":true,\"m\":{\"k\":1},\"list\":[null,\"x\"]}}",
        );
        check(&ConnectorOffset { partition: None, offset: None }, r#"{"partition":null,"offset":null}"#);
    }
}
