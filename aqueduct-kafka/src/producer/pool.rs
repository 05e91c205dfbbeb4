//! Producers shared between tasks. Each producer has threads of its own, so tasks whose settings are equal apart from
//! the generated `client.id` use one.

use crate::error::KafkaError;
use crate::producer::Producer;
use crate::settings::ClientSettings;

/// Whether tasks may share producers (worker key `producer.sharing`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ProducerSharing {
    /// One producer for all tasks with equal settings (the default).
    #[default]
    Equal,
    /// A producer with Java's own `client.id` for each task, for quotas per client id.
    None,
}

/// Hands out producers; drops its own interest in one as soon as no task holds it.
pub struct ProducerPool {}

impl ProducerPool {
    /// `shared_client_id` is the `client.id` of shared producers (`connector-producer-<worker id>`).
    pub fn new(sharing: ProducerSharing, shared_client_id: impl Into<String>) -> ProducerPool {
        unimplemented!()
    }

    /// A producer for these settings: one that is in use already, or a new one. Transactional producers, and ones that
    /// failed, are never shared; nor is one whose `client.id` a person chose with others than those who chose the same.
    pub fn acquire(&self, settings: &ClientSettings) -> Result<Producer, KafkaError> {
        unimplemented!()
    }
}
