//! One entry of `listeners` or `admin.listeners`: a URL of the form `protocol://hostname:port`.

use std::fmt;
use std::io;
use std::net::TcpListener;

use crate::RestError;

/// How a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }

    /// Its name in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// How it speaks.
    pub scheme: Scheme,
    /// The host, without brackets; empty for every address of this machine.
    pub host: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Listener {
    /// Reads one entry of the configuration key `key`.
    pub(crate) fn parse(key: &str, url: &str) -> Result<Self, RestError> {
        let malformed =
            || RestError::config(key, url, "Listener doesn't have the right format (protocol://hostname:port).");
        let (protocol, address) = url.rsplit_once("://").ok_or_else(malformed)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(malformed)?;
        let host = host.strip_prefix('[').unwrap_or(host);
        let host = host.strip_suffix(']').unwrap_or(host);
        if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-%._:".contains(c)) {
            return Err(malformed());
        }
        let digits = port.strip_prefix('-').unwrap_or(port);
        if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return Err(malformed());
        }
        let scheme = Scheme::parse(protocol)
            .ok_or_else(|| RestError::config(key, url, "Listener protocol must be either \"http\" or \"https\"."))?;
        let port = port.parse().map_err(|_| RestError::config(key, url, "the port must be from 0 to 65535"))?;
        Ok(Self { scheme, host: host.to_owned(), port })
    }

    /// Begins to listen; errors name the key that the listener comes from.
    pub(crate) fn bind(&self, key: &str) -> Result<TcpListener, RestError> {
        if self.scheme == Scheme::Https {
            return Err(RestError::config(key, self, "https listeners are not supported yet"));
        }
        let bound = if self.host.is_empty() {
            // One socket for both families; a machine without IPv6 gets IPv4 alone.
            TcpListener::bind(("::", self.port)).or_else(|error| match error.kind() {
                io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => Err(error),
                _ => TcpListener::bind(("0.0.0.0", self.port)),
            })
        } else {
            TcpListener::bind((self.host.as_str(), self.port))
        };
        let listening = bound.and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        listening.map_err(|error| RestError::bind(self.problem(key, &error), error))
    }

    fn problem(&self, key: &str, error: &io::Error) -> String {
        let way_out = match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "the port is in use, perhaps by another worker: stop the program that listens there, or choose \
                 another port in {key}"
            ),
            io::ErrorKind::PermissionDenied => {
                format!("this user may not listen there: choose a port from 1024 up in {key}")
            }
            io::ErrorKind::AddrNotAvailable => format!(
                "this machine has no such address: name one of its own in {key}, or none to listen on all of them"
            ),
            _ => format!("correct {key}"),
        };
        format!("Unable to listen on {self} (configuration {key}): {error}; {way_out}")
    }
}

/// The URL, with brackets around an IPv6 address.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme.name(), url_host(&self.host), self.port)
    }
}

/// A host as it stands in a URL.
pub(crate) fn url_host(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Result<(Scheme, &str, u16), &str>) {
        let got = Listener::parse("listeners", url).map_err(|error| error.to_string());
        let expect = expect
            .map(|(scheme, host, port)| Listener { scheme, host: host.to_owned(), port })
            .map_err(|problem| format!("Invalid value {url} for configuration listeners: {problem}"));
        assert_eq!(got, expect);
    }

    #[test]
    fn urls_are_read_as_java_reads_them() {
        check("http://:8083", Ok((Scheme::Http, "", 8083)));
        check("HTTP://localhost:0", Ok((Scheme::Http, "localhost", 0)));
        check("https://my-host.example:8443", Ok((Scheme::Https, "my-host.example", 8443)));
        check("http://[::1]:8083", Ok((Scheme::Http, "::1", 8083)));
        check("http://::1:8083", Ok((Scheme::Http, "::1", 8083)));
        let format = "Listener doesn't have the right format (protocol://hostname:port).";
        for url in
            ["", "localhost:8083", "http://localhost", "http://localhost:", "http://localhost:80/", "http://a b:1"]
        {
            check(url, Err(format));
        }
        check("ftp://localhost:21", Err("Listener protocol must be either \"http\" or \"https\"."));
        check("http://localhost:65536", Err("the port must be from 0 to 65535"));
        check("http://localhost:-1", Err("the port must be from 0 to 65535"));
    }

    #[test]
    fn a_port_in_use_names_the_key_the_address_and_the_way_out() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listener =
            Listener { scheme: Scheme::Http, host: "127.0.0.1".to_owned(), port: taken.local_addr().unwrap().port() };
        let message = listener.bind("listeners").unwrap_err().to_string();
        let address = listener.to_string();
        assert!(
            message.starts_with(&format!("Unable to listen on {address} (configuration listeners): ")),
            "{message}"
        );
        assert!(message.ends_with("or choose another port in listeners"), "{message}");
    }

    #[test]
    fn https_is_refused_with_its_key_and_value() {
        let listener = Listener::parse("listeners", "https://localhost:8443").unwrap();
        assert_eq!(
            listener.bind("listeners").unwrap_err().to_string(),
            "Invalid value https://localhost:8443 for configuration listeners: https listeners are not supported yet"
        );
    }
}
