//! What happens when a broker refuses idempotence that nobody asked for (ACLs from before Kafka 2.8 do not allow it):
//! a second instance without it, one request at a time, takes over the records that the first could not send, in their
//! order, and everything that comes later.

use std::collections::HashMap;
use std::sync::Arc;

use super::core::{Core, Engine, Gate};
use super::deliveries;
use super::lanes::Token;
use crate::client_config::ClientKind;
use crate::codes;
use crate::native::{DeliveredMessage, Topic};
use crate::start::launch;

/// The way from an engine to its successor.
pub(super) struct Fallback {
    successor: Arc<Engine>,
    topics: HashMap<String, Topic>,
}

impl Fallback {
    /// Starts the successor, if `engine` died of refused idempotence and may have one.
    pub(super) fn begin(core: &Arc<Core>, engine: &Engine) -> Option<Fallback> {
        if engine.client.fatal_error()?.code() != codes::CLUSTER_AUTHORIZATION_FAILED {
            return None;
        }
        // Only the first engine is idempotent; a successor has nothing to fall back to.
        if core.generation() > 0 {
            return None;
        }
        let config = core.config.without_idempotence()?;
        core.set_gate(Gate::Waiting);
        let started = launch(ClientKind::Producer, &config, &core.connection).and_then(|client| {
            let successor = Engine::new(client);
            deliveries::spawn(Arc::clone(core), Arc::clone(&successor))?;
            Ok(successor)
        });
        match started {
            Ok(successor) => {
                tracing::warn!(
                    "producer {}: the broker does not permit idempotence (CLUSTER_AUTHORIZATION_FAILED); going on \
                     without it, one request at a time. A retry can write a record twice",
                    core.connection.client_id()
                );
                core.replace_engine(Arc::clone(&successor));
                Some(Fallback { successor, topics: HashMap::new() })
            }
            Err(error) => {
                core.connection.raise(error);
                core.set_gate(Gate::Closed);
                None
            }
        }
    }

    /// Gives a record that was not written to the successor. `false` when that fails.
    pub(super) fn pass_on(&mut self, message: &mut DeliveredMessage<'_>, token: Token) -> bool {
        let name = message.topic();
        if !self.topics.contains_key(&name) {
            match Topic::open(&self.successor.client, &name) {
                Ok(topic) => self.topics.insert(name.clone(), topic),
                Err(_) => return false,
            };
        }
        let headers = message.take_headers();
        let (partition, timestamp) = (message.partition(), message.timestamp());
        self.topics[&name].produce(partition, message.key(), message.value(), headers, timestamp, token.0).is_ok()
    }

    /// Every record of the old engine has ended or moved.
    pub(super) fn finish(self, core: &Core) {
        core.set_gate(Gate::Open);
    }
}
