//! Faults on demand: what tests make the broker do wrong.
//!
//! Tests arm faults through the handle; the server asks for every connection and request what is armed. All of it is
//! kept by count, nothing by chance.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

/// What to do with a request that a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answer every part of it with this error code of Kafka's protocol, without doing what it asks.
    Error(i16),
    /// Close the connection before doing what it asks.
    Drop,
    /// Do what it asks, and close the connection in place of the answer.
    DropAnswer,
    /// Wait so long before doing what it asks.
    Delay(Duration),
}

/// A handle on a broker's faults. Clones share what is armed.
#[derive(Debug, Clone)]
pub struct Faults {
    inner: Arc<Mutex<Armed>>,
    connections: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Armed {
    rules: Vec<Rule>,
    refuse_connections: bool,
    latency: Duration,
    throttle: Duration,
    coordinator_away: bool,
}

#[derive(Debug)]
struct Rule {
    api_key: i16,
    /// Requests of the API that pass before the fault.
    pass: u32,
    /// Requests that the fault hits then.
    hits: u32,
    fault: Fault,
}

/// What the server has to do with one request.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    pub(crate) fault: Option<Fault>,
}

// === impl Faults ===

impl Faults {
    pub(crate) fn new() -> Faults {
        Faults { inner: Arc::default(), connections: watch::Sender::new(0) }
    }

    /// The `nth` request of an API from now on (1 is the next one) meets `fault`. `api_key` is the protocol's number, for
    /// example 0 for Produce.
    pub fn at(&self, api_key: i16, nth: u32, fault: Fault) {
        self.arm(api_key, nth.saturating_sub(1), 1, fault);
    }

    /// The next `count` requests of an API meet `fault`.
    pub fn next(&self, api_key: i16, count: u32, fault: Fault) {
        self.arm(api_key, 0, count, fault);
    }

    /// Every request and answer takes this much longer. Zero ends it.
    pub fn latency(&self, latency: Duration) {
        self.inner.lock().latency = latency;
    }

    /// Answers of Produce and Fetch come this much later and tell the client so (`throttle_time_ms`). Zero ends it.
    pub fn throttle(&self, throttle: Duration) {
        self.inner.lock().throttle = throttle;
    }

    /// New connections are closed at once as long as this is true.
    pub fn refuse_connections(&self, refuse: bool) {
        self.inner.lock().refuse_connections = refuse;
    }

    /// Closes all connections that are open now.
    pub fn drop_connections(&self) {
        self.connections.send_modify(|count| *count += 1);
    }

    /// As long as this is true the coordinators are elsewhere: group and transaction requests are answered with
    /// NOT_COORDINATOR, and FindCoordinator with COORDINATOR_NOT_AVAILABLE.
    pub fn move_coordinator(&self, away: bool) {
        self.inner.lock().coordinator_away = away;
    }

    /// Ends all faults.
    pub fn clear(&self) {
        *self.inner.lock() = Armed::default();
    }

    /// Changes when all connections have to close.
    pub(crate) fn watch_connections(&self) -> watch::Receiver<u64> {
        self.connections.subscribe()
    }

    pub(crate) fn refuses_connections(&self) -> bool {
        self.inner.lock().refuse_connections
    }

    pub(crate) fn throttle_time(&self) -> Duration {
        self.inner.lock().throttle
    }

    /// What the next request of this API meets.
    pub(crate) fn meet(&self, api_key: i16) -> Verdict {
        let mut armed = self.inner.lock();
        let mut fault = None;
        for rule in armed.rules.iter_mut().filter(|rule| rule.api_key == api_key) {
            if rule.pass > 0 {
                rule.pass -= 1;
            } else if fault.is_none() {
                rule.hits -= 1;
                fault = Some(rule.fault);
            }
        }
        armed.rules.retain(|rule| rule.hits > 0);
        if fault.is_none() && armed.coordinator_away {
            fault = away(api_key).map(Fault::Error);
        }
        Verdict { delay: armed.latency, fault }
    }

    fn arm(&self, api_key: i16, pass: u32, hits: u32, fault: Fault) {
        if hits > 0 {
            self.inner.lock().rules.push(Rule { api_key, pass, hits, fault });
        }
    }
}

/// How a request is answered whose coordinator is elsewhere.
fn away(api_key: i16) -> Option<i16> {
    const COORDINATOR_NOT_AVAILABLE: i16 = 15;
    const NOT_COORDINATOR: i16 = 16;
    match api_key {
        // FindCoordinator.
        10 => Some(COORDINATOR_NOT_AVAILABLE),
        // OffsetCommit, OffsetFetch, JoinGroup to DescribeGroups, InitProducerId, the transactions, DeleteGroups,
        // OffsetDelete, DescribeTransactions.
        8 | 9 | 11..=15 | 22 | 24..=26 | 28 | 42 | 47 | 65 => Some(NOT_COORDINATOR),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_request_is_hit_once() {
        let faults = Faults::new();
        faults.at(0, 2, Fault::Drop);
        let met: Vec<_> = (0..3).map(|_| faults.meet(0).fault).collect();
        assert_eq!(met, [None, Some(Fault::Drop), None]);
    }

    #[test]
    fn a_moved_coordinator_refuses_groups_only() {
        let faults = Faults::new();
        faults.move_coordinator(true);
        assert_eq!(faults.meet(11).fault, Some(Fault::Error(16)));
        assert_eq!(faults.meet(0).fault, None);
        faults.clear();
        assert_eq!(faults.meet(11).fault, None);
    }
}
