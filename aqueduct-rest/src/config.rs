//! What the REST server needs to know, read from the worker's configuration.

use std::time::Duration;

use aqueduct_config::{ParsedConfig, worker_config as keys};
use hyper::header::{HeaderName, HeaderValue};

use crate::cors::CrossOrigin;
use crate::response_headers::ResponseHeaders;
use crate::{Listener, RestError, Scheme};

/// Whether there is `/metrics`; Java Connect has no such key.
const METRICS_ENDPOINT_ENABLE: &str = "metrics.endpoint.enable";

/// Where `/admin` and `/metrics` are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminListeners {
    /// On the listeners of everything else.
    Shared,
    /// Nowhere.
    Off,
    /// On listeners of its own, and there alone.
    Own(Vec<Listener>),
}

/// The configuration of a [`RestServer`](crate::RestServer).
#[derive(Debug, Clone)]
pub struct RestConfig {
    /// `listeners`; at least one.
    pub listeners: Vec<Listener>,
    /// `admin.listeners`.
    pub admin_listeners: AdminListeners,
    /// `rest.advertised.host.name`.
    pub advertised_host: Option<String>,
    /// `rest.advertised.port`.
    pub advertised_port: Option<u16>,
    /// `rest.advertised.listener`.
    pub advertised_scheme: Option<Scheme>,
    /// `topic.tracking.enable`.
    pub topic_tracking: bool,
    /// `topic.tracking.allow.reset`.
    pub topic_tracking_reset: bool,
    /// How long a command to the herder may take; 90 seconds.
    pub request_timeout: Duration,
    /// How long `/health` waits for the worker; 10 seconds.
    pub health_timeout: Duration,
    /// How long requests that are being answered may go on when the server ends; 3 seconds.
    pub shutdown_timeout: Duration,
    /// `metrics.endpoint.enable`, a key of Aqueduct's own: whether there is `/metrics`.
    pub metrics_endpoint: bool,
    pub(crate) cross_origin: Option<CrossOrigin>,
    pub(crate) response_headers: ResponseHeaders,
}

impl RestConfig {
    /// The defaults, with these listeners.
    pub fn new(listeners: Vec<Listener>) -> Self {
        Self {
            listeners,
            admin_listeners: AdminListeners::Shared,
            advertised_host: None,
            advertised_port: None,
            advertised_scheme: None,
            topic_tracking: true,
            topic_tracking_reset: true,
            request_timeout: Duration::from_secs(90),
            health_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(3),
            metrics_endpoint: true,
            cross_origin: None,
            response_headers: ResponseHeaders::default(),
        }
    }

    /// Reads the worker's configuration.
    ///
    /// # Errors
    /// When a value cannot be used; the message names key and value.
    pub fn from_worker(worker: &ParsedConfig) -> Result<Self, RestError> {
        let listeners = parse_listeners(keys::LISTENERS, worker.list(keys::LISTENERS)?)?;
        let admin_listeners = match worker.optional_list(keys::ADMIN_LISTENERS)? {
            None => AdminListeners::Shared,
            Some([]) => AdminListeners::Off,
            Some(urls) => AdminListeners::Own(parse_listeners(keys::ADMIN_LISTENERS, urls)?),
        };
        let advertised_host = worker.optional_string(keys::REST_ADVERTISED_HOST_NAME)?.filter(|host| !host.is_empty());
        let origins = worker.string(keys::ACCESS_CONTROL_ALLOW_ORIGIN)?;
        let methods = worker.string(keys::ACCESS_CONTROL_ALLOW_METHODS)?;
        Ok(Self {
            admin_listeners,
            advertised_host: advertised_host.map(str::to_owned),
            advertised_port: advertised_port(worker)?,
            advertised_scheme: advertised_scheme(worker)?,
            topic_tracking: worker.boolean(keys::TOPIC_TRACKING_ENABLE)?,
            topic_tracking_reset: worker.boolean(keys::TOPIC_TRACKING_ALLOW_RESET)?,
            metrics_endpoint: metrics_endpoint(worker)?,
            cross_origin: CrossOrigin::new(origins, methods)?,
            response_headers: ResponseHeaders::parse(worker.string(keys::RESPONSE_HTTP_HEADERS)?)?,
            ..Self::new(listeners)
        })
    }
}

fn parse_listeners(key: &str, urls: &[String]) -> Result<Vec<Listener>, RestError> {
    urls.iter().map(|url| Listener::parse(key, url)).collect()
}

fn metrics_endpoint(worker: &ParsedConfig) -> Result<bool, RestError> {
    let Some(text) = worker.original(METRICS_ENDPOINT_ENABLE) else { return Ok(true) };
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(RestError::config(METRICS_ENDPOINT_ENABLE, text, "must be true or false")),
    }
}

fn advertised_port(worker: &ParsedConfig) -> Result<Option<u16>, RestError> {
    let key = keys::REST_ADVERTISED_PORT;
    let Some(port) = worker.optional_int(key)? else { return Ok(None) };
    u16::try_from(port).map(Some).map_err(|_| RestError::config(key, port, "the port must be from 0 to 65535"))
}

fn advertised_scheme(worker: &ParsedConfig) -> Result<Option<Scheme>, RestError> {
    let key = keys::REST_ADVERTISED_LISTENER;
    let Some(name) = worker.optional_string(key)? else { return Ok(None) };
    Scheme::parse(name).map(Some).ok_or_else(|| RestError::config(key, name, "must be http or https"))
}

/// Reads a header's name for a message that names `key`.
pub(crate) fn header_name(key: &str, name: &str) -> Result<HeaderName, RestError> {
    name.parse().map_err(|_| RestError::config(key, name, "no header can have this name"))
}

/// Reads a header's value for a message that names `key`.
pub(crate) fn header_value(key: &str, value: &str) -> Result<HeaderValue, RestError> {
    value.parse().map_err(|_| RestError::config(key, value, "no header can have this value"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aqueduct_config::AnyClass;

    use super::*;

    fn read(props: &[(&str, &str)]) -> Result<RestConfig, String> {
        let mut all: BTreeMap<&str, &str> = [("bootstrap.servers", "b:9092"), ("key.converter", "k")].into();
        all.extend([("value.converter", "v")]);
        all.extend(props.iter().copied());
        RestConfig::from_worker(&keys::common().parse_with(&all, &AnyClass).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_javas() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listeners, [Listener { scheme: Scheme::Http, host: String::new(), port: 8083 }]);
        assert_eq!(config.admin_listeners, AdminListeners::Shared);
        assert!(config.topic_tracking && config.topic_tracking_reset);
        assert!(config.cross_origin.is_none());
    }

    #[test]
    fn admin_listeners_are_shared_off_or_their_own() {
        assert_eq!(read(&[("admin.listeners", "")]).unwrap().admin_listeners, AdminListeners::Off);
        let own = Listener { scheme: Scheme::Http, host: "localhost".to_owned(), port: 9 };
        assert_eq!(
            read(&[("admin.listeners", "http://localhost:9")]).unwrap().admin_listeners,
            AdminListeners::Own(vec![own])
        );
    }

    #[test]
    fn bad_values_name_key_and_value() {
        let check = |key: &str, value: &str, problem: &str| {
            let expect = format!("Invalid value {value} for configuration {key}: {problem}");
            assert_eq!(read(&[(key, value)]).map(drop), Err(expect));
        };
        let format = "Listener doesn't have the right format (protocol://hostname:port).";
        check("listeners", "localhost:1", format);
        check("admin.listeners", "localhost:1", format);
        check("rest.advertised.port", "70000", "the port must be from 0 to 65535");
        check("metrics.endpoint.enable", "maybe", "must be true or false");
        check("rest.advertised.listener", "ftp", "must be http or https");
        let error = read(&[("access.control.allow.origin", "http://(")]).map(drop).unwrap_err();
        assert!(error.starts_with("Invalid value http://( for configuration access.control.allow.origin: "), "{error}");
    }
}
