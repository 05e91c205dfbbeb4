//! The consumer's loop: look at everything that may have happened, then sleep until something does.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Consumer, ConsumerEvent};
use crate::error::KafkaError;

/// How soon to try again to seek in a partition that was not ready for it.
const SEEK_RETRY: Duration = Duration::from_millis(20);
/// The longest time to wait at once; more cannot be added to a time.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Consumer {
    /// Waits up to `max` for the next event. Call it again soon (within `max.poll.interval.ms`, which does not run
    /// while this waits), otherwise the group gives our partitions away. A rebalance that the last call returned and
    /// that was not completed is completed now. Dropping the future loses nothing.
    ///
    /// Errors: authentication and authorization at once; [`NoOffset`](crate::ErrorKind::NoOffset) when there is nowhere
    /// to start and `auto.offset.reset=none`. A broker that is away is no error.
    pub async fn poll(&mut self, max: Duration) -> Result<ConsumerEvent, KafkaError> {
        let deadline = Instant::now() + max.min(LONGEST);
        self.complete_pending()?;
        loop {
            if let Some(event) = self.next_event()? {
                return Ok(event);
            }
            // Looking at the queue tells librdkafka that we are alive, so it is done even when nothing happens.
            let look_again = if self.seeks.is_empty() { self.poll_interval } else { SEEK_RETRY };
            let until = deadline.min(Instant::now() + look_again);
            let pattern_changed = async {
                match &self.pattern {
                    Some(pattern) => pattern.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.events.signal().notified() => {}
                () = self.commits.signal().notified() => {}
                () = self.wakeup.notified() => {}
                () = pattern_changed => {}
                () = sleep_until(until) => {
                    if until == deadline {
                        return Ok(self.next_event()?.unwrap_or(ConsumerEvent::Idle));
                    }
                }
            }
        }
    }

    /// What has happened already.
    fn next_event(&mut self) -> Result<Option<ConsumerEvent>, KafkaError> {
        if self.wakeup.take() {
            return Ok(Some(ConsumerEvent::Woken));
        }
        if let Some(error) = self.troubles.take() {
            return Err(error);
        }
        if let Some(topics) = self.pattern.as_mut().and_then(super::PatternWatch::take_changed) {
            tracing::info!("consumer {}: subscribing to topics [{}]", self.client_id(), topics.join(", "));
            self.client.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        if let Some(event) = self.next_change() {
            return Ok(Some(event));
        }
        if let Some(event) = self.next_committed() {
            return Ok(Some(event));
        }
        self.apply_seeks()?;
        // Behind the records that were read before them.
        if !self.ends.is_empty() {
            return Ok(Some(ConsumerEvent::ReachedEnd(std::mem::take(&mut self.ends))));
        }
        let mut errors = Vec::new();
        let mut ends = Vec::new();
        let mut records = self.batch.read(&self.events, &mut errors, &mut ends);
        self.ends.extend(ends);
        self.troubles.judge(errors, &self.client, &self.connection);
        if !self.seeks.is_empty() {
            records.retain(|record| {
                !self.seeks.keys().any(|at| at.partition == record.partition && at.topic == record.topic)
            });
        }
        if let Some(record) = records.last() {
            self.troubles.is_there(&record.topic);
            return Ok(Some(ConsumerEvent::Records(records)));
        }
        if !self.ends.is_empty() {
            return Ok(Some(ConsumerEvent::ReachedEnd(std::mem::take(&mut self.ends))));
        }
        // Reading the queue may have brought these.
        if let Some(error) = self.connection.fault().or_else(|| self.troubles.take()) {
            return Err(error);
        }
        Ok(self.next_change())
    }
}
