//! Producers shared between tasks. Each producer has threads of its own, so tasks whose settings are equal apart from
//! the generated `client.id` use one.

use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use super::core::Gate;
use super::{Handle, Producer};
use crate::error::KafkaError;
use crate::settings::ClientSettings;
use crate::statistics::StatisticsListener;

/// Whether tasks may share producers (worker key `producer.sharing`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ProducerSharing {
    /// One producer for all tasks with equal settings (the default).
    #[default]
    Equal,
    /// A producer with Java's own `client.id` for each task, for quotas per client id.
    None,
}

/// Hands out producers; holds none of them itself.
pub struct ProducerPool {
    sharing: ProducerSharing,
    shared_client_id: String,
    producers: Mutex<Vec<Pooled>>,
    observers: OnceLock<Observers>,
}

/// Makes who listens to the producer with a `client.id`.
type Observers = Box<dyn Fn(&str) -> Arc<dyn StatisticsListener> + Send + Sync>;

struct Pooled {
    settings: ClientSettings,
    handle: Weak<Handle>,
}

const CLIENT_ID: &str = "client.id";

impl ProducerPool {
    /// `shared_client_id` is the `client.id` of shared producers (`connector-producer-<worker id>`).
    pub fn new(sharing: ProducerSharing, shared_client_id: impl Into<String>) -> ProducerPool {
        let shared_client_id = shared_client_id.into();
        ProducerPool { sharing, shared_client_id, producers: Mutex::default(), observers: OnceLock::new() }
    }

    /// Has the figures of each producer that is made from now on go to the listener that `observers` answers for its
    /// `client.id`. Only the first call of this function counts.
    pub fn observe(&self, observers: impl Fn(&str) -> Arc<dyn StatisticsListener> + Send + Sync + 'static) {
        let _ = self.observers.set(Box::new(observers));
    }

    fn create(&self, settings: &ClientSettings) -> Result<Producer, KafkaError> {
        let observers = self.observers.get();
        Producer::observed(settings, observers.map(|observer| observer(settings.client_id())))
    }

    /// A producer for these settings: one that is in use already, or a new one. Transactional producers, and ones that
    /// failed, are never shared; a `client.id` that a person chose is kept.
    pub fn acquire(&self, settings: &ClientSettings) -> Result<Producer, KafkaError> {
        if self.sharing == ProducerSharing::None || settings.get("transactional.id").is_some() {
            return self.create(settings);
        }
        let mut settings = settings.clone();
        if !settings.is_user_set(CLIENT_ID) {
            settings.set_base(CLIENT_ID, self.shared_client_id.as_str());
        }
        // The lock is held while the producer starts, which takes milliseconds: two tasks that start together share it.
        let mut producers = self.producers.lock();
        producers.retain(|pooled| pooled.handle.strong_count() > 0);
        let present = producers.iter().filter(|pooled| pooled.settings == settings).find_map(|pooled| {
            let producer = Producer(pooled.handle.upgrade()?);
            (producer.core().gate() != Gate::Closed).then_some(producer)
        });
        if let Some(producer) = present {
            return Ok(producer);
        }
        let producer = self.create(&settings)?;
        producers.push(Pooled { settings, handle: Arc::downgrade(&producer.0) });
        Ok(producer)
    }
}
