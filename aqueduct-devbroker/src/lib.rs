//! A development broker: one node of Kafka for quickstarts, demos and tests.
//!
//! It speaks Kafka's protocol to any client (produce, fetch, groups, transactions, administration) and keeps the records
//! in memory or in a folder. It is not for production and never claims to be: there is one node and no replication, no
//! TLS, no authentication, and no `fsync` per record. By default it listens on the loopback device alone.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use aqueduct_devbroker::DevBroker;
//!
//! let broker = DevBroker::builder().listen("127.0.0.1:0").start().await?;
//! println!("bootstrap.servers={}", broker.bootstrap());
//! broker.stop().await;
//! # Ok::<_, aqueduct_devbroker::StartError>(())
//! # }).unwrap();
//! ```
//!
//! # The folder
//!
//! ```text
//! lock                                     held by the running broker
//! internal/broker/                         cluster id, producer ids given out
//! internal/topics/                         topics: id, number of partitions, settings
//! internal/log-starts/                     starts of partitions whose records were deleted
//! internal/groups/                         committed offsets
//! internal/transactions/                   transactional ids and their state
//! topics/TOPIC-ID/PARTITION/               the records of a partition
//!     00000000000000000000.log             a segment, named after its first offset
//! ```
//!
//! A segment is nothing but record batches (magic 2) as they go over the wire, one after the other. The internal logs have
//! the same form: each batch holds one record, a key and a value in JSON, of which the latest of a key counts. Nothing else
//! is stored: positions, producers' sequence numbers and open transactions are found again from the batches' headers when
//! the folder is opened.
//!
//! A batch is written (`write`) before it is acknowledged: what was acknowledged survives the death of the process, also by
//! SIGKILL. `fsync` is called when the broker stops and when a segment is rewritten, not per record: what a dying machine had
//! not written to its disk is lost. At start a segment is read to its last whole batch with a valid checksum, and a torn
//! tail is cut off.
//!
//! # Time
//!
//! All waiting goes through tokio's clock, and so does the wall time after the start: under a paused clock the broker is
//! deterministic.

mod api;
mod broker;
mod builder;
mod cleaner;
mod clock;
mod faults;
mod group;
mod partition;
mod producers;
mod server;
mod storage;
mod topic_config;
mod topics;
mod transaction;

pub use builder::{Builder, StartError};
pub use faults::{Fault, Faults};
pub use server::DevBroker;
