//! What workers of a cluster say to each other over their REST APIs.
//!
//! The herder makes a [`PeerRequest`] and reads the [`PeerAnswer`]; how it gets there is up to whoever implements
//! [`Peers`], since this crate knows no HTTP client.

use std::fmt;

use aqueduct_api::BoxFuture;
use serde_json::Value;

use crate::{HerderError, HerderErrorKind};

/// A request to another worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The whole address, with its query.
    pub url: String,
    /// Headers beside those that every request between workers has.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body; none is not the same as an empty one.
    pub body: Option<Vec<u8>>,
}

/// What another worker answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, as it came.
    pub body: Vec<u8>,
}

/// Why a request to another worker failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerFailure {
    /// The HTTP status: the other worker's, or 500 when it could not be asked.
    pub status: u16,
    /// The text for the user.
    pub message: String,
}

impl PeerFailure {
    /// The other worker could not be asked, or its answer not be read.
    pub fn broken(problem: impl fmt::Display) -> Self {
        Self { status: 500, message: format!("IO Error trying to forward REST request: {problem}") }
    }
}

impl fmt::Display for PeerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PeerFailure {}

impl From<PeerFailure> for HerderError {
    fn from(failure: PeerFailure) -> Self {
        let kind = match failure.status {
            400 => HerderErrorKind::BadRequest,
            403 => HerderErrorKind::Forbidden,
            404 => HerderErrorKind::NotFound,
            409 => HerderErrorKind::Conflict,
            503 => HerderErrorKind::Unavailable,
            _ => HerderErrorKind::Internal,
        };
        Self::new(kind, failure.message)
    }
}

/// Carries requests to other workers.
pub trait Peers: Send + Sync {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// When no whole answer came; an answer that says no is none.
    fn send(&self, request: PeerRequest) -> BoxFuture<'_, Result<PeerAnswer, PeerFailure>>;
}

impl PeerAnswer {
    /// The answer, if it says yes.
    ///
    /// # Errors
    /// With the status and the text of the other worker, when it says no.
    pub fn accepted(self) -> Result<Self, PeerFailure> {
        match self.status {
            200..300 => Ok(self),
            400.. => Err(match serde_json::from_slice::<Value>(&self.body) {
                Ok(error) => PeerFailure {
                    status: self.status,
                    message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
                },
                Err(problem) => PeerFailure::broken(problem),
            }),
            status => Err(PeerFailure {
                status: 500,
                message: format!("Unexpected status code when handling forwarded request: {status}"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expect: Result<(), (u16, &str)>) {
        let answer = PeerAnswer { status, body: body.as_bytes().to_vec() };
        let got = answer.accepted().map(drop).map_err(|failure| (failure.status, failure.message));
        assert_eq!(got, expect.map_err(|(status, message)| (status, message.to_owned())), "{status} {body}");
    }

    #[test]
    fn errors_keep_their_status_and_text() {
        check(204, "", Ok(()));
        check(201, "{}", Ok(()));
        check(409, r#"{"error_code":409,"message":"no"}"#, Err((409, "no")));
        check(302, "", Err((500, "Unexpected status code when handling forwarded request: 302")));
        check(404, "<html>", Err((500, "IO Error trying to forward REST request: expected value at line 1 column 1")));
    }
}
