//! Bytes that nobody means well with: what reads them answers or refuses, and never panics.
//!
//! A [`Target`] takes any bytes, gives them to a reader, and checks what must hold of every answer. The targets of
//! `fuzz/` call them with what a fuzzer finds; `tests/hostile_bytes.rs` calls them with seeds that are changed by a
//! generator of a fixed seed ([`mutated`]), as a part of every run of the tests.

mod date;
mod group_protocol;
mod json;
mod mutation;
mod offset_file;
mod properties;
mod regex;

pub use mutation::mutated;

/// A reader under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the target in `fuzz/`.
    pub name: &'static str,
    /// Reads the bytes; panics when something does not hold.
    pub read: fn(&[u8]),
    /// Inputs of the forms that the reader knows, to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many inputs the short form takes: a few seconds' worth.
    pub inputs: usize,
}

/// Every target.
pub const TARGETS: [Target; 6] = [
    Target { name: "date", read: date::read, seeds: date::seeds, inputs: 20_000 },
    Target { name: "group_protocol", read: group_protocol::read, seeds: group_protocol::seeds, inputs: 20_000 },
    Target { name: "json", read: json::read, seeds: json::seeds, inputs: 10_000 },
    Target { name: "offset_file", read: offset_file::read, seeds: offset_file::seeds, inputs: 20_000 },
    Target { name: "properties", read: properties::read, seeds: properties::seeds, inputs: 20_000 },
    Target { name: "regex", read: regex::read, seeds: regex::seeds, inputs: 1_000 },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// The texts that bytes hold, divided at zero bytes; those that are missing are empty.
fn texts<const N: usize>(bytes: &[u8]) -> [String; N] {
    let mut parts = bytes.splitn(N, |&byte| byte == 0);
    std::array::from_fn(|_| String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned())
}
