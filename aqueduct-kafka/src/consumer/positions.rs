//! Where a consumer reads: positions, committed offsets, seeking, pausing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Consumer, Offsets};
use crate::ask::too_late;
use crate::client_config::OffsetReset;
use crate::codes;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{OFFSET_INVALID, PartitionList, PartitionOffset, describe};
use crate::raw::{OffsetSpec, RawClient};
use crate::record::{OffsetAndMetadata, TopicPartition};

/// How long one attempt at fetching committed offsets waits for the group's coordinator, and the pause before the next.
const COORDINATOR_PATIENCE: Duration = Duration::from_secs(1);
const RETRY_BACKOFF: Duration = Duration::from_millis(100);
/// How long one attempt at seeking waits for librdkafka's own threads.
const SEEK_PATIENCE_MS: i32 = 200;

impl Consumer {
    /// The offset of the next record for each of `partitions`: after the last one returned by `poll`; if none was yet,
    /// the committed one; if there is none, the one that `auto.offset.reset` says. An error of kind
    /// [`NoOffset`](crate::ErrorKind::NoOffset) when that says `none`.
    ///
    /// With the answer for partitions just assigned, [`Consumer::complete_assignment`] starts at exactly these offsets.
    pub async fn positions(
        &self,
        partitions: &[TopicPartition],
        timeout: Duration,
    ) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        let mut positions = self.known_positions(partitions)?;
        let missing: Vec<_> = without(partitions, &positions);
        if !missing.is_empty() {
            let committed = self.committed(&missing, timeout).await?;
            positions.extend(committed.into_iter().map(|(partition, offset)| (partition, offset.offset)));
        }
        let missing = without(partitions, &positions);
        if !missing.is_empty() {
            positions.extend(self.reset_positions(&missing, timeout).await?);
        }
        Ok(positions)
    }

    /// The offsets that the group has committed; partitions without one are left out.
    pub async fn committed(&self, partitions: &[TopicPartition], timeout: Duration) -> Result<Offsets, KafkaError> {
        if self.extras.group_id.is_none() || partitions.is_empty() {
            return Ok(Offsets::new());
        }
        let what = "fetching committed offsets";
        let deadline = Instant::now() + timeout;
        let entries = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let error = match self.committed_now(partitions, left.min(COORDINATOR_PATIENCE)).await {
                Ok(entries) => break entries,
                Err(error) => error,
            };
            if !matches!(error.kind(), ErrorKind::Retriable | ErrorKind::Timeout) {
                return Err(error);
            }
            if left <= COORDINATOR_PATIENCE {
                return Err(too_late(what, timeout));
            }
            tracing::debug!(client = self.connection.client_id(), "{what}, trying again: {error}");
            sleep(RETRY_BACKOFF).await;
        };
        let committed = entries.into_iter().filter(|entry| entry.offset >= 0);
        Ok(committed
            .map(|entry| (entry.partition, OffsetAndMetadata { offset: entry.offset, metadata: entry.metadata }))
            .collect())
    }

    /// The offset after the last record of each of `partitions`; with `isolation.level=read_committed` the last stable one.
    pub async fn end_offsets(
        &self,
        partitions: &[TopicPartition],
        timeout: Duration,
    ) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        self.look_up(partitions, OffsetSpec::Latest, timeout).await
    }

    /// Makes the next record of `partition` the one at `offset`. Records returned earlier are not affected. Takes effect
    /// in the next `poll`; nothing happens for a partition that is not ours.
    pub fn seek(&mut self, partition: &TopicPartition, offset: i64) {
        if self.is_assigned(partition) {
            self.seeks.insert(partition.clone(), offset);
        }
    }

    /// Stops records of `partitions` from coming, until [`Consumer::resume`] or until they are no longer ours. Those that
    /// are not ours are passed over.
    pub fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        let ours: Vec<TopicPartition> =
            partitions.iter().filter(|partition| self.is_assigned(partition)).cloned().collect();
        self.set_paused(&ours, true)?;
        self.paused.extend(ours);
        Ok(())
    }

    /// Undoes [`Consumer::pause`].
    pub fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        let paused: Vec<TopicPartition> =
            partitions.iter().filter(|partition| self.paused.contains(partition)).cloned().collect();
        self.set_paused(&paused, false)?;
        self.paused.retain(|partition| !paused.contains(partition));
        Ok(())
    }

    /// The partitions that are paused.
    pub fn paused(&self) -> Vec<TopicPartition> {
        self.paused.iter().cloned().collect()
    }

    fn set_paused(&self, partitions: &[TopicPartition], paused: bool) -> Result<(), KafkaError> {
        if partitions.is_empty() {
            return Ok(());
        }
        let mut list = PartitionList::of(partitions.iter().map(|partition| (partition, OFFSET_INVALID)))?;
        self.client.set_paused(&mut list, paused)
    }

    /// Hands the positions asked for to librdkafka. Those that it cannot take yet (a partition that is only just being
    /// started) stay for the next time.
    pub(super) fn apply_seeks(&mut self) -> Result<(), KafkaError> {
        if self.seeks.is_empty() {
            return Ok(());
        }
        let mut list = PartitionList::of(self.seeks.iter().map(|(partition, offset)| (partition, *offset)))?;
        if let Err(error) = self.client.seek(&mut list, SEEK_PATIENCE_MS) {
            tracing::debug!(client = self.connection.client_id(), "seeking: {error}");
        }
        for entry in list.entries() {
            if matches!(entry.code, codes::NONE | codes::UNKNOWN_PARTITION) {
                self.seeks.remove(&entry.partition);
            }
        }
        Ok(())
    }

    fn known_positions(&self, partitions: &[TopicPartition]) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        let mut list = PartitionList::of(partitions.iter().map(|partition| (partition, OFFSET_INVALID)))?;
        self.client.fill_positions(&mut list)?;
        let mut known: BTreeMap<_, _> = list
            .entries()
            .into_iter()
            .filter(|entry| entry.offset >= 0 && self.is_assigned(&entry.partition))
            .map(|entry| (entry.partition, entry.offset))
            .collect();
        let asked_for = self.seeks.iter().filter(|(partition, _)| partitions.contains(partition));
        known.extend(asked_for.map(|(partition, offset)| (partition.clone(), *offset)));
        Ok(known)
    }

    /// One attempt, on a thread of its own. The membership knows the coordinator and follows it; a request of the admin kind
    /// clings to the one that it once found, and may even end the process while that one goes (librdkafka #5397).
    async fn committed_now(
        &self,
        partitions: &[TopicPartition],
        patience: Duration,
    ) -> Result<Vec<PartitionOffset>, KafkaError> {
        let (client, partitions) = (Arc::clone(&self.client), partitions.to_vec());
        let timeout_ms = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX).max(1);
        let asked = tokio::task::spawn_blocking(move || {
            let mut list = PartitionList::of(partitions.iter().map(|partition| (partition, OFFSET_INVALID)))?;
            client.fill_committed(&mut list, timeout_ms)?;
            Ok(list.entries())
        });
        let entries: Vec<PartitionOffset> = tokio::select! {
            asked = asked => asked.unwrap_or_else(|failed| {
                Err(KafkaError::new(ErrorKind::Closed, format!("fetching committed offsets: {failed}")))
            })?,
            fault = self.connection.next_fault() => return Err(fault),
        };
        match entries.iter().find(|entry| entry.code != codes::NONE) {
            Some(entry) => Err(KafkaError::from_code(entry.code, describe(entry.code))),
            None => Ok(entries),
        }
    }

    /// What `auto.offset.reset` says.
    async fn reset_positions(
        &self,
        partitions: &[TopicPartition],
        timeout: Duration,
    ) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        let offset = match self.extras.auto_offset_reset {
            OffsetReset::Earliest => OffsetSpec::Earliest,
            OffsetReset::Latest => OffsetSpec::Latest,
            OffsetReset::None => {
                let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
                let message = format!("Undefined offset with no reset policy for partitions: [{}]", names.join(", "));
                return Err(KafkaError::new(ErrorKind::NoOffset, message));
            }
        };
        self.look_up(partitions, offset, timeout).await
    }

    /// The first or the end offset of each partition.
    async fn look_up(
        &self,
        partitions: &[TopicPartition],
        which: OffsetSpec,
        timeout: Duration,
    ) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
        if partitions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let wanted: Vec<_> = partitions.iter().map(|partition| (partition.clone(), which)).collect();
        // Made only here, where few partitions have no committed offset: with TLS it reads stores. The instance itself would
        // ask leaders that it once knew, dead or not.
        let raw = RawClient::beside(&self.config)?;
        let offsets = raw.list_offsets(&wanted, self.extras.read_committed, timeout).await?;
        offsets.into_iter().map(|(partition, offset)| Ok((partition, offset?))).collect()
    }
}

fn without(partitions: &[TopicPartition], known: &BTreeMap<TopicPartition, i64>) -> Vec<TopicPartition> {
    partitions.iter().filter(|partition| !known.contains_key(partition)).cloned().collect()
}
