//! Which brokers of a cluster can be reached, as its clients see them together.
//!
//! That a connection ends says little: idle ones are closed every few minutes. It makes the broker suspect, until
//! somebody has connected to it again. A broker is lost when a client tried to connect to it in vain, or waited for its
//! answers in vain, while another broker serves; when none does, the whole cluster is away, which is said elsewhere. What
//! enters are the states of connections, what leaves is news for the log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// What a client's connection to a broker does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokerState {
    /// It is being made.
    Trying,
    /// It is ready for use.
    Up,
    /// It has ended, or could not be made.
    Down,
}

/// The connections of all clients of a cluster to its brokers. Clients and brokers go by number.
#[derive(Debug, Default)]
pub(crate) struct Brokers {
    trying: BTreeSet<(u64, i32)>,
    up: BTreeSet<(i32, u64)>,
    /// The brokers that were said to be lost, and since when they are.
    lost: BTreeMap<i32, Instant>,
    /// The brokers that are worth a look, and since when they are.
    suspect: BTreeMap<i32, Instant>,
}

/// A broker that nobody could connect to in this time is not in the cluster any more.
const SUSPICION: Duration = Duration::from_secs(15);

/// Something to say about a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokerNews {
    /// It cannot be reached any more.
    Lost,
    /// It can be reached again, after this time.
    Back(Duration),
}

impl Brokers {
    /// A client's connection to a broker changed.
    pub(crate) fn changed(&mut self, client: u64, broker: i32, state: BrokerState) -> Option<BrokerNews> {
        match state {
            BrokerState::Trying => {
                self.trying.insert((client, broker));
                None
            }
            BrokerState::Up => {
                self.trying.remove(&(client, broker));
                self.up.insert((broker, client));
                self.suspect.remove(&broker);
                self.lost.remove(&broker).map(|since| BrokerNews::Back(since.elapsed()))
            }
            BrokerState::Down => {
                if self.up.remove(&(broker, client)) && !self.lost.contains_key(&broker) {
                    self.suspect.insert(broker, Instant::now());
                }
                if self.trying.remove(&(client, broker)) { self.in_vain(broker) } else { None }
            }
        }
    }

    /// A client waited in vain for a connection to a broker, or for an answer.
    pub(crate) fn in_vain(&mut self, broker: i32) -> Option<BrokerNews> {
        let others_serve = self.up.iter().any(|(other, _)| *other != broker);
        if !others_serve || self.lost.contains_key(&broker) {
            return None;
        }
        self.suspect.remove(&broker);
        self.lost.insert(broker, Instant::now());
        Some(BrokerNews::Lost)
    }

    /// Whether somebody should look which brokers can be reached.
    pub(crate) fn need_a_look(&mut self) -> bool {
        self.suspect.retain(|_, since| since.elapsed() < SUSPICION);
        !self.lost.is_empty() || !self.suspect.is_empty()
    }

    /// A client is closed: nothing that happens to its connections from now on says anything.
    pub(crate) fn forget(&mut self, client: u64) {
        self.trying.retain(|(other, _)| *other != client);
        self.up.retain(|(_, other)| *other != client);
    }
}

#[cfg(test)]
mod tests {
    use super::BrokerState::{Down, Trying, Up};
    use super::*;

    /// Three brokers that two clients are connected to.
    fn cluster() -> Brokers {
        let mut brokers = Brokers::default();
        for client in [1, 2] {
            for broker in [1, 2, 3] {
                assert_eq!(brokers.changed(client, broker, Trying), None);
                assert_eq!(brokers.changed(client, broker, Up), None);
            }
        }
        brokers
    }

    #[test]
    fn a_closed_connection_alone_is_no_news() {
        let mut brokers = cluster();
        assert!(!brokers.need_a_look());
        assert_eq!(brokers.changed(1, 2, Down), None);
        assert!(brokers.need_a_look());
        assert_eq!(brokers.changed(3, 2, Trying), None);
        assert_eq!(brokers.changed(3, 2, Up), None);
        assert!(!brokers.need_a_look());
    }

    #[test]
    fn a_lost_broker_is_said_once_each_way_for_all_clients() {
        let mut brokers = cluster();
        for client in [1, 2] {
            assert_eq!(brokers.changed(client, 2, Down), None);
            assert_eq!(brokers.changed(client, 2, Trying), None);
        }
        assert_eq!(brokers.changed(1, 2, Down), Some(BrokerNews::Lost));
        assert_eq!(brokers.changed(2, 2, Down), None);
        assert_eq!(brokers.changed(1, 2, Trying), None);
        assert_eq!(brokers.changed(1, 2, Down), None);
        assert_eq!(brokers.changed(2, 2, Trying), None);
        assert!(matches!(brokers.changed(2, 2, Up), Some(BrokerNews::Back(_))));
        assert_eq!(brokers.changed(1, 2, Up), None);
    }

    #[test]
    fn a_broker_that_hangs_is_lost_when_its_answers_do_not_come() {
        let mut brokers = cluster();
        assert_eq!(brokers.in_vain(3), Some(BrokerNews::Lost));
        assert_eq!(brokers.in_vain(3), None);
        assert!(brokers.need_a_look());
        assert!(matches!(brokers.changed(1, 3, Up), Some(BrokerNews::Back(_))));
    }

    #[test]
    fn the_last_broker_is_never_lost_alone() {
        let mut brokers = Brokers::default();
        brokers.changed(1, 1, Up);
        assert_eq!(brokers.changed(1, 1, Down), None);
        assert_eq!(brokers.changed(1, 1, Trying), None);
        assert_eq!(brokers.changed(1, 1, Down), None);
    }

    #[test]
    fn a_closed_client_has_no_connections() {
        let mut brokers = cluster();
        brokers.changed(1, 2, Trying);
        brokers.forget(1);
        assert_eq!(brokers.changed(1, 2, Down), None);
        brokers.forget(2);
        assert_eq!(brokers.in_vain(2), None, "no other broker is known to serve");
    }
}
