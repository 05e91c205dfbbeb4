//! A herder that keeps connectors in memory. It knows the file connectors well enough for the recorded dialogues, and
//! a few connectors whose names say how they misbehave.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use aqueduct_api::{BoxFuture, ConfigMap, ready};
use aqueduct_herder::{
    ConfigInfos, ConfigKeyInfo, ConnectorInfo, ConnectorKind, ConnectorOffset, ConnectorStatus, Created, Herder,
    HerderError, HerderErrorKind, InitialState, InstanceStatus, InternalRequest, NewConnector, PluginInfo,
    PluginLookup, RestartRequest, ServerInfo, TaskId, TaskInfo, TaskStatus,
};

type Answer<'a, T> = BoxFuture<'a, Result<T, HerderError>>;

struct Connector {
    config: ConfigMap,
    state: &'static str,
    tasks: Vec<ConfigMap>,
    topics: BTreeSet<String>,
    offsets: Vec<ConnectorOffset>,
}

impl Connector {
    fn use_topics(&mut self) {
        let topics = ["topic", "topics"].iter().filter_map(|key| self.config.get(*key));
        self.topics.extend(topics.cloned());
    }
}

#[derive(Default)]
pub(crate) struct FakeHerder {
    /// A distributed herder answers before there are tasks.
    distributed: bool,
    pub(crate) worker_id: Mutex<String>,
    pub(crate) starting: AtomicBool,
    pub(crate) hanging: AtomicBool,
    /// Whether somebody asked for the connector `never`, which is never answered.
    pub(crate) waited_for: AtomicBool,
    pub(crate) plugins: Mutex<Vec<PluginInfo>>,
    pub(crate) plugin_configs: Mutex<BTreeMap<String, Vec<ConfigKeyInfo>>>,
    /// What the next calls of `validate` answer.
    pub(crate) validations: Mutex<VecDeque<Result<ConfigInfos, HerderError>>>,
    /// Where the leader is, if that is another worker: known or not.
    pub(crate) leader: Mutex<Option<Option<String>>>,
    /// The requests of other workers that came.
    pub(crate) internal: Mutex<Vec<InternalRequest>>,
    connectors: Mutex<BTreeMap<String, Connector>>,
}

impl FakeHerder {
    /// Refuses what only the leader may do.
    fn lead(&self) -> Result<(), HerderError> {
        match &*self.leader.lock().unwrap() {
            None => Ok(()),
            Some(url) => Err(HerderError::elsewhere("Only the leader can do this.", url.clone())),
        }
    }

    pub(crate) fn distributed() -> Self {
        Self { distributed: true, ..Self::default() }
    }

    /// Every connector uses its topics again.
    pub(crate) fn move_data(&self) {
        self.connectors.lock().unwrap().values_mut().for_each(Connector::use_topics);
    }

    fn with<T>(&self, name: &str, missing: &str, act: impl FnOnce(&mut Connector) -> T) -> Result<T, HerderError> {
        let mut connectors = self.connectors.lock().unwrap();
        connectors.get_mut(name).map(act).ok_or_else(|| HerderError::not_found(missing.replace("{}", name)))
    }

    fn instance(&self, state: &'static str) -> InstanceStatus {
        let worker_id = self.worker_id.lock().unwrap().clone();
        InstanceStatus { state, worker_id, version: Some("<version>".to_owned()), trace: None, restarts: None }
    }

    fn status(&self, name: &str, missing: &str) -> Result<ConnectorStatus, HerderError> {
        let (state, tasks, kind) =
            self.with(name, missing, |connector| (connector.state, connector.tasks.len(), kind(&connector.config)))?;
        let task = |id| TaskStatus { id, status: self.instance(state) };
        let tasks = (0..u32::try_from(tasks).unwrap()).map(task).collect();
        Ok(ConnectorStatus { name: name.to_owned(), connector: self.instance(state), tasks, kind })
    }

    fn set_state(&self, name: &str, state: &'static str) -> Result<(), HerderError> {
        self.with(name, "Unknown connector {}", |connector| {
            connector.state = state;
            match state {
                "RUNNING" => connector.tasks = split(&connector.config),
                "STOPPED" => connector.tasks.clear(),
                _ => {}
            }
        })
    }

    fn put(&self, new: NewConnector) -> Result<Created, HerderError> {
        check(&new.config)?;
        let config: ConfigMap = new.config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let mut connectors = self.connectors.lock().unwrap();
        let created = !connectors.contains_key(&new.name);
        if !created && !new.replace {
            return Err(HerderError::conflict(format!("Connector {} already exists", new.name)));
        }
        let connector = connectors.entry(new.name.clone()).or_insert_with(|| Connector {
            config: ConfigMap::new(),
            state: "RUNNING",
            tasks: vec![],
            topics: BTreeSet::new(),
            offsets: vec![],
        });
        match new.initial_state {
            Some(InitialState::Paused) => connector.state = "PAUSED",
            Some(InitialState::Stopped) => connector.state = "STOPPED",
            _ => {}
        }
        connector.config = config;
        connector.use_topics();
        let before = info(&new.name, connector);
        if connector.state == "RUNNING" {
            connector.tasks = split(&connector.config);
        }
        Ok(Created { created, info: if self.distributed { before } else { info(&new.name, connector) } })
    }
}

fn info(name: &str, connector: &Connector) -> ConnectorInfo {
    ConnectorInfo {
        name: name.to_owned(),
        config: connector.config.clone(),
        tasks: (0..u32::try_from(connector.tasks.len()).unwrap()).map(|task| TaskId::new(name, task)).collect(),
        kind: kind(&connector.config),
    }
}

fn kind(config: &ConfigMap) -> ConnectorKind {
    if config["connector.class"].contains("Sink") { ConnectorKind::Sink } else { ConnectorKind::Source }
}

fn split(config: &ConfigMap) -> Vec<ConfigMap> {
    let tasks = if kind(config) == ConnectorKind::Sink { config["tasks.max"].parse().unwrap() } else { 1 };
    let mut task = config.clone();
    let class = format!("org.apache.kafka.connect.file.{}Task", config["connector.class"]);
    task.insert("task.class".to_owned(), class);
    vec![task; tasks]
}

/// The checks of the file connectors that the dialogues run into.
fn check(config: &BTreeMap<String, Option<String>>) -> Result<(), HerderError> {
    let get = |key: &str| config.get(key).and_then(Option::as_deref);
    let Some(class) = get("connector.class") else {
        let shown = config.iter().map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or("null")));
        let shown = shown.collect::<Vec<_>>().join(", ");
        return Err(HerderError::bad_request(format!("Connector config {{{shown}}} contains no connector type")));
    };
    if !["FileStreamSource", "FileStreamSink"].contains(&class) {
        return Err(HerderError::bad_request(format!(
            "Failed to find any class that implements Connector and which name matches {class}, available connectors \
             are: none"
        )));
    }
    let mut errors = Vec::new();
    let name = get("name").unwrap_or_default();
    if name.is_empty() {
        errors.push("Invalid value  for configuration name: String may not be empty".to_owned());
    }
    if let Some(control) = name.chars().find(|c| c.is_control()) {
        let code = u32::from(control);
        errors.push(format!(
            "Invalid value {name} for configuration name: String may not contain control sequences but had the \
             following ASCII chars: {code}"
        ));
    }
    if get("tasks.max") == Some("0") {
        errors.push("Invalid value 0 for configuration tasks.max: Value must be at least 1".to_owned());
    }
    if class == "FileStreamSource" {
        match get("topic") {
            None => errors.push("Missing required configuration \"topic\" which has no default value.".to_owned()),
            Some("") => errors.push("Invalid value  for configuration topic: String must be non-empty".to_owned()),
            _ => {}
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(HerderError::bad_request(format!(
        "Connector configuration is invalid and contains the following {} error(s):\n{}\nYou can also find the above \
         list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`",
        errors.len(),
        errors.join("\n")
    )))
}

const NOT_FOUND: &str = "Connector {} not found";

impl Herder for FakeHerder {
    fn server_info(&self) -> ServerInfo {
        let text = |text: &str| text.to_owned();
        ServerInfo { version: text("<version>"), commit: text("<commit>"), kafka_cluster_id: text("<cluster>") }
    }

    fn is_ready(&self) -> bool {
        !self.starting.load(Ordering::SeqCst)
    }

    fn health_check(&self) -> Answer<'_, ()> {
        if self.hanging.load(Ordering::SeqCst) || !self.is_ready() {
            return Box::pin(pending());
        }
        ready(Ok(()))
    }

    fn connectors(&self) -> Answer<'_, Vec<String>> {
        ready(Ok(self.connectors.lock().unwrap().keys().cloned().collect()))
    }

    fn connector_info<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorInfo> {
        match name {
            "never" => {
                self.waited_for.store(true, Ordering::SeqCst);
                Box::pin(pending())
            }
            "panic" => Box::pin(async { panic!("a connector that panics on purpose") }),
            _ => ready(self.with(name, NOT_FOUND, |connector| info(name, connector))),
        }
    }

    fn connector_status<'a>(&'a self, name: &'a str) -> Answer<'a, ConnectorStatus> {
        ready(self.status(name, "No status found for connector {}"))
    }

    fn task_status<'a>(&'a self, id: &'a TaskId) -> Answer<'a, TaskStatus> {
        let missing = format!("No status found for task {id}");
        let status = self.status(&id.connector, &missing).and_then(|status| {
            status.tasks.into_iter().find(|task| task.id == id.task).ok_or_else(|| HerderError::not_found(missing))
        });
        ready(status)
    }

    fn task_configs<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<TaskInfo>> {
        ready(self.with(name, NOT_FOUND, |connector| {
            let task = |(id, config): (u32, &ConfigMap)| TaskInfo { id: TaskId::new(name, id), config: config.clone() };
            (0..).zip(&connector.tasks).map(task).collect()
        }))
    }

    fn put_connector(&self, connector: NewConnector) -> Answer<'_, Created> {
        ready(self.lead().and_then(|()| self.put(connector)))
    }

    fn patch_connector<'a>(
        &'a self,
        name: &'a str,
        patch: BTreeMap<String, Option<String>>,
    ) -> Answer<'a, ConnectorInfo> {
        ready(self.with(name, NOT_FOUND, |connector| connector.config.clone()).and_then(|config| {
            let mut config: BTreeMap<_, _> = config.into_iter().map(|(key, value)| (key, Some(value))).collect();
            config.extend(patch);
            config.retain(|_, value| value.is_some());
            let new = NewConnector { name: name.to_owned(), config, initial_state: None, replace: true };
            Ok(self.put(new)?.info)
        }))
    }

    fn delete_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        if let Err(elsewhere) = self.lead() {
            return ready(Err(elsewhere));
        }
        let removed = self.connectors.lock().unwrap().remove(name);
        ready(removed.map(drop).ok_or_else(|| HerderError::not_found(NOT_FOUND.replace("{}", name))))
    }

    fn pause_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        ready(self.set_state(name, "PAUSED"))
    }

    fn resume_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        ready(self.set_state(name, "RUNNING"))
    }

    fn stop_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        let stopped = self.set_state(name, "STOPPED");
        ready(stopped.map_err(|_| HerderError::internal(format!("No connector `{name}` configured"))))
    }

    fn restart_connector<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        ready(self.with(name, "", |_| ()).map_err(|_| HerderError::internal("null")))
    }

    fn restart(&self, request: RestartRequest) -> Answer<'_, ConnectorStatus> {
        let status = self.lead().and_then(|()| self.status(&request.connector, "Unknown connector: {}"));
        ready(status.map(|mut status| {
            if !request.only_failed {
                status.connector.state = "RESTARTING";
                status.tasks.iter_mut().for_each(|task| task.status.state = "RESTARTING");
            }
            status
        }))
    }

    fn restart_task<'a>(&'a self, id: &'a TaskId) -> Answer<'a, ()> {
        let unknown = format!("Failed to start task {id} since it is not a recognizable type (source or sink)");
        ready(match self.with(&id.connector, "", |connector| connector.tasks.len() > id.task as usize) {
            Ok(true) => Ok(()),
            Ok(false) => Err(HerderError::not_found(format!("Task {id} not found"))),
            Err(_) => Err(HerderError::internal(unknown)),
        })
    }

    fn active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>> {
        let topics = self.with(name, "", |connector| connector.topics.iter().cloned().collect());
        ready(Ok(topics.unwrap_or_default()))
    }

    fn reset_active_topics<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        let _unknown_is_fine = self.with(name, "", |connector| connector.topics.clear());
        ready(Ok(()))
    }

    fn offsets<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<ConnectorOffset>> {
        ready(self.with(name, NOT_FOUND, |connector| connector.offsets.clone()))
    }

    fn alter_offsets<'a>(&'a self, name: &'a str, offsets: Vec<ConnectorOffset>) -> Answer<'a, String> {
        ready(self.with(name, NOT_FOUND, |connector| {
            connector.offsets = offsets;
            "The offsets for this connector have been altered successfully".to_owned()
        }))
    }

    fn reset_offsets<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        ready(self.with(name, NOT_FOUND, |connector| {
            connector.offsets.clear();
            "The offsets for this connector have been reset successfully".to_owned()
        }))
    }

    fn plugins(&self, which: PluginLookup) -> Vec<PluginInfo> {
        let mut plugins = self.plugins.lock().unwrap().clone();
        if which == PluginLookup::Connectors {
            plugins.retain(|plugin| ["sink", "source"].contains(&plugin.kind));
        }
        plugins
    }

    fn plugin_config(&self, plugin: &str) -> Result<Vec<ConfigKeyInfo>, HerderError> {
        let configs = self.plugin_configs.lock().unwrap();
        configs.get(plugin).cloned().ok_or_else(|| HerderError::not_found(format!("Unknown plugin {plugin}.")))
    }

    fn validate(&self, _config: BTreeMap<String, Option<String>>) -> Answer<'_, ConfigInfos> {
        let next = self.validations.lock().unwrap().pop_front();
        ready(next.unwrap_or_else(|| Err(HerderError::internal("nothing to answer"))))
    }

    fn check_internal(&self, request: &InternalRequest) -> Result<(), HerderError> {
        self.internal.lock().unwrap().push(request.clone());
        match request.signature.as_deref() {
            Some("wrong") => Err(HerderError::new(HerderErrorKind::Forbidden, "wrong signature")),
            Some("early") => Err(HerderError::new(HerderErrorKind::Unavailable, "no key yet")),
            _ => Ok(()),
        }
    }

    fn put_task_configs<'a>(&'a self, connector: &'a str, tasks: Vec<ConfigMap>) -> Answer<'a, ()> {
        if !self.distributed {
            return ready(Err(HerderError::internal(
                "Kafka Connect in standalone mode does not support externally setting task configurations.",
            )));
        }
        ready(self.with(connector, NOT_FOUND, |connector| connector.tasks = tasks))
    }
}
