//! HTTP in, herder commands out: the REST API of a worker.
//!
//! [`RestServer`] binds the listeners of the worker's configuration at once, so that the worker knows the address that
//! it advertises; until [`RestServer::mount`] gives it a herder every path answers 404. A request goes one way:
//! `target` reads the path, `route` finds the resource, `media` looks at the headers, `resources` turns it into one
//! command of the [`Herder`](aqueduct_herder::Herder) trait, `view` prints what comes back as JSON.
//!
//! Statuses, headers and bodies are those of Java Connect, odd corners included. This crate decides nothing about
//! connectors and knows neither Kafka nor any mode of the worker.

mod advertise;
mod answer;
mod body;
mod client;
mod config;
mod cors;
mod error;
mod forward;
mod json;
mod listener;
mod loggers;
mod media;
mod odd_name;
mod openapi;
mod page;
mod request;
mod resources;
mod response_headers;
mod route;
mod server;
mod service;
mod target;
mod view;

pub use client::HttpPeers;
pub use config::{AdminListeners, RestConfig};
pub use error::{RestError, RestErrorKind};
pub use listener::{Listener, Scheme};
pub use loggers::{Level, LoggerLevel, Loggers};
pub use server::RestServer;
