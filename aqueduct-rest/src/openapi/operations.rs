//! What each resource does with each method, and what it answers.
//!
//! Server errors are listed where Java Connect answers with them; the comment says which recorded dialogue shows it
//! (`conformance/rest`), or why any command can end so.

use serde_json::{Map, Value, json};

use super::schemas::schema;
use crate::route::Resource;

/// The path of a resource, with names for what varies.
pub(super) fn template(resource: Resource<'_>) -> &'static str {
    match resource {
        Resource::Root => "/",
        Resource::Health => "/health",
        Resource::Connectors => "/connectors",
        Resource::Connector(_) => "/connectors/{connector}",
        Resource::Config(_) => "/connectors/{connector}/config",
        Resource::Status(_) => "/connectors/{connector}/status",
        Resource::Tasks(_) => "/connectors/{connector}/tasks",
        Resource::TaskStatus(..) => "/connectors/{connector}/tasks/{task}/status",
        Resource::TaskRestart(..) => "/connectors/{connector}/tasks/{task}/restart",
        Resource::Topics(_) => "/connectors/{connector}/topics",
        Resource::TopicsReset(_) => "/connectors/{connector}/topics/reset",
        Resource::Pause(_) => "/connectors/{connector}/pause",
        Resource::Resume(_) => "/connectors/{connector}/resume",
        Resource::Stop(_) => "/connectors/{connector}/stop",
        Resource::Restart(_) => "/connectors/{connector}/restart",
        Resource::Offsets(_) => "/connectors/{connector}/offsets",
        Resource::Fence(_) => "/connectors/{connector}/fence",
        Resource::Plugins => "/connector-plugins",
        Resource::PluginConfig(_) => "/connector-plugins/{plugin}/config",
        Resource::Validate(_) => "/connector-plugins/{plugin}/config/validate",
        Resource::Loggers => "/admin/loggers",
        Resource::Logger(_) => "/admin/loggers/{logger}",
        Resource::Metrics => "/metrics",
        Resource::OpenApi => "/openapi.json",
    }
}

/// What varies in the path of a resource.
pub(super) fn path_parameters(resource: Resource<'_>) -> Vec<Value> {
    let parameter = |name: &str, description: &str| {
        json!({"name": name, "in": "path", "required": true, "description": description,
            "schema": {"type": "string", "minLength": 1}})
    };
    template(resource)
        .split('/')
        .filter_map(|part| match part {
            "{connector}" => Some(parameter("connector", "The connector's name, percent-encoded.")),
            "{task}" => Some(json!({"name": "task", "in": "path", "required": true,
                "description": "The task's number, from 0.", "schema": {"type": "integer", "minimum": 0}})),
            "{plugin}" => Some(parameter("plugin", "A plugin's class, or an alias of it.")),
            "{logger}" => Some(parameter("logger", "A logger's name.")),
            _ => None,
        })
        .collect()
}

/// An operation that is put together.
struct Operation(Map<String, Value>);

impl Operation {
    fn new(id: &str, summary: &str) -> Self {
        let mut members = Map::new();
        members.insert("operationId".to_owned(), id.into());
        members.insert("summary".to_owned(), summary.into());
        members.insert("responses".to_owned(), json!({}));
        Self(members)
    }

    fn response(mut self, status: &str, response: Value) -> Self {
        if let Some(Value::Object(responses)) = self.0.get_mut("responses") {
            responses.insert(status.to_owned(), response);
        }
        self
    }

    /// A status with a JSON body.
    fn json(self, status: &str, description: &str, schema: Value) -> Self {
        let content = json!({"application/json": {"schema": schema}});
        self.response(status, json!({"description": description, "content": content}))
    }

    /// A status without a body.
    fn empty(self, status: &str, description: &str) -> Self {
        self.response(status, json!({"description": description}))
    }

    /// Answers that many operations share.
    fn shared(self, responses: &[(&str, &str)]) -> Self {
        responses.iter().fold(self, |operation, (status, name)| {
            operation.response(status, json!({"$ref": format!("#/components/responses/{name}")}))
        })
    }

    fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        let parameter = json!({"name": name, "in": "query", "description": description, "schema": schema});
        match self.0.get_mut("parameters") {
            Some(Value::Array(parameters)) => parameters.push(parameter),
            _ => drop(self.0.insert("parameters".to_owned(), json!([parameter]))),
        }
        self
    }

    fn body(mut self, schema: Value) -> Self {
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        self.0.insert("requestBody".to_owned(), body);
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

const BAD_PATH: (&str, &str) = ("400", "BadPath");
const BAD_REQUEST: (&str, &str) = ("400", "BadRequest");
/// The same for methods whose wrong paths are answered without a page.
const BARE: (&str, &str) = ("400", "BadRequestBare");
const FORBIDDEN: (&str, &str) = ("403", "Forbidden");
const NOT_FOUND: (&str, &str) = ("404", "NotFound");
const CONFLICT: (&str, &str) = ("409", "Conflict");
const MEDIA_TYPE: (&str, &str) = ("415", "UnsupportedMediaType");
/// Every command to the herder may take longer than a request may, and is then answered with 500.
const FAILED: (&str, &str) = ("500", "Failed");

/// What a resource does with a method.
pub(super) fn operation(resource: Resource<'_>, method: &str) -> Value {
    match resource {
        Resource::Root
        | Resource::Health
        | Resource::Plugins
        | Resource::PluginConfig(_)
        | Resource::Validate(_)
        | Resource::Loggers
        | Resource::Logger(_)
        | Resource::Metrics
        | Resource::OpenApi => of_worker(resource, method),
        Resource::Connectors | Resource::Connector(_) | Resource::Config(_) => of_connectors(resource, method),
        _ => of_running(resource, method),
    }
    .done()
}

fn of_worker(resource: Resource<'_>, method: &str) -> Operation {
    match (resource, method) {
        (Resource::Root, _) => Operation::new("serverInfo", "Version and Kafka cluster of the worker").json(
            "200",
            "The worker.",
            schema("ServerInfo"),
        ),
        (Resource::Health, _) => Operation::new("health", "Whether the worker is ready (KIP-1017)")
            .json("200", "The worker is ready.", schema("WorkerStatus"))
            // KIP-1017: the worker's loop does not answer, or has not begun.
            .json("500", "The worker does not answer.", schema("WorkerStatus"))
            .json("503", "The worker is starting.", schema("WorkerStatus")),
        (Resource::Plugins, _) => Operation::new("listPlugins", "The plugins of this worker")
            .query(
                "connectorsOnly",
                "Whether to leave out all but connectors.",
                json!({"type": "boolean", "default": true}),
            )
            .json("200", "The plugins.", json!({"type": "array", "items": schema("PluginInfo")})),
        (Resource::PluginConfig(_), _) => Operation::new("pluginConfig", "The configuration of a plugin (KIP-769)")
            .json("200", "The definitions of its keys.", json!({"type": "array", "items": schema("ConfigKeyInfo")}))
            .shared(&[BAD_PATH, NOT_FOUND]),
        (Resource::Validate(_), _) => {
            Operation::new("validateConfig", "Check a configuration without creating anything")
                .body(schema("GivenConfig"))
                .json("200", "What was found.", schema("ConfigInfos"))
                // s09, s10: an unknown class, and an override that cannot be parsed.
                .shared(&[BARE, NOT_FOUND, MEDIA_TYPE, FAILED])
        }
        (Resource::Loggers, _) => Operation::new("listLoggers", "The loggers with a level of their own (KIP-495)")
            .json("200", "The loggers.", schema("LoggerLevels")),
        (Resource::Logger(_), "PUT") => {
            Operation::new("setLoggerLevel", "Set the level of a logger and those below it")
                .query(
                    "scope",
                    "worker, or cluster for all workers (KIP-976).",
                    json!({"type": "string", "default": "worker"}),
                )
                .body(schema("GivenLevel"))
                .json("200", "The loggers whose level changed.", json!({"type": "array", "items": {"type": "string"}}))
                .empty("204", "The cluster was told.")
                // s02, s15: a body that is no JSON.
                .shared(&[BARE, NOT_FOUND, MEDIA_TYPE, FAILED])
        }
        (Resource::Logger(_), _) => Operation::new("getLogger", "The level of a logger")
            .json("200", "The logger.", schema("LoggerLevel"))
            .shared(&[BAD_PATH, NOT_FOUND]),
        (Resource::Metrics, _) => Operation::new("metrics", "The figures of the worker for Prometheus")
            .response(
                "200",
                json!({"description": "Prometheus text, format 0.0.4.",
                "content": {"text/plain": {"schema": {"type": "string"}}}}),
            )
            .empty("404", "Switched off with metrics.endpoint.enable=false."),
        _ => Operation::new("openApi", "This document").json("200", "The document.", json!({"type": "object"})),
    }
}

fn of_connectors(resource: Resource<'_>, method: &str) -> Operation {
    match (resource, method) {
        (Resource::Connectors, "POST") => Operation::new("createConnector", "Create a connector")
            .body(schema("CreateConnector"))
            .response(
                "201",
                json!({"description": "The connector.",
                "headers": {"Location": {"description": "Its address.", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": schema("ConnectorInfo")}}}),
            )
            // s02, s03: a body that is no JSON, has an unknown member or no configuration; s07: a start that fails.
            .shared(&[BAD_REQUEST, CONFLICT, MEDIA_TYPE, FAILED]),
        (Resource::Connectors, _) => Operation::new("listConnectors", "The names of all connectors, or more of each")
            .query(
                "expand",
                "What to show of each connector: status, info or both.",
                json!({
                "type": "array", "items": {"type": "string", "enum": ["status", "info"]}}),
            )
            .json("200", "Names, or an object for each.", schema("ConnectorList"))
            .shared(&[FAILED]),
        (Resource::Connector(_), "DELETE") => Operation::new("deleteConnector", "Stop and forget a connector")
            .empty("204", "It is gone.")
            .shared(&[BARE, NOT_FOUND, CONFLICT, FAILED]),
        (Resource::Connector(_), _) => Operation::new("getConnector", "A connector's configuration and tasks")
            .json("200", "The connector.", schema("ConnectorInfo"))
            .shared(&[BAD_PATH, NOT_FOUND, CONFLICT, FAILED]),
        (_, "PUT") => Operation::new("putConnectorConfig", "Create a connector or replace its configuration")
            .body(schema("GivenConfig"))
            .json("200", "The connector as it is now.", schema("ConnectorInfo"))
            .response(
                "201",
                json!({"description": "The connector, which is new.",
                "headers": {"Location": {"description": "Its address.", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": schema("ConnectorInfo")}}}),
            )
            // s02, s03, s07, as with POST.
            .shared(&[BARE, NOT_FOUND, CONFLICT, MEDIA_TYPE, FAILED]),
        (_, "PATCH") => Operation::new("patchConnectorConfig", "Change some keys; null removes one (KIP-477)")
            .body(schema("GivenConfig"))
            .json("200", "The connector as it is now.", schema("ConnectorInfo"))
            // s02, s03: a body that is no JSON.
            .shared(&[BARE, NOT_FOUND, CONFLICT, MEDIA_TYPE, FAILED]),
        _ => Operation::new("getConnectorConfig", "A connector's configuration")
            .json("200", "The configuration.", schema("Config"))
            .shared(&[BAD_PATH, NOT_FOUND, CONFLICT, FAILED]),
    }
}

fn of_running(resource: Resource<'_>, method: &str) -> Operation {
    match (resource, method) {
        (Resource::Status(_), _) => Operation::new("connectorStatus", "The state of a connector and its tasks")
            .json("200", "The state.", schema("ConnectorStatus"))
            .shared(&[BAD_PATH, NOT_FOUND, FAILED]),
        (Resource::Tasks(_), "POST") => {
            Operation::new("putTaskConfigs", "Between workers: task configurations that another worker computed")
                .body(json!({"type": "array", "items": schema("GivenConfig")}))
                .empty("204", "They were taken.")
                // s03: a standalone worker refuses with 500.
                .shared(&[BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, MEDIA_TYPE, FAILED])
                .response("503", json!({"description": "The session key is not known yet."}))
        }
        (Resource::Tasks(_), _) => Operation::new("listTasks", "The tasks of a connector with their configurations")
            .json("200", "The tasks.", json!({"type": "array", "items": schema("TaskInfo")}))
            .shared(&[BAD_PATH, NOT_FOUND, CONFLICT, FAILED]),
        (Resource::TaskStatus(..), _) => Operation::new("taskStatus", "The state of a task")
            .json("200", "The state.", schema("TaskStatus"))
            .shared(&[BAD_PATH, NOT_FOUND, FAILED]),
        (Resource::TaskRestart(..), _) => Operation::new("restartTask", "Restart a task")
            .empty("204", "It was restarted.")
            // s05: an unknown connector in standalone mode, and a task that does not start.
            .shared(&[BAD_PATH, NOT_FOUND, CONFLICT, FAILED]),
        (Resource::Topics(_), _) => Operation::new("activeTopics", "The topics that a connector has used (KIP-558)")
            .json("200", "The topics; none for an unknown connector.", schema("ActiveTopics"))
            .shared(&[BAD_PATH, FORBIDDEN, NOT_FOUND, FAILED]),
        (Resource::TopicsReset(_), _) => {
            Operation::new("resetActiveTopics", "Forget the topics that a connector has used")
                .empty("202", "They are forgotten.")
                .shared(&[BARE, FORBIDDEN, NOT_FOUND, FAILED])
        }
        (Resource::Pause(_), _) => Operation::new("pauseConnector", "Pause a connector and its tasks")
            .empty("202", "They will pause.")
            .shared(&[BARE, NOT_FOUND, FAILED]),
        (Resource::Resume(_), _) => Operation::new("resumeConnector", "Let a paused or stopped connector go on")
            .empty("202", "It will go on.")
            .shared(&[BARE, NOT_FOUND, FAILED]),
        (Resource::Stop(_), _) => Operation::new("stopConnector", "Stop a connector and remove its tasks (KIP-875)")
            .empty("204", "It was stopped.")
            // s05: an unknown connector in standalone mode.
            .shared(&[BARE, NOT_FOUND, CONFLICT, FAILED]),
        (Resource::Restart(_), _) => {
            Operation::new("restartConnector", "Restart a connector, its tasks or both (KIP-745)")
                .query("includeTasks", "Its tasks too.", json!({"type": "boolean", "default": false}))
                .query("onlyFailed", "Only what has failed.", json!({"type": "boolean", "default": false}))
                .json("202", "The state as planned.", schema("ConnectorStatus"))
                .empty("204", "The connector instance was restarted.")
                // s05: an unknown connector in standalone mode.
                .shared(&[BAD_PATH, NOT_FOUND, CONFLICT, FAILED])
        }
        (Resource::Offsets(_), "PATCH") => {
            Operation::new("alterOffsets", "Set offsets of a stopped connector (KIP-875)")
                .body(schema("ConnectorOffsets"))
                .json("200", "They were set.", schema("Message"))
                // s11: a source connector that does not take them.
                .shared(&[BARE, NOT_FOUND, CONFLICT, MEDIA_TYPE, FAILED])
        }
        (Resource::Offsets(_), "DELETE") => Operation::new("resetOffsets", "Forget the offsets of a stopped connector")
            .json("200", "They are forgotten.", schema("Message"))
            .shared(&[BARE, NOT_FOUND, CONFLICT, FAILED]),
        (Resource::Offsets(_), _) => Operation::new("getOffsets", "The offsets of a connector")
            .json("200", "The offsets.", schema("ConnectorOffsets"))
            .shared(&[BAD_PATH, NOT_FOUND, CONFLICT, FAILED]),
        _ => Operation::new("fence", "Between workers: fence the producers of a connector's former tasks (KIP-618)")
            .empty("204", "They are fenced.")
            // s03: a standalone worker refuses with 500.
            .shared(&[BARE, FORBIDDEN, NOT_FOUND, CONFLICT, FAILED])
            .response("503", json!({"description": "The session key is not known yet."})),
    }
}
