//! A broker outage is weather: it is said once when a cluster can no longer be reached and once when it is back, however
//! many clients notice and however often they try.
//!
//! Clients report through a [`Link`]; all links with the same `bootstrap.servers` share one [`Cluster`]. That sharing is
//! the only state of this crate that belongs to the process, and only the log depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;
use tokio::time::Instant;

static CLUSTERS: LazyLock<Mutex<BTreeMap<String, Weak<Cluster>>>> = LazyLock::new(Mutex::default);

/// What the clients of one cluster say about it.
struct Cluster {
    bootstrap: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next_link: u64,
    /// Links that cannot reach any broker.
    cut_off: BTreeSet<u64>,
    /// When the present outage began.
    since: Option<Instant>,
}

/// One client's part in it. Dropping it while cut off does not end the outage: the next client to connect does.
pub(crate) struct Link {
    cluster: Arc<Cluster>,
    id: u64,
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
        let id = state.next_link;
        drop(state);
        Link { cluster, id }
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

impl Drop for Link {
    fn drop(&mut self) {
        self.cluster.state.lock().cut_off.remove(&self.id);
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
