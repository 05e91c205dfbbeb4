//! What the stories are told with: workers as processes, ours and Java's, brokers of the testbed, and waiting with a
//! deadline.
//!
//! `tests/run` sets the environment that the stories need; without it they say so and fail.

mod brokers;
mod clients;
mod dev_broker;
mod group;
mod http;
mod lines;
mod placement;
mod proxy;
mod topic;
mod wait;
mod worker;

pub use brokers::{Cluster, bootstrap};
pub use clients::{Ask, Clients};
pub use dev_broker::DevBroker;
pub use group::{Instance, WorkerGroup};
pub use lines::{ArrivingLines, GrowingFile, LINE, Lines, line, line_number};
pub use placement::Placement;
pub use proxy::Proxy;
pub use topic::{CommittedRecord, committed_records, topic_records, topic_values};
pub use wait::{eventually, eventually_within};
pub use worker::{Properties, Worker, WorkerFiles, file_sink, file_source};

/// A setting that `tests/run` makes.
///
/// # Panics
/// When it is missing.
pub fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: the stories need a real Kafka; run them with `tests/run --only stories`")
    })
}

/// A name that no other run uses.
pub fn unique(what: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as u64 % 1_000_000_007);
    format!("{what}-{nanos}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A seeded generator, so that a failing run can be repeated: `AQUEDUCT_SEED` chooses another seed than the usual one.
pub struct Seeded(u64);

impl Seeded {
    /// A generator with the seed of the environment, or this one; it is printed.
    #[expect(clippy::print_stderr, reason = "a failing run shows its seed")]
    pub fn new(usual: u64) -> Self {
        let seed = std::env::var("AQUEDUCT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(usual);
        eprintln!("seed {seed} (AQUEDUCT_SEED)");
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A number from the environment, for the long form of a story.
pub fn amount(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}
