//! What each resource does: one command to the herder, and its result as an answer.

pub(crate) mod connectors;
mod lifecycle;
mod loggers;
mod metrics;
mod offsets;
mod plugins;
mod root;
mod topics;
mod workers;

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Incoming;

use aqueduct_herder::{Herder, HerderError};
use aqueduct_metrics::Registry;

use crate::answer::{Answer, Failure, Handled};
use crate::client::HttpPeers;
use crate::forward::Forward;
use crate::media::BodyType;
use crate::route::Resource;
use crate::target::Target;
use crate::{Loggers, body};

/// What the resources work on, once the worker has started.
pub(crate) struct Site {
    pub(crate) herder: Arc<dyn Herder>,
    pub(crate) loggers: Arc<dyn Loggers>,
    /// The way to the other workers.
    pub(crate) peers: HttpPeers,
    pub(crate) topic_tracking: bool,
    pub(crate) topic_tracking_reset: bool,
    pub(crate) request_timeout: Duration,
    pub(crate) health_timeout: Duration,
    /// What `/metrics` shows; as long as it is empty there is no such resource.
    pub(crate) metrics: Arc<OnceLock<Registry>>,
}

impl Site {
    /// Waits for a command, as long as a request may take.
    async fn complete<T>(&self, command: impl Future<Output = Result<T, HerderError>>) -> Result<T, Failure> {
        match tokio::time::timeout(self.request_timeout, command).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(Failure::internal(match self.herder.stage() {
                Some(stage) => format!("Request timed out. {stage}"),
                None => "Request timed out".to_owned(),
            })),
        }
    }
}

/// A request to a resource.
pub(crate) struct Call<'a> {
    pub(crate) target: &'a Target,
    /// The address that the client used, without a path: `http://host:port`.
    pub(crate) base: &'a str,
    pub(crate) body_type: BodyType,
    pub(crate) body: Incoming,
    /// How to send the request on, should another worker have to carry it out.
    pub(crate) forward: &'a Forward,
    /// What signs a request of another worker.
    pub(crate) signature: Signature,
}

/// The headers that sign a request between workers (KIP-507).
#[derive(Debug, Default)]
pub(crate) struct Signature {
    pub(crate) authorization: Option<String>,
    pub(crate) algorithm: Option<String>,
}

impl Call<'_> {
    /// The body of a request that needs JSON.
    async fn json(self) -> Result<Bytes, Failure> {
        let body = body::read(self.body).await?;
        match self.body_type {
            BodyType::Unnamed if !body.is_empty() => Err(Failure::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
            _ => {
                self.forward.keep_body(&body);
                Ok(body)
            }
        }
    }
}

/// Does what a request asks for, here or on the worker that can.
pub(crate) async fn handle(site: &Site, resource: Resource<'_>, method: &str, call: Call<'_>) -> Handled {
    let (forward, base) = (call.forward, call.base);
    match here(site, resource, method, call).await {
        Err(failure) if failure.elsewhere().is_some() => forward.follow(site, &failure, base).await,
        handled => handled,
    }
}

/// Does what a request asks for. HEAD asks for the same as GET; the server leaves out the body.
async fn here(site: &Site, resource: Resource<'_>, method: &str, call: Call<'_>) -> Handled {
    let method = if method == "HEAD" { "GET" } else { method };
    match (resource, method) {
        (Resource::Root, "GET") => Ok(root::server_info(site)),
        (Resource::Health, "GET") => root::health(site).await,
        (Resource::Connectors, "GET") => connectors::list(site, call.target).await,
        (Resource::Connectors, "POST") => connectors::create(site, call).await,
        (Resource::Connector(name), "GET") => connectors::info(site, name).await,
        (Resource::Connector(name), "DELETE") => connectors::delete(site, name).await,
        (Resource::Config(name), "GET") => connectors::config(site, name).await,
        (Resource::Config(name), "PUT") => connectors::put_config(site, name, call).await,
        (Resource::Config(name), "PATCH") => connectors::patch_config(site, name, call).await,
        (Resource::Status(name), "GET") => lifecycle::status(site, name).await,
        (Resource::Tasks(name), "GET") => lifecycle::tasks(site, name).await,
        (Resource::Tasks(name), "POST") => workers::put_task_configs(site, name, call).await,
        (Resource::TaskStatus(name, task), "GET") => lifecycle::task_status(site, name, task).await,
        (Resource::TaskRestart(name, task), "POST") => lifecycle::restart_task(site, name, task).await,
        (Resource::Topics(name), "GET") => topics::list(site, name).await,
        (Resource::TopicsReset(name), "PUT") => topics::reset(site, name).await,
        (Resource::Pause(name), "PUT") => lifecycle::pause(site, name).await,
        (Resource::Resume(name), "PUT") => lifecycle::resume(site, name).await,
        (Resource::Stop(name), "PUT") => lifecycle::stop(site, name).await,
        (Resource::Restart(name), "POST") => lifecycle::restart(site, name, call.target).await,
        (Resource::Offsets(name), "GET") => offsets::get(site, name).await,
        (Resource::Offsets(name), "PATCH") => offsets::alter(site, name, call).await,
        (Resource::Offsets(name), "DELETE") => offsets::reset(site, name).await,
        (Resource::Fence(name), "PUT") => workers::fence(site, name, call).await,
        (Resource::Plugins, "GET") => Ok(plugins::list(site, call.target)),
        (Resource::PluginConfig(plugin), "GET") => plugins::config(site, plugin),
        (Resource::Validate(plugin), "PUT") => plugins::validate(site, plugin, call).await,
        (Resource::Loggers, "GET") => Ok(loggers::list(site)),
        (Resource::Logger(logger), "GET") => loggers::get(site, logger),
        (Resource::Logger(logger), "PUT") => loggers::set(site, logger, call).await,
        (Resource::Metrics, "GET") => metrics::print(site),
        (Resource::OpenApi, "GET") => Ok(Answer::json(&crate::openapi::document())),
        _ => Err(Failure::unrouted(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

/// 202 without a body.
fn accepted() -> Answer {
    Answer::empty(StatusCode::ACCEPTED)
}

/// 204
fn no_content() -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
}
