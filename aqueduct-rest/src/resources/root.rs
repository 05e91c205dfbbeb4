//! `/` and `/health`: the worker itself.

use hyper::StatusCode;
use serde::Serialize;

use super::Site;
use crate::answer::{Answer, Handled};
use crate::view::View;

#[derive(Serialize)]
struct WorkerStatus {
    status: &'static str,
    message: &'static str,
}

pub(super) fn server_info(site: &Site) -> Answer {
    Answer::json(&View(&site.herder.server_info()))
}

/// Whether the worker has started and its loop answers in time (KIP-1017).
pub(super) async fn health(site: &Site) -> Handled {
    let (code, status, message) = match tokio::time::timeout(site.health_timeout, site.herder.is_ready()).await {
        Ok(ready) => {
            if ready? {
                (StatusCode::OK, "healthy", "Worker has completed startup and is ready to handle requests.")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "starting", "Worker is still starting up.")
            }
        }
        Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "unhealthy",
            "Worker was unable to handle this request and may be unable to handle other requests.",
        ),
    };
    Ok(Answer::json_with(code, &WorkerStatus { status, message }))
}
