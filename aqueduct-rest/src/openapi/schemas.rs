//! What bodies look like.

use serde_json::{Map, Value, json};

/// A reference to a schema.
pub(super) fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object that has all of these members; others too, as later versions may add some.
fn object(members: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn with(mut object: Value, name: &str, schema: Value) -> Value {
    object["properties"][name] = schema;
    object
}

fn text() -> Value {
    json!({"type": "string"})
}

fn text_or_null() -> Value {
    json!({"type": "string", "nullable": true})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn map(values: Value) -> Value {
    json!({"type": "object", "additionalProperties": values})
}

/// Every schema.
pub(super) fn all() -> Value {
    let kind = json!({"type": "string", "enum": ["source", "sink", "unknown"]});
    let state = json!({"type": "string",
        "enum": ["UNASSIGNED", "RUNNING", "PAUSED", "STOPPED", "FAILED", "RESTARTING"]});
    let instance = || {
        let base = object(&[("state", state.clone()), ("worker_id", text()), ("version", text_or_null())]);
        with(with(base, "trace", text()), "restarts", schema("Restarts"))
    };
    let mut task_status = with(instance(), "id", json!({"type": "integer", "minimum": 0}));
    task_status["required"] = json!(["id", "state", "worker_id", "version"]);
    let level = json!({"type": "string", "enum": ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"]});
    // What may be sent is wider than what comes back: numbers and booleans count as text.
    let lenient = json!({"oneOf": [
        {"type": "string", "nullable": true}, {"type": "number"}, {"type": "boolean"}
    ]});
    json!({
        "ServerInfo": object(&[("version", text()), ("commit", text()), ("kafka_cluster_id", text())]),
        "WorkerStatus": object(&[
            ("status", json!({"type": "string", "enum": ["healthy", "starting", "unhealthy"]})),
            ("message", text()),
        ]),
        "ErrorMessage": object(&[("error_code", json!({"type": "integer"})), ("message", text_or_null())]),
        "Message": object(&[("message", text())]),
        "Config": map(text()),
        "GivenConfig": map(lenient),
        "CreateConnector": {
            "type": "object",
            "required": ["name", "config"],
            "additionalProperties": false,
            "properties": {
                "name": text(),
                "config": schema("GivenConfig"),
                "initial_state": {"type": "string", "nullable": true, "enum": ["RUNNING", "PAUSED", "STOPPED", null],
                    "description": "The state to begin in (KIP-980); RUNNING when it is not there."}
            },
            "example": {"name": "local-file-source", "config": {
                "connector.class": "FileStreamSource", "tasks.max": "1", "file": "test.txt", "topic": "connect-test"}}
        },
        "TaskId": object(&[("connector", text()), ("task", json!({"type": "integer", "minimum": 0}))]),
        "ConnectorInfo": object(&[
            ("name", text()), ("config", schema("Config")), ("tasks", list(schema("TaskId"))), ("type", kind.clone()),
        ]),
        "Restarts": object(&[
            ("attempts", json!({"type": "integer", "minimum": 0,
                "description": "Automatic restarts within errors.restart.window.ms."})),
            ("max_attempts", json!({"type": "integer", "minimum": 1})),
            ("next_at", json!({"type": "integer", "format": "int64", "nullable": true,
                "description": "When the next restart is due, in milliseconds since 1970; null when none is."})),
        ]),
        "InstanceStatus": instance(),
        "TaskStatus": task_status,
        "ConnectorStatus": object(&[
            ("name", text()), ("connector", schema("InstanceStatus")), ("tasks", list(schema("TaskStatus"))),
            ("type", kind),
        ]),
        "ConnectorList": {"oneOf": [list(text()), map(schema("ExpandedConnector"))]},
        "ExpandedConnector": {
            "type": "object",
            "properties": {"status": schema("ConnectorStatus"), "info": schema("ConnectorInfo")}
        },
        "TaskInfo": object(&[("id", schema("TaskId")), ("config", schema("Config"))]),
        "ActiveTopics": map(object(&[("topics", list(text()))])),
        "ConnectorOffset": object(&[
            ("partition", json!({"type": "object", "nullable": true})),
            ("offset", json!({"type": "object", "nullable": true,
                "description": "null forgets the offset of the partition."})),
        ]),
        "ConnectorOffsets": object(&[("offsets", list(schema("ConnectorOffset")))]),
        "PluginInfo": with(object(&[("class", text()), ("type", text())]), "version", text()),
        "ConfigKeyInfo": object(&[
            ("name", text()), ("type", text()), ("required", json!({"type": "boolean"})),
            ("default_value", text_or_null()),
            ("importance", json!({"type": "string", "enum": ["HIGH", "MEDIUM", "LOW"]})),
            ("documentation", text()), ("group", text_or_null()), ("order_in_group", json!({"type": "integer"})),
            ("width", json!({"type": "string", "enum": ["NONE", "SHORT", "MEDIUM", "LONG"]})),
            ("display_name", text()), ("dependents", list(text())),
        ]),
        "ConfigValueInfo": object(&[
            ("name", text()), ("value", text_or_null()), ("recommended_values", list(text())),
            ("errors", list(text())), ("visible", json!({"type": "boolean"})),
        ]),
        "ConfigInfos": object(&[
            ("name", text_or_null()), ("error_count", json!({"type": "integer", "minimum": 0})),
            ("groups", list(text())),
            ("configs", list(object(&[
                ("definition", json!({"allOf": [schema("ConfigKeyInfo")], "nullable": true})),
                ("value", schema("ConfigValueInfo")),
            ]))),
        ]),
        "LoggerLevel": object(&[
            ("level", level),
            ("last_modified", json!({"type": "integer", "format": "int64", "nullable": true})),
        ]),
        "LoggerLevels": map(schema("LoggerLevel")),
        "GivenLevel": {"type": "object", "required": ["level"], "properties": {"level": text()}}
    })
}

/// Answers that many operations share.
pub(super) fn responses() -> Value {
    let error = || json!({"application/json": {"schema": schema("ErrorMessage")}});
    json!({
        // Java answers what its server refuses before any resource sees it with a page.
        "BadRequest": {
            "description": "The request is wrong. A path that could be understood in two ways is answered with a page.",
            "content": {"application/json": {"schema": schema("ErrorMessage")}, "text/html": {"schema": text()}}
        },
        "BadPath": {
            "description": "The path could be understood in two ways, such as one with %2F or %5C.",
            "content": {"text/html": {"schema": text()}}
        },
        // Without content: pages are for GET, HEAD and POST alone, as with Java's server.
        "BadRequestBare": {
            "description": "The request is wrong, and the body is an ErrorMessage. Where the path could be understood in \
                two ways there is no body."
        },
        "Forbidden": {"description": "Switched off by the worker's configuration.", "content": error()},
        // Without content: where no resource was found the body is the same JSON, but has no type, as in Java.
        "NotFound": {"description": "What the path names does not exist. The body is an ErrorMessage."},
        "Conflict": {"description": "It collides with what is there, or with a rebalance.", "content": error()},
        "UnsupportedMediaType": {"description": "The body is said to be something else than JSON."},
        "Failed": {
            "description": "Something failed, or the body is not what it should be: Java answers both with 500.",
            "content": error()
        }
    })
}
