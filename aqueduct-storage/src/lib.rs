//! Offset, config and status stores: what a worker remembers, and where.
//!
//! Each store is a trait with one implementation for each place: in memory or in a file for the standalone mode, in Kafka
//! topics for the distributed one. Offsets enter through an [`OffsetWriter`] and leave through a [`StoredOffsets`] reader;
//! both speak of partitions and offsets as maps, and of the store as bytes.

pub mod config;
mod offset_file;
mod offset_keys;
mod offset_reader;
mod offset_store;
mod offset_writer;
pub mod status;
mod target_state;

pub use config::{ConfigSnapshot, ConnectorConfig, MemoryConfigStore};
pub use offset_file::{FileOffsetStore, OffsetFileError};
pub use offset_reader::StoredOffsets;
pub use offset_store::{MemoryOffsetStore, OffsetEntries, OffsetStore};
pub use offset_writer::OffsetWriter;
pub use status::{MemoryStatusStore, Status, StatusState};
pub use target_state::TargetState;
