//! Offsets of partitions, asked of the brokers that lead them. The leaders are looked for anew with each attempt, so that a
//! dead one is asked at most once.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::future::join_all;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{ListOffsetsRequest, MetadataRequest, MetadataResponse, TopicName};

use super::RawClient;
use super::client::address_of;
use super::cluster::{by_topic, check, failure};
use super::settings::Address;
use super::topics::text;
use crate::error::{ErrorKind, KafkaError};
use crate::record::TopicPartition;

/// How long a leader may say nothing before it is looked for anew; twice as long with each attempt.
const SILENCE: Duration = Duration::from_secs(2);
/// UNKNOWN_TOPIC_OR_PARTITION
const UNKNOWN: i16 = 3;
/// LEADER_NOT_AVAILABLE
const NO_LEADER: i16 = 5;

/// Which offset of a partition is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first one that is still there.
    Earliest,
    /// The one after the last record.
    Latest,
    /// The first one with this timestamp (milliseconds since the epoch) or a later one; -1 when there is none.
    Timestamp(i64),
}

impl OffsetSpec {
    fn timestamp(self) -> i64 {
        match self {
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::Timestamp(timestamp) => timestamp,
        }
    }
}

/// An offset for each partition, or why there is none.
pub type PartitionOffsets = BTreeMap<TopicPartition, Result<i64, KafkaError>>;

impl RawClient {
    /// Offsets of partitions, each with its own result. With `read_committed` the end is the last stable offset. What will
    /// pass, such as a leader that is being elected, is tried again for at most `limit`; that a topic or partition is not
    /// known may pass too, and is a result.
    pub(crate) async fn list_offsets(
        &self,
        partitions: &[(TopicPartition, OffsetSpec)],
        read_committed: bool,
        limit: Duration,
    ) -> Result<PartitionOffsets, KafkaError> {
        if partitions.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.persist_for(limit, "listing offsets", |failures| {
            let silence = SILENCE.saturating_mul(1 << failures.min(16)).min(self.settings().request_timeout);
            self.try_to_list(partitions, read_committed, silence)
        })
        .await
    }

    async fn try_to_list(
        &self,
        partitions: &[(TopicPartition, OffsetSpec)],
        read_committed: bool,
        silence: Duration,
    ) -> Result<PartitionOffsets, KafkaError> {
        let (leaders, mut offsets) = self.leaders(partitions).await?;
        let asked = leaders.into_iter().map(|(leader, partitions)| async move {
            let request = list_offsets_request(&partitions, read_committed);
            self.call(&leader, silence, |_| Ok(request)).await
        });
        for answer in join_all(asked).await {
            for topic in answer?.topics {
                for partition in topic.partitions {
                    let of = TopicPartition::new(topic.name.as_str(), partition.partition_index);
                    let told = check(&of, partition.error_code);
                    offsets.insert(of, told.map(|()| partition.offset));
                }
            }
        }
        for (partition, _) in partitions {
            let untold =
                || Err(KafkaError::new(ErrorKind::Retriable, format!("nobody told the offset of {partition}")));
            let told = offsets.entry(partition.clone()).or_insert_with(untold);
            if let Err(error) = told
                && error.is_retriable()
                && error.kind() != ErrorKind::UnknownTopic
            {
                return Err(error.clone());
            }
        }
        Ok(offsets)
    }

    /// Who leads which of the partitions, and for those without a leader why.
    async fn leaders(
        &self,
        partitions: &[(TopicPartition, OffsetSpec)],
    ) -> Result<(HashMap<Address, Vec<(TopicPartition, OffsetSpec)>>, PartitionOffsets), KafkaError> {
        let mut topics: Vec<&str> = partitions.iter().map(|(partition, _)| &*partition.topic).collect();
        topics.sort_unstable();
        topics.dedup();
        let topics: Vec<MetadataRequestTopic> = topics
            .into_iter()
            .map(|topic| MetadataRequestTopic::default().with_name(Some(TopicName(text(topic)))))
            .collect();
        let metadata = self
            .ask_any(|version| {
                let request = MetadataRequest::default().with_topics(Some(topics.clone()));
                // Before version 4 nobody could ask without creating topics.
                Ok(request.with_allow_auto_topic_creation(version < 4))
            })
            .await?;
        let found = Leaders::of(&metadata);
        let (mut leaders, mut without) = (HashMap::<_, Vec<_>>::new(), BTreeMap::new());
        for (partition, spec) in partitions {
            match found.leader(partition) {
                Ok(address) => leaders.entry(address).or_default().push((partition.clone(), *spec)),
                Err(error) => {
                    without.insert(partition.clone(), Err(error));
                }
            }
        }
        Ok((leaders, without))
    }
}

/// What metadata say of who leads.
struct Leaders {
    brokers: HashMap<i32, Address>,
    topics: HashMap<String, Topic>,
}

struct Topic {
    code: i16,
    partitions: HashMap<i32, Partition>,
}

struct Partition {
    code: i16,
    leader: i32,
}

impl Leaders {
    fn of(metadata: &MetadataResponse) -> Self {
        let brokers = metadata.brokers.iter().filter_map(|broker| Some((broker.node_id.0, address_of(broker)?)));
        let topics = metadata.topics.iter().filter_map(|topic| {
            let partitions = topic.partitions.iter();
            let partitions = partitions
                .map(|one| (one.partition_index, Partition { code: one.error_code, leader: one.leader_id.0 }))
                .collect();
            Some((topic.name.as_ref()?.as_str().to_owned(), Topic { code: topic.error_code, partitions }))
        });
        Self { brokers: brokers.collect(), topics: topics.collect() }
    }

    fn leader(&self, of: &TopicPartition) -> Result<Address, KafkaError> {
        let topic = self.topics.get(&*of.topic).ok_or_else(|| failure(of, UNKNOWN))?;
        if topic.code != 0 {
            return Err(failure(of, topic.code));
        }
        let partition = topic.partitions.get(&of.partition).ok_or_else(|| failure(of, UNKNOWN))?;
        let leader = self.brokers.get(&partition.leader).cloned();
        // A partition may have an error and a leader: a replica is missing then.
        leader.ok_or_else(|| failure(of, if partition.code == 0 { NO_LEADER } else { partition.code }))
    }
}

fn list_offsets_request(partitions: &[(TopicPartition, OffsetSpec)], read_committed: bool) -> ListOffsetsRequest {
    let topics = by_topic(partitions.iter().map(|(partition, spec)| {
        let wanted = ListOffsetsPartition::default()
            .with_partition_index(partition.partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(spec.timestamp());
        (partition, wanted)
    }));
    let topics = topics.into_iter().map(|(topic, partitions)| {
        ListOffsetsTopic::default().with_name(TopicName(text(topic))).with_partitions(partitions)
    });
    ListOffsetsRequest::default()
        .with_replica_id((-1).into())
        .with_isolation_level(i8::from(read_committed))
        .with_topics(topics.collect())
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::metadata_response::{
        MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
    };

    use super::*;

    #[track_caller]
    fn check(partition: i32, expect: Result<u16, ErrorKind>) {
        let broker = MetadataResponseBroker::default().with_node_id(1.into()).with_host(text("h")).with_port(9092);
        let one = |index, leader: i32, code| {
            MetadataResponsePartition::default()
                .with_partition_index(index)
                .with_leader_id(leader.into())
                .with_error_code(code)
        };
        let topic = MetadataResponseTopic::default().with_name(Some(TopicName(text("t")))).with_partitions(vec![
            one(0, 1, 0),
            one(1, -1, NO_LEADER),
            one(2, 7, 0),
            one(3, 1, 9),
        ]);
        let metadata = MetadataResponse::default().with_brokers(vec![broker]).with_topics(vec![topic]);
        let leader = Leaders::of(&metadata).leader(&TopicPartition::new("t", partition));
        assert_eq!(leader.map(|address| address.port).map_err(|error| error.kind()), expect);
    }

    #[test]
    fn a_leader_is_known_missing_or_of_no_known_partition() {
        check(0, Ok(9092));
        check(1, Err(ErrorKind::Retriable));
        // Its leader is not among the brokers: it has just gone.
        check(2, Err(ErrorKind::Retriable));
        check(3, Ok(9092));
        check(4, Err(ErrorKind::UnknownTopic));
    }
}
