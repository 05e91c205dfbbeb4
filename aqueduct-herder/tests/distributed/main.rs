//! What the loop of the distributed herder does, seen from outside: the test plays the group, the topic is in memory, the
//! clock stands still.

#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod auto_restart;
mod catching_up;
mod commands;
mod exactly_once;
mod fixture;
mod internal;
mod starting;
mod work;
