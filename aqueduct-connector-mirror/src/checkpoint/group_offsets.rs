//! Storing translated offsets for the groups themselves, at the target: a group that comes over goes on where it was.
//!
//! A group that has members at the target is left alone; so is a partition where the group is further there.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_api::ConnectError;
use aqueduct_kafka::raw::GroupState;
use aqueduct_kafka::{ErrorKind as Kafka, KafkaError, OffsetAndMetadata, TopicPartition};

use super::store::CheckpointStore;
use crate::topics::ClusterAdmin;

type Offsets = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// The work on groups at the target.
pub(crate) struct GroupOffsets {
    target: Arc<ClusterAdmin>,
    checkpoints: Arc<CheckpointStore>,
}

impl GroupOffsets {
    pub(crate) fn new(target: Arc<ClusterAdmin>, checkpoints: Arc<CheckpointStore>) -> Self {
        Self { target, checkpoints }
    }

    /// Stores what is ahead of the groups' own offsets.
    ///
    /// What a group has at the target is looked up right before. Java does so in a piece of work of its own, and takes a group
    /// that it could not look up for a new one, whose offsets it would set back.
    pub(crate) async fn sync(&self) -> Result<(), ConnectError> {
        for (group, translated) in self.checkpoints.translated() {
            match self.of_idle(&group).await {
                Ok(Some(committed)) => self.store(&group, ahead(translated, &committed)).await,
                Ok(None) => tracing::debug!("Consumer group {group} has members in the target cluster."),
                Err(error) => {
                    let alias = &self.target.alias;
                    tracing::error!("Error querying for consumer group {group} on cluster {alias}: {error}");
                }
            }
        }
        Ok(())
    }

    /// What a group has committed at the target; none while it has members there.
    async fn of_idle(&self, group: &str) -> Result<Option<Offsets>, KafkaError> {
        match self.target.raw.group_state(group).await? {
            GroupState::Empty => self.target.admin.list_group_offsets(group).await.map(Some),
            GroupState::Dead => Ok(Some(Offsets::new())),
            GroupState::Active => Ok(None),
        }
    }

    async fn store(&self, group: &str, offsets: Offsets) {
        if offsets.is_empty() {
            return;
        }
        match self.target.admin.alter_group_offsets(group, &offsets).await {
            Ok(()) => tracing::debug!("Sync-ed {} offsets for consumer group {group}.", offsets.len()),
            Err(error) if error.kind() == Kafka::GroupActive => tracing::warn!(
                "Unable to sync offsets for consumer group {group}. This is likely caused by consumers currently using this \
                 group in the target cluster."
            ),
            Err(error) => tracing::error!("Unable to sync offsets for consumer group {group}: {error}"),
        }
    }
}

/// Those offsets that a group does not have at the target, or an older one of.
fn ahead(mut translated: Offsets, committed: &Offsets) -> Offsets {
    translated.retain(|partition, new| committed.get(partition).is_none_or(|old| old.offset < new.offset));
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(pairs: &[(i32, i64)]) -> Offsets {
        pairs.iter().map(|(partition, offset)| (TopicPartition::new("A.t", *partition), (*offset).into())).collect()
    }

    #[test]
    fn a_group_never_goes_back() {
        let translated = offsets(&[(0, 10), (1, 10), (2, 10)]);
        assert_eq!(ahead(translated.clone(), &Offsets::new()), translated);
        assert_eq!(ahead(translated, &offsets(&[(0, 10), (1, 9)])), offsets(&[(1, 10), (2, 10)]));
    }
}
