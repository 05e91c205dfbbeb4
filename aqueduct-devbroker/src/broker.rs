//! The broker's shared state: what every request may ask for or change.
//!
//! It is made from a storage, lives as long as the broker runs, and is given to each API as `&Arc<Broker>`. It relies on
//! the two coordinators (`group`, `transaction`) to keep their own state behind their own locks.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::group::{self, Groups};
use crate::partition::Partition;
use crate::storage::{InternalLog, Storage};
use crate::topics::Topics;
use crate::transaction::{self, Transactions};

/// So many producer ids are taken from the log at once; after a restart the rest of a block is skipped.
const PRODUCER_ID_BLOCK: i64 = 1000;

/// The broker's own settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `auto.create.topics.enable`.
    pub(crate) auto_create_topics: bool,
    /// `num.partitions`.
    pub(crate) default_partitions: i32,
    /// Bytes of records that the broker holds in memory at most.
    pub(crate) memory_limit: u64,
    /// Bytes of a request at most.
    pub(crate) max_request_bytes: usize,
    /// The host that clients are told to connect to.
    pub(crate) advertised_host: String,
}

/// The state that all requests share.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) topics: Topics,
    pub(crate) groups: Groups,
    pub(crate) transactions: Transactions,
    pub(crate) faults: Faults,
    pub(crate) cluster_id: String,
    /// The port that clients are told to connect to.
    pub(crate) port: u16,
    /// Bytes of records held in memory; only kept up to date in memory mode.
    pub(crate) memory: AtomicU64,
    storage: Arc<Storage>,
    log: InternalLog,
    producer_ids: Mutex<ProducerIds>,
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Debug)]
struct ProducerIds {
    next: i64,
    block_end: i64,
}

// === impl Broker ===

impl Broker {
    /// Opens everything that the storage holds, and starts the coordinators.
    pub(crate) fn open(
        settings: Settings,
        storage: Arc<Storage>,
        faults: Faults,
        port: u16,
    ) -> io::Result<Arc<Broker>> {
        let log = storage.internal_log("broker")?;
        let known = log.entries::<serde_json::Value>()?;
        let value = |wanted: &str| known.iter().find(|(key, _)| key == wanted).map(|(_, value)| value);
        let cluster_id = match value("cluster-id").and_then(|id| id.as_str()) {
            Some(id) => id.to_owned(),
            None => {
                let id = Uuid::new_v4().simple().to_string()[..22].to_owned();
                log.put("cluster-id", &id)?;
                id
            }
        };
        let next = value("producer-ids").and_then(serde_json::Value::as_i64).unwrap_or(0);
        let topics = Topics::open(storage.clone())?;
        let groups = Groups::open(storage.internal_log("groups")?)?;
        let transactions = Transactions::open(storage.internal_log("transactions")?)?;
        let broker = Arc::new(Broker {
            settings,
            clock: Clock::new(),
            topics,
            groups,
            transactions,
            faults,
            cluster_id,
            port,
            memory: AtomicU64::new(0),
            storage,
            log,
            producer_ids: Mutex::new(ProducerIds { next, block_end: next }),
            tasks: Mutex::new(JoinSet::new()),
        });
        group::start(&broker);
        transaction::start(&broker);
        crate::cleaner::start(&broker);
        Ok(broker)
    }

    /// Runs `task` until it ends or the broker stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends all tasks and flushes to the disk.
    pub(crate) async fn close(&self) -> io::Result<()> {
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        self.topics.sync()?;
        self.groups.sync()?;
        self.transactions.sync()?;
        self.log.sync()
    }

    /// A producer id that was never given out.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub(crate) fn allocate_producer_id(&self) -> io::Result<i64> {
        let mut ids = self.producer_ids.lock();
        if ids.next == ids.block_end {
            let end = ids.next + PRODUCER_ID_BLOCK;
            self.log.put("producer-ids", &end)?;
            ids.block_end = end;
        }
        ids.next += 1;
        Ok(ids.next - 1)
    }

    /// The partition, where there is one.
    pub(crate) fn partition(&self, topic: &str, partition: i32) -> Option<Arc<Partition>> {
        self.topics.by_name(topic)?.partition(partition).cloned()
    }

    /// The only node's id.
    pub(crate) fn node_id(&self) -> i32 {
        1
    }

    /// Whether records are held in memory only.
    pub(crate) fn is_memory(&self) -> bool {
        self.storage.is_memory()
    }

    /// Counts records that came.
    pub(crate) fn grew(&self, bytes: u64) {
        if self.is_memory() {
            self.memory.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Bytes of records in memory.
    pub(crate) fn memory_used(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }
}
