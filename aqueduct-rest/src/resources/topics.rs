//! `/connectors/N/topics`: the topics that a connector has used (KIP-558).

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde::Serialize;

use super::{Site, accepted};
use crate::answer::{Answer, Failure, Handled};

#[derive(Serialize)]
struct ActiveTopics {
    topics: Vec<String>,
}

pub(super) async fn list(site: &Site, name: &str) -> Handled {
    ensure_tracked(site)?;
    let topics = site.complete(site.herder.active_topics(name)).await?;
    Ok(Answer::json(&BTreeMap::from([(name, ActiveTopics { topics })])))
}

pub(super) async fn reset(site: &Site, name: &str) -> Handled {
    ensure_tracked(site)?;
    if !site.topic_tracking_reset {
        return Err(Failure::new(StatusCode::FORBIDDEN, "Topic tracking reset is disabled."));
    }
    site.complete(site.herder.reset_active_topics(name)).await?;
    Ok(accepted())
}

fn ensure_tracked(site: &Site) -> Result<(), Failure> {
    if site.topic_tracking { Ok(()) } else { Err(Failure::new(StatusCode::FORBIDDEN, "Topic tracking is disabled.")) }
}
