//! Puts statuses together for answers, and says which instances a restart concerns (KIP-745).

use aqueduct_api::{ConfigMap, PluginKind};
use aqueduct_plugins::Plugin;
use aqueduct_storage::{Status, StatusState};
use aqueduct_worker::Worker;

use crate::{ConnectorKind, ConnectorStatus, HerderError, InstanceStatus, RestartRequest, TaskId, TaskStatus};

/// The refusal of what asks for a connector that is not there.
pub(crate) fn not_found(name: &str) -> HerderError {
    HerderError::not_found(format!("Connector {name} not found"))
}

/// A status for answers.
pub(crate) fn instance(status: Status) -> InstanceStatus {
    InstanceStatus {
        state: status.state.name(),
        worker_id: status.worker_id,
        version: status.version,
        trace: status.trace,
        restarts: None,
    }
}

/// Whether a configuration is that of a source or of a sink.
pub(crate) fn kind_of(worker: &Worker, config: &ConfigMap) -> ConnectorKind {
    match worker.connector_plugin(config).map(Plugin::kind) {
        Ok(PluginKind::Source) => ConnectorKind::Source,
        Ok(PluginKind::Sink) => ConnectorKind::Sink,
        _ => ConnectorKind::Unknown,
    }
}

/// The status of a connector from those of its instance and tasks.
///
/// # Errors
/// When the connector has none.
pub(crate) fn connector_status(
    name: &str,
    status: Option<Status>,
    tasks: Vec<(u32, Status)>,
    kind: ConnectorKind,
) -> Result<ConnectorStatus, HerderError> {
    let missing = || HerderError::not_found(format!("No status found for connector {name}"));
    Ok(ConnectorStatus {
        name: name.to_owned(),
        connector: instance(status.ok_or_else(missing)?),
        tasks: tasks.into_iter().map(|(id, status)| TaskStatus { id, status: instance(status) }).collect(),
        kind,
    })
}

/// The status of a task.
///
/// # Errors
/// When it has none.
pub(crate) fn task_status(id: &TaskId, status: Option<Status>) -> Result<TaskStatus, HerderError> {
    let status = status.ok_or_else(|| HerderError::not_found(format!("No status found for task {id}")))?;
    Ok(TaskStatus { id: id.task, status: instance(status) })
}

/// What a restart concerns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RestartPlan {
    /// The status, in which everything that is about to be restarted shows RESTARTING.
    pub(crate) status: ConnectorStatus,
    /// Whether the connector instance is restarted.
    pub(crate) connector: bool,
    /// The tasks that are restarted.
    pub(crate) tasks: Vec<TaskId>,
}

impl RestartPlan {
    /// The plan for a request, given the present status.
    pub(crate) fn new(request: &RestartRequest, mut status: ConnectorStatus) -> Self {
        let failed = StatusState::Failed.name();
        let chosen = |state: &str| !request.only_failed || state == failed;
        let connector = chosen(status.connector.state);
        if connector {
            status.connector.state = StatusState::Restarting.name();
        }
        let mut tasks = Vec::new();
        for task in status.tasks.iter_mut().filter(|task| request.include_tasks && chosen(task.status.state)) {
            task.status.state = StatusState::Restarting.name();
            tasks.push(TaskId::new(request.connector.clone(), task.id));
        }
        Self { status, connector, tasks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(only_failed: bool, include_tasks: bool, states: [&'static str; 3], expect: [&str; 3]) {
        let status =
            |state| InstanceStatus { state, worker_id: String::new(), version: None, trace: None, restarts: None };
        let [connector, first, second] = states;
        let tasks = [first, second].into_iter().zip(0..);
        let before = ConnectorStatus {
            name: "c".to_owned(),
            connector: status(connector),
            tasks: tasks.map(|(state, id)| TaskStatus { id, status: status(state) }).collect(),
            kind: ConnectorKind::Source,
        };
        let request = RestartRequest { connector: "c".to_owned(), only_failed, include_tasks };
        let plan = RestartPlan::new(&request, before);
        let shown = [plan.status.connector.state, plan.status.tasks[0].status.state, plan.status.tasks[1].status.state];
        assert_eq!(shown, expect);
        assert_eq!(plan.connector, expect[0] == "RESTARTING");
        let tasks = plan.tasks.iter().map(|id| id.task).collect::<Vec<_>>();
        let expect_tasks = (0..2).filter(|&task| expect[task as usize + 1] == "RESTARTING").collect::<Vec<_>>();
        assert_eq!(tasks, expect_tasks);
    }

    #[test]
    fn a_restart_concerns_what_was_asked_for() {
        let one_failed = ["RUNNING", "FAILED", "RUNNING"];
        check(false, false, one_failed, ["RESTARTING", "FAILED", "RUNNING"]);
        check(false, true, one_failed, ["RESTARTING", "RESTARTING", "RESTARTING"]);
        check(true, false, one_failed, one_failed);
        check(true, true, one_failed, ["RUNNING", "RESTARTING", "RUNNING"]);
        check(true, true, ["FAILED", "PAUSED", "FAILED"], ["RESTARTING", "PAUSED", "RESTARTING"]);
    }
}
