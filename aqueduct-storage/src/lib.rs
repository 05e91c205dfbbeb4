//! Offset, config and status stores: what a worker remembers, and where.
//!
//! Each store is a trait with one implementation for each place: in memory or in a file for the standalone mode, in Kafka
//! topics for the distributed one. Offsets enter through an [`OffsetWriter`] and leave through a [`StoredOffsets`] reader;
//! both speak of partitions and offsets as maps, and of the store as bytes.

pub mod config;
mod config_topic;
mod kafka_error;
mod offset_file;
mod offset_keys;
mod offset_reader;
mod offset_store;
mod offset_tiers;
mod offset_topic;
mod offset_writer;
pub mod status;
mod status_topic;
mod store_settings;
mod target_state;
mod topic_json;
mod topic_log;

pub use config::{ConfigSnapshot, ConnectorConfig, MemoryConfigStore};
pub use config_topic::{
    ClusterConfigState, ConfigEvent, ConfigEvents, ConfigWriteError, KafkaConfigStore, RefreshError, RestartRequest,
    SessionKey,
};
pub use kafka_error::connect_error;
pub use offset_file::{FileOffsetStore, OffsetFileError};
pub use offset_reader::StoredOffsets;
pub use offset_store::{MemoryOffsetStore, OffsetEntries, OffsetStore};
pub use offset_tiers::{LateOffsetStore, TieredOffsetStore};
pub use offset_topic::KafkaOffsetStore;
pub use offset_writer::OffsetWriter;
pub use status::{MemoryStatusStore, Status, StatusState, StatusStore};
pub use status_topic::KafkaStatusStore;
pub use store_settings::{ConnectorClients, StoreSettings, TopicSettings};
pub use target_state::TargetState;
pub use topic_log::LogRecord;
pub use topic_log::memory::MemoryTopic;
