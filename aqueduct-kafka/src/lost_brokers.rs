//! Finds out whether a broker is lost, and when it is back.
//!
//! librdkafka connects to a broker again when it needs it. Others lead what a dead broker led, and one that comes back
//! leads nothing for minutes: nobody would notice. So while brokers may be lost there is a scout, one more client of the
//! cluster that connects to every broker. It sends nothing; its connections say what is to be known.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::error::KafkaError;
use crate::native::{Client, Queue};
use crate::outage::Watch;

/// How often to look whether the scout is still needed.
const INTERVAL: Duration = Duration::from_millis(500);
/// What a scout does otherwise than the client that it is made after: it connects to brokers that it does not need, and
/// looks often who is in the cluster, since a broker that has not been heard of for a while is taken off the list.
const OF_A_SCOUT: [(&str, &str); 2] =
    [("enable.sparse.connections", "false"), ("topic.metadata.refresh.interval.ms", "1000")];

/// Makes the configuration of a client that of a scout.
pub(crate) fn make_scout(properties: &mut BTreeMap<String, String>) {
    properties.extend(OF_A_SCOUT.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Keeps the scout that `launch` starts, on a thread of its own, until the watch is over.
pub(crate) fn watch(watch: Watch, launch: impl FnOnce() -> Result<Arc<Client>, KafkaError> + Send + 'static) {
    let thread = std::thread::Builder::new().name("kafka-scout".into());
    let spawned = thread.spawn(move || match launch() {
        Ok(scout) => {
            let events = Queue::main(&scout);
            while !watch.is_over() {
                // Its troubles are those that everybody has.
                let _ = events.wait_for(INTERVAL);
            }
        }
        Err(error) => tracing::debug!("no scout for lost brokers: {error}"),
    });
    if let Err(error) = spawned {
        tracing::debug!("no scout for lost brokers: {error}");
    }
}
