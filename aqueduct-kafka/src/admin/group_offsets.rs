//! The committed offsets of consumer groups.

use super::Admin;
use crate::consumer::Offsets;
use crate::error::{ErrorKind, KafkaError};
use crate::record::TopicPartition;

impl Admin {
    /// All offsets that a group has committed. An unknown group has none.
    pub async fn list_group_offsets(&self, group: &str) -> Result<Offsets, KafkaError> {
        match self.raw.group_offsets(group, self.timeout).await {
            Err(error) if error.kind() == ErrorKind::GroupNotFound => Ok(Offsets::new()),
            result => result,
        }
    }

    /// Sets a group's committed offsets. [`GroupActive`](crate::ErrorKind::GroupActive) while it has members.
    pub async fn alter_group_offsets(&self, group: &str, offsets: &Offsets) -> Result<(), KafkaError> {
        if offsets.is_empty() {
            return Ok(());
        }
        // A broker would take it for "none".
        if let Some((partition, offset)) = offsets.iter().find(|(_, offset)| offset.offset < 0) {
            let message = format!("Invalid negative offset {} of {partition}", offset.offset);
            return Err(KafkaError::new(ErrorKind::Other, message));
        }
        self.raw.alter_group_offsets(group, offsets, self.timeout).await.map_err(active)
    }

    /// Deletes a group's committed offsets of these partitions; those without one, or of an unknown group, are fine.
    /// [`GroupActive`](crate::ErrorKind::GroupActive) while the group is subscribed to one of the topics.
    pub async fn delete_group_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        if partitions.is_empty() {
            return Ok(());
        }
        match self.raw.delete_group_offsets(group, partitions, self.timeout).await {
            Err(error) if error.kind() == ErrorKind::GroupNotFound => Ok(()),
            result => result.map_err(active),
        }
    }

    /// Deletes a group with all its offsets. [`GroupNotFound`](crate::ErrorKind::GroupNotFound) when there is none.
    pub async fn delete_group(&self, group: &str) -> Result<(), KafkaError> {
        self.raw.delete_group(group, self.timeout).await.map_err(active)
    }
}

/// From outside a group, "who are you" means that it has members and we are none of them.
fn active(error: KafkaError) -> KafkaError {
    if error.kind() == ErrorKind::CommitFailed { error.with_kind(ErrorKind::GroupActive) } else { error }
}
