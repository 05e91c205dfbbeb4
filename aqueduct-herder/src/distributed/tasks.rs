//! The way from a connector's answer to task configurations in the config topic. The leader writes them; the others send
//! them to the leader. It is tried until it works, or until there is nothing to be done any more.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_storage::TargetState;
use tokio::time::Instant;

use super::event::{Event, Write, Written};
use super::herding::Herding;
use super::signature;
use crate::failures::explain;
use crate::odd_name;
use crate::{HerderError, HerderErrorKind, PeerRequest};

/// The pause before the second attempt; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A refused signature in this time may come from a key that was just replaced.
const KEY_ROTATION: Duration = Duration::from_secs(60);

/// What no second attempt can heal.
const TOO_MANY_TASKS: &str = "org.apache.kafka.connect.runtime.TooManyTasksException";

/// One connector on this way.
#[derive(Debug)]
pub(super) struct Reconfiguration {
    attempt: u32,
    began: Instant,
    /// Somebody has asked again meanwhile.
    again: bool,
}

/// What the worker does when it writes task configurations.
pub(super) fn writing_tasks(name: &str, count: usize) -> String {
    format!("writing {count} task configs for connector {name} to the config topic")
}

fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_PAUSE)
}

impl Herding {
    /// Makes a connector's task configurations anew. Only one attempt for a connector goes on at a time.
    pub(super) fn reconfigure(&mut self, name: &str) {
        if let Some(present) = self.reconfigurations.get_mut(name) {
            present.again = true;
            return;
        }
        let fresh = Reconfiguration { attempt: 0, began: Instant::now(), again: false };
        self.reconfigurations.insert(name.to_owned(), fresh);
        self.make_tasks(name);
    }

    fn make_tasks(&mut self, name: &str) {
        // The topic may know more than the loop has taken over.
        let state = self.shared.config.snapshot();
        let config = state.connector_config(name).cloned();
        let wanted = state.target_state(name).unwrap_or_default() == TargetState::Started;
        let Some(config) = config.filter(|_| wanted && self.instances.has_connector(name)) else {
            tracing::info!("Skipping reconfiguration of connector {name}, which does not run here");
            return self.reconfigured(name);
        };
        let (instances, owned) = (Arc::clone(&self.instances), name.to_owned());
        let making = self.shared.stage.beside(format!("generating task configs for connector {name}"));
        self.in_lane(name, async move {
            let _making = making;
            let outcome = instances.task_configs(&owned, &config).await;
            Some(Event::TasksMade { name: owned, config: (*config).clone(), outcome })
        });
    }

    pub(super) fn tasks_made(
        &mut self,
        name: String,
        config: &ConfigMap,
        outcome: Result<Vec<ConfigMap>, ConnectError>,
    ) {
        let tasks = match outcome {
            Ok(tasks) => tasks,
            Err(error) if error.class() == TOO_MANY_TASKS => {
                tracing::error!("Failed to reconfigure the tasks of connector {name}: {}", explain(&error));
                return self.reconfigured(&name);
            }
            Err(error) => return self.tasks_published(name, Err(HerderError::internal(explain(&error)))),
        };
        if !self.tasks_changed(&name, config, &tasks) {
            return self.reconfigured(&name);
        }
        if self.leads() {
            return self.write(Write::OwnTasks(name, tasks));
        }
        match self.tasks_for_leader(&name, &tasks) {
            Ok(request) => {
                let peers = Arc::clone(&self.shared.peers);
                self.spawn(async move {
                    let outcome = match peers.send(request).await {
                        Ok(answer) => answer.accepted().map(drop).map_err(HerderError::from),
                        Err(failure) => Err(failure.into()),
                    };
                    Event::TasksPublished { name, outcome }
                });
            }
            Err(error) => self.tasks_published(name, Err(error)),
        }
    }

    /// Whether these tasks are not those of the topic, or were made from another configuration than those.
    fn tasks_changed(&self, name: &str, config: &ConfigMap, tasks: &[ConfigMap]) -> bool {
        let state = self.shared.config.snapshot();
        let present = state.task_configs(name);
        if present.len() != tasks.len() || present.iter().zip(tasks).any(|(present, task)| **present != *task) {
            return true;
        }
        let Some(applied) = state.applied_config(name) else { return true };
        // Variables may stand for something else by now; that is noticed at the next start of the connector.
        **applied != *config
            && match (self.instances.resolved(applied), self.instances.resolved(config)) {
                (Ok(applied), Ok(config)) => applied != config,
                _ => true,
            }
    }

    fn tasks_for_leader(&self, name: &str, tasks: &[ConfigMap]) -> Result<PeerRequest, HerderError> {
        let body = serde_json::to_vec(tasks).map_err(|error| {
            HerderError::internal(format!("Task configurations cannot be written as JSON: {error}"))
        })?;
        self.signed_request("POST", name, "tasks", Some(body))
    }

    /// A request to the leader about a connector, signed if the group does that.
    pub(super) fn signed_request(
        &self,
        method: &str,
        name: &str,
        what: &str,
        body: Option<Vec<u8>>,
    ) -> Result<PeerRequest, HerderError> {
        let leader = self.leader_url().ok_or_else(|| {
            HerderError::internal(
                "Request to leader to reconfigure connector tasks failed because the URL of the leader's REST interface is \
                 empty!",
            )
        })?;
        let mut headers = match self.shared.key() {
            Some(key) if self.shared.signs() => {
                signature::sign(&key.key, &self.settings().signature_algorithm, body.as_deref().unwrap_or_default())?
                    .into()
            }
            _ => Vec::new(),
        };
        let (connector, header) = odd_name::segment(name);
        headers.extend(header);
        let url = format!("{}/connectors/{connector}/{what}", leader.trim_end_matches('/'));
        Ok(PeerRequest { method: method.to_owned(), url, headers, body })
    }

    pub(super) fn write_own_tasks(&mut self, name: String, tasks: Vec<ConfigMap>) {
        if !self.leads() {
            // Another worker leads by now: the next attempt asks it.
            self.tasks_published(name, Err(HerderError::conflict("this worker does not lead any more")));
            return self.write_ended();
        }
        let config = self.shared.config.clone();
        let writing = self.shared.stage.beside(writing_tasks(&name, tasks.len()));
        self.spawn(async move {
            let _writing = writing;
            let outcome = match config.contains(&name) {
                true => config.put_task_configs(&name, &tasks).await.map_err(|error| error.into_error().into()),
                // It was deleted meanwhile.
                false => Ok(()),
            };
            Event::Written(Written::Tasks { name, outcome })
        });
    }

    pub(super) fn tasks_published(&mut self, name: String, outcome: Result<(), HerderError>) {
        let Err(error) = outcome else { return self.reconfigured(&name) };
        let Some(reconfiguration) = self.reconfigurations.get_mut(&name) else { return };
        let rotating = error.kind() == HerderErrorKind::Forbidden && reconfiguration.began.elapsed() < KEY_ROTATION;
        if !rotating {
            tracing::error!("Failed to reconfigure the tasks of connector {name}, retrying after backoff: {error}");
        }
        let delay = pause(reconfiguration.attempt);
        reconfiguration.attempt += 1;
        self.after(delay, Event::TasksRetry(name));
    }

    pub(super) fn retry_tasks(&mut self, name: &str) {
        if self.reconfigurations.contains_key(name) {
            self.make_tasks(name);
        }
    }

    fn reconfigured(&mut self, name: &str) {
        if self.reconfigurations.remove(name).is_some_and(|done| done.again) {
            self.reconfigure(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let pauses = [0, 1, 2, 7, 8, 9, 1000].map(|attempt| pause(attempt).as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 32_000, 60_000, 60_000, 60_000]);
    }
}
