//! `/` and `/health`: the worker itself.

use hyper::StatusCode;
use serde::Serialize;

use super::Site;
use crate::answer::{Answer, Handled};
use crate::view::View;

#[derive(Serialize)]
struct WorkerStatus {
    status: &'static str,
    message: String,
}

pub(super) fn server_info(site: &Site) -> Answer {
    Answer::json(&View(&site.herder.server_info()))
}

/// Whether the worker has started and its loop answers in time (KIP-1017). A worker that is still starting has that time to
/// end it.
pub(super) async fn health(site: &Site) -> Handled {
    let herder = &site.herder;
    let (code, status, mut message) = match tokio::time::timeout(site.health_timeout, herder.health_check()).await {
        Ok(healthy) => {
            healthy?;
            let message = "Worker has completed startup and is ready to handle requests.";
            return Ok(Answer::json(&WorkerStatus { status: "healthy", message: message.to_owned() }));
        }
        Err(_) if herder.is_ready() => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "unhealthy",
            "Worker was unable to handle this request and may be unable to handle other requests.".to_owned(),
        ),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "starting", "Worker is still starting up.".to_owned()),
    };
    if let Some(stage) = herder.stage() {
        message.push(' ');
        message.push_str(&stage);
    }
    Ok(Answer::json_with(code, &WorkerStatus { status, message }))
}
