//! A small Kafka client of our own, for what librdkafka cannot do: groups of a protocol type other than `consumer`, and
//! the fencing of producers.
//!
//! Plain requests enter, answers or a [`KafkaError`](crate::KafkaError) leave; the messages come from the crate
//! `kafka-protocol` and show nowhere in the public interface. Settings are the Java client's, security included, read by
//! [`crate::client_config`] as for every other client. Needs a tokio runtime with time and network enabled.
//!
//! - [`RawClient`]: brokers, connections, coordinators, `InitProducerId` to fence,
//!   and the cluster's topics, groups and access lists as far as librdkafka does not show them whole, and offsets of
//!   partitions and groups, where it clings to leaders and coordinators that it once knew;
//! - [`GroupClient`]: the requests of a member of a group, sent to the group's coordinator.

mod acls;
mod backoff;
mod calls;
mod client;
mod cluster;
mod connection;
mod fence;
mod group;
mod group_offsets;
mod groups;
mod offsets;
mod sasl;
mod scram;
mod settings;
mod topics;
mod transport;

pub use acls::{AclBinding, AclOperation, AclPermission, PatternType};
pub use backoff::Backoff;
pub use client::RawClient;
pub use fence::FencedProducer;
pub use group::{GroupClient, GroupFault, JoinGroup, Joined, SyncGroup};
pub use groups::GroupState;
pub use offsets::OffsetSpec;
pub use offsets::PartitionOffsets;
pub use topics::{ConfigChange, ConfigSource, TopicConfig};
