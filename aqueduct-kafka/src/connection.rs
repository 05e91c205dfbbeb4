//! What every client has, whatever it is for: the instance's own words to the log, the state of the cluster, and the
//! fault that ended the client, if there was one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::brokers::BrokerState;
use crate::client_config::TokenSource;
use crate::codes;
use crate::error::{ErrorKind, KafkaError};
use crate::native::{Event, GroupChange, Observer, SaslToken};
use crate::outage::{Link, Watch};
use crate::statistics::{ClientStatistics, StatisticsListener};

/// How the log calls what librdkafka itself has to say.
const NATIVE_LOG: &str = "librdkafka";

/// The observer of one client instance.
pub(crate) struct Connection {
    client_id: String,
    link: Link,
    tokens: Option<Arc<dyn TokenSource>>,
    /// The last thing that went wrong with a connection: the reason of an outage.
    last_trouble: Mutex<String>,
    was_connected: AtomicBool,
    /// Called when a connection to a broker is ready for use.
    on_connected: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Who wants the figures of the client.
    statistics: OnceLock<Arc<dyn StatisticsListener>>,
    fault: watch::Sender<Option<KafkaError>>,
    /// Rebalances that wait to be shown to the caller; `None` when they are answered at once.
    group_changes: Mutex<Option<VecDeque<GroupChange>>>,
}

impl Connection {
    pub(crate) fn new(client_id: &str, bootstrap: &str, tokens: Option<Arc<dyn TokenSource>>) -> Connection {
        Connection {
            client_id: client_id.to_owned(),
            link: Link::new(bootstrap),
            tokens,
            last_trouble: Mutex::default(),
            was_connected: AtomicBool::new(false),
            on_connected: OnceLock::new(),
            statistics: OnceLock::new(),
            fault: watch::Sender::new(None),
            group_changes: Mutex::new(Some(VecDeque::new())),
        }
    }

    /// Has `call` called when a broker may be lost and nobody looks for it yet. Only the first call of this function counts.
    pub(crate) fn on_trouble(&self, call: impl Fn(Watch) + Send + Sync + 'static) {
        self.link.on_trouble(call);
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Has `call` called whenever a connection to a broker is ready for use, from librdkafka's threads: it must not call
    /// the instance, except to wake a queue. Only the first call of this function counts.
    pub(crate) fn on_connected(&self, call: impl Fn() + Send + Sync + 'static) {
        let _ = self.on_connected.set(Box::new(call));
    }

    /// Has a listener told of the figures of the client. Only the first call of this function counts.
    pub(crate) fn on_statistics(&self, listener: Arc<dyn StatisticsListener>) {
        let _ = self.statistics.set(listener);
    }

    /// The error that ended the client.
    pub(crate) fn fault(&self) -> Option<KafkaError> {
        self.fault.borrow().clone()
    }

    /// Waits for a fault that is raised after the call of this function.
    pub(crate) fn next_fault(&self) -> impl Future<Output = KafkaError> + Send + use<> {
        let mut faults = self.fault.subscribe();
        faults.mark_unchanged();
        async move {
            match faults.wait_for(Option::is_some).await {
                Ok(fault) => fault.clone().unwrap_or_else(closed),
                Err(_) => closed(),
            }
        }
    }

    /// Judges an error that came out of a queue.
    pub(crate) fn error_event(&self, event: &Event) {
        self.error(event.code(), event.is_fatal(), &event.text());
    }

    /// Ends the client, unless something else already has.
    pub(crate) fn raise(&self, error: KafkaError) {
        self.fault.send_if_modified(|fault| {
            let first = fault.is_none();
            if first {
                *fault = Some(error);
            }
            first
        });
    }

    /// Forgets the fault, for clients that may try again.
    pub(crate) fn clear_fault(&self) {
        self.fault.send_replace(None);
    }

    /// The next rebalance to show.
    pub(crate) fn next_group_change(&self) -> Option<GroupChange> {
        self.group_changes.lock().as_mut().and_then(VecDeque::pop_front)
    }

    /// From now on rebalances are answered at once: partitions are given back and none are taken.
    pub(crate) fn stop_group_changes(&self) {
        *self.group_changes.lock() = None;
    }
}

fn closed() -> KafkaError {
    KafkaError::new(ErrorKind::Closed, "the client was closed")
}

impl Observer for Connection {
    fn log(&self, level: i32, facility: &str, line: &str) {
        // Its errors come a second time through `error`, where they are judged; in the log they are chatter.
        tracing::debug!(target: NATIVE_LOG, client = %self.client_id, level, "{facility}: {line}");
    }

    fn error(&self, code: i32, fatal: bool, text: &str) {
        match code {
            codes::ALL_BROKERS_DOWN => {
                self.link.cut_off(&self.last_trouble.lock());
            }
            codes::AUTHENTICATION | codes::SSL => self.refused(code, text),
            _ if fatal => {
                let error = KafkaError::from_code(code, text);
                let error = if error.is_fatal() { error } else { error.with_kind(ErrorKind::Fatal) };
                tracing::debug!(client = %self.client_id, "the client cannot go on: {error}");
                self.raise(error);
            }
            codes::TRANSPORT | codes::RESOLVE | codes::TIMED_OUT | codes::TIMED_OUT_QUEUE => {
                tracing::debug!(client = %self.client_id, "connection trouble: {text}");
                let text = plain(text);
                text.clone_into(&mut self.last_trouble.lock());
                if code == codes::TIMED_OUT
                    && let Some((address, broker)) = broker_of(text)
                {
                    self.link.broker_is_silent(broker, address, text);
                }
            }
            _ => tracing::debug!(client = %self.client_id, code, "{text}"),
        }
    }

    fn broker_changed(&self, broker: Option<i32>, address: &str, state: BrokerState) {
        if state == BrokerState::Up {
            self.was_connected.store(true, Ordering::Relaxed);
            self.link.connected();
        }
        if let Some(broker) = broker {
            self.link.broker_changed(broker, address, state, &self.last_trouble.lock());
        }
        if state == BrokerState::Up
            && let Some(call) = self.on_connected.get()
        {
            call();
        }
    }

    fn statistics(&self, json: &[u8]) {
        let Some(listener) = self.statistics.get() else { return };
        match ClientStatistics::parse(json) {
            Ok(now) => listener.statistics(&now),
            Err(error) => tracing::debug!(client = %self.client_id, "statistics that cannot be read: {error}"),
        }
    }

    fn closing(&self) {
        self.link.close();
    }

    fn group_changed(&self, change: GroupChange) -> bool {
        let mut changes = self.group_changes.lock();
        if let Some(changes) = changes.as_mut() {
            changes.push_back(change);
        }
        changes.is_some()
    }

    fn token(&self) -> Result<SaslToken, String> {
        let source = self.tokens.as_ref().ok_or("no source of tokens is configured")?;
        let token = source.token()?;
        let expires_at = token.expires.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Ok(SaslToken {
            value: token.token,
            expires_at: i64::try_from(expires_at).unwrap_or(i64::MAX),
            principal: token.principal,
            extensions: token.extensions.into_iter().collect(),
        })
    }
}

impl Connection {
    fn refused(&self, code: i32, text: &str) {
        // A token that cannot be renewed just now does not end a client whose present one is still good.
        if text.contains("Failed to acquire SASL OAUTHBEARER token") && self.was_connected.load(Ordering::Relaxed) {
            tracing::warn!("client {}: {text}", self.client_id);
            return;
        }
        self.raise(KafkaError::from_code(code, reason_of_refusal(text)));
    }
}

/// The address and the number of the broker that a text of librdkafka is about: `[protocol://]host:port/number: …`.
fn broker_of(text: &str) -> Option<(&str, i32)> {
    let (name, _) = text.split_once(": ")?;
    let (address, number) = name.rsplit_once('/')?;
    let address = address.rsplit_once("://").map_or(address, |(_, address)| address);
    Some((address, number.parse().ok()?))
}

/// librdkafka's text without its note about how long the connection was in which state.
fn plain(text: &str) -> &str {
    text.rfind(" (after ").map_or(text, |at| &text[..at])
}

/// What the broker said when it refused us, as Java would show it: without librdkafka's words around it.
fn reason_of_refusal(text: &str) -> &str {
    let text = plain(text);
    ["SASL authentication error: ", "Failed to acquire SASL OAUTHBEARER token: "]
        .iter()
        .find_map(|words| text.split_once(words))
        .map_or(text, |(_, reason)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        Connection::new("test", "connection-test:9092", None)
    }

    #[test]
    fn refused_credentials_end_the_client_with_the_brokers_words() {
        let connection = connection();
        let said = "sasl_plaintext://127.0.0.1:9092/bootstrap: SASL authentication error: Authentication failed: \
                    Invalid username or password (after 5ms in state AUTH_REQ)";
        connection.error(codes::AUTHENTICATION, false, said);
        let fault = connection.fault().unwrap();
        assert_eq!(fault.kind(), ErrorKind::Authentication);
        assert_eq!(fault.message(), "Authentication failed: Invalid username or password");
        assert_eq!(fault.java_class(), "org.apache.kafka.common.errors.SaslAuthenticationException");
    }

    #[test]
    fn connection_trouble_is_no_fault() {
        let connection = connection();
        connection.error(
            codes::TRANSPORT,
            false,
            "x:9092/bootstrap: Connect failed: refused (after 0ms in state CONNECT)",
        );
        connection.error(codes::ALL_BROKERS_DOWN, false, "1/1 brokers are down");
        assert!(connection.fault().is_none());
        assert_eq!(*connection.last_trouble.lock(), "x:9092/bootstrap: Connect failed: refused");
    }

    #[test]
    fn texts_name_the_broker_that_they_are_about() {
        for (text, expect) in [
            ("127.0.0.1:9093/2: 1 request(s) timed out: disconnect", Some(("127.0.0.1:9093", 2))),
            ("sasl_ssl://kafka-3.example:9093/13: ApiVersionRequest failed", Some(("kafka-3.example:9093", 13))),
            ("[::1]:9092/1: Connection setup timed out in state CONNECT", Some(("[::1]:9092", 1))),
            ("127.0.0.1:9093/bootstrap: Connect failed", None),
            ("GroupCoordinator: 1 request(s) timed out", None),
            ("no broker at all", None),
        ] {
            assert_eq!(broker_of(text), expect, "{text}");
        }
    }

    #[test]
    fn the_first_fault_stays() {
        let connection = connection();
        connection.error(90, true, "fenced");
        connection.error(codes::AUTHENTICATION, false, "later");
        assert_eq!(connection.fault().unwrap().kind(), ErrorKind::Fenced);
    }

    #[test]
    fn a_fatal_error_of_any_code_is_fatal() {
        let connection = connection();
        connection.error(45, true, "sequence desynchronization");
        assert_eq!(connection.fault().unwrap().kind(), ErrorKind::Fatal);
    }

    #[test]
    fn a_token_that_cannot_be_renewed_ends_only_clients_that_never_connected() {
        let said = "Failed to acquire SASL OAUTHBEARER token: server is busy";
        let fresh = connection();
        fresh.error(codes::AUTHENTICATION, false, said);
        assert_eq!(fresh.fault().unwrap().message(), "server is busy");
        let established = connection();
        established.broker_changed(Some(1), "x:9092", BrokerState::Up);
        established.error(codes::AUTHENTICATION, false, said);
        assert!(established.fault().is_none());
    }
}
