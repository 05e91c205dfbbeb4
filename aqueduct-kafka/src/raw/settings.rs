//! What a raw client takes from the translated settings.
//!
//! The properties are those that librdkafka would get: addresses are checked, stores are read to PEM, logins to name and
//! password already.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Backoff;
use super::sasl::Login;
use super::transport::Tls;
use crate::client_config::{ClientKind, LibrdkafkaConfig, translate_settings};
use crate::error::{ErrorKind, KafkaError};
use crate::settings::ClientSettings;

/// A broker's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// How to reach brokers, and how long to try.
pub(super) struct RawSettings {
    pub(super) bootstrap: Vec<Address>,
    pub(super) client_id: String,
    pub(super) request_timeout: Duration,
    pub(super) api_timeout: Duration,
    pub(super) setup_timeout: Duration,
    pub(super) reconnect: Backoff,
    pub(super) retry: Backoff,
    pub(super) tls: Option<Tls>,
    pub(super) login: Option<Login>,
}

impl RawSettings {
    /// Reads and checks settings. It may look up names and read stores.
    pub(super) fn read(settings: &ClientSettings) -> Result<Self, KafkaError> {
        let config = translate_settings(ClientKind::Admin, settings)?;
        for warning in &config.warnings {
            tracing::warn!("client {}: {warning}", settings.client_id());
        }
        Self::of(&config)
    }

    /// Those of a client whose settings were read and checked.
    pub(super) fn of(config: &LibrdkafkaConfig) -> Result<Self, KafkaError> {
        let properties = Properties(&config.properties);
        let protocol = properties.text("security.protocol");
        let tls = if protocol.ends_with("ssl") { Some(Tls::read(&config.properties)?) } else { None };
        let login = if protocol.starts_with("sasl") {
            let mechanism = properties.text("sasl.mechanism");
            Some(match config.oauth.as_ref() {
                Some(tokens) => Login::Token(Arc::clone(tokens)),
                None => Login::Password {
                    mechanism: mechanism.to_owned(),
                    username: properties.text("sasl.username").to_owned(),
                    password: properties.text("sasl.password").to_owned(),
                },
            })
        } else {
            None
        };
        Ok(Self {
            bootstrap: properties.text("bootstrap.servers").split(',').filter_map(address).collect(),
            client_id: properties.text("client.id").to_owned(),
            request_timeout: config.request_timeout,
            api_timeout: config.default_api_timeout,
            setup_timeout: properties.millis("socket.connection.setup.timeout.ms"),
            reconnect: properties.backoff("reconnect.backoff"),
            retry: properties.backoff("retry.backoff"),
            tls,
            login,
        })
    }
}

/// Reads an address that was checked before.
fn address(text: &str) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(Address { host: host.to_owned(), port: port.parse().ok()? })
}

struct Properties<'a>(&'a BTreeMap<String, String>);

impl Properties<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn millis(&self, name: &str) -> Duration {
        Duration::from_millis(self.text(name).parse().unwrap_or_default())
    }

    fn backoff(&self, name: &str) -> Backoff {
        Backoff::new(self.millis(&format!("{name}.ms")), self.millis(&format!("{name}.max.ms")))
    }
}

/// What is wrong with a certificate, key or cipher that was read before.
pub(super) fn unusable(what: &str, error: &openssl::error::ErrorStack) -> KafkaError {
    KafkaError::new(ErrorKind::InvalidConfig, format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &[(&str, &str)], expect: impl FnOnce(RawSettings)) {
        let user = given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        expect(RawSettings::read(&ClientSettings::from_user(user)).unwrap());
    }

    #[test]
    fn javas_keys_and_defaults_decide() {
        check(&[("bootstrap.servers", "127.0.0.1:1,[::1]:2"), ("client.id", "me")], |settings| {
            let texts: Vec<String> = settings.bootstrap.iter().map(Address::to_string).collect();
            assert_eq!(texts, ["127.0.0.1:1", "[::1]:2"]);
            assert_eq!(settings.client_id, "me");
            assert_eq!(settings.request_timeout, Duration::from_secs(30));
            assert_eq!(settings.reconnect, Backoff::new(Duration::from_millis(50), Duration::from_secs(1)));
            assert_eq!(settings.retry, Backoff::new(Duration::from_millis(100), Duration::from_secs(1)));
            assert_eq!(settings.setup_timeout, Duration::from_secs(10));
            assert!(settings.tls.is_none() && settings.login.is_none());
        });
        let jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"b\";";
        let login = [
            ("bootstrap.servers", "127.0.0.1:1"),
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.jaas.config", jaas),
            ("request.timeout.ms", "7"),
        ];
        check(&login, |settings| {
            assert!(settings.tls.is_some());
            assert!(matches!(settings.login, Some(Login::Password { username, .. }) if username == "a"));
            assert_eq!(settings.request_timeout, Duration::from_millis(7));
        });
    }
}
