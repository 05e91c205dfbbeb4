//! librdkafka behind a safe interface, and the only place with unsafe code. Everything above it is ordinary Rust.
//!
//! The rules that make the code below sound, referred to by the comments at each unsafe block:
//!
//! 1. **Life time.** Every wrapper of a pointer that librdkafka gave us ([`Queue`], [`Topic`], a large message, …) also
//!    holds an `Arc<Client>` and releases its pointer before that `Arc`. So `rd_kafka_destroy` runs last.
//! 2. **Threads.** librdkafka's functions may be called from any thread at any time; its handles have inner locks or
//!    reference counts. That is the ground for each `Send` and `Sync` here. Objects without locks (lists, events,
//!    messages) are owned by one wrapper and shared at most for reading.
//! 3. **Texts.** C strings from librdkafka end in NUL and live as long as the object they came from; they are copied.
//! 4. **Codes.** Result codes are read as plain integers, never as the Rust enum of the bindings: a broker may send a
//!    number which that enum does not know, and an enum with an unknown value is undefined behaviour.
//! 5. **Callbacks.** They get the pointer to an [`Observer`] that the client owns until after `rd_kafka_destroy`, and
//!    they catch panics, which must not unwind into C.

#![allow(unsafe_code)] // The reason for this module: calling a C library needs it. See the rules above.

mod client;
mod consume;
mod event;
mod ffi;
mod group;
#[cfg(test)]
pub(crate) mod mock;
mod partitions;
mod produce;
mod queue;
mod reply;
mod request;
mod text;
mod transaction;

pub(crate) use client::{Client, ClientType, Observer, SaslToken, describe};
pub(crate) use consume::{Batch, ConsumeError};
pub(crate) use event::{Event, EventKind};
pub(crate) use group::{GroupChange, GroupChangeKind};
pub(crate) use partitions::{
    OFFSET_BEGINNING, OFFSET_END, OFFSET_INVALID, OFFSET_STORED, PartitionList, PartitionOffset,
};
pub(crate) use produce::{DeliveredMessage, NativeHeaders, Topic};
pub(crate) use queue::Queue;
pub(crate) use reply::Named;
pub(crate) use request::{Reply, is_timeout};
pub(crate) use transaction::Refusal;
