//! The committed offsets of consumer groups.

use super::Admin;
use crate::codes;
use crate::consumer::Offsets;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, Event, OFFSET_INVALID, PartitionList, PartitionOffset, Reply, describe};
use crate::record::{OffsetAndMetadata, TopicPartition};

impl Admin {
    /// All offsets that a group has committed. An unknown group has none.
    pub async fn list_group_offsets(&self, group: &str) -> Result<Offsets, KafkaError> {
        let entries = self
            .ask_coordinator(
                "listing consumer group offsets",
                |client, reply| client.list_group_offsets(group, None, reply),
                checked,
            )
            .await;
        let entries = match entries {
            Err(error) if error.kind() == ErrorKind::GroupNotFound => Vec::new(),
            entries => entries?,
        };
        let committed = entries.into_iter().filter(|entry| entry.offset >= 0);
        Ok(committed
            .map(|entry| (entry.partition, OffsetAndMetadata { offset: entry.offset, metadata: entry.metadata }))
            .collect())
    }

    /// Sets a group's committed offsets. [`GroupActive`](crate::ErrorKind::GroupActive) while it has members.
    pub async fn alter_group_offsets(&self, group: &str, offsets: &Offsets) -> Result<(), KafkaError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let mut list = PartitionList::with_capacity(offsets.len());
        for (partition, offset) in offsets {
            list.push(&partition.topic, partition.partition, offset.offset, &offset.metadata)?;
        }
        self.ask_coordinator(
            "altering consumer group offsets",
            |client, reply| client.alter_group_offsets(group, &list, reply),
            checked,
        )
        .await
        .map(|_| ())
        .map_err(active)
    }

    /// Deletes a group's committed offsets of these partitions; those without one, or of an unknown group, are fine.
    /// [`GroupActive`](crate::ErrorKind::GroupActive) while the group is subscribed to one of the topics.
    pub async fn delete_group_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        if partitions.is_empty() {
            return Ok(());
        }
        let list = PartitionList::of(partitions.iter().map(|partition| (partition, OFFSET_INVALID)))?;
        let result = self
            .ask_coordinator(
                "deleting consumer group offsets",
                |client, reply| client.delete_group_offsets(group, &list, reply),
                checked,
            )
            .await;
        match result {
            Err(error) if error.kind() == ErrorKind::GroupNotFound => Ok(()),
            result => result.map(|_| ()).map_err(active),
        }
    }

    /// Deletes a group with all its offsets. [`GroupNotFound`](crate::ErrorKind::GroupNotFound) when there is none.
    pub async fn delete_group(&self, group: &str) -> Result<(), KafkaError> {
        self.ask_coordinator(
            "deleting the consumer group",
            |client, reply| client.delete_group(group, reply),
            Event::group_offsets,
        )
        .await
        .map(|_| ())
        .map_err(active)
    }
}

impl Admin {
    /// Asks a group's coordinator; all requests of this module may be repeated.
    async fn ask_coordinator<T>(
        &self,
        what: &str,
        send: impl Fn(&Client, Reply<'_>) -> Result<(), KafkaError>,
        read: impl Fn(&Event) -> Result<T, KafkaError>,
    ) -> Result<T, KafkaError> {
        self.asker().ask_anew(|| self.another_asker(), what, self.timeout, send, read).await
    }
}

/// The entries of an answer, or the first error among them.
fn checked(event: &Event) -> Result<Vec<PartitionOffset>, KafkaError> {
    let entries = event.group_offsets()?;
    match entries.iter().find(|entry| entry.code != codes::NONE) {
        Some(entry) => {
            let message = format!("{}: {}", entry.partition, describe(entry.code));
            Err(KafkaError::from_code(entry.code, message))
        }
        None => Ok(entries),
    }
}

/// From outside a group, "who are you" means that it has members and we are none of them.
fn active(error: KafkaError) -> KafkaError {
    if error.kind() == ErrorKind::CommitFailed { error.with_kind(ErrorKind::GroupActive) } else { error }
}
