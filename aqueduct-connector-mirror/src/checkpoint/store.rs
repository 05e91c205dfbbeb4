//! The last checkpoint of every group in every partition (`CheckpointStore`): what was written in former times, and since.

use std::collections::{BTreeMap, HashMap};

use aqueduct_kafka::{ClientSettings, KafkaError, OffsetAndMetadata, TopicPartition};
use parking_lot::Mutex;

use super::follow::{Follower, Found};
use crate::formats::Checkpoint;

/// Checkpoints by partition of the target.
type OfGroup = HashMap<TopicPartition, Checkpoint>;

/// The checkpoints of a task's groups.
#[derive(Default)]
pub(crate) struct CheckpointStore {
    groups: Mutex<HashMap<String, OfGroup>>,
}

impl CheckpointStore {
    /// Reads the topic to its end.
    pub(crate) async fn load(&self, client: &ClientSettings, topic: &str, groups: &[String]) -> Result<(), KafkaError> {
        let mut follower = Follower::open(client, topic)?;
        let mut loaded: HashMap<String, OfGroup> = HashMap::new();
        while let Found::Records(records) = follower.next().await? {
            for record in records {
                let (Some(key), Some(value)) = (&record.key, &record.value) else { continue };
                match Checkpoint::read(key, value) {
                    Ok(checkpoint) if groups.contains(&checkpoint.group) => {
                        let group = loaded.entry(checkpoint.group.clone()).or_default();
                        group.insert(partition_of(&checkpoint), checkpoint);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!("Ignored invalid checkpoint record at offset {}: {error}", record.offset);
                    }
                }
            }
        }
        *self.groups.lock() = loaded;
        Ok(())
    }

    /// Whether a checkpoint is news: the first of its partition, one further on at the target, or the group has gone back at
    /// the source.
    pub(crate) fn is_news(&self, checkpoint: &Checkpoint) -> bool {
        let groups = self.groups.lock();
        let last = groups.get(&checkpoint.group).and_then(|group| group.get(&partition_of(checkpoint)));
        last.is_none_or(|last| checkpoint.upstream < last.upstream || checkpoint.downstream > last.downstream)
    }

    /// Remembers checkpoints that are about to be written.
    pub(crate) fn update(&self, checkpoints: &[Checkpoint]) {
        let mut groups = self.groups.lock();
        for checkpoint in checkpoints {
            let group = groups.entry(checkpoint.group.clone()).or_default();
            group.insert(partition_of(checkpoint), checkpoint.clone());
        }
    }

    /// The offsets at the target, by group.
    pub(crate) fn translated(&self) -> BTreeMap<String, BTreeMap<TopicPartition, OffsetAndMetadata>> {
        let offset = |(partition, checkpoint): (&TopicPartition, &Checkpoint)| {
            let metadata = checkpoint.metadata.clone();
            (partition.clone(), OffsetAndMetadata { offset: checkpoint.downstream, metadata })
        };
        let groups = self.groups.lock();
        groups.iter().map(|(group, all)| (group.clone(), all.iter().map(offset).collect())).collect()
    }
}

fn partition_of(checkpoint: &Checkpoint) -> TopicPartition {
    TopicPartition::new(checkpoint.topic.as_str(), checkpoint.partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(group: &str, upstream: i64, downstream: i64) -> Checkpoint {
        Checkpoint {
            group: group.into(),
            topic: "A.t".into(),
            partition: 0,
            upstream,
            downstream,
            metadata: String::new(),
        }
    }

    #[test]
    fn only_news_are_written() {
        let store = CheckpointStore::default();
        assert!(store.is_news(&checkpoint("g", 10, 20)));
        store.update(&[checkpoint("g", 10, 20)]);
        for (upstream, downstream, news) in
            [(10, 20, false), (11, 20, false), (11, 19, false), (11, 21, true), (9, 20, true), (9, 5, true)]
        {
            assert_eq!(store.is_news(&checkpoint("g", upstream, downstream)), news, "{upstream} {downstream}");
        }
        assert!(store.is_news(&checkpoint("other", 10, 20)));
        assert_eq!(store.translated()["g"][&TopicPartition::new("A.t", 0)].offset, 20);
    }
}
