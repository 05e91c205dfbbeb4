//! The REST server over real sockets, in front of a herder that keeps everything in memory.

#![cfg(test)]

mod client;
mod edges;
mod fake_herder;
mod fake_loggers;
mod fixture;
mod forwarding;
mod metrics;
mod odd_names;
mod ordered;
mod recorded;
mod scenarios;
mod server;
