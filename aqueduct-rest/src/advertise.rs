//! The address that this worker tells others to reach it at; it is the worker's id as well.

use std::net::{IpAddr, ToSocketAddrs};

use crate::listener::url_host;
use crate::{Listener, RestConfig, Scheme};

/// Where others reach this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advertised {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Advertised {
    /// Out of `rest.advertised.*`, else out of the listener of the advertised scheme, whose port is the one that was
    /// bound. `listeners` are the configured ones with their bound ports; there is at least one.
    pub(crate) fn new(config: &RestConfig, listeners: &[(Listener, u16)]) -> Self {
        let scheme = config.advertised_scheme.unwrap_or_else(|| {
            let http = listeners.iter().any(|(listener, _)| listener.scheme == Scheme::Http);
            if http { Scheme::Http } else { Scheme::Https }
        });
        let matching = listeners.iter().find(|(listener, _)| listener.scheme == scheme).or_else(|| listeners.first());
        let host = match (&config.advertised_host, matching) {
            (Some(host), _) => host.clone(),
            (None, Some((listener, _))) if !listener.host.is_empty() => listener.host.clone(),
            _ => own_address(),
        };
        let bound = matching.map_or(0, |(_, port)| *port);
        Self { scheme, host, port: config.advertised_port.unwrap_or(bound) }
    }

    /// The URL, with a slash at its end.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}:{}/", self.scheme.name(), url_host(&self.host), self.port)
    }

    /// `host:port`.
    pub(crate) fn worker_id(&self) -> String {
        format!("{}:{}", url_host(&self.host), self.port)
    }
}

/// The address that this machine's name stands for, IPv4 first.
fn own_address() -> String {
    let name = gethostname::gethostname();
    let name = name.to_string_lossy();
    let addresses: Vec<IpAddr> = (name.as_ref(), 0)
        .to_socket_addrs()
        .map(|found| found.map(|address| address.ip()).collect())
        .unwrap_or_default();
    match addresses.iter().find(|address| address.is_ipv4()).or_else(|| addresses.first()) {
        Some(address) => address.to_string(),
        None => {
            tracing::warn!(
                "the name of this machine, {name}, has no address, so other workers cannot reach this one: set \
                 rest.advertised.host.name, or name a host in listeners"
            );
            "localhost".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listeners: &[(&str, u16)], change: impl FnOnce(&mut RestConfig), url: &str, worker_id: &str) {
        let listeners: Vec<_> =
            listeners.iter().map(|(url, port)| (Listener::parse("listeners", url).unwrap(), *port)).collect();
        let mut config = RestConfig::new(listeners.iter().map(|(listener, _)| listener.clone()).collect());
        change(&mut config);
        let advertised = Advertised::new(&config, &listeners);
        assert_eq!((advertised.url().as_str(), advertised.worker_id().as_str()), (url, worker_id));
    }

    #[test]
    fn the_listener_is_advertised_with_its_bound_port() {
        check(&[("http://localhost:0", 4711)], |_| {}, "http://localhost:4711/", "localhost:4711");
        check(&[("http://[::1]:8083", 8083)], |_| {}, "http://[::1]:8083/", "[::1]:8083");
        check(&[("https://a:1", 1), ("http://b:2", 2)], |_| {}, "http://b:2/", "b:2");
        check(&[("https://a:1", 1)], |_| {}, "https://a:1/", "a:1");
    }

    #[test]
    fn advertised_keys_win() {
        let listeners = [("http://a:1", 1), ("https://b:2", 2)];
        check(&listeners, |c| c.advertised_scheme = Some(Scheme::Https), "https://b:2/", "b:2");
        check(&listeners, |c| c.advertised_host = Some("h".to_owned()), "http://h:1/", "h:1");
        check(&listeners, |c| c.advertised_port = Some(99), "http://a:99/", "a:99");
    }

    #[test]
    fn a_listener_without_host_advertises_this_machine() {
        let listener = Listener::parse("listeners", "http://:8083").unwrap();
        let config = RestConfig::new(vec![listener.clone()]);
        let worker_id = Advertised::new(&config, &[(listener, 8083)]).worker_id();
        assert!(worker_id.ends_with(":8083") && worker_id.len() > ":8083".len(), "{worker_id}");
    }
}
