//! Writes to the config topic, one after another: what a write depends on is looked at when the one before it has been
//! read back.

use std::sync::Arc;

use aqueduct_storage::{ConfigWriteError, TargetState};

use super::event::{Event, Reply, Write, Written};
use super::herding::Herding;
use super::tasks::writing_tasks;
use crate::herder::present;
use crate::statuses::{RestartPlan, not_found};
use crate::{ConnectorInfo, ConnectorStatus, Created, HerderError, InitialState, NewConnector, RestartRequest, TaskId};

/// What callers see when the right to write may be lost.
const NOT_WRITTEN: &str =
    "Failed to write to config topic; this may be due to a transient error and the request can be safely retried";

/// The failure of a write, for whoever asked for it.
pub(super) fn failed(error: ConfigWriteError) -> HerderError {
    match error {
        ConfigWriteError::Privileged(cause) => {
            tracing::warn!("{NOT_WRITTEN}: {cause}");
            HerderError::internal(NOT_WRITTEN)
        }
        ConfigWriteError::Failed(error) => error.into(),
    }
}

/// Answers a command that is not carried out.
fn refuse<T>(reply: Reply<T>, error: HerderError) {
    let _ = reply.send(Err(error));
}

impl Herding {
    /// Writes when it is this one's turn.
    pub(super) fn write(&mut self, write: Write) {
        self.writes.push_back(write);
        self.next_write();
    }

    pub(super) fn write_ended(&mut self) {
        self.writing = false;
        self.next_write();
    }

    pub(super) fn next_write(&mut self) {
        if self.writing || self.waits_for_privileges() {
            return;
        }
        let Some(write) = self.writes.pop_front() else { return };
        self.writing = true;
        match write {
            Write::Put(connector, reply) => self.put(connector, reply),
            Write::Delete(name, reply) => self.delete(name, reply),
            Write::Stop(name, reply) => self.stop_connector(name, reply),
            Write::Restart(request, reply) => self.request_restart(request, reply),
            Write::PeerTasks(name, tasks, reply) => self.put_peer_tasks(name, tasks, reply),
            Write::OwnTasks(name, tasks) => self.write_own_tasks(name, tasks),
            Write::Key(key) => self.write_key(key),
            Write::TaskCount(id) => self.write_task_count(id),
        }
    }

    /// The refusal of what only the leader may do, for a worker that does not lead.
    pub(super) fn only_the_leader(&self, message: &str) -> Result<(), HerderError> {
        if self.leads() { Ok(()) } else { Err(HerderError::elsewhere(message, self.leader_url())) }
    }

    /// Ends a write before it began.
    fn refused<T>(&mut self, reply: Reply<T>, error: HerderError) {
        refuse(reply, error);
        self.write_ended();
    }

    /// Lets a write go on beside the loop; the answer goes out when it has ended. `what` is said to those who wait for it.
    fn answered<T: Send + 'static>(
        &self,
        what: String,
        reply: Reply<T>,
        write: impl Future<Output = Result<T, HerderError>> + Send + 'static,
    ) {
        let writing = self.shared.stage.beside(what);
        self.spawn(async move {
            let outcome = write.await;
            drop(writing);
            let _ = reply.send(outcome);
            Event::Written(Written::Answered)
        });
    }

    fn put(&mut self, connector: NewConnector, reply: Reply<Created>) {
        if let Err(error) = self.only_the_leader("Only the leader can set connector configs.") {
            return self.refused(reply, error);
        }
        let NewConnector { name, config, initial_state, replace } = connector;
        let state = self.shared.config.snapshot();
        let exists = state.contains(&name);
        if exists && !replace {
            return self.refused(reply, HerderError::conflict(format!("Connector {name} already exists")));
        }
        let config = present(&config);
        let info = ConnectorInfo {
            tasks: state.tasks(&name).map(|task| TaskId::new(name.clone(), task)).collect(),
            kind: self.shared.kind_of(&config),
            config,
            name,
        };
        let store = self.shared.config.clone();
        let what = format!("writing a config for connector {} to the config topic", info.name);
        self.answered(what, reply, async move {
            let wanted = initial_state.map(InitialState::target);
            store.put_connector_config(&info.name, &info.config, wanted).await.map_err(failed)?;
            Ok(Created { created: !exists, info })
        });
    }

    fn delete(&mut self, name: String, reply: Reply<()>) {
        if let Err(error) = self.only_the_leader("Only the leader can delete connector configs.") {
            return self.refused(reply, error);
        }
        if !self.shared.config.contains(&name) {
            return self.refused(reply, not_found(&name));
        }
        tracing::debug!("Removing connector {name}");
        let store = self.shared.config.clone();
        let what = format!("removing the config for connector {name} from the config topic");
        self.answered(what, reply, async move { store.remove_connector_config(&name).await.map_err(failed) });
    }

    fn stop_connector(&mut self, name: String, reply: Reply<()>) {
        if !self.shared.config.contains(&name) {
            return self.refused(reply, HerderError::not_found(format!("Unknown connector {name}")));
        }
        if let Err(error) = self.only_the_leader("Only the leader can transition connectors to the STOPPED state.") {
            return self.refused(reply, error);
        }
        let (store, timeout) = (self.shared.config.clone(), self.settings().sync_timeout);
        let what = format!("writing the STOPPED target stage for connector {name} to the config topic");
        self.answered(what, reply, async move {
            // The tasks end first: a stopped connector with tasks is something that nobody should see.
            store.put_task_configs(&name, &[]).await.map_err(failed)?;
            store.put_target_state(&name, TargetState::Stopped).await?;
            if let Err(error) = store.refresh(timeout).await {
                tracing::warn!("The state of connector {name} was written and not read back in time: {error}");
            }
            Ok(())
        });
    }

    fn request_restart(&mut self, request: RestartRequest, reply: Reply<ConnectorStatus>) {
        if let Err(error) = self.only_the_leader("Only the leader can process restart requests.") {
            return self.refused(reply, error);
        }
        let name = &request.connector;
        if !self.shared.config.contains(name) {
            let error = HerderError::not_found(format!("Unknown connector: {name}"));
            return self.refused(reply, error);
        }
        let shared = Arc::clone(&self.shared);
        let what = format!("writing restart request for connector {name} to the config topic");
        self.answered(what, reply, async move {
            // Planned before it is read back: from then on the statuses change.
            let status = shared.connector_status(&request.connector);
            shared.config.put_restart_request(&request).await.map_err(failed)?;
            let status = status
                .map_err(|_| HerderError::not_found(format!("Status for connector {} not found", request.connector)))?;
            Ok(RestartPlan::new(&request, status).status)
        });
    }

    fn put_peer_tasks(&mut self, name: String, tasks: Vec<aqueduct_api::ConfigMap>, reply: Reply<()>) {
        if let Err(error) = self.only_the_leader("Only the leader may write task configurations.") {
            return self.refused(reply, error);
        }
        let state = self.shared.config.snapshot();
        if !state.contains(&name) {
            return self.refused(reply, not_found(&name));
        }
        if !tasks.is_empty() && state.target_state(&name) == Some(TargetState::Stopped) {
            let error = format!("Cannot submit non-empty set of task configs for stopped connector {name}");
            return self.refused(reply, HerderError::bad_request(error));
        }
        let store = self.shared.config.clone();
        let what = writing_tasks(&name, tasks.len());
        self.answered(what, reply, async move { store.put_task_configs(&name, &tasks).await.map_err(failed) });
    }
}
