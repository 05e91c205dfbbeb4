//! A log in memory, for tests: one topic that several stores share stands for the topic of a cluster.

use std::sync::Arc;

use aqueduct_api::{BoxFuture, ready};
use aqueduct_data::Bytes;
use aqueduct_kafka::{ErrorKind, KafkaError};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{LogReader, LogRecord, Sent, TopicLog};

/// A topic in memory with one partition. Clones are the same topic.
///
/// Stores on it see a record as soon as it was written, unless the topic is [held](MemoryTopic::hold).
#[derive(Clone, Default)]
pub struct MemoryTopic(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when readers may go on.
    released: Notify,
}

#[derive(Default)]
struct State {
    records: Vec<LogRecord>,
    readers: Vec<Reader>,
    held: bool,
    failures: Vec<KafkaError>,
    /// How often the right to write as the only leader was claimed.
    claims: u64,
}

struct Reader {
    read: LogReader,
    position: usize,
}

impl State {
    /// Gives readers what they have not seen.
    fn deliver(&mut self) {
        if self.held {
            return;
        }
        for reader in &mut self.readers {
            for record in &self.records[reader.position..] {
                (reader.read)(record.clone(), true);
            }
            reader.position = self.records.len();
        }
    }
}

impl MemoryTopic {
    /// An empty topic.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that was written.
    pub fn records(&self) -> Vec<LogRecord> {
        self.0.state.lock().records.clone()
    }

    /// Writes a record, as another worker would.
    pub fn append(&self, key: impl Into<Bytes>, value: Option<impl Into<Bytes>>) {
        let mut state = self.0.state.lock();
        let offset = i64::try_from(state.records.len()).expect("a test writes fewer records than 2^63");
        state.records.push(LogRecord { offset, key: Some(key.into()), value: value.map(Into::into) });
        state.deliver();
    }

    /// Claims the right to write as the only leader; the answer is what [`MemoryTopic::append_claimed`] wants.
    pub(crate) fn claim(&self) -> u64 {
        let mut state = self.0.state.lock();
        state.claims += 1;
        state.claims
    }

    /// How often the right to write as the only leader was claimed.
    pub fn claims(&self) -> u64 {
        self.0.state.lock().claims
    }

    /// Writes records as the leader that made a claim, unless there was a newer one.
    pub(crate) fn append_claimed(&self, claim: u64, records: Vec<(Bytes, Option<Bytes>)>) -> Result<(), KafkaError> {
        {
            let mut state = self.0.state.lock();
            if !state.failures.is_empty() {
                return Err(state.failures.remove(0));
            }
            if state.claims != claim {
                return Err(KafkaError::new(
                    ErrorKind::Fenced,
                    "There is a newer producer with the same transactionalId",
                ));
            }
        }
        for (key, value) in records {
            self.append(key, value);
        }
        Ok(())
    }

    /// Lets readers wait: they see nothing new, and reading to the end takes until [`MemoryTopic::release`].
    pub fn hold(&self) {
        self.0.state.lock().held = true;
    }

    /// Ends [`MemoryTopic::hold`].
    pub fn release(&self) {
        let mut state = self.0.state.lock();
        state.held = false;
        state.deliver();
        drop(state);
        self.0.released.notify_waiters();
    }

    /// Makes the next `count` records of stores fail with `error`.
    pub fn fail_sends(&self, count: usize, error: &KafkaError) {
        self.0.state.lock().failures.extend(std::iter::repeat_n(error.clone(), count));
    }

    /// Opens the log of this topic, after giving `read` what is there.
    pub(crate) fn open(&self, mut read: LogReader) -> Arc<dyn TopicLog> {
        let mut state = self.0.state.lock();
        for record in &state.records {
            read(record.clone(), false);
        }
        let position = state.records.len();
        state.readers.push(Reader { read, position });
        Arc::new(MemoryLog(self.clone()))
    }
}

struct MemoryLog(MemoryTopic);

impl TopicLog for MemoryLog {
    fn send(&self, key: Bytes, value: Option<Bytes>) -> Sent {
        let failure = {
            let mut state = self.0.0.state.lock();
            (!state.failures.is_empty()).then(|| state.failures.remove(0))
        };
        ready(match failure {
            Some(error) => Err(error),
            None => {
                self.0.append(key, value);
                Ok(())
            }
        })
    }

    fn read_to_end(&self) -> BoxFuture<'_, Result<(), KafkaError>> {
        Box::pin(async move {
            loop {
                let released = self.0.0.released.notified();
                tokio::pin!(released);
                released.as_mut().enable();
                if !self.0.0.state.lock().held {
                    return Ok(());
                }
                released.await;
            }
        })
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        ready(())
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        ready(())
    }
}
