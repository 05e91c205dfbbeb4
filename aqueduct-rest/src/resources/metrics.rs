//! `/metrics`: the figures of the worker for Prometheus. Java Connect has them over JMX only.

use aqueduct_metrics::prometheus;
use hyper::StatusCode;

use super::Site;
use crate::answer::{Answer, Failure, Handled};

pub(super) fn print(site: &Site) -> Handled {
    let registry = site.metrics.get().ok_or_else(|| Failure::unrouted(StatusCode::NOT_FOUND))?;
    Ok(Answer::text(prometheus::CONTENT_TYPE, prometheus::print(registry)))
}
