//! Writes down which offsets of source and target stand for the same record.
//!
//! Every copied record enters; those that call for a sync are queued and sent soon, of the others the last one is kept for the
//! next commit. A partition has at most one sync in the queue, and there are never more than a few under way: a slow topic of
//! syncs slows nothing down.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aqueduct_api::{ConnectError, TopicPartition};
use aqueduct_kafka::{ClientSettings, Delivery, DeliverySink, ErrorKind, Producer, ProducerLane, ProducerRecord};
use indexmap::IndexMap;
use parking_lot::Mutex;

use super::spacing::Spacing;
use crate::formats::OffsetSync;
use crate::trouble::from_kafka;

/// How many syncs may be under way.
const MAX_UNDER_WAY: usize = 10;
/// How long closing waits for those that are.
const LAST_SYNCS: Duration = Duration::from_secs(3);

/// The syncs of one task.
pub(crate) struct OffsetSyncs {
    topic: String,
    client: ClientSettings,
    max_lag: i64,
    state: Mutex<State>,
    under_way: Arc<UnderWay>,
}

struct State {
    spacing: HashMap<TopicPartition, Spacing>,
    queue: Queue,
    /// None once the task has stopped.
    lane: Option<ProducerLane>,
}

/// Syncs that were not sent yet, the oldest first.
#[derive(Default)]
struct Queue {
    pending: IndexMap<TopicPartition, OffsetSync>,
    delayed: IndexMap<TopicPartition, OffsetSync>,
}

impl Queue {
    fn push(&mut self, partition: TopicPartition, sync: OffsetSync, due: bool) {
        if due {
            self.delayed.shift_remove(&partition);
            self.pending.insert(partition, sync);
        } else {
            self.delayed.insert(partition, sync);
        }
    }

    fn promote(&mut self) {
        self.pending.extend(self.delayed.drain(..));
    }
}

/// Counts the syncs that have no result yet.
#[derive(Default)]
struct UnderWay(AtomicUsize);

impl DeliverySink for UnderWay {
    fn delivered(&self, deliveries: &[Delivery]) {
        self.0.fetch_sub(deliveries.len(), Ordering::AcqRel);
        for error in deliveries.iter().filter_map(|delivery| delivery.outcome.as_ref().err()) {
            tracing::error!("Failure sending offset sync: {error}");
        }
    }
}

impl OffsetSyncs {
    pub(crate) fn open(client: ClientSettings, topic: String, max_lag: i64) -> Result<Self, ConnectError> {
        let under_way = Arc::new(UnderWay::default());
        let lane = lane(&client, &under_way)?;
        let state = State { spacing: HashMap::new(), queue: Queue::default(), lane: Some(lane) };
        Ok(Self { topic, client, max_lag, state: Mutex::new(state), under_way })
    }

    /// A record of a partition of the source was written.
    pub(crate) fn copied(&self, partition: TopicPartition, upstream: i64, downstream: i64) {
        let mut state = self.state.lock();
        let due = match state.spacing.get_mut(&partition) {
            Some(spacing) => spacing.is_due(upstream, downstream),
            None => {
                let mut spacing = Spacing::new(self.max_lag);
                let due = spacing.is_due(upstream, downstream);
                state.spacing.insert(partition.clone(), spacing);
                due
            }
        };
        let sync = OffsetSync {
            topic: partition.topic.as_str().to_owned(),
            partition: partition.partition,
            upstream,
            downstream,
        };
        state.queue.push(partition, sync, due);
        self.send(&mut state);
    }

    /// Sends also what was not urgent: a quiet topic would stay behind for ever.
    pub(crate) fn commit(&self) {
        let mut state = self.state.lock();
        state.queue.promote();
        if let Some(failed) = state.lane.as_ref().and_then(|lane| lane.producer().fault()) {
            tracing::warn!("The producer of offset syncs has failed and is replaced: {failed}");
            state.lane = None;
            self.under_way.0.store(0, Ordering::Release);
            match lane(&self.client, &self.under_way) {
                Ok(lane) => state.lane = Some(lane),
                Err(error) => tracing::error!("Failure sending offset sync: {error}"),
            }
        }
        self.send(&mut state);
    }

    fn send(&self, state: &mut State) {
        let Some(lane) = &mut state.lane else { return };
        while let Some((_, sync)) = state.queue.pending.first() {
            if self.under_way.0.load(Ordering::Acquire) >= MAX_UNDER_WAY {
                return;
            }
            let record = ProducerRecord {
                topic: self.topic.as_str().into(),
                partition: Some(0),
                key: Some(sync.key().into()),
                value: Some(sync.value().into()),
                timestamp: None,
                headers: Vec::new(),
            };
            // Counted before, because the result may come at once.
            self.under_way.0.fetch_add(1, Ordering::AcqRel);
            if let Err(error) = lane.send(0, &record) {
                self.under_way.0.fetch_sub(1, Ordering::AcqRel);
                if error.kind() == ErrorKind::QueueFull {
                    return;
                }
                tracing::error!("Failure sending offset sync: {error}");
            }
            state.queue.pending.shift_remove_index(0);
        }
    }

    /// Waits a little for what is under way, and ends.
    pub(crate) async fn close(&self) {
        let lane = self.state.lock().lane.take();
        if let Some(lane) = lane {
            lane.producer().close(LAST_SYNCS).await;
        }
    }
}

fn lane(client: &ClientSettings, under_way: &Arc<UnderWay>) -> Result<ProducerLane, ConnectError> {
    let producer = Producer::create(client).map_err(|error| from_kafka(&error))?;
    let sink = Arc::clone(under_way);
    producer.register(sink).map_err(|error| from_kafka(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut Queue, topic: &str, upstream: i64, due: bool) {
        let sync = OffsetSync { topic: topic.into(), partition: 0, upstream, downstream: upstream };
        queue.push(TopicPartition::new(topic, 0), sync, due);
    }

    fn upstreams(map: &IndexMap<TopicPartition, OffsetSync>) -> Vec<(&str, i64)> {
        map.values().map(|sync| (sync.topic.as_str(), sync.upstream)).collect()
    }

    #[test]
    fn a_partition_has_one_sync_in_the_queue_and_keeps_its_place() {
        let mut queue = Queue::default();
        push(&mut queue, "a", 1, true);
        push(&mut queue, "b", 1, true);
        push(&mut queue, "a", 2, true);
        push(&mut queue, "c", 1, false);
        push(&mut queue, "c", 2, false);
        assert_eq!(upstreams(&queue.pending), [("a", 2), ("b", 1)]);
        assert_eq!(upstreams(&queue.delayed), [("c", 2)]);
    }

    #[test]
    fn what_was_delayed_goes_with_the_next_commit_unless_a_newer_sync_went_before() {
        let mut queue = Queue::default();
        push(&mut queue, "a", 1, false);
        push(&mut queue, "b", 1, false);
        push(&mut queue, "a", 2, true);
        assert_eq!(upstreams(&queue.delayed), [("b", 1)]);
        queue.promote();
        assert_eq!(upstreams(&queue.pending), [("a", 2), ("b", 1)]);
        assert!(queue.delayed.is_empty());
    }
}
