//! Committing offsets.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::{Consumer, ConsumerEvent, Offsets};
use crate::codes;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Event, PartitionList, Queue, describe};

const RETRY_BACKOFF: Duration = Duration::from_millis(100);

impl Consumer {
    /// Starts a commit; its end arrives as [`ConsumerEvent::Committed`] with this `seqno`.
    pub fn commit_async(&self, offsets: &Offsets, seqno: u64) -> Result<(), KafkaError> {
        self.client.commit(&list(offsets)?, &self.commits, seqno)
    }

    /// Commits and waits for the answer, at most `timeout`. Tries again while the coordinator is away or moves.
    pub async fn commit_sync(&self, offsets: &Offsets, timeout: Duration) -> Result<(), KafkaError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let list = list(offsets)?;
        let deadline = Instant::now() + timeout;
        let too_late = || {
            let message =
                format!("Timeout of {}ms expired before successfully committing offsets", timeout.as_millis());
            Err(KafkaError::new(ErrorKind::Timeout, message))
        };
        loop {
            let replies = Queue::new(&self.client).signalled();
            self.client.commit(&list, &replies, 0)?;
            let fault = self.connection.next_fault();
            let answer = async {
                tokio::select! {
                    event = replies.next() => self.outcome(&event),
                    error = fault => Err(error),
                }
            };
            match timeout_at(deadline, answer).await {
                Ok(Err(error)) if error.is_retriable() => {
                    tracing::debug!(client = self.connection.client_id(), "committing offsets, trying again: {error}");
                }
                Ok(result) => return result,
                Err(_) => return too_late(),
            }
            if Instant::now() + RETRY_BACKOFF >= deadline {
                return too_late();
            }
            sleep(RETRY_BACKOFF).await;
        }
    }

    /// The next commit that has ended.
    pub(super) fn next_committed(&self) -> Option<ConsumerEvent> {
        let event = self.commits.try_next()?;
        Some(ConsumerEvent::Committed { seqno: event.token(), result: self.outcome(&event) })
    }

    fn outcome(&self, event: &Event) -> Result<(), KafkaError> {
        let partition_error = || {
            let failed = event.partitions().into_iter().find(|entry| entry.code != codes::NONE)?;
            Some((failed.code, format!("{}: {}", failed.partition, describe(failed.code))))
        };
        let (code, message) = match event.code() {
            codes::NONE => match partition_error() {
                None => return Ok(()),
                Some(error) => error,
            },
            code => (code, describe(code)),
        };
        Err(match code {
            codes::GROUP_AUTHORIZATION_FAILED => self.troubles.group_refused(),
            codes::TOPIC_AUTHORIZATION_FAILED => {
                let partitions = event.partitions();
                let topic =
                    partitions.iter().find(|entry| entry.code == code).map_or("", |entry| &entry.partition.topic);
                self.troubles.topic_refused(topic)
            }
            _ => KafkaError::from_code(code, message),
        })
    }
}

fn list(offsets: &Offsets) -> Result<PartitionList, KafkaError> {
    let mut list = PartitionList::with_capacity(offsets.len());
    for (partition, offset) in offsets {
        list.push(&partition.topic, partition.partition, offset.offset, &offset.metadata)?;
    }
    Ok(list)
}
