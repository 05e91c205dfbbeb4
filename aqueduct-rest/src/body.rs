//! Reads a request's body, as much as is sensible and as long as the client keeps sending.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};

use crate::answer::Failure;

/// No configuration comes near this; it bounds what a client can make the worker hold.
const LIMIT: usize = 16 * 1024 * 1024;

/// How long a client may be silent in the middle of a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads the whole body.
pub(crate) async fn read(mut body: Incoming) -> Result<Bytes, Failure> {
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    loop {
        let frame = match tokio::time::timeout(PATIENCE, body.frame()).await {
            Ok(None) => return Ok(whole.freeze()),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => {
                return Err(Failure::new(StatusCode::BAD_REQUEST, format!("Reading the request body failed: {error}")));
            }
            Err(_) => {
                return Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "The request body did not arrive in time"));
            }
        };
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > LIMIT {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
        }
    }
}

fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The request body is larger than {LIMIT} bytes"))
}
