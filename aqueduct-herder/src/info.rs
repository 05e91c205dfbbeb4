//! What the herder answers: the state of connectors and tasks, plugins and validations, as plain data.
//!
//! The field order is the member order of Java's JSON; the REST layer prints them.

use aqueduct_api::ConfigMap;
use aqueduct_data::ValueMap;
use aqueduct_storage::TargetState;
use aqueduct_worker::TaskId;

/// Whether a connector reads a system or writes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorKind {
    /// From a system into Kafka.
    Source,
    /// From Kafka into a system.
    Sink,
    /// The connector's class is not known here.
    Unknown,
}

impl ConnectorKind {
    /// The name in REST answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Sink => "sink",
            Self::Unknown => "unknown",
        }
    }
}

/// `GET /connectors/N`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorInfo {
    /// The connector's name.
    pub name: String,
    /// Its configuration, as it was given.
    pub config: ConfigMap,
    /// Its tasks.
    pub tasks: Vec<TaskId>,
    /// Source or sink.
    pub kind: ConnectorKind,
}

/// The state of a connector instance or a task.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceStatus {
    /// `RUNNING`, `PAUSED`, `STOPPED`, `FAILED`, `UNASSIGNED` or `RESTARTING`.
    pub state: &'static str,
    /// The worker that runs it, as `host:port`.
    pub worker_id: String,
    /// The plugin's version, once an instance could be made.
    pub version: Option<String>,
    /// Why it failed; not shown when there is none.
    pub trace: Option<String>,
    /// Its automatic restarts; not shown where they are off.
    pub restarts: Option<Restarts>,
}

/// The automatic restarts of a connector instance or task (`errors.restart.policy=on-failure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restarts {
    /// How many there were within `errors.restart.window.ms`.
    pub attempts: u32,
    /// `errors.restart.max.attempts`
    pub max_attempts: u32,
    /// When the next one is due, in milliseconds since 1970.
    pub next_at: Option<i64>,
}

/// A task's state.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStatus {
    /// The task's number.
    pub id: u32,
    /// Its state.
    pub status: InstanceStatus,
}

/// `GET /connectors/N/status`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorStatus {
    /// The connector's name.
    pub name: String,
    /// The state of the connector instance.
    pub connector: InstanceStatus,
    /// The states of its tasks, by number.
    pub tasks: Vec<TaskStatus>,
    /// Source or sink.
    pub kind: ConnectorKind,
}

/// A task with its configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskInfo {
    /// The task.
    pub id: TaskId,
    /// What the connector returned for it, and what the framework added.
    pub config: ConfigMap,
}

/// The state that a new connector is to begin in (KIP-980).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitialState {
    /// Runs at once.
    #[default]
    Running,
    /// Exists, but copies nothing until it is resumed.
    Paused,
    /// Exists without tasks until it is resumed; its offsets can be set.
    Stopped,
}

impl InitialState {
    /// The state of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "RUNNING" => Some(Self::Running),
            "PAUSED" => Some(Self::Paused),
            "STOPPED" => Some(Self::Stopped),
            _ => None,
        }
    }

    /// The state that the connector is wanted in then.
    pub(crate) fn target(self) -> TargetState {
        match self {
            Self::Running => TargetState::Started,
            Self::Paused => TargetState::Paused,
            Self::Stopped => TargetState::Stopped,
        }
    }
}

/// One entry of `GET /connector-plugins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginInfo {
    /// The full class name.
    pub class: String,
    /// The kind, such as `source`.
    pub kind: &'static str,
    /// The version; some kinds have none.
    pub version: Option<String>,
}

/// `GET /`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Begins with the Kafka version that this worker is compatible with.
    pub version: String,
    /// The commit that the worker was built from.
    pub commit: String,
    /// The id of the Kafka cluster.
    pub kafka_cluster_id: String,
}

/// The definition of a configuration key, as `config/validate` prints it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigKeyInfo {
    /// The key.
    pub name: String,
    /// The type's name, such as `STRING`.
    pub r#type: &'static str,
    /// Whether there is no default.
    pub required: bool,
    /// The default as text.
    pub default_value: Option<String>,
    /// `HIGH`, `MEDIUM` or `LOW`.
    pub importance: &'static str,
    /// What the key is for.
    pub documentation: String,
    /// The group that user interfaces show it in.
    pub group: Option<String>,
    /// The width of its field: `NONE`, `SHORT`, `MEDIUM` or `LONG`.
    pub width: &'static str,
    /// The name that people see.
    pub display_name: String,
    /// Keys that depend on this one.
    pub dependents: Vec<String>,
    /// The place in its group.
    pub order: i32,
}

/// The value of a configuration key, as `config/validate` prints it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigValueInfo {
    /// The key.
    pub name: String,
    /// The value as text.
    pub value: Option<String>,
    /// Values that a user interface may offer.
    pub recommended_values: Vec<String>,
    /// What is wrong with the value.
    pub errors: Vec<String>,
    /// Whether the key makes sense beside the others.
    pub visible: bool,
}

/// A key's definition, if it has one, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigInfo {
    /// The definition; none for a value without one.
    pub definition: Option<ConfigKeyInfo>,
    /// The value.
    pub value: ConfigValueInfo,
}

/// `PUT /connector-plugins/P/config/validate`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigInfos {
    /// The connector's class as it was given.
    pub name: String,
    /// The number of errors.
    pub error_count: usize,
    /// The groups of the keys, in order.
    pub groups: Vec<String>,
    /// Each key.
    pub configs: Vec<ConfigInfo>,
}

/// One entry of `GET /connectors/N/offsets`: a partition and its offset. `None` as an offset forgets it (KIP-875).
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorOffset {
    /// The partition of the source, or topic and partition of a sink.
    pub partition: Option<ValueMap>,
    /// The offset.
    pub offset: Option<ValueMap>,
}
