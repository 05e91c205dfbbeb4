//! A request to the cluster and its answer, without a thread: each request has a reply queue of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::connection::Connection;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Client, Event, EventKind, Queue, Reply, is_timeout};

/// How long to wait before a request is tried again.
const RETRY_BACKOFF: Duration = Duration::from_millis(100);

/// Makes requests of one client.
pub(crate) struct Asker {
    client: Arc<Client>,
    connection: Arc<Connection>,
    /// The client's own events, which nobody else looks at.
    events: Queue,
}

impl Asker {
    /// For a client that is used for requests only: its errors are noticed while one is made.
    pub(crate) fn new(client: Arc<Client>, connection: Arc<Connection>) -> Asker {
        let events = Queue::main(&client).signalled();
        Asker { client, connection, events }
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Makes the request with `send`, as often as it takes until `read` finds an answer that is no retriable error, or
    /// `timeout` has passed.
    ///
    /// A client whose credentials are refused fails at once.
    pub(crate) async fn ask<T>(
        &self,
        what: &str,
        timeout: Duration,
        send: impl Fn(&Client, Reply<'_>) -> Result<(), KafkaError>,
        read: impl Fn(&Event) -> Result<T, KafkaError>,
    ) -> Result<T, KafkaError> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let queue = Queue::new(&self.client).signalled();
            // Rounded up: nobody is told that the time is up before it is.
            let timeout_ms = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
            send(&self.client, Reply { queue: &queue, timeout_ms })?;
            let answer =
                timeout_at(deadline, self.answer(&queue)).await.unwrap_or_else(|_| Err(too_late(what, timeout)));
            let error = match answer.and_then(|event| read(&event)) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if is_timeout(error.code()) || Instant::now() >= deadline {
                return Err(too_late(what, timeout));
            }
            if !matches!(error.kind(), ErrorKind::Retriable | ErrorKind::Timeout) {
                return Err(error);
            }
            tracing::debug!(client = self.connection.client_id(), "{what}, trying again: {error}");
            sleep(RETRY_BACKOFF.min(deadline.saturating_duration_since(Instant::now()))).await;
        }
    }

    async fn answer(&self, queue: &Queue) -> Result<Event, KafkaError> {
        let fault = self.connection.next_fault();
        tokio::select! {
            event = queue.next() => Ok(event),
            error = fault => {
                // Another request may find that things have got better.
                self.connection.clear_fault();
                Err(error)
            }
            never = self.serve_events() => match never {},
        }
    }

    /// Judges the client's errors for as long as it is polled.
    async fn serve_events(&self) -> std::convert::Infallible {
        loop {
            let event = self.events.next().await;
            if event.kind() == EventKind::Error {
                self.connection.error_event(&event);
            }
        }
    }
}

/// The error for an answer that did not come in time.
pub(crate) fn too_late(what: &str, timeout: Duration) -> KafkaError {
    KafkaError::new(ErrorKind::Timeout, format!("Timed out after {} ms while {what}", timeout.as_millis()))
}
