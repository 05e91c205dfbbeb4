//! Cross-origin requests: `access.control.allow.origin` and `access.control.allow.methods`.
//!
//! Each allowed origin is `*` or a regular expression that has to match the whole `Origin` header. Preflight requests
//! get their headers here and are answered by the resource like any other OPTIONS request.

use aqueduct_config::worker_config::{ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request};
use regex::Regex;

use crate::RestError;
use crate::config::header_value;

/// Which origins may call, and how.
#[derive(Debug, Clone)]
pub(crate) struct CrossOrigin {
    /// None allows any origin.
    origins: Option<Vec<Regex>>,
    methods: HeaderValue,
}

impl CrossOrigin {
    /// None when no origin is allowed, so that nothing is to be done.
    pub(crate) fn new(origins: &str, methods: &str) -> Result<Option<Self>, RestError> {
        if origins.trim().is_empty() {
            return Ok(None);
        }
        let items = || origins.split(',').map(str::trim);
        let patterns = if items().any(|origin| origin == "*") {
            None
        } else {
            let compile = |origin: &str| {
                Regex::new(&format!("^(?:{origin})$"))
                    .map_err(|error| RestError::config(ACCESS_CONTROL_ALLOW_ORIGIN, origins, error))
            };
            Some(items().map(compile).collect::<Result<_, _>>()?)
        };
        let methods: Vec<&str> = methods.split(',').map(str::trim).filter(|method| !method.is_empty()).collect();
        let methods = if methods.is_empty() { "GET,POST,HEAD".to_owned() } else { methods.join(",") };
        let methods = header_value(ACCESS_CONTROL_ALLOW_METHODS, &methods)?;
        Ok(Some(Self { origins: patterns, methods }))
    }

    /// Puts the headers that a request calls for.
    pub(crate) fn apply<B>(&self, request: &Request<B>, headers: &mut HeaderMap) {
        // The answer depends on the origin, so caches have to tell origins apart.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request.headers().get(header::ORIGIN).filter(|origin| self.allows(origin)) else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        let preflight = *request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type"));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("60"));
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match &self.origins {
            None => true,
            Some(patterns) => {
                origin.to_str().is_ok_and(|origin| patterns.iter().any(|pattern| pattern.is_match(origin)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origins: &str, methods: &str, origin: &str, preflight: bool) -> HeaderMap {
        let mut request = Request::builder().method(if preflight { "OPTIONS" } else { "GET" }).header("Origin", origin);
        if preflight {
            request = request.header("Access-Control-Request-Method", "PUT");
        }
        let mut headers = HeaderMap::new();
        let rules = CrossOrigin::new(origins, methods).unwrap().unwrap();
        rules.apply(&request.body(()).unwrap(), &mut headers);
        headers
    }

    #[track_caller]
    fn check(origins: &str, origin: &str, allowed: bool) {
        let headers = headers(origins, "", origin, false);
        assert_eq!(
            headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap() == origin),
            allowed.then_some(true)
        );
        assert_eq!(headers.get("vary").unwrap(), "Origin");
    }

    #[test]
    fn origins_are_any_literal_or_patterns() {
        check("*", "http://a.test", true);
        check("http://a.test", "http://a.test", true);
        check("http://a.test", "http://a.test.evil", false);
        check("http://a.test", "xhttp://a.test", false);
        check("http://a.test, http://b.test", "http://b.test", true);
        check("https?://.*\\.test", "https://x.test", true);
        check("https?://.*\\.test", "ftp://x.test", false);
    }

    #[test]
    fn a_preflight_is_told_the_methods() {
        let methods = |configured, preflight| {
            let headers = headers("*", configured, "http://a", preflight);
            headers.get("access-control-allow-methods").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(methods("GET, PUT", true).as_deref(), Some("GET,PUT"));
        assert_eq!(methods("", true).as_deref(), Some("GET,POST,HEAD"));
        assert_eq!(methods("GET", false), None);
    }

    #[test]
    fn no_origin_means_no_rules() {
        assert!(CrossOrigin::new(" ", "GET").unwrap().is_none());
    }
}
