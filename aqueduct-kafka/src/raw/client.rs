//! The brokers of a cluster, a connection to each that is needed, and who coordinates what.
//!
//! Brokers are known from `bootstrap.servers` and learned from whichever answers. A question that any broker can answer is
//! put to one after the other, the next when one fails or takes its time, and the first answer counts: a broker that hangs
//! holds nobody up. After a failed connection a broker is left alone for its back-off.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kafka_protocol::messages::metadata_response::MetadataResponseBroker;
use kafka_protocol::messages::{FindCoordinatorRequest, MetadataRequest};
use kafka_protocol::protocol::StrBytes;
use parking_lot::Mutex;
use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, sleep_until, timeout};

use super::calls::Call;
use super::connection::{Connection, timed_out};
use super::settings::{Address, RawSettings};
use crate::client_config::LibrdkafkaConfig;
use crate::error::{ErrorKind, KafkaError};
use crate::settings::ClientSettings;

/// After how long without an answer the next broker is asked as well.
const NEXT_BROKER: Duration = Duration::from_millis(500);

/// A client for requests that librdkafka does not send. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct RawClient {
    shared: Arc<Shared>,
}

struct Shared {
    settings: RawSettings,
    brokers: Mutex<Brokers>,
}

#[derive(Default)]
struct Brokers {
    /// Those that the cluster told of, when it was asked last.
    learned: Vec<Address>,
    known: HashMap<Address, Arc<Broker>>,
    /// Where to begin asking, so that a broker that fails is not the first again.
    first: usize,
}

/// What is kept of a broker.
#[derive(Default)]
struct Broker {
    connection: Turn<Option<Connection>>,
    trouble: Mutex<Trouble>,
}

/// Failures to connect, one after the other.
#[derive(Clone, Copy, Default)]
struct Trouble {
    failures: u32,
    until: Option<Instant>,
}

/// The brokers of a cluster.
#[derive(Default)]
pub(super) struct Cluster {
    pub(super) brokers: Vec<Address>,
    /// The one that takes what changes the cluster; none while it is being elected.
    pub(super) controller: Option<Address>,
}

/// What somebody coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coordinates {
    Group = 0,
    Transaction = 1,
}

impl RawClient {
    /// A client with the Java client's settings. It connects when it is first asked something.
    ///
    /// # Errors
    /// When the settings are wrong, or name what is not supported: an error of kind
    /// [`InvalidConfig`](ErrorKind::InvalidConfig).
    pub fn create(settings: &ClientSettings) -> Result<RawClient, KafkaError> {
        RawSettings::read(settings).map(Self::with)
    }

    /// A client beside one of librdkafka, with its settings.
    pub(crate) fn beside(config: &LibrdkafkaConfig) -> Result<RawClient, KafkaError> {
        RawSettings::of(config).map(Self::with)
    }

    fn with(settings: RawSettings) -> Self {
        Self { shared: Arc::new(Shared { settings, brokers: Mutex::default() }) }
    }

    pub(super) fn settings(&self) -> &RawSettings {
        &self.shared.settings
    }

    /// Sends a request to a broker; `make` writes it for the version that both speak. At most one request is on its way to
    /// a broker. Connecting counts for the limit too.
    pub(super) async fn call<C: Call>(
        &self,
        address: &Address,
        limit: Duration,
        make: impl FnOnce(i16) -> Result<C, KafkaError>,
    ) -> Result<C::Response, KafkaError> {
        let broker = self.broker(address);
        let call = async {
            let mut place = broker.connection.lock().await;
            // Out of its place while it is in use: who gives up drops it.
            let mut connection = match place.take().filter(Connection::is_good) {
                Some(connection) => connection,
                None => self.connect(address, &broker).await?,
            };
            let request = match connection.version_of::<C>().and_then(|version| Ok((version, make(version)?))) {
                Ok(request) => request,
                Err(error) => {
                    *place = Some(connection);
                    return Err(error);
                }
            };
            let answer = connection.call(&request.1, request.0).await?;
            *place = Some(connection);
            Ok(answer)
        };
        timeout(limit, call).await.unwrap_or_else(|_| {
            Err(timed_out(format!("{address} did not answer {} within {} ms", C::NAME, limit.as_millis())))
        })
    }

    /// Who coordinates a group or a transactional id. One round over the brokers, which ends at the first answer.
    pub(super) async fn coordinator(&self, of: Coordinates, key: &str) -> Result<Address, KafkaError> {
        self.any_broker(|address| self.ask_for_coordinator(address, of, key)).await
    }

    /// Puts a question that any broker can answer: one round over the brokers, which ends at the first answer.
    pub(super) async fn any_broker<T, F>(&self, ask: impl Fn(Address) -> F) -> Result<T, KafkaError>
    where
        F: Future<Output = Result<T, KafkaError>>,
    {
        let mut waiting = self.candidates().into_iter();
        let mut asked = FuturesUnordered::new();
        let mut failure = None;
        loop {
            match waiting.next() {
                Some(address) => asked.push(ask(address)),
                None if asked.is_empty() => break,
                None => {}
            }
            match timeout(NEXT_BROKER, asked.next()).await {
                Ok(Some(Ok(answer))) => return Ok(answer),
                // Another broker would say the same.
                Ok(Some(Err(error))) if error.is_fatal() => return Err(error),
                Ok(Some(Err(error))) => failure = Some(error),
                Ok(None) | Err(_) => {}
            }
        }
        self.shared.brokers.lock().first += 1;
        Err(failure.unwrap_or_else(|| KafkaError::new(ErrorKind::Retriable, "no broker is known")))
    }

    async fn ask_for_coordinator(&self, at: Address, of: Coordinates, key: &str) -> Result<Address, KafkaError> {
        let limit = self.settings().request_timeout;
        let key = StrBytes::from_string(key.to_owned());
        let answer = self.call(&at, limit, |version| {
            let request = FindCoordinatorRequest::default().with_key_type(of as i8);
            match version {
                0 if of == Coordinates::Transaction => {
                    Err(KafkaError::new(ErrorKind::Unsupported, "the broker knows no transactions"))
                }
                0..=3 => Ok(request.with_key(key)),
                _ => Ok(request.with_coordinator_keys(vec![key])),
            }
        });
        let answer = answer.await?;
        let (code, text, host, port) = match answer.coordinators.into_iter().next() {
            Some(found) => (found.error_code, found.error_message, found.host, found.port),
            None => (answer.error_code, answer.error_message, answer.host, answer.port),
        };
        if code != 0 {
            let text = text.map_or("The coordinator is not available.".to_owned(), |text| text.as_str().to_owned());
            return Err(KafkaError::from_code(i32::from(code), text));
        }
        // Whoever answers knows the others. A failure only leaves the list as it was.
        let limit = limit.min(Duration::from_secs(5));
        if let Err(error) = self.learn_brokers(&at, limit).await {
            tracing::debug!("asking {at} for the brokers: {error}");
        }
        let port = u16::try_from(port)
            .map_err(|_| KafkaError::new(ErrorKind::Retriable, format!("{at} names the impossible port {port}")))?;
        Ok(Address { host: host.as_str().to_owned(), port })
    }

    async fn learn_brokers(&self, at: &Address, limit: Duration) -> Result<(), KafkaError> {
        self.describe(at, limit).await.map(|_| ())
    }

    /// The brokers as one of them knows them, and which of them controls the cluster.
    pub(super) async fn describe(&self, at: &Address, limit: Duration) -> Result<Cluster, KafkaError> {
        // No topics, please: from version 1 on an empty list says so.
        let make = |version| match version {
            0 => Err(KafkaError::new(ErrorKind::Unsupported, "the broker is too old to list brokers alone")),
            _ => {
                Ok(MetadataRequest::default().with_topics(Some(Vec::new())).with_allow_auto_topic_creation(version < 4))
            }
        };
        let answer = self.call(at, limit, make).await?;
        let mut cluster = Cluster::default();
        for broker in answer.brokers {
            let Some(address) = address_of(&broker) else { continue };
            if broker.node_id == answer.controller_id {
                cluster.controller = Some(address.clone());
            }
            cluster.brokers.push(address);
        }
        self.shared.brokers.lock().learned.clone_from(&cluster.brokers);
        Ok(cluster)
    }

    /// All brokers, those first that can be asked now, each once.
    fn candidates(&self) -> Vec<Address> {
        let mut brokers = self.shared.brokers.lock();
        let mut all: Vec<Address> = Vec::new();
        for address in brokers.learned.iter().chain(&self.settings().bootstrap) {
            if !all.contains(address) {
                all.push(address.clone());
            }
        }
        let first = brokers.first.checked_rem(all.len()).unwrap_or(0);
        all.rotate_left(first);
        let now = Instant::now();
        let waits = |address: &Address| {
            let broker = brokers.known.get(address);
            broker.and_then(|broker| broker.trouble.lock().until).filter(|until| *until > now)
        };
        all.sort_by_key(waits);
        brokers.known.retain(|address, _| all.contains(address));
        all
    }

    fn broker(&self, address: &Address) -> Arc<Broker> {
        Arc::clone(self.shared.brokers.lock().known.entry(address.clone()).or_default())
    }

    async fn connect(&self, address: &Address, broker: &Broker) -> Result<Connection, KafkaError> {
        let until = broker.trouble.lock().until;
        if let Some(until) = until {
            sleep_until(until).await;
        }
        let opened = Connection::open(address, self.settings()).await;
        let mut trouble = broker.trouble.lock();
        if opened.is_ok() {
            *trouble = Trouble::default();
        } else {
            trouble.failures = trouble.failures.saturating_add(1);
            trouble.until = Some(Instant::now() + self.settings().reconnect.after(trouble.failures));
        }
        opened
    }
}

impl std::fmt::Debug for RawClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawClient").field("client_id", &self.settings().client_id).finish_non_exhaustive()
    }
}

/// Where a broker listens; none where its port is none.
pub(super) fn address_of(broker: &MetadataResponseBroker) -> Option<Address> {
    let port = u16::try_from(broker.port).ok()?;
    Some(Address { host: broker.host.as_str().to_owned(), port })
}

impl Connection {
    fn is_good(&self) -> bool {
        self.ends.is_none_or(|ends| Instant::now() < ends)
    }
}
