//! The status store of the distributed mode: a compacted topic that every worker writes and reads
//! (`KafkaStatusBackingStore`).
//!
//! A status counts when it was read back ([`cache`]); a worker that has lost a connector or a task does not overwrite what its
//! successor said. Records are those of Java ([`record`]); [`KafkaStatusStore`] writes them, again where that may help.

mod cache;
mod record;
mod store;

pub use store::KafkaStatusStore;
