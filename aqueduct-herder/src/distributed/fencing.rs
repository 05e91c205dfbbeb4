//! The leader's rounds of fencing (KIP-618): before the tasks of a new set write their first record, the producers of the
//! tasks before them are shut out, as many as the task count record says; then a new record says that it was done.
//!
//! Requests come from the tasks of all workers and from changes of offsets. Those for one connector share a round. Looking
//! at the topic and asking the brokers goes on beside the loop; the record is written in the order of all writes.

use std::collections::HashMap;
use std::sync::Arc;

use aqueduct_api::{ConnectError, PluginKind};
use aqueduct_storage::{ClusterConfigState, ConfigWriteError, RefreshError};

use super::event::{Event, Reply, Write, Written};
use super::herding::Herding;
use super::writes::failed;
use crate::HerderError;
use crate::failures::explain;
use crate::statuses::not_found;

/// The refusal of a worker that does not lead.
const ONLY_THE_LEADER: &str = "Only the leader may perform zombie fencing.";

/// The rounds under way.
#[derive(Default)]
pub(super) struct Fencings {
    active: HashMap<String, Round>,
    /// The number of the next round.
    next: u64,
}

/// A round for one connector.
struct Round {
    number: u64,
    /// How often the connector's tasks had been configured when it began.
    generation: Option<u32>,
    /// Everybody who waits for it.
    waiting: Vec<Reply<()>>,
}

/// Which round something belongs to.
#[derive(Debug, Clone)]
pub(super) struct RoundId {
    connector: String,
    number: u64,
}

/// What has to be done for the present set of tasks.
#[derive(Debug, PartialEq, Eq)]
enum Need {
    /// Nothing, it was done.
    Nothing,
    /// Nobody is there to be shut out, which has to be written down.
    Record,
    /// The producers of so many tasks are to be shut out.
    Fence(u32),
}

fn need(state: &ClusterConfigState, name: &str) -> Need {
    match (state.pending_fencing(name), state.task_count_record(name)) {
        (false, _) => Need::Nothing,
        (true, None) => Need::Record,
        // The only task takes the place of the only task before it, and shuts it out by itself.
        (true, Some(1)) if state.task_count(name) == 1 => Need::Record,
        (true, Some(tasks)) => Need::Fence(tasks),
    }
}

impl Herding {
    /// Has the producers of a connector's former tasks shut out.
    pub(super) fn fence(&mut self, name: String, reply: Reply<()>) {
        if let Err(error) = self.may_fence(&name) {
            let _ = reply.send(Err(error));
            return;
        }
        // Who asks may have read of tasks that this worker has not read of yet.
        let (config, timeout) = (self.shared.config.clone(), self.settings().sync_timeout);
        self.spawn(async move {
            let outcome = config.refresh(timeout).await;
            Event::FencingLooked { name, reply, outcome }
        });
    }

    fn may_fence(&self, name: &str) -> Result<(), HerderError> {
        self.only_the_leader(ONLY_THE_LEADER)?;
        let state = self.shared.config.snapshot();
        let config = state.connector_config(name).ok_or_else(|| not_found(name))?;
        let plugin = self.shared.worker.resolved(config).and_then(|config| {
            let plugin = self.shared.worker.connector_plugin(&config)?;
            Ok(plugin.kind())
        });
        if plugin? == PluginKind::Source {
            return Ok(());
        }
        Err(HerderError::bad_request(format!("Connector {name} is not a source connector")))
    }

    pub(super) fn fencing_looked(&mut self, name: String, reply: Reply<()>, outcome: Result<(), RefreshError>) {
        let allowed = match outcome {
            Ok(()) => self.may_fence(&name),
            Err(error) => {
                tracing::error!("Before fencing the producers of connector {name}: {error}");
                let message = "Failed to read to end of config topic before performing zombie fencing";
                Err(HerderError::internal(message))
            }
        };
        if let Err(error) = allowed {
            let _ = reply.send(Err(error));
            return;
        }
        if let Some(round) = self.fencings.active.get_mut(&name) {
            round.waiting.push(reply);
            return;
        }
        let state = self.shared.config.snapshot();
        let need = need(&state, &name);
        if need == Need::Nothing {
            tracing::debug!("The producers of connector {name} were fenced for its present tasks already");
            let _ = reply.send(Ok(()));
            return;
        }
        let id = RoundId { connector: name.clone(), number: self.fencings.next };
        self.fencings.next += 1;
        let generation = state.task_config_generation(&name);
        self.fencings.active.insert(name, Round { number: id.number, generation, waiting: vec![reply] });
        match need {
            Need::Fence(tasks) => self.shut_out(id, &state, tasks),
            Need::Record | Need::Nothing => self.write(Write::TaskCount(id)),
        }
    }

    fn shut_out(&self, id: RoundId, state: &ClusterConfigState, tasks: u32) {
        let Some(config) = state.connector_config(&id.connector).cloned() else { return };
        let (instances, timeout) = (Arc::clone(&self.instances), self.settings().sync_timeout);
        let topic = self.shared.config.clone();
        self.spawn(async move {
            let mut outcome = instances.fence_zombies(&id.connector, &config, tasks).await;
            if outcome.is_ok()
                && let Err(error) = topic.refresh(timeout).await
            {
                outcome = Err(ConnectError::connect(format!("Failed to read to end of config topic: {error}")));
            }
            Event::ProducersFenced { id, outcome }
        });
    }

    pub(super) fn producers_fenced(&mut self, id: RoundId, outcome: Result<(), ConnectError>) {
        match outcome {
            Ok(()) => self.write(Write::TaskCount(id)),
            Err(error) => {
                tracing::error!("Failed to fence the producers of connector {}: {}", id.connector, explain(&error));
                let message = format!("Failed to perform zombie fencing: {}", explain(&error));
                self.fencing_ended(&id, &Err(HerderError::internal(message)));
            }
        }
    }

    /// Writes that a round has done its work, if it still counts.
    pub(super) fn write_task_count(&mut self, id: RoundId) {
        let state = self.shared.config.snapshot();
        let Some(round) = self.fencings.active.get(&id.connector).filter(|round| round.number == id.number) else {
            return self.write_ended();
        };
        let refusal = if !state.contains(&id.connector) {
            Some(not_found(&id.connector))
        } else if state.task_config_generation(&id.connector) == round.generation {
            self.only_the_leader(ONLY_THE_LEADER).err()
        } else {
            let why = "Fencing failed because new task configurations were generated for the connector";
            Some(HerderError::conflict(why))
        };
        if let Some(refusal) = refusal {
            self.fencing_ended(&id, &Err(refusal));
            return self.write_ended();
        }
        let (config, tasks) = (self.shared.config.clone(), state.task_count(&id.connector));
        self.spawn(async move {
            let outcome = config.put_task_count_record(&id.connector, tasks).await;
            Event::Written(Written::TaskCount { id, outcome })
        });
    }

    pub(super) fn task_count_written(&mut self, id: &RoundId, outcome: Result<(), ConfigWriteError>) {
        self.fencing_ended(id, &outcome.map_err(failed));
    }

    /// New tasks were configured: a round for those before them would let them pass without having shut out everybody.
    pub(super) fn abandon_fencing(&mut self, name: &str) {
        if let Some(round) = self.fencings.active.get(name) {
            let id = RoundId { connector: name.to_owned(), number: round.number };
            let why = "Failed to complete zombie fencing because a new set of task configs was generated";
            self.fencing_ended(&id, &Err(HerderError::conflict(why)));
        }
    }

    fn fencing_ended(&mut self, id: &RoundId, outcome: &Result<(), HerderError>) {
        if self.fencings.active.get(&id.connector).is_none_or(|round| round.number != id.number) {
            return;
        }
        let round = self.fencings.active.remove(&id.connector);
        for reply in round.into_iter().flat_map(|round| round.waiting) {
            // Who asked may be gone.
            let _ = reply.send(outcome.clone());
        }
    }
}
