//! The two ways to divide the work, as the leader of a group does it: decisions from states, without I/O or clocks.
//!
//! [`eager`] gives everything out anew; [`Incremental`] moves as little as it can and remembers what it did before
//! (KIP-415, with the delay for work that was lost, and the back-off between revocations of KAFKA-12495).

mod backoff;
mod balance;
mod eager;
mod incremental;
mod items;

pub use backoff::revocation_backoff;
pub use eager::eager;
pub use incremental::{Change, Incremental, IncrementalRound, Outcome};
