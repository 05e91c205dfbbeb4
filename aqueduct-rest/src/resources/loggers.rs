//! `/admin/loggers` (KIP-495, KIP-976).

use hyper::StatusCode;

use super::{Call, Site, no_content};
use crate::Level;
use crate::answer::{Answer, Failure, Handled};
use crate::request;
use crate::view::View;

pub(super) fn list(site: &Site) -> Answer {
    Answer::json(&View(&site.loggers.levels()))
}

pub(super) fn get(site: &Site, logger: &str) -> Handled {
    match site.loggers.level(logger) {
        Some(level) => Ok(Answer::json(&View(&level))),
        None => Err(Failure::new(StatusCode::NOT_FOUND, format!("Logger {logger} not found."))),
    }
}

/// Answers the loggers that changed; with `scope=cluster` nothing, since other workers change theirs later.
pub(super) async fn set(site: &Site, logger: &str, call: Call<'_>) -> Handled {
    let cluster = call.target.parameter("scope").is_some_and(|scope| scope.eq_ignore_ascii_case("cluster"));
    let mut members = request::text_map(&call.json().await?)?;
    let Some(name) = members.remove("level").flatten() else {
        return Err(Failure::bad_request("Desired 'level' parameter was not specified in request."));
    };
    let Some(level) = Level::parse(&name) else {
        return Err(Failure::new(StatusCode::NOT_FOUND, format!("invalid log level '{name}'.")));
    };
    if cluster {
        site.complete(site.loggers.set_cluster_level(logger, level)).await?;
        return Ok(no_content());
    }
    Ok(Answer::json(&site.loggers.set_level(logger, level)))
}
