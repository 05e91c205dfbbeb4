//! One request from its head to its response: the steps that are the same for every resource.
//!
//! Path, worker ready, headers for every answer, resource, method, types; then the resource itself. A panic in there
//! becomes status 500 and does not disturb the connection.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderMap};
use hyper::{Method, Request, Response, StatusCode, Version};

use crate::Scheme;
use crate::answer::{Answer, Failure, Handled};
use crate::cors::CrossOrigin;
use crate::forward::Forward;
use crate::media::{Accepted, BodyType};
use crate::odd_name;
use crate::page::page;
use crate::resources::{self, Call, Signature, Site};
use crate::response_headers::ResponseHeaders;
use crate::route::{Resource, Surface};
use crate::target::Target;
use aqueduct_herder::{SIGNATURE_ALGORITHM_HEADER as ALGORITHM, SIGNATURE_HEADER as AUTHORIZATION};

/// One way into the worker: what a listener shows, and what it adds to every answer.
pub(crate) struct Entrance {
    pub(crate) scheme: Scheme,
    pub(crate) surface: Surface,
    pub(crate) cross_origin: Option<CrossOrigin>,
    pub(crate) response_headers: ResponseHeaders,
    /// Empty until the worker has started.
    pub(crate) site: Arc<OnceLock<Site>>,
}

impl Entrance {
    /// Answers a request that came from `client` to `local`.
    pub(crate) async fn serve(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        local: SocketAddr,
    ) -> Response<Full<Bytes>> {
        let began = Instant::now();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = self.respond(request, local).await;
        tracing::debug!(
            target: "aqueduct_rest::access",
            "{client} \"{method} {uri}\" {} {} {:.1} ms",
            response.status().as_u16(),
            response.body().size_hint().lower(),
            began.elapsed().as_secs_f64() * 1000.0,
        );
        response
    }

    async fn respond(&self, request: Request<Incoming>, local: SocketAddr) -> Response<Full<Bytes>> {
        let page = |status, message| page(request.method(), request.uri().path(), status, message);
        let mut target = match Target::parse(request.uri()) {
            Ok(target) => target,
            Err(problem) => return page(StatusCode::BAD_REQUEST, problem),
        };
        let host = request.headers().get(HOST);
        if host.is_none() && request.version() == Version::HTTP_11 {
            return page(StatusCode::BAD_REQUEST, "No Host");
        }
        let Some(site) = self.site.get() else {
            return page(StatusCode::NOT_FOUND, "Not Found");
        };

        let mut headers = HeaderMap::new();
        if let Some(cross_origin) = &self.cross_origin {
            cross_origin.apply(&request, &mut headers);
        }
        self.response_headers.apply(&mut headers);

        let authority = host.and_then(|host| host.to_str().ok()).map_or_else(|| local.to_string(), str::to_owned);
        let base = format!("{}://{authority}", self.scheme.name());
        let path = request.uri().path().to_owned();
        let named = odd_name::apply(&mut target, request.headers());
        let handled = match named {
            Ok(()) => AssertUnwindSafe(self.route(site, &target, &base, request)).catch_unwind().await,
            Err(failure) => Ok(Err(failure)),
        };
        let answer = match handled {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => report(&path, failure),
            Err(_) => {
                tracing::error!("a request for {path} ended in a panic");
                Failure::plain(StatusCode::INTERNAL_SERVER_ERROR).into_answer()
            }
        };
        answer.into_response(headers)
    }

    async fn route(&self, site: &Site, target: &Target, base: &str, request: Request<Incoming>) -> Handled {
        let resource =
            Resource::find(target.segments(), self.surface).ok_or_else(|| Failure::unrouted(StatusCode::NOT_FOUND))?;
        let method = request.method().as_str();
        if !resource.methods().contains(&method) {
            return Err(Failure::unrouted(StatusCode::METHOD_NOT_ALLOWED));
        }
        if resource == Resource::Metrics && site.metrics.get().is_none() {
            return Err(Failure::unrouted(StatusCode::NOT_FOUND));
        }
        let accepted = Accepted::of(request.headers());
        if request.method() == Method::OPTIONS {
            return Ok(Answer::methods(resource.methods(), &accepted.method_list()));
        }
        let body_type = BodyType::of(request.headers());
        if body_type == BodyType::Other && resource.wants_json(method) {
            return Err(Failure::unrouted(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        // Figures are text, whatever a scraper would like best.
        if !accepted.json() && resource != Resource::Metrics {
            return Err(Failure::unrouted(StatusCode::NOT_ACCEPTABLE));
        }
        let (head, body) = request.into_parts();
        let forward = Forward::new(&head, target, resource);
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let signature = Signature { authorization: header(AUTHORIZATION), algorithm: header(ALGORITHM) };
        let call = Call { target, base, body_type, body, forward: &forward, signature };
        resources::handle(site, resource, head.method.as_str(), call).await
    }
}

/// Logs what an operator should see, and makes the answer.
fn report(path: &str, failure: Failure) -> Answer {
    if failure.status().is_server_error() {
        tracing::error!("request for {path} failed: {}", failure.message());
    } else {
        tracing::debug!("request for {path} refused: {}", failure.message());
    }
    failure.into_answer()
}
