//! Acknowledgements on their way from the producer's thread to the task's loop.

use std::ops::Range;

use aqueduct_kafka::{Delivery, DeliverySink, KafkaError, RecordMetadata};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What was delivered since the loop looked last.
#[derive(Default)]
pub(crate) struct Delivered {
    /// Runs of acknowledged records.
    pub(crate) acknowledged: Vec<Range<u64>>,
    /// Where acknowledged records ended up; only when the task asked for it.
    pub(crate) metadata: Vec<(u64, RecordMetadata)>,
    /// Records that never will be.
    pub(crate) failed: Vec<(u64, KafkaError)>,
}

/// Collects the results of one task's records.
pub(crate) struct Acks {
    delivered: Mutex<Delivered>,
    arrived: Notify,
    keep_metadata: bool,
}

impl Acks {
    /// With `keep_metadata`, each record's partition and offset are kept too.
    pub(crate) fn new(keep_metadata: bool) -> Self {
        Self { delivered: Mutex::default(), arrived: Notify::new(), keep_metadata }
    }

    /// Takes what has arrived.
    pub(crate) fn take(&self) -> Delivered {
        std::mem::take(&mut self.delivered.lock())
    }

    /// Waits until something has arrived.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

impl DeliverySink for Acks {
    fn delivered(&self, deliveries: &[Delivery]) {
        {
            let mut delivered = self.delivered.lock();
            for delivery in deliveries {
                let sequence = delivery.sequence;
                match &delivery.outcome {
                    Ok(metadata) => {
                        // Acknowledgements mostly come in order, so runs say the same in less.
                        match delivered.acknowledged.last_mut() {
                            Some(run) if run.end == sequence => run.end += 1,
                            _ => delivered.acknowledged.push(sequence..sequence + 1),
                        }
                        if self.keep_metadata {
                            delivered.metadata.push((sequence, *metadata));
                        }
                    }
                    Err(error) => delivered.failed.push((sequence, error.clone())),
                }
            }
        }
        self.arrived.notify_one();
    }
}
