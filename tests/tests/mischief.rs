//! Plugins that misbehave: one that hangs, panics, eats memory or fails again and again never takes the worker or another
//! connector with it. The engine runs in this process, on a real broker, with connectors of the story's own.
#![cfg(test)]

#[path = "mischief/hangs.rs"]
mod hangs;
#[path = "mischief/host.rs"]
mod host;
#[path = "mischief/plugins.rs"]
mod plugins;
#[path = "mischief/restarts.rs"]
mod restarts;
