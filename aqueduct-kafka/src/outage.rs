//! A broker outage is weather: it is said once when a cluster can no longer be reached and once when it is back, however
//! many clients notice and however often they try. Likewise for a single broker, while others serve.
//!
//! Clients report through a [`Link`]; all links with the same `bootstrap.servers` share one [`Cluster`]. That sharing is
//! the only state of this crate that belongs to the process, and only the log depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, Weak};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::brokers::{BrokerNews, BrokerState, Brokers};

static CLUSTERS: LazyLock<Mutex<BTreeMap<String, Weak<Cluster>>>> = LazyLock::new(Mutex::default);

/// What the clients of one cluster say about it.
struct Cluster {
    bootstrap: String,
    state: Mutex<State>,
}

/// What whoever looks for lost brokers is told.
pub(crate) struct Watch {
    cluster: Weak<Cluster>,
}

impl Watch {
    /// Whether all brokers are there again, or nobody is left whom it concerns.
    pub(crate) fn is_over(&self) -> bool {
        let Some(cluster) = self.cluster.upgrade() else {
            return true;
        };
        let mut state = cluster.state.lock();
        // One link is that of the watcher itself.
        let is_over = !state.brokers.need_a_look() || state.links <= 1;
        state.watched = !is_over;
        is_over
    }
}

#[derive(Default)]
struct State {
    next_link: u64,
    /// Links that cannot reach any broker.
    cut_off: BTreeSet<u64>,
    /// When the present outage began.
    since: Option<Instant>,
    brokers: Brokers,
    /// How many links there are.
    links: usize,
    /// Somebody looks for lost brokers.
    watched: bool,
}

/// One client's part in it. Dropping it while cut off does not end the outage: the next client to connect does.
pub(crate) struct Link {
    cluster: Arc<Cluster>,
    id: u64,
    closed: AtomicBool,
    on_trouble: OnceLock<Box<dyn Fn(Watch) + Send + Sync>>,
}

impl Link {
    /// A link to the cluster at `bootstrap`.
    pub(crate) fn new(bootstrap: &str) -> Link {
        let mut clusters = CLUSTERS.lock();
        clusters.retain(|_, cluster| cluster.strong_count() > 0);
        let cluster = clusters.get(bootstrap).and_then(Weak::upgrade).unwrap_or_else(|| {
            let cluster = Arc::new(Cluster { bootstrap: bootstrap.to_owned(), state: Mutex::default() });
            clusters.insert(bootstrap.to_owned(), Arc::downgrade(&cluster));
            cluster
        });
        let mut state = cluster.state.lock();
        state.next_link += 1;
        state.links += 1;
        let id = state.next_link;
        drop(state);
        Link { cluster, id, closed: AtomicBool::new(false), on_trouble: OnceLock::new() }
    }

    /// No broker can be reached; `reason` is the last error. Answers whether this was said to the log.
    pub(crate) fn cut_off(&self, reason: &str) -> bool {
        let mut state = self.cluster.state.lock();
        state.cut_off.insert(self.id);
        if state.since.is_some() {
            return false;
        }
        state.since = Some(Instant::now());
        drop(state);
        let because = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        tracing::warn!("Kafka at {} cannot be reached{because}; will keep trying", self.cluster.bootstrap);
        true
    }

    /// A broker has answered. Answers whether this ended an outage, which is then said to the log.
    pub(crate) fn connected(&self) -> bool {
        let mut state = self.cluster.state.lock();
        state.cut_off.remove(&self.id);
        if !state.cut_off.is_empty() {
            return false;
        }
        let Some(since) = state.since.take() else {
            return false;
        };
        drop(state);
        let seconds = since.elapsed().as_secs_f64();
        tracing::info!("Kafka at {} can be reached again after {seconds:.1} s", self.cluster.bootstrap);
        true
    }
}

impl Link {
    /// Has `call` called when a broker may be lost and nobody looks for it yet. Only the first call of this function counts.
    pub(crate) fn on_trouble(&self, call: impl Fn(Watch) + Send + Sync + 'static) {
        let _ = self.on_trouble.set(Box::new(call));
    }

    /// A connection to the broker of this number at `address` changed. `reason` is the last error of any connection.
    pub(crate) fn broker_changed(&self, broker: i32, address: &str, state: BrokerState, reason: &str) {
        if !self.closed.load(Ordering::Relaxed) {
            self.broker_news(broker, address, reason, |brokers| brokers.changed(self.id, broker, state));
        }
    }

    /// The broker of this number at `address` did not answer in time.
    pub(crate) fn broker_is_silent(&self, broker: i32, address: &str, reason: &str) {
        self.broker_news(broker, address, reason, |brokers| brokers.in_vain(broker));
    }

    fn broker_news(
        &self,
        broker: i32,
        address: &str,
        reason: &str,
        change: impl FnOnce(&mut Brokers) -> Option<BrokerNews>,
    ) {
        let mut state = self.cluster.state.lock();
        let news = change(&mut state.brokers);
        let watch = self.on_trouble.get().filter(|_| !state.watched && state.brokers.need_a_look());
        state.watched |= watch.is_some();
        drop(state);
        say(news, broker, address, reason);
        if let Some(watch) = watch {
            watch(Watch { cluster: Arc::downgrade(&self.cluster) });
        }
    }

    /// The client is being closed: its connections end, which is no news.
    pub(crate) fn close(&self) {
        if self.closed.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut state = self.cluster.state.lock();
        state.links -= 1;
        state.cut_off.remove(&self.id);
        state.brokers.forget(self.id);
    }
}

fn say(news: Option<BrokerNews>, broker: i32, address: &str, reason: &str) {
    match news {
        None => {}
        Some(BrokerNews::Lost) => {
            // The last trouble may be about another broker.
            let because = if reason.contains(address) { format!(" ({reason})") } else { String::new() };
            tracing::warn!(
                "Broker {broker} at {address} cannot be reached{because}; going on with the others, will keep trying"
            );
        }
        Some(BrokerNews::Back(after)) => {
            let seconds = after.as_secs_f64();
            tracing::info!("Broker {broker} at {address} can be reached again after {seconds:.1} s");
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_said_once_for_all_clients_and_all_attempts() {
        let (first, second) = (Link::new("outage-a:9092"), Link::new("outage-a:9092"));
        assert!(first.cut_off("connection refused"));
        assert!(!first.cut_off("connection refused"));
        assert!(!second.cut_off("connection refused"));
        assert!(!first.connected(), "the second client is still cut off");
        assert!(second.connected());
        assert!(!first.connected());
        assert!(first.cut_off("again"), "a new outage");
    }

    #[test]
    fn clusters_have_their_own_weather() {
        let (here, there) = (Link::new("outage-b:9092"), Link::new("outage-c:9092"));
        assert!(here.cut_off(""));
        assert!(!there.connected());
        assert!(there.cut_off(""));
        assert!(here.connected());
    }

    #[test]
    fn a_client_that_goes_does_not_end_the_outage_but_its_successor_can() {
        let (witness, client) = (Link::new("outage-d:9092"), Link::new("outage-d:9092"));
        assert!(client.cut_off(""));
        drop(client);
        let successor = Link::new("outage-d:9092");
        assert!(!successor.cut_off(""), "still the same outage");
        assert!(successor.connected());
        drop(witness);
    }

    #[test]
    fn the_first_connection_of_all_is_no_news() {
        assert!(!Link::new("outage-e:9092").connected());
    }
}
