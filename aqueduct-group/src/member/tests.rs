//! The loop against a scripted coordinator, on a paused clock: which requests it makes, what it tells the herder.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod losing;
mod rounds;
mod script;
mod staying;
