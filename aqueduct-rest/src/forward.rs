//! Sends a request on to the worker that can carry it out.
//!
//! A request goes to the leader, or to the worker that runs what it is about, and may be sent on once more from there: who
//! leads changes. `?forward=true` marks the first step and `?forward=false` the second, which is the last. Status and body
//! of the answer come back to the client as if this worker had given them.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use serde::Deserialize;

use aqueduct_herder::{PeerFailure, PeerRequest, Peers, odd_name};

use crate::answer::{Answer, Elsewhere, Failure, Handled};
use crate::resources::Site;
use crate::resources::connectors::location;
use crate::route::Resource;
use crate::target::Target;

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A client sent it.
    First,
    /// A worker sent it, which a client had asked.
    Second,
    /// A worker sent it on, to which a worker had sent it.
    Last,
}

impl Step {
    fn of(forward: Option<&str>) -> Self {
        match forward {
            None => Self::First,
            Some(again) if again.eq_ignore_ascii_case("true") => Self::Second,
            Some(_) => Self::Last,
        }
    }
}

/// What it takes to send a request on.
pub(crate) struct Forward {
    method: String,
    path: String,
    /// The parameters that go with it.
    query: String,
    step: Step,
    authorization: Option<String>,
    /// The name of a connector that the path cannot hold, as it came.
    odd_name: Option<String>,
    /// The body, once it was read.
    body: OnceLock<Bytes>,
}

impl Forward {
    /// A request with this head.
    pub(crate) fn new(head: &Parts, target: &Target, resource: Resource<'_>) -> Self {
        let mut query = String::new();
        if matches!(resource, Resource::Restart(_)) {
            for name in ["includeTasks", "onlyFailed"] {
                query.push_str(&format!("&{name}={}", target.flag(name, false)));
            }
        }
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query,
            step: Step::of(target.parameter("forward")),
            authorization: header(AUTHORIZATION.as_str()),
            odd_name: header(odd_name::HEADER),
            body: OnceLock::new(),
        }
    }

    /// Remembers the body for the way on.
    pub(crate) fn keep_body(&self, body: &Bytes) {
        let _ = self.body.set(body.clone());
    }

    /// The request for the worker at `url`.
    fn request(&self, url: &str) -> PeerRequest {
        let again = self.step == Step::First;
        let headers = [("Authorization", &self.authorization), (odd_name::HEADER, &self.odd_name)];
        PeerRequest {
            method: self.method.clone(),
            url: format!("{}{}?forward={again}{}", url.trim_end_matches('/'), self.path, self.query),
            headers: headers.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect(),
            body: self.body.get().map(|body| body.to_vec()),
        }
    }

    /// Lets the worker that `failure` names carry the request out; `base` is the address that the client used.
    pub(crate) async fn follow(&self, site: &Site, failure: &Failure, base: &str) -> Handled {
        let conflict = |message: &str| Err(Failure::new(StatusCode::CONFLICT, message));
        if self.step == Step::Last {
            tracing::error!(
                "{} {} came over two workers and cannot be carried out here either",
                self.method,
                self.path
            );
            return conflict("Cannot complete request because of a conflicting operation (e.g. worker rebalance)");
        }
        let Some(Elsewhere { url: Some(url) }) = failure.elsewhere() else {
            return conflict(
                "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.",
            );
        };
        let request = self.request(url);
        tracing::debug!("{} {} goes on to {}", self.method, self.path, request.url);
        let answer = match site.peers.send(request).await {
            Ok(answer) => answer.accepted(),
            Err(broken) => Err(broken),
        };
        let answer = answer.map_err(failed)?;
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
        let location = (status == StatusCode::CREATED).then(|| created(base, &answer.body)).flatten();
        Ok(Answer::relayed(status, answer.body, location))
    }
}

fn failed(failure: PeerFailure) -> Failure {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Failure::new(status, failure.message)
}

/// The address, seen from this worker, of the connector that an answer shows.
fn created(base: &str, body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let named: Named = serde_json::from_slice(body).ok()?;
    Some(location(base, &named.name))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[track_caller]
    fn check(uri: &str, expect: &str) {
        let (head, ()) = Request::builder().method("POST").uri(uri).body(()).unwrap().into_parts();
        let target = Target::parse(&head.uri).unwrap();
        let resource = Resource::find(target.segments(), crate::route::Surface::Both).unwrap();
        assert_eq!(Forward::new(&head, &target, resource).request("http://l:1/").url, expect, "{uri}");
    }

    #[test]
    fn the_address_keeps_path_and_flags_and_says_how_far_it_came() {
        check("/connectors", "http://l:1/connectors?forward=true");
        check("/connectors?forward=TRUE&x=1", "http://l:1/connectors?forward=false");
        check("/connectors/%C3%BC%20x/stop", "http://l:1/connectors/%C3%BC%20x/stop?forward=true");
        check(
            "/connectors/a/restart?includeTasks=true",
            "http://l:1/connectors/a/restart?forward=true&includeTasks=true&onlyFailed=false",
        );
    }

    #[test]
    fn steps_are_counted_by_the_parameter() {
        assert_eq!(Step::of(None), Step::First);
        assert_eq!(Step::of(Some("true")), Step::Second);
        assert_eq!(Step::of(Some("false")), Step::Last);
        assert_eq!(Step::of(Some("")), Step::Last);
    }
}
