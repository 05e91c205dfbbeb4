//! Requests to the REST APIs of other workers.
//!
//! One connection for each request: workers seldom ask each other, and a connection that is kept may be dead when it is
//! needed.

use std::fmt::Display;
use std::time::Duration;

use aqueduct_api::BoxFuture;
use aqueduct_herder::{PeerAnswer, PeerFailure, PeerRequest, Peers};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// As Java's workers call themselves.
const AGENT: HeaderValue = HeaderValue::from_static("kafka-connect");

/// No answer comes near this; it bounds what another worker can make this one hold.
const LIMIT: usize = 64 * 1024 * 1024;

/// Carries requests to other workers over HTTP.
#[derive(Debug, Clone)]
pub struct HttpPeers {
    timeout: Duration,
}

impl HttpPeers {
    /// Gives each request so much time.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout }
    }
}

impl Peers for HttpPeers {
    fn send(&self, request: PeerRequest) -> BoxFuture<'_, Result<PeerAnswer, PeerFailure>> {
        Box::pin(async move {
            let url = request.url.clone();
            match tokio::time::timeout(self.timeout, converse(request)).await {
                Ok(answer) => answer,
                Err(_) => Err(PeerFailure::broken(format!("no answer from {url} within {:?}", self.timeout))),
            }
        })
    }
}

fn broken(error: impl Display) -> PeerFailure {
    PeerFailure::broken(error)
}

async fn converse(request: PeerRequest) -> Result<PeerAnswer, PeerFailure> {
    let uri: Uri = request.url.parse().map_err(|error| broken(format!("{}: {error}", request.url)))?;
    if uri.scheme_str() != Some("http") {
        return Err(broken(format!("{}: only http is supported between workers", request.url)));
    }
    let authority = uri.authority().ok_or_else(|| broken(format!("{} names no host", request.url)))?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80)));
    let stream = stream.await.map_err(|error| broken(format!("connecting to {authority}: {error}")))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;

    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut message = Request::builder()
        .method(request.method.as_str())
        .uri(path)
        .header(HOST, authority.as_str())
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, JSON);
    for (name, value) in &request.headers {
        message = message.header(*name, value.as_str());
    }
    if request.body.is_some() {
        message = message.header(CONTENT_TYPE, JSON);
    }
    let message = message.body(Full::new(Bytes::from(request.body.unwrap_or_default()))).map_err(broken)?;
    let answered = async {
        let response = sender.send_request(message).await.map_err(broken)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LIMIT).collect().await.map_err(broken)?.to_bytes();
        Ok(PeerAnswer { status, body: body.to_vec() })
    };
    // The connection does the work; it lives as long as the request.
    tokio::pin!(answered, connection);
    tokio::select! {
        answer = &mut answered => answer,
        ended = &mut connection => match ended {
            // The other side has closed after its answer.
            Ok(()) => answered.await,
            Err(error) => Err(broken(error)),
        },
    }
}
