//! `bootstrap.servers`: addresses, as Java reads and checks them.

use std::net::ToSocketAddrs;

use super::draft::Draft;
use super::error::CONFIG_EXCEPTION;
use super::{ClientConfigError, ClientKind, keys};

/// The list for librdkafka: `host:port`, separated by commas.
///
/// # Errors
/// Java's, when an address is malformed or when no host is known at all. Hosts are looked up until one is found, as
/// Java does; an address that may be known later does not matter beside one that is known now.
pub(super) fn servers(draft: &Draft<'_>) -> Result<String, ClientConfigError> {
    let client = draft.client;
    let fail = |message: String| {
        Err(ClientConfigError::invalid(keys::BOOTSTRAP_SERVERS, CONFIG_EXCEPTION, message).in_constructor(client))
    };
    let servers = draft.list(keys::BOOTSTRAP_SERVERS)?;
    if client == ClientKind::Admin {
        let controllers = draft.list(keys::BOOTSTRAP_CONTROLLERS)?;
        match (servers.is_empty(), controllers.is_empty()) {
            (true, true) => return fail("You must set either bootstrap.servers or bootstrap.controllers".to_owned()),
            (false, false) => {
                return fail("You cannot set both bootstrap.servers and bootstrap.controllers".to_owned());
            }
            (true, false) => {
                let message = "'bootstrap.controllers' is not supported: set bootstrap.servers, the brokers' addresses";
                return Err(ClientConfigError::unsupported(keys::BOOTSTRAP_CONTROLLERS, message));
            }
            (false, true) => {}
        }
    }
    let mut addresses = Vec::new();
    for server in servers {
        match Address::parse(server) {
            Some(address) if address.port > u32::from(u16::MAX) => {
                return fail(format!("Invalid port in bootstrap.servers: {server}"));
            }
            Some(address) => addresses.push(address),
            None => return fail(format!("Invalid url in bootstrap.servers: {server}")),
        }
    }
    if !addresses.iter().any(Address::is_known) {
        return fail("No resolvable bootstrap urls given in bootstrap.servers".to_owned());
    }
    let texts: Vec<String> = addresses.iter().map(Address::to_text).collect();
    Ok(texts.join(","))
}

#[derive(Debug, PartialEq, Eq)]
struct Address {
    host: String,
    port: u32,
}

impl Address {
    /// Reads `[protocol://]host:port`, where the host may stand in brackets. The protocol does not matter.
    fn parse(text: &str) -> Option<Self> {
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '%' | '.' | '_');
        let rest = match text.split_once("://") {
            Some((protocol, rest)) if protocol.chars().all(name) => rest,
            _ => text,
        };
        let (host, port) = rest.rsplit_once(':')?;
        let host = host.strip_prefix('[').unwrap_or(host);
        let host = host.strip_suffix(']').unwrap_or(host);
        if !host.chars().all(|c| name(c) || c == ':') || !port.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // Java takes an empty host for its own.
        let host = if host.is_empty() { "localhost" } else { host };
        Some(Self { host: host.to_owned(), port: port.parse().ok()? })
    }

    fn is_known(&self) -> bool {
        let port = u16::try_from(self.port).unwrap_or(0);
        (self.host.as_str(), port).to_socket_addrs().is_ok_and(|mut found| found.next().is_some())
    }

    fn to_text(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Address::parse(text).map(|address| address.to_text()).as_deref(), expected);
    }

    #[test]
    fn addresses_are_read_as_java_reads_them() {
        check("kafka-1.example:9092", Some("kafka-1.example:9092"));
        check("PLAINTEXT://kafka:9092", Some("kafka:9092"));
        check("[::1]:9092", Some("[::1]:9092"));
        check("::1:9092", Some("[::1]:9092"));
        check("[fe80::1%eth0]:9092", Some("[fe80::1%eth0]:9092"));
        check(":9092", Some("localhost:9092"));
        check("host_name:1", Some("host_name:1"));
        check("kafka", None);
        check("kafka:", None);
        check("kafka:abc", None);
        check("kafka:-1", None);
        check("a b:1", None);
        check("", None);
    }
}
